"""Two variables: contours of the function, the runs across them, what is where they ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap

from extremum.objective import Vector
from extremum.outcomes import Verdict
from extremum.plot.figure import BLACK, GREY, PURPLE, legend_above, new_axes, number
from extremum.plot.grid import (
    Limits,
    contour_levels,
    plain_function,
    read_limits,
    region,
    values_on_grid,
)
from extremum.plot.track import Track, outline, read_tracks
from extremum.solve import Result

RESOLUTION = 161
"""Grid points along each axis."""

BANDS = 18
"""About how many bands of colour."""

FEW = 150
"""Up to so many iterates each is a dot; beyond, only the line is drawn."""

# Pale on purpose: the runs have to stand out, in print and on a screen.
COLOURS = LinearSegmentedColormap.from_list(
    "extremum", ["#5B8DB8", "#8FB3D3", "#C3D8EA", "#EAF1F8", "#FFFFFF"]
)


def plot_contours(
    fun: Any,
    *results: Result,
    limits: Sequence[Limits] | None = None,
    labels: Sequence[str] | None = None,
    resolution: int | None = None,
    levels: int | Sequence[float] = BANDS,
    colorbar: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw the contours of a function of two variables, and runs across them.

    Parameters
    ----------
    fun : callable
        ``fun(x) -> float``, with `x` in the structure that the results have; without results, of
        shape (2,). Where it raises or is not finite, the picture is empty.
    *results : Result
        Their iterates, starts and ends are drawn. At a saddle the direction of negative curvature
        and a lower point are shown; where curvature is zero, the flat directions; where φ falls
        without end, the ray.
    limits : ((float, float), (float, float)), optional
        Of x₀ and x₁. By default all that the results went through, with margins.
    labels : sequence of str, optional
        One a result; by default the method and its iterations.
    resolution : int, optional
        Grid points along each axis; by default 161, or fewer where the function is slow.
    levels : int or sequence of float
        About how many bands, or the contours' values. A number of bands spaces them so that steep
        and flat parts share the picture.
    colorbar : bool
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidInput
        If a result has not two variables, or the function has no finite value in the region.

    Examples
    --------
    >>> import extremum as ex
    >>> from extremum.plot import plot_contours
    >>> def valley(x):
    ...     return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    >>> axes = plot_contours(valley, ex.minimize(valley, [-1.2, 1.0]))
    """
    tracks = read_tracks(results, labels, 2)
    shown = region(tracks, 2) if limits is None else read_limits(limits, 2)
    plain = plain_function(fun, results[0]["x"] if results else np.zeros(2))
    (x0, x1), values = values_on_grid(plain, shown, resolution, RESOLUTION)
    if ax is None:
        ax = new_axes(7.0, 5.4)
    _draw_ground(ax, x0, x1, values, levels, colorbar)
    for track in tracks:
        _draw_path(ax, track)
    for track in tracks:
        _draw_end(ax, track, shown)
    for track in tracks:
        _draw_start(ax, track)
    for track in tracks:
        _draw_evidence(ax, track, shown)
        if track.verdict is Verdict.SADDLE:
            masked = np.ma.masked_invalid(values)
            ax.contour(
                x0, x1, masked, [track.fun], colors=PURPLE, linestyles=":", linewidths=1.6, zorder=2
            )
            ax.plot([], [], ":", color=PURPLE, linewidth=1.6, label="level of the saddle")
    ax.set_xlim(shown[0])
    ax.set_ylim(shown[1])
    ax.set_xlabel("$x_0$")
    ax.set_ylabel("$x_1$")
    legend_above(ax)
    return ax


