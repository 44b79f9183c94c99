"""The intervals that are drawn are those of an independent fit."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from extremum.outcomes import InvalidInput
from extremum.plot import plot_coefficients
from extremum.regression import LinearRegression, LogisticRegression

RNG = np.random.default_rng(4)
X = RNG.standard_normal((200, 3)) * [1, 2, 3]
NOISY = X @ [1, 0, -0.5] + RNG.standard_normal(200)


def drawn(axes):
    """Estimates and intervals by name."""
    names = [label.get_text() for label in axes.get_yticklabels()]
    points = np.concatenate([line.get_xydata() for line in axes.lines if line.get_marker() == "o"])
    estimates = dict(zip(points[:, 1].round(), points[:, 0], strict=True))
    (segments,) = (c.get_segments() for c in axes.collections)
    bounds = {segment[0, 1].round(): segment[:, 0] for segment in segments}
    return {name: (estimates[k], *bounds[k]) for k, name in enumerate(names)}


@pytest.mark.parametrize("level", [0.95, 0.5])
def test_intervals(level):
    frame = pd.DataFrame(X, columns=["a", "b ($)", "c"])
    found = drawn(plot_coefficients(LinearRegression().fit(frame, NOISY), level=level))
    peer = sm.OLS(NOISY, sm.add_constant(X)).fit()
    expected = np.column_stack([peer.params, peer.conf_int(1 - level)])[1:]
    assert list(found) == ["a", r"b (\$)", "c"]
    np.testing.assert_allclose(list(found.values()), expected, rtol=1e-8)


def test_the_intercept_is_drawn_on_request():
    model = LinearRegression().fit(X, NOISY)
    assert list(drawn(plot_coefficients(model, intercept=True))) == ["intercept", "x0", "x1", "x2"]


def test_an_interval_over_zero_is_open():
    axes = plot_coefficients(LinearRegression().fit(X, NOISY))
    faces = {
        place: line.get_markerfacecolor()
        for line in axes.lines
        for place in line.get_ydata()
        if line.get_marker() == "o"
    }
    assert [faces[k] == "white" for k in range(3)] == [False, True, False]


def test_several_classes_have_an_interval_each():
    y = np.digitize(NOISY, [-1, 1])
    axes = plot_coefficients(LogisticRegression().fit(X, y))
    assert axes.get_legend_handles_labels()[1] == ["1 against 0", "2 against 0"]
    assert sum(len(c.get_segments()) for c in axes.collections) == 6


def test_the_surest_of_many_are_drawn():
    many = RNG.standard_normal((300, 60))
    y = 5 * many[:, 50] + RNG.standard_normal(300)
    axes = plot_coefficients(LinearRegression().fit(many, y))
    assert len(axes.get_yticklabels()) == 40
    assert "x50" in [label.get_text() for label in axes.get_yticklabels()]
    assert "20 nearer to zero are left out" in axes.get_xlabel()


def test_unequal_coefficients_share_the_picture():
    axes = plot_coefficients(LinearRegression().fit(X * [1, 1e-4, 1e4], NOISY))
    assert axes.get_xscale() == "symlog"


def test_no_intervals_where_they_are_not_valid():
    with pytest.raises(InvalidInput, match="penalty"):
        plot_coefficients(LinearRegression(l2=0.1).fit(X, NOISY))
