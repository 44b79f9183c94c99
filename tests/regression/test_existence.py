"""Whether estimates exist, against the plain linear programs over all rows."""

from collections import Counter

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import linprog

import extremum as ex
from extremum.regression.cone import Cone
from extremum.regression.design import ArrayRows, Block, RowBlocks
from extremum.regression.existence import existence
from extremum.regression.losses import LogLoss, PoissonLoss, Softmax
from extremum.regression.overlap import overlap_is_shown
from extremum.regression.risk import MeanLoss
from extremum.regression.units import Units


def programs(a, still=None):
    """What A δ ≥ 0 allows where `still` δ = 0: two linear programs in a box, and none of ours."""
    k = a.shape[1]
    fixed = {} if still is None or not len(still) else {"A_eq": still, "b_eq": np.zeros(len(still))}
    if not len(a):
        return "overlap"
    part = linprog(-a.sum(axis=0), A_ub=-a, b_ub=np.zeros(len(a)), bounds=[(-1, 1)] * k, **fixed)
    if -part.fun <= 1e-7:
        return "overlap"
    whole = linprog(np.zeros(k), A_ub=-a, b_ub=-np.ones(len(a)), bounds=[(None, None)] * k, **fixed)
    return "complete" if whole.status == 0 else "quasi-complete"


def of_classes(X, y, classes, fit_intercept):
    X = np.c_[np.ones(len(X)), X] if fit_intercept else X
    rows = []
    for x, own in zip(X, y, strict=True):
        for other in set(range(classes)) - {own}:
            row = np.zeros((classes, X.shape[1]))
            row[own] += x
            row[other] -= x
            rows.append(row[1:].ravel())
    return programs(np.array(rows))


def of_counts(X, y, fit_intercept):
    X = np.c_[np.ones(len(X)), X] if fit_intercept else X
    return programs(-X[y == 0], X[y > 0])


def drawn(rng):
    """A design, classes with some structure, weights; some columns useless, some deadly."""
    classes = int(rng.choice([2, 2, 2, 3]))
    n, d = int(rng.integers(6, 26)), int(rng.integers(1, 4))
    X = rng.integers(-2, 3, (n, d)).astype(float)
    if rng.integers(2):
        X = rng.normal(size=(n, d)).round(int(rng.integers(0, 3)))
    fit_intercept = bool(rng.integers(2))
    margins = X @ rng.integers(-2, 3, (d, classes)) + rng.integers(-1, 2, classes) * fit_intercept
    margins = margins + rng.gumbel(size=margins.shape) * rng.choice([0.0, 0.2, 2.0, 2.0])
    y = margins.argmax(axis=1)
    if rng.integers(3) == 0:
        X = np.c_[X, (y == rng.integers(classes)) & (rng.random(n) < 0.4)]
    if rng.integers(3) == 0:
        X = np.c_[X, 2 * X[:, 0] + fit_intercept, np.zeros(n)]
    weight = rng.integers(0, 3, n).astype(float) if rng.integers(2) else None
    return X, y, weight, classes, fit_intercept


def risk_of(X, y, loss, fit_intercept=True, weight=None):
    return MeanLoss(
        rows := ArrayRows(X, y.astype(float), weight), loss, Units.of(rows, fit_intercept)
    )


@pytest.mark.parametrize("chunk", range(10))
def test_a_thousand_designs_of_classes(chunk):
    seen = Counter()
    for seed in range(115 * chunk, 115 * (chunk + 1)):
        X, y, weight, classes, fit_intercept = drawn(np.random.default_rng(seed))
        counted = np.ones(len(y), dtype=bool) if weight is None else weight > 0
        if len(np.unique(y[counted])) < classes:
            continue
        loss = LogLoss() if classes == 2 else Softmax(classes)
        found = existence(risk_of(X, y, loss, fit_intercept, weight))
        expected = of_classes(X[counted], y[counted], classes, fit_intercept)
        assert found.kind == expected, seed
        seen[expected] += 1
    assert sum(seen.values()) >= 95
    assert min(seen.values()) >= 15
    assert len(seen) == 3


def test_designs_of_counts():
    seen = Counter()
    for seed in range(200):
        rng = np.random.default_rng(seed)
        X, _, weight, _, fit_intercept = drawn(rng)
        y = rng.poisson(rng.choice([0.05, 0.2, 1.0]), len(X)) * (rng.random(len(X)) < 0.6)
        counted = np.ones(len(y), dtype=bool) if weight is None else weight > 0
        found = existence(risk_of(X, y, PoissonLoss(), fit_intercept, weight))
        assert found.kind == of_counts(X[counted], y[counted], fit_intercept), seed
        seen[found.kind] += 1
    assert min(seen["overlap"], seen["complete"] + seen["quasi-complete"]) >= 40


