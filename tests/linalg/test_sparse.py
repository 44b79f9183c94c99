"""Sparse matrices: factors that do not pivot, and what saves them where they can't be trusted."""

import gc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extremum.linalg import Inertia, SparseSymmetric
from extremum.linalg.sparse import PivotedFactorization, SparseFactorization
from tests.linalg.matrices import (
    backward_error,
    grid_laplacian,
    inertia_of,
    of_array,
    random_sparse,
)

EPS = np.finfo(float).eps


def sparse(array):
    """Of this storage, also where another would be chosen."""
    matrix = of_array(array)
    return SparseSymmetric(matrix.pattern, matrix.values)


def check_solve(factorization, array, seed=0):
    rng = np.random.default_rng(seed)
    for shape in ((len(array),), (len(array), 3)):
        b = rng.normal(size=shape)
        kept = b.copy()
        x = factorization.solve(b)
        assert x.shape == shape
        np.testing.assert_array_equal(b, kept)
        assert backward_error(array, x, b) <= 1e-13


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n", [1, 2, 3, 40])
def test_definite(n, seed):
    array = random_sparse(n, seed)
    array += np.eye(n) * (np.abs(array).sum(axis=1).max() + 0.1)
    matrix = sparse(array)
    for factorization in (matrix.cholesky(), matrix.factor()):
        assert isinstance(factorization, SparseFactorization)
        assert factorization.positive_definite
        assert factorization.inertia == Inertia(n, 0, 0)
        check_solve(factorization, array)
        exact = 1 / np.linalg.cond(array, 1)
        assert 0.999 * exact <= factorization.rcond <= 10 * exact


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("n", [1, 2, 3, 40, 120])
def test_indefinite(n, seed):
    array = random_sparse(n, seed) - 0.3 * np.eye(n)
    matrix = sparse(array)
    expected = inertia_of(array)
    assert (matrix.cholesky() is not None) == (expected.positive == n)
    factorization = matrix.factor()
    assert factorization.inertia == expected
    check_solve(factorization, array)


def test_shifts():
    array = random_sparse(40, 1)
    matrix = sparse(array)
    least = np.linalg.eigvalsh(array)[0]
    assert matrix.cholesky(-least - 1e-6) is None
    check_solve(matrix.cholesky(-least + 1e-6), array + (1e-6 - least) * np.eye(40))
    assert matrix.factor(0.5).inertia == inertia_of(array + 0.5 * np.eye(40))
    np.testing.assert_array_equal(matrix.toarray(), array)


ABSENT = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 2.0], [0.0, 2.0, 3.0]])


def test_an_absent_diagonal_is_stored_and_needs_pivots():
    matrix = sparse(ABSENT)
    assert matrix.pattern.nnz == 5
    assert matrix.cholesky() is None
    factorization = matrix.factor()
    assert factorization.inertia == inertia_of(ABSENT)
    check_solve(factorization, ABSENT)


@pytest.mark.parametrize("pivot", [0.0, 1e-300, 1e-20, -1e-20, 1e-12, 1e-9])
@pytest.mark.parametrize("copies", [1, 300])
def test_zero_and_tiny_pivots(pivot, copies):
    # [[δ, 1], [1, δ]] has eigenvalues δ ± 1, and unpivoted multipliers of 1/δ.
    array = np.kron(np.eye(copies), [[pivot, 1.0], [1.0, pivot]])
    matrix = sparse(array)
    assert matrix.cholesky() is None
    factorization = matrix.factor()
    check_solve(factorization, array)
    if copies == 1:
        assert factorization.inertia == Inertia(1, 1, 0)
    elif isinstance(factorization, PivotedFactorization):
        # Too large to be factored dense: what can't be counted is not guessed.
        found = factorization.inertia
        assert found in (Inertia(300, 300, 0), Inertia(0, 0, 600))
        assert np.isfinite(factorization.backward_error) == (found.zero == 0)


def test_tiny_pivots_ruin_unpivoted_factors():
    # The negative control of the test above: qdldl's own solution is worthless.
    from extremum.linalg.sparse import _unpivoted

    matrix = sparse(np.array([[1e-20, 1.0], [1.0, 1e-20]]))
    raw = _unpivoted(matrix)
    assert raw is not None
    assert raw.backward_error > matrix.norm
    b = np.array([1.0, 2.0])
    assert backward_error(matrix.toarray(), raw._ldl.solve(b), b) > 1e-3
    assert isinstance(matrix.factor(), PivotedFactorization)


