"""The trust-region subproblem: its optimality conditions recomputed, and the branch taken."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extremum.linalg import DenseSymmetric, LowRankSum, OperatorSymmetric, Pattern
from extremum.methods.subproblem import (
    CLOSE,
    EIGENDECOMPOSED,
    MOST_FACTORIZATIONS,
    NEGLIGIBLE,
    Case,
    solve_subproblem,
)
from tests.linalg.matrices import of_array

EPS = np.finfo(float).eps
MODERATE = st.floats(-10, 10).map(lambda value: value if abs(value) > 1e-100 else 0.0)


def rotation(n, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))[0]


def with_eigenvalues(values, basis):
    array = basis * np.asarray(values, float) @ basis.T
    return array / 2 + array.T / 2


def best_of_slopes(values, slopes, radius):
    """The global decrease and its multiplier, by bisection on eigenvalues that are known."""
    gaps = values - values.min()
    kept = slopes != 0

    def length(mu):
        return math.hypot(*(slopes[kept] / (gaps[kept] + mu)))

    low = max(values.min(), 0.0)
    floor = low or 1e-14
    rest = 0.0
    if length(floor) > radius:
        low, high = floor, floor + np.linalg.norm(slopes) / radius
        for _ in range(200):
            middle = math.sqrt(low * high)
            low, high = (middle, high) if length(middle) > radius else (low, middle)
        mu = high
    else:
        mu = floor
        if values.min() < 0:
            rest = radius**2 - length(floor) ** 2
    shift = mu - values.min()
    if abs(shift) < 1e-13:
        shift = 0.0
    parts = -slopes[kept] / (gaps[kept] + mu)
    fall = -slopes[kept] @ parts - 0.5 * parts @ (values[kept] * parts) - values.min() * rest / 2
    return fall, shift


def decrease_of(array, gradient, step):
    return -gradient @ step - 0.5 * step @ array @ step


def check(values, slopes, array, gradient, radius, found, exact=None):
    """Corollary 7.2.2 of Conn, Gould & Toint, from the dense matrix and the step alone."""
    n = len(array)
    exact = n <= EIGENDECOMPOSED if exact is None else exact
    close = 1e-8 if exact else CLOSE
    s, shift = found.step, found.multiplier
    norm = np.abs(values).max()
    rounding = 100 * n * EPS * norm
    length = np.linalg.norm(s)
    assert s.shape == (n,)
    assert shift >= 0
    assert np.linalg.eigvalsh(array)[0] + shift >= -rounding
    assert length <= radius * (1 + close)
    residual = np.linalg.norm(array @ s + shift * s + gradient)
    small = 1e3 * n * EPS * (norm * length + shift * length + np.linalg.norm(gradient))
    if found.case is not Case.HARD or exact:
        assert residual <= small
    if found.case is Case.INTERIOR:
        assert shift == 0
    else:
        assert abs(length - radius) <= close * radius
    fall = decrease_of(array, gradient, s)
    scale = abs(gradient @ s) + abs(s @ array @ s)
    assert abs(fall - found.decrease) <= 1e3 * n * EPS * scale
    # Shorter steps lose (1 - t)² of what the boundary's best one gains, the hard case its part.
    best, _ = best_of_slopes(values, slopes, radius)
    lost = 1e-8 if exact else max(NEGLIGIBLE, 1 - (1 - CLOSE) ** 2)
    assert fall >= (1 - lost) * best - rounding * radius**2


CASES = {
    # name: eigenvalues, slopes along the eigenvectors, Δ, the branch
    "interior": ([1, 2, 5], [1, 1, 1], 10, Case.INTERIOR),
    "boundary": ([1, 2, 5], [10, 10, 10], 1, Case.BOUNDARY),
    "indefinite": ([-2, 1, 5], [1, 1, 1], 1, Case.BOUNDARY),
    "negative definite": ([-5, -2, -1], [1, 1, 1], 1, Case.BOUNDARY),
    "singular, in range, interior": ([0, 1, 2], [0, 1, 1], 10, Case.INTERIOR),
    "singular, in range, boundary": ([0, 1, 2], [0, 10, 10], 1, Case.BOUNDARY),
    "singular, not in range": ([0, 1, 2], [1, 1, 1], 10, Case.BOUNDARY),
    "hard": ([-2, 1, 5], [0, 1, 1], 2, Case.HARD),
    "hard, twice": ([-2, -2, 5], [0, 0, 1], 2, Case.HARD),
    "hard, saddle nearly": ([-2, 1, 5], [0, 1e-9, 0], 2, Case.HARD),
    "orthogonal, but not hard": ([-2, -1, 5], [0, 10, 1], 1, Case.BOUNDARY),
    "each part short, all long": ([-1, 0, 0, 0, 0], [0, 1.9, 1.9, 1.9, 1.9], 2, Case.BOUNDARY),
    "nearly hard, 1e-14": ([-2, 1, 5], [1e-14, 1, 1], 2, None),
    "nearly hard, 1e-8": ([-2, 1, 5], [1e-8, 1, 1], 2, None),
    "nearly hard, twice": ([-2, -2, 5], [1e-14, -1e-8, 1], 2, None),
    "zero": ([0, 0, 0], [1, -2, 3], 2, Case.BOUNDARY),
    "minus the identity": ([-1, -1, -1], [1, 1, 1], 3, Case.BOUNDARY),
    "tiny slope": ([1, 2, 5], [1e-200, 1e-200, 1e-200], 1, Case.INTERIOR),
    "tiny slope, indefinite": ([-1, 2, 5], [1e-200, 1e-200, 1e-200], 1, None),
    "huge slope": ([1, 2, -5], [1e100, 1e100, 1e100], 1, Case.BOUNDARY),
    "tiny region": ([1, 2, 5], [1, 1, 1], 1e-12, Case.BOUNDARY),
    "huge region": ([-1, 2, 5], [1, 1, 1], 1e12, None),
    "huge region, interior": ([1, 2, 5], [1, 1, 1], 1e12, Case.INTERIOR),
    "badly scaled": (np.geomspace(1e-8, 1e8, 9), np.ones(9), 1, Case.BOUNDARY),
    "badly scaled, interior": (np.geomspace(1e-8, 1e8, 9), np.ones(9), 1e9, Case.INTERIOR),
    "badly scaled, indefinite": ([-1e-8, *np.geomspace(1e-8, 1e8, 8)], np.ones(9), 1, None),
    "one variable": ([2], [1], 10, Case.INTERIOR),
    "one variable, boundary": ([2], [100], 10, Case.BOUNDARY),
    "one variable, negative": ([-2], [1], 10, Case.BOUNDARY),
    "one variable, zero": ([0], [-1], 10, Case.BOUNDARY),
    "two variables": ([-1, 3], [1, 1], 2, Case.BOUNDARY),
    "two variables, hard": ([-1, 3], [0, 1], 2, Case.HARD),
}


def tridiagonal(values):
    pattern = Pattern.tridiagonal(len(values))
    entries = np.zeros(pattern.nnz)
    entries[pattern.diagonal] = values
    return pattern.matrix(entries)


def banded(values):
    pattern = Pattern.with_bandwidth(len(values), min(12, len(values) - 1))
    entries = np.zeros(pattern.nnz)
    entries[pattern.diagonal] = values
    return pattern.matrix(entries)


def low_rank(values):
    values = np.asarray(values, float)
    first = np.eye(len(values), 1)
    # What the base has too much of, the low-rank part takes away.
    base = tridiagonal(values + 3 * first[:, 0])
    return LowRankSum(base, first, np.array([[-3.0]]))


def padded(values, slopes, n):
    """The same problem with as many eigenvalues as n, the others in the spectrum's middle."""
    values = np.asarray(values, float)
    extra = n - len(values)
    if extra <= 0:
        return values, np.asarray(slopes, float)
    return np.r_[values, np.full(extra, values.max())], np.r_[slopes, np.zeros(extra)]


