"""Standard errors, intervals and criteria, against statsmodels, mpmath and NIST."""

import pickle

import mpmath as mp
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.optimize import brentq, minimize
from scipy.stats import chi2
from statsmodels.datasets import longley, spector

from extremum.outcomes import (
    InvalidInput,
    NoStatistics,
    RankWarning,
    SeparationWarning,
    UnknownOption,
)
from extremum.regression import LinearRegression, LogisticRegression, PoissonRegression

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3)) * [1, 50, 0.1] + [3, 0, 1]
ETA = 0.5 * X[:, 0] - 0.01 * X[:, 1] + 3 * X[:, 2] - 4
WEIGHT = RNG.integers(1, 4, 200).astype(float)
NUMBERS = ETA + RNG.normal(size=200)
LABELS = (ETA + RNG.logistic(size=200) > 0).astype(int)
COUNTS = RNG.poisson(np.exp(ETA / 3))
THREE = RNG.integers(0, 3, 200)
DESIGN = sm.add_constant(X)


def same(found, expected, rtol=1e-8):
    np.testing.assert_allclose(found, np.asarray(expected), rtol=rtol, atol=1e-13)


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("intercept", [True, False])
def test_linear(weight, intercept):
    model = LinearRegression(fit_intercept=intercept).fit(X, NUMBERS, weight)
    # A weight of k is k rows: so the reference sees them.
    repeats = np.ones(200, dtype=int) if weight is None else weight.astype(int)
    design = np.repeat(DESIGN if intercept else X, repeats, axis=0)
    reference = sm.OLS(np.repeat(NUMBERS, repeats), design).fit()
    same(model.parameters_, reference.params)
    same(model.covariance_, reference.cov_params())
    same(model.bse_, reference.bse)
    same(model.tvalues_, reference.tvalues)
    same(model.pvalues_, reference.pvalues)
    same(model.conf_int(), reference.conf_int())
    same(model.conf_int(0.2), reference.conf_int(0.2))
    same(model.log_likelihood_, reference.llf)
    same([model.aic_, model.bic_], [reference.aic, reference.bic])
    same([model.rsquared_, model.rsquared_adj_], [reference.rsquared, reference.rsquared_adj])
    same(model.deviance_, reference.ssr)
    if weight is not None:
        glm = sm.GLM(NUMBERS, DESIGN if intercept else X, freq_weights=weight).fit()
        same(model.bse_, glm.bse)


@pytest.mark.parametrize("solver", ["auto", "newton", "lbfgs"])
def test_two_classes(solver):
    model = LogisticRegression(solver=solver).fit(X, LABELS)
    reference = sm.Logit(LABELS, DESIGN).fit(disp=0, maxiter=100)
    same(model.parameters_, reference.params)
    same(model.covariance_, reference.cov_params())
    same(model.bse_, reference.bse)
    same(model.zvalues_, reference.tvalues)
    same(model.pvalues_, reference.pvalues)
    same(model.conf_int(), reference.conf_int())
    same(model.log_likelihood_, reference.llf)
    same(model.null_log_likelihood_, reference.llnull)
    same([model.aic_, model.bic_], [reference.aic, reference.bic])
    same(model.mcfadden_, reference.prsquared)


def test_two_classes_with_weights():
    model = LogisticRegression().fit(X, LABELS, WEIGHT)
    family = sm.families.Binomial()
    reference = sm.GLM(LABELS, DESIGN, family=family, freq_weights=WEIGHT).fit(tol=1e-14)
    same(model.bse_, reference.bse)
    same(model.pvalues_, reference.pvalues)
    same([model.deviance_, model.null_deviance_], [reference.deviance, reference.null_deviance])
    same([model.log_likelihood_, model.aic_], [reference.llf, reference.aic])
    same(model.bic_, reference.bic_llf)


