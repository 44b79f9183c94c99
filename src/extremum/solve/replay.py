"""A run done again as its manifest says, with no choice left to the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from extremum.objective import Objective
from extremum.objective.differences import SCHEMES
from extremum.outcomes import InvalidInput, Reason
from extremum.solve.call import Call
from extremum.solve.description import read_description
from extremum.solve.manifest import SAME, SCHEMA, described, same_place
from extremum.solve.result import Result
from extremum.solve.solver import solve

GIVEN = "a function"
"""What a manifest says where it can't hold what a call was given."""

UNREPEATABLE = frozenset(
    {Reason.MAX_SECONDS.name, Reason.CALLBACK.name, Reason.INTERRUPTED.name, Reason.RAISED.name}
)
"""Endings that another run need not meet: it ends at the same iteration instead."""


def replay(
    manifest: Mapping[str, Any],
    fun: Callable[..., Any] | Objective,
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    method: Any = None,
    jac: Any = None,
    hess: Any = None,
    hessp: Any = None,
    structure: Any = None,
    stop: Any = None,
    callback: Any = None,
) -> Result:
    """Do a run again, from its manifest, with the same trace but for its seconds.

    Parameters
    ----------
    manifest : dict
        ``result.manifest``, also after a journey through JSON. It says which method, derivatives
        and structure were chosen, so that none is chosen again.
    fun, x0, args
        As in the run.
    jac, hess, hessp : callable, optional
        Where the run had functions for derivatives. The schemes of differences are in the manifest.
    method, stop, structure
        Where the run had a method or a test that is not this package's, or a pattern.
    callback : callable, optional
        As for `minimize`.

    Returns
    -------
    Result
        A run that was cut short by the clock, by a key, by its callback or by an exception ends at
        the same iteration. `notes` says where versions or the machine differ: then the last digits
        may.

    Raises
    ------
    InvalidInput
        If the manifest is none, or one of another start, or something must be given again.

    Examples
    --------
    >>> import json, extremum as ex
    >>> fun = lambda x: (x[0] - 1) ** 4 + x[1] ** 2
    >>> first = ex.minimize(fun, [3.0, 4.0])
    >>> again = ex.replay(json.loads(json.dumps(first.manifest)), fun, [3.0, 4.0])
    >>> bool((again.trace.x == first.trace.x).all())
    True
    """
    said_to_be: object = manifest
    if not isinstance(said_to_be, Mapping) or manifest.get("schema") != SCHEMA:
        raise InvalidInput(f"This is no manifest of {SCHEMA}: pass result.manifest.")
    given = {"jac": jac, "hess": hess, "hessp": hessp, "structure": structure, "stop": stop}
    given |= {"method": method, "callback": callback}
    try:
        said = _said(manifest, {name for name, value in given.items() if value is not None})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"The manifest is not whole: {error!r}.") from error
    said |= {name: value for name, value in given.items() if value is not None}
    call = Call(fun=fun, x0=x0, args=args, tol=None, options=None, chosen=manifest, **said)
    problem = call.read()
    asked = described(call, problem.parameters, problem.tests, problem.keep_x)
    for name in SAME:
        if manifest.get(name) != asked[name]:
            raise InvalidInput(
                f"The manifest is of another run: its {name} is {manifest.get(name)}, here "
                f"{asked[name]}. Pass what the run had."
            )
    result = solve(problem)
    if (elsewhere := same_place(manifest)) is not None:
        result["notes"] = (*result["notes"], f"replayed with {elsewhere}")
    return result


def _said(manifest: Mapping[str, Any], given: set[str]) -> dict[str, Any]:
    """What a manifest says of a call, but for what is given besides."""
    for name, value in (*((n, manifest[n]) for n in ("jac", "hess", "hessp")), _pattern(manifest)):
        if value == GIVEN and name not in given:
            raise InvalidInput(f"The run had {name}= of its own, which its manifest can't hold.")
    limits = read_description(manifest["limits"])
    maxiter = int(limits.maxiter)
    if not UNREPEATABLE.isdisjoint(manifest["reasons"]):
        maxiter = min(maxiter, int(manifest["nit"]))
    jac = manifest["jac"]
    if "jac" not in given and isinstance(jac, str) and jac not in SCHEMES:
        jac = read_description(jac)
    return {
        "goal": manifest["goal"],
        "method": "auto",
        "jac": jac,
        "hess": None,
        "structure": manifest["asked"],
        "stop": None if "stop" in given else tuple(map(read_description, manifest["stop"])),
        "callback": None,
        "maxiter": maxiter,
        "maxfev": limits.maxfev,
        "max_seconds": None,
        "keep_x": manifest["keep_x"],
    }


def _pattern(manifest: Mapping[str, Any]) -> tuple[str, Any]:
    return "structure", GIVEN if manifest["asked"] == "a pattern" else None
