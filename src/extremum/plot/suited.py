"""The pictures that suit a fitted regression."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from extremum.outcomes import InvalidInput
from extremum.plot.calibration import plot_calibration
from extremum.plot.coefficients import plot_coefficients
from extremum.plot.decision import plot_decision
from extremum.plot.fitted import check_fitted
from extremum.plot.learning import plot_loss, plot_steps
from extremum.plot.line import plot_line

if TYPE_CHECKING:
    from extremum.regression.estimator import Regression


def plot_regression(model: Regression, X: Any, y: Any) -> dict[str, Axes]:
    """Draw all the pictures that suit a fitted regression, each in a figure of its own.

    Parameters
    ----------
    model : LinearRegression, LogisticRegression or PoissonRegression
        Fitted.
    X : array_like of shape (n, d)
        The rows it was fitted to, or a part of them.
    y : array_like of shape (n,)

    Returns
    -------
    dict of str to Axes
        ``"calibration"``; ``"coefficients"`` where their intervals are valid; ``"loss"`` and
        ``"steps"`` where there were iterations; ``"line"`` of one feature, but for several classes;
        ``"decision"`` of two, for classes.

    Examples
    --------
    >>> from extremum.plot import plot_regression
    >>> from extremum.regression import LinearRegression
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 4.0, 8.0]
    >>> sorted(plot_regression(LinearRegression(solver="newton").fit(X, y), X, y))
    ['calibration', 'coefficients', 'line', 'loss', 'steps']
    """
    check_fitted(model)
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    pictures = {}
    with contextlib.suppress(InvalidInput):  # the summary says why
        pictures["coefficients"] = plot_coefficients(model)
    if model.n_features_in_ == 1 and len(getattr(model, "classes_", ())) <= 2:
        pictures["line"] = plot_line(model, X, y)
    if model.n_features_in_ == 2 and hasattr(model, "classes_"):
        pictures["decision"] = plot_decision(model, X, y)
    pictures["calibration"] = plot_calibration(model, X, y)
    if model.n_iter_ > 0:
        pictures["loss"] = plot_loss(model)
        pictures["steps"] = plot_steps(model)
    return pictures
