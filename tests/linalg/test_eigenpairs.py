"""Eigenpairs by factorizations, against closed forms and dense spectra."""

import numpy as np
import pytest

from extremum.linalg import Pattern
from tests.linalg.matrices import grid_laplacian, of_array, random_sparse


def check_pairs(array, values, vectors, tolerance):
    product = array @ vectors
    assert np.abs(product - values * vectors).max() <= tolerance
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(len(values)), atol=1e-6)


@pytest.mark.parametrize("n", [1, 2, 30, 250])
@pytest.mark.parametrize("shift", [-1.0, 0.0, 20.0])
def test_leftmost(n, shift):
    array = random_sparse(n, 2, min(1.0, 4 / n)) + shift * np.eye(n)
    value, vector = of_array(array).leftmost()
    exact = np.linalg.eigvalsh(array)
    assert value == pytest.approx(exact[0], rel=1e-12, abs=1e-12)
    check_pairs(array, np.array([value]), vector[:, None], 1e-8)


def test_leftmost_of_a_singular_matrix():
    n = 500
    array = 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)
    array[0, 0] = array[-1, -1] = 1
    matrix = of_array(array)
    value, vector = matrix.leftmost()
    assert abs(value) <= matrix.rounding
    np.testing.assert_allclose(np.abs(vector), n**-0.5, rtol=1e-6)


def test_extremal_of_a_grid():
    matrix, exact = grid_laplacian(30)
    values, vectors = matrix.extremal(3)
    assert (np.diff(values) >= 0).all()
    # The second eigenvalue is a double one.
    np.testing.assert_allclose(values[:3], exact[:3], rtol=1e-9)
    np.testing.assert_allclose(values[3:], exact[-3:], rtol=1e-2)
    check_pairs(matrix.toarray(), values[:3], vectors[:, :3], 1e-8)


def test_small_matrices_give_all_they_have():
    array = random_sparse(4, 0, 1.0)
    values, vectors = of_array(array).extremal(3)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(array), atol=1e-13)
    check_pairs(array, values, vectors, 1e-13)


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.5])
def test_nearest_zero(shift):
    matrix, exact = grid_laplacian(20)
    exact = exact - shift
    nearest = exact[np.argsort(np.abs(exact), kind="stable")[:3]]
    values, vectors = matrix.shifted(-shift).nearest_zero(3)
    np.testing.assert_allclose(np.abs(values), np.abs(nearest), rtol=1e-8)
    check_pairs(matrix.shifted(-shift).toarray(), values, vectors, 1e-7)


def test_a_null_space_of_two_dimensions():
    # Two free paths: constants on each.
    path = 2 * np.eye(100) - np.eye(100, k=1) - np.eye(100, k=-1)
    path[0, 0] = path[-1, -1] = 1
    matrix = of_array(np.kron(np.eye(2), path))
    values, vectors = matrix.nearest_zero(3)
    assert np.abs(values[:2]).max() <= matrix.rounding
    assert abs(values[2]) > 1e-5
    assert np.abs(matrix @ vectors[:, :2]).max() <= 1e-10


def test_repeated_eigenvalues():
    n = 400
    pattern = Pattern.tridiagonal(n)
    matrix = pattern.matrix(np.where(pattern.rows == pattern.cols, -3.0, 0.0))
    for values, vectors in (matrix.extremal(2), matrix.nearest_zero(2)):
        np.testing.assert_allclose(values, -3, rtol=1e-12)
        check_pairs(matrix.toarray(), values[:2], vectors[:, :2], 1e-12)


def test_zero():
    pattern = Pattern.tridiagonal(300)
    matrix = pattern.matrix(np.zeros(pattern.nnz))
    value, vector = matrix.leftmost()
    assert value == 0
    assert np.linalg.norm(vector) == 1
    np.testing.assert_array_equal(matrix.nearest_zero(2)[0], [0, 0])
    np.testing.assert_array_equal(matrix.extremal(2)[0], np.zeros(4))


def test_a_cluster_and_an_isolated_one():
    # Chained Rosenbrock's Hessian at its minimum: one small eigenvalue, the rest from 202 to 1802.
    n = 20_000
    pattern = Pattern.tridiagonal(n)
    diagonal = np.full(n, 1002.0)
    diagonal[0], diagonal[-1] = 802, 200
    values = np.full(pattern.nnz, -400.0)
    values[pattern.diagonal] = diagonal
    found, vectors = pattern.matrix(values).extremal(3)
    # The eigenvector decays from the end like tⁱ: 200 - 400t = 1002 - 400(t + 1/t), t = 400/802.
    assert found[0] == pytest.approx(200 - 400 * (400 / 802), rel=1e-9)
    assert found[1] == pytest.approx(202, rel=0.02)
    assert found[-1] == pytest.approx(1802, rel=0.02)
    ends = np.c_[vectors[:, 0], pattern.matrix(values) @ vectors[:, 0]]
    np.testing.assert_allclose(ends[:, 1], found[0] * ends[:, 0], atol=1e-6)


def test_the_same_every_time():
    matrix, _ = grid_laplacian(25)
    np.testing.assert_array_equal(matrix.extremal(2)[0], matrix.extremal(2)[0])
