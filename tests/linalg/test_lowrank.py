"""Sparse plus low rank, against the dense sum; S singular or indefinite where the sum is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extremum.linalg import Inertia, LowRankSum, Pattern, certified_inertia
from tests.linalg.matrices import backward_error, inertia_of, of_array, random_sparse


def check(found, array, inertia=None):
    assert found.inertia == (inertia or inertia_of(array))
    for seed in range(3):
        b = np.random.default_rng(seed).normal(size=len(array))
        assert backward_error(array, found.solve(b), b) <= 1e-13


def tridiagonal(diagonal, off=-1.0):
    n = len(diagonal)
    pattern = Pattern.tridiagonal(n)
    values = np.full(pattern.nnz, float(off))
    values[pattern.diagonal] = diagonal
    return pattern.matrix(values)


@pytest.mark.parametrize("n", [1, 2, 20, 300])
@pytest.mark.parametrize("rank", [0, 1, 3])
def test_definite_parts(n, rank):
    rng = np.random.default_rng(n)
    matrix = LowRankSum(tridiagonal(np.full(n, 3.0)), rng.normal(size=(n, rank)), np.eye(rank))
    array = matrix.toarray()
    check(matrix.cholesky(), array)
    check(matrix.factor(), array)
    v = rng.normal(size=(n, 2))
    np.testing.assert_allclose(matrix @ v, array @ v, atol=1e-10)
    np.testing.assert_allclose(matrix.diagonal, np.diag(array), rtol=1e-12)
    assert np.abs(array).sum(axis=1).max() <= matrix.norm * (1 + 1e-12)
    assert matrix.storage == f"{matrix.base.storage} + rank {rank}"


@pytest.mark.parametrize("core", [-1.0, 0.0, 0.5])
def test_signs_of_the_core(core):
    base = tridiagonal(np.full(30, 3.0))
    matrix = LowRankSum(base, np.ones((30, 1)), np.array([[core]]))
    expected = inertia_of(matrix.toarray())
    check(matrix.factor(), matrix.toarray())
    assert (matrix.cholesky() is None) == (expected.negative > 0)


def test_null_directions_of_the_core_are_dropped():
    core = np.array([[1.0, 1.0], [1.0, 1.0]])
    matrix = LowRankSum(tridiagonal(np.full(10, 3.0)), np.eye(10, 2), core)
    assert matrix._signed[0].shape == (10, 1)
    check(matrix.cholesky(), matrix.toarray())


@pytest.mark.parametrize("n", [20, 900])
def test_a_singular_part_that_the_other_lifts(n):
    # S has two zero rows; the low-rank part is positive on them.
    diagonal = np.full(n, 4.0)
    pattern = Pattern.tridiagonal(n)
    values = np.full(pattern.nnz, -1.0)
    values[pattern.diagonal] = diagonal
    lost = [n // 3, n // 2]
    for i in lost:
        values[(pattern.rows == i) | (pattern.cols == i)] = 0.0
    base = pattern.matrix(values)
    assert base.cholesky() is None
    directions = np.zeros((n, 2))
    directions[lost, [0, 1]] = 1
    directions[0, 0] = 0.5
    matrix = LowRankSum(base, directions, np.diag([2.0, 3.0]))
    array = matrix.toarray()
    found = matrix.cholesky()
    assert found is not None
    check(found, array)
    check(matrix.factor(), array)


@pytest.mark.parametrize("n", [20, 900])
def test_negative_eigenvalues_that_the_other_lifts(n):
    diagonal = np.full(n, 4.0)
    diagonal[n // 2] = -3.0
    lift = np.zeros((n, 1))
    lift[n // 2] = 1
    base = tridiagonal(diagonal)
    assert base.factor().inertia == Inertia(n - 1, 1, 0)
    lifted = LowRankSum(base, lift, np.array([[8.0]]))
    check(lifted.cholesky(), lifted.toarray(), Inertia(n, 0, 0))
    # A control: too little.
    lower = LowRankSum(base, lift, np.array([[3.0]]))
    assert lower.cholesky() is None
    check(lower.factor(), lower.toarray(), Inertia(n - 1, 1, 0))


@pytest.mark.parametrize("n", [20, 900])
def test_a_singular_sum_is_undecided(n):
    # S is definite, and what is taken away leaves nothing of it in one direction.
    matrix = LowRankSum(tridiagonal(np.full(n, 2.0), 0.0), np.eye(n, 1), np.array([[-2.0]]))
    assert matrix.cholesky() is None
    assert certified_inertia(matrix) is None
    assert certified_inertia(matrix, 0.1) is None
    shifted = LowRankSum(matrix.base, matrix.factors, np.array([[-1.0]]))
    assert certified_inertia(shifted, 0.1) == Inertia(n, 0, 0)


def test_shift_and_scaling():
    rng = np.random.default_rng(5)
    base = of_array(random_sparse(40, 5))
    matrix = LowRankSum(base, rng.normal(size=(40, 2)), np.array([[1.0, 2.0], [2.0, -1.0]]))
    array = matrix.toarray()
    check(matrix.factor(0.7), array + 0.7 * np.eye(40))
    units = np.geomspace(0.1, 10, 40)
    np.testing.assert_allclose(
        matrix.scaled(units).toarray(), units[:, None] * array * units, rtol=1e-10, atol=1e-12
    )
    v = rng.normal(size=40)
    np.testing.assert_allclose(matrix.to_scipy() @ v, array @ v, atol=1e-11)


def test_rosenbrock_s_chain_and_a_square_of_the_sum():
    n = 2000
    base = tridiagonal(np.r_[802.0, np.full(n - 2, 1002.0), 200.0], -400.0)
    matrix = LowRankSum(base, np.ones((n, 1)), np.array([[2.0]]))
    array = matrix.toarray()
    check(matrix.cholesky(), array, Inertia(n, 0, 0))
    exact = np.linalg.eigvalsh(array)
    values, _ = matrix.extremal(2)
    assert values[0] == pytest.approx(exact[0], rel=1e-9)
    assert values[-1] == pytest.approx(exact[-1], rel=1e-6)
    assert matrix.nearest_zero(1)[0][0] == pytest.approx(exact[0], rel=1e-9)
    assert certified_inertia(matrix) == Inertia(n, 0, 0)


def test_not_finite():
    base = tridiagonal(np.ones(3))
    assert LowRankSum(base, np.ones((3, 1)), np.eye(1)).is_finite
    assert not LowRankSum(base, np.full((3, 1), np.nan), np.eye(1)).is_finite


@settings(max_examples=60)
@given(st.integers(1, 12), st.integers(1, 3), st.integers(0, 10**6))
def test_inertia_of_random_sums(n, rank, seed):
    rng = np.random.default_rng(seed)
    core = rng.normal(size=(rank, rank))
    matrix = LowRankSum(of_array(random_sparse(n, seed)), rng.normal(size=(n, rank)), core + core.T)
    array = matrix.toarray()
    if np.abs(np.linalg.eigvalsh(array)).min() > 1e-9:
        assert matrix.factor().inertia == inertia_of(array)
        assert (matrix.cholesky() is not None) == (np.linalg.eigvalsh(array)[0] > 0)
