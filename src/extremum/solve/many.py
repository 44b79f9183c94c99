"""`minimize_many`: one small problem from many starts, in one compiled batch."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extremum.certify import Certificate, certainly_unbounded, certify_many, certify_point
from extremum.certify.many import EVALUATIONS
from extremum.methods.batched import Batch, Rules, batch_of
from extremum.objective import Counts, FunctionObjective, Parameters, Vector, make_objective
from extremum.objective.function import PlainFunction
from extremum.outcomes import ENDED_WELL, DerivativeWarning, Reason, UnknownOption, Verdict
from extremum.solve.many_result import FoundMinimum, ManyResult, group_minima
from extremum.solve.minimize import minimize
from extremum.solve.options import choose_tests, read_options
from extremum.solve.solver import MOST_ESCAPES
from extremum.solve.stops import BOTTOM, GradientNorm, Limits

MOST_VARIABLES = 64
"""Up to so many, Hessians are dense and their eigenvalues cheap; beyond it a run is so long that
nothing is gained by a batch."""

MAXITER = 1000
"""Iterations of each run where the user sets no limit: a second-order method needs far fewer."""

MOST_CERTIFICATES = 256
"""So many points that the test of Newton and Kantorovich leaves open are judged one by one."""

MOST_COMPARED = 16
"""At so many of the minima the traced function is compared with the plain one."""


def minimize_many(
    fun: Callable[..., Any],
    starts: Any,
    args: tuple[Any, ...] = (),
    *,
    stop: GradientNorm | None = None,
    tol: float | None = None,
    maxiter: int | None = None,
    **unknown: Any,
) -> ManyResult:
    """Minimize one small smooth function from many starts, and certify every end.

    The function is written for one point, as for `minimize`; it is compiled for all of them. The
    method is a trust region with exact Hessians, whose subproblem is solved exactly.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float``, written in NumPy or in `jax.numpy`.
    starts : array_like of shape (m, n), or pytree of arrays with a leading axis of length m
        A start a row.
    args : tuple
        Further arguments of `fun`.
    stop : GradientNorm, optional
        ``GradientNorm(1e-8)`` by default.
    tol : float, optional
        Short for ``stop=GradientNorm(tol)``.
    maxiter : int, optional
        The limit of iterations of each run; 1000 by default.

    Returns
    -------
    ManyResult
        With `x`, `fun`, `success`, `verdicts`, … of all starts, and the distinct `minima`.

    Warns
    -----
    DerivativeWarning
        If the function can't be compiled. Then its starts are run one by one by `minimize`.

    Raises
    ------
    InvalidInput
        If the starts or an argument can't be used, or the function is finite at none of them.
    UnknownOption
        If an option does not exist, or has no meaning here.

    Notes
    -----
    `success` means for each what it means for `minimize`. Beyond 64 variables the starts are run
    one by one too. Ends that are flat, or otherwise not decided by the test of Newton and
    Kantorovich, are judged one by one, but no more than 256 of them; the rest are `UNDECIDED`.

    Examples
    --------
    >>> import numpy as np, extremum as ex
    >>> starts = np.random.default_rng(0).uniform(-3, 3, (200, 2))
    >>> result = ex.minimize_many(lambda x: (x[0] ** 2 - 1) ** 2 + x[1] ** 2, starts)
    >>> [found.x.round(12).tolist() for found in result.minima], result.success.all()
    ([[-1.0, 0.0], [1.0, 0.0]], np.True_)
    """
    started = time.perf_counter()
    further = read_options(None, unknown, ("stop", "tol", "maxiter", "args"))
    tests = choose_tests(stop, further.get("tol") if tol is None else tol)
    if len(tests) != 1 or not isinstance(test := tests[0], GradientNorm):
        raise UnknownOption("minimize_many stops by GradientNorm(atol, rtol) only.")
    limit = Limits(MAXITER if maxiter is None else maxiter).maxiter
    parameters, points = Parameters.of_many(starts)
    objective = _objective(fun, parameters, points, args)
    batch, why_not = _batch(objective, len(points))
    if batch is not None:
        runs = _run_batch(batch, objective, points, test, limit)
        groups = runs.minima()
        why_not = _disagreement(objective, [runs.x[group[0]] for group in groups])
    if why_not is not None:
        warnings.warn(
            f"{objective.plain.name} can't be run as one compiled batch: {why_not}. Its starts are "
            "run one after another by minimize, which takes longer.",
            DerivativeWarning,
            stacklevel=2,
        )
    if batch is None or why_not is not None:
        runs = _run_singly(objective, points, test, limit)
        groups = runs.minima()
    return _report(objective, runs, groups, started)


@dataclass
class _Runs:
    """The ends of m runs, filled in as they come.

    Attributes
    ----------
    x, fun, nit, reasons, verdicts, morse_index, radius, gradient_norm
        As in `ManyResult`.
    accepted : ndarray of shape (m,)
        Whether the verdict is that of a minimum.
    counts, certificate_counts : Counts
    method, source : str
    notes : list of str
    """

    x: Vector
    fun: Vector
    nit: NDArray[np.int64]
    reasons: NDArray[np.object_]
    verdicts: NDArray[np.object_]
    morse_index: NDArray[np.int64]
    radius: Vector
    gradient_norm: Vector
    accepted: NDArray[np.bool_]
    method: str
    source: str
    counts: Counts = field(default_factory=Counts)
    certificate_counts: Counts = field(default_factory=Counts)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def at(cls, points: Vector, method: str, source: str) -> _Runs:
        """Runs that have not begun."""
        m = len(points)
        return cls(
            x=points.copy(),
            fun=np.full(m, np.nan),
            nit=np.zeros(m, np.int64),
            reasons=np.full(m, Reason.NOT_FINITE, object),
            verdicts=np.full(m, Verdict.NOT_FINITE, object),
            morse_index=np.full(m, -1),
            radius=np.full(m, np.nan),
            gradient_norm=np.full(m, np.nan),
            accepted=np.zeros(m, bool),
            method=method,
            source=source,
        )

    @property
    def ended_well(self) -> NDArray[np.bool_]:
        """Whether each ended by its test, or where floating point has no better point."""
        return np.array([reason in ENDED_WELL for reason in self.reasons], bool)

    def minima(self) -> list[NDArray[np.int64]]:
        """The successful runs, grouped by the minimum that they found."""
        found = np.flatnonzero(self.accepted & self.ended_well)
        groups = group_minima(self.x[found], self.fun[found], self.radius[found])
        return [found[group] for group in groups]

    def judge(self, which: NDArray[np.int64], certificate: Certificate, moved: Vector) -> None:
        """Enter a certificate for ends that are `moved` away from where it was computed."""
        minimum = (Verdict.MINIMUM, Verdict.DEGENERATE)
        self.verdicts[which] = certificate.verdict
        index = certificate.morse_index
        self.morse_index[which] = -1 if index is None else index
        self.accepted[which] = certificate.verdict in minimum and certificate.is_minimum is True
        self.radius[which] = np.nan if certificate.radius is None else certificate.radius + moved


def _objective(
    fun: Callable[..., Any], parameters: Parameters, points: Vector, args: Any
) -> FunctionObjective:
    """The objective, made at the first start with a finite value."""
    start = points[0]
    if callable(fun):
        args = args if isinstance(args, tuple) else (args,)
        plain = PlainFunction(fun, parameters, args)
        finite = (point for point in points if np.isfinite(plain.value(point, Counts())))
        start = next(finite, points[0])
    with warnings.catch_warnings():  # said below, with what follows from it
        warnings.simplefilter("ignore", DerivativeWarning)
        return make_objective(fun, replace(parameters, start=start), args)


def _batch(objective: FunctionObjective, m: int) -> tuple[Batch | None, str | None]:
    """The batch; else None and, if it is the function's fault, why there is none."""
    if objective.plain.parameters.size > MOST_VARIABLES:
        return None, None
    batch = batch_of(objective, m)
    if batch is not None:
        return batch, None
    return None, objective.why_inexact or objective.gradients.notes[0]


