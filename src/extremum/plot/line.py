"""One feature: the fit as a curve, its confidence interval, and the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from extremum.objective import Vector
from extremum.outcomes import InvalidInput
from extremum.plot.figure import BLUE, GREY, legend_above, literal, new_axes, tidy
from extremum.plot.fitted import check_fitted, feature_names
from extremum.plot.grid import Limits, read_limits

if TYPE_CHECKING:
    from extremum.regression.estimator import Regression

RESOLUTION = 401
"""Points of the curve."""

MARGIN = 0.04
"""Free space on each side of the rows, as a part of their extent."""

MOST_ROWS = 5000
"""So many rows are drawn, evenly chosen."""


def plot_line(
    model: Regression,
    X: Any,
    y: Any,
    *,
    level: float = 0.95,
    limits: Limits | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a regression of one feature: what it expects, with an interval, and the rows.

    The interval is that of the expected value at each place, by Wald's method in the coordinate in
    which the model is linear; it is left out where it would not be valid (see `Inference`).

    Parameters
    ----------
    model : LinearRegression, LogisticRegression or PoissonRegression
        Fitted to one feature; a logistic one to two classes, of which the second's probability is
        drawn.
    X : array_like of shape (n, 1)
    y : array_like of shape (n,)
    level : float
    limits : (float, float), optional
        Of the feature. By default those of the rows, with margins.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidInput
        If the model has not one feature, or more than two classes.

    Examples
    --------
    >>> from extremum.plot import plot_line
    >>> from extremum.regression import LinearRegression
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 4.0, 8.0]
    >>> axes = plot_line(LinearRegression().fit(X, y), X, y)
    """
    check_fitted(model)
    classes = getattr(model, "classes_", None)
    rows, target = np.asarray(X, dtype=float).reshape(len(y), -1), np.asarray(y)
    if model.n_features_in_ != 1 or rows.shape[1] != 1:
        raise InvalidInput(
            f"A line is drawn over one feature, and the model has {model.n_features_in_}; fit it "
            "to one of them, or draw its coefficients."
        )
    if classes is not None and len(classes) != 2:
        raise InvalidInput(f"A curve is drawn for two classes, and the model has {len(classes)}.")
    x = rows[:, 0]
    margin = MARGIN * (float(np.ptp(x)) or 1.0)
    shown = (float(x.min()) - margin, float(x.max()) + margin)
    if limits is not None:
        (shown,) = read_limits(limits, 1)
    ax = new_axes(6.4, 4.2) if ax is None else ax
    _draw_rows(ax, x, target if classes is None else (target == classes[1]).astype(float))
    _draw_curve(ax, model, np.linspace(*shown, RESOLUTION), level)
    ax.set_xlim(shown)
    ax.set_xlabel(feature_names(model)[0])
    ax.set_ylabel("target" if classes is None else f"probability of {literal(classes[1])}")
    tidy(ax)
    legend_above(ax)
    return ax


def _draw_rows(ax: Axes, x: Vector, y: Vector) -> None:
    every = -(-len(x) // MOST_ROWS)
    ax.plot(
        x[::every],
        y[::every],
        linestyle="none",
        marker="o",
        markersize=4,
        color=GREY,
        alpha=0.55 if len(x) < 500 else 0.25,
        markeredgewidth=0,
        label="rows",
        zorder=2,
    )


def _draw_curve(ax: Axes, model: Regression, x: Vector, level: float) -> None:
    slope, intercept = float(np.ravel(model.coef_)[0]), float(np.ravel(model.intercept_)[0])
    margin, mean = intercept + slope * x, model._loss().mean
    ax.plot(x, mean(margin), color=BLUE, linewidth=1.8, label="fit", zorder=4)
    try:
        reach = _reach(model, x, level)
    except InvalidInput:  # the summary says why
        return
    ax.fill_between(
        x,
        mean(margin - reach),
        mean(margin + reach),
        color=BLUE,
        alpha=0.22,
        linewidth=0,
        label=f"{100 * level:g} % interval of the mean",
        zorder=3,
    )


def _reach(model: Regression, x: Vector, level: float) -> Vector:
    """Half the interval of the margin: the quantile times √(gᵀ C g), with g = (1, x) or (x)."""
    errors = model.bse_
    beyond = model.conf_int(1 - level)[:, 1] - model.parameters_
    quantile = float(np.max(beyond[errors > 0] / errors[errors > 0], initial=0.0))
    g = np.column_stack([np.ones_like(x), x]) if model.fit_intercept else x[:, None]
    variance = np.einsum("ni,ij,nj->n", g, model.covariance_, g)
    return quantile * np.asarray(np.sqrt(np.maximum(variance, 0)))
