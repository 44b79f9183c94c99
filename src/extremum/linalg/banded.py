"""Tridiagonal and banded symmetric matrices, by LAPACK."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy.linalg import lapack

from extremum.linalg.conditioning import reciprocal_condition
from extremum.linalg.dense import DenseSymmetric
from extremum.linalg.patterned import PatternedSymmetric
from extremum.linalg.sparse import SparseSymmetric
from extremum.linalg.symmetric import EPS, Factorization, Inertia, Vector

DENSE_UP_TO = 2
"""Up to this n an indefinite tridiagonal matrix is factored dense: LAPACK's `gttrf` wants more."""


class Banded(Protocol):
    """What is asked of a matrix that was factored as a band."""

    @property
    def n(self) -> int:
        """The number of rows."""

    @property
    def bandwidth(self) -> int:
        """The largest distance of an entry from the diagonal."""

    @property
    def norm(self) -> float:
        """The largest absolute row sum."""


@dataclass(frozen=True, eq=False)
class BandFactorization:
    """A positive definite matrix's LDLᵀ (`pttrf`) or Cholesky factor (`pbtrf`)."""

    _factors: tuple[Vector, ...] = field(repr=False)
    _matrix: Banded = field(repr=False)

    @property
    def positive_definite(self) -> bool:
        """Nothing else is factored this way."""
        return True

    @property
    def inertia(self) -> Inertia:
        """Every eigenvalue is positive."""
        return Inertia(self._matrix.n, 0, 0)

    @property
    def backward_error(self) -> float:
        """How far LDLᵀ may be from A: (b + 2) ε per entry of the band (Higham, theorem 10.3)."""
        bandwidth = self._matrix.bandwidth
        return (bandwidth + 2) * (bandwidth + 1) * EPS * self._matrix.norm

    @cached_property
    def rcond(self) -> float:
        """An estimate of the reciprocal condition number in the 1-norm."""
        return reciprocal_condition(self._matrix.norm, self.solve, self._matrix.n)

    def solve(self, b: Vector) -> Vector:
        """Solve for right-hand sides of shape (n,) or (n, k)."""
        if len(self._factors) == 2:
            solution, _ = lapack.dpttrs(*self._factors, b)
        else:
            solution, _ = lapack.dpbtrs(self._factors[0], b, lower=1)
        return np.asarray(solution).reshape(b.shape)


@dataclass(frozen=True, eq=False)
class TridiagonalFactorization:
    """An indefinite tridiagonal matrix: LU with pivots (`gttrf`) to solve, Sturm's count for signs.

    One that is exactly singular is solved as its neighbour A + τI.
    """

    _diagonal: Vector = field(repr=False)
    _off: Vector = field(repr=False)

    @property
    def positive_definite(self) -> bool:
        """A definite matrix needs no pivots."""
        return False

    @cached_property
    def _norm(self) -> float:
        size = np.abs(self._diagonal)
        size[1:] += np.abs(self._off)
        size[:-1] += np.abs(self._off)
        return float(size.max())

    @cached_property
    def _lu(self) -> tuple[Vector, ...]:
        diagonal = self._diagonal
        tiny = max(EPS * self._norm, float(np.finfo(float).tiny))
        for shift in (0.0, tiny, -3 * tiny):
            *factors, failed = lapack.dgttrf(self._off, diagonal + shift, self._off)
            if not failed:
                break
        return tuple(factors)

    def solve(self, b: Vector) -> Vector:
        """Solve for right-hand sides of shape (n,) or (n, k)."""
        solution, _ = lapack.dgttrs(*self._lu, b)
        return np.asarray(solution).reshape(b.shape)

    @cached_property
    def rcond(self) -> float:
        """An estimate of the reciprocal condition number in the 1-norm."""
        return reciprocal_condition(self._norm, self.solve, len(self._diagonal))

    @cached_property
    def inertia(self) -> Inertia:
        """The signs of the eigenvalues, by Sturm sequences left and right of zero."""
        n = len(self._diagonal)
        # A pivot up to this size counts as negative in LAPACK (`pivmin`).
        largest = float(np.abs(self._off).max(initial=0.0))
        smallest = 4 * float(np.finfo(float).tiny) * max(1.0, largest**2)
        negative, not_positive = self._count(-smallest), self._count(smallest)
        return Inertia(n - not_positive, negative, not_positive - negative)

    def _count(self, bound: float) -> int:
        """How many eigenvalues are at most `bound`: `dstebz` asked for no accuracy only counts.

        By blocks ("B"): in the order of the whole it sorts what it counts, in quadratic time.
        """
        below = -2 * self._norm - 1
        found, *_ = lapack.dstebz(self._diagonal, self._off, 1, below, bound, 0, 0, -2 * below, "B")
        return int(found)

    @property
    def backward_error(self) -> float:
        """How far the matrix whose eigenvalues are counted may be from A: 5 ε ‖A‖∞.

        The off-diagonals are perturbed by 2.5 ε each (Demmel, Applied Numerical Linear Algebra,
        lemma 5.4).
        """
        return 5 * EPS * self._norm


