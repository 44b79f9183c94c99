"""Around a path: its lowest modes, and the action along them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from scipy.interpolate import CubicSpline

from extremum.mechanics import Path
from extremum.mechanics.index import MorseIndex
from extremum.objective import Vector
from extremum.outcomes import InvalidInput
from extremum.plot.figure import GREY, legend_above, new_axes, number, tidy
from extremum.plot.path import COLOURS

AMPLITUDES = 121
"""Of a curve."""

REACH = 0.5
"""The largest amplitude by default: a mode's height, in parts of the path's extent."""

STYLES = ("-", "--", ":", "-.")
"""Of the coordinates of a mode."""


def plot_modes(path: Path, *, many: int = 4, ax: Axes | None = None) -> Axes:
    """Draw the lowest modes of the second variation of the action, with their eigenvalues.

    As many of the eigenvalues are negative as the path's Morse index says.

    Parameters
    ----------
    path : Path
    many : int
        Modes at most.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Raises
    ------
    InvalidInput
        If the path was not found, so that it has no modes.
    """
    index = _index(path)
    if ax is None:
        ax = new_axes(6.4, 4.0)
    ax.axhline(0.0, color=GREY, linewidth=0.8, zorder=1)
    d = index.modes.shape[2]
    t = np.linspace(index.times[0], index.times[-1], 401)
    for k, value in enumerate(index.eigenvalues[:many]):
        mode = _mode(index, k)(t)
        for i, column in enumerate(mode.T):
            ax.plot(
                t,
                column,
                color=COLOURS[k % len(COLOURS)],
                linestyle=STYLES[i % len(STYLES)],
                linewidth=1.6,
                label=_label(k, value) if i == 0 else None,
            )
    for i in range(d if d > 1 else 0):
        style = STYLES[i % len(STYLES)]
        ax.plot([], [], color=GREY, linestyle=style, label=f"$\\delta q_{{{i}}}$")
    ax.set_xlabel("time $t$")
    ax.set_ylabel("mode $\\delta q$, $\\int |\\delta q|^2 \\, dt = 1$")
    tidy(ax)
    legend_above(ax)
    return ax


def plot_action(
    path: Path,
    *,
    modes: Sequence[int] | None = None,
    amplitude: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the action of paths beside this one: S(q + a δq) − S(q), for some of its lowest modes.

    The curve of a mode opens downwards where its eigenvalue is negative: at a minimum of the action
    none does.

    Parameters
    ----------
    path : Path
    modes : sequence of int, optional
        Which, counted from the lowest; by default the two lowest and the lowest that increases the
        action. All have the largest |δqᵢ| = 1 here.
    amplitude : float, optional
        The largest a; by default half of the path's extent.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Raises
    ------
    InvalidInput
        If the path was not found, or has no such mode.
    """
    index = _index(path)
    if modes is None:
        positive = np.flatnonzero(index.eigenvalues > 0)[:1]
        modes = sorted({*range(min(2, len(index.eigenvalues))), *map(int, positive)})
    missing = [k for k in modes if not 0 <= k < len(index.eigenvalues)]
    if missing:
        raise InvalidInput(
            f"modes={tuple(modes)}: the path has {len(index.eigenvalues)} modes, counted from 0."
        )
    if ax is None:
        ax = new_axes(6.0, 4.2)
    reach = REACH * (float(np.abs(path.q).max()) or 1.0) if amplitude is None else amplitude
    a = np.linspace(-reach, reach, AMPLITUDES)
    discrete, nodes = path.confirmed.solution.action, path.confirmed.solution.nodes[1:-1]
    first = discrete.value(nodes.ravel())
    ax.axhline(0.0, color=GREY, linewidth=0.8, zorder=1)
    for k in modes:
        mode = _mode(index, k)(discrete.node_times[1:-1])
        mode /= np.abs(mode).max()
        with np.errstate(all="ignore"):
            values = np.array([discrete.value((nodes + b * mode).ravel()) for b in a]) - first
        ax.plot(
            a,
            np.where(np.isfinite(values), values, np.nan),
            color=COLOURS[k % len(COLOURS)],
            linewidth=1.7,
            label=_label(k, index.eigenvalues[k]),
        )
    ax.plot([0.0], [0.0], marker="o", color="black", markersize=5, zorder=4)
    ax.set_xlabel("amplitude $a$")
    ax.set_ylabel("$S(q + a\\,\\delta q) - S(q)$")
    ax.ticklabel_format(axis="y", style="sci", scilimits=(-3, 4), useMathText=True)
    tidy(ax)
    legend_above(ax)
    return ax


def _index(path: Path) -> MorseIndex:
    found = path.certificate.index
    if isinstance(found, MorseIndex) and len(found.eigenvalues):
        return found
    why = "it was not found to be stationary" if found is None else "it is closed"
    raise InvalidInput(f"The path has no modes, as {why}. {path.message}")


def _mode(index: MorseIndex, k: int) -> Any:
    """A mode as a smooth function of the time."""
    mode: Vector = index.modes[k]
    return CubicSpline(index.times, mode * _sign(mode))


def _sign(mode: Vector) -> float:
    """Of the first of the mode's large values: each mode is drawn from zero upwards."""
    flat = mode[:, np.abs(mode).max(0).argmax()]
    return float(np.sign(flat[np.abs(flat) > 0.2 * np.abs(flat).max()][0]))


def _label(k: int, value: float) -> str:
    return f"mode {k + 1}, $\\lambda$ = {number(float(value), 4)}"
