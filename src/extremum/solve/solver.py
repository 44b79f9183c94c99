"""From a call, read and checked, to its result: run, escape, verify, certify, report."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from extremum.certify import Certificate, certify_point
from extremum.methods import BracketedNewton, Method, Newton, State
from extremum.objective import (
    FunctionObjective,
    Objective,
    Parameters,
    Vector,
    by_differences,
    make_objective,
)
from extremum.outcomes import ENDED_WELL, Reason, Stop, UnknownOption, Verdict
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
"""How often a run is started again: from below a saddle or a maximum, or with a sharper test."""

ESCAPABLE = (Verdict.SADDLE, Verdict.MAXIMUM, Verdict.UNDECIDED)
"""Verdicts that leave something to be found, where a lower point is known."""

SHARPER = 1e-4
"""Where a gradient meets the default test, yet the point is not stationary, the run goes on until
the gradient is this part of what it was."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a user asked for, as they said it; the fields are the parameters of `minimize`."""

    fun: Callable[..., Any] | Objective
    x0: Any
    args: tuple[Any, ...]
    goal: Goal
    method: Any
    jac: Any
    hess: Any
    hessp: Any = None
    structure: Any = "auto"
    stop: Any
    tol: float | None
    callback: Any
    maxiter: int | None
    maxfev: int | None
    max_seconds: float | None
    keep_x: bool | None = None
    options: Mapping[str, Any] | None
    unknown: Mapping[str, Any] = field(default_factory=dict)

    def read(self) -> Problem:
        """Check the call and make its parts."""
        further = read_options(self.options, self.unknown, self.__dataclass_fields__)
        parameters = Parameters.of(self.x0)
        spent = {name: getattr(self, name) for name in ("maxiter", "maxfev", "max_seconds")}
        tests = choose_tests(self.stop, further.get("tol") if self.tol is None else self.tol)
        bounds, callback = limits(spent, further), read_callback(self.callback)
        choose_method(self.method, None, parameters.size)  # an unknown name is refused first
        objective = self._objective(parameters)
        method, text = choose_method(self.method, objective, parameters.size)
        keep_x = parameters.size <= MOST_KEPT if self.keep_x is None else self.keep_x
        return Problem(
            objective, parameters, method, text, tests, bounds, self.goal, callback, keep_x
        )

    def _objective(self, parameters: Parameters) -> Objective:
        if not isinstance(self.fun, Objective):
            return make_objective(
                self.fun,
                parameters,
                self.args,
                self.jac,
                self.hess,
                self.hessp,
                self.structure,
            )
        left_out = {"args": (), "jac": None, "hess": None, "hessp": None, "structure": "auto"}
        for name, nothing in left_out.items():
            given = getattr(self, name)
            if type(given) is not type(nothing) or given != nothing:
                raise UnknownOption(f"{name}= has no meaning here: an Objective brings its own.")
        return self.fun


@dataclass(frozen=True)
class Problem:
    """A call, read and checked."""

    objective: Objective
    parameters: Parameters
    method: Method
    method_text: str
    tests: tuple[StopTest, ...]
    limits: Limits
    goal: Goal
    callback: Callable[[Any, Any], None] | None
    keep_x: bool


def solve(problem: Problem) -> Result:
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
        with run.judged():
            wrong = problem.objective.disagreement(state.x)
        if wrong is not None and isinstance(problem.objective, FunctionObjective):
            return solve(replace(problem, objective=by_differences(problem.objective, wrong)))
        # What the user is handed: x in the dtype of their parameters.
        at, start = problem.objective.rounded(state.x), problem.parameters.start
        with run.judged():
            certificate = certify_point(problem.objective.at_best(), at, at - start)
        escapable = certificate.verdict in ESCAPABLE or (
            certificate.verdict is Verdict.DEGENERATE and certificate.is_minimum is not True
        )
        if any(stop.reason not in ENDED_WELL for stop in stops):
            break
        if certificate.stationary_point is not None:
            x = certificate.stationary_point
            event = f"a tiny gradient, but {certificate.distance:.2g} from the stationary point"
        elif problem.goal == "minimum" and escapable and certificate.lower_point is not None:
            x = certificate.lower_point
            event = f"left a {certificate.verdict.name.lower()} point for a lower one"
        elif _is_tiny(problem, certificate):
            x = state.x
            run.tests = (GradientNorm(SHARPER * certificate.gradient_norm),)
            event = "a tiny gradient, but not a stationary point: a sharper test"
        else:
            break
    return _report(problem, run, state, stops, certificate)


def _is_tiny(problem: Problem, certificate: Certificate) -> bool:
    """Whether the default tolerance is too large for the unit that the function is measured in."""
    default = problem.tests == (GradientNorm(),)
    return default and certificate.verdict is Verdict.NOT_STATIONARY


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
    # A point beside the one that was judged is none that the call asked for.
    accepted = accepted and certificate.stationary_point is None
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
        structure=objective.structure,
        preparation=asdict(objective.preparation),
        method=problem.method_text,
        notes=objective.notes,
        manifest=_manifest(problem),
        objective=objective,
    )
    return result


@functools.cache
def _versions(*further: str) -> dict[str, str]:
    packages = ("extremum", "jax", "jaxlib", "numpy", "scipy", *further)
    found = {name: importlib.metadata.version(name) for name in packages}
    return {"python": platform.python_version(), **found}


def _manifest(problem: Problem) -> dict[str, Any]:
    """Versions and options, as text and numbers."""
    further = ("torch",) if problem.parameters.library == "torch" else ()
    return {
        "versions": dict(_versions(*further)),
        "dtype": problem.parameters.dtype.name,
        "goal": problem.goal,
        "method": repr(problem.method),
        "stop": [repr(test) for test in problem.tests],
        "limits": repr(problem.limits),
        "source": problem.objective.source,
        "structure": problem.objective.structure,
    }


def _observer(problem: Problem) -> Callable[[State, int], None] | None:
    callback = problem.callback
    if callback is None:
        return None

    def observe(state: State, nit: int) -> None:
        x: Vector = problem.parameters.restore(np.array(state.x))
        counts = problem.objective.counts.as_dict()
        jac = problem.parameters.restore(np.array(state.gradient))
        callback(x, Result(x=x, fun=state.fun, jac=jac, nit=nit, **counts))

    return observe
