"""The pictures that suit a fit."""

import numpy as np
import pytest

from extremum.outcomes import InvalidInput
from extremum.plot import plot_regression
from extremum.regression import LinearRegression, LogisticRegression

RNG = np.random.default_rng(8)
X = RNG.standard_normal((90, 3))
NOISY = X.sum(axis=1) + 2 * RNG.standard_normal(90)
ALWAYS = {"calibration", "loss", "steps"}


@pytest.mark.parametrize(
    ("model", "d", "y", "expected"),
    [
        (
            LinearRegression(solver="newton"),
            1,
            NOISY,
            {"coefficients", "line"} | ALWAYS,
        ),
        (LinearRegression(solver="newton"), 2, NOISY, {"coefficients"} | ALWAYS),
        (LinearRegression(solver="newton", l2=1), 2, NOISY, ALWAYS),
        (LogisticRegression(), 1, NOISY > 0, {"coefficients", "line"} | ALWAYS),
        (LogisticRegression(), 2, NOISY > 0, {"coefficients", "decision"} | ALWAYS),
        (LogisticRegression(), 3, NOISY > 0, {"coefficients"} | ALWAYS),
        (
            LogisticRegression(),
            1,
            np.digitize(NOISY, [-1, 1]),
            {"coefficients"} | ALWAYS,
        ),
    ],
)
def test_what_is_drawn(model, d, y, expected):
    pictures = plot_regression(model.fit(X[:, :d], y), X[:, :d], y)
    assert set(pictures) == expected
    assert len({axes.figure for axes in pictures.values()}) == len(pictures)


def test_what_is_not_fitted_is_refused():
    with pytest.raises(InvalidInput, match="call fit first"):
        plot_regression(LinearRegression(), X, NOISY)
