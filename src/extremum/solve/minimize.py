"""The calls a user makes: `minimize`, `stationary`, `minimize_scalar`, `certify`."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from extremum.certify import Certificate, certify_point
from extremum.methods import (
    BracketedNewton,
    GradientNormDecrease,
    Method,
    Newton,
    State,
)
from extremum.objective import (
    FunctionObjective,
    Parameters,
    Vector,
    by_differences,
    make_objective,
)
from extremum.outcomes import MET_TESTS, InvalidInput, Reason, Stop, Verdict
from extremum.solve.loop import Goal, Run
from extremum.solve.options import (
    choose_method,
    choose_tests,
    limits,
    read_callback,
    read_options,
)
from extremum.solve.result import Result
from extremum.solve.stops import GradientNorm, Limits, StopTest
from extremum.solve.trace import MOST_KEPT, Trace

MOST_ESCAPES = 10
"""How often a run is started again from below a saddle or a maximum."""

ENDED_WELL = MET_TESTS | {Reason.ROUNDING_FLOOR, Reason.NO_STEP_LEFT}
"""The endings that a success allows: a test was met, or floating point has no better point. What
the point is, the verdict says."""


@dataclass(frozen=True)
class Problem:
    """A call, read and checked."""

    objective: FunctionObjective
    parameters: Parameters
    method: Method
    method_text: str
    tests: tuple[StopTest, ...]
    limits: Limits
    goal: Goal
    callback: Callable[[Any, Any], None] | None
    keep_x: bool


def minimize(
    fun: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    method: Any = "auto",
    jac: Any = None,
    hess: Any = None,
    hessp: Any = None,
    stop: Any = None,
    tol: float | None = None,
    callback: Any = None,
    maxiter: int | None = None,
    maxfev: int | None = None,
    max_seconds: float | None = None,
    keep_x: bool | None = None,
    options: dict[str, Any] | None = None,
    **unknown: Any,
) -> Result:
    """Find a local minimum of a smooth function, and certify it.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float``, written in NumPy or in `jax.numpy`. Its derivatives are found by
        themselves where they aren't given.
    x0 : array_like, float or pytree
        The start. Results keep its structure.
    args : tuple
        Further arguments of `fun`, `jac`, `hess` and `hessp`.
    method : str or Method
        ``"auto"``, ``"newton"``, ``"gradient-descent"``, ``"barzilai-borwein"``, or a description
        such as ``GradientDescent(step=0.15)`` or ``Newton()``.
    jac : callable, True, {"2-point", "3-point", "cs"} or a scheme, optional
        The gradient. ``True``: `fun` returns ``(value, gradient)``. A scheme, such as
        ``ForwardDifference(1e-6)``, takes differences.
    hess : callable, optional
        ``hess(x, *args)``, an array of shape (n, n).
    hessp : callable, optional
        ``hessp(x, v, *args)``, an array of shape (n,).
    stop : StopTest or sequence of them, optional
        ``GradientNorm(1e-8)`` by default; `RelativeStep`, `SquaredStep`, `ValueChange`.
    tol : float, optional
        Short for ``stop=GradientNorm(tol)``.
    callback : callable, optional
        Called after each iteration, as ``callback(intermediate_result=…)`` if that is its one
        parameter's name, else as ``callback(x)``. It may raise `StopIteration`.
    maxiter, maxfev : int, optional
        Limits of iterations and of evaluations of `fun`.
    max_seconds : float, optional
        Limit of time, looked at between iterations.
    keep_x : bool, optional
        Whether the trace keeps the points; by default up to 100 variables.
    options : dict, optional
        SciPy's spelling of the limits and of ``gtol``.

    Returns
    -------
    Result
        With `x`, `fun`, `success`, `trace`, `certificate` and SciPy's other fields.

    Raises
    ------
    InvalidInput
        If the start, the function's value there, or an argument can't be used.
    UnknownOption
        If an option or a method does not exist, or has no meaning here (``bounds=``).

    Notes
    -----
    `success` means that the run ended as it should, by a test or at the limit of floating point,
    *and* that the certificate says `MINIMUM`, or `DEGENERATE` with `is_minimum` True. A run that
    ends at a saddle or a maximum is started again from a lower point, at most ten times.

    Examples
    --------
    >>> import extremum as ex
    >>> result = ex.minimize(lambda x: (x[0] - 1) ** 2 + (x[1] + 2) ** 4, [0.0, 0.0])
    >>> result.success, result.certificate.verdict.name
    (True, 'DEGENERATE')
    """
    further = read_options(options, unknown, _known(minimize))
    parameters = Parameters.of(x0)
    objective = make_objective(fun, parameters, args, jac, hess, hessp)
    chosen, text = choose_method(method, objective.hessians.exact, parameters.size)
    return _solve(
        Problem(
            objective,
            parameters,
            chosen,
            text,
            choose_tests(stop, further.get("tol") if tol is None else tol),
            limits({"maxiter": maxiter, "maxfev": maxfev, "max_seconds": max_seconds}, further),
            "minimum",
            read_callback(callback),
            parameters.size <= MOST_KEPT if keep_x is None else keep_x,
        )
    )


def stationary(
    fun: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    method: Any = None,
    jac: Any = None,
    hess: Any = None,
    hessp: Any = None,
    stop: Any = None,
    tol: float | None = None,
    callback: Any = None,
    maxiter: int | None = None,
    maxfev: int | None = None,
    max_seconds: float | None = None,
    keep_x: bool | None = None,
    options: dict[str, Any] | None = None,
    **unknown: Any,
) -> Result:
    """Find the stationary point near a start, whatever kind it is, and say which kind.

    Newton's iteration on ∇φ = 0, shortened until the gradient's norm decreases. The parameters and
    the result are those of `minimize`; `success` also allows `SADDLE`, `MAXIMUM` and `DEGENERATE`.
    ``method=Newton(step=1)`` is the pure iteration.

    Parameters
    ----------
    fun, x0, args, method, jac, hess, hessp, stop, tol, callback, maxiter, maxfev, max_seconds
        As for `minimize`.
    keep_x, options
        As for `minimize`.

    Returns
    -------
    Result

    Raises
    ------
    InvalidInput, UnknownOption
        As for `minimize`.

    Examples
    --------
    >>> import extremum as ex
    >>> ex.stationary(lambda x: x[0] ** 2 - x[1] ** 2, [0.3, 0.2]).certificate.verdict.name
    'SADDLE'
    """
    further = read_options(options, unknown, _known(stationary))
    parameters = Parameters.of(x0)
    objective = make_objective(fun, parameters, args, jac, hess, hessp)
    chosen, text = choose_method(
        Newton(step=GradientNormDecrease()) if method in (None, "auto") else method,
        objective.hessians.exact,
        parameters.size,
    )
    return _solve(
        Problem(
            objective,
            parameters,
            chosen,
            text,
            choose_tests(stop, further.get("tol") if tol is None else tol),
            limits({"maxiter": maxiter, "maxfev": maxfev, "max_seconds": max_seconds}, further),
            "stationary",
            read_callback(callback),
            parameters.size <= MOST_KEPT if keep_x is None else keep_x,
        )
    )


def minimize_scalar(
    fun: Callable[..., Any],
    bracket: tuple[float, float] = (0.0, 1.0),
    args: tuple[Any, ...] = (),
    *,
    jac: Any = None,
    hess: Any = None,
    stop: Any = None,
    tol: float | None = None,
    callback: Any = None,
    maxiter: int | None = None,
    maxfev: int | None = None,
    max_seconds: float | None = None,
    options: dict[str, Any] | None = None,
    **unknown: Any,
) -> Result:
    """Find a minimum of a function of one variable: the root of φ′, certified by φ″.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float`` with `x` a number.
    bracket : tuple of float
        Two points. Where φ′ does not turn from negative to positive between them, the bracket is
        moved downhill until it does.
    stop : StopTest or sequence of them, optional
        By default the run goes on until floating point has no better point.
    args, jac, hess, tol, callback, maxiter, maxfev, max_seconds, options
        As for `minimize`.

    Returns
    -------
    Result
        With `x` a number.

    Raises
    ------
    InvalidInput, UnknownOption
        As for `minimize`.

    Examples
    --------
    >>> import numpy as np, extremum as ex
    >>> round(ex.minimize_scalar(lambda x: np.exp(x - np.sqrt(x)) - x, bracket=(1, 3)).x, 14)
    1.81001981661862
    """
    further = read_options(options, unknown, _known(minimize_scalar))
    method = BracketedNewton(bracket)
    if stop is None and tol is None and "tol" not in further:
        stop = GradientNorm(atol=0.0)
    parameters = Parameters.of(float(min(bracket)))
    objective = make_objective(fun, parameters, args, jac, hess)
    return _solve(
        Problem(
            objective,
            parameters,
            method,
            repr(method),
            choose_tests(stop, further.get("tol") if tol is None else tol),
            limits({"maxiter": maxiter, "maxfev": maxfev, "max_seconds": max_seconds}, further),
            "minimum",
            read_callback(callback),
            True,
        )
    )


def certify(
    fun: Callable[..., Any],
    x: Any,
    args: tuple[Any, ...] = (),
    *,
    jac: Any = None,
    hess: Any = None,
    hessp: Any = None,
) -> Certificate:
    """Say what a point is, wherever it came from.

    Parameters
    ----------
    fun, args, jac, hess, hessp
        As for `minimize`. Exact derivatives are used where they can be had.
    x : array_like, float or pytree
        The point.

    Returns
    -------
    Certificate

    Raises
    ------
    InvalidInput
        If the point is not finite, or the function's value there is not.

    Examples
    --------
    >>> import extremum as ex
    >>> ex.certify(lambda x: x[0] ** 3, [0.0]).is_minimum
    False
    """
    parameters = Parameters.of(x, "point")
    objective = make_objective(fun, parameters, args, jac, hess, hessp)
    return certify_point(objective.at_best(), parameters.start)


def _solve(problem: Problem) -> Result:
    """Run, escape from saddles, verify what was traced, certify, report."""
    run = Run(
        problem.objective,
        problem.tests,
        problem.limits,
        problem.goal,
        _observer(problem),
        Trace(problem.keep_x),
    )
    x, event = problem.parameters.start, ""
    for escapes in range(MOST_ESCAPES + 1):
        method = problem.method if escapes == 0 else _restarted(problem.method)
        state, stops = run.go(method, x, event)
        wrong = problem.objective.disagreement(state.x)
        if wrong is not None:
            return _solve(replace(problem, objective=by_differences(problem.objective, wrong)))
        certificate = certify_point(
            problem.objective.at_best(), state.x, state.x - problem.parameters.start
        )
        escapable = certificate.verdict in (Verdict.SADDLE, Verdict.MAXIMUM) or (
            certificate.verdict is Verdict.DEGENERATE and certificate.is_minimum is False
        )
        stuck = any(stop.reason not in ENDED_WELL for stop in stops)
        if problem.goal != "minimum" or not escapable or stuck or certificate.lower_point is None:
            break
        x = certificate.lower_point
        event = f"left a {certificate.verdict.name.lower()} point for a lower one"
    return _report(problem, run, state, stops, certificate)


def _restarted(method: Method) -> Method:
    """A method that may begin anywhere: a bracket belongs to its first start."""
    return Newton() if isinstance(method, BracketedNewton) else method


def _report(
    problem: Problem, run: Run, state: State, stops: tuple[Stop, ...], certificate: Certificate
) -> Result:
    accepted = certificate.verdict is Verdict.MINIMUM or (
        certificate.verdict is Verdict.DEGENERATE and certificate.is_minimum is True
    )
    if problem.goal == "stationary":
        accepted = certificate.verdict in (
            Verdict.MINIMUM,
            Verdict.SADDLE,
            Verdict.MAXIMUM,
            Verdict.DEGENERATE,
        )
    success = accepted and any(stop.reason in ENDED_WELL for stop in stops)
    reasons = tuple(stop.reason for stop in stops)
    message = " ".join(stop.message for stop in stops)
    if not accepted:
        message += f" The point is {certificate.verdict.value}."
    objective = problem.objective
    result = Result(
        x=problem.parameters.restore(state.x),
        fun=state.fun,
        jac=problem.parameters.restore(state.gradient),
        hess=certificate.hessian,
        success=success,
        status=0 if success else 1 + list(Reason).index(reasons[0]),
        message=message,
        nit=run.nit,
        **objective.counts.as_dict(),
        seconds=run.seconds,
        trace=run.trace,
        certificate=certificate,
        reasons=reasons,
        source=objective.source,
        structure="dense",
        method=problem.method_text,
        notes=objective.notes,
        manifest=_manifest(problem),
    )
    return result


@functools.cache
def _versions() -> dict[str, str]:
    packages = ("extremum", "jax", "jaxlib", "numpy", "scipy")
    found = {name: importlib.metadata.version(name) for name in packages}
    return {"python": platform.python_version(), **found}


def _manifest(problem: Problem) -> dict[str, Any]:
    """Versions and options, as text and numbers."""
    return {
        "versions": dict(_versions()),
        "dtype": "float64",
        "goal": problem.goal,
        "method": repr(problem.method),
        "stop": [repr(test) for test in problem.tests],
        "limits": repr(problem.limits),
        "source": problem.objective.source,
        "structure": "dense",
    }


def _observer(problem: Problem) -> Callable[[State, int], None] | None:
    callback = problem.callback
    if callback is None:
        return None

    def observe(state: State, nit: int) -> None:
        x: Vector = problem.parameters.restore(np.array(state.x))
        counts = problem.objective.counts.as_dict()
        callback(x, Result(x=x, fun=state.fun, jac=state.gradient, nit=nit, **counts))

    return observe


def _known(function: Callable[..., Any]) -> list[str]:
    annotations = function.__annotations__
    return [name for name in annotations if name not in ("return", "unknown")]


__all__ = ["InvalidInput", "certify", "minimize", "minimize_scalar", "stationary"]
