"""Symmetric matrices of blocks coupled to their neighbours: Hessians of discrete actions."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from extremum.linalg import eigenpairs
from extremum.linalg.banded import BandFactorization, TridiagonalFactorization
from extremum.linalg.conditioning import reciprocal_condition
from extremum.linalg.pattern import Pattern
from extremum.linalg.sparse import SparseSymmetric
from extremum.linalg.symmetric import EPS, Factorization, Inertia, Vector

PATTERNS = 8
"""Patterns kept, with their symbolic factorizations: those of a few meshes under refinement."""


@dataclass(frozen=True, eq=False)
class BlockTridiagonalFactorization:
    """An indefinite matrix: a band's LU with pivots (`gbtrf`) to solve, LDLᵀ to count signs.

    Pivots widen the band but keep the solution stable; they say nothing about signs. Those come
    from a factorization without pivots whose growth is watched (`SparseSymmetric.factor`). A matrix
    that is exactly singular is solved as its neighbour A + τI.
    """

    _matrix: BlockTridiagonalSymmetric = field(repr=False)

    @property
    def positive_definite(self) -> bool:
        """A definite matrix needs no pivots."""
        return False

    @cached_property
    def _lu(self) -> tuple[Vector, Vector]:
        matrix, width = self._matrix, self._matrix.bandwidth
        tiny = max(EPS * matrix.norm, float(np.finfo(float).tiny))
        for shift in (0.0, tiny, -3 * tiny):
            band = matrix.whole_band
            band[2 * width] += shift
            factors, pivots, failed = lapack.dgbtrf(band, width, width, overwrite_ab=1)
            if not failed:
                break
        return factors, pivots

    def solve(self, b: Vector) -> Vector:
        """Solve for right-hand sides of shape (n,) or (n, k)."""
        width = self._matrix.bandwidth
        factors, pivots = self._lu
        solution, _ = lapack.dgbtrs(factors, width, width, b, pivots)
        return np.asarray(solution).reshape(b.shape)

    @cached_property
    def rcond(self) -> float:
        """An estimate of the reciprocal condition number in the 1-norm."""
        return reciprocal_condition(self._matrix.norm, self.solve, self._matrix.n)

    @cached_property
    def _counted(self) -> Factorization:
        return self._matrix.sparse.factor()

    @property
    def inertia(self) -> Inertia:
        """The signs of the eigenvalues; those whose sign is not certain are counted as zero."""
        return self._counted.inertia

    @property
    def backward_error(self) -> float:
        """How far from A the matrix may be whose signs are counted."""
        return self._counted.backward_error


@dataclass(frozen=True, eq=False)
class BlockTridiagonalSymmetric:
    """A block tridiagonal matrix: everything in time and memory linear in the number of blocks.

    Parameters
    ----------
    blocks : ndarray of shape (m, d, d)
        The diagonal blocks, each symmetric.
    below : ndarray of shape (m - 1, d, d)
        The blocks below the diagonal: ``below[k]`` stands in block row k + 1 and block column k.
        Those above the diagonal are their transposes.

    Raises
    ------
    ValueError
        If the shapes don't fit.
    """

    blocks: Vector
    below: Vector

    def __post_init__(self) -> None:
        m, d, _ = self.blocks.shape
        if self.blocks.shape != (m, d, d) or self.below.shape != (max(m - 1, 0), d, d):
            raise ValueError(
                f"blocks of shape {self.blocks.shape} don't go with blocks of shape "
                f"{self.below.shape} below the diagonal: (m, d, d) goes with (m - 1, d, d)"
            )

    @property
    def n(self) -> int:
        """The number of rows."""
        m, d, _ = self.blocks.shape
        return int(m * d)

    @property
    def storage(self) -> str:
        """The storage in words."""
        return "block tridiagonal"

    @property
    def bandwidth(self) -> int:
        """The largest distance of an entry from the diagonal."""
        return 2 * int(self.blocks.shape[1]) - 1

    @property
    def is_finite(self) -> bool:
        """Whether every entry is finite."""
        return bool(np.isfinite(self.blocks).all() and np.isfinite(self.below).all())

    @property
    def diagonal(self) -> Vector:
        """The diagonal, of shape (n,)."""
        return self.blocks.diagonal(axis1=1, axis2=2).reshape(self.n)

    @cached_property
    def norm(self) -> float:
        """The largest absolute row sum."""
        sums = np.abs(self.blocks).sum(axis=2)
        size = np.abs(self.below)
        sums[1:] += size.sum(axis=2)
        sums[:-1] += size.sum(axis=1)
        return float(sums.max(initial=0.0))

    @property
    def rounding(self) -> float:
        """How far a computed eigenvalue may be from the true one: n ε ‖H‖ (LAPACK, section 4.7)."""
        return self.n * EPS * self.norm

    def __matmul__(self, v: Vector) -> Vector:
        m, d, _ = self.blocks.shape
        x = v.reshape(m, d, -1)
        y = self.blocks @ x
        y[1:] += self.below @ x[:-1]
        y[:-1] += self.below.transpose(0, 2, 1) @ x[1:]
        return np.asarray(y.reshape(v.shape))

    def toarray(self) -> Vector:
        """The whole matrix, of shape (n, n)."""
        return self.sparse.toarray()

    def to_scipy(self) -> Any:
        """What a user is handed: a `csc_array` of both triangles."""
        return self.sparse.to_scipy()

    @cached_property
    def sparse(self) -> SparseSymmetric:
        """The same matrix by its lower triangle's entries."""
        m, d, _ = self.blocks.shape
        pattern, places = _open_chain(m, d)
        return SparseSymmetric(pattern, np.r_[self.blocks.ravel(), self.below.ravel()][places])

    @property
    def lower_band(self) -> Vector:
        """The lower triangle as LAPACK's symmetric band, of shape (2d, n), by columns."""
        return _lower_band(self.blocks, self.below).T

    @property
    def whole_band(self) -> Vector:
        """Both triangles as LAPACK's general band, of shape (6d - 2, n), room for pivots on top."""
        m, d, _ = self.blocks.shape
        rows, middle = 3 * self.bandwidth + 1, 2 * self.bandwidth
        band = np.zeros((m, d, rows))
        for i in range(d):
            band[:, i, middle - i : middle - i + d] = self.blocks[:, :, i]
            band[:-1, i, middle - i + d : middle - i + 2 * d] = self.below[:, :, i]
            band[1:, i, middle - i - d : middle - i] = self.below[:, i, :]
        return band.reshape(self.n, rows).T

    def shifted(self, shift: float) -> BlockTridiagonalSymmetric:
        """H + shift·I."""
        if not shift:
            return self
        d = self.blocks.shape[1]
        return BlockTridiagonalSymmetric(self.blocks + shift * np.eye(d), self.below)

    def scaled(self, units: Vector) -> BlockTridiagonalSymmetric:
        """D H D, with D the diagonal matrix of `units`, of shape (n,)."""
        u = units.reshape(self.blocks.shape[:2])
        return BlockTridiagonalSymmetric(
            u[:, :, None] * self.blocks * u[:, None, :],
            u[1:, :, None] * self.below * u[:-1, None, :],
        )

    def cholesky(self, shift: float = 0.0) -> BandFactorization | None:
        """Factor H + shift·I if it is positive definite; None if it is not."""
        matrix = self.shifted(shift)
        diagonal = matrix.diagonal
        if self.bandwidth == 1 and self.n > 1:
            pivots, multipliers, failed = lapack.dpttrf(diagonal, self.below.ravel())
            factors: tuple[Vector, ...] = pivots, multipliers
        else:
            lower, failed = lapack.dpbtrf(matrix.lower_band, lower=1, overwrite_ab=1)
            factors, pivots = (lower,), lower[0] ** 2
        # A pivot that is smaller is what rounding left of the diagonal it came from.
        if failed or not (pivots > EPS * diagonal).all():
            return None
        return BandFactorization(factors, matrix)

    def factor(self, shift: float = 0.0) -> Factorization:
        """Factor H + shift·I, whatever its inertia."""
        if (found := self.cholesky(shift)) is not None:
            return found
        if self.bandwidth == 1 and self.n > 2:
            return TridiagonalFactorization(self.diagonal + shift, self.below.ravel())
        return BlockTridiagonalFactorization(self.shifted(shift))

    def leftmost(self) -> tuple[float, Vector]:
        """The smallest eigenvalue and a unit eigenvector of it."""
        return eigenpairs.leftmost(self)

    def nearest_zero(self, k: int) -> tuple[Vector, Vector]:
        """The k eigenvalues of smallest size, by size, and their vectors."""
        return eigenpairs.nearest_zero(self, k)

    def extremal(self, k: int) -> tuple[Vector, Vector]:
        """The k smallest and the k largest eigenvalues, ascending, and their vectors."""
        return eigenpairs.extremal(self, k)


