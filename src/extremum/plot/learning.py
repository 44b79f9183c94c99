"""How a regression was learned: the loss, and the length of each step of the parameters."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from extremum.outcomes import InvalidInput
from extremum.plot.figure import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    PURPLE,
    VERMILLION,
    legend_above,
    new_axes,
    tidy,
)
from extremum.solve import Result, Trace

COLOURS = (BLUE, VERMILLION, PURPLE, ORANGE, BLACK)

FEW = 60
"""Up to so many iterations each is a dot."""

UNEQUAL = 10
"""Where one run has so many times the iterations of another, their axis is logarithmic."""

STEEP = 20.0
"""The loss is drawn on a log axis if it fell by this factor."""


def plot_loss(*runs: Any, labels: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """Draw the loss over the iterations.

    Parameters
    ----------
    *runs : fitted regression, Result or Trace
        Several are compared.
    labels : sequence of str, optional
        One a run.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from extremum.regression import LogisticRegression
    >>> from extremum.plot import plot_loss
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1]
    >>> axes = plot_loss(LogisticRegression(solver="newton").fit(X, y))
    """
    axes, drawn = _draw("fun", runs, labels, ax)
    values = np.concatenate([trace["fun"] for trace, _ in drawn])
    values = values[np.isfinite(values)]
    if len(values) and values.min() > 0 and values.max() > STEEP * values.min():
        axes.set_yscale("log")
    axes.set_ylabel("loss, mean over the rows")
    legend_above(axes)
    return axes


def plot_steps(*runs: Any, labels: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """Draw the length of each step of the parameters, ‖Δθ‖, over the iterations.

    A straight line is linear convergence; one that falls ever more steeply, quadratic. (Where the
    numbers of iterations are very unequal their axis is logarithmic too.) Where a run was to stop
    at a step, that length is a dashed line.

    Parameters
    ----------
    *runs : fitted regression, Result or Trace
        Several are compared.
    labels : sequence of str, optional
        One a run.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    Returns
    -------
    Axes
    """
    axes, drawn = _draw("step_norm", runs, labels, ax)
    if any((trace["step_norm"][1:] > 0).any() for trace, _ in drawn):
        axes.set_yscale("log")
    for length in {_longest_step(result) for _, result in drawn}:
        if length is None:
            continue
        axes.axhline(length, color=GREY, linewidth=1.2, linestyle="--", label="tolerance", zorder=1)
    axes.set_ylabel("step of the parameters, $\\Vert\\Delta\\theta\\Vert_2$")
    legend_above(axes)
    return axes


def _draw(
    column: str, runs: Sequence[Any], labels: Sequence[str] | None, ax: Axes | None
) -> tuple[Axes, list[tuple[Trace, Result | None]]]:
    """Draw a column of each run's trace over its iterations."""
    if not runs:
        raise InvalidInput("There is no run to draw; give a fitted regression.")
    if labels is not None and len(labels) != len(runs):
        raise InvalidInput(f"{len(labels)} labels for {len(runs)} runs; give one for each.")
    ax = new_axes(6.4, 3.6) if ax is None else ax
    drawn = [_trace_and_result(run) for run in runs]
    for k, (trace, _) in enumerate(drawn):
        marker = "o" if len(trace) <= FEW else None
        label = labels[k] if labels is not None else _label(runs[k]) if len(runs) > 1 else None
        colour = COLOURS[k % len(COLOURS)]
        ax.plot(
            trace["nit"],
            trace[column],
            color=colour,
            linewidth=1.6,
            marker=marker,
            markersize=4,
            markeredgewidth=0,
            label=label,
        )
    lengths = [len(trace) - 1 for trace, _ in drawn]
    last = max(lengths)
    if last > UNEQUAL * max(1, min(lengths)) and len(drawn) > 1:
        ax.set_xscale("symlog", linthresh=1, linscale=0.3)
        ax.set_xlim(-0.15, last * 1.1)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.set_xlabel("iteration")
    ax.grid(axis="y", color="#E3E3E3", linewidth=0.6)
    ax.set_axisbelow(True)
    tidy(ax)
    return ax, drawn


def _trace_and_result(run: Any) -> tuple[Trace, Result | None]:
    if isinstance(run, Trace):
        return run, None
    result = run if isinstance(run, Result) else getattr(run, "result_", None)
    if result is None:
        raise InvalidInput(f"A {type(run).__name__} has no history; give a fitted regression.")
    return result["trace"], result


def _label(run: Any) -> str | None:
    solver = getattr(run, "solver", None)
    if solver is None:
        return None
    step = "" if run.step is None else f", step {run.step}"
    return f"{solver}{step}: {run.n_iter_} iterations"


def _longest_step(result: Result | None) -> float | None:
    """The step ‖Δθ‖ at which a run was to stop, read from its manifest."""
    for text in () if result is None else result.get("manifest", {}).get("stop", ()):
        match = re.fullmatch(r"SquaredStep\((?:\w+=)?(.+)\)", text)
        if match is not None:
            return math.sqrt(float(match[1]))
    return None
