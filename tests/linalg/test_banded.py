"""Tridiagonal and banded matrices: LAPACK's factors, Sturm's counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extremum.linalg import (
    BandedSymmetric,
    Inertia,
    Pattern,
    TridiagonalSymmetric,
    certified_inertia,
)
from extremum.linalg.banded import BandFactorization, TridiagonalFactorization
from tests.linalg.matrices import backward_error, inertia_of

EPS = np.finfo(float).eps


def of_pattern(pattern, diagonal, others, seed=0):
    """Random values: the diagonal about one number, the rest within another."""
    rng = np.random.default_rng(seed)
    values = others * rng.uniform(-1, 1, pattern.nnz)
    values[pattern.diagonal] += diagonal
    return pattern.matrix(values)


def check_solve(factorization, array, limit=1e-14):
    rng = np.random.default_rng(0)
    for shape in ((len(array),), (len(array), 3)):
        b = rng.normal(size=shape)
        kept = b.copy()
        x = factorization.solve(b)
        assert x.shape == shape
        np.testing.assert_array_equal(b, kept)
        assert backward_error(array, x, b) <= limit


STRUCTURES = [
    (Pattern.tridiagonal(1), TridiagonalSymmetric),
    (Pattern.tridiagonal(2), TridiagonalSymmetric),
    (Pattern.tridiagonal(3), TridiagonalSymmetric),
    (Pattern.tridiagonal(60), TridiagonalSymmetric),
    (Pattern.of(9, [3, 8], [4, 7]), TridiagonalSymmetric),
    (Pattern.of(5, [], []), TridiagonalSymmetric),
    (Pattern.with_bandwidth(80, 12), BandedSymmetric),
    (Pattern.block_tridiagonal(84, 7), BandedSymmetric),
]


@pytest.mark.parametrize(("pattern", "storage"), STRUCTURES)
def test_definite(pattern, storage):
    matrix = of_pattern(pattern, 30.0, 1.0)
    assert type(matrix) is storage
    assert matrix.storage == pattern.storage
    array = matrix.toarray()
    for factorization in (matrix.cholesky(), matrix.factor()):
        assert isinstance(factorization, BandFactorization)
        assert factorization.positive_definite
        assert factorization.inertia == Inertia(pattern.n, 0, 0)
        check_solve(factorization, array)
        exact = 1 / np.linalg.cond(array, 1)
        assert 0.999 * exact <= factorization.rcond <= 10 * exact


@pytest.mark.parametrize(("pattern", "storage"), STRUCTURES)
@pytest.mark.parametrize("seed", range(3))
def test_indefinite(pattern, storage, seed):
    matrix = of_pattern(pattern, -0.1, 1.0, seed)
    assert isinstance(matrix, storage)
    array = matrix.toarray()
    assert matrix.cholesky() is None or inertia_of(array).negative == 0
    factorization = matrix.factor()
    assert factorization.inertia == inertia_of(array)
    check_solve(factorization, array, 1e-13)
    shifted = array + 1.7 * np.eye(pattern.n)
    assert matrix.factor(1.7).inertia == inertia_of(shifted)
    check_solve(matrix.factor(1.7), shifted, 1e-13)


@pytest.mark.parametrize(("pattern", "storage"), STRUCTURES)
def test_definite_or_not_just_beside_the_edge(pattern, storage):
    matrix = of_pattern(pattern, 0.0, 1.0)
    least = np.linalg.eigvalsh(matrix.toarray())[0]
    assert matrix.cholesky(1e-9 - least) is not None
    assert matrix.cholesky(-1e-9 - least) is None


def test_a_zero_diagonal():
    # Eigenvalues 2cos(kπ/(n + 1)): for odd n one is zero.
    for n in (2, 6, 7, 51):
        pattern = Pattern.tridiagonal(n)
        matrix = pattern.matrix(np.where(pattern.rows == pattern.cols, 0.0, 1.0))
        assert matrix.cholesky() is None
        if n % 2 == 0:
            assert matrix.factor().inertia == Inertia(n // 2, n // 2, 0)
            check_solve(matrix.factor(), matrix.toarray())
            assert certified_inertia(matrix) == Inertia(n // 2, n // 2, 0)
        else:
            assert certified_inertia(matrix) is None
            assert matrix.factor().rcond <= 10 * n * EPS


@pytest.mark.parametrize("n", [1, 2, 3, 30])
def test_zero_matrices(n):
    pattern = Pattern.tridiagonal(n)
    factorization = pattern.matrix(np.zeros(pattern.nnz)).factor()
    assert factorization.inertia == Inertia(0, 0, n)
    assert factorization.rcond == 0


def test_exact_zeros_on_a_diagonal():
    pattern = Pattern.of(6, [], [])
    factorization = pattern.matrix(np.array([3.0, -1, 0, 2, 0, -5e-12])).factor()
    assert isinstance(factorization, TridiagonalFactorization)
    assert factorization.inertia == Inertia(2, 2, 2)


def test_a_path_with_free_ends_is_singular():
    n = 400
    pattern = Pattern.tridiagonal(n)
    values = np.full(pattern.nnz, -1.0)
    values[pattern.diagonal] = np.r_[1.0, np.full(n - 2, 2.0), 1.0]
    matrix = pattern.matrix(values)
    assert matrix.factor().rcond <= 10 * n * EPS
    assert certified_inertia(matrix) is None
    value, vector = matrix.leftmost()
    assert abs(value) <= matrix.rounding
    np.testing.assert_allclose(np.abs(vector), n**-0.5, rtol=1e-6)


def test_wilkinson_s_matrix():
    # W₂₁⁺: pairs of eigenvalues that agree to 14 digits; Sturm's counts still separate them.
    pattern = Pattern.tridiagonal(21)
    values = np.ones(pattern.nnz)
    values[pattern.diagonal] = np.abs(np.arange(-10, 11))
    matrix = pattern.matrix(values)
    exact = np.linalg.eigvalsh(matrix.toarray())
    for middle in (exact[1:] + exact[:-1])[np.diff(exact) > 1e-12] / 2:
        assert matrix.factor(-middle).inertia.negative == (exact < middle).sum()


def test_an_earlier_factorization_outlives_later_ones():
    for pattern, _ in STRUCTURES:
        matrix = of_pattern(pattern, 0.5, 1.0)
        shifts = [40.0, 0.3, -2.0]
        held = [matrix.factor(s) for s in shifts]
        for shift, factorization in zip(shifts, held, strict=True):
            check_solve(factorization, matrix.toarray() + shift * np.eye(pattern.n), 1e-13)


@settings(max_examples=60)
@given(st.integers(1, 30), st.integers(0, 10**6), st.floats(-3, 3))
def test_counts_of_random_matrices(n, seed, diagonal):
    matrix = of_pattern(Pattern.tridiagonal(n), diagonal, 1.0, seed)
    array = matrix.toarray()
    if np.abs(np.linalg.eigvalsh(array)).min() > 1e-12:
        assert matrix.factor().inertia == inertia_of(array)


def test_many_eigenvalues_are_counted_without_being_sorted():
    """Sorting so many takes `dstebz` tens of seconds."""
    n = 200_000
    matrix = Pattern.tridiagonal(n)
    zeros = matrix.matrix(np.zeros(matrix.nnz))
    assert zeros.factor(-1.0).inertia == (0, n, 0)
    assert zeros.factor(0.0).inertia == (0, 0, n)
