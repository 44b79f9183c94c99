"""Groups of rows: their means and intervals, recomputed one by one."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from extremum.outcomes import InvalidInput
from extremum.plot import plot_calibration
from extremum.regression import LinearRegression, LogisticRegression, PoissonRegression

RNG = np.random.default_rng(2)
X = RNG.uniform(-2, 2, (300, 1))
P = 1 / (1 + np.exp(-1.5 * X[:, 0]))


def drawn(axes):
    """Means, observations, and the ends of the intervals, of each curve."""
    for container in axes.containers:
        line, _, (bars,) = container
        ends = np.array(bars.get_segments())[:, :, 1]
        yield *line.get_xydata().T, ends


def test_frequencies_of_a_class():
    y = RNG.random(300) < P
    model = LogisticRegression().fit(X, y)
    ((mean, seen, ends),) = drawn(plot_calibration(model, X, y, bins=6))
    p = model.predict_proba(X)[:, 1]
    groups = np.array_split(np.argsort(p), 6)
    np.testing.assert_allclose(mean, [p[g].mean() for g in groups], atol=0.02)
    np.testing.assert_allclose(seen, [y[g].mean() for g in groups], atol=0.03)
    # Each row is in a group.
    sizes = np.array([len(g) for g in groups])
    assert np.sum(mean * sizes) == pytest.approx(p.sum(), rel=0.02)
    low, high = proportion_confint(seen * 50, 50, method="wilson")
    np.testing.assert_allclose(ends, np.c_[low, high], atol=1e-12)


def test_each_of_several_classes_has_a_curve():
    y = np.digitize(X[:, 0] + RNG.standard_normal(300), [-1, 1])
    axes = plot_calibration(LogisticRegression().fit(X, y), X, y)
    assert len(list(drawn(axes))) == 3
    assert axes.get_legend_handles_labels()[1].count("2") == 1


@pytest.mark.parametrize("kind", [LinearRegression, PoissonRegression])
def test_means(kind):
    y = RNG.poisson(np.exp(X[:, 0]))
    model = kind().fit(X, y)
    ((mean, seen, ends),) = drawn(plot_calibration(model, X, y, bins=1))
    # With an intercept the mean of the predictions is that of the target.
    assert mean == pytest.approx(seen, rel=1e-6)
    half = 1.959963984540054 * y.std(ddof=1) / np.sqrt(300)
    np.testing.assert_allclose(ends, [[y.mean() - half, y.mean() + half]], rtol=1e-10)


def test_equal_predictions_are_one_group():
    indicator = (X > 0).astype(float)
    y = RNG.random(300) < P
    model = LogisticRegression().fit(indicator, y)
    ((mean, seen, _),) = drawn(plot_calibration(model, indicator, y))
    np.testing.assert_allclose(mean, [y[indicator[:, 0] == k].mean() for k in (0, 1)], rtol=1e-6)
    np.testing.assert_allclose(seen, mean, rtol=1e-6)


def test_what_can_not_be_drawn_is_said():
    with pytest.raises(InvalidInput, match="call fit first"):
        plot_calibration(LinearRegression(), X, P)
    with pytest.raises(InvalidInput, match="bins=0"):
        plot_calibration(LinearRegression().fit(X, P), X, P, bins=0)
