"""From a problem to its result: run, escape, verify, certify, report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from extremum.certify import Certificate, certify_point
from extremum.methods import BracketedNewton, Method, Newton, State
from extremum.objective import Counts, FunctionObjective, Objective, Vector
from extremum.outcomes import ENDED_WELL, Reason, Stop, Verdict
from extremum.solve.alarm import TimeIsUp, alarm, within
from extremum.solve.call import Problem
from extremum.solve.checkpoint import Keeper
from extremum.solve.loop import Run
from extremum.solve.report import KINDS, report
from extremum.solve.result import Result
from extremum.solve.resume import set_going
from extremum.solve.stops import GradientNorm
from extremum.solve.trace import Trace

MOST_ESCAPES = 10
"""How often a run is started again: from below a saddle or a maximum, or with a sharper test."""

ESCAPABLE = (Verdict.SADDLE, Verdict.MAXIMUM, Verdict.UNDECIDED)
"""Verdicts that leave something to be found, where a lower point is known."""

SHARPER = 1e-4
"""Where a gradient meets the default test, yet the point is not stationary, the run goes on until
the gradient is this part of what it was."""


def solve(problem: Problem) -> Result:
    """Run, escape from saddles, verify what was traced, certify, report."""
    keeper, (snapshot, notes) = problem.keeper(), problem.snapshot()
    run = Run(
        problem.objective,
        problem.tests,
        problem.limits,
        problem.goal,
        _observer(problem),
        Trace(problem.keep_x),
        keeper or (lambda run: None),
    )
    x, event = problem.parameters.start, ""
    resumed = None if snapshot is None else set_going(snapshot, run)
    while True:
        state, stops = _driven(problem, run, keeper, x, event, resumed)
        resumed, wrong = None, None
        try:
            seconds = run.seconds_to_judge
            with run.judged(), alarm(seconds):
                wrong = problem.objective.disagreement(state.x)
                if wrong is None or not isinstance(problem.objective, FunctionObjective):
                    # What the user is handed: x in the dtype of their parameters.
                    at, start = problem.objective.rounded(state.x), problem.parameters.start
                    certificate = judged(problem.objective, at, at - start, seconds)
        except (Exception, KeyboardInterrupt, TimeIsUp) as error:
            stop = _not_judged(run, error)
            certificate = unjudged(state, problem.objective, stop.message)
            if stop.reason not in [other.reason for other in stops]:
                stops = (*stops, stop)
        if wrong is not None and isinstance(problem.objective, FunctionObjective):
            return solve(problem.by_differences(wrong))
        escapable = certificate.verdict in ESCAPABLE or (
            certificate.verdict is Verdict.DEGENERATE and certificate.is_minimum is not True
        )
        if run.round == MOST_ESCAPES or any(stop.reason not in ENDED_WELL for stop in stops):
            break
        if certificate.stationary_point is not None:
            x = certificate.stationary_point
            event = f"a tiny gradient, but {certificate.distance:.2g} from the stationary point"
        elif problem.goal == "minimum" and escapable and certificate.lower_point is not None:
            x = certificate.lower_point
            event = f"left a {certificate.verdict.name.lower()} point for a lower one"
        elif _is_tiny(problem, certificate):
            x = state.x
            run.sharper = SHARPER * certificate.gradient_norm
            event = "a tiny gradient, but not a stationary point: a sharper test"
        else:
            break
        run.round += 1
    return report(problem, run, state, stops, certificate, notes, _trouble(keeper))


def _driven(
    problem: Problem, run: Run, keeper: Keeper | None, x: Vector, event: str, resumed: State | None
) -> tuple[State, tuple[Stop, ...]]:
    """Run the method; an exception of the user's carries the result so far."""
    method = problem.method if run.round == 0 else _restarted(problem.method)
    try:
        return run.go(method, x, event, resumed)
    except Exception as error:
        if run.best is not None:
            where = f"in the middle of iteration {run.nit + 1}"
            stops = (_raised(run, error, where),)
            why = "The run ended by an exception, so the point was not judged"
            certificate = unjudged(run.best, problem.objective, why)
            error.extremum_result = report(  # type: ignore[attr-defined]
                problem, run, run.best, stops, certificate, trouble=_trouble(keeper)
            )
        raise
    finally:
        if keeper is not None:
            keeper.finish(run)


def _is_tiny(problem: Problem, certificate: Certificate) -> bool:
    """Whether the default tolerance is too large for the unit that the function is measured in."""
    default = problem.tests == (GradientNorm(),)
    return default and certificate.verdict is Verdict.NOT_STATIONARY


def _restarted(method: Method) -> Method:
    """A method that may begin anywhere: a bracket belongs to its first start."""
    return Newton() if isinstance(method, BracketedNewton) else method


def judged(
    objective: Objective, x: Vector, towards: Vector | None = None, seconds: float | None = None
) -> Certificate:
    """Certify a point; where the user's own gradient is not true, nothing stationary is.

    Parameters
    ----------
    objective : Objective
    x, towards
        As for `certify_point`.
    seconds : float, optional
        What that may take.

    Raises
    ------
    TimeIsUp
    """
    found = certify_point(within(objective.at_best(), seconds), x, towards)
    if isinstance(objective, FunctionObjective) and found.verdict in KINDS["stationary"]:
        wrong = objective.untrue_gradient(x)
        if wrong is not None:
            evidence = (*found.evidence, f"The gradient that was given is not true: {wrong}")
            return replace(found, verdict=Verdict.UNDECIDED, is_minimum=None, evidence=evidence)
    return found


def _not_judged(run: Run, error: BaseException) -> Stop:
    where = "while the point was judged"
    if isinstance(error, Exception):
        return _raised(run, error, where)
    return run.interrupted(error, where)


def _raised(run: Run, error: Exception, where: str) -> Stop:
    assert run.best is not None
    what = f"{type(error).__name__}: {str(error).strip().rstrip('.')}"
    facts = {"error": what, "where": where, "grad_norm": run.best.gradient_norm}
    return Stop(Reason.RAISED, facts)


def unjudged(state: State, objective: Objective, why: str) -> Certificate:
    """What can be said of a point without evaluating anything."""
    return Certificate(
        verdict=Verdict.UNDECIDED,
        is_minimum=None,
        fun=state.fun,
        gradient=state.gradient,
        gradient_norm=state.gradient_norm,
        counts=Counts(),
        source=objective.source,
        evidence=(why.rstrip("."),),
    )


def _trouble(keeper: Keeper | None) -> str | None:
    return None if keeper is None else keeper.trouble


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