@pytest.mark.parametrize("seed", range(60))
def test_a_fit_proves_existence_only_where_it_is_so(seed):
    rng = np.random.default_rng(seed)
    X, y, _, classes, _ = drawn(rng)
    if len(np.unique(y)) < classes:
        return
    expected = of_classes(X, y, classes, True)
    loss = LogLoss() if classes == 2 else Softmax(classes)
    risk = risk_of(X, y, loss)
    for maxiter in (2, 10, 40):
        theta = ex.minimize(risk, np.zeros(risk.size), method=ex.Newton(), maxiter=maxiter).x
        assert not (expected != "overlap" and overlap_is_shown(risk, theta))
        assert existence(risk, theta).kind == expected
    if expected == "overlap" and np.linalg.matrix_rank(np.c_[np.ones(len(X)), X]) > X.shape[1]:
        assert overlap_is_shown(risk, theta)


def slack_of(found, X, y):
    """The slacks of two classes along the direction, recomputed."""
    return (X @ found.coef[0] + found.intercept[0]) * (2 * y - 1)


def test_the_direction_and_its_columns_are_named():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(200, 5))
    y = (X[:, 1] - 2 * X[:, 3] > 0.3).astype(int)
    found = existence(risk_of(X, y, LogLoss()), names="abcde", classes=["no", "yes"])
    assert found.kind == "complete"
    assert (slack_of(found, X, y) > 0).all()
    assert set("bd") <= set(found.columns)
    assert "on every row of class 'yes'" in found.message
    assert found.message.startswith("No maximum-likelihood estimate exists (complete separation)")

    y = (X[:, 1] + rng.logistic(size=200) > 0).astype(int)
    X[:, 2] = (y == 0) & (rng.random(200) < 0.2)  # an indicator of rows of one class only
    found = existence(risk_of(X, y, LogLoss()), names="abcde")
    assert found.kind == "quasi-complete"
    assert found.columns == ("c",)
    assert found.raised == X[:, 2].sum()
    slack = slack_of(found, X, y)
    assert slack.min() == 0
    assert slack.max() == 1
    assert "c ≥ 0 on every row of class 0, and ≤ 0 on every row of class 1" in found.message

    counts = np.where(X[:, 2] > 0, 0, 1 + rng.poisson(1.0, 200))
    found = existence(risk_of(X, counts, PoissonLoss()), names="abcde")
    assert found.columns == ("c",)
    assert found.coef[0, 2] == -1
    assert "c = 0 on every row with a positive count, and > 0 on every row with" in found.message


def test_units_and_the_order_of_rows_do_not_matter():
    rng = np.random.default_rng(2)
    X = rng.integers(-2, 3, (40, 3)).astype(float)
    y = (X[:, 0] + X[:, 1] + rng.integers(0, 2, 40) > 0.5).astype(int)
    y[(X[:, 0] + X[:, 1]) == 0] = rng.integers(0, 2, ((X[:, 0] + X[:, 1]) == 0).sum())
    assert existence(risk_of(X, y, LogLoss())).kind == "quasi-complete"
    units = np.array([1e-9, 1e7, 3e3])
    again = existence(risk_of(sp.csr_array(X * units)[::-1], y[::-1], LogLoss()))
    assert again.kind == "quasi-complete"
    assert again.columns == ("x0", "x1")


class Parts(RowBlocks):
    """Rows that can only be walked through, sorted so that the first ones tell nothing."""

    def __init__(self, X, y):
        self.X, self.y, (self.n_rows, self.n_features) = X, y, X.shape

    def __iter__(self):
        for rows in np.array_split(np.argsort(self.y, kind="stable"), 13):
            yield Block(self.X[rows], self.y[rows], None)


@pytest.mark.parametrize("loss", [LogLoss(), PoissonLoss()])
@pytest.mark.parametrize("kind", ["overlap", "separated"])
def test_many_rows_are_decided_by_few(loss, kind):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(6000, 6))
    X[:, 5] = 0
    y = (X[:, 0] + rng.logistic(size=6000) > 0).astype(float)
    X[np.flatnonzero(y == 0)[:5], 5] = 1.0  # a rare level, on which y is always 0
    if kind == "overlap":
        X[np.flatnonzero(y == 1)[0], 5] = 1.0
    rows = Parts(X, y)
    risk = MeanLoss(rows, loss, Units.of(rows, True))
    found = existence(risk)
    assert found.exists == (kind == "overlap")
    assert found.columns == (() if found.exists else ("x5",))
    # Few: the linear programs see a small part of the inequalities.
    cone = Cone.of(risk, np.arange(6))
    assert len(cone._first_rows().own) < 100


def test_rows_that_nearly_touch():
    """A gap, and an overlap, of 1e-9 of the data's range."""
    x = np.r_[np.linspace(-1, 0, 20), np.linspace(0, 1, 20)]
    y = np.r_[np.zeros(20), np.ones(20)]
    for gap, kind in ((1e-9, "complete"), (0.0, "quasi-complete"), (-1e-9, "overlap")):
        X = (x + gap * (y - 0.5))[:, None]
        assert existence(risk_of(X, y, LogLoss())).kind == kind
