"""The eigenvalues of a second variation near zero, under refinement, with errors and signs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extremum.linalg import DenseSymmetric, Factorizable
from extremum.mechanics.jacobi import JacobiFlow
from extremum.mechanics.linearization import mesh
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

SPARE = 2
"""Eigenvalues more than are needed: near equal sizes may change their order from mesh to mesh."""

PIVOTED_UP_TO = 1000
"""Up to this many rows a Hessian whose factors grow too much is factored dense, with pivots."""

RESOLVED = 1e-10
"""The error of eigenvalues near zero, as a part of the stiffness, below which no mesh is refined:
rounding takes over there."""


@dataclass(frozen=True, eq=False)
class Spectrum:
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
    def refined(
        cls, flow: JacobiFlow, edges: Vector, rate_error: float, closed: bool = False
    ) -> Spectrum:
        """Refine the mesh until the signs of the eigenvalues are plain, or their zeros."""
        turn = ELEMENT
        slowest = LEAST_ELEMENTS * ELEMENT / float(edges[-1] - edges[0])
        # One more than can be zero.
        k = len(flow.coordinates) * (1 + closed) + 1

        def next_finer() -> tuple[SecondVariation, Vector]:
            times = mesh(lambda t: np.maximum(flow.rate(t), slowest), edges, turn)
            variation = SecondVariation.of(flow.linearization, times, closed)
            return variation, variation.nearest(0.0, k + SPARE)[0]

        fine, values = next_finer()
        for _ in range(HALVINGS):
            turn /= 2
            coarse, before = fine, values
            fine, values = next_finer()
            change = np.abs(values[:k, None] - before).min(axis=1).max()
            error = float(2 * change + fine.scaled.rounding)
            error += 2 * rate_error * flow.stiffness / flow.frequency
            if error < abs(values[0]) / 2 or change < RESOLVED * flow.stiffness:
                break
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
