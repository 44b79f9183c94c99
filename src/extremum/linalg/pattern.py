"""Where a symmetric matrix has entries: found once, filled often."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csc_array

from extremum.linalg.banded import BandedSymmetric, TridiagonalSymmetric
from extremum.linalg.patterned import PatternedSymmetric
from extremum.linalg.qdldl_pool import SolverPool
from extremum.linalg.sparse import SparseSymmetric
from extremum.linalg.symbolic import factor_counts
from extremum.linalg.symmetric import Factorizable, Vector

Indices = NDArray[np.integer[Any]]

LEAST_BAND = 10
"""The narrowest band that is stored as a band: below, a sparse factorization is as fast.

Measured at n = 10⁴ on full bands, LAPACK's `pbtrf` against qdldl: 0.27 and 0.32 ms for 5 diagonals
below the main one, 1.1 and 2.0 ms for 20, 4.4 and 21 ms for 75.
"""

LEAST_BAND_FILL = 0.5
"""The least filled band that is stored as a band: a sparser one fills less when it is reordered."""

STORAGES: dict[str, type[PatternedSymmetric]] = {
    "tridiagonal": TridiagonalSymmetric,
    "banded": BandedSymmetric,
    "sparse": SparseSymmetric,
}


@dataclass(frozen=True, eq=False)
class Pattern:
    """The lower triangle's entries, by columns; the diagonal is always among them.

    Parameters
    ----------
    n
        The number of rows.
    rows, cols : ndarray of shape (nnz,)
        Unique, with rows ≥ cols, sorted by column and then by row. `of` makes them so.
    """

    n: int
    rows: Indices
    cols: Indices

    @classmethod
    def of(cls, n: int, rows: ArrayLike, cols: ArrayLike) -> Self:
        """Take entries of either triangle, in any order, any number of times.

        Raises
        ------
        ValueError
            If an index is not within 0, …, n - 1.
        """
        first, second = np.asarray(rows, np.int64), np.asarray(cols, np.int64)
        low, high = np.minimum(first, second), np.maximum(first, second)
        if low.size and (low.min() < 0 or high.max() >= n):
            raise ValueError(f"a pattern of {n} rows has entries outside 0, …, {n - 1}")
        diagonal = np.arange(n, dtype=np.int64) * (n + 1)
        place = np.unique(np.concatenate([low * n + high, diagonal]))
        columns = place // n if n else place
        index = np.int32 if place.size < np.iinfo(np.int32).max else np.int64
        return cls(n, (place - columns * n).astype(index), columns.astype(index))

    @classmethod
    def with_bandwidth(cls, n: int, bandwidth: int) -> Self:
        """Every entry at most `bandwidth` diagonals off the main one."""
        width = np.minimum(bandwidth, np.arange(n - 1, -1, -1)) + 1
        cols = np.repeat(np.arange(n), width)
        within = np.arange(width.sum()) - np.repeat(np.cumsum(width) - width, width)
        return cls(n, (cols + within).astype(np.int32), cols.astype(np.int32))

    @classmethod
    def tridiagonal(cls, n: int) -> Self:
        """The main diagonal and its neighbours."""
        return cls.with_bandwidth(n, 1)

    @classmethod
    def block_tridiagonal(cls, n: int, block: int) -> Self:
        """Blocks of `block` variables, each coupled to itself and its neighbours.

        Stored as a band or sparse, whichever is faster: block by block is faster than neither.

        Raises
        ------
        ValueError
            If n is no multiple of `block`.
        """
        if block < 1 or n % block:
            raise ValueError(f"{n} variables are not made of blocks of {block}")
        band = cls.with_bandwidth(n, min(2 * block - 1, max(n - 1, 0)))
        near = band.rows // block - band.cols // block <= 1
        return cls(n, band.rows[near], band.cols[near])

    def __reduce__(self) -> tuple[Any, ...]:
        # The caches hold factorizations' workspaces, which can't be pickled.
        return type(self), (self.n, self.rows, self.cols)

    @property
    def nnz(self) -> int:
        """How many entries the lower triangle has."""
        return len(self.rows)

    @cached_property
    def bandwidth(self) -> int:
        """The largest distance of an entry from the diagonal."""
        return int((self.rows - self.cols).max(initial=0))

    @cached_property
    def storage(self) -> str:
        """``"tridiagonal"``, ``"banded"`` or ``"sparse"``: what is factored fastest."""
        if self.bandwidth <= 1:
            return "tridiagonal"
        filled = self.nnz >= LEAST_BAND_FILL * self.n * (self.bandwidth + 1)
        return "banded" if self.bandwidth >= LEAST_BAND and filled else "sparse"

    def matrix(self, values: Vector) -> Factorizable:
        """The matrix with `values`, of shape (nnz,), in the order of `rows` and `cols`."""
        return STORAGES[self.storage](self, values)

    @cached_property
    def diagonal(self) -> Indices:
        """Where among the values the diagonal is, of shape (n,): first in each column."""
        return self._starts[:-1]

    @cached_property
    def subdiagonal(self) -> tuple[Indices | slice, Indices | slice]:
        """Where among the values the entries beside the diagonal are, and their columns."""
        if self.bandwidth == 1 and self.nnz == 2 * self.n - 1:
            return slice(1, None, 2), slice(None)
        places = np.flatnonzero(self.rows - self.cols == 1)
        return places, self.cols[places]

    @cached_property
    def _band_places(self) -> Indices:
        return self.cols.astype(np.int64) * (self.bandwidth + 1) + (self.rows - self.cols)

    def band(self, values: Vector) -> Vector:
        """The lower triangle as LAPACK's band, of shape (bandwidth + 1, n), by columns."""
        band = np.zeros(self.n * (self.bandwidth + 1))
        band[self._band_places] = values
        return band.reshape(self.n, self.bandwidth + 1).T

    @cached_property
    def _starts(self) -> Indices:
        """Where each column of the lower triangle begins, of shape (n + 1,)."""
        return np.searchsorted(self.cols, np.arange(self.n + 1)).astype(self.cols.dtype)

    @cached_property
    def upper(self) -> tuple[Indices, Indices, Indices]:
        """The upper triangle by columns: where its values are, their rows, the columns' starts."""
        # The lower triangle by rows; a conversion of SciPy's sorts in linear time.
        by_rows = csc_array(
            (np.arange(self.nnz), self.rows, self._starts), shape=(self.n, self.n)
        ).tocsr()
        return by_rows.data, by_rows.indices, by_rows.indptr

    @cached_property
    def _whole(self) -> tuple[Indices, csc_array]:
        """Where the whole matrix's values are, and the matrix with none yet."""
        places = np.arange(1, self.nnz + 1)  # from 1: a sum drops no zeros that way
        lower = csc_array((places, self.rows, self._starts), shape=(self.n, self.n))
        above = lower.T.tocsc()
        # Both hold the diagonal: what the sum has of it is twice the place.
        whole = lower + above
        whole.sort_indices()
        whole.data[whole.indices == np.repeat(np.arange(self.n), np.diff(whole.indptr))] //= 2
        return whole.data - 1, csc_array(
            (np.zeros(whole.nnz), whole.indices, whole.indptr), shape=(self.n, self.n)
        )

    def csc(self, values: Vector) -> csc_array:
        """The whole matrix, both triangles, as SciPy's."""
        places, empty = self._whole
        # A shallow copy costs a tenth of a new array's checks.
        filled = copy.copy(empty)
        filled.data = values[places]
        return filled

    @cached_property
    def solvers(self) -> SolverPool:
        """The workspaces of factorizations of this pattern."""
        return SolverPool(self.n, *self.upper)

    @cached_property
    def _counts(self) -> tuple[float, float]:
        return factor_counts(self.n, self.rows, self.cols, self.bandwidth)

    @property
    def fill(self) -> float:
        """How many entries L has below its diagonal, in a factorization LDLᵀ after reordering."""
        return self._counts[0]

    @property
    def factor_flops(self) -> float:
        """How many multiplications a factorization LDLᵀ takes after reordering."""
        return self._counts[1]