STORAGES = {
    "dense": lambda values: DenseSymmetric(np.diag(np.asarray(values, float))),
    "tridiagonal": tridiagonal,
    "banded": banded,
    "sparse": lambda values: of_array(np.diag(values)) if len(values) > 3 else tridiagonal(values),
    "low rank": low_rank,
}


@pytest.mark.parametrize("n", [0, 60])
@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("name", CASES)
def test_by_hand(name, storage, n):
    if storage == "low rank" and "scaled" in name:
        pytest.skip("its base's entries are lost against each other")
    values, slopes, radius, case = CASES[name]
    values, slopes = padded(values, slopes, n)
    matrix = STORAGES[storage](values)
    found = solve_subproblem(matrix, slopes, radius)
    exact = storage == "dense" and len(values) <= EIGENDECOMPOSED
    check(values, slopes, matrix.toarray(), slopes, radius, found, exact)
    if case is not None and (exact or case is Case.INTERIOR):
        assert found.case is case


@pytest.mark.parametrize("n", [5, 60])
@pytest.mark.parametrize("name", [name for name in CASES if "scaled" not in name])
def test_by_hand_rotated(name, n):
    values, slopes, radius, _ = CASES[name]
    values, slopes = padded(values, slopes, n)
    basis = rotation(len(values))
    array = with_eigenvalues(values, basis)
    found = solve_subproblem(DenseSymmetric(array), basis @ slopes, radius)
    check(values, slopes, array, basis @ slopes, radius, found)