def test_growth_is_bounded_by_what_is_reported():
    for seed in range(20):
        array = random_sparse(30, seed)
        matrix = sparse(array)
        found = matrix.factor()
        if not isinstance(found, SparseFactorization):
            continue
        lower, pivots, order = found._ldl.factors()
        whole = np.eye(30) + lower.toarray()
        error = np.linalg.norm(whole * pivots @ whole.T - array[np.ix_(order, order)], 2)
        assert error <= found.backward_error


@pytest.mark.parametrize("n", [1, 2, 5, 600])
def test_zero_matrices(n):
    matrix = sparse(np.zeros((n, n)))
    assert matrix.cholesky() is None
    factorization = matrix.factor()
    assert not factorization.positive_definite
    assert factorization.inertia == Inertia(0, 0, n)
    assert factorization.rcond == 0


@pytest.mark.parametrize("n", [3, 800])
def test_singular(n):
    # The Laplacian of a path with free ends: constants are its null space.
    array = 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)
    array[0, 0] = array[-1, -1] = 1
    matrix = sparse(array)
    factorization = matrix.factor()
    assert factorization.rcond <= 10 * n * EPS
    # Undecided: the zero eigenvalue is within what the factors may be wrong by.
    tau = matrix.rounding
    assert matrix.factor(tau).inertia == Inertia(n, 0, 0)
    assert matrix.factor(-tau).inertia == Inertia(n - 1, 1, 0)


def test_a_zero_row_of_many():
    array = random_sparse(700, 0, 0.003) + 5 * np.eye(700)
    array[350] = array[:, 350] = 0
    array[3, 3] -= 20
    matrix = sparse(array)
    assert matrix.cholesky() is None
    factorization = matrix.factor()
    assert isinstance(factorization, PivotedFactorization)
    assert factorization.inertia == inertia_of(array, 1e-10)
    b = array @ np.ones(700)
    np.testing.assert_allclose(array @ factorization.solve(b), b, atol=1e-10)


def test_not_finite():
    matrix = sparse(np.eye(3))
    assert matrix.is_finite
    for bad in (np.nan, np.inf):
        array = np.eye(3)
        array[0, 1] = array[1, 0] = bad
        assert not sparse(array).is_finite
        assert sparse(array).cholesky() is None


def test_an_earlier_factorization_outlives_later_ones():
    matrix, _ = grid_laplacian(8)
    array = matrix.toarray()
    shifts = [0.0, 1.0, -0.7, 3.0, -4.3, 10.0]
    held = [matrix.factor(s) for s in shifts]
    for shift, factorization in zip(shifts, held, strict=True):
        check_solve(factorization, array + shift * np.eye(64))


def test_workspaces_come_back():
    matrix, _ = grid_laplacian(8)
    pool = matrix.pattern.solvers
    for shift in range(10):
        assert matrix.cholesky(float(shift)) is not None
    gc.collect()
    assert len(pool._idle) == 1
    held = [matrix.factor(float(s)) for s in range(5)]
    assert len(pool._idle) == 0
    del held
    gc.collect()
    assert len(pool._idle) == 3


def test_a_workspace_is_fit_for_use_after_a_failure():
    pattern = sparse(ABSENT).pattern
    values = np.where(pattern.rows == pattern.cols, 0.0, 1.0)
    assert SparseSymmetric(pattern, values).cholesky() is None
    SparseSymmetric(pattern, values).factor()
    values[pattern.diagonal] = 4.0
    good = SparseSymmetric(pattern, values)
    check_solve(good.cholesky(), good.toarray())


def test_threads_share_a_pattern():
    matrix, _ = grid_laplacian(12)
    array = matrix.toarray()

    def solve(seed):
        b = np.random.default_rng(seed).normal(size=144)
        shift = 0.1 + seed % 7
        x = matrix.cholesky(shift).solve(b)
        return backward_error(array + shift * np.eye(144), x, b)

    with ThreadPoolExecutor(4) as threads:
        assert max(threads.map(solve, range(200))) <= 1e-14


@settings(max_examples=60)
@given(st.integers(1, 12), st.integers(0, 10**6), st.floats(0.05, 1), st.floats(-3, 3))
def test_inertia_of_random_matrices(n, seed, density, shift):
    array = random_sparse(n, seed, density) + shift * np.eye(n)
    values = np.linalg.eigvalsh(array)
    if np.abs(values).min() > 1e-10:
        assert sparse(array).factor().inertia == inertia_of(array)
