"""Paths of stationary action: over time, in phase space, in the plane; their energy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from extremum.mechanics import Path
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
    new_axes,
    number,
    root_figure,
    tidy,
)

COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
"""Of the coordinates, and of the modes."""

SAMPLES = 601
"""Times at which a curve is drawn."""

FEW = 60
"""Up to so many times of a path each is a dot."""

Exact = Callable[[Any], Any]


def plot_path(path: Path, *, exact: Exact | None = None, ax: Axes | None = None) -> Axes:
    """Draw a path over time, with the guess that it began with.

    Parameters
    ----------
    path : Path
    exact : callable, optional
        ``exact(t)``, the known answer at times of shape (k,); it is drawn too, and in a panel below
        how far the path is from it at its times.
    ax : Axes, optional
        Where to draw; with `exact`, its place is divided in two. By default in a new figure.

    Returns
    -------
    Axes
        The panel of the path; that of the difference is the last of ``axes.figure.axes``.

    Raises
    ------
    InvalidInput
        If `exact` doesn't give coordinates of the path's shape.

    Examples
    --------
    >>> import numpy as np
    >>> from extremum.mechanics import Particle, stationary_path
    >>> path = stationary_path(Particle(1.0, lambda q: q**2 / 2), 0.0, 1.0, 1.0, points=11)
    >>> axes = path.plot(exact=lambda t: np.sin(t) / np.sin(1))
    """
    known = None if exact is None else _known(path, exact)
    if ax is None:
        ax = new_axes(6.4, 4.2 if exact is None else 5.4)
    t = _times(path)
    q, nodes, guess = _columns(path.at(t)), _columns(path.q), _columns(path.guess)
    for k in range(q.shape[1]):
        colour, name = COLOURS[k % len(COLOURS)], _name(path, k)
        ax.plot(path.t, guess[:, k], "--", color=GREY, linewidth=1.1, label="guess", zorder=1)
        if exact is not None:
            ax.plot(
                t,
                _columns(exact(t))[:, k],
                color=SKY if k == 0 else colour,
                alpha=0.6,
                linewidth=5,
                label="exact" if q.shape[1] == 1 else f"{name} exact",
                zorder=2,
            )
        ax.plot(t, q[:, k], color=colour, linewidth=1.6, label=name, zorder=3)
        if len(path.t) <= FEW:
            ax.plot(path.t, nodes[:, k], "o", color=colour, markersize=4, zorder=4)
    _draw_conjugate_times(ax, path)
    ax.set_ylabel("$q$" if q.shape[1] == 1 else "coordinates")
    tidy(ax)
    if known is None:
        ax.set_xlabel("time $t$")
    else:
        _draw_difference(_below(ax), path, nodes - known)
    legend_above(ax)
    return ax


def plot_energy(path: Path, *, ax: Axes | None = None) -> Axes:
    """Draw how the energy along a path departs from its first value.

    Parameters
    ----------
    path : Path
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    if ax is None:
        ax = new_axes(6.4, 3.4)
    first = float(path.energy[0])
    ax.axhline(0.0, color=GREY, linewidth=0.8, zorder=1)
    marker = "o" if len(path.t) <= FEW else None
    ax.plot(path.t, path.energy - first, color=BLUE, marker=marker, markersize=4, linewidth=1.4)
    ax.set_xlabel("time $t$")
    ax.set_ylabel("$E(t) - E(t_0)$")
    ax.ticklabel_format(axis="y", style="sci", scilimits=(-3, 4), useMathText=True)
    ax.set_title(f"$E(t_0)$ = {number(first, 9)}", loc="right", fontsize="medium")
    tidy(ax)
    return ax


def plot_phase_portrait(
    path: Path, *, coordinate: int = 0, levels: int = 12, ax: Axes | None = None
) -> Axes:
    """Draw a path in phase space; for one coordinate, over the levels of its energy.

    Parameters
    ----------
    path : Path
    coordinate : int
        Which one, of several.
    levels : int
        About how many energies to draw; those of the final time where L depends on time.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Raises
    ------
    InvalidInput
        If there is no such coordinate.
    """
    nodes, speeds = _columns(path.q), _columns(path.v)
    d = nodes.shape[1]
    if not -d <= coordinate < d:
        raise InvalidInput(f"coordinate={coordinate}: the path has {d}, counted from 0.")
    if ax is None:
        ax = new_axes(6.0, 4.6)
    t = _times(path)
    q, v = _columns(path.at(t)), path.solution.dense.velocity(t)
    ax.plot(q[:, coordinate], v[:, coordinate], color=BLUE, linewidth=1.8, label="path", zorder=3)
    if d == 1:
        _draw_energies(ax, path, levels)
    _draw_ends(ax, nodes[[0, -1], coordinate], speeds[[0, -1], coordinate])
    place = "$q$" if d == 1 else f"$q_{{{coordinate % d}}}$"
    ax.set_xlabel(place)
    ax.set_ylabel("$\\dot q$" if d == 1 else f"$\\dot q_{{{coordinate % d}}}$")
    tidy(ax)
    legend_above(ax)
    return ax


