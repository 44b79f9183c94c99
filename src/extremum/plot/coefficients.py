"""The coefficients of a regression, with their confidence intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from extremum.objective import Vector
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
from extremum.plot.fitted import check_fitted

if TYPE_CHECKING:
    from extremum.regression.estimator import Regression

CLASSES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)

MOST = 40
"""More coefficients can't be read; those that are the most standard errors from zero are drawn."""

UNEQUAL = 50.0
"""Where the intervals reach this many times as far as the shortest does, the axis is logarithmic
on both sides of zero."""


def plot_coefficients(
    model: Regression, *, level: float = 0.95, intercept: bool = False, ax: Axes | None = None
) -> Axes:
    """Draw the coefficients with their confidence intervals, a line each.

    An interval that reaches over zero is drawn open: the sign of that coefficient is not known.

    Parameters
    ----------
    model : LinearRegression, LogisticRegression or PoissonRegression
        Fitted. Of several classes the coefficients are those of each against the first one.
    level : float
        Of the intervals, Wald's.
    intercept : bool
        Whether the intercept is drawn too.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    NoStatistics
        If intervals would not be valid for this fit: with a penalty, for collinear columns, where
        no estimate exists.

    Examples
    --------
    >>> from extremum.plot import plot_coefficients
    >>> from extremum.regression import LinearRegression
    >>> X, y = [[0, 1], [1, 0], [2, 2], [3, 1]], [1, 3, 4, 8]
    >>> axes = plot_coefficients(LinearRegression().fit(X, y))
    """
    check_fitted(model)
    names = model.parameter_names_
    shape = (-1, len(names))
    estimates, errors = model.parameters_.reshape(shape), model.bse_.reshape(shape)
    bounds = model.conf_int(1 - level).reshape(*estimates.shape, 2)
    drawn = _drawn(names, np.abs(estimates / np.maximum(errors, np.finfo(float).tiny)), intercept)
    if ax is None:
        line = (0.3 if len(drawn) < 15 else 0.22) + 0.09 * (len(estimates) - 1)  # inches
        ax = new_axes(6.4, 1.2 + line * len(drawn))
    ax.axvline(0.0, color=GREY, linewidth=1.0, zorder=1)
    offsets = 0.16 * (np.arange(len(estimates)) - (len(estimates) - 1) / 2)
    for k, offset in enumerate(offsets):
        label = None
        if len(estimates) > 1:
            label = f"{literal(model.classes_[k + 1])} against {literal(model.classes_[0])}"
        places = np.arange(len(drawn)) + offset
        _draw(ax, estimates[k, drawn], bounds[k, drawn], places, CLASSES[k % len(CLASSES)], label)
    _scale(ax, bounds[:, drawn])
    ax.set_yticks(range(len(drawn)), [literal(names[j]) for j in drawn])
    ax.set_ylim(len(drawn) - 0.4, -0.6)
    rest = len(names) - (not intercept and model.fit_intercept) - len(drawn)
    more = f" ({rest} nearer to zero are left out)" if rest else ""
    ax.set_xlabel(f"coefficient, {100 * level:g} % interval{more}")
    ax.grid(axis="x", color="#E3E3E3", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    tidy(ax)
    ax.spines["left"].set_visible(False)
    legend_above(ax)
    return ax


def _drawn(names: list[str], ratios: Vector, intercept: bool) -> list[int]:
    """The places of the parameters to draw, in their order."""
    kept = [j for j, name in enumerate(names) if intercept or j > 0 or name != "intercept"]
    largest = ratios.max(axis=0)
    return sorted(sorted(kept, key=lambda j: -largest[j])[:MOST])


def _draw(
    ax: Axes, estimates: Vector, bounds: Vector, places: Vector, colour: str, label: str | None
) -> None:
    ax.hlines(places, *bounds.T, color=colour, linewidth=1.8, zorder=2)
    unsure = (bounds[:, 0] < 0) & (bounds[:, 1] > 0)
    for chosen, face in ((~unsure, colour), (unsure, "white")):
        ax.plot(
            estimates[chosen],
            places[chosen],
            linestyle="none",
            marker="o",
            markersize=6,
            markerfacecolor=face,
            markeredgecolor=colour,
            markeredgewidth=1.4,
            label=label if face == colour else None,
            zorder=3,
        )


def _scale(ax: Axes, bounds: Vector) -> None:
    reach = np.abs(bounds).max(axis=(0, 2))
    reach = reach[np.isfinite(reach) & (reach > 0)]
    if len(reach) and reach.max() > UNEQUAL * reach.min():
        ax.set_xscale("symlog", linthresh=10 ** np.floor(np.log10(reach.min())), linscale=1.0)