@pytest.mark.parametrize("n", [3, 60])
def test_the_shortest_minimizer_of_a_singular_model(n):
    ones = np.ones(n) / n**0.5
    found = solve_subproblem(DenseSymmetric(2 * np.outer(ones, ones)), 3 * ones, 1000.0)
    assert found.case is Case.INTERIOR
    np.testing.assert_allclose(found.step, -1.5 * ones, atol=1e-10 if n == 3 else 5e-3)


@pytest.mark.parametrize("name", ["boundary", "indefinite", "hard", "nearly hard, 1e-8", "zero"])
def test_no_other_point_is_lower(name):
    values, slopes, radius, _ = CASES[name]
    basis = rotation(len(values), 3)
    array, gradient = with_eigenvalues(values, basis), basis @ np.asarray(slopes, float)
    found = solve_subproblem(DenseSymmetric(array), gradient, radius)
    rng = np.random.default_rng(0)
    for size in (1e-6, 1e-3, 0.1, 1, 10):
        for _ in range(50):
            other = found.step + size * radius * rng.normal(size=len(values))
            other *= min(1, np.linalg.norm(found.step) / np.linalg.norm(other))
            assert decrease_of(array, gradient, other) <= found.decrease * (1 + 1e-12)


@pytest.mark.parametrize("n", [3, 60])
@pytest.mark.parametrize("name", ["hard", "hard, twice", "nearly hard, 1e-8", "indefinite"])
def test_the_checks_see_a_reversed_sign(name, n):
    """The negative control: a step whose multiplier and length are right, but not its sign."""
    values, slopes, radius, _ = CASES[name]
    values, slopes = padded(values, slopes, n)
    array = np.diag(values)
    found = solve_subproblem(DenseSymmetric(array), slopes, radius)
    wrong = type(found)(
        np.r_[found.step[:2], -found.step[2:]], found.decrease, found.multiplier, found.case
    )
    assert np.linalg.norm(wrong.step) == pytest.approx(np.linalg.norm(found.step))
    with pytest.raises(AssertionError):
        check(values, slopes, array, slopes, radius, wrong)


def test_along_the_eigenvector_either_way():
    """In the exact hard case both signs are right; in the nearly hard one only downhill is."""
    array = np.diag([-2.0, 1.0, 5.0])
    for sign in (1, -1):
        gradient = np.array([sign * 1e-6, 1.0, 1.0])
        found = solve_subproblem(DenseSymmetric(array), gradient, 2.0)
        assert found.step[0] * sign < 0


