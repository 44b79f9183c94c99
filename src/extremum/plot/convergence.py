"""Over the iterations: how far the value and the gradient fell, and what happened on the way."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, SymmetricalLogLocator

from extremum.objective import Vector
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
from extremum.plot.track import MARKS, OTHER_MARK, outline, run_label, verdict_in_words
from extremum.solve import Result, Trace

COLOURS = (BLUE, VERMILLION, PURPLE, ORANGE, BLACK)

FEW = 60
"""Up to so many iterations each is a dot."""

EVENT_MARKERS = ("o", "s", "^", "D", "v")

ENDLESS = 1e6
"""A value that has fallen to −ENDLESS · max(1, |φ(x₀)|) has no lowest to be measured from."""

NEAR = 1e-4
"""The rounding error is drawn where the gradient has come this near to it."""

RESTART = "left a"
"""How the events begin that start a method again from a lower point."""


def plot_convergence(
    *runs: Trace | Result,
    labels: Sequence[str] | None = None,
    tolerance: float | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the value above the lowest one, and the gradient's norm, over the iterations.

    Parameters
    ----------
    *runs : Trace or Result
        Several are compared, their values against the lowest of all. A result also tells its
        tolerance, its rounding floor and why it stopped.
    labels : sequence of str, optional
        One a run.
    tolerance : float, optional
        Of the gradient's norm; by default the one that the results were given.
    title : str, optional
        By default, for one result, the verdict and why the run stopped.
    ax : Axes, optional
        Its place is divided in two; by default a new figure is made.

    Returns
    -------
    Axes
        The upper panel, of the value. The lower one is the last of ``axes.figure.axes``.

    Examples
    --------
    >>> import extremum as ex
    >>> axes = ex.minimize(lambda x: x[0] ** 4 + x[1] ** 2, [1.0, 2.0]).trace.plot()
    """
    if not runs:
        raise InvalidInput("There is no run to draw; give a Result or its trace.")
    if labels is not None and len(labels) != len(runs):
        raise InvalidInput(f"{len(labels)} labels for {len(runs)} runs; give one for each.")
    traces = [run["trace"] if isinstance(run, Result) else run for run in runs]
    results = [run for run in runs if isinstance(run, Result)]
    names = labels or [run_label(r) if isinstance(r, Result) else "" for r in runs]
    upper, lower = _divide(ax if ax is not None else new_axes(6.4, 5.6))
    for k, (trace, name) in enumerate(zip(traces, names, strict=True)):
        style = _style(trace, COLOURS[k % len(COLOURS)])
        _draw_values(upper, trace, traces, {**style, "label": name})
        _draw(lower, trace["nit"], trace["grad_norm"], style)
        _draw_zeros(lower, trace["nit"][trace["grad_norm"] == 0], style["color"])
    for result in results:
        _draw_recomputed(lower, result)
    _draw_events(upper, lower, traces)
    _draw_floors(lower, results, tolerance)
    _label(upper, lower, traces, len(runs) > 1)
    text = _title(results[0]) if title is None and len(runs) == len(results) == 1 else title
    if text:
        upper.set_title(text, loc="left", fontsize="small")
    return upper


def _divide(ax: Axes) -> tuple[Axes, Axes]:
    """Make two panels, one above the other, of the place of one."""
    place = ax.get_subplotspec()
    figure = ax.figure
    if place is not None:
        halves = place.subgridspec(2, 1)
        ax.set_subplotspec(halves[0])
        return ax, figure.add_subplot(halves[1], sharex=ax)
    box = ax.get_position()
    ax.set_position((box.x0, box.y0 + 0.53 * box.height, box.width, 0.47 * box.height))
    return ax, figure.add_axes((box.x0, box.y0, box.width, 0.47 * box.height), sharex=ax)


def _style(trace: Trace, colour: str) -> dict[str, Any]:
    dots = {"marker": "o", "markersize": 4, "markeredgewidth": 0} if len(trace) <= FEW + 1 else {}
    return {"color": colour, "linewidth": 1.6, "zorder": 3, **dots}


def _draw_values(upper: Axes, trace: Trace, traces: Sequence[Trace], style: dict[str, Any]) -> None:
    """Draw φ − lowest φ on a log axis; where that says nothing, φ itself."""
    values = np.concatenate([_finite(each["fun"]) for each in traces])
    lowest = np.min(values, initial=np.inf)
    size = max(1.0, abs(float(values[0]))) if len(values) else 1.0
    if lowest < -ENDLESS * size:
        upper.plot(trace["nit"], trace["fun"], **style)
        decades = np.log10(-lowest / size)
        upper.set_yscale("symlog", linthresh=size, linscale=decades / 8)
        ticks = SymmetricalLogLocator(base=10, linthresh=size)
        ticks.set_params(numticks=7)
        upper.yaxis.set_major_locator(ticks)
        upper.set_ylabel("$\\varphi$")
    elif (values > lowest).any():
        _draw(upper, trace["nit"], trace["fun"] - lowest, style)
        upper.set_ylabel("$\\varphi$ − lowest $\\varphi$")
    else:
        upper.plot(trace["nit"], trace["fun"], **style)
        upper.set_ylabel("$\\varphi$")


