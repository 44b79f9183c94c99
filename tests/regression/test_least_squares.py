"""NIST's reference sets, and least squares by another route."""

import mpmath as mp
import numpy as np
import pytest
from scipy import linalg

from extremum import Verdict, minimize
from extremum.regression import ArrayRows, LinearRegression
from extremum.regression.least_squares import LeastSquares
from extremum.regression.losses import HalfSquared
from extremum.regression.risk import MeanLoss
from extremum.regression.units import Units

X20 = np.vander(np.arange(21.0), 6, increasing=True)[:, 1:]
DELTA = np.array([759, -2048, 2048, -2048, 2523, -2048, 2048, -2048, 1838, -2048, 2048.0])
DELTA = np.concatenate([DELTA, DELTA[-2::-1]])  # it reads the same backwards

NORRIS_X, NORRIS_Y = (
    np.array(numbers.split(), float)
    for numbers in (
        """
        0.2 337.4 118.2 884.6 10.1 226.5 666.3 996.3 448.6 777.0 558.2 0.4 0.6 775.5 666.9 338.0
        447.5 11.6 556.0 228.1 995.8 887.6 120.2 0.3 0.3 556.8 339.1 887.2 999.0 779.0 11.1
        118.3 229.2 669.1 448.9 0.5
        """,
        """
        0.1 338.8 118.1 888.0 9.2 228.1 668.5 998.5 449.1 778.9 559.2 0.3 0.1 778.1 668.8 339.3
        448.9 10.8 557.7 228.3 998.0 888.8 119.6 0.3 0.6 557.6 339.3 888.0 998.5 778.9 10.2
        117.6 228.9 668.4 449.2 0.2
        """,
    )
)


def longley():
    import statsmodels.api as sm

    data = sm.datasets.longley.load_pandas()
    return data.exog.to_numpy(float), data.endog.to_numpy(float)


def exact(X, y, intercept):
    """The solution of the normal equations in 80 digits."""
    with mp.workdps(80):
        rows = [[*map(float, row), *([1.0] if intercept else [])] for row in X]
        A, b = mp.matrix(rows), mp.matrix([float(value) for value in y])
        return np.array([float(value) for value in mp.lu_solve(A.T * A, A.T * b)])


def digits(found, true):
    """The mean number of correct digits (NIST's LRE), at most 15."""
    errors = np.abs(found - true) / np.where(true == 0, 1, np.abs(true))
    return np.minimum(-np.log10(np.maximum(errors, 1e-15)), 15).mean()


SETS = {
    "Longley": (*longley(), True),
    "Norris": (NORRIS_X[:, None], NORRIS_Y, True),
    "Wampler1": (X20, 1 + X20.sum(axis=1), True),
    "Wampler2": (X20, 1 + X20 @ 0.1 ** np.arange(1.0, 6), True),
    "Wampler3": (X20, 1 + X20.sum(axis=1) + DELTA, True),
    "Wampler4": (X20, 1 + X20.sum(axis=1) + 100 * DELTA, True),
    "Wampler5": (X20, 1 + X20.sum(axis=1) + 10_000 * DELTA, True),
    "NoInt1": (np.arange(60.0, 71)[:, None], np.arange(130.0, 141), False),
    "NoInt2": (np.array([[4.0], [5], [6]]), np.array([3.0, 4, 4]), False),
}


LAST_PLACE = 0.1


@pytest.mark.parametrize("name", SETS)
def test_nist(name):
    X, y, intercept = SETS[name]
    true = exact(X, y, intercept)
    A = np.column_stack([X, np.ones(len(y))]) if intercept else X
    Q, R = np.linalg.qr(A)
    lapack = linalg.solve_triangular(R, Q.T @ y)
    model = LinearRegression(fit_intercept=intercept).fit(X, y)
    found = np.append(model.coef_, model.intercept_) if intercept else model.coef_
    # But for luck in the last place: Norris's intercept is what numbers of its 1700-fold leave.
    assert digits(found, true) >= digits(lapack, true) - LAST_PLACE
    assert model.certificate_.verdict is Verdict.MINIMUM
    assert model.result_.success


def test_longley_is_what_nist_certifies():
    # https://www.itl.nist.gov/div898/strd/lls/data/LINKS/v-Longley.shtml
    model = LinearRegression().fit(*longley())
    certified = [
        15.0618722713733,
        -0.358191792925910e-01,
        -2.02022980381683,
        -1.03322686717359,
        -0.511041056535807e-01,
        1829.15146461355,
    ]
    np.testing.assert_allclose(model.coef_, certified, rtol=1e-13)
    assert model.intercept_ == pytest.approx(-3482258.63459582, rel=1e-13)