def cyclic_block_tridiagonal(blocks: Vector, below: Vector) -> SparseSymmetric:
    """The matrix of a closed chain: block tridiagonal, and its last block coupled to the first.

    It is stored sparse. Bordering by one block would divide by the open chain's matrix, which is
    singular for every closed path whose neighbours all return (the harmonic oscillator's after a
    period); a sparse factorization costs as much and does not care.

    Parameters
    ----------
    blocks : ndarray of shape (m, d, d)
        The diagonal blocks, each symmetric; at least three.
    below : ndarray of shape (m, d, d)
        ``below[k]`` stands in block row k + 1 and block column k; the last one in block row 0 and
        block column m - 1.

    Raises
    ------
    ValueError
        If the shapes don't fit, or a block would be its own neighbour's neighbour.
    """
    m, d, _ = blocks.shape
    if m < 3 or blocks.shape != (m, d, d) or below.shape != blocks.shape:
        raise ValueError(
            f"a closed chain has three blocks or more and as many couplings, of shape (m, d, d) "
            f"both, not {blocks.shape} and {below.shape}"
        )
    pattern, places = _closed_chain(m, d)
    # The last coupling is stored as the block in row m - 1 and column 0.
    below = np.concatenate([below[:-1], below[-1:].transpose(0, 2, 1)])
    return SparseSymmetric(pattern, np.r_[blocks.ravel(), below.ravel()][places])


