"""Error over time for each problem; time and memory over the number of points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.action.accuracy import ADAPTIVE, PEERS, RULES

COLOURS = dict(
    zip(
        (*RULES, ADAPTIVE, *PEERS),
        "#56B4E9 #009E73 #E69F00 #CC79A7 #6E6E6E #0072B2 #000000 #D55E00 #D55E00".split(),
        strict=True,
    )
)
MARKERS = dict(zip((*RULES, ADAPTIVE, *PEERS), "v^<>sDoXP", strict=True))


def _figure(width: float, height: float) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _tidy(axis: Any) -> None:
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(alpha=0.25, linewidth=0.6)


def draw_accuracy(groups: dict[str, list[dict[str, Any]]], path: Path) -> None:
    """A panel for each problem, a line for each solver; written as PNG and SVG."""
    from matplotlib.ticker import NullFormatter

    figure = _figure(9.6, 3.4 * ((len(groups) + 1) // 2) + 0.9)
    panels = figure.subplots((len(groups) + 1) // 2, 2, squeeze=False).ravel()
    for axis in panels[len(groups) :]:
        axis.remove()
    for axis, (name, rows) in zip(panels, groups.items(), strict=False):
        for solver in COLOURS:
            points = [
                (row["seconds"], max(row["error"], 1e-16))
                for row in rows
                if row["solver"] == solver and row["success"]
            ]
            if not points:
                continue
            bold = solver == ADAPTIVE or solver in PEERS
            axis.loglog(
                *zip(*points, strict=True),
                color=COLOURS[solver],
                marker=MARKERS[solver],
                markersize=5 if bold else 4,
                linewidth=2.0 if bold else 1.0,
                linestyle="--" if solver == PEERS[1] else "-",
                label=solver,
                zorder=3 if bold else 2,
            )
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.set_title(name, fontsize=10, loc="left")
        axis.set_xlabel("seconds, warm")
        axis.set_ylabel("largest error of q")
        _tidy(axis)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=5, frameon=False, fontsize=9)
    for suffix in (".png", ".svg"):
        figure.savefig(path.with_suffix(suffix), dpi=200)


def draw_sizes(rows: list[dict[str, Any]], path: Path) -> None:
    """Time and memory over the number of points; written as PNG and SVG."""
    figure = _figure(9.2, 3.8)
    times, memory = figure.subplots(1, 2)
    good = [row for row in rows if "error" not in row]
    names = list(dict.fromkeys(row["potential"] for row in good))
    for name, colour in zip(names, ("#0072B2", "#D55E00"), strict=False):
        mine = [row for row in good if row["potential"] == name]
        points = [row["points"] for row in mine]
        style = {"color": colour, "marker": "o", "markersize": 4.5, "linewidth": 1.6}
        times.loglog(points, [row["seconds"] for row in mine], label=name, **style)
        times.loglog(
            points,
            [row["by_hand"] for row in mine],
            label=f"{name}, by hand",
            **(style | {"linestyle": "--", "markerfacecolor": "white"}),
        )
        memory.loglog(points, [row["megabytes"] for row in mine], label=name, **style)
    times.set_title("seconds, warm", fontsize=10, loc="left")
    memory.set_title("peak memory of the process, MB", fontsize=10, loc="left")
    for axis in (times, memory):
        axis.set_xlabel("points")
        _tidy(axis)
        axis.legend(frameon=False, fontsize=8, loc="upper left")
    for suffix in (".png", ".svg"):
        figure.savefig(path.with_suffix(suffix), dpi=200)
