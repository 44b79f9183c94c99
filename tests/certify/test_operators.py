"""Certificates from products alone: couplings that no factorization could hold, at any scale."""

import numpy as np
import pytest
from scipy import fft

from extremum import Verdict
from extremum.certify import certify_point
from extremum.certify.lanczos import smallest_vector, spectrum_bounds
from extremum.certify.preconditioned import BASES, Units
from extremum.linalg import DenseSymmetric, OperatorSymmetric
from extremum.objective import Counts, Objective

MOST_PRODUCTS = 6000


class Convolution(Objective):
    """½ Σ level x² + ½ xᵀ C x + ¼ Σ x⁴, with C a convolution around a ring, of a given symbol."""

    def __init__(self, level, symbol):
        self.level, self.symbol, self.counts = level, symbol, Counts()

    def coupled(self, v):
        return fft.irfft(self.symbol * fft.rfft(v), v.size)

    def value(self, x):
        return float(x @ (self.level * x + self.coupled(x)) / 2 + np.sum(x**4) / 4)

    def value_and_gradient(self, x):
        return self.value(x), self.level * x + self.coupled(x) + x**3

    def hessian(self, x):
        def product(v):
            self.counts.nhvp += 1
            return (self.level + 3 * x**2) * v + self.coupled(v)

        return OperatorSymmetric(x.size, product)

    def hessian_vector(self, x, v):
        return self.hessian(x) @ v


def waves(n):
    """From 0 to 1, of shape (n // 2 + 1,)."""
    return np.linspace(0, 1, n // 2 + 1)


def bumps(n):
    return np.exp(-((50 * waves(n)) ** 2))


CASES = {
    "well conditioned": lambda n: (np.ones(n), bumps(n)),
    "levels over 6 digits": lambda n: (np.logspace(0, 6, n), bumps(n) / 2),
    "levels over 8 digits": lambda n: (np.logspace(0, 8, n)[::-1], bumps(n) / 2),
    "a derivative, 1e4": lambda n: (np.zeros(n), 1 + 1e4 * waves(n) ** 2),
    "a derivative, 1e6": lambda n: (np.zeros(n), 1 + 1e6 * waves(n) ** 2),
    "a derivative in a rough well, 1e8": lambda n: (
        1 + np.sin(np.arange(n)) / 2,
        1e8 * waves(n) ** 2,
    ),
}

SADDLES = {
    "the mean": lambda n: (np.ones(n), np.where(waves(n) == 0, -3.0, 1.0)),
    "five modes": lambda n: (np.ones(n), np.where(np.arange(n // 2 + 1) < 3, -3.0, 1.0)),
    "one level of many": lambda n: (
        np.where(np.arange(n) == n // 3, -1.0, np.logspace(0, 6, n)),
        bumps(n) / 10,
    ),
}


def judged(n, case, turn=1.0):
    level, symbol = case(n)
    problem = Convolution(turn * level, turn * symbol)
    return problem, certify_point(problem, np.zeros(n))


def dense(n, case):
    level, symbol = case(n)
    problem = Convolution(level, symbol)
    return np.array([problem.hessian(np.zeros(n)) @ e for e in np.eye(n)])


@pytest.mark.parametrize("n", [1200, 100_000])
@pytest.mark.parametrize("name", CASES)
def test_a_minimum_of_any_condition(name, n):
    problem, found = judged(n, CASES[name])
    assert (found.verdict, found.morse_index) == (Verdict.MINIMUM, 0), found
    assert problem.counts.nhvp <= MOST_PRODUCTS
    if n == 1200:
        true = np.linalg.eigvalsh(dense(n, CASES[name]))
        assert true[0] > 0
        assert found.eigenvalues[0] - found.eigenvalue_error[0] <= true[0] * (1 + 1e-6)


@pytest.mark.parametrize("n", [1200, 100_000])
@pytest.mark.parametrize("name", SADDLES)
def test_a_saddle(name, n):
    problem, found = judged(n, SADDLES[name])
    assert found.verdict is Verdict.SADDLE, found
    assert problem.value(found.lower_point) < 0
    if n == 1200:
        index = int((np.linalg.eigvalsh(dense(n, SADDLES[name])) < 0).sum())
        assert 1 <= found.morse_index <= index


@pytest.mark.parametrize("name", ["well conditioned", "levels over 6 digits", "a derivative, 1e6"])
def test_a_maximum(name):
    level, symbol = CASES[name](2000)
    problem = Convolution(-level, -symbol)
    found = certify_point(problem, np.zeros(2000))
    assert (found.verdict, found.morse_index) == (Verdict.MAXIMUM, 2000)


@pytest.mark.parametrize("size", [0.0, 1e-13, -1e-13])
def test_a_mode_without_curvature_is_no_strict_minimum(size):
    """The negative control: other units make the mean's tiny curvature large."""
    n = 2000
    for stiffness in (1.0, 1e6):
        symbol = 1.0 + stiffness * waves(n) ** 2
        symbol[0] = size
        found = certify_point(Convolution(np.zeros(n), symbol), np.zeros(n))
        assert found.verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("basis", BASES)
def test_bounds_in_other_units_hold_for_the_matrix(basis):
    rng = np.random.default_rng(5)
    n = 60
    for _ in range(20):
        turn, _ = np.linalg.qr(rng.normal(size=(n, n)))
        scales = 10 ** rng.uniform(-2, 2, n)
        array = scales[:, None] * (turn @ np.diag(rng.uniform(0.5, 3, n)) @ turn.T) * scales
        matrix = DenseSymmetric(array)
        units = Units.of(matrix, basis)
        view = units.view(matrix)
        same = np.linalg.eigvalsh(view.toarray())
        assert (same > 0).all()
        assert same[0] * units.least <= np.linalg.eigvalsh(array)[0] * (1 + 1e-9)
        x = rng.normal(size=n)
        y = np.sqrt(units.diagonal) * basis(x)
        np.testing.assert_allclose(units.of_y(y), x, rtol=1e-9)
        assert y @ (view @ y) == pytest.approx(x @ array @ x)


def test_the_vector_of_the_smallest_ritz_value():
    values = np.r_[-3.0, np.linspace(1, 10, 400)]
    matrix = DenseSymmetric(np.diag(values))
    products = spectrum_bounds(matrix).products
    vector = smallest_vector(matrix, products)
    assert np.linalg.norm(vector) == pytest.approx(1)
    assert vector @ (matrix @ vector) < -1
