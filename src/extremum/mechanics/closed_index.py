"""The Morse index of a closed path: by inertia, and by its monodromy."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from extremum.linalg import EPS
from extremum.mechanics.jacobi import TURN, ConjugatePoints, JacobiFlow, conjugate_points
from extremum.mechanics.linearization import SAMPLES, Linearization, mesh
from extremum.mechanics.spectrum import Spectrum
from extremum.objective import Vector

FINE = 16
"""Parts of a turn in a step of the flow once round: of order 8, that leaves rounding alone."""

SAFETY = 10.0
"""What is below this times its estimated error counts as zero."""


@dataclass(frozen=True, eq=False)
class ClosedIndex:
    """The signs of the second variation among closed paths of one period.

    Attributes
    ----------
    morse_index, nullity : int or None
        None where the counts differ.
    inertia, monodromy : (int, int) or None
        Both by either count.
    conjugate_points : ConjugatePoints
        Of the start.
    eigenvalues, eigenvalue_error : ndarray of shape (k,)
    times, weights : ndarray of shape (m,)
        At which variations are given, and their parts of the period.
    flat : ndarray of shape (nullity, m, d)
        Orthonormal variations that leave the action as it is; none where that is undecided.
    evidence : tuple of str
    """

    morse_index: int | None
    nullity: int | None
    inertia: tuple[int, int] | None
    monodromy: tuple[int, int] | None
    conjugate_points: ConjugatePoints
    eigenvalues: Vector
    eigenvalue_error: Vector
    times: Vector
    weights: Vector
    flat: Vector
    evidence: tuple[str, ...]


def closed_index(
    linearization: Linearization, edges: Vector, neighbour: Linearization
) -> ClosedIndex:
    """Count the closed variations that decrease an action.

    Parameters
    ----------
    linearization, edges, neighbour
        As for `morse_index`.
    """
    flow = JacobiFlow.of(linearization, edges)
    error = flow.distance(neighbour, np.linspace(edges[0], edges[-1], SAMPLES))
    points = conjugate_points(flow, edges, error)
    by_monodromy, off = _by_monodromy(flow, replace(flow, linearization=neighbour), edges, points)
    spectrum = Spectrum.refined(flow, edges, error, closed=True)
    inertia = spectrum.inertia()
    agreed = inertia if inertia == by_monodromy else None
    low, low_error, _ = spectrum.lowest()
    fine = spectrum.fine
    _, vectors = fine.nearest(0.0, max(agreed[1] if agreed else 0, 1))
    counted = "not certain" if inertia is None else f"{inertia[0]} negative, {inertia[1]} zero"
    evidence = (
        f"inertia of a periodic Hessian of {fine.scaled.n} rows within {spectrum.error:.1g}: "
        + counted,
        f"by the monodromy, known to {off:.1g}: {by_monodromy[0]} negative, {by_monodromy[1]} zero",
    )
    return ClosedIndex(
        morse_index=agreed[0] if agreed else None,
        nullity=agreed[1] if agreed else None,
        inertia=inertia,
        monodromy=by_monodromy,
        conjugate_points=points,
        eigenvalues=low,
        eigenvalue_error=low_error,
        times=fine.times,
        weights=fine.weights,
        flat=fine.variations(vectors)[: agreed[1] if agreed else 0],
        evidence=evidence if agreed else (*evidence, "the counts differ: undecided"),
    )


def _by_monodromy(
    flow: JacobiFlow, beside: JacobiFlow, edges: Vector, points: ConjugatePoints
) -> tuple[tuple[int, int], float]:
    """Index and nullity from the Jacobi fields once round, and the error of the flow once round.

    Variations with fixed ends contribute the conjugate points. What is left of the closed ones are
    Jacobi fields with δ(T) = δ(0), on which the second variation is δ(0)·(π(T) - π(0)); fields that
    vanish at both ends are in both spaces, and count once more where they are not closed
    (Ballmann, Thorbergsson & Ziller, J. Differential Geometry 18 (1983), section 1).
    """
    times = mesh(flow.rate, edges, TURN / FINE)
    once = _once_round(flow, times)
    coarser = np.r_[times[:-1:2], times[-1]]
    others = _once_round(flow, coarser), _once_round(beside, times)
    off = sum(float(np.linalg.norm(once - other, 2)) for other in others)
    off += EPS * float(np.linalg.norm(once, 2)) * len(times)
    d = len(flow.coordinates)
    A, B, C, D = once[:d, :d], once[:d, d:], once[d:, :d], once[d:, d:]
    one, tiny = np.eye(d), SAFETY * off
    fields = _null(np.hstack([A - one, B]), tiny)
    form = fields[:d].T @ np.hstack([C, D - one]) @ fields
    negative = int((np.linalg.eigvalsh(form + form.T) < -2 * tiny).sum())
    vanishing = _null(B, tiny)
    closed = _null(np.vstack([B, D - one]), tiny)
    index = points.index + negative + vanishing.shape[1] - closed.shape[1]
    return (index, _null(once - np.eye(2 * d), tiny).shape[1]), off


def _once_round(flow: JacobiFlow, times: Vector) -> Vector:
    """The linear map of (δ, π) from the first time to the last."""
    steps = flow.transfer(times[:-1], times[1:])
    product = np.eye(steps.shape[1])
    for step in steps:
        product = step @ product
    return product


def _null(matrix: Vector, tiny: float) -> Vector:
    """An orthonormal basis of what a matrix makes no longer than `tiny`, by columns."""
    _, sizes, rows = np.linalg.svd(matrix)
    return np.asarray(rows[int((sizes > tiny).sum()) :].T)
