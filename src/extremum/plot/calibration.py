"""Do predictions come true: what was observed, over what was predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from scipy.special import ndtri

from extremum.objective import Vector
from extremum.outcomes import InvalidInput
from extremum.plot.figure import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    legend_above,
    literal,
    new_axes,
    tidy,
)
from extremum.plot.fitted import check_fitted, with_names

if TYPE_CHECKING:
    from extremum.regression.estimator import Regression

BINS = 10
"""Groups of equally many rows."""

LEVEL = 0.95
"""Of the intervals."""

CLASSES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)


def plot_calibration(
    model: Regression, X: Any, y: Any, *, bins: int = BINS, ax: Axes | None = None
) -> Axes:
    """Draw the mean of what was observed over the mean of what was predicted, in groups of rows.

    The rows are grouped by their prediction, equally many in each group. Predictions that come true
    lie on the diagonal, within their 95 % intervals: Wilson's for frequencies of a class (J. Am.
    Stat. Assoc. 22 (1927) 209), of a normal mean otherwise.

    Parameters
    ----------
    model : LinearRegression, LogisticRegression or PoissonRegression
        Fitted. Of a logistic regression the probabilities are drawn: of the second of two classes,
        or of each of several.
    X : array_like of shape (n, d)
    y : array_like of shape (n,)
        Best of rows that the fit did not see.
    bins : int
        How many groups; fewer where many predictions are equal.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import numpy as np
    >>> from extremum.plot import plot_calibration
    >>> from extremum.regression import PoissonRegression
    >>> X, y = np.arange(20.0)[:, None] / 10, np.arange(20) % 4
    >>> axes = plot_calibration(PoissonRegression().fit(X, y), X, y)
    """
    check_fitted(model)
    if bins < 1:
        raise InvalidInput(f"bins={bins}: at least one group is needed.")
    rows, observed = np.asarray(X, dtype=float), np.asarray(y)
    ax = new_axes(5.0, 4.6) if ax is None else ax
    classes = getattr(model, "classes_", None)
    if classes is None:
        predicted = model.predict(with_names(model, rows))
        ends = _draw(ax, predicted, observed.astype(float), bins, _normal, BLUE, None)
        ax.set_xlabel("predicted mean")
        ax.set_ylabel("observed mean")
    else:
        p = model.predict_proba(with_names(model, rows))
        chosen = range(len(classes)) if len(classes) > 2 else [1]
        for k in chosen:
            happened = (observed == classes[k]).astype(float)
            colour = CLASSES[k % len(CLASSES)] if len(classes) > 2 else BLUE
            _draw(ax, p[:, k], happened, bins, _wilson, colour, literal(classes[k]))
        ends = (0.0, 1.0)
        what = "" if len(classes) > 2 else f" of {literal(classes[1])}"
        ax.set_xlabel(f"predicted probability{what}")
        ax.set_ylabel(f"observed frequency{what}")
    ax.plot(ends, ends, color=GREY, linewidth=1.2, linestyle="--", zorder=1, label="as predicted")
    ax.grid(color="#E3E3E3", linewidth=0.6)
    ax.set_axisbelow(True)
    tidy(ax)
    legend_above(ax)
    return ax


def _draw(
    ax: Axes, predicted: Vector, observed: Vector, bins: int, interval: Any, colour: str, label: Any
) -> tuple[float, float]:
    """Draw the groups, and give the range of their means."""
    edges = np.unique(np.quantile(predicted, np.arange(1, bins) / bins))
    group = np.searchsorted(edges, predicted)
    sizes = np.bincount(group)
    filled = sizes > 0
    n = sizes[filled]
    mean = np.bincount(group, predicted)[filled] / n
    seen = np.bincount(group, observed)[filled] / n
    spread = np.bincount(group, (observed - seen[np.cumsum(filled)[group] - 1]) ** 2)[filled]
    low, high = interval(seen, spread, n)
    ax.errorbar(
        mean,
        seen,
        (seen - low, high - seen),
        color=colour,
        marker="o",
        markersize=5,
        linewidth=1.2,
        elinewidth=1.2,
        capsize=2.5,
        zorder=3,
        label=label if label is not None else "groups of rows",
    )
    ends = np.concatenate([mean, low, high])
    return float(ends.min()), float(ends.max())


def _wilson(seen: Vector, spread: Vector, n: Vector) -> tuple[Vector, Vector]:
    """The interval of a frequency: Wilson 1927."""
    z = ndtri(0.5 + LEVEL / 2)
    middle = (seen + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(seen * (1 - seen) / n + z**2 / (4 * n**2))
    # Rounding must not put an observed 0 or 1 outside.
    return np.minimum(middle - half, seen), np.maximum(middle + half, seen)


def _normal(seen: Vector, spread: Vector, n: Vector) -> tuple[Vector, Vector]:
    """The interval of a mean, from the variance in its group."""
    half = ndtri(0.5 + LEVEL / 2) * np.sqrt(spread / np.maximum(n - 1, 1) / n)
    return seen - half, seen + half
