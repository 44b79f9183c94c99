"""Block tridiagonal matrices, open and closed chains: solutions, signs, eigenpairs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extremum.linalg import (
    BlockTridiagonalSymmetric,
    Factorizable,
    Inertia,
    certified_inertia,
    cyclic_block_tridiagonal,
)
from extremum.linalg.banded import BandFactorization, TridiagonalFactorization
from extremum.linalg.block_tridiagonal import BlockTridiagonalFactorization
from tests.linalg.matrices import backward_error, inertia_of

SHAPES = [(1, 1), (2, 1), (40, 1), (1, 3), (2, 2), (25, 2), (30, 3), (9, 7)]


def random_blocks(m, d, diagonal, seed=0, closed=False):
    rng = np.random.default_rng(seed)
    blocks = rng.uniform(-1, 1, (m, d, d))
    blocks = blocks + blocks.transpose(0, 2, 1) + diagonal * np.eye(d)
    return blocks, rng.uniform(-1, 1, (m if closed else m - 1, d, d))


def assembled(blocks, below):
    """The whole matrix, entry by entry; a coupling beyond the last block is to the first."""
    m, d, _ = blocks.shape
    array = np.zeros((m * d, m * d))
    for k, block in enumerate(blocks):
        array[k * d : (k + 1) * d, k * d : (k + 1) * d] = block
    for k, block in enumerate(below):
        row = (k + 1) % m
        array[row * d : (row + 1) * d, k * d : (k + 1) * d] = block
        array[k * d : (k + 1) * d, row * d : (row + 1) * d] = block.T
    return array


def check_solve(factorization, array, limit=1e-13):
    rng = np.random.default_rng(0)
    for shape in ((len(array),), (len(array), 3)):
        b = rng.normal(size=shape)
        kept = b.copy()
        x = factorization.solve(b)
        assert x.shape == shape
        np.testing.assert_array_equal(b, kept)
        assert backward_error(array, x, b) <= limit


@pytest.mark.parametrize(("m", "d"), SHAPES)
def test_entries(m, d):
    blocks, below = random_blocks(m, d, 0.0)
    array = assembled(blocks, below)
    matrix = BlockTridiagonalSymmetric(blocks, below)
    assert isinstance(matrix, Factorizable)
    np.testing.assert_array_equal(matrix.toarray(), array)
    np.testing.assert_array_equal(matrix.diagonal, array.diagonal())
    np.testing.assert_allclose(matrix.norm, np.abs(array).sum(axis=1).max(), rtol=1e-14)
    rng = np.random.default_rng(1)
    for shape in ((m * d,), (m * d, 4)):
        v = rng.normal(size=shape)
        np.testing.assert_allclose(matrix @ v, array @ v, atol=1e-13)
    units = rng.uniform(0.5, 2, m * d)
    np.testing.assert_allclose(
        matrix.scaled(units).toarray(), units[:, None] * array * units, rtol=1e-14
    )


@pytest.mark.parametrize(("m", "d"), SHAPES)
def test_definite(m, d):
    matrix = BlockTridiagonalSymmetric(*random_blocks(m, d, 6.0 * d))
    array = matrix.toarray()
    for factorization in (matrix.cholesky(), matrix.factor()):
        assert isinstance(factorization, BandFactorization)
        assert factorization.inertia == Inertia(m * d, 0, 0)
        check_solve(factorization, array, 1e-14)
        exact = 1 / np.linalg.cond(array, 1)
        assert 0.999 * exact <= factorization.rcond <= 10 * exact


@pytest.mark.parametrize(("m", "d"), SHAPES)
@pytest.mark.parametrize("seed", range(3))
def test_indefinite(m, d, seed):
    matrix = BlockTridiagonalSymmetric(*random_blocks(m, d, -0.1, seed))
    array = matrix.toarray()
    for shift in (0.0, 1.7):
        shifted = array + shift * np.eye(m * d)
        factorization = matrix.factor(shift)
        if inertia_of(shifted).negative:
            assert matrix.cholesky(shift) is None
            assert isinstance(
                factorization, TridiagonalFactorization | BlockTridiagonalFactorization
            )
        assert factorization.inertia == inertia_of(shifted)
        check_solve(factorization, shifted)


def test_one_variable_a_block_is_counted_by_sturm():
    matrix = BlockTridiagonalSymmetric(*random_blocks(40, 1, 0.0))
    assert isinstance(matrix.factor(), TridiagonalFactorization)


@pytest.mark.parametrize("m", [200, 400])
def test_zero_diagonal_blocks(m):
    """Every leading block is zero: no elimination without pivots begins."""
    below = np.tile(np.array([[0.3, 1.0], [-1.0, 0.4]]), (m - 1, 1, 1))
    matrix = BlockTridiagonalSymmetric(np.zeros((m, 2, 2)), below)
    assert matrix.cholesky() is None
    check_solve(matrix.factor(), matrix.toarray(), 1e-12)
    if m == 200:
        assert certified_inertia(matrix) == Inertia(m, m, 0)
    else:
        # Too large to be factored dense, and without pivots it stays undecided.
        assert certified_inertia(matrix) in (None, Inertia(m, m, 0))


def test_a_singular_leading_block_is_no_obstacle():
    """The first 150 blocks are singular, the whole is not."""
    blocks, below = random_blocks(300, 2, 0.0, 5)
    leading = assembled(blocks[:150], below[:149])
    last_pivot = np.linalg.inv(np.linalg.inv(leading)[-2:, -2:])
    value, vector = (part[..., 0] for part in np.linalg.eigh(last_pivot))
    blocks[149] -= value * np.outer(vector, vector)
    assert np.linalg.cond(assembled(blocks[:150], below[:149])) > 1e12
    matrix = BlockTridiagonalSymmetric(blocks, below)
    assert certified_inertia(matrix) == inertia_of(matrix.toarray())
    check_solve(matrix.factor(), matrix.toarray())


def test_singular():
    """Free ends in two dimensions: the constants are in the null space."""
    m, d = 200, 2
    stiffness = np.array([[2.0, 0.5], [0.5, 1.0]])
    blocks = np.tile(2 * stiffness, (m, 1, 1))
    blocks[[0, -1]] = stiffness
    matrix = BlockTridiagonalSymmetric(blocks, np.tile(-stiffness, (m - 1, 1, 1)))
    assert certified_inertia(matrix) is None
    assert matrix.factor().rcond <= 10 * m * d * np.finfo(float).eps
    values, vectors = matrix.nearest_zero(2)
    assert np.abs(values).max() <= matrix.rounding
    constants = np.tile(np.eye(d), (m, 1)) / m**0.5
    np.testing.assert_allclose(vectors @ (vectors.T @ constants), constants, atol=1e-8)


def test_eigenpairs():
    matrix = BlockTridiagonalSymmetric(*random_blocks(90, 2, 0.0))
    exact = np.linalg.eigvalsh(matrix.toarray())
    value, vector = matrix.leftmost()
    assert abs(value - exact[0]) <= 1e-12
    np.testing.assert_allclose(matrix @ vector, value * vector, atol=1e-7)
    near, _ = matrix.nearest_zero(2)
    np.testing.assert_allclose(near, exact[np.abs(exact).argsort()[:2]], atol=1e-10)
    np.testing.assert_allclose(matrix.extremal(3)[0][:3], exact[:3], atol=1e-6)


@pytest.mark.parametrize(("m", "d"), [(3, 1), (50, 1), (3, 2), (40, 2), (41, 3)])
@pytest.mark.parametrize("seed", range(2))
def test_closed_chains(m, d, seed):
    blocks, below = random_blocks(m, d, 0.0, seed, closed=True)
    array = assembled(blocks, below)
    matrix = cyclic_block_tridiagonal(blocks, below)
    np.testing.assert_array_equal(matrix.toarray(), array)
    assert certified_inertia(matrix) == inertia_of(array)
    check_solve(matrix.factor(), array, 1e-11)


def test_a_closed_chain_whose_open_part_is_singular():
    """The harmonic loop: bordered by its last point, the rest has a null vector."""
    m = 40
    stiffness = 2 * (1 - np.cos(2 * np.pi / m))
    blocks = np.full((m, 1, 1), 2 - stiffness)
    matrix = cyclic_block_tridiagonal(blocks, np.full((m, 1, 1), -1.0))
    array = matrix.toarray()
    assert np.abs(np.linalg.eigvalsh(array[:-1, :-1])).min() < 1e-14
    waves = 2 - stiffness - 2 * np.cos(2 * np.pi * np.arange(m) / m)
    shift = 0.01
    expected = Inertia(int((waves + shift > 0).sum()), int((waves + shift < 0).sum()), 0)
    assert expected.negative == 1
    assert matrix.factor(shift).inertia == expected
    assert certified_inertia(matrix) is None
    check_solve(matrix.factor(shift), array + shift * np.eye(m))


def test_shapes_are_checked():
    with pytest.raises(ValueError, match=r"\(m - 1, d, d\)"):
        BlockTridiagonalSymmetric(np.zeros((4, 2, 2)), np.zeros((4, 2, 2)))
    with pytest.raises(ValueError, match="three blocks or more"):
        cyclic_block_tridiagonal(np.zeros((2, 1, 1)), np.zeros((2, 1, 1)))


@settings(max_examples=60)
@given(st.integers(2, 20), st.integers(1, 4), st.integers(0, 10**6), st.booleans())
def test_counts_are_right_or_undecided(m, d, seed, closed):
    closed = closed and m > 2
    blocks, below = random_blocks(m, d, 0.0, seed, closed)
    array = assembled(blocks, below)
    matrix = (cyclic_block_tridiagonal if closed else BlockTridiagonalSymmetric)(blocks, below)
    found = certified_inertia(matrix)
    if np.abs(np.linalg.eigvalsh(array)).min() > 1e-9:
        assert found == inertia_of(array)
    else:
        assert found in (None, inertia_of(array))