def test_several_classes():
    model = LogisticRegression().fit(X, THREE)
    reference = sm.MNLogit(THREE, DESIGN).fit(disp=0, maxiter=100)
    same(model.parameters_, reference.params.T)
    same(model.covariance_, reference.cov_params())
    same(model.bse_, reference.bse.T)
    same(model.zvalues_, reference.tvalues.T)
    same(model.pvalues_, reference.pvalues.T)
    same(model.conf_int(), reference.conf_int())
    same([model.log_likelihood_, model.aic_], [reference.llf, reference.aic])
    same(model.bic_, reference.bic)
    same(1 - model.mcfadden_, 1 - reference.prsquared)


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_counts(weight):
    model = PoissonRegression().fit(X, COUNTS, weight)
    family = sm.families.Poisson()
    reference = sm.GLM(COUNTS, DESIGN, family=family, freq_weights=weight).fit(tol=1e-14)
    same(model.parameters_, reference.params)
    same(model.covariance_, reference.cov_params())
    same(model.pvalues_, reference.pvalues)
    same([model.deviance_, model.null_deviance_], [reference.deviance, reference.null_deviance])
    same([model.log_likelihood_, model.null_log_likelihood_], [reference.llf, reference.llnull])
    same([model.aic_, model.bic_], [reference.aic, reference.bic_llf])


def test_an_ill_conditioned_table_in_many_digits():
    """Columns far from zero: the reference is computed with 40 digits."""
    rng = np.random.default_rng(1)
    far = rng.normal(size=(60, 2)) * [1e-2, 1] + [7, 1e4]
    y = (rng.random(60) < 0.5).astype(int)
    model = LogisticRegression().fit(far, y)
    with mp.workdps(40):
        design = mp.matrix(np.c_[np.ones(60), far].tolist())
        theta = mp.matrix(model.parameters_.tolist())
        for _ in range(4):
            score, information = mp.zeros(3, 1), mp.zeros(3)
            for i in range(60):
                row = design[i, :]
                p = 1 / (1 + mp.exp(-(row * theta)[0]))
                score += row.T * (int(y[i]) - p)
                information += row.T * row * (p * (1 - p))
            theta += mp.lu_solve(information, score)
        inverse = information**-1
        errors = [float(mp.sqrt(inverse[j, j])) for j in range(3)]
        ratios = [float(theta[j]) / errors[j] for j in range(3)]
    same(model.bse_, errors)
    same(model.zvalues_, ratios)


def certified(model, rows, coefficients, errors, residual, digits):
    """At least so many digits of NIST's values are right."""
    for found, expected in (
        (model.parameters_, coefficients),
        (model.bse_, errors),
        ([np.sqrt(model.deviance_ / (rows - len(errors)))], [residual]),
    ):
        error = np.abs(np.asarray(found) - expected) / np.abs(expected)
        assert -np.log10(error.max() + 1e-16) >= digits


def test_longley():
    """NIST StRD: sixteen rows, condition number 4.9e9."""
    data = longley.load_pandas()
    model = LinearRegression().fit(data.exog, data.endog)
    certified(
        model,
        16,
        [
            -3482258.63459582,
            15.0618722713733,
            -0.0358191792925910,
            -2.02022980381683,
            -1.03322686717359,
            -0.0511041056535807,
            1829.15146461355,
        ],
        [
            890420.383607373,
            84.9149257747669,
            0.0334910077722432,
            0.488399681651699,
            0.214274163161675,
            0.226073200069370,
            455.478499142212,
        ],
        304.854073561965,
        digits=11,
    )
    assert model.rsquared_ == pytest.approx(0.995479004577296, rel=1e-13)
    assert model.parameter_names_[-1] == "YEAR"


