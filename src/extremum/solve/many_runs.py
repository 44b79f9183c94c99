"""The runs of `minimize_many`, and what their ends are: all at once where that is possible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from extremum.certify import Certificate, certainly_unbounded, certify_many, certify_point
from extremum.methods.batched import Batch, Rules
from extremum.objective import Counts, FunctionObjective, Vector
from extremum.outcomes import ENDED_WELL, Reason, Verdict
from extremum.solve.many_result import group_minima
from extremum.solve.solver import MOST_ESCAPES
from extremum.solve.stops import BOTTOM, GradientNorm

MAXITER = 1000
"""Iterations of each run where the user sets no limit: a second-order method needs far fewer."""

MOST_CERTIFICATES = 256
"""So many points that the test of Newton and Kantorovich leaves open are judged one by one."""

FARTHER = 1e-8
"""An end that the test leaves open is run on until its gradient falls by this factor."""


@dataclass
class Runs:
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
    def at(cls, points: Vector, method: str, source: str) -> Runs:
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


def run_batch(
    batch: Batch, objective: FunctionObjective, points: Vector, test: GradientNorm, maxiter: int
) -> Runs:
    """Run all starts; those that end at a saddle or another higher point are run on from below."""
    rules = Rules(test.atol, test.rtol, maxiter, MOST_ESCAPES, BOTTOM)
    runs = Runs.at(points, "trust region, compiled over all starts", objective.source)
    judge = _Judge(batch, objective, points, rules, runs)
    going, starts = np.arange(len(points)), points
    for _ in range(MOST_ESCAPES + 1):
        ends = batch.minimize(starts, rules)
        runs.x[going], runs.fun[going], runs.reasons[going] = ends.x, ends.fun, ends.reasons
        runs.nit[going] += ends.nit
        _count(runs.counts, int((ends.nit + 1).sum()))
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
    rules: Rules
    runs: Runs
    certificates: int = 0
    undecided: int = 0

    def all_of(self, which: NDArray[np.int64]) -> tuple[NDArray[np.int64], Vector]:
        """Judge these ends; the runs to be continued, and from where."""
        runs = self.runs
        which = which[np.isfinite(runs.fun[which])]
        found = certify_many(self._evaluate, runs.x[which])
        runs.verdicts[which] = found.verdicts
        runs.morse_index[which], runs.radius[which] = found.morse_index, found.radius
        runs.gradient_norm[which] = found.gradient_norm
        runs.accepted[which] = found.verdicts == Verdict.MINIMUM
        # A saddle is left from a lower point, which the other certificate exhibits.
        higher = (found.morse_index > 0) & runs.ended_well[which]
        left = which[higher | (found.verdicts == None)]  # noqa: E711, elementwise
        left = self._small_only_in_size(self._falling(left))
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
        without_bound = fell[certainly_unbounded(self._evaluate, runs.x[fell], towards)]
        runs.verdicts[without_bound] = Verdict.UNBOUNDED
        return np.setdiff1d(left, without_bound)

    def _small_only_in_size(self, left: NDArray[np.int64]) -> NDArray[np.int64]:
        """Run on where a gradient is below the tolerance only because φ is small; the others.

        If it falls by `FARTHER` more and there is a minimum then, that is where the run ends.
        """
        runs = self.runs
        tried = left[runs.reasons[left] == Reason.GRADIENT_NORM]
        if not tried.size:
            return left
        ends = self.batch.minimize(
            runs.x[tried], self.rules._replace(atol=0.0, rtol=FARTHER, maxiter=MAXITER)
        )
        found = certify_many(self._evaluate, ends.x)
        _count(runs.counts, int((ends.nit + 1).sum()))
        minimum = found.verdicts == Verdict.MINIMUM
        which = tried[minimum]
        runs.x[which], runs.fun[which] = ends.x[minimum], ends.fun[minimum]
        runs.nit[which] += ends.nit[minimum]
        runs.verdicts[which], runs.accepted[which] = Verdict.MINIMUM, True
        runs.morse_index[which], runs.radius[which] = 0, found.radius[minimum]
        runs.gradient_norm[which] = found.gradient_norm[minimum]
        return np.setdiff1d(left, which)

    def _evaluate(self, points: Vector) -> tuple[Vector, Vector, Vector]:
        """Evaluate at all points, and count it."""
        _count(self.runs.certificate_counts, len(points))
        return self.batch.evaluate(points)

    def _certificate(self, i: np.int64) -> Certificate:
        self.certificates += 1
        x = self.runs.x[i]
        certificate = certify_point(self.objective.at_best(), x, x - self.starts[i])
        add_counts(self.runs.certificate_counts, certificate.counts.as_dict())
        return certificate


def _continuation(certificate: Certificate) -> Vector | None:
    """Where a run goes on from, as in `extremum.solve.solver.solve`; None where it ends."""
    if certificate.stationary_point is not None:
        return certificate.stationary_point
    higher = certificate.verdict in (Verdict.SADDLE, Verdict.MAXIMUM) or (
        certificate.verdict is Verdict.DEGENERATE and certificate.is_minimum is False
    )
    return certificate.lower_point if higher else None


def add_counts(total: Counts, more: Mapping[str, int]) -> None:
    """Add the evaluations of one run to those of all."""
    for name in total.as_dict():
        setattr(total, name, getattr(total, name) + more[name])


def _count(total: Counts, evaluations: int) -> None:
    """Add evaluations that are of φ, ∇φ and ∇²φ each."""
    add_counts(total, Counts(evaluations, evaluations, evaluations).as_dict())
