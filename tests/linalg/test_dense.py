"""Dense symmetric matrices: residuals, inertia and conditioning against eigenvalues."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extremum.linalg import DenseSymmetric, Inertia

EPS = np.finfo(float).eps


def with_eigenvalues(values, seed=0):
    values = np.asarray(values, float)
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(values.size, values.size)))
    return DenseSymmetric(rotation @ np.diag(values) @ rotation.T)


def inertia_of(values):
    values = np.asarray(values)
    return Inertia(int((values > 0).sum()), int((values < 0).sum()), int((values == 0).sum()))


REGULAR = {
    "1 by 1, positive": [2.0],
    "1 by 1, negative": [-2.0],
    "positive definite": [1, 2, 3, 4, 5],
    "negative definite": [-1, -2, -3],
    "indefinite": [-3, -1, 1, 2, 10],
    "one negative": [-1e-3, 1, 1, 1],
    "badly scaled": [-1e8, 1e-4, 1, 1e6],
    "repeated": [1, 1, 1, -1, -1],
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", REGULAR)
def test_regular_matrices(name, seed):
    values = REGULAR[name]
    matrix = with_eigenvalues(values, seed)
    factorization = matrix.factor()
    assert factorization.positive_definite == (min(values) > 0)
    assert factorization.inertia == inertia_of(values)
    b = np.random.default_rng(seed).normal(size=len(values))
    x = factorization.solve(b)
    assert x.shape == b.shape
    norm = np.abs(matrix.toarray()).sum(axis=0).max()
    assert np.abs(matrix @ x - b).max() <= 100 * EPS * norm * np.abs(x).max()
    exact = 1 / np.linalg.cond(matrix.toarray(), 1)
    # LAPACK's estimate is an upper bound of the reciprocal, seldom off by more than 3.
    assert 0.999 * exact <= factorization.rcond <= 10 * exact


def test_blocks_of_two():
    # A zero diagonal: Bunch-Kaufman has to take 2 by 2 pivots.
    swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    factorization = DenseSymmetric(np.kron(np.eye(3), swap)).factor()
    assert factorization.inertia == Inertia(3, 3, 0)
    assert (factorization._pivots < 0).all()  # the branch that is meant
    b = np.arange(1.0, 7.0)
    np.testing.assert_allclose(factorization.solve(b), [2, 1, 4, 3, 6, 5])


def test_blocks_of_one_and_of_two():
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[1, 2], matrix[2, 1], matrix[3, 3] = -5.0, 2.0, 2.0, 7.0
    factorization = DenseSymmetric(matrix).factor()
    signs = np.sign(factorization._pivots)
    assert {*signs} == {-1, 1}
    assert factorization.inertia == Inertia(2, 2, 0)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_zero_matrices(n):
    factorization = DenseSymmetric(np.zeros((n, n))).factor()
    assert not factorization.positive_definite
    assert factorization.inertia == Inertia(0, 0, n)
    assert factorization.rcond == 0


SINGULAR = {
    "a zero row": np.diag([1.0, 0.0, -2.0]),
    "of rank one": np.outer([1.0, 2.0, 4.0], [1.0, 2.0, 4.0]),
    "of ones": np.ones((2, 2)),
}
TEXTBOOK = np.array([[-5, -3, -0.5], [-3, -2, 0], [-0.5, 0, -0.5]])


@pytest.mark.parametrize("name", SINGULAR)
def test_exactly_singular_matrices(name):
    matrix = DenseSymmetric(SINGULAR[name])
    factorization = matrix.factor()
    values = np.linalg.eigvalsh(SINGULAR[name])
    zero = np.abs(values) < 1e-12
    assert factorization.inertia == Inertia(
        int((values[~zero] > 0).sum()), int((values[~zero] < 0).sum()), int(zero.sum())
    )
    assert factorization.rcond <= 10 * EPS
    assert not factorization.positive_definite


def test_the_textbook_s_inertia_is_undecided():
    # Its third pivot is nothing but rounding: what one factorization counts is not certain,
    # and those of H + τI and H - τI say so by disagreeing.
    matrix = DenseSymmetric(TEXTBOOK)
    assert matrix.factor().rcond <= EPS
    assert matrix.factor(matrix.rounding).inertia == Inertia(1, 2, 0)
    assert matrix.factor(-matrix.rounding).inertia == Inertia(0, 3, 0)


def test_the_textbook_s_null_direction():
    matrix = DenseSymmetric(TEXTBOOK)
    values, vectors = matrix.spectrum
    null = vectors[:, -1]
    assert abs(values[-1]) <= matrix.rounding
    np.testing.assert_allclose(null / null[0], [1, -1.5, -1], rtol=1e-12)


def test_a_shift_makes_definite():
    matrix = with_eigenvalues([-3.0, 1.0, 2.0])
    assert not matrix.factor(2.9).positive_definite
    assert matrix.factor(3.1).positive_definite
    assert matrix.factor(-1.5).inertia == Inertia(1, 2, 0)
    shifted = matrix.factor(3.1)
    x = shifted.solve(np.ones(3))
    np.testing.assert_allclose(matrix @ x + 3.1 * x, np.ones(3), atol=1e-13)


def test_factoring_leaves_the_matrix():
    array = np.array([[2.0, 1.0], [1.0, -3.0]])
    matrix = DenseSymmetric(array)
    kept = matrix.toarray().copy()
    matrix.factor().solve(np.ones(2))
    matrix.factor(5.0).solve(np.ones(2))
    np.testing.assert_array_equal(matrix.toarray(), kept)


def test_solving_leaves_the_right_hand_side():
    for values in ([1.0, 2.0], [-1.0, 2.0]):
        b = np.ones(2)
        with_eigenvalues(values).factor().solve(b)
        np.testing.assert_array_equal(b, [1, 1])


def test_only_the_symmetric_part_is_kept():
    matrix = DenseSymmetric(np.array([[1.0, 2.0], [0.0, 1.0]]))
    np.testing.assert_array_equal(matrix.toarray(), [[1, 1], [1, 1]])


def test_the_symmetric_part_of_huge_entries_is_finite():
    huge = np.full((2, 2), 1.7e308)
    np.testing.assert_array_equal(DenseSymmetric(huge).toarray(), huge)


def test_not_finite():
    array = np.eye(3)
    assert DenseSymmetric(array).is_finite
    for bad in (np.nan, np.inf):
        array = np.eye(3)
        array[0, 1] = bad
        assert not DenseSymmetric(array).is_finite


def test_leftmost():
    matrix = with_eigenvalues([-3.0, -1.0, 4.0], 3)
    value, vector = matrix.leftmost()
    assert value == pytest.approx(-3, rel=1e-14)
    assert np.linalg.norm(vector) == pytest.approx(1, rel=1e-14)
    np.testing.assert_allclose(matrix @ vector, value * vector, atol=1e-13)
    assert vector @ (matrix @ vector) <= min(np.diag(matrix.toarray()))


def test_rounding_bounds_the_error_of_eigenvalues():
    matrix = DenseSymmetric(np.array([[1e8, 3.0], [3.0, 1e8]]))
    assert np.abs(matrix.spectrum[0] - [1e8 - 3, 1e8 + 3]).max() <= matrix.rounding
    assert matrix.rounding == pytest.approx(2 * EPS * 1e8, rel=1e-6)


@given(
    st.lists(st.floats(-10, 10).filter(lambda v: v == 0 or abs(v) > 1e-2), min_size=1, max_size=8),
    st.integers(0, 1000),
)
def test_inertia_by_sylvester_s_law(values, seed):
    # By congruence with a well-conditioned matrix, not by eigenvalues: exact zeros excepted.
    values = [v for v in values if v] or [1.0]
    matrix = with_eigenvalues(values, seed)
    congruent = np.random.default_rng(seed).normal(size=(len(values),) * 2) + 4 * np.eye(
        len(values)
    )
    assert matrix.factor().inertia == inertia_of(values)
    transformed = DenseSymmetric(congruent @ matrix.toarray() @ congruent.T)
    if np.linalg.cond(congruent) < 1e3:
        assert transformed.factor().inertia == inertia_of(values)


def test_symmetric_sums_of_diagonals_keep_their_signs():
    # Diagonal matrices, where Bunch-Kaufman's D is the matrix itself: every sign, zeros included.
    values = np.array([3.0, -1.0, 0.0, 2.0, 0.0, -5.0])
    assert DenseSymmetric(np.diag(values)).factor().inertia == Inertia(2, 2, 2)