def plot_trajectory(
    path: Path,
    *,
    plane: tuple[int, int] = (0, 1),
    exact: Exact | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a path of two or more coordinates in the plane of two of them, to scale.

    Parameters
    ----------
    path : Path
    plane : (int, int)
        The two coordinates.
    exact : callable, optional
        As for `plot_path`.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Raises
    ------
    InvalidInput
        If the path has no such coordinates.
    """
    nodes = _columns(path.q)
    d = nodes.shape[1]
    if d < 2 or not all(-d <= k < d for k in plane):
        raise InvalidInput(f"plane={plane}: two of the path's {d} coordinates are needed.")
    if ax is None:
        ax = new_axes(5.6, 5.2)
    t, pair = _times(path), list(plane)
    guess = _columns(path.guess)[:, pair]
    ax.plot(*guess.T, "--", color=GREY, linewidth=1.1, label="guess", zorder=1)
    if exact is not None:
        _known(path, exact)
        known = _columns(exact(t))[:, pair]
        ax.plot(*known.T, color=SKY, alpha=0.6, linewidth=5, label="exact", zorder=2)
    ax.plot(*_columns(path.at(t))[:, pair].T, color=BLUE, linewidth=1.8, label="path", zorder=3)
    conjugate = path.conjugate_times
    if len(conjugate):
        places = _columns(path.at(conjugate))[:, pair]
        ax.plot(
            *places.T,
            linestyle="none",
            marker="D",
            color=PURPLE,
            markersize=6,
            label=_conjugate_label(len(conjugate)),
            zorder=4,
        )
    _draw_ends(ax, *nodes[[0, -1]][:, pair].T)
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xlabel(_name(path, pair[0]))
    ax.set_ylabel(_name(path, pair[1]))
    tidy(ax)
    legend_above(ax)
    return ax


def _times(path: Path) -> Vector:
    return np.linspace(path.t[0], path.t[-1], SAMPLES)


def _columns(q: Any) -> Vector:
    """Coordinates as an array of shape (k, d)."""
    array = np.asarray(q, np.float64)
    return array[:, None] if array.ndim == 1 else array


def _name(path: Path, k: int) -> str:
    return "$q$" if path.q.ndim == 1 else f"$q_{{{k}}}$"


def _known(path: Path, exact: Exact) -> Vector:
    """The known answer at the path's times, of shape (m, d)."""
    found = np.asarray(exact(path.t), np.float64)
    if found.shape != path.q.shape:
        raise InvalidInput(
            f"exact(t) has the shape {found.shape} and the path {path.q.shape} at its "
            f"{len(path.t)} times; return coordinates at each of them."
        )
    return _columns(found)


def _below(ax: Axes) -> Axes:
    """Make room for a lower panel, a third as high, with the same times."""
    place = ax.get_subplotspec()
    if place is None:
        box = ax.get_position()
        ax.set_position((box.x0, box.y0 + 0.36 * box.height, box.width, 0.64 * box.height))
        rectangle = (box.x0, box.y0, box.width, 0.28 * box.height)
        lower = root_figure(ax).add_axes(rectangle, sharex=ax)
    else:
        halves = place.subgridspec(2, 1, height_ratios=(2.4, 1))
        ax.set_subplotspec(halves[0])
        lower = root_figure(ax).add_subplot(halves[1], sharex=ax)
    ax.tick_params(labelbottom=False)
    return lower


def _draw_difference(ax: Axes, path: Path, difference: Vector) -> None:
    ax.axhline(0.0, color=GREY, linewidth=0.8, zorder=1)
    marker = "o" if len(path.t) <= FEW else None
    for k, column in enumerate(difference.T):
        ax.plot(
            path.t,
            column,
            color=COLOURS[k % len(COLOURS)],
            marker=marker,
            markersize=3.5,
            markeredgewidth=0,
            linewidth=1.3,
        )
    ax.ticklabel_format(axis="y", style="sci", scilimits=(0, 0), useMathText=True)
    ax.set_xlabel("time $t$")
    ax.set_ylabel("path − exact")
    tidy(ax)


def _draw_conjugate_times(ax: Axes, path: Path) -> None:
    for t in path.conjugate_times:
        label = _conjugate_label(len(path.conjugate_times))
        ax.axvline(t, color=PURPLE, linestyle=":", linewidth=1.4, label=label, zorder=0)


def _conjugate_label(many: int) -> str:
    return "conjugate to the start" if many == 1 else f"conjugate to the start ({many})"


def _draw_ends(ax: Axes, x: Vector, y: Vector) -> None:
    style: dict[str, Any] = {
        "linestyle": "none",
        "markeredgecolor": BLACK,
        "markeredgewidth": 0.9,
        "zorder": 5,
    }
    ax.plot(x[:1], y[:1], marker="o", markersize=7, markerfacecolor="white", label="start", **style)
    ax.plot(x[1:], y[1:], marker="s", markersize=7, markerfacecolor=GREEN, label="end", **style)


def _draw_energies(ax: Axes, path: Path, levels: int) -> None:
    """Draw curves of equal energy over what the axes show."""
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    wide, tall = 0.15 * (right - left), 0.15 * (high - low)
    q = np.linspace(left - wide, right + wide, 161)
    v = np.linspace(low - tall, high + tall, 141)
    places, speeds = (grid.ravel()[:, None] for grid in np.meshgrid(q, v))
    with np.errstate(all="ignore"):
        terms = path.lagrangian.derivatives(np.full(len(places), path.t[-1]), places, speeds)
        energy = (terms.L_v * speeds).sum(1) - terms.L
    shown = np.ma.masked_invalid(energy.reshape(v.size, q.size))
    if shown.count() and shown.max() > shown.min():
        lines = ax.contour(q, v, shown, levels=levels, colors=GREY, linewidths=0.6, zorder=1)
        lines.set_alpha(0.7)
        ax.plot([], [], color=GREY, linewidth=0.6, label="levels of the energy")