@pytest.mark.parametrize(
    ("noise", "digits"), [(0.0, 0), (1.0, 8), (100.0, 8), (10_000.0, 6)], ids="1 3 4 5".split()
)
def test_wampler(noise, digits):
    """NIST StRD: y = 1 + x + … + x⁵ for x = 0 … 20, with errors that x⁰ … x⁵ don't see."""
    x = np.arange(21.0)
    delta = [759, -2048, 2048, -2048, 2523, -2048, 2048, -2048, 1838, -2048, 2048]
    delta = np.array([*delta, -2048, 1838, -2048, 2048, -2048, 2523, -2048, 2048, -2048, 759])
    powers = np.vander(x, 6, increasing=True)
    y = powers.sum(axis=1) + noise * delta
    model = LinearRegression().fit(powers[:, 1:], y)
    if noise == 0:
        np.testing.assert_allclose(model.parameters_, 1.0, atol=1e-8)
        assert model.bse_.max() < 1e-6
        return
    # Certified for Wampler3 (noise 1), to which the errors are in proportion.
    third = [2152.32624678170, 2363.55173469681, 779.343524331583]
    third += [101.475507550350, 5.64566512170752, 0.112324854679312]
    certified(model, 21, np.ones(6), noise * np.array(third), noise * 2360.14502379268, digits)


def test_no_intercept():
    """NIST StRD: NoInt1 and NoInt2."""
    x = np.arange(60.0, 71)
    model = LinearRegression(fit_intercept=False).fit(x[:, None], x + 70)
    certified(model, 11, [2.07438016528926], [0.0165289256198347], 3.56753034006338, digits=13)
    model = LinearRegression(fit_intercept=False).fit([[4.0], [5.0], [6.0]], [3.0, 4.0, 4.0])
    certified(model, 3, [0.727272727272727], [0.0420827318078432], 0.369274472937998, digits=13)
    assert model.rsquared_ == pytest.approx(0.993348115299335, rel=1e-13)


def test_profile_of_two_classes_by_other_means():
    """Each bound solves 2 (ℓ* - max ℓ) = χ², with the inner maxima found by SciPy."""
    model = LogisticRegression().fit(X[:60], LABELS[:60])
    scale = np.abs(DESIGN).max(axis=0)
    design, sign = DESIGN[:60] / scale, 2 * LABELS[:60] - 1

    def loss(theta):
        return np.logaddexp(0, -sign * (design @ theta)).sum()

    def slope(theta):
        return -(design.T @ (sign / (1 + np.exp(sign * (design @ theta)))))

    best = minimize(loss, np.zeros(4), jac=slope, method="BFGS", options={"gtol": 1e-9})

    def excess(value, j):
        free = np.arange(4) != j

        def filled(rest):
            theta = np.full(4, value)
            theta[free] = rest
            return theta

        inner = minimize(
            lambda rest: loss(filled(rest)),
            best.x[free],
            jac=lambda rest: slope(filled(rest))[free],
            method="BFGS",
            options={"gtol": 1e-8},
        )
        return 2 * (inner.fun - best.fun) - chi2.isf(0.05, 1)

    found = model.conf_int(method="profile") * scale[:, None]
    for j in (0, 2):
        reach = 3 * (found[j] - best.x[j])
        for side in (0, 1):
            bound = brentq(excess, best.x[j], best.x[j] + reach[side], args=(j,), xtol=1e-9)
            assert found[j, side] == pytest.approx(bound, rel=1e-5)


def test_profile_of_one_parameter_in_closed_form():
    """A constant alone: -2 log likelihood ratios of proportions and of counts."""
    y = np.r_[np.ones(3), np.zeros(17)]
    low, high = (
        LogisticRegression(fit_intercept=False)
        .fit(np.ones((20, 1)), y)
        .conf_int(method="profile")[0]
    )
    for bound in (low, high):
        p = 1 / (1 + np.exp(-bound))
        ratio = 2 * (3 * np.log(0.15 / p) + 17 * np.log(0.85 / (1 - p)))
        assert ratio == pytest.approx(chi2.isf(0.05, 1), rel=1e-9)
    assert low < np.log(3 / 17) < high


