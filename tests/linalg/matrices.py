"""Matrices that the tests of several storages share."""

import numpy as np

from extremum.linalg import Inertia, Pattern


def of_array(array):
    """The matrix of a dense array, with the pattern of its nonzeros."""
    array = np.asarray(array, float)
    pattern = Pattern.of(len(array), *np.nonzero(array))
    return pattern.matrix(array[pattern.rows, pattern.cols])


def grid_laplacian(m):
    """Five points on an m by m grid with zero boundary values, and its eigenvalues, ascending."""
    i = np.arange(m * m).reshape(m, m)
    pattern = Pattern.of(
        m * m,
        np.r_[i[1:].ravel(), i[:, 1:].ravel()],
        np.r_[i[:-1].ravel(), i[:, :-1].ravel()],
    )
    waves = 2 * np.cos(np.pi * np.arange(1, m + 1) / (m + 1))
    values = np.where(pattern.rows == pattern.cols, 4.0, -1.0)
    return pattern.matrix(values), np.sort((4 - waves[:, None] - waves).ravel())


def random_sparse(n, seed, density=0.1):
    rng = np.random.default_rng(seed)
    array = np.where(rng.random((n, n)) < density, rng.normal(size=(n, n)), 0.0)
    return array + array.T + np.diag(rng.normal(size=n))


def inertia_of(array, zero=0.0):
    values = np.linalg.eigvalsh(array)
    return Inertia(
        int((values > zero).sum()), int((values < -zero).sum()), int((abs(values) <= zero).sum())
    )


def backward_error(array, x, b):
    """‖b - A x‖∞ / (‖A‖∞ ‖x‖∞ + ‖b‖∞), recomputed densely."""
    norm = np.abs(array).sum(axis=1).max()
    return np.abs(array @ x - b).max() / (norm * np.abs(x).max() + np.abs(b).max())
