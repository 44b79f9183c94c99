"""What every symmetric matrix can do, whatever its storage."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, runtime_checkable

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

    @property
    def storage(self) -> str:
        """The storage in words: ``"dense"``, ``"tridiagonal"``, ``"sparse"``, ``"operator"``, ….

        It is what a result calls its structure.
        """

    @property
    def is_finite(self) -> bool:
        """Whether every entry is finite."""

    @property
    def rounding(self) -> float:
        """How far a computed eigenvalue may be from the true one: n ε ‖H‖ (LAPACK, section 4.7)."""

    def __matmul__(self, v: Vector) -> Vector:
        """The product with a vector of shape (n,), or with the columns of (n, k)."""

    def leftmost(self) -> tuple[float, Vector]:
        """The smallest eigenvalue and a unit eigenvector of it."""

    def toarray(self) -> Vector:
        """The whole matrix, of shape (n, n)."""

    def to_scipy(self) -> Any:
        """What a user is handed: an ndarray, a sparse `csc_array`, or a `LinearOperator`."""


class Factorization(Protocol):
    """H + shift·I, factored."""

    @property
    def inertia(self) -> Inertia:
        """The signs of the eigenvalues, by Sylvester's law."""

    @property
    def positive_definite(self) -> bool:
        """Whether every eigenvalue is positive."""

    @property
    def rcond(self) -> float:
        """An estimate of the reciprocal condition number in the 1-norm."""

    @property
    def backward_error(self) -> float:
        """How far in the 2-norm the factors' product may be from H + shift·I.

        Eigenvalues of greater size have the signs that the inertia counts.
        """

    def solve(self, b: Vector) -> Vector:
        """The solution of (H + shift·I) y = b, for b of shape (n,) or (n, k)."""


@runtime_checkable
class Factorizable(SymmetricMatrix, Protocol):
    """A symmetric matrix that can be factored."""

    @property
    def diagonal(self) -> Vector:
        """The diagonal, of shape (n,)."""

    @property
    def norm(self) -> float:
        """The largest absolute row sum, which no eigenvalue exceeds in size."""

    def cholesky(self, shift: float = 0.0) -> Factorization | None:
        """Factor H + shift·I if it is positive definite; None if it is not, to working precision.

        The one question a trust-region step asks, so nothing is spent on an indefinite matrix.
        """

    def factor(self, shift: float = 0.0) -> Factorization:
        """Factor H + shift·I, whatever its inertia."""

    def scaled(self, units: Vector) -> Factorizable:
        """D H D, with D the diagonal matrix of `units`, of shape (n,)."""

    def nearest_zero(self, k: int) -> tuple[Vector, Vector]:
        """The k eigenvalues of smallest size, by size, and their vectors, columns of (n, k)."""

    def extremal(self, k: int) -> tuple[Vector, Vector]:
        """The k smallest and the k largest eigenvalues, ascending: all of them where n ≤ 2k.

        Their vectors are the columns of the second array.
        """
