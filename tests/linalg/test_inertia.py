"""Certified counts: the same on both sides, or undecided."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extremum.linalg import DenseSymmetric, Inertia, certified_inertia
from tests.linalg.matrices import grid_laplacian, inertia_of, of_array, random_sparse


def test_decided():
    matrix, values = grid_laplacian(15)
    assert certified_inertia(matrix) == Inertia(225, 0, 0)
    # An error as large as the smallest eigenvalue leaves its sign open.
    assert certified_inertia(matrix, 0.9 * values[0]) == Inertia(225, 0, 0)
    assert certified_inertia(matrix, 1.1 * values[0]) is None


@pytest.mark.parametrize("storage", [DenseSymmetric, of_array])
def test_zero_eigenvalues_are_undecided(storage):
    for array in (np.zeros((3, 3)), np.ones((2, 2)), np.diag([1.0, 0.0, -2.0])):
        assert certified_inertia(storage(array)) is None


@pytest.mark.parametrize("storage", [DenseSymmetric, of_array])
def test_zero_diagonals_are_decided(storage):
    array = np.kron(np.eye(4), [[0.0, 1.0], [1.0, 0.0]])
    assert certified_inertia(storage(array)) == Inertia(4, 4, 0)


@settings(max_examples=60)
@given(st.integers(1, 10), st.integers(0, 10**6), st.floats(0, 0.5))
def test_never_wrong(n, seed, error):
    array = random_sparse(n, seed, 0.4)
    values = np.linalg.eigvalsh(array)
    found = certified_inertia(of_array(array), error)
    if found is not None:
        assert found == inertia_of(array)
        assert np.abs(values).min() >= error * (1 - 1e-12)
    elif np.abs(values).min() > 1e-8:
        assert np.abs(values).min() <= 3 * error