def _lower_band(blocks: NDArray[Any], below: NDArray[Any]) -> NDArray[Any]:
    """The lower triangle by columns, of shape (n, 2d); zeros fill the rows up."""
    m, d, _ = blocks.shape
    band = np.zeros((m, d, 2 * d), blocks.dtype)
    for i in range(d):
        band[:, i, : d - i] = blocks[:, i:, i]
        band[:-1, i, d - i : 2 * d - i] = below[:, :, i]
    return band.reshape(m * d, 2 * d)


@lru_cache(PATTERNS)
def _open_chain(m: int, d: int) -> tuple[Pattern, NDArray[np.int64]]:
    """The pattern of a chain, and where its entries are among those of the blocks."""
    numbers = np.arange(1, (2 * m - 1) * d * d + 1).reshape(2 * m - 1, d, d)
    by_columns = _lower_band(numbers[:m], numbers[m:])
    return Pattern.block_tridiagonal(m * d, d), by_columns[by_columns > 0] - 1


@lru_cache(PATTERNS)
def _closed_chain(m: int, d: int) -> tuple[Pattern, NDArray[np.int64]]:
    """The same with one coupling more, of the last block and the first."""
    index = np.arange(m * d).reshape(m, d)
    row_blocks = np.concatenate([index, index[1:], index[-1:]])
    column_blocks = np.concatenate([index, index[:-1], index[:1]])
    rows = np.repeat(row_blocks, d, axis=1).ravel()
    columns = np.tile(column_blocks, (1, d)).ravel()
    lower = np.flatnonzero(rows >= columns)
    places = lower[np.lexsort((rows[lower], columns[lower]))]
    return Pattern.of(m * d, rows[places], columns[places]), places
