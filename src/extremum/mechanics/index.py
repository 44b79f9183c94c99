"""How many directions decrease an action: the Morse index, counted in two ways that must agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extremum.linalg import DenseSymmetric, Factorizable
from extremum.mechanics.jacobi import ConjugatePoints, JacobiFlow, conjugate_points
from extremum.mechanics.linearization import SAMPLES, Linearization, mesh
from extremum.mechanics.second_variation import SecondVariation
from extremum.objective import Vector

LOWEST = 6
"""Eigenvalues of Jacobi's operator that are reported, with their modes."""

ELEMENT = 1.0
"""The turn of Jacobi's flow in an element of the first mesh."""

LEAST_ELEMENTS = 4
"""In the first mesh."""

HALVINGS = 4
"""Refinements at most, each to elements half as long."""

PIVOTED_UP_TO = 1000
"""Up to this many rows a Hessian whose factors grow too much is factored dense, with pivots."""

RESOLVED = 1e-10
"""The error of eigenvalues near zero, as a part of the stiffness, below which no mesh is refined:
rounding takes over there."""


@dataclass(frozen=True, eq=False)
class MorseIndex:
    """The signs of the second variation of the action at a path, whatever mesh found it.

    Attributes
    ----------
    morse_index : int or None
        The dimension of the variations that decrease the action in second order; None where the
        two counts differ.
    nullity : int or None
        The dimension of those that leave it unchanged, within the errors.
    inertia : (int, int) or None
        Both, by the inertia of discrete Hessians under refinement; None where it is not certain.
    conjugate_points : ConjugatePoints
        Both, by Jacobi's equation, and the times.
    eigenvalues : ndarray of shape (k,)
        The smallest of Jacobi's operator, with respect to ∫ |δ|² dt.
    eigenvalue_error : ndarray of shape (k,)
        Their estimated errors.
    times : ndarray of shape (m,)
        At which the modes are given.
    modes : ndarray of shape (k, m, d)
        The variations that belong to the eigenvalues, with ∫ |δ|² dt = 1.
    evidence : tuple of str
        The steps of the argument, in words.
    """

    morse_index: int | None
    nullity: int | None
    inertia: tuple[int, int] | None
    conjugate_points: ConjugatePoints
    eigenvalues: Vector
    eigenvalue_error: Vector
    times: Vector
    modes: Vector
    evidence: tuple[str, ...]


def morse_index(
    linearization: Linearization, edges: Vector, neighbour: Linearization | None = None
) -> MorseIndex:
    """Count the directions that decrease an action, by inertia and by conjugate points.

    Parameters
    ----------
    linearization
        The second derivatives of L along the path.
    edges : ndarray of shape (k + 1,)
        The times between which the path is smooth, ascending; its ends are the first and the last.
    neighbour
        The second derivatives along a path as far from this one as the true path may be. What the
        difference can change counts as zero.

    Raises
    ------
    InvalidInput
        If L_vv is not positive definite along the path.
    """
    flow = JacobiFlow.of(linearization, edges)
    error = 0.0
    if neighbour is not None:
        error = flow.distance(neighbour, np.linspace(edges[0], edges[-1], SAMPLES))
    points = conjugate_points(flow, edges, error)
    spectrum = _Spectrum.refined(flow, edges, error)
    inertia = spectrum.inertia()
    agreed = inertia == (points.index, points.nullity)
    low, low_error, modes = spectrum.lowest()
    return MorseIndex(
        morse_index=points.index if agreed else None,
        nullity=points.nullity if agreed else None,
        inertia=inertia,
        conjugate_points=points,
        eigenvalues=low,
        eigenvalue_error=low_error,
        times=spectrum.fine.times,
        modes=modes,
        evidence=_evidence(points, inertia, spectrum),
    )


def _evidence(
    points: ConjugatePoints, inertia: tuple[int, int] | None, spectrum: _Spectrum
) -> tuple[str, ...]:
    by_points = (
        f"{points.index} conjugate points before the end, which is {points.end_angle:.2g} ± "
        f"{points.error:.1g} from one as an angle"
    )
    if inertia is None:
        by_inertia = f"the inertia of a Hessian of {spectrum.fine.scaled.n} rows is not certain"
    else:
        by_inertia = (
            f"{inertia[0]} eigenvalues below -{spectrum.error:.1g} and {inertia[1]} within it, of "
            f"a Hessian of {spectrum.fine.scaled.n} rows and of one of half as many"
        )
    if inertia != (points.index, points.nullity):
        return by_points, by_inertia, "the counts differ, so the index is undecided"
    return by_points, by_inertia


@dataclass(frozen=True, eq=False)
class _Spectrum:
    """Discrete second variations on two meshes, the second twice as fine.

    Attributes
    ----------
    coarse, fine : SecondVariation
    error : float
        How far the fine one's eigenvalues near zero may be from the action's.
    beyond : float
        The smallest size of one that is not zero within that error.
    """

    coarse: SecondVariation
    fine: SecondVariation
    error: float
    beyond: float

    @classmethod
    def refined(cls, flow: JacobiFlow, edges: Vector, rate_error: float) -> _Spectrum:
        """Refine the mesh until the signs of the eigenvalues are plain, or their zeros."""
        turn = ELEMENT
        slowest = LEAST_ELEMENTS * ELEMENT / float(edges[-1] - edges[0])
        k = len(flow.coordinates) + 1

        def next_finer() -> tuple[SecondVariation, Vector]:
            times = mesh(lambda t: np.maximum(flow.rate(t), slowest), edges, turn)
            variation = SecondVariation.of(flow.linearization, times)
            return variation, variation.nearest(0.0, k)[0]

        fine, values = next_finer()
        for _ in range(HALVINGS):
            turn /= 2
            coarse, before = fine, values
            fine, values = next_finer()
            change = np.abs(values[:, None] - before).min(axis=1).max()
            error = float(2 * change + fine.scaled.rounding)
            error += 2 * rate_error * flow.stiffness / flow.frequency
            if error < np.abs(values).min() / 2 or change < RESOLVED * flow.stiffness:
                break
        # More were asked for than can be zero.
        beyond = np.abs(values)[np.abs(values) > error].min(initial=np.inf)
        return cls(coarse, fine, error, float(beyond))

    def inertia(self) -> tuple[int, int] | None:
        """How many eigenvalues are certainly negative, and how many zero within the error."""
        shift, matrix = self.beyond / 2, self.fine.scaled
        if not self.error < shift < np.inf:
            return None
        counted = _signs(matrix, shift, self.error)
        if counted is None and matrix.n <= PIVOTED_UP_TO:
            counted = _signs(DenseSymmetric(matrix.toarray()), shift, self.error)
        return counted

    def lowest(self) -> tuple[Vector, Vector, Vector]:
        """The smallest eigenvalues, their errors and modes."""
        values, modes = self.fine.lowest(LOWEST)
        before, _ = self.coarse.lowest(LOWEST)
        k = min(len(values), len(before))
        errors = np.abs(values[:k] - before[:k]) + self.fine.scaled.rounding
        return values[:k], errors, modes[:k]


def _signs(matrix: Factorizable, shift: float, error: float) -> tuple[int, int] | None:
    """How many eigenvalues are below -shift and how many within it, if the factors tell."""
    above, below = matrix.factor(shift), matrix.factor(-shift)
    needed = max(above.backward_error, below.backward_error)
    if needed > shift - error or above.inertia.zero or below.inertia.zero:
        return None
    index = above.inertia.negative
    return index, below.inertia.negative - index
