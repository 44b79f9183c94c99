"""Products only: the leftmost eigenpair and how far it may be off."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extremum.linalg import Factorizable, OperatorSymmetric
from tests.linalg.matrices import grid_laplacian, random_sparse


def operator(array):
    return OperatorSymmetric(len(array), lambda v: array @ v)


def test_products():
    array = random_sparse(20, 0)
    matrix = operator(array)
    v = np.random.default_rng(0).normal(size=(20, 2))
    np.testing.assert_allclose(matrix @ v, array @ v, atol=1e-13)
    np.testing.assert_allclose(matrix @ v[:, 0], array @ v[:, 0], atol=1e-13)
    np.testing.assert_allclose(matrix.toarray(), array, atol=1e-15)
    np.testing.assert_allclose(matrix.to_scipy() @ v, array @ v, atol=1e-13)
    assert not isinstance(matrix, Factorizable)
    assert matrix.storage == "operator"
    assert matrix.is_finite
    assert not operator(array * np.nan).is_finite


@pytest.mark.parametrize("n", [1, 2, 3, 50, 110])
def test_small_matrices_are_solved_completely(n):
    array = random_sparse(n, 1)
    matrix = operator(array)
    value, vector = matrix.leftmost()
    assert value == pytest.approx(np.linalg.eigvalsh(array)[0], abs=1e-12)
    assert np.linalg.norm(vector) == pytest.approx(1, rel=1e-12)
    np.testing.assert_allclose(array @ vector, value * vector, atol=1e-6)
    assert matrix.rounding <= 1e-10


def test_few_distinct_eigenvalues_end_early():
    products = []
    array = np.diag(np.repeat([-2.0, 1.0, 5.0], 100))
    matrix = OperatorSymmetric(300, lambda v: products.append(1) or array @ v)
    value, _ = matrix.leftmost()
    assert value == pytest.approx(-2, rel=1e-12)
    assert len(products) <= 5
    assert matrix.rounding <= 1e-11


@pytest.mark.parametrize("n", [1, 5])
def test_zero(n):
    matrix = operator(np.zeros((n, n)))
    assert matrix.leftmost()[0] == 0
    assert matrix.rounding == 0


def test_the_bound_holds_where_the_end_is_crowded():
    laplacian, exact = grid_laplacian(60)
    matrix = OperatorSymmetric(laplacian.n, laplacian.__matmul__)
    value, vector = matrix.leftmost()
    assert exact[0] <= value <= exact[0] + matrix.rounding
    assert value == pytest.approx(vector @ (laplacian @ vector), rel=1e-10)
    # No certificate of definiteness: the bound reaches below zero, as it must by products alone.
    assert value - matrix.rounding < 0


@settings(max_examples=20)
@given(st.integers(130, 300), st.integers(0, 10**6))
def test_the_bound_holds(n, seed):
    array = random_sparse(n, seed, 3 / n)
    matrix = operator(array)
    exact = np.linalg.eigvalsh(array)[0]
    value, _ = matrix.leftmost()
    assert exact - 1e-10 <= value <= exact + matrix.rounding