def _run_batch(
    batch: Batch, objective: FunctionObjective, points: Vector, test: GradientNorm, maxiter: int
) -> _Runs:
    """Run all starts; those that end at a saddle or another higher point are run on from below."""
    rules = Rules(test.atol, test.rtol, maxiter, MOST_ESCAPES, BOTTOM)
    runs = _Runs.at(points, "trust region, compiled over all starts", objective.source)
    judge = _Judge(batch, objective, points, runs)
    going, starts = np.arange(len(points)), points
    for _ in range(MOST_ESCAPES + 1):
        ends = batch.minimize(starts, rules)
        runs.x[going], runs.fun[going], runs.reasons[going] = ends.x, ends.fun, ends.reasons
        runs.nit[going] += ends.nit
        evaluations = int((ends.nit + 1).sum())
        for name in ("nfev", "njev", "nhev"):
            setattr(runs.counts, name, getattr(runs.counts, name) + evaluations)
        going, starts = judge.all_of(going)
        if not going.size:
            break
    if judge.undecided:
        runs.notes.append(
            f"{judge.undecided} ends are not judged: at most {MOST_CERTIFICATES} are that the test "
            "of Newton and Kantorovich leaves open; certify(fun, x) judges any"
        )
    return runs


@dataclass
class _Judge:
    """Says what the ends of runs are: all at once where the test allows, else one by one."""

    batch: Batch
    objective: FunctionObjective
    starts: Vector
    runs: _Runs
    certificates: int = 0
    undecided: int = 0

    def all_of(self, which: NDArray[np.int64]) -> tuple[NDArray[np.int64], Vector]:
        """Judge these ends; the runs to be continued, and from where."""
        runs = self.runs
        which = which[np.isfinite(runs.fun[which])]
        found = certify_many(self.batch.evaluate, runs.x[which])
        self._count(EVALUATIONS * len(which))
        runs.verdicts[which] = found.verdicts
        runs.morse_index[which], runs.radius[which] = found.morse_index, found.radius
        runs.gradient_norm[which] = found.gradient_norm
        runs.accepted[which] = found.verdicts == Verdict.MINIMUM
        # A saddle is left from a lower point, which the other certificate exhibits.
        higher = (found.morse_index > 0) & runs.ended_well[which]
        left = which[higher | (found.verdicts == None)]  # noqa: E711, elementwise
        left = self._falling(left)
        onward: list[NDArray[np.int64]] = []
        starts: list[Vector] = []
        while left.size and self.certificates < MOST_CERTIFICATES:
            # The farthest from what it converges to has the widest ball.
            first = left[int(np.argmax(np.nan_to_num(runs.gradient_norm[left])))]
            certificate = self._certificate(first)
            # They share a stationary point if that is no farther from one than from the other.
            moved = np.linalg.norm(runs.x[left] - runs.x[first], axis=1)
            same = moved <= 2 * (certificate.radius or 0.0)
            group, left = left[same], left[~same]
            runs.judge(group, certificate, moved[same])
            if (lower := _continuation(certificate)) is not None:
                group = group[runs.ended_well[group]]
                onward.append(group)
                starts.append(np.broadcast_to(lower, (len(group), lower.size)))
        self.undecided += len(left)
        runs.verdicts[left] = Verdict.UNDECIDED
        if not onward:
            return np.zeros(0, np.int64), np.zeros((0, runs.x.shape[1]))
        return np.concatenate(onward), np.concatenate(starts)

    def _falling(self, left: NDArray[np.int64]) -> NDArray[np.int64]:
        """Judge the runs that fell below all bounds along the way they went; the others."""
        runs = self.runs
        fell = left[runs.reasons[left] == Reason.UNBOUNDED]
        towards = runs.x[fell] - self.starts[fell]
        without_bound = fell[certainly_unbounded(self.batch.evaluate, runs.x[fell], towards)]
        runs.verdicts[without_bound] = Verdict.UNBOUNDED
        return np.setdiff1d(left, without_bound)

    def _certificate(self, i: np.int64) -> Certificate:
        self.certificates += 1
        x = self.runs.x[i]
        certificate = certify_point(self.objective.at_best(), x, x - self.starts[i])
        for name, count in certificate.counts.as_dict().items():
            total = self.runs.certificate_counts
            setattr(total, name, getattr(total, name) + count)
        return certificate

    def _count(self, evaluations: int) -> None:
        total = self.runs.certificate_counts
        for name in ("nfev", "njev", "nhev"):
            setattr(total, name, getattr(total, name) + evaluations)