def _draw(ax: Axes, nit: Vector, values: Vector, style: dict[str, Any]) -> None:
    """Draw what is positive on a log axis."""
    positive = np.isfinite(values) & (values > 0)
    ax.plot(nit[positive], values[positive], **style)
    if positive.any():
        ax.set_yscale("log")


def _draw_zeros(ax: Axes, nit: Vector, colour: str) -> None:
    """Mark at the foot of a log axis where a value is exactly zero."""
    if len(nit):
        ax.plot(
            nit,
            np.full(len(nit), 0.03),
            transform=ax.get_xaxis_transform(),
            linestyle="none",
            marker="v",
            markersize=6,
            markerfacecolor="none",
            markeredgecolor=colour,
            label="exactly zero",
        )


def _draw_recomputed(lower: Axes, result: Result) -> None:
    """Mark the gradient that the certificate found, at the iterate that was returned."""
    certificate = result.get("certificate")
    if certificate is None or not certificate.gradient_norm > 0:
        return
    same = np.flatnonzero(result["trace"]["fun"] == result["fun"])
    marker, colour, size = MARKS.get(certificate.verdict, OTHER_MARK)
    lower.plot(
        [same[-1] if len(same) else len(result["trace"]) - 1],
        [certificate.gradient_norm],
        linestyle="none",
        marker=marker,
        markersize=size,
        label="recomputed by the certificate",
        zorder=4,
        **outline(colour),
    )


def _draw_events(upper: Axes, lower: Axes, traces: Sequence[Trace]) -> None:
    """Ring the gradients at which something special happened; a line where a run began again."""
    found: dict[str, list[tuple[float, float]]] = {}
    for trace in traces:
        for nit, norm, event in zip(trace["nit"], trace["grad_norm"], trace["event"], strict=True):
            for part in filter(None, str(event).split("; ")):
                found.setdefault(part.split(":")[0], []).append((nit, norm))
    markers = 0
    for event, places in found.items():
        nits, norms = np.array(places, dtype=float).T
        if event.startswith(RESTART):
            for panel in (upper, lower):
                for k, nit in enumerate(nits):
                    text = event if panel is lower and k == 0 else None
                    panel.axvline(
                        nit, color=GREY, linewidth=1.0, linestyle=":", label=text, zorder=1
                    )
            continue
        shown = np.where((norms > 0) & np.isfinite(norms), norms, np.nan)
        lower.plot(
            nits,
            shown,
            linestyle="none",
            marker=EVENT_MARKERS[markers % len(EVENT_MARKERS)],
            markersize=8,
            markerfacecolor="none",
            markeredgecolor=GREY,
            label=event,
            zorder=2,
        )
        markers += 1


def _draw_floors(lower: Axes, results: Sequence[Result], tolerance: float | None) -> None:
    """Draw the tolerance and the rounding error of the gradient, where they are known."""
    given = [_tolerance(result) for result in results]
    if tolerance is None and len(set(given)) == 1:
        tolerance = given[0]
    if tolerance:
        lower.axhline(
            tolerance, color=GREY, linewidth=1.2, linestyle="--", label="tolerance", zorder=1
        )
    floors = [getattr(result.get("certificate"), "gradient_floor", np.nan) for result in results]
    floor = np.nanmax(floors) if np.isfinite(floors).any() else 0.0
    norms = np.concatenate([result["trace"]["grad_norm"] for result in results] or [[np.nan]])
    if floor > NEAR * np.min(norms[norms > 0], initial=np.inf):
        lower.axhline(
            floor, color=GREY, linewidth=1.2, linestyle=":", label="rounding error", zorder=1
        )


def _tolerance(result: Result) -> float | None:
    """The bound on ‖∇φ‖∞ that a run was given, read from its manifest."""
    for text in result.get("manifest", {}).get("stop", ()):
        match = re.fullmatch(r"GradientNorm\(atol=(.+), rtol=(.+)\)", text)
        if match is not None:
            atol, rtol = map(float, match.groups())
            return atol + rtol * float(result["trace"]["grad_norm"][0])
    return None


def _label(upper: Axes, lower: Axes, traces: Sequence[Trace], compared: bool) -> None:
    lower.set_ylabel("$\\Vert\\nabla\\varphi\\Vert_\\infty$")
    lower.set_xlabel("iteration")
    lower.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    upper.tick_params(labelbottom=False)
    last = max(len(trace) for trace in traces) - 1
    margin = 0.02 * last or 0.5
    upper.set_xlim(-margin, last + margin)
    for panel in (upper, lower):
        tidy(panel)
        panel.grid(axis="y", color="#E3E3E3", linewidth=0.6)
        panel.set_axisbelow(True)
    legend_above(lower)
    if compared and upper.get_legend_handles_labels()[1]:
        upper.legend(loc="best", fontsize="small", framealpha=0.85, edgecolor="none")


def _title(result: Result) -> str:
    """The verdict, and why the run stopped."""
    verdict = verdict_in_words(result.get("certificate"))
    nit = result.get("nit", 0)
    first = f"{verdict[0].upper()}{verdict[1:]} after {nit} iteration{'s' if nit != 1 else ''}"
    message = str(result.get("message", "")).split(" The point x = ")[0]
    stopped = textwrap.shorten(message, 180, placeholder=" …")
    return "\n".join([first, *textwrap.wrap(stopped.replace("$", r"\$"), 92)])


def _finite(values: Vector) -> Vector:
    finite: Vector = values[np.isfinite(values)]
    return finite