def test_norris_is_what_nist_certifies():
    # https://www.itl.nist.gov/div898/strd/lls/data/LINKS/v-Norris.shtml
    model = LinearRegression().fit(NORRIS_X[:, None], NORRIS_Y)
    assert model.coef_[0] == pytest.approx(1.00211681802045, rel=1e-14)
    assert model.intercept_ == pytest.approx(-0.262323073774029, rel=1e-13)
    np.testing.assert_allclose(model.bse_, [0.232818234301152, 0.429796848199937e-03], rtol=1e-12)


@pytest.mark.parametrize("n", [60, 100_000])
def test_weights_penalty_and_blocks(n):
    rng = np.random.default_rng(0)
    X = rng.normal([3, 0, -2], [1, 10, 0.1], size=(n, 3))
    y, weight = X @ [1.0, 2, 3] + rng.normal(size=n) + 5, rng.uniform(0.5, 2, n)
    for standardize in (False, True):
        model = LinearRegression(l2=0.2, standardize=standardize).fit(X, y, weight)
        mean, level = np.average(X, axis=0, weights=weight), np.average(y, weights=weight)
        scale = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=weight)) if standardize else 1
        Z = (X - mean) / scale
        normal = (Z.T * weight) @ Z / weight.sum() + 0.2 * np.eye(3)
        wanted = np.linalg.solve(normal, (Z.T * weight) @ (y - level) / weight.sum()) / scale
        np.testing.assert_allclose(model.coef_, wanted, rtol=1e-9)
        assert model.intercept_ == pytest.approx(level - mean @ wanted, rel=1e-9)


def test_more_columns_than_rows_are_fitted_exactly():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(5, 9)), rng.normal(size=5)
    rows = ArrayRows(X, y)
    risk = MeanLoss(rows, HalfSquared(), Units.of(rows, False))
    found = minimize(risk, np.zeros(9), method=LeastSquares()).x
    np.testing.assert_allclose(X @ found, y, atol=1e-12)
    scale = np.sqrt((X**2).mean(axis=0))
    shortest = np.linalg.lstsq(X / scale, y)[0] / scale
    np.testing.assert_allclose(found, shortest, atol=1e-10)


def test_a_mean_far_from_zero_costs_no_digits():
    rng = np.random.default_rng(0)
    X = 1e6 + np.arange(50.0)[:, None]
    y = 2 * X[:, 0] + 1 + rng.normal(size=50)
    model = LinearRegression().fit(X, y)
    assert digits(np.append(model.coef_, model.intercept_), exact(X, y, True)) > 13


@pytest.mark.parametrize("condition", [1.0, 1e3, 1e7])
def test_products_and_reflections_give_the_same_digits(condition, monkeypatch):
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    X = rng.normal(size=(400, 8)) @ (turn * np.geomspace(1, 1 / condition, 8)) @ turn.T
    y = X @ np.arange(8.0) + rng.normal(size=400)
    monkeypatch.setattr("extremum.regression.least_squares.EXTENDED", 0)
    model = LinearRegression().fit(X, y)
    true = exact(X, y, True)
    Q, R = np.linalg.qr(np.column_stack([X, np.ones(400)]))
    lapack = linalg.solve_triangular(R, Q.T @ y)
    found = np.append(model.coef_, model.intercept_)
    assert digits(found, true) >= digits(lapack, true) - 0.5


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_a_state_without_a_correction_has_the_gradient_of_its_point(
    intercept, standardize, l2, monkeypatch
):
    monkeypatch.setattr("extremum.regression.least_squares.EXTENDED", 0)
    monkeypatch.setattr("extremum.regression.least_squares.NEGLIGIBLE", 1e6)
    rng = np.random.default_rng(0)
    X = rng.normal([3, 0, -2], [1, 10, 0.1], size=(500, 3))
    rows = ArrayRows(X, X @ [1.0, 2, 3] + rng.normal(size=500) + 5, rng.uniform(0.5, 2, 500))
    risk = MeanLoss(rows, HalfSquared(), Units.of(rows, intercept), l2, standardize)
    method = LeastSquares()
    state = method.next_state(risk, method.initial_state(risk, np.zeros(risk.size)))
    evaluations = risk.counts.njev
    fun, gradient = risk.value_and_gradient(state.x)
    assert evaluations == 1  # at the start alone
    assert state.fun == pytest.approx(fun, rel=1e-12)
    np.testing.assert_allclose(state.gradient, gradient, atol=1e-11)
