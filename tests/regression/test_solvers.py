"""All ways lead to the same coefficients, each at its own rate."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning

from extremum import GradientNorm, InvalidInput, Reason, UnknownOption, Verdict, minimize
from extremum.regression import (
    ArrayRows,
    LinearRegression,
    LogisticRegression,
    PoissonRegression,
)
from extremum.regression.losses import LogLoss
from extremum.regression.risk import MeanLoss
from extremum.regression.sampled_newton import SampledNewton
from extremum.regression.stopping import ScaledGradient
from extremum.regression.units import Units

TIGHT = GradientNorm(1e-10)


def linear_table():
    X, y = load_diabetes(return_X_y=True, scaled=False)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    return X[:, [1, 2, 3, 6]], y / 100


def logistic_table():
    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    return X[:, [1, 4, 8]], y


WAYS = {
    "newton": {"solver": "newton"},
    "fixed": {"solver": "gradient-descent", "step": 0.3},
    "exact": {"solver": "gradient-descent", "step": "exact"},
    "armijo": {"solver": "gradient-descent", "step": "armijo"},
    "newton, exact": {"solver": "newton", "step": "exact"},
    "lbfgs": {"solver": "lbfgs"},
    "auto": {},
}


@pytest.mark.parametrize(
    ("estimator", "table"),
    [(LinearRegression, linear_table), (LogisticRegression, logistic_table)],
)
def test_all_ways_lead_to_the_same_coefficients(estimator, table):
    X, y = table()
    fits = {
        name: estimator(stop=TIGHT, max_iter=100_000, **way).fit(X, y) for name, way in WAYS.items()
    }
    wanted = np.append(fits["newton"].coef_, fits["newton"].intercept_)
    for name, fit in fits.items():
        found = np.append(fit.coef_, fit.intercept_)
        np.testing.assert_allclose(found, wanted, atol=1e-8, err_msg=name)
        assert fit.result_.success, name
        assert fit.certificate_.verdict is Verdict.MINIMUM
        assert fit.n_iter_ == len(fit.trace_) - 1


def test_linear_against_quadratic_convergence():
    X, y = logistic_table()
    slow = LogisticRegression(solver="gradient-descent", step=0.3, stop=TIGHT, max_iter=100_000)
    norms = slow.fit(X, y).trace_["grad_norm"]
    rates = norms[51:-1] / norms[50:-2]
    # Linear: the same factor at each step, 1 − step · λ, in the end.
    smallest = slow.certificate_.smallest_eigenvalue
    np.testing.assert_allclose(rates[-20:], 1 - 0.3 * smallest, rtol=1e-3)
    fast = LogisticRegression(solver="newton", stop=TIGHT).fit(X, y).trace_["grad_norm"]
    # Quadratic: each norm is about the square of the one before.
    assert len(fast) < 12
    early = fast[fast > 1e-7]
    assert (early[1:] / early[:-1] ** 2).max() < 30
    assert (norms[1:] / norms[:-1] ** 2).max() > 1e6


def test_a_fixed_step_is_the_textbooks():
    X, y = np.array([[1.0], [2.0], [4.0]]), np.array([1.0, 2.0, 3.0])
    model = LinearRegression(solver="gradient-descent", step=0.03, max_iter=3)
    with pytest.warns(ConvergenceWarning, match="maxiter"):
        model.fit(X, y)
    w = b = 0.0
    for _ in range(3):
        rest = X[:, 0] * w + b - y
        w, b = w - 0.03 * (rest * X[:, 0]).mean(), b - 0.03 * rest.mean()
    assert model.coef_[0] == pytest.approx(w, rel=1e-14)
    assert model.intercept_ == pytest.approx(b, rel=1e-14)
    assert model.result_.reason is Reason.MAXITER


def risk_of(X, y, loss=None, l2=0.0):
    rows = ArrayRows(X, y)
    return MeanLoss(rows, loss or LogLoss(), Units.of(rows, True), l2)


def simulated(n, d, *, condition=1.0, seed=0):
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    X = rng.normal(size=(n, d)) @ (turn * np.geomspace(1, 1 / condition, d)) @ turn.T
    w = rng.normal(size=d) / np.linalg.norm(X.std(axis=0))
    y = (rng.random(n) < 1 / (1 + np.exp(-X @ w - 0.5))).astype(float)
    return X, y


@pytest.mark.parametrize("condition", [1.0, 1e3, 1e6])
@pytest.mark.parametrize("scale", [1.0, 1e-5, 1e5])
def test_samples_lead_to_the_minimum_over_all_rows(condition, scale):
    X, y = simulated(60_000, 45, condition=condition)
    X = scale * X + 3 * scale
    model = LogisticRegression().fit(X, y)
    gradient = model._risk.value_and_gradient(model.result_.x)[1]
    assert np.abs(model._risk.scaled_gradient(gradient)).max() <= 1e-8
    # The start was found on a sample, and few passes were needed from there.
    assert model.result_.nfev < 25
    assert model.trace_["fun"][0] < 0.99 * np.log(2)
    assert model.certificate_.verdict is Verdict.MINIMUM


def test_a_column_that_a_sample_does_not_show():
    X, y = simulated(60_000, 45)
    X[:, 3] = 0
    rare = np.arange(17, 60_000, 6_000)
    X[rare, 3] = 1
    y[rare[:5]], y[rare[5:]] = 0, 1
    model = LogisticRegression().fit(X, y)
    assert model.result_.success
    gradient = model._risk.value_and_gradient(model.result_.x)[1]
    assert np.abs(model._risk.scaled_gradient(gradient)).max() <= 1e-8


def test_uncorrelated_columns_need_no_hessian(monkeypatch):
    monkeypatch.setattr("extremum.regression.sampled_newton.PRECISE_PER_PARAMETER", 1e9)
    X, y = simulated(60_000, 45)
    method, phi = SampledNewton(), risk_of(X, y)
    state = method.initial_state(phi, np.zeros(phi.size))
    assert state.memory.inverse.diagonal
    correlated = risk_of(*simulated(60_000, 45, condition=10))
    state = method.initial_state(correlated, np.zeros(phi.size))
    assert not state.memory.inverse.diagonal


def test_several_classes():
    X, y = load_iris(return_X_y=True)
    X = X[:, [1]]  # the sepals' width leaves the classes overlapping
    fits = [LogisticRegression(solver=s).fit(X, y) for s in ("auto", "newton", "lbfgs")]
    for fit in fits:
        np.testing.assert_allclose(fit.coef_.sum(axis=0), 0, atol=1e-10)
        # At the minimum the expected counts, and sums of columns, are those observed.
        rest = fit.predict_proba(X) - (y[:, None] == fit.classes_)
        np.testing.assert_allclose(X.T @ rest / len(y), 0, atol=1e-6)
        np.testing.assert_allclose(rest.mean(axis=0), 0, atol=1e-7)
        np.testing.assert_allclose(fit.coef_, fits[0].coef_, atol=1e-4)


def test_poisson():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 3))
    y = rng.poisson(np.exp(X @ [0.3, -0.5, 0.1] + 5))
    fit = PoissonRegression().fit(X, y)
    rest = fit.predict(X) - y
    np.testing.assert_allclose(np.column_stack([X, np.ones(2000)]).T @ rest / 2000, 0, atol=1e-5)
    np.testing.assert_allclose(fit.coef_, [0.3, -0.5, 0.1], atol=0.02)
    with pytest.raises(InvalidInput, match="row 3 is -1"):
        PoissonRegression().fit(X[:5], [1, 2, 0, -1, 3])


@pytest.mark.parametrize("estimator", [LogisticRegression, PoissonRegression])
def test_a_penalty_on_standardized_columns(estimator):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3)) * [1, 100, 0.01] + [0, 50, 3]
    y = (rng.random(400) < 0.4).astype(int)
    by_hand = estimator(l2=0.1).fit((X - X.mean(axis=0)) / X.std(axis=0), y)
    fit = estimator(l2=0.1, standardize=True).fit(X, y)
    np.testing.assert_allclose(np.ravel(fit.coef_) * X.std(axis=0), np.ravel(by_hand.coef_))
    lifted = fit.intercept_ + np.ravel(fit.coef_) @ X.mean(axis=0)
    np.testing.assert_allclose(lifted, by_hand.intercept_)


def test_columns_that_sum_to_a_constant():
    rng = np.random.default_rng(0)
    group = rng.integers(0, 3, 500)
    X = np.column_stack([np.eye(3)[group], rng.normal(size=500)])
    y = (rng.random(500) < 0.3 + 0.2 * group).astype(int)
    risk = risk_of(X, y.astype(float))
    result = minimize(risk, np.zeros(risk.size), method=SampledNewton(), stop=ScaledGradient(risk))
    assert result.success
    assert result.certificate.verdict is Verdict.DEGENERATE
    assert result.certificate.nullity == 1
    np.testing.assert_allclose(
        np.abs(result.certificate.flat_directions[0]), [0.5, 0.5, 0.5, 0, 0.5], atol=1e-12
    )


def test_warm_start_and_callback():
    X, y = logistic_table()
    model = LogisticRegression(warm_start=True).fit(X, y)
    seen = []
    model.set_params(solver="newton", callback=lambda x: seen.append(x))
    first = model.coef_.copy()
    model.fit(X, y)
    assert model.n_iter_ <= 1
    assert len(seen) == model.n_iter_
    np.testing.assert_allclose(model.coef_, first, atol=1e-7)


def test_what_has_no_meaning_is_refused():
    X, y = logistic_table()
    with pytest.raises(UnknownOption, match="'newton'"):
        LogisticRegression(solver="saga").fit(X, y)
    with pytest.raises(UnknownOption, match="'exact'"):
        LogisticRegression(solver="newton", step="wolfe").fit(X, y)
    with pytest.raises(InvalidInput, match="name a solver"):
        LogisticRegression(step=0.1).fit(X, y)
    with pytest.raises(InvalidInput, match="l2"):
        LogisticRegression(l2=-1).fit(X, y)
    with pytest.raises(InvalidInput, match="only one class"):
        LogisticRegression().fit(X, np.ones(len(y)))


def test_the_rows_are_left_out_when_a_fit_is_pickled():
    import pickle

    X, y = logistic_table()
    model = LogisticRegression().fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert not hasattr(again, "_risk")
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_frames_keep_their_names():
    import pandas as pd
    import polars as pl

    X, y = linear_table()
    for frame in (pd.DataFrame(X, columns=list("abcd")), pl.DataFrame(X, schema=list("abcd"))):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model = LinearRegression().fit(frame, y)
            model.predict(frame)
        assert model.feature_names_in_.tolist() == list("abcd")
