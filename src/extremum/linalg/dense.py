"""Dense symmetric matrices, by LAPACK."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.linalg import eigh, lapack

from extremum.linalg.symmetric import EPS, Inertia, Vector

WHOLE = 100
"""From more rows on one eigenpair is computed without the others: in a third of the time."""


@dataclass(frozen=True)
class DenseFactorization:
    """Cholesky where the matrix is positive definite, Bunch-Kaufman's LDLᵀ elsewhere.

    References
    ----------
    Golub & Van Loan, Matrix Computations, 4th ed., sections 4.2 and 4.4.
    """

    positive_definite: bool
    _factors: Vector = field(repr=False)
    _pivots: Vector | None = field(repr=False)
    _matrix: Vector = field(repr=False)

    @classmethod
    def definite(cls, matrix: Vector) -> DenseFactorization | None:
        """Factor a positive definite matrix of shape (n, n); None if it is not."""
        factors, failed = lapack.dpotrf(matrix, lower=1, clean=0)
        return None if failed else cls(True, factors, None, matrix)

    @classmethod
    def of(cls, matrix: Vector) -> DenseFactorization:
        """Factor a symmetric matrix of shape (n, n)."""
        if (found := cls.definite(matrix)) is not None:
            return found
        # With the workspace that LAPACK asks for it works by blocks, else column by column.
        workspace, _ = lapack.dsytrf_lwork(len(matrix), lower=1)
        factors, pivots, _ = lapack.dsytrf(matrix, lower=1, lwork=max(1, int(workspace)))
        return cls(False, factors, pivots, matrix)

    def solve(self, b: Vector) -> Vector:
        """Solve for right-hand sides of shape (n,) or (n, k)."""
        if self._pivots is None:
            solution, _ = lapack.dpotrs(self._factors, b, lower=1)
        else:
            solution, _ = lapack.dsytrs(self._factors, self._pivots, b, lower=1)
        return np.asarray(solution).reshape(b.shape)

    def inverse(self) -> Vector:
        """A⁻¹ of a positive definite A, in a third of the time that solving for it takes."""
        lower, _ = lapack.dpotri(self._factors, lower=1)
        return np.asarray(np.tril(lower) + np.tril(lower, -1).T)

    @cached_property
    def rcond(self) -> float:
        """The reciprocal condition number in the 1-norm, estimated (dpocon, dsycon)."""
        norm = float(np.abs(self._matrix).sum(axis=0).max(initial=0.0))
        if norm == 0:
            return 0.0
        if self._pivots is None:
            estimate, _ = lapack.dpocon(self._factors, norm, uplo="L")
        else:
            estimate, _ = lapack.dsycon(self._factors, self._pivots, norm, lower=1)
        return float(estimate)

    @property
    def least_pivot(self) -> float:
        """The smallest pivot of Cholesky's, each as part of the diagonal entry it came from."""
        return float((self._factors.diagonal() ** 2 / self._matrix.diagonal()).min(initial=1.0))

    @cached_property
    def backward_error(self) -> float:
        """How far LDLᵀ may be from A: n ε ‖A‖₁, seldom reached.

        Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., theorem 11.4.
        """
        return float(len(self._matrix) * EPS * np.abs(self._matrix).sum(axis=0).max(initial=0.0))

    @cached_property
    def inertia(self) -> Inertia:
        """The signs of D's blocks: a 2 × 2 block of Bunch-Kaufman is always indefinite."""
        n = len(self._factors)
        if self._pivots is None:
            return Inertia(n, 0, 0)
        single = self._pivots > 0
        diagonal = np.diag(self._factors)[single]
        blocks = int((~single).sum()) // 2
        return Inertia(
            int((diagonal > 0).sum()) + blocks,
            int((diagonal < 0).sum()) + blocks,
            int((diagonal == 0).sum()),
        )


@dataclass(frozen=True, eq=False)
class DenseSymmetric:
    """A dense symmetric matrix; only its symmetric part is kept.

    Parameters
    ----------
    array : ndarray of shape (n, n)
    eps : float
        The relative error of its entries; by default only their rounding to 64 bits.
    """

    array: Vector
    eps: float = EPS

    def __post_init__(self) -> None:
        object.__setattr__(self, "array", self.array / 2 + self.array.T / 2)

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.array)

    @property
    def storage(self) -> str:
        """The storage in words."""
        return "dense"

    @property
    def is_finite(self) -> bool:
        """Whether every entry is finite."""
        return bool(np.isfinite(self.array).all())

    @property
    def diagonal(self) -> Vector:
        """The diagonal, of shape (n,)."""
        return np.diagonal(self.array)

    @cached_property
    def norm(self) -> float:
        """The largest absolute row sum."""
        return float(np.abs(self.array).sum(axis=1).max(initial=0.0))

    def __matmul__(self, v: Vector) -> Vector:
        return np.asarray(self.array @ v)

    def toarray(self) -> Vector:
        """The whole matrix, of shape (n, n)."""
        return self.array

    def to_scipy(self) -> Vector:
        """What a user is handed: the array."""
        return self.array

    def cholesky(self, shift: float = 0.0) -> DenseFactorization | None:
        """Factor H + shift·I if it is positive definite."""
        shifted = self._shifted(shift)
        found = DenseFactorization.definite(shifted)
        # A pivot that is smaller is what rounding left of the diagonal it came from.
        return found if found is not None and found.least_pivot > self.n * EPS else None

    def factor(self, shift: float = 0.0) -> DenseFactorization:
        """Factor H + shift·I."""
        return DenseFactorization.of(self._shifted(shift))

    def _shifted(self, shift: float) -> Vector:
        if not shift:
            return self.array
        shifted = self.array.copy()
        shifted.flat[:: self.n + 1] += shift
        return shifted

    def scaled(self, units: Vector) -> DenseSymmetric:
        """D H D, with D the diagonal matrix of `units`."""
        return DenseSymmetric(units[:, None] * self.array * units, self.eps)

    def nearest_zero(self, k: int) -> tuple[Vector, Vector]:
        """The k eigenvalues of smallest size, by size, and their vectors."""
        values, vectors = self.spectrum
        order = np.argsort(np.abs(values), kind="stable")[:k]
        return values[order], vectors[:, order]

    def extremal(self, k: int) -> tuple[Vector, Vector]:
        """The k smallest and the k largest eigenvalues, ascending, and their vectors."""
        values, vectors = self.spectrum
        if self.n <= 2 * k:
            return values, vectors
        ends = np.r_[:k, self.n - k : self.n]
        return values[ends], vectors[:, ends]

    @cached_property
    def spectrum(self) -> tuple[Vector, Vector]:
        """All eigenvalues, ascending, of shape (n,), and their vectors, the columns of (n, n)."""
        # Called directly: for few rows the wrapper takes longer than the work.
        values, vectors, failed = lapack.dsyevd(self.array, lower=1)
        return eigh(self.array, check_finite=False) if failed else (values, vectors)

    def leftmost(self) -> tuple[float, Vector]:
        """The smallest eigenvalue and a unit eigenvector of it."""
        if self.n <= WHOLE or "spectrum" in self.__dict__:
            values, vectors = self.spectrum
        else:
            values, vectors = eigh(self.array, subset_by_index=[0, 0], check_finite=False)
        return float(values[0]), vectors[:, 0]

    @property
    def rounding(self) -> float:
        """How far a computed eigenvalue may be from the true one: n ε ‖H‖ (LAPACK, section 4.7)."""
        return self.n * self.eps * min(self.norm, float(np.linalg.norm(self.array)))
