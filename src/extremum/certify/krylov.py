"""A few eigenvalues of a large matrix, each with its residual, from short Krylov spaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from extremum.linalg import SymmetricMatrix
from extremum.objective import Vector


class Ritz(NamedTuple):
    """Ritz pairs of a matrix on a space.

    Attributes
    ----------
    values : ndarray of shape (k,)
        Ascending.
    vectors : ndarray of shape (n, k)
        Orthonormal.
    residuals : ndarray of shape (k,)
        ‖Hv − θv‖₂: an eigenvalue is as near to each value (Parlett, theorem 4.5.1).
    """

    values: Vector
    vectors: Vector
    residuals: Vector

    def part(self, chosen: NDArray[np.intp]) -> Ritz:
        """Some of the pairs."""
        return Ritz(self.values[chosen], self.vectors[:, chosen], self.residuals[chosen])


def krylov(operator: Callable[[Vector], Vector], n: int, dimension: int) -> Ritz:
    """Those of an operator on what Lanczos's iteration spans from a random start.

    An eigenvector orthogonal to a random start is no accident, but of an eigenspace one vector is
    seen. Where that exhausts the space (few distinct eigenvalues, as of a multiple of the identity)
    the iteration goes on from another random vector, and sees more of the eigenspaces.

    Parameters
    ----------
    operator : callable
        From a vector of shape (n,) to another.
    n : int
    dimension : int
        Of the space, at most n.
    """
    random = np.random.default_rng(n)
    basis, images = np.empty((n, dimension), order="F"), np.empty((n, dimension), order="F")
    w = random.normal(size=n)
    for k in range(dimension):
        v = _beside(basis[:, :k], w)
        if not np.linalg.norm(v) > 0.5:  # the space is exhausted
            v = _beside(basis[:, :k], random.normal(size=n))
        basis[:, k] = v / np.linalg.norm(v)
        images[:, k] = w = operator(basis[:, k])
    return _ritz(basis, images)


def _beside(basis: Vector, w: Vector) -> Vector:
    """The part of a vector orthogonal to a basis, about a unit long; short where it is none."""
    for _ in range(2):  # twice is enough (Parlett, The Symmetric Eigenvalue Problem, 6.9)
        length = float(np.linalg.norm(w))
        if length == 0:
            break
        w = w / length
        w = w - basis @ (basis.T @ w)
    return w


def ritz(matrix: SymmetricMatrix, basis: Vector) -> Ritz:
    """Those of a matrix on the space of an orthonormal basis."""
    return _ritz(basis, matrix @ basis)


def _ritz(basis: Vector, images: Vector) -> Ritz:
    projected = basis.T @ images
    values, weights = np.linalg.eigh((projected + projected.T) / 2)
    vectors = basis @ weights
    residuals = np.linalg.norm(images @ weights - vectors * values, axis=0)
    return Ritz(values, vectors, residuals)
