"""What all matrices with a pattern share, however they are factored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy.sparse import csc_array

from extremum.linalg import eigenpairs
from extremum.linalg.symmetric import EPS, Factorization, Vector

if TYPE_CHECKING:
    from extremum.linalg.pattern import Pattern


@dataclass(frozen=True, eq=False)
class PatternedSymmetric(ABC):
    """A symmetric matrix given by its lower triangle's entries.

    Parameters
    ----------
    pattern
        Where the entries are.
    values : ndarray of shape (nnz,)
        The entries, in the pattern's order.
    """

    pattern: Pattern
    values: Vector

    @property
    @abstractmethod
    def storage(self) -> str:
        """The storage in words."""

    @abstractmethod
    def cholesky(self, shift: float = 0.0) -> Factorization | None:
        """Factor H + shift·I if it is positive definite; None if it is not."""

    @abstractmethod
    def factor(self, shift: float = 0.0) -> Factorization:
        """Factor H + shift·I, whatever its inertia."""

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.pattern.n

    @property
    def bandwidth(self) -> int:
        """The largest distance of an entry from the diagonal."""
        return self.pattern.bandwidth

    @property
    def is_finite(self) -> bool:
        """Whether every entry is finite."""
        return bool(np.isfinite(self.values).all())

    @property
    def diagonal(self) -> Vector:
        """The diagonal, of shape (n,)."""
        return self.values[self.pattern.diagonal]

    @cached_property
    def norm(self) -> float:
        """The largest absolute row sum."""
        if not self.n:
            return 0.0
        # No column is empty: its diagonal is stored.
        columns = np.add.reduceat(np.abs(self._csc.data), self._csc.indptr[:-1])
        return float(columns.max())

    @property
    def rounding(self) -> float:
        """How far a computed eigenvalue may be from the true one: n ε ‖H‖ (LAPACK, section 4.7)."""
        return self.n * EPS * self.norm

    @cached_property
    def _csc(self) -> csc_array:
        return self.pattern.csc(self.values)

    def __matmul__(self, v: Vector) -> Vector:
        return np.asarray(self._csc @ v)

    def toarray(self) -> Vector:
        """The whole matrix, of shape (n, n)."""
        return np.asarray(self._csc.toarray())

    def to_scipy(self) -> Any:
        """What a user is handed: a `csc_array` of both triangles."""
        return self._csc.copy()

    def shifted(self, shift: float) -> Self:
        """H + shift·I."""
        if not shift:
            return self
        values = self.values.copy()
        values[self.pattern.diagonal] += shift
        return type(self)(self.pattern, values)

    def scaled(self, units: Vector) -> Self:
        """D H D, with D the diagonal matrix of `units`."""
        pattern = self.pattern
        return type(self)(pattern, self.values * units[pattern.rows] * units[pattern.cols])

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
