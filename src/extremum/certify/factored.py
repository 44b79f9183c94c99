"""The curvature of a large Hessian that can be factored: a few eigenvalues, and inertias."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from extremum.certify.curvature import REPORTED, FlatSpace
from extremum.linalg import EPS, Factorizable, Factorization
from extremum.objective import Vector

SHOWN = 0.9
"""That no eigenvalue is nearer to zero than the nearest one found is shown for this part of it, by
two inertias that agree (or one factorization of a definite matrix)."""

ROUNDINGS = 32
"""The rounding error of a computed eigenvalue is at most this times ε ‖H‖."""

MOST_FLAT = 16
"""So many eigenvalues nearest to zero are looked at."""

REFINEMENTS = 20
"""Corrections of a solution beside the flat directions; each gains many digits."""


@dataclass(frozen=True, eq=False)
class Factored:
    """Of a Hessian H that can be factored, what inertias of H + σI tell (Sylvester's law)."""

    matrix: Factorizable

    @property
    def size(self) -> float:
        """The largest absolute row sum, which bounds the 2-norm."""
        return self.matrix.norm

    @property
    def rounding(self) -> float:
        """That of a Rayleigh quotient of a matrix whose rows are short."""
        return ROUNDINGS * EPS * self.size

    @property
    def sentence(self) -> str:
        """How the gap was shown."""
        return (
            f"no eigenvalue is nearer to zero than {self.gap:.3g}, by the inertias of the Hessian "
            "shifted so far both ways"
        )

    @cached_property
    def _nearest(self) -> tuple[Vector, Vector]:
        return self.matrix.nearest_zero(1)

    @cached_property
    def _factorization(self) -> Factorization:
        return self.matrix.factor()

    @cached_property
    def _shown(self) -> tuple[float, int]:
        """The gap, and the Morse index on it."""
        nearest = float(self._nearest[0][0])
        gap = SHOWN * abs(nearest)
        if nearest > 0 and (found := self.matrix.cholesky(-gap)) is not None:
            return max(gap - found.backward_error, 0.0), 0
        above, below = self.matrix.factor(-gap), self.matrix.factor(gap)
        certain = gap - max(above.backward_error, below.backward_error)
        if above.inertia != below.inertia or not certain > 0:
            return 0.0, self._negative(self.rounding)
        return certain, below.inertia.negative

    def _negative(self, bound: float) -> int:
        """How many eigenvalues lie below −bound; at least so many where no factors are good enough.

        One within the factors' error of that may be counted or not.
        """
        found = self.matrix.factor(bound)
        if found.backward_error <= abs(bound):
            return found.inertia.negative
        return int(self.leftmost[0] < -bound)

    @property
    def gap(self) -> float:
        """A part of the nearest eigenvalue's size, less what the factors may be off."""
        return self._shown[0]

    @property
    def morse_index(self) -> int:
        """The negative eigenvalues; those beyond rounding, where there is no gap."""
        return self._shown[1]

    @property
    def softest(self) -> Vector:
        """The eigenvector of the eigenvalue nearest to zero."""
        return self._nearest[1][:, 0]

    @cached_property
    def leftmost(self) -> tuple[float, Vector]:
        """The smallest eigenvalue and its unit vector."""
        return self.matrix.leftmost()

    def solve(self, b: Vector) -> Vector:
        """By the factors."""
        return self._factorization.solve(b)

    def newton_step(self, gradient: Vector) -> Vector | None:
        """By the factors; beside the eigenvalues that rounding hides, where there are such."""
        if self._factorization.rcond * self.size > self.rounding:
            return -self.solve(gradient)
        step = -self.flat(self.rounding).solve(gradient)
        return step if step.any() else None

    def downhill(self, gradient: Vector) -> Vector:
        """−(H + σI)⁻¹∇φ with a shift σ that makes it positive definite."""
        if self.size == 0:
            return -gradient
        shift, least = 0.0, max(0.0, -self.leftmost[0]) + EPS**0.5 * self.size
        while (found := self.matrix.cholesky(shift)) is None:
            shift = max(2 * shift, least)
        return -found.solve(gradient)

    def lowest(self) -> list[Vector]:
        """The leftmost, and the softest."""
        return [self.leftmost[1], self.softest]

    def flat(self, bound: float) -> FlatSpace:
        """The eigenvectors within the bound, or the flattest of them where they are many.

        More than `MOST_FLAT` eigenvalues within the bound are parted at their widest gap: those
        beyond it are small and not zero. Where they are all as small as rounding there may be more.
        """
        k, most = 1, min(MOST_FLAT, self.matrix.n - 1)
        values, vectors = self._nearest
        while abs(values[-1]) <= bound and k < most:
            k = min(4 * k, most)
            values, vectors = self.matrix.nearest_zero(k)
        sizes = np.abs(values)
        complete = bool(sizes[-1] > self.rounding)
        if complete and sizes[-1] <= bound:
            known = np.maximum(sizes, self.rounding)
            widest = int((known[1:] / known[:-1]).argmax())
            bound = float(np.sqrt(known[widest] * known[widest + 1]))
        flat = sizes <= bound
        basis = vectors[:, flat].T
        beyond = sizes[~flat].min(initial=np.inf)
        softness = 1 / min(beyond, self.size) if complete else 1 / max(bound, self.rounding)
        return FlatSpace(
            basis,
            self._negative(bound),
            complete,
            float(softness),
            lambda b: self._solve_beside(basis, b),
        )

    @cached_property
    def _regularized(self) -> Factorization:
        return self.matrix.factor(2 * self.rounding + np.finfo(np.float64).tiny)

    def _solve_beside(self, basis: Vector, b: Vector) -> Vector:
        """The y with P H y = P b and y = P y, P the projection off the rows of `basis`.

        A shift of the size of rounding makes the factors regular; what it changes beside the flat
        directions, and what the factors do along them, iterative refinement mends.
        """

        def beside(v: Vector) -> Vector:
            return v - basis.T @ (basis @ v)

        b = beside(b)
        y, enough = np.zeros_like(b), EPS**0.5 * float(np.linalg.norm(b))
        for _ in range(REFINEMENTS):
            residual = beside(b - self.matrix @ y)
            if not np.linalg.norm(residual) > enough:
                break
            y = y + beside(self._regularized.solve(residual))
        return y

    def extremal(self) -> tuple[Vector, float]:
        """Three from each end."""
        return self.matrix.extremal(REPORTED)[0], self.rounding

    def beyond_rounding(self) -> tuple[int, int]:
        """Inertias on either side of rounding."""
        negative = self._negative(self.rounding)
        return negative, self._negative(-self.rounding) - negative
