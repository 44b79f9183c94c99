"""The performance profiles as a figure."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from benchmarks.cutest.peers import WHOLE
from benchmarks.cutest.profiles import performance_ratios, profile
from benchmarks.cutest.records import SMALL, Entry, is_large, is_small, outcome
from benchmarks.cutest.summary import OURS

GREATEST_FACTOR = 1000.0
"""Where the axis of τ ends."""

# Okabe and Ito's colours, which readers with any colour vision can tell apart.
COLOURS = "#0072B2 #D55E00 #009E73 #CC79A7 #E69F00 #56B4E9".split()
DASHES = ("-", "--")


def draw_profiles(problems: dict[str, Entry], solvers: list[str], path: Path) -> None:
    """ρ(τ) of each solver that is called from Python; written as PNG and SVG.

    One panel for the smaller problems and one for the larger.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    groups = {
        f"n < {SMALL}": [entry for entry in problems.values() if is_small(entry)],
        f"n ≥ {SMALL}": [entry for entry in problems.values() if is_large(entry)],
    }
    groups = {title: entries for title, entries in groups.items() if entries}
    figure = Figure(figsize=(4.2 * len(groups) + 1.9, 3.9), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, len(groups), sharey=True, squeeze=False)[0]
    solvers = [name for name in solvers if name not in WHOLE]
    styles = _styles(solvers)
    for axis, (title, entries) in zip(axes, groups.items(), strict=True):
        times = {solver: [_seconds(entry, solver) for entry in entries] for solver in solvers}
        factors = np.geomspace(1.0, GREATEST_FACTOR, 2000)
        for solver, ratios in performance_ratios(times).items():
            axis.plot(factors, profile(ratios, factors), label=solver, **styles[solver])
        axis.set_title(f"{title} ({len(entries)} problems)", fontsize=10)
        axis.set_xscale("log")
        axis.set_xlim(1, GREATEST_FACTOR)
        axis.set_ylim(0, 1.01)
        axis.set_xlabel("τ, multiple of the best time")
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.25, linewidth=0.6)
    axes[0].set_ylabel("share of problems solved within τ")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right center", frameon=False)
    for suffix in (".png", ".svg"):
        figure.savefig(path.with_suffix(suffix), dpi=200)


def _styles(solvers: list[str]) -> dict[str, dict[str, object]]:
    """extremum in black and thick; the peers in colours, dashed from the seventh on."""
    styles: dict[str, dict[str, object]] = {}
    peers = [solver for solver in solvers if solver not in OURS]
    for number, solver in enumerate(peers):
        turn, colour = divmod(number, len(COLOURS))
        styles[solver] = {
            "color": COLOURS[colour],
            "linestyle": DASHES[turn % len(DASHES)],
            "linewidth": 1.3,
        }
    for solver, linestyle in zip(OURS, DASHES, strict=True):
        styles[solver] = {
            "color": "black",
            "linestyle": linestyle,
            "linewidth": 2.4,
            "zorder": 3,
        }
    return styles


def _seconds(entry: Entry, solver: str) -> float:
    found = outcome(entry, solver)
    return found.seconds if found else math.inf