def test_profile_of_other_models():
    linear = LinearRegression().fit(X, NUMBERS)
    wald, profile = linear.conf_int(), linear.conf_int(method="profile")
    np.testing.assert_allclose(profile, wald, rtol=0.02)
    squares = linear.deviance_
    fixed = LinearRegression().fit(X[:, 1:], NUMBERS - profile[1, 1] * X[:, 0]).deviance_
    assert 200 * np.log(fixed / squares) == pytest.approx(chi2.isf(0.05, 1), rel=1e-8)

    counts = PoissonRegression().fit(X, COUNTS)
    profile = counts.conf_int(0.1, method="profile")
    assert profile.shape == (4, 2)
    assert (profile[:, 0] < counts.parameters_).all()
    assert (counts.parameters_ < profile[:, 1]).all()
    several = LogisticRegression().fit(X, THREE)
    profile = several.conf_int(method="profile")
    assert profile.shape == (2, 4, 2)
    np.testing.assert_allclose(profile, several.conf_int(), atol=0.2 * several.bse_.max())


def test_what_is_not_valid_is_refused():
    assert not hasattr(LogisticRegression(), "bse_")  # not fitted
    penalized = LogisticRegression(l2=0.1).fit(X, LABELS)
    with pytest.raises(NoStatistics, match="penalty, which pulls"):
        _ = penalized.bse_
    assert not hasattr(penalized, "bse_")
    with pytest.warns(RankWarning):
        collinear = LinearRegression().fit(np.c_[X, X[:, 0] + X[:, 2]], NUMBERS)
    with pytest.raises(NoStatistics, match="x3 = x0 \\+ x2"):
        collinear.conf_int()
    with pytest.warns(SeparationWarning):
        separated = LogisticRegression().fit([[0.0], [1], [2], [3]], [0, 0, 1, 1])
    with pytest.raises(NoStatistics, match="complete separation"):
        _ = separated.zvalues_
    with pytest.raises(InvalidInput, match="no degrees of freedom"):
        _ = LinearRegression().fit(X[:4], NUMBERS[:4]).bse_
    linear = LinearRegression().fit(X, NUMBERS)
    with pytest.raises(NoStatistics, match="ask for tvalues_"):
        _ = linear.zvalues_
    with pytest.raises(NoStatistics, match="ask for rsquared_"):
        _ = linear.mcfadden_
    with pytest.raises(UnknownOption, match="'wald' and 'profile'"):
        linear.conf_int(method="likelihood")
    with pytest.raises(InvalidInput, match="alpha=5"):
        linear.conf_int(5)


def test_statistics_and_pickles():
    model = LogisticRegression().fit(X, LABELS)
    with pytest.raises(NoStatistics, match="left out when the estimator was pickled"):
        _ = pickle.loads(pickle.dumps(model)).bse_
    errors = model.bse_
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.bse_, errors)
    assert str(again.summary())
    model.fit(X[:100], LABELS[:100])
    assert (model.bse_ > errors).all()  # those of the new fit


def test_summaries():
    frame = pd.DataFrame(X, columns=["age", "dose", "weight"])
    text = str(LogisticRegression().fit(frame, LABELS).summary())
    for words in ("LogisticRegression", "dose", "std. error", "P(>|z|)", "97.5 %", "AIC, BIC"):
        assert words in text
    model = LinearRegression().fit(frame, NUMBERS)
    page = model.summary(alpha=0.1)._repr_html_()
    for words in ("<table>", "weight", "95 %", f"{model.coef_[0]:.5g}"):
        assert words in page
    assert "2 against 0" in str(LogisticRegression().fit(frame, THREE).summary())
    penalized = LogisticRegression(l2=1.0).fit(frame, THREE).summary()
    assert "There are no valid standard errors with a penalty" in " ".join(str(penalized).split())
    assert "1: dose" in str(penalized)


def test_spector_and_mazzeo():
    """Greene, Econometric Analysis, 5th ed., table 21.1: the logit column."""
    data = spector.load_pandas()
    model = LogisticRegression().fit(data.exog, data.endog)
    np.testing.assert_allclose(model.parameters_, [-13.021, 2.826, 0.095, 2.379], atol=5e-4)
    np.testing.assert_allclose(model.bse_, [4.931, 1.263, 0.142, 1.065], atol=6e-4)
    assert model.log_likelihood_ == pytest.approx(-12.890, abs=5e-4)
