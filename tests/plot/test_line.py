"""The curve and its interval, against statsmodels' predictions."""

import numpy as np
import pytest
import statsmodels.api as sm

from extremum.outcomes import InvalidInput
from extremum.plot import plot_line
from extremum.regression import LinearRegression, LogisticRegression, PoissonRegression

RNG = np.random.default_rng(6)
X = RNG.uniform(0, 3, (80, 1))
COUNTS = RNG.poisson(np.exp(0.8 * X[:, 0] - 0.5))
PEERS = {
    "linear": (LinearRegression, COUNTS, lambda y, Z: sm.OLS(y, Z).fit()),
    "poisson": (PoissonRegression, COUNTS, lambda y, Z: sm.GLM(y, Z, sm.families.Poisson()).fit()),
    "logistic": (
        LogisticRegression,
        COUNTS > 2,
        lambda y, Z: sm.GLM(y.astype(float), Z, sm.families.Binomial()).fit(),
    ),
}


@pytest.mark.parametrize(("kind", "y", "peer"), PEERS.values(), ids=PEERS)
@pytest.mark.parametrize("intercept", [True, False])
def test_curve_and_interval(kind, y, peer, intercept):
    axes = plot_line(kind(fit_intercept=intercept).fit(X, y), X, y, level=0.9)
    lines = {line.get_label(): line.get_xydata() for line in axes.lines}
    x, fit = lines["fit"].T
    design = np.column_stack([np.ones_like(x), x]) if intercept else x[:, None]
    rows = np.column_stack([np.ones(80), X]) if intercept else X
    found = peer(y, rows).get_prediction(design).summary_frame(alpha=0.1)
    np.testing.assert_allclose(fit, found["mean"], rtol=1e-6)
    (band,) = axes.collections
    below = found.filter(regex="mean_ci_lower").to_numpy()[:, 0]
    above = found.filter(regex="mean_ci_upper").to_numpy()[:, 0]
    # The outline of a band: forth along one edge, back along the other.
    outline = band.get_paths()[0].vertices
    np.testing.assert_allclose(np.interp(x, *outline[1:402].T), below, rtol=1e-6, atol=1e-9)
    back = outline[403:804][::-1]
    np.testing.assert_allclose(np.interp(x, *back.T), above, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(lines["rows"], np.column_stack([X, y]))


def test_no_interval_where_it_is_not_valid():
    axes = plot_line(LinearRegression(l2=0.1).fit(X, COUNTS), X, COUNTS)
    assert not axes.collections
    assert "fit" in axes.get_legend_handles_labels()[1]


def test_what_can_not_be_drawn_is_said():
    two = np.hstack([X, X**2])
    with pytest.raises(InvalidInput, match="one feature, and the model has 2"):
        plot_line(LinearRegression().fit(two, COUNTS), two, COUNTS)
    y = np.digitize(COUNTS, [1, 3])
    with pytest.raises(InvalidInput, match="two classes, and the model has 3"):
        plot_line(LogisticRegression().fit(X, y), X, y)
