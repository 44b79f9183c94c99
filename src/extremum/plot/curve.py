"""One variable: the curve of the function, the iterates on it, what is where they ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from extremum.objective import Vector
from extremum.plot.figure import BLACK, BLUE, legend_above, new_axes, number, tidy
from extremum.plot.grid import Limits, plain_function, read_limits, region, values_on_grid
from extremum.plot.track import Track, outline, read_tracks
from extremum.solve import Result

RESOLUTION = 801
"""Points of the curve."""

TALL = 12.0
"""A curve this many times as high as what the runs went through is cut off."""


def plot_function(
    fun: Any,
    *results: Result,
    limits: Limits | None = None,
    labels: Sequence[str] | None = None,
    resolution: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the curve of a function of one variable, and runs on it.

    Parameters
    ----------
    fun : callable
        ``fun(x) -> float``, with `x` in the structure that the results have; without results, a
        number. Where it raises or is not finite, the curve is broken.
    *results : Result
        Their iterates, starts and ends are drawn.
    limits : (float, float), optional
        Of x. By default all that the results went through, with margins.
    labels : sequence of str, optional
        One a result; by default the method and its iterations.
    resolution : int, optional
        Points of the curve; by default 801, or fewer where the function is slow.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidInput
        If a result has not one variable, or the function has no finite value in the region.

    Examples
    --------
    >>> import numpy as np, extremum as ex
    >>> from extremum.plot import plot_function
    >>> def well(x):
    ...     return np.exp(x - np.sqrt(x)) - x
    >>> axes = plot_function(well, ex.minimize_scalar(well, bracket=(1, 3)), limits=(0, 4))
    """
    tracks = read_tracks(results, labels, 1)
    shown = region(tracks, 1) if limits is None else read_limits(limits, 1)
    plain = plain_function(fun, results[0]["x"] if results else 0.0)
    (x,), values = values_on_grid(plain, shown, resolution, RESOLUTION)
    if ax is None:
        ax = new_axes(6.4, 4.2)
    ax.plot(x, values, color=BLUE, linewidth=1.8, label="$\\varphi$", zorder=2)
    for track in tracks:
        _draw_iterates(ax, track)
    for track in tracks:
        _draw_end(ax, track, shown[0])
    ax.set_xlim(shown[0])
    ax.set_ylim(_height(values, tracks, shown[0]))
    ax.set_xlabel("$x$")
    ax.set_ylabel("$\\varphi(x)$")
    tidy(ax)
    legend_above(ax)
    return ax


def _draw_iterates(ax: Axes, track: Track) -> None:
    ax.plot(
        track.points[:, 0],
        track.values,
        linestyle="none",
        marker="o",
        markersize=5,
        markeredgewidth=0,
        color=track.colour,
        label=track.label,
        zorder=4,
    )
    if len(track.points) > 1:
        ax.plot(
            track.points[:1, 0],
            track.values[:1],
            linestyle="none",
            marker="o",
            markersize=8,
            markerfacecolor="white",
            markeredgecolor=BLACK,
            markeredgewidth=1.0,
            label="start",
            zorder=5,
        )


def _draw_end(ax: Axes, track: Track, shown: Limits) -> None:
    marker, colour, size = track.mark
    ax.plot(
        track.end,
        [track.fun],
        linestyle="none",
        marker=marker,
        markersize=size,
        label=track.end_label,
        zorder=7,
        **outline(colour),
    )
    certificate = track.certificate
    if certificate is None or certificate.ray is not None:
        return
    if certificate.lower_point is None or certificate.lower_value is None:
        return
    ax.plot(
        certificate.lower_point,
        [certificate.lower_value],
        linestyle="none",
        marker="v",
        markersize=8,
        label=f"lower point, $\\varphi$ = {number(certificate.lower_value, 5)}",
        zorder=6,
        **outline("white"),
    )


def _height(values: Vector, tracks: Sequence[Track], shown: Limits) -> Limits:
    """Limits of φ: the whole curve, but a pole or a cliff must not flatten all the rest."""
    heights = [values[np.isfinite(values)]]
    low, high = float(heights[0].min()), float(heights[0].max())
    met = [
        track.values[(track.points[:, 0] >= shown[0]) & (track.points[:, 0] <= shown[1])]
        for track in tracks
    ]
    seen = np.concatenate([*met, *[np.quantile(heights[0], [0.1, 0.9])]])
    seen = seen[np.isfinite(seen)]
    extent = float(np.ptp(seen))
    if extent > 0 and high - low > TALL * extent:
        low, high = max(low, float(seen.min()) - extent), min(high, float(seen.max()) + 2 * extent)
    margin = 0.06 * (high - low) or 0.5 * max(1.0, abs(high)) * 0.1
    return low - margin, high + margin
