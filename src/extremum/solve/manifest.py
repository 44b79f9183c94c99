"""The manifest: all that a run was, as JSON, so that it can be told from others and done again."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from extremum.objective import Choices, Parameters, digest
from extremum.outcomes import InvalidInput, Reason
from extremum.solve.stops import StopTest

if TYPE_CHECKING:
    from extremum.solve.call import Call, Problem

SCHEMA = "extremum.run/1"
"""It changes when a field changes its name or its meaning."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "XLA_FLAGS")
"""What in the environment says how sums are cut among threads, and so how they are rounded."""

SEEDS = "constants and the number of variables: a random vector is the same in every run"
"""What random numbers begin from."""

SAME = ("goal", "dtype", "parameters", "start", "jac", "hess", "hessp", "asked", "stop", "keep_x")
"""What a call has to have in common with one that it continues."""

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def manifest_of(problem: Problem) -> dict[str, Any]:
    """What a call asked for, what was chosen, and where it ran; as texts and numbers.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    dict
        `versions`, `machine`; of the call `goal`, `dtype`, `parameters` (their shapes), `start` (a
        digest), `jac`, `hess`, `hessp`, `asked` (the structure asked for), `stop`, `limits`,
        `keep_x`; and what was chosen, `method`, `why_method`, `source`, `structure`,
        `choices`; and `counts`, the evaluations before the run.
    """
    objective = problem.objective
    further = ("torch",) if problem.parameters.library == "torch" else ()
    choices = objective.choices
    return {
        "schema": SCHEMA,
        "versions": dict(_versions(*further)),
        "machine": _machine(),
        "seeds": SEEDS,
        **described(problem.call, problem.parameters, problem.tests, problem.keep_x),
        "limits": repr(problem.limits),
        "method": _named(problem.method),
        "why_method": problem.method_text,
        "source": objective.source,
        "structure": objective.structure,
        "choices": None if choices is None else asdict(choices),
        "counts": problem.counts,
    }


def described(
    call: Call, parameters: Parameters, tests: Sequence[StopTest], keep_x: bool
) -> dict[str, Any]:
    """The call alone, by what it has to have in common with one that continues it."""
    asked = call.structure
    if isinstance(asked, np.integer):
        asked = int(asked)
    return {
        "goal": call.goal,
        "dtype": parameters.dtype.name,
        "parameters": parameters.shape_text,
        "start": digest(parameters.start),
        "jac": _spelled(call.jac),
        "hess": _spelled(call.hess),
        "hessp": _spelled(call.hessp),
        "asked": asked if asked is None or isinstance(asked, str | int) else "a pattern",
        "stop": [_named(test) for test in tests],
        "keep_x": keep_x,
    }


def ended(manifest: dict[str, Any], nit: int, reasons: tuple[Reason, ...]) -> dict[str, Any]:
    """The manifest of a run that is over."""
    return {**manifest, "nit": nit, "reasons": [reason.name for reason in reasons]}


def choices_of(manifest: Mapping[str, Any]) -> Choices | None:
    """The choices that were made, which are not to be made again."""
    found = manifest.get("choices")
    try:
        return None if found is None else Choices(**found)
    except TypeError as error:
        raise InvalidInput(f"The manifest's choices make no sense: {error}.") from error


def same_place(manifest: Mapping[str, Any]) -> str | None:
    """What differs between here and where a run ran; None where nothing does."""
    then, now = manifest.get("versions", {}), _versions()
    differ = [
        f"{name} {now[name]} in place of {then.get(name)}"
        for name in now
        if then.get(name) != now[name]
    ]
    if not differ and manifest.get("machine") != _machine():
        differ = ["another machine, or another number of threads"]
    return ", ".join(differ) or None


def _named(thing: Any) -> str:
    """A description as text; what has none is named by its class."""
    return _ADDRESS.sub("", repr(thing))


def _spelled(derivative: Any) -> Any:
    """How a derivative was asked for: a word, a scheme, or a function of the user's own."""
    if derivative is None or isinstance(derivative, bool | str):
        return derivative
    return "a function" if callable(derivative) else _named(derivative)


@functools.cache
def _versions(*further: str) -> dict[str, str]:
    packages = ("extremum", "jax", "jaxlib", "numpy", "scipy", *further)
    found = {name: importlib.metadata.version(name) for name in packages}
    return {"python": platform.python_version(), **found}


def _machine() -> dict[str, Any]:
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "cpus": os.cpu_count(),
        "threads": {name: os.environ[name] for name in THREADS if name in os.environ},
    }