def _continuation(certificate: Certificate) -> Vector | None:
    """Where a run goes on from, as in `extremum.solve.solver.solve`; None where it ends."""
    if certificate.stationary_point is not None:
        return certificate.stationary_point
    higher = certificate.verdict in (Verdict.SADDLE, Verdict.MAXIMUM) or (
        certificate.verdict is Verdict.DEGENERATE and certificate.is_minimum is False
    )
    return certificate.lower_point if higher else None


def _run_singly(
    objective: FunctionObjective, points: Vector, test: GradientNorm, maxiter: int
) -> _Runs:
    """Run one start after another, by `minimize`."""
    plain = objective.plain
    runs = _Runs.at(points, "minimize, one start after another", objective.source)
    for i, point in enumerate(points):
        runs.fun[i] = plain.value(point, Counts())
        if not np.isfinite(runs.fun[i]):
            continue
        start = replace(plain.parameters, start=point).restore(point)
        with warnings.catch_warnings():  # said once for all starts
            warnings.simplefilter("ignore", DerivativeWarning)
            result = minimize(plain.fun, start, plain.args, stop=test, maxiter=maxiter)
        runs.x[i] = plain.parameters.flatten(result.x, "The point")
        runs.fun[i], runs.nit[i], runs.reasons[i] = result.fun, result.nit, result.reason
        certificate = result.certificate
        runs.gradient_norm[i] = certificate.gradient_norm
        runs.judge(np.array([i]), certificate, np.zeros(1))
        for total, counts in (
            (runs.counts, result),
            (runs.certificate_counts, certificate.counts.as_dict()),
        ):
            for name in total.as_dict():
                setattr(total, name, getattr(total, name) + counts[name])
    return runs


