"""Patterns: what they keep, how they are stored, what factoring them costs."""

import pickle

import numpy as np
import pytest

from extremum.linalg import Pattern
from tests.linalg.matrices import grid_laplacian, random_sparse


def test_keeps_the_lower_triangle_sorted_and_unique_with_the_diagonal():
    pattern = Pattern.of(4, [0, 2, 2, 3, 0], [2, 0, 1, 3, 2])
    entries = list(zip(pattern.cols.tolist(), pattern.rows.tolist(), strict=True))
    assert entries == [(0, 0), (0, 2), (1, 1), (1, 2), (2, 2), (3, 3)]
    assert pattern.nnz == 6
    assert pattern.bandwidth == 2
    np.testing.assert_array_equal(pattern.rows[pattern.diagonal], np.arange(4))


def test_no_entries_but_the_diagonal():
    pattern = Pattern.of(3, [], [])
    assert (pattern.nnz, pattern.bandwidth, pattern.storage) == (3, 0, "tridiagonal")
    np.testing.assert_array_equal(pattern.matrix(np.ones(3)).toarray(), np.eye(3))


@pytest.mark.parametrize(("row", "col"), [(3, 0), (-1, 0), (0, 3)])
def test_entries_outside_are_refused(row, col):
    with pytest.raises(ValueError, match="outside 0, …, 2"):
        Pattern.of(3, [row], [col])


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("bandwidth", [0, 1, 2, 7])
def test_declared_bands(n, bandwidth):
    rows, cols = np.indices((n, n))
    near = abs(rows - cols) <= bandwidth
    expected = Pattern.of(n, rows[near], cols[near])
    declared = Pattern.with_bandwidth(n, bandwidth)
    np.testing.assert_array_equal(declared.rows, expected.rows)
    np.testing.assert_array_equal(declared.cols, expected.cols)
    if bandwidth == 1:
        np.testing.assert_array_equal(Pattern.tridiagonal(n).rows, expected.rows)


@pytest.mark.parametrize(("n", "block"), [(1, 1), (3, 3), (6, 2), (12, 3)])
def test_declared_blocks(n, block):
    rows, cols = np.indices((n, n))
    near = abs(rows // block - cols // block) <= 1
    expected = Pattern.of(n, rows[near], cols[near])
    declared = Pattern.block_tridiagonal(n, block)
    np.testing.assert_array_equal(declared.rows, expected.rows)
    np.testing.assert_array_equal(declared.cols, expected.cols)


def test_blocks_must_divide():
    with pytest.raises(ValueError, match="blocks of 4"):
        Pattern.block_tridiagonal(10, 4)


def test_storage():
    assert Pattern.tridiagonal(50).storage == "tridiagonal"
    assert Pattern.with_bandwidth(50, 2).storage == "sparse"
    assert Pattern.with_bandwidth(500, 20).storage == "banded"
    # As wide, but nearly empty: a band would be filled in.
    assert grid_laplacian(20)[0].pattern.storage == "sparse"


def test_matrix_has_its_values_in_both_triangles():
    array = random_sparse(30, 0)
    pattern = Pattern.of(30, *np.nonzero(array))
    matrix = pattern.matrix(array[pattern.rows, pattern.cols])
    np.testing.assert_array_equal(matrix.toarray(), array)
    np.testing.assert_array_equal(matrix.to_scipy().toarray(), array)
    np.testing.assert_array_equal(matrix.diagonal, np.diag(array))
    assert matrix.norm == pytest.approx(np.abs(array).sum(axis=1).max(), rel=1e-14)
    v = np.random.default_rng(1).normal(size=(30, 2))
    np.testing.assert_allclose(matrix @ v, array @ v, atol=1e-13)
    np.testing.assert_allclose(matrix @ v[:, 0], array @ v[:, 0], atol=1e-13)


def test_stored_zeros_stay():
    pattern = Pattern.tridiagonal(4)
    matrix = pattern.matrix(np.zeros(pattern.nnz))
    assert matrix.to_scipy().nnz == 10
    assert matrix.norm == 0


def test_two_matrices_of_a_pattern_do_not_share_values():
    pattern = Pattern.tridiagonal(3)
    first = pattern.matrix(np.ones(pattern.nnz))
    before = first @ np.ones(3)
    second = pattern.matrix(2 * np.ones(pattern.nnz))
    np.testing.assert_array_equal(second @ np.ones(3), 2 * before)
    np.testing.assert_array_equal(first @ np.ones(3), before)


def test_scaling():
    array = random_sparse(12, 3)
    pattern = Pattern.of(12, *np.nonzero(array))
    units = np.geomspace(1e-3, 1e3, 12)
    scaled = pattern.matrix(array[pattern.rows, pattern.cols]).scaled(units)
    np.testing.assert_allclose(scaled.toarray(), units[:, None] * array * units, rtol=1e-14)


def test_pickles_after_use():
    matrix, _ = grid_laplacian(5)
    matrix.cholesky().solve(np.ones(25))
    again = pickle.loads(pickle.dumps(matrix))
    np.testing.assert_array_equal(again.toarray(), matrix.toarray())


def filled(pattern, order_of):
    """Entries of L by elimination on a dense Boolean matrix, in the order given by places."""
    n = pattern.n
    place = order_of(n, pattern.rows, pattern.cols)
    a, b = place[pattern.rows], place[pattern.cols]
    full = np.zeros((n, n), bool)
    full[np.maximum(a, b), np.minimum(a, b)] = True
    for k in range(n):
        below = np.nonzero(full[k + 1 :, k])[0] + k + 1
        for i in below:
            full[below[below >= i], i] = True
    return full.sum(axis=0) - 1


@pytest.mark.parametrize("n", [1, 2, 10, 60])
@pytest.mark.parametrize("seed", range(4))
def test_column_counts_are_those_of_an_elimination(n, seed):
    from extremum.linalg.symbolic import column_counts, minimum_degree

    array = random_sparse(n, seed, density=1.5 / n)
    pattern = Pattern.of(n, *np.nonzero(array))
    place = minimum_degree(n, pattern.rows, pattern.cols)
    np.testing.assert_array_equal(np.sort(place), np.arange(n))
    found = column_counts(n, pattern.rows, pattern.cols, place)
    np.testing.assert_array_equal(found, filled(pattern, lambda *_: place))


def test_cost_of_known_structures():
    assert Pattern.tridiagonal(1000).fill == 999
    # An arrow pointing the right way fills nothing, and ordering turns it that way.
    n = 200
    arrow = Pattern.of(n, np.zeros(n, int), np.arange(n))
    assert arrow.fill == n - 1
    dense = Pattern.of(n, *np.indices((n, n)).reshape(2, -1))
    assert dense.fill == n * (n - 1) / 2
    assert dense.factor_flops == pytest.approx(n**3 / 6, rel=0.01)


def test_a_pattern_that_fills_up_is_known_to_without_being_factored():
    # Six random neighbours each: reordering can't help, L is nearly half full.
    n = 1500
    rng = np.random.default_rng(0)
    random = Pattern.of(n, np.repeat(np.arange(n), 3), rng.integers(0, n, 3 * n))
    assert random.fill > 0.1 * n**2 / 2
    grid = grid_laplacian(40)[0].pattern
    assert grid.fill < 0.03 * grid.n**2 / 2
    assert random.factor_flops > 20 * grid.factor_flops
