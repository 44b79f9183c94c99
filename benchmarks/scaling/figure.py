"""Time and memory over the number of variables, on logarithmic axes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.scaling.fit import exponents

COLOURS = "#0072B2 #D55E00 #009E73".split()
MARKERS = "osD"

PANELS = {
    "per_iteration": "seconds per iteration",
    "seconds": "seconds in all",
    "megabytes": "memory above the imports', MB",
}


def draw_scaling(groups: dict[str, list[dict[str, Any]]], path: Path) -> None:
    """A panel for each cost, a line for each function; written as PNG and SVG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.5, 3.9), layout="constrained")
    FigureCanvasAgg(figure)
    for axis, (cost, label) in zip(figure.subplots(1, 3), PANELS.items(), strict=True):
        for number, (name, rows) in enumerate(groups.items()):
            points = [(row["n"], _cost(row, cost)) for row in rows if "error" not in row]
            failed = [(row["n"], _cost(row, cost)) for row in rows if row.get("success") is False]
            power = exponents(rows).get(cost)
            axis.loglog(
                *zip(*points, strict=True),
                color=COLOURS[number],
                marker=MARKERS[number],
                markersize=5,
                linewidth=1.6,
                label=name + ("" if power is None else f": n$^{{{power:.2f}}}$"),
            )
            if failed:
                # A hollow marker: the run ended without a success.
                axis.plot(
                    *zip(*failed, strict=True),
                    MARKERS[number],
                    markersize=5,
                    markerfacecolor="white",
                    markeredgecolor=COLOURS[number],
                )
        axis.set_xlabel("number of variables n")
        axis.set_title(label, fontsize=10, loc="left")
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.25, linewidth=0.6)
        axis.legend(frameon=False, fontsize=8, loc="upper left")
    for suffix in (".png", ".svg"):
        figure.savefig(path.with_suffix(suffix), dpi=200)


def _cost(row: dict[str, Any], cost: str) -> float:
    if cost == "megabytes":
        return max(float(row["megabytes"] - row["megabytes_before"]), 1.0)
    return float(row[cost])
