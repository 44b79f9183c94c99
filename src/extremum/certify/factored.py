"""The curvature of a large Hessian that can be factored: a few eigenvalues, and inertias."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from extremum.certify.curvature import REPORTED, FlatSpace
from extremum.certify.krylov import Ritz, krylov, ritz
from extremum.linalg import EPS, DenseSymmetric, Factorizable, Factorization, nearest_zero
from extremum.objective import Vector

DIMENSION = 10
"""Vectors of the Krylov spaces of H and of its inverse: so many products, so many solutions."""

SHOWN = 0.9
"""That no eigenvalue is nearer to zero than the nearest one found is shown for this part of it, by
two inertias that agree (or one factorization of a definite matrix)."""

ROUNDINGS = 32
"""The rounding error of a computed eigenvalue is at most this times ε ‖H‖."""

MOST_FLAT = 16
"""So many flat directions are looked at, at most."""

FLAT_ENTRIES = 10**6
"""And so many numbers in all of them."""

REFINEMENTS = 20
"""Corrections of a solution beside the flat directions; each gains a digit or more."""

SINGULAR = 10 * EPS
"""The reciprocal condition number up to which a matrix counts as singular."""

BESIDE: float = EPS**0.5
"""A singular matrix is factored as its neighbour shifted by this times ‖H‖: far above what factors
are off by, and far below the curvatures that are not called flat."""


@dataclass(frozen=True, eq=False)
class Factored:
    """Of a Hessian H that can be factored, what inertias of H + σI tell (Sylvester's law)."""

    matrix: Factorizable
    eps: float = EPS

    @property
    def size(self) -> float:
        """The largest absolute row sum, which bounds the 2-norm."""
        return self.matrix.norm

    @property
    def rounding(self) -> float:
        """That of a Rayleigh quotient: of a matrix whose rows are short, or of a dense one."""
        if isinstance(self.matrix, DenseSymmetric):
            return float(self.matrix.rounding)
        return float(ROUNDINGS * self.eps * self.size)

    @property
    def _error(self) -> float:
        """‖E‖ of a matrix E whose entries are those of H, rounded: no row sum is larger."""
        return self.eps * self.size

    @property
    def sentence(self) -> str:
        """How the gap was shown."""
        return (
            f"No eigenvalue is nearer to zero than {self.gap:.3g}: the Hessian has the same "
            "inertia when shifted so far either way"
        )

    @cached_property
    def _own(self) -> Factorization:
        """The matrix's own factors."""
        return self.matrix.factor()

    @property
    def _factorization(self) -> Factorization:
        return self._own if self._own.rcond > SINGULAR else self._beside

    @cached_property
    def _beside(self) -> Factorization:
        """Of a singular matrix the regular neighbour, of the same eigenvectors."""
        return self.matrix.factor(self._shift)

    @property
    def _shift(self) -> float:
        if self.size == 0:  # any shift will do, so one whose inverse does not overflow
            return 1.0
        return max(BESIDE * self.size, float(np.finfo(np.float64).tiny))

    @cached_property
    def _inner(self) -> Ritz:
        """Those near zero, the nearest first, from the space of the inverse."""
        inverse = krylov(self._factorization.solve, self.matrix.n, DIMENSION)
        near = np.argsort(-np.abs(inverse.values), kind="stable")[:REPORTED]
        pairs = ritz(self.matrix, inverse.vectors[:, near])
        return pairs.part(np.argsort(np.abs(pairs.values), kind="stable"))

    @cached_property
    def _ends(self) -> Ritz:
        """The ends of the spectrum, as far as both spaces together show them."""
        outer = krylov(self.matrix.__matmul__, self.matrix.n, DIMENSION)
        together, _ = np.linalg.qr(np.column_stack([self._inner.vectors, outer.vectors]))
        return ritz(self.matrix, together)

    @cached_property
    def _shown(self) -> tuple[float, int]:
        """The gap, and the Morse index on it."""
        nearest = float(self._inner.values[0])
        if abs(nearest) <= self.rounding:
            return 0.0, int(np.count_nonzero(self._ends.values < -self.rounding))
        gap = SHOWN * abs(nearest)
        above = self.matrix.factor(-gap)
        if nearest > 0 and above.positive_definite:
            return max(gap - above.backward_error - self._error, 0.0), 0
        below = self.matrix.factor(gap)
        certain = gap - max(above.backward_error, below.backward_error) - self._error
        if above.inertia != below.inertia or not certain > 0:
            return 0.0, int(np.count_nonzero(self._ends.values < -self.rounding))
        return certain, below.inertia.negative

    def _below(self, value: float) -> int:
        """How many eigenvalues are below a value; at least so many where factors are too poor.

        One within the factors' error of the value may be counted or not.
        """
        found = self.matrix.factor(-value)
        if found.backward_error <= abs(value):
            return found.inertia.negative
        return int(self._ends.values[0] < value)

    @property
    def gap(self) -> float:
        """A part of the nearest eigenvalue's size, less what factors and entries may be off."""
        return self._shown[0]

    @property
    def morse_index(self) -> int:
        """The negative eigenvalues; where there is no gap, those that were seen."""
        return self._shown[1]

    @property
    def softest(self) -> Vector:
        """The vector of the eigenvalue nearest to zero."""
        return self._inner.vectors[:, 0]

    @cached_property
    def leftmost(self) -> tuple[float, Vector]:
        """The smallest eigenvalue that was seen, and its unit vector."""
        seen = float(self._ends.values[0]), self._ends.vectors[:, 0]
        if seen[0] >= 0 and self.morse_index:
            return self.matrix.leftmost()
        return seen

    def solve(self, b: Vector) -> Vector:
        """By the factors."""
        return self._factorization.solve(b)

    def newton_step(self, gradient: Vector) -> Vector | None:
        """By the factors; beside the eigenvalues that rounding hides, where there are such."""
        if self._own.rcond * self.size > self.rounding:
            return -self._own.solve(gradient)
        step = -self.flat(self.rounding).solve(gradient)
        return step if step.any() else None

    def downhill(self, gradient: Vector) -> Vector:
        """−(H + σI)⁻¹∇φ with a shift σ that makes it positive definite."""
        if self.size == 0:
            return -gradient
        shift, least = 0.0, max(0.0, -2 * self.leftmost[0]) + EPS**0.5 * self.size
        while (found := self.matrix.cholesky(shift)) is None:
            shift = max(2 * shift, least)
        return -found.solve(gradient)

    def lowest(self) -> list[Vector]:
        """The leftmost, and the softest."""
        return [self.leftmost[1], self.softest]

    def flat(self, bound: float) -> FlatSpace:
        """The eigenvectors within the bound, or the flattest of them where they are many.

        Inertias say how many there are. Where there are too many to be looked at, those that are
        zero but for rounding count, or else those before the widest gap: what is beyond is small.
        """
        n, most = self.matrix.n, max(1, min(MOST_FLAT, FLAT_ENTRIES // self.matrix.n))
        if self.size == 0:  # no direction is flatter than another: any will do, and none is beside
            basis, _ = np.linalg.qr(np.random.default_rng(n).normal(size=(n, min(most, n))))
            return FlatSpace(basis.T, 0, most >= n, 0.0, np.zeros_like)
        near = self._beside
        # Definite when shifted by less than the bound: no eigenvalue lies below its negative.
        definite = near.positive_definite and self._shift <= bound
        negative = 0 if definite else self._below(-bound)
        within = self._below(bound) - negative
        if within > most:
            bound = 2 * self.rounding
            near = self.matrix.factor(bound)
            negative = 0 if near.positive_definite else self._below(-bound)
            within = self._below(bound) - negative
        wanted = min(within if within else most, most, n - 1) + 1
        values, vectors = nearest_zero(self.matrix, wanted, near)
        sizes = np.maximum(np.abs(values), self.rounding)
        if within:
            flat = sizes <= bound
            complete = np.count_nonzero(flat) == within
        else:
            widest = int((sizes[1:] / sizes[:-1]).argmax())
            flat, complete = np.arange(sizes.size) <= widest, True
            bound = float(np.sqrt(sizes[widest] * sizes[widest + 1]))
            negative = self._below(-bound)
        basis = vectors[:, flat].T
        softness = 1 / float(sizes[~flat].min(initial=self.size))
        return FlatSpace(
            basis,
            negative,
            bool(complete),
            softness,
            lambda b: self._solve_beside(near, basis, b),
        )

    def _solve_beside(self, near: Factorization, basis: Vector, b: Vector) -> Vector:
        """The y with P H y = P b and y = P y, P the projection off the rows of `basis`.

        A shift makes the factors regular; what it changes beside the flat directions, and what the
        factors do along them, iterative refinement mends.
        """

        def beside(v: Vector) -> Vector:
            return v - basis.T @ (basis @ v)

        b = beside(b)
        y, enough = np.zeros_like(b), EPS**0.5 * float(np.linalg.norm(b))
        for _ in range(REFINEMENTS):
            residual = beside(b - self.matrix @ y)
            if not np.linalg.norm(residual) > enough:
                break
            y = y + beside(near.solve(residual))
        return y

    def extremal(self) -> tuple[Vector, Vector]:
        """Three from each end, as far as they were seen, each with its residual."""
        ends = self._ends.part(np.r_[:REPORTED, -REPORTED:0])
        return ends.values, ends.residuals + self.rounding

    def beyond_rounding(self) -> tuple[int, int]:
        """Inertias on either side of rounding, where there is no gap."""
        if self.gap > 0:
            return self.morse_index, 0
        negative = self._below(-self.rounding)
        return negative, self._below(self.rounding) - negative