@dataclass(frozen=True, eq=False)
class TridiagonalSymmetric(PatternedSymmetric):
    """A tridiagonal matrix: everything in linear time, and counts of signs that are reliable.

    Parameters
    ----------
    pattern
        Where the entries are, none off the three diagonals.
    values : ndarray of shape (nnz,)
        The entries, in the pattern's order.
    """

    @property
    def storage(self) -> str:
        """The storage in words."""
        return "tridiagonal"

    @cached_property
    def _off(self) -> Vector:
        places, columns = self.pattern.subdiagonal
        off = np.zeros(max(self.n - 1, 0))
        off[columns] = self.values[places]
        return off

    @cached_property
    def norm(self) -> float:
        """The largest absolute row sum."""
        size, off = np.abs(self.diagonal), np.abs(self._off)
        size[1:] += off
        size[:-1] += off
        return float(size.max(initial=0.0))

    def cholesky(self, shift: float = 0.0) -> BandFactorization | None:
        """Factor H + shift·I if it is positive definite; None if it is not."""
        diagonal = self.diagonal + shift
        # LAPACK's wrapper wants an off-diagonal even where there is none.
        off = self._off if self.n > 1 else np.zeros(1)
        pivots, multipliers, failed = lapack.dpttrf(diagonal, off[: max(self.n - 1, 1)])
        # A pivot that is smaller is what rounding left of the diagonal it came from.
        if failed or not (pivots > EPS * diagonal).all():
            return None
        return BandFactorization((pivots, multipliers), self.shifted(shift))

    def factor(self, shift: float = 0.0) -> Factorization:
        """Factor H + shift·I, whatever its inertia."""
        if (found := self.cholesky(shift)) is not None:
            return found
        if self.n <= DENSE_UP_TO:
            return DenseSymmetric(self.toarray()).factor(shift)
        return TridiagonalFactorization(self.diagonal + shift, self._off)


@dataclass(frozen=True, eq=False)
class BandedSymmetric(SparseSymmetric):
    """A banded matrix: Cholesky's factorization as a band, any other as a sparse matrix's.

    Pivots would widen the band, and count no signs; so an indefinite one is factored LDLᵀ without.
    """

    @property
    def storage(self) -> str:
        """The storage in words."""
        return "banded"

    def cholesky(self, shift: float = 0.0) -> BandFactorization | None:  # type: ignore[override]
        """Factor H + shift·I if it is positive definite; None if it is not."""
        band = self.pattern.band(self.values)
        band[0] += shift
        diagonal = band[0].copy()
        factors, failed = lapack.dpbtrf(band, lower=1, overwrite_ab=1)
        if failed or not (factors[0] ** 2 > EPS * diagonal).all():
            return None
        return BandFactorization((factors,), self.shifted(shift))

    def factor(self, shift: float = 0.0) -> Factorization:
        """Factor H + shift·I, whatever its inertia."""
        return self.cholesky(shift) or super().factor(shift)
