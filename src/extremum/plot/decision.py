"""Two features: which class is predicted where, how surely, and the rows themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from extremum.objective import Vector
from extremum.outcomes import InvalidInput
from extremum.plot.figure import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    legend_above,
    literal,
    new_axes,
)
from extremum.plot.fitted import feature_names, with_names
from extremum.plot.grid import Limits, read_limits

if TYPE_CHECKING:
    from extremum.regression import LogisticRegression

CLASSES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

RESOLUTION = 241
"""Grid points along each axis."""

MARGIN = 0.08
"""Free space on each side of the rows, as a part of their extent."""

DEEPEST = 0.45
"""The depth of the colour of a class that is certain: the rows must stand out."""

MOST_ROWS = 2000
"""More rows would cover the picture; so many are drawn, evenly chosen."""


def plot_decision(
    model: LogisticRegression,
    X: Any,
    y: Any,
    *,
    limits: Sequence[Limits] | None = None,
    names: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what a logistic regression of two features predicts, and the rows it was fitted to.

    The colour is the most probable class, the deeper the surer. Lines are the decision boundaries;
    for two classes those of probability 0.1 and 0.9 are dashed.

    Parameters
    ----------
    model : LogisticRegression
        Fitted to two features.
    X : array_like of shape (n, 2)
    y : array_like of shape (n,)
    limits : ((float, float), (float, float)), optional
        Of the two features. By default those of the rows, with margins.
    names : sequence of str, optional
        Of the features; by default those that the model knows.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidInput
        If the model has not two features.

    Examples
    --------
    >>> from extremum.plot import plot_decision
    >>> from extremum.regression import LogisticRegression
    >>> X, y = [[0, 0], [1, 0], [0, 1], [1, 1]] * 3, [0, 0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1]
    >>> axes = plot_decision(LogisticRegression().fit(X, y), X, y)
    """
    rows, labels = np.asarray(X, dtype=float), np.asarray(y)
    if model.n_features_in_ != 2 or rows.ndim != 2 or rows.shape[1] != 2:
        raise InvalidInput(
            f"A decision boundary is drawn over two features, and the model has "
            f"{model.n_features_in_}; fit it to two of them."
        )
    shown = _region(rows) if limits is None else read_limits(limits, 2)
    x0, x1 = (np.linspace(*each, RESOLUTION) for each in shown)
    grid = np.stack(np.meshgrid(x0, x1), axis=-1)
    p = model.predict_proba(with_names(model, grid.reshape(-1, 2)))
    p = p.reshape(RESOLUTION, RESOLUTION, -1)
    ax = new_axes(6.0, 5.0) if ax is None else ax
    ax.imshow(
        _colours(p),
        extent=(*shown[0], *shown[1]),
        origin="lower",
        aspect="auto",
        interpolation="bilinear",
        zorder=0,
    )
    _draw_boundaries(ax, x0, x1, p)
    _draw_rows(ax, model.classes_, rows, labels)
    ax.set_xlim(shown[0])
    ax.set_ylim(shown[1])
    first, second = names or feature_names(model)
    ax.set_xlabel(first)
    ax.set_ylabel(second)
    legend_above(ax)
    return ax


def _region(rows: Vector) -> list[Limits]:
    low, high = rows.min(axis=0), rows.max(axis=0)
    margin = MARGIN * np.where(high > low, high - low, 1.0)
    return [(float(a), float(b)) for a, b in zip(low - margin, high + margin, strict=True)]


def _colours(p: Vector) -> Vector:
    """A pale colour for each point: that of the most probable class, the deeper the surer.

    Of shape (…, 3). Where all classes are as probable it is white.
    """
    palette = np.array([to_rgb(CLASSES[k % len(CLASSES)]) for k in range(p.shape[-1])])
    even = 1 / p.shape[-1]
    sureness = (p.max(axis=-1) - even) / (1 - even)
    depth = DEEPEST * sureness[..., None]
    chosen = palette[p.argmax(axis=-1)]
    return np.asarray(1 - depth * (1 - chosen))


def _draw_boundaries(ax: Axes, x0: Vector, x1: Vector, p: Vector) -> None:
    if p.shape[-1] == 2:
        ax.contour(x0, x1, p[..., 1], [0.5], colors=BLACK, linewidths=1.4, zorder=2)
        ax.contour(
            x0, x1, p[..., 1], [0.1, 0.9], colors=BLACK, linewidths=0.8, linestyles="--", zorder=2
        )
        ax.plot([], [], color=BLACK, linewidth=1.4, label="boundary")
        ax.plot([], [], color=BLACK, linewidth=0.8, linestyle="--", label="probability 0.1, 0.9")
        return
    ahead = p.copy()
    for k in range(p.shape[-1]):  # by how much each class is ahead of the next: zero between them
        others = np.delete(p, k, axis=-1).max(axis=-1)
        ahead[..., k] = p[..., k] - others
        if (ahead[..., k] > 0).any():
            ax.contour(x0, x1, ahead[..., k], [0.0], colors=BLACK, linewidths=1.2, zorder=2)
    ax.plot([], [], color=BLACK, linewidth=1.2, label="boundary")


def _draw_rows(ax: Axes, classes: Vector, rows: Vector, labels: Vector) -> None:
    every = -(-len(rows) // MOST_ROWS)
    for k, label in enumerate(classes):
        own = rows[::every][labels[::every] == label]
        ax.plot(
            *own.T,
            linestyle="none",
            marker=MARKERS[k % len(MARKERS)],
            markersize=5.5,
            color=CLASSES[k % len(CLASSES)],
            markeredgecolor="white",
            markeredgewidth=0.5,
            label=literal(label),
            zorder=3,
        )
