"""What every symmetric matrix can do, whatever its storage."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

EPS = float(np.finfo(np.float64).eps)
"""The spacing of floating point at 1."""


class Inertia(NamedTuple):
    """How many eigenvalues are positive, negative and zero."""

    positive: int
    negative: int
    zero: int


class SymmetricMatrix(Protocol):
    """A matrix that multiplies and gives its leftmost eigenpair."""

    @property
    def n(self) -> int:
        """The number of rows."""

    def __matmul__(self, v: Vector) -> Vector:
        """The product with a vector of shape (n,)."""

    def leftmost(self) -> tuple[float, Vector]:
        """The smallest eigenvalue and a unit eigenvector of it."""

    def toarray(self) -> Vector:
        """The whole matrix, of shape (n, n)."""


class Factorization(Protocol):
    """H + shift·I, factored."""

    @property
    def inertia(self) -> Inertia:
        """The signs of the eigenvalues, by Sylvester's law."""

    @property
    def rcond(self) -> float:
        """An estimate of the reciprocal condition number in the 1-norm."""

    def solve(self, b: Vector) -> Vector:
        """The solution of (H + shift·I) y = b."""


class Factorizable(SymmetricMatrix, Protocol):
    """A symmetric matrix that can be factored."""

    def factor(self, shift: float = 0.0) -> Factorization:
        """Factor H + shift·I."""