class Counting:
    """A matrix that counts its factorizations."""

    def __init__(self, matrix):
        self._matrix, self.factorizations = matrix, 0

    def cholesky(self, shift=0.0):
        self.factorizations += 1
        return self._matrix.cholesky(shift)

    def __matmul__(self, v):
        return self._matrix @ v

    def __getattr__(self, name):
        return getattr(self._matrix, name)


SPECTRA = {
    "definite": np.linspace(1, 5, 60),
    "definite, ill-conditioned": np.geomspace(1e-3, 1e3, 60),
    "indefinite": np.linspace(-2, 5, 60),
    "one negative": np.r_[-5, np.linspace(1, 1e4, 59)],
    "weakly negative": np.r_[-1e-3, np.geomspace(1e-2, 1e3, 59)],
    "negative definite": -np.geomspace(1, 1e4, 60),
    "singular": np.r_[0, np.linspace(1, 5, 59)],
}
TYPICAL = {"definite", "definite, ill-conditioned", "indefinite", "negative definite"}


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("name", SPECTRA)
def test_any_guess(name, hard):
    basis = rotation(60, 1)
    array = with_eigenvalues(SPECTRA[name], basis)
    slopes = np.random.default_rng(2).normal(size=60)
    if hard:
        slopes[0 if name != "negative definite" else -1] = 0
    gradient = basis @ slopes
    for radius in (1e-3, 0.3, 3, 1e3):
        best, shift = best_of_slopes(SPECTRA[name], slopes, radius)
        for factor in (0, 1e-12, 1e-3, 0.5, 0.99, 1.01, 2, 1e3, 1e12):
            matrix = Counting(DenseSymmetric(array))
            guess = factor * (shift or 1.0)
            found = solve_subproblem(matrix, gradient, radius, guess)
            length = np.linalg.norm(found.step)
            assert matrix.factorizations <= min(20, MOST_FACTORIZATIONS)
            assert length <= radius * (1 + CLOSE)
            assert np.linalg.eigvalsh(array)[0] + found.multiplier >= -1e-9
            assert decrease_of(array, gradient, found.step) >= 0.81 * best
            if shift == 0 and name != "singular":
                assert found.case is Case.INTERIOR
                np.testing.assert_allclose(array @ found.step, -gradient, atol=1e-9)
                assert matrix.factorizations == 1 or guess
            if found.case is Case.INTERIOR:
                assert found.multiplier == 0
            if factor in (0, 0.99, 1.01) and name in TYPICAL and not hard:
                assert matrix.factorizations <= 5


@settings(max_examples=100)
@given(
    st.lists(MODERATE, min_size=1, max_size=6),
    st.lists(MODERATE, min_size=6, max_size=6),
    st.floats(1e-3, 1e3),
    st.integers(0, 100),
    st.sampled_from([0, 60]),
)
def test_any_spectrum(values, slopes, radius, seed, n):
    slopes = np.array(slopes[: len(values)])
    if not np.linalg.norm(slopes) > 1e-100:
        slopes = np.ones(len(values))
    values, slopes = padded(values, slopes, n)
    basis = rotation(len(values), seed)
    array, gradient = with_eigenvalues(values, basis), basis @ slopes
    found = solve_subproblem(DenseSymmetric(array), gradient, radius)
    length, shift = np.linalg.norm(found.step), found.multiplier
    exact = len(values) <= EIGENDECOMPOSED
    assert length <= radius * (1 + (1e-8 if exact else CLOSE))
    assert shift >= 0
    norm = np.abs(values).max()
    assert np.linalg.eigvalsh(array)[0] + shift >= -1e-12 * norm
    fall = decrease_of(array, gradient, found.step)
    reference, _ = best_of_slopes(values, slopes, radius)
    slack = 1e-11 * (norm * radius**2 + np.linalg.norm(gradient) * radius)
    assert fall >= (1 - 1e-8 if exact else 0.81) * reference - slack
    assert abs(fall - found.decrease) <= slack


def test_the_multiplier_of_a_product_s_matrix_is_not_asked_for():
    """An operator can't be factored: nothing here takes it."""
    with pytest.raises(AttributeError):
        solve_subproblem(OperatorSymmetric(3, lambda v: v), np.ones(3), 1.0)
