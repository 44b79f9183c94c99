"""The result of a run, and the sentences that say what happened."""

from __future__ import annotations

from dataclasses import asdict

from extremum.certify import Certificate
from extremum.methods import State
from extremum.objective import show_point
from extremum.outcomes import ENDED_WELL, MET_TESTS, Reason, Stop, Verdict
from extremum.solve.call import Problem
from extremum.solve.loop import Run
from extremum.solve.manifest import ended
from extremum.solve.result import Result

NEXT = {
    Verdict.SADDLE: "Start lower, or call stationary() if any stationary point will do",
    Verdict.MAXIMUM: "Start lower, or call stationary() if any stationary point will do",
    Verdict.DEGENERATE: "Look along the certificate's flat_directions",
    Verdict.UNBOUNDED: "Look at the certificate's ray",
    Verdict.RECEDING: "Look at the certificate's ray",
    Verdict.NOT_FINITE: "Start elsewhere",
}
"""What to try where a verdict is not the one that was asked for."""

KINDS = {
    "minimum": {Verdict.MINIMUM},
    "stationary": {Verdict.MINIMUM, Verdict.SADDLE, Verdict.MAXIMUM, Verdict.DEGENERATE},
}
"""The verdicts that are asked for; for a minimum, also a degenerate one that is certain."""


def report(
    problem: Problem,
    run: Run,
    state: State,
    stops: tuple[Stop, ...],
    certificate: Certificate,
    notes: tuple[str, ...] = (),
    trouble: str | None = None,
) -> Result:
    """Put together what a run returns.

    Parameters
    ----------
    problem : Problem
    run : Run
    state : State
        The one that is returned.
    stops : tuple of Stop
        Everything that held when it ended.
    certificate : Certificate
    notes : tuple of str
        What a reader should know besides what the objective says of itself.
    trouble : str or None
        Why a checkpoint could not be written.
    """
    flat = certificate.verdict is Verdict.DEGENERATE and certificate.is_minimum is True
    # A point beside the one that was judged is none that the call asked for.
    accepted = (
        flat or certificate.verdict in KINDS[problem.goal]
    ) and certificate.stationary_point is None
    success = accepted and any(stop.reason in ENDED_WELL for stop in stops)
    reasons = tuple(stop.reason for stop in stops)
    objective = problem.objective
    return Result(
        x=problem.parameters.restore(state.x),
        fun=state.fun,
        jac=problem.parameters.restore(state.gradient),
        hess=certificate.hessian,
        success=success,
        status=0 if success else 1 + list(Reason).index(reasons[0]),
        message=" ".join(_sentences(state, stops, certificate, accepted, trouble)),
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
        notes=(*objective.notes, *notes, *([] if trouble is None else [trouble])),
        manifest=ended(problem.manifest, run.nit, reasons),
        objective=objective,
    )


def _sentences(
    state: State,
    stops: tuple[Stop, ...],
    certificate: Certificate,
    accepted: bool,
    trouble: str | None,
) -> list[str]:
    """What happened, at which point, and what to try next."""
    said = [stop.message for stop in stops]
    said.append(f"The point x = {show_point(state.x)} is {certificate.verdict.value}.")
    if not accepted and (following := _next(stops, certificate)):
        said.append(f"{following}.")
    if trouble is not None:
        said.append(f"But {trouble}.")
    return said


def _next(stops: tuple[Stop, ...], certificate: Certificate) -> str:
    """What to try, where a verdict is not the one that was asked for."""
    if certificate.verdict is Verdict.UNDECIDED and certificate.evidence:
        evidence = certificate.evidence[-1]
        return "" if any(evidence in stop.message for stop in stops) else evidence
    reasons = {stop.reason for stop in stops}
    if certificate.verdict is Verdict.NOT_STATIONARY and reasons & MET_TESTS:
        norm = f"The gradient there has the norm {certificate.gradient_norm:.3g}"
        if Reason.GRADIENT_NORM in reasons:
            return f"{norm} by {certificate.source}: compare with check_derivatives(fun, x, jac)"
        return f"{norm}: a stricter test, or GradientNorm(), goes on from it"
    return NEXT.get(certificate.verdict, "")
