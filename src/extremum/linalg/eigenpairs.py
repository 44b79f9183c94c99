"""Eigenpairs at the ends of a spectrum and near zero, by block Lanczos on a factorization."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from extremum.linalg.dense import DenseSymmetric
from extremum.linalg.symmetric import EPS, Factorizable, Factorization, Vector

DENSE_UP_TO = 100
"""Up to this n all eigenpairs are computed, in a millisecond."""

BASIS = 40
"""Vectors of a Krylov space at most."""

BASIS_ENTRIES = 2 * 10**7
"""Their entries at most: 160 MB."""

LEAST_STEPS = 4
"""Blocks of a Krylov space at least."""

RESTARTS = 3
"""Krylov spaces at most; each starts from what the last one found."""

CONVERGED = 1e-8
"""The residual of an eigenpair, as part of ‖H‖, at which iterations rest.

The value's error is of second order in it unless the eigenvalue is one of a cluster.
"""


def leftmost(matrix: Factorizable) -> tuple[float, Vector]:
    """The smallest eigenvalue and a unit eigenvector of it."""
    values, vectors = _smallest(matrix, 1)
    return float(values[0]), vectors[:, 0]


def extremal(matrix: Factorizable, k: int) -> tuple[Vector, Vector]:
    """The k smallest and the k largest eigenvalues, ascending, and their vectors.

    The first is accurate to working precision, the others near it as far as they are apart from the
    rest. The largest come from products alone, with a few digits: what they are needed for is the
    size of H.
    """
    n = matrix.n
    if n <= max(DENSE_UP_TO, 2 * k):
        return DenseSymmetric(matrix.toarray()).extremal(k)
    low, low_vectors = _smallest(matrix, k)
    high, basis, weights = _ritz(matrix.__matmul__, _start(n, k))
    return np.r_[low, high[-k:]], np.c_[low_vectors, basis @ weights[:, -k:]]


def nearest_zero(
    matrix: Factorizable, k: int, near: Factorization | None = None
) -> tuple[Vector, Vector]:
    """The k eigenvalues of smallest size, by size, and their vectors.

    Parameters
    ----------
    matrix
        H.
    k
        How many.
    near
        The factors of H, or of H + shift·I with a shift that is small beside what is asked for,
        where they are at hand.
    """
    n = matrix.n
    if n <= max(DENSE_UP_TO, 2 * k):
        return DenseSymmetric(matrix.toarray()).nearest_zero(k)
    if matrix.norm == 0:
        return np.zeros(k), np.eye(n, k)
    factorization = matrix.factor() if near is None else near
    if factorization.rcond <= 10 * EPS:
        # Singular: a neighbour's vectors are as good, and its inverse is finite.
        factorization = matrix.factor(matrix.rounding)
    # One vector more than asked for, since the last of a block is the slowest.
    block = _start(n, k + 1)
    for _ in range(RESTARTS):
        inverse, basis, weights = _ritz(factorization.solve, block)
        block = basis @ weights[:, np.argsort(-np.abs(inverse), kind="stable")[: k + 1]]
        values, residuals = _rayleigh(matrix, block)
        if residuals[:k].max() <= CONVERGED * matrix.norm:
            break
    order = np.argsort(np.abs(values), kind="stable")[:k]
    return values[order], block[:, order]


def _smallest(matrix: Factorizable, k: int) -> tuple[Vector, Vector]:
    """The k smallest eigenvalues, ascending, and their vectors."""
    n = matrix.n
    if n <= max(DENSE_UP_TO, 2 * k):
        values, vectors = DenseSymmetric(matrix.toarray()).spectrum
        return values[:k], vectors[:, :k]
    if matrix.norm == 0:
        return np.zeros(k), np.eye(n, k)
    shift, factorization, block = _definite(matrix, k + 1)
    for _ in range(RESTARTS):
        # H + shift·I is definite, so the largest of its inverse belong to the smallest of H.
        _, basis, weights = _ritz(factorization.solve, block)
        block = basis @ weights[:, : -k - 2 : -1]
        values, residuals = _rayleigh(matrix, block)
        if residuals[0] <= CONVERGED * matrix.norm:
            break
        # As near as is known to be safe: an eigenvalue lies within a residual of each value.
        nearer = max(2 * residuals[0], matrix.rounding) - values[0]
        if nearer < shift and (found := matrix.cholesky(nearer)) is not None:
            shift, factorization = nearer, found
    order = np.argsort(values, kind="stable")[:k]
    return values[order], block[:, order]


def _definite(matrix: Factorizable, size: int) -> tuple[float, Factorization, Vector]:
    """A shift that makes H + shift·I definite but not by much, its factorization, a start."""
    start = _start(matrix.n, size)
    if (found := matrix.cholesky()) is not None:
        return 0.0, found, start
    values, basis, weights = _ritz(matrix.__matmul__, start)
    start = basis @ weights[:, :size]
    _, residuals = _rayleigh(matrix, start)
    excess = max(residuals[0], matrix.rounding, 1e-3 * abs(values[0]))
    while excess <= 8 * matrix.norm:
        shift = float(excess - values[0])
        if (found := matrix.cholesky(shift)) is not None:
            return shift, found, start
        excess *= 4
    raise ArithmeticError(f"no multiple of I makes a {matrix.storage} matrix positive definite")


def _start(n: int, size: int) -> Vector:
    """The same random vectors each time: an eigenvector orthogonal to them is no accident."""
    return np.asarray(np.random.default_rng(n).normal(size=(n, size)))


def _rayleigh(matrix: Factorizable, vectors: Vector) -> tuple[Vector, Vector]:
    """The Rayleigh quotients of unit vectors, and the residuals ‖Hx - θx‖₂."""
    product = matrix @ vectors
    values = (vectors * product).sum(axis=0)
    return values, np.linalg.norm(product - values * vectors, axis=0)


def _ritz(operator: Callable[[Vector], Vector], start: Vector) -> tuple[Vector, Vector, Vector]:
    """Ritz values of a symmetric operator, ascending; a block Krylov basis; their weights in it.

    A block finds eigenvalues as often as they are repeated, up to its size. Every vector is made
    orthogonal to all others (twice is enough: Parlett, The Symmetric Eigenvalue Problem, 6.9).

    Parameters
    ----------
    operator
        Takes arrays of shape (n, size).
    start : ndarray of shape (n, size)
    """
    n, size = start.shape
    vectors = max(LEAST_STEPS * size, min(BASIS, BASIS_ENTRIES // n))
    steps = max(1, min(vectors, n) // size)
    rng = np.random.default_rng(n)
    basis, images = np.empty((n, steps * size), order="F"), []
    block = start
    for step in range(steps):
        known = basis[:, : step * size]
        basis[:, step * size : (step + 1) * size] = _orthonormal(block, known, rng)
        block = operator(basis[:, step * size : (step + 1) * size])
        images.append(basis[:, : (step + 1) * size].T @ block)
    # The upper triangle, block by block.
    projected = np.zeros((steps * size,) * 2)
    for step, image in enumerate(images):
        projected[: len(image), step * size : (step + 1) * size] = image
    values, weights = np.linalg.eigh(projected, UPLO="U")
    return values, basis, weights


def _orthonormal(block: Vector, known: Vector, rng: np.random.Generator) -> Vector:
    """An orthonormal basis of the block's part orthogonal to what is known."""
    for _ in range(3):
        sizes = np.linalg.norm(block, axis=0)
        block = block - known @ (known.T @ block)
        unit, triangle = np.linalg.qr(block)
        lost = np.abs(np.diag(triangle)) <= 1e-12 * sizes
        if not lost.any():
            # The second time: what is left of a block that was nearly known leans on it.
            return np.linalg.qr(unit - known @ (known.T @ unit))[0]
        # The Krylov space is exhausted in these directions; any others will do.
        block = np.where(lost, rng.normal(size=block.shape), unit)
    return unit