def _draw_ground(
    ax: Axes,
    x0: Vector,
    x1: Vector,
    values: Vector,
    levels: int | Sequence[float],
    colorbar: bool,
) -> None:
    chosen = contour_levels(values, levels) if isinstance(levels, int) else np.asarray(levels)
    masked = np.ma.masked_invalid(values)
    below, above = masked.min() < chosen[0], masked.max() > chosen[-1]
    beyond: Literal["neither", "both", "min", "max"] = "neither"
    if below or above:
        beyond = "both" if below and above else "min" if below else "max"
    norm = BoundaryNorm(chosen, COLOURS.N, extend=beyond)
    filled = ax.contourf(
        x0, x1, masked, levels=chosen, cmap=COLOURS, norm=norm, extend=beyond, zorder=0
    )
    if np.nanmin(values) < np.nanmax(values):
        lines = ax.contour(
            x0, x1, masked, levels=chosen, colors=GREY, linewidths=0.5, alpha=0.7, zorder=1
        )
        lines.set_linestyle("solid")
    if colorbar:
        bar = ax.figure.colorbar(
            filled, ax=ax, ticks=chosen[:: max(1, len(chosen) // 8)], extendfrac=0.03, aspect=30
        )
        bar.set_label("$\\varphi(x_0, x_1)$")
        bar.ax.tick_params(labelsize="small")
        bar.ax.yaxis.set_major_formatter(lambda value, _: number(value))
        bar.ax.minorticks_off()


def _draw_path(ax: Axes, track: Track) -> None:
    x0, x1 = track.points.T
    dots = len(track.points) <= FEW
    ax.plot(
        x0,
        x1,
        color=track.colour,
        linewidth=1.4,
        marker="o" if dots else None,
        markersize=3.5,
        markeredgewidth=0,
        label=track.label,
        zorder=4,
    )


def _draw_start(ax: Axes, track: Track) -> None:
    if len(track.points) > 1:
        ax.plot(
            *track.points[:1].T,
            linestyle="none",
            marker="o",
            markersize=7,
            markerfacecolor="white",
            markeredgecolor=BLACK,
            markeredgewidth=1.0,
            label="start",
            zorder=6,
        )


def _draw_end(ax: Axes, track: Track, shown: Sequence[Limits]) -> None:
    marker, colour, size = track.mark
    inside = all(low <= x <= high for x, (low, high) in zip(track.end, shown, strict=True))
    ax.plot(
        *track.end[:, None],
        linestyle="none",
        marker=marker,
        markersize=size,
        label=track.end_label + ("" if inside else ", outside"),
        zorder=7,
        **outline(colour),
    )


def _draw_evidence(ax: Axes, track: Track, shown: Sequence[Limits]) -> None:
    """Draw what the certificate exhibits: directions, a ray, a lower point."""
    certificate = track.certificate
    if certificate is None:
        return
    extent = np.array([high - low for low, high in shown])
    if certificate.verdict in (Verdict.SADDLE, Verdict.MAXIMUM) and certificate.hessian is not None:
        _, vectors = np.linalg.eigh(certificate.hessian)
        _draw_line(ax, track.end, vectors[:, 0], extent, "solid", "negative curvature")
    flat = certificate.flat_directions
    for direction in () if flat is None else flat:
        _draw_line(ax, track.end, direction, extent, "dashed", "flat direction")
    if certificate.ray is not None:
        _draw_ray(ax, track, certificate.ray.direction, shown, extent)
    elif certificate.lower_point is not None and certificate.lower_value is not None:
        ax.plot(
            *certificate.lower_point[:, None],
            linestyle="none",
            marker="v",
            markersize=8,
            label=f"lower point, $\\varphi$ = {number(certificate.lower_value, 5)}",
            zorder=6,
            **outline("white"),
        )


def _draw_line(
    ax: Axes, middle: Vector, direction: Vector, extent: Vector, style: str, label: str
) -> None:
    """Draw a direction through a point, both ways, a quarter of the picture long."""
    half = direction / np.linalg.norm(direction / extent) / 8
    ends = np.array([middle - half, middle + half])
    ax.plot(*ends.T, color=PURPLE, linewidth=2.4, linestyle=style, label=label, zorder=3)


def _draw_ray(
    ax: Axes, track: Track, direction: Vector, shown: Sequence[Limits], extent: Vector
) -> None:
    """Draw an arrow along a ray, from the last iterate that the picture shows."""
    low, high = np.array(shown).T
    inside = track.points[((track.points >= low) & (track.points <= high)).all(axis=1)]
    if not len(inside):
        return
    unit = direction / np.linalg.norm(direction / extent)
    walls = np.where(direction > 0, high, low) - inside[-1]
    room = float(np.min(walls[direction != 0] / unit[direction != 0]))
    head = inside[-1] + min(0.2, 0.97 * room) * unit
    bounded = track.verdict is Verdict.RECEDING
    label = f"ray: $\\varphi$ falls {'towards its infimum' if bounded else 'without bound'}"
    arrow = {"arrowstyle": "-|>", "color": PURPLE, "linewidth": 2.4, "mutation_scale": 18}
    ax.annotate("", head, head - unit / 6, arrowprops={**arrow, "shrinkA": 0, "shrinkB": 0})
    ax.plot([], [], color=PURPLE, linewidth=2.4, marker=">", label=label)
