"""Firth's penalized likelihood against published figures, closed forms and other routes."""

import mpmath as mp
import numpy as np
import pytest

from extremum.outcomes import RankDeficient, Separated, SeparationWarning, Verdict
from extremum.regression import LogisticRegression
from extremum.regression.design import ArrayRows
from extremum.regression.firth import PenalizedLoss
from extremum.regression.losses import LogLoss, Softmax
from extremum.regression.risk import MeanLoss
from extremum.regression.units import Units

# Histology grade of 79 endometrial cancers (Heinze & Schemper 2002; Agresti 2015): neovasculation,
# pulsatility index, endometrium height, and whether the grade is high.
ENDOMETRIAL = """
0,13,1.64,0 0,16,2.26,0 0,8,3.14,0 0,34,2.68,0 0,20,1.28,0 0,5,2.31,0 0,17,1.8,0 0,10,1.68,0
0,26,1.56,0 0,17,2.31,0 0,8,2.01,0 0,7,1.89,0 0,20,3.15,0 0,10,1.23,0 0,18,1.27,0 0,16,1.76,0
0,18,2,0 0,8,2.64,1 0,29,0.88,1 0,12,1.27,1 0,20,1.37,1 1,38,0.97,1 1,22,1.14,1 1,7,0.88,1
1,25,0.91,1 1,15,0.58,1 0,7,0.97,1 0,28,1.5,0 0,11,1.33,0 0,19,2.37,0 0,10,1.82,0 0,10,3.13,0
0,18,1.31,0 0,14,1.92,0 0,21,1.64,0 0,11,2.01,0 0,17,1.88,0 0,25,1.93,0 0,16,2.11,0 0,19,1.29,0
0,15,1.72,0 0,33,0.75,0 0,24,1.92,0 0,48,1.84,1 0,12,1.11,1 0,19,1.61,1 0,2,1.18,1 1,22,1.44,1
1,40,1.18,1 1,5,0.93,1 1,0,1.17,1 0,21,1.19,1 0,15,1.06,1 0,29,2.02,0 0,15,2.29,0 0,12,2.33,0
0,3,2.9,0 0,20,1.7,0 0,23,1.41,0 0,12,2.25,0 0,22,1.54,0 0,42,1.97,0 0,15,1.75,0 0,13,2.16,0
0,14,2.57,0 0,19,1.37,0 0,12,3.61,0 0,13,2.04,0 0,10,2.17,0 0,12,1.69,1 1,49,0.27,1 0,6,1.84,1
0,5,1.3,1 0,17,0.96,1 1,11,1.01,1 1,21,0.98,1 0,5,0.35,1 1,19,1.02,1 0,33,0.85,1
"""


@pytest.fixture(scope="module")
def endometrial():
    table = np.array([line.split(",") for line in ENDOMETRIAL.split()], dtype=float)
    return table[:, :3], table[:, 3].astype(int)


def test_heinze_and_schemper(endometrial):
    """Table IV of the paper, and R's logistf and brglm2 on the same data."""
    X, y = endometrial
    assert X.shape == (79, 3)
    model = LogisticRegression(separation="firth").fit(X, y)
    np.testing.assert_allclose(model.intercept_, [3.7746], atol=5e-5)
    np.testing.assert_allclose(model.coef_, [[2.9293, -0.0348, -2.6042]], atol=5e-5)
    np.testing.assert_allclose(model.bse_, [1.4887, 1.5508, 0.0396, 0.7760], atol=5e-5)
    published = [[1.0825, 7.2093], [0.6097, 7.8546], [-0.1245, 0.0405], [-4.3652, -1.2327]]
    np.testing.assert_allclose(model.conf_int(method="profile"), published, atol=5e-5)
    assert model.result_.success
    assert model.certificate_.verdict is Verdict.MINIMUM
    assert model.existence_.kind == "quasi-complete"
    assert model.existence_.columns == ("x0",)


def test_the_same_data_by_maximum_likelihood(endometrial):
    X, y = endometrial
    with pytest.warns(SeparationWarning, match=r"coefficients of x0 grow.*separation='firth'"):
        model = LogisticRegression().fit(X, y)
    assert not model.result_.success
    assert model.certificate_.verdict is Verdict.RECEDING
    ray = model.certificate_.ray
    assert (np.diff(ray.values) <= 0).all()
    np.testing.assert_allclose(ray.direction, [1, 0, 0, 0], atol=1e-12)
    with pytest.raises(Separated, match="x0 ≥ 0 on every row of class 1"):
        LogisticRegression(separation="raise").fit(X, y)


def test_two_by_two_tables():
    """For a saturated model half a count is added to each cell (Firth 1993, section 4.1)."""
    for cells in ([[5, 0], [3, 4]], [[6, 0], [0, 9]], [[1, 3], [0, 8]]):
        x, y, count = np.array([[i, j, cells[i][j]] for i in (0, 1) for j in (0, 1)]).T
        kept = count > 0
        model = LogisticRegression(separation="firth", stop=None)
        model.fit(x[kept, None], y[kept], sample_weight=count[kept])
        (a, b), (c, d) = np.array(cells) + 0.5
        np.testing.assert_allclose(model.intercept_, [np.log(b / a)], rtol=1e-7)
        np.testing.assert_allclose(model.coef_, [[np.log(d / c) - np.log(b / a)]], rtol=1e-7)


