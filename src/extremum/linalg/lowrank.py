"""A sparse matrix plus a few dense rows' worth: S + U C Uᵀ."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.sparse.linalg import LinearOperator

from extremum.linalg import eigenpairs
from extremum.linalg.conditioning import reciprocal_condition, refined
from extremum.linalg.dense import DenseFactorization, DenseSymmetric
from extremum.linalg.symmetric import EPS, Factorizable, Factorization, Inertia, Vector

ILL_CONDITIONED = EPS**0.5
"""The reciprocal condition of S below which the sum is not solved through S itself.

It is solved through S - τI then, with τ this part of ‖H‖, and refined.
"""

DENSE_UP_TO = 500
"""Up to this n a sum with such an S is factored dense: 10 ms."""


@dataclass(frozen=True, eq=False)
class LowRankFactorization:
    """S + W J Wᵀ through the factors of S and the capacitance matrix G = J + WᵀS⁻¹W.

    J is diagonal with entries ±1. Solutions are the Sherman-Morrison-Woodbury formula's, refined.
    The inertia is Haynsworth's: by the two Schur complements of [[S, W], [Wᵀ, -J]],
    In(S + W J Wᵀ) = In(S) + In(-G) - In(-J).

    References
    ----------
    Haynsworth, Linear Algebra Appl. 1 (1968) 73; Hager, SIAM Review 31 (1989) 221.
    """

    inertia: Inertia
    backward_error: float
    _base: Factorization = field(repr=False)
    _columns: Vector = field(repr=False)
    _solved: Vector = field(repr=False)
    _capacitance: DenseFactorization = field(repr=False)
    _matrix: LowRankSum = field(repr=False)
    _shift: float = field(repr=False)

    @property
    def positive_definite(self) -> bool:
        """Whether every eigenvalue is positive."""
        return self.inertia.positive == self._matrix.n

    @cached_property
    def rcond(self) -> float:
        """An estimate of the reciprocal condition number in the 1-norm."""
        norm = self._matrix.norm + abs(self._shift)
        return reciprocal_condition(norm, self.solve, self._matrix.n)

    def _once(self, b: Vector) -> Vector:
        y = self._base.solve(b)
        return y - self._solved @ self._capacitance.solve(self._columns.T @ y)

    def _product(self, v: Vector) -> Vector:
        return self._matrix @ v + self._shift * v

    def solve(self, b: Vector) -> Vector:
        """Solve for right-hand sides of shape (n,) or (n, k), refined as far as it goes."""
        if b.ndim == 2:
            return np.column_stack([self.solve(column) for column in b.T]).reshape(b.shape)
        return refined(self._product, self._once, self._matrix.norm + abs(self._shift), b)[0]


@dataclass(frozen=True, eq=False)
class LowRankSum:
    """S + U C Uᵀ, in time and memory linear in n where S is.

    Parameters
    ----------
    base
        S.
    factors : ndarray of shape (n, k)
        U.
    core : ndarray of shape (k, k)
        C, symmetric; it may be singular.
    """

    base: Factorizable
    factors: Vector
    core: Vector

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.base.n

    @property
    def storage(self) -> str:
        """The storage in words."""
        return f"{self.base.storage} + rank {self.factors.shape[1]}"

    @cached_property
    def _signed(self) -> tuple[Vector, Vector]:
        """W of shape (n, r) and J's diagonal of shape (r,) with U C Uᵀ = W J Wᵀ."""
        values, vectors = np.linalg.eigh(self.core / 2 + self.core.T / 2)
        kept = np.abs(values) > len(values) * EPS * np.abs(values).max(initial=0.0)
        columns = self.factors @ (vectors[:, kept] * np.sqrt(np.abs(values[kept])))
        return columns, np.sign(values[kept])

    @property
    def is_finite(self) -> bool:
        """Whether every entry is finite."""
        return bool(
            self.base.is_finite and np.isfinite(self.factors).all() and np.isfinite(self.core).all()
        )

    @property
    def diagonal(self) -> Vector:
        """The diagonal, of shape (n,)."""
        columns, signs = self._signed
        return np.asarray(self.base.diagonal + columns**2 @ signs)

    @cached_property
    def norm(self) -> float:
        """A bound of the largest absolute row sum: S's and the low-rank part's, added."""
        size = np.abs(self._signed[0])
        return self.base.norm + float((size @ size.sum(axis=0)).max(initial=0.0))

    @property
    def rounding(self) -> float:
        """How far a computed eigenvalue may be from the true one: n ε ‖H‖ (LAPACK, section 4.7)."""
        return self.n * EPS * self.norm

    def __matmul__(self, v: Vector) -> Vector:
        return self.base @ v + self.factors @ (self.core @ (self.factors.T @ v))

    def toarray(self) -> Vector:
        """The whole matrix, of shape (n, n)."""
        return self.base.toarray() + self.factors @ self.core @ self.factors.T

    def to_scipy(self) -> LinearOperator:
        """What a user is handed: a `LinearOperator`, since the whole matrix is dense."""
        return LinearOperator(
            (self.n, self.n), matvec=self.__matmul__, matmat=self.__matmul__, dtype=np.float64
        )

    def scaled(self, units: Vector) -> LowRankSum:
        """D H D, with D the diagonal matrix of `units`."""
        return LowRankSum(self.base.scaled(units), units[:, None] * self.factors, self.core)

    def cholesky(self, shift: float = 0.0) -> Factorization | None:
        """Factor H + shift·I if it is positive definite; None if it is not.

        Where S + shift·I is nearly singular, the answer is that of H + (shift - τ)·I.
        """
        if not self._signed[1].size:
            return self.base.cholesky(shift)
        if not (self.diagonal + shift > 0).all():
            return None
        base = self.base.cholesky(shift)
        if base is None:
            found = self._beside(shift, below_only=True)
            return found if found.positive_definite else None
        summed = self._through(base, shift, 0.0)
        return summed if summed is not None and summed.positive_definite else None

    def factor(self, shift: float = 0.0) -> Factorization:
        """Factor H + shift·I, whatever its inertia.

        Where S + shift·I is nearly singular, the signs of eigenvalues within τ of zero are not
        certain, and counted as zero.
        """
        if not self._signed[1].size:
            return self.base.factor(shift)
        return self._beside(shift)

    def _beside(self, shift: float, below_only: bool = False) -> Factorization:
        """Factor H + shift·I through S, or through S ± τI where S is nearly singular.

        The inertia is that of H + (shift - τ)·I, or what it and H + (shift + τ)·I agree on.
        """
        base = self.base.factor(shift)
        if base.rcond > ILL_CONDITIONED:
            summed = self._through(base, shift, 0.0)
            if summed is not None:
                return summed
        if self.n <= DENSE_UP_TO:
            return DenseSymmetric(self.toarray()).factor(shift)
        tau = ILL_CONDITIONED * (self.norm + abs(shift))
        below = self._through(self.base.factor(shift - tau), shift, tau)
        if below is not None and below_only:
            return below
        above = self._through(self.base.factor(shift + tau), shift, tau)
        if below is None or above is None:
            raise ArithmeticError(f"a {self.storage} matrix could not be factored")
        positive, negative = below.inertia.positive, above.inertia.negative
        inertia = Inertia(positive, negative, self.n - positive - negative)
        return LowRankFactorization(
            inertia,
            max(below.backward_error, above.backward_error),
            below._base,
            below._columns,
            below._solved,
            below._capacitance,
            self,
            shift,
        )

    def _through(
        self, base: Factorization, shift: float, distance: float
    ) -> LowRankFactorization | None:
        """The sum by the factors of S + shift·I, or of a matrix at a distance from it."""
        columns, signs = self._signed
        solved = base.solve(columns)
        capacitance = DenseSymmetric(np.diag(signs) + columns.T @ solved)
        if not capacitance.is_finite:
            return None
        small = capacitance.factor()
        # What G is wrong by: sums of n products, whose errors grow like √n (Higham & Mary, SIAM J.
        # Sci. Comput. 41 (2019) A2815), and S⁻¹W's own backward error. To first order the sum is
        # wrong by W J ΔG J Wᵀ then.
        size = float(np.linalg.norm(columns) * np.linalg.norm(solved))
        wrong = 10 * EPS * self.n**0.5 * size + base.backward_error * np.linalg.norm(solved) ** 2
        error = np.inf if wrong >= 0.5 else 2 * wrong * float(np.linalg.norm(columns) ** 2)
        inertia = Inertia(
            base.inertia.positive + small.inertia.negative - int((signs < 0).sum()),
            base.inertia.negative + small.inertia.positive - int((signs > 0).sum()),
            base.inertia.zero + small.inertia.zero,
        )
        return LowRankFactorization(
            inertia,
            float(distance + base.backward_error + error),
            base,
            columns,
            solved,
            small,
            self,
            shift,
        )

    def leftmost(self) -> tuple[float, Vector]:
        """The smallest eigenvalue and a unit eigenvector of it."""
        return eigenpairs.leftmost(self)

    def nearest_zero(self, k: int) -> tuple[Vector, Vector]:
        """The k eigenvalues of smallest size, by size, and their vectors."""
        return eigenpairs.nearest_zero(self, k)

    def extremal(self, k: int) -> tuple[Vector, Vector]:
        """The k smallest and the k largest eigenvalues, ascending, and their vectors.

        From n = 101 on, the largest are known to a few digits only (see `eigenpairs.extremal`).
        """
        return eigenpairs.extremal(self, k)
