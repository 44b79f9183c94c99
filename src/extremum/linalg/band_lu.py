"""Solving with a banded symmetric matrix whatever its signs, in linear time, from its bare arrays.

For Newton's iteration on ∇φ = 0, which asks for no inertia: LU with row pivots, as LAPACK has it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import lapack

from extremum.linalg.symmetric import EPS, Vector


@dataclass(frozen=True, eq=False)
class TridiagonalLU:
    """A symmetric tridiagonal matrix: LDLᵀ if it is positive definite (`pttrf`), else LU (`gttrf`).

    Made by `of`.
    """

    _factors: tuple[Vector, ...] = field(repr=False)

    @classmethod
    def of(cls, diagonal: Vector, off: Vector) -> TridiagonalLU:
        """Factor the matrix with a diagonal of shape (n,) and off-diagonals of shape (n - 1,)."""
        if diagonal.size == 1:
            return cls((_regular(diagonal), np.zeros(1)))
        # `pttrf` stops at the first pivot that is not positive.
        *definite, failed = lapack.dpttrf(diagonal, off)
        if not failed:
            return cls(tuple(definite))
        if diagonal.size == 2:  # `gttrf` wants more
            padded = np.append(diagonal, np.abs(diagonal).max() or 1.0), np.append(off, 0.0)
            return cls(cls._pivoted(*padded))
        return cls(cls._pivoted(diagonal, off))

    @staticmethod
    def _pivoted(diagonal: Vector, off: Vector) -> tuple[Vector, ...]:
        lower, pivots, *rest = lapack.dgttrf(off, diagonal, off)[:-1]
        return lower, _regular(pivots), *rest

    @property
    def pivots(self) -> Vector:
        """The diagonal of D, or of U, of shape (n,)."""
        return self._factors[0 if len(self._factors) == 2 else 1]

    def solve(self, b: Vector) -> Vector:
        """Solve for a right-hand side of shape (n,)."""
        if len(self._factors) == 2:
            if b.size == 1:
                return np.asarray(b / self._factors[0])
            return np.asarray(lapack.dpttrs(*self._factors, b)[0])
        n = self._factors[1].size
        padded = b if b.size == n else np.append(b, np.zeros(n - b.size))
        return np.asarray(lapack.dgttrs(*self._factors, padded)[0])[: b.size]


@dataclass(frozen=True, eq=False)
class BandLU:
    """A banded matrix: LU with row pivots (`gbtrf`).

    Made by `of`.
    """

    _factors: Vector = field(repr=False)
    _pivots: Vector = field(repr=False)
    _bandwidth: int

    @classmethod
    def of(cls, band: Vector, bandwidth: int) -> BandLU:
        """Factor the matrix with ``band[2b + i - j, j]`` for its entry (i, j).

        The array is of shape (3b + 1, n).
        """
        factors, pivots, singular = lapack.dgbtrf(band, bandwidth, bandwidth)
        if singular:
            factors[2 * bandwidth] = _regular(factors[2 * bandwidth])
        return cls(factors, pivots, bandwidth)

    @property
    def pivots(self) -> Vector:
        """The diagonal of U, of shape (n,)."""
        return np.asarray(self._factors[2 * self._bandwidth])

    def solve(self, b: Vector) -> Vector:
        """Solve for a right-hand side of shape (n,) or (n, k)."""
        width = self._bandwidth
        return np.asarray(lapack.dgbtrs(self._factors, width, width, b, self._pivots)[0])


def _regular(pivots: Vector) -> Vector:
    """Put the rounding error of the largest pivot where one is exactly zero."""
    if pivots.all():
        return pivots
    return np.where(pivots == 0, EPS * (np.abs(pivots).max() or 1.0), pivots)