def test_classes_by_their_numbers_alone():
    """With a constant only, half a count goes to each class."""
    counts = np.array([3.0, 1.0, 7.0])
    rows = ArrayRows(np.zeros((3, 0)), np.arange(3.0), counts)
    loss = Softmax(3)
    penalized = PenalizedLoss(MeanLoss(rows, loss, Units.of(rows, True)))
    p = (counts + 0.5) / (counts + 0.5).sum()
    _, gradient = penalized.value_and_gradient(loss.contrasts @ np.log(p))
    np.testing.assert_allclose(gradient, 0, atol=1e-15)


def test_against_a_solution_in_many_digits():
    """The modified score equations of two classes, solved by mpmath."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(12, 1)).round(2)
    y = (X[:, 0] > 0.1).astype(int)
    design = mp.matrix(np.c_[np.ones(12), X].tolist())

    def score(a, b):
        theta = mp.matrix([a, b])
        p = [1 / (1 + mp.exp(-(design[i, :] * theta)[0])) for i in range(12)]
        information = mp.zeros(2)
        for i in range(12):
            information += design[i, :].T * design[i, :] * (p[i] * (1 - p[i]))
        inverse, total = information**-1, mp.zeros(2, 1)
        for i in range(12):
            leverage = p[i] * (1 - p[i]) * (design[i, :] * inverse * design[i, :].T)[0]
            total += design[i, :].T * (int(y[i]) - p[i] + leverage * (mp.mpf(1) / 2 - p[i]))
        return total[0], total[1]

    model = LogisticRegression(separation="firth").fit(X, y)
    with mp.workdps(30):
        exact = mp.findroot(score, (float(model.intercept_[0]), float(model.coef_[0, 0])))
    np.testing.assert_allclose(model.parameters_, [float(v) for v in exact], rtol=1e-12)


def test_several_classes_by_differences():
    """Three classes in reference coding: the penalized likelihood is stationary."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(40, 2))
    y = X[:, 0].argsort().argsort() // 14  # ordered by x0: separated
    design, own = np.c_[np.ones(40), X], np.eye(3)[y][:, 1:]

    def log_likelihood(theta):
        margins = np.c_[np.zeros(40), design @ theta.reshape(2, 3).T]
        p = np.exp(margins - np.logaddexp.reduce(margins, axis=1, keepdims=True))
        q = p[:, 1:]
        bend = np.einsum("ni,ij->nij", q, np.eye(2)) - q[:, :, None] * q[:, None, :]
        information = np.einsum("nij,nr,ns->irjs", bend, design, design).reshape(6, 6)
        return np.log((p * np.c_[1 - own.sum(axis=1), own]).sum(axis=1)).sum() + (
            np.linalg.slogdet(information)[1] / 2
        )

    def slope(theta):
        step = 1e-4
        return [
            (log_likelihood(theta + step * e) - log_likelihood(theta - step * e)) / (2 * step)
            for e in np.eye(6)
        ]

    model = LogisticRegression(separation="firth").fit(X, y)
    assert model.existence_.kind == "complete"
    found = model.parameters_.ravel()
    np.testing.assert_allclose(slope(found), 0, atol=1e-7)
    assert np.abs(slope(1.001 * found)).max() > 1e-5


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("standardize", [False, True])
def test_derivatives(classes, standardize):
    rng = np.random.default_rng(classes)
    X = rng.normal(size=(30, 2)) * [1, 3] + [0, 2]
    rows = ArrayRows(X, np.arange(30.0) % classes, rng.integers(0, 4, 30).astype(float))
    loss = LogLoss() if classes == 2 else Softmax(classes)
    risk = MeanLoss(rows, loss, Units.of(rows, True), 0.0, standardize)
    penalized = PenalizedLoss(risk)
    theta = 0.3 * rng.normal(size=risk.size)

    def reference(at):
        information = risk.hessian(at).toarray()
        return risk.value(at) - np.linalg.slogdet(information)[1] / (2 * risk.total_weight)

    value, gradient = penalized.value_and_gradient(theta)
    steps = 1e-6 * np.eye(risk.size)
    assert value == pytest.approx(penalized.value(theta))
    differences = [(reference(theta + s) - reference(theta - s)) / 2e-6 for s in steps]
    np.testing.assert_allclose(gradient, differences, atol=1e-7)
    differences = [
        (penalized.value_and_gradient(theta + s)[1] - penalized.value_and_gradient(theta - s)[1])
        / 2e-6
        for s in steps
    ]
    np.testing.assert_allclose(penalized.hessian(theta).toarray(), differences, atol=1e-7)


def test_where_there_is_no_penalty_to_be_had():
    X = np.array([[0.0, 0], [1, 2], [2, 4], [3, 6]])
    with pytest.raises(RankDeficient, match="x1 = 2 x0"):
        LogisticRegression(separation="firth").fit(X, [0, 0, 1, 1])
    overlapping = np.array([[0.0], [1], [2], [3]]), [0, 1, 0, 1]
    plain = LogisticRegression().fit(*overlapping)
    firth = LogisticRegression(separation="firth").fit(*overlapping)
    np.testing.assert_array_equal(plain.coef_, firth.coef_)  # nothing is separated
