"""What estimators say of tables that don't determine a fit."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from extremum.outcomes import (
    RankDeficient,
    RankWarning,
    SeparationWarning,
    UnknownOption,
    Verdict,
)
from extremum.regression import LinearRegression, LogisticRegression, PoissonRegression

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 150))
SEX = RNG.integers(0, 2, 150)
FRAME = pd.DataFrame({"a": A, "b": B, "sum": A + 2 * B - 1, "male": SEX, "female": 1 - SEX})
TARGETS = {
    LinearRegression: A - B + SEX + RNG.normal(size=150),
    LogisticRegression: (RNG.random(150) < expit(A - B)).astype(int),
    PoissonRegression: RNG.poisson(np.exp(0.3 * A - 0.5 * SEX)),
}
MODELS = list(TARGETS)


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("standardize", [False, True])
def test_collinear_columns_are_named(kind, standardize):
    y = TARGETS[kind]
    message = r"rank 4, but 6 columns.*: on every row, sum = a \+ 2 b - 1; male \+ female = 1"
    with pytest.warns(RankWarning, match=message):
        model = kind(standardize=standardize).fit(FRAME, y)
    assert model.column_rank_.collinear == ("a", "b", "sum", "male", "female")
    # The same as without the later columns of each combination.
    plain = kind().fit(FRAME[["a", "b", "male"]], y)
    np.testing.assert_allclose(np.ravel(model.coef_)[[0, 1, 3]], np.ravel(plain.coef_), rtol=1e-6)
    assert (np.ravel(model.coef_)[[2, 4]] == 0).all()
    assert model.result_.success
    certificate = model.certificate_
    assert certificate.verdict is Verdict.DEGENERATE
    assert certificate.is_minimum
    assert certificate.nullity == 2
    risk, theta = model._risk, np.asarray(model.result_.x)
    for direction in certificate.flat_directions:
        moved = risk.value(theta + direction)
        assert moved == pytest.approx(risk.value(theta), rel=1e-12)


@pytest.mark.parametrize("kind", MODELS)
def test_minimum_norm_and_refusal(kind):
    y = TARGETS[kind]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        least = kind(collinear="minimum-norm").fit(FRAME, y)
        assert not caught
        basic = kind().fit(FRAME, y)
    coef = np.ravel(least.coef_)
    null = least.column_rank_.null_coef
    np.testing.assert_allclose(null @ coef, 0, atol=1e-12)  # nothing shorter fits as well
    assert np.linalg.norm(coef) < np.linalg.norm(basic.coef_)
    margins = [FRAME.to_numpy() @ np.ravel(m.coef_) + m.intercept_ for m in (least, basic)]
    np.testing.assert_allclose(*margins, atol=1e-10)
    if kind is LinearRegression:
        centred = FRAME.to_numpy() - FRAME.to_numpy().mean(axis=0)
        np.testing.assert_allclose(coef, np.linalg.pinv(centred) @ (y - y.mean()), atol=1e-9)
    with pytest.raises(RankDeficient, match="leave out a column of each combination"):
        kind(collinear="raise").fit(FRAME, y)
    with pytest.raises(UnknownOption, match="collinear='drop' is unknown"):
        kind(collinear="drop").fit(FRAME, y)


@pytest.mark.parametrize("kind", MODELS)
def test_nothing_is_said_where_nothing_is_wrong(kind):
    y = TARGETS[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        penalized = kind(l2=1e-3).fit(FRAME, y)
        model = kind().fit(FRAME[["a", "b", "male"]], y)
    for fitted in (penalized, model):
        assert fitted.result_.success
        assert fitted.column_rank_ is None
        assert fitted.existence_ is None
    assert clone(penalized).l2 == 1e-3


@pytest.mark.parametrize("seed", range(8))
def test_ill_conditioned_columns_are_not_accused(seed):
    rng = np.random.default_rng(seed)
    left = np.linalg.qr(rng.normal(size=(90, 5)))[0]
    right = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    X = left * np.logspace(0, -10, 5) @ right
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = LinearRegression().fit(X, rng.normal(size=90))
    assert model.certificate_.verdict is Verdict.MINIMUM
    assert "made orthonormal" in model.certificate_.evidence[-1]
    with warnings.catch_warnings():
        warnings.simplefilter("error", RankWarning)
        warnings.simplefilter("error", SeparationWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        LogisticRegression().fit(X, rng.integers(0, 2, 90))
        PoissonRegression().fit(X, rng.poisson(1.0, 90))


@pytest.mark.parametrize("solver", ["auto", "newton", "lbfgs", "gradient-descent"])
@pytest.mark.parametrize("classes", [2, 3])
def test_separated_classes_recede_whatever_the_solver(solver, classes):
    X = FRAME[["a", "b", "male"]].to_numpy()
    y = np.digitize(X[:, 0] + 0.5 * X[:, 1], [0.0, 0.7][: classes - 1])
    with pytest.warns(SeparationWarning, match="complete separation"):
        model = LogisticRegression(solver=solver, max_iter=200).fit(X, y)
    assert not model.result_.success
    assert model.result_.status != 0
    assert model.certificate_.verdict is Verdict.RECEDING
    assert "x0" in model.existence_.columns
    ray, risk = model.certificate_.ray, model._risk
    along = [risk.value(np.asarray(model.result_.x) + t * ray.direction) for t in (0.0, 20.0, 90.0)]
    assert along[0] > along[1] >= along[2]


def test_counts_that_recede():
    X = np.c_[A, SEX]
    y = np.where(SEX == 1, 0, 1 + RNG.poisson(1.0, 150))
    with pytest.warns(SeparationWarning, match="x1 = 0 on every row with a positive count"):
        model = PoissonRegression().fit(X, y)
    assert model.certificate_.verdict is Verdict.RECEDING
    assert model.existence_.columns == ("x1",)
    with pytest.warns(SeparationWarning, match="every count is zero"):
        PoissonRegression().fit(X, np.zeros(150))


def test_separation_and_collinearity_together():
    X = FRAME.to_numpy()
    with pytest.warns(SeparationWarning), pytest.warns(RankWarning):
        model = LogisticRegression().fit(X, (A > 0).astype(int))
    assert model.existence_.kind == "complete"
    assert model.column_rank_.nullity == 2


def test_only_the_rows_that_count():
    X, y = np.array([[0.0], [1], [2], [3], [1.5]]), np.array([0, 0, 1, 1, 0])
    with pytest.warns(SeparationWarning):
        LogisticRegression().fit(X, y, [1, 1, 1, 1, 0])
    with pytest.warns(SeparationWarning):
        LogisticRegression().fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LogisticRegression().fit(np.r_[X, [[2.5]]], np.r_[y, 0], [1, 1, 1, 1, 0, 2])


def test_the_message_says_once_what_the_point_is():
    X = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    with pytest.warns(SeparationWarning):
        model = LogisticRegression().fit(X, [0, 0, 1, 1])
    message = model.result_.message
    assert model.certificate_.verdict is Verdict.RECEDING
    assert message.count("The point") == 1
    assert Verdict.RECEDING.value in message
    assert "complete separation" in message