def _disagreement(objective: FunctionObjective, points: list[Vector]) -> str | None:
    """Compare the traced function with the plain one where it matters."""
    found = map(objective.disagreement, points[:MOST_COMPARED])
    return next((why for why in found if why is not None), None)


def _report(
    objective: FunctionObjective, runs: _Runs, groups: list[NDArray[np.int64]], started: float
) -> ManyResult:
    parameters = objective.plain.parameters
    labels = np.full(len(runs.x), -1)
    for label, group in enumerate(groups):
        labels[group] = label
    minima = tuple(
        FoundMinimum(
            x=parameters.restore(runs.x[group[0]]),
            fun=float(runs.fun[group[0]]),
            radius=float(runs.radius[group[0]]),
            verdict=runs.verdicts[group[0]],
            count=len(group),
            index=int(group[0]),
        )
        for group in groups
    )
    return ManyResult(
        x=parameters.restore_many(runs.x),
        fun=runs.fun,
        success=runs.accepted & runs.ended_well,
        verdicts=runs.verdicts,
        morse_index=runs.morse_index,
        reasons=runs.reasons,
        nit=runs.nit,
        grad_norm=runs.gradient_norm,
        radius=runs.radius,
        minima=minima,
        labels=labels,
        best=minima[0].x if minima else None,
        **runs.counts.as_dict(),
        certificate_counts=runs.certificate_counts,
        seconds=time.perf_counter() - started,
        source=runs.source,
        method=runs.method,
        notes=(*objective.notes, *runs.notes),
        _points=runs.x,
    )
