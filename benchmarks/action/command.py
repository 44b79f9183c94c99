"""`python -m benchmarks action`: its options, and the course of a run."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.action import accuracy, size, starts
from benchmarks.action.figure import draw_accuracy, draw_sizes
from benchmarks.action.problems import PROBLEMS
from benchmarks.cutest.clock import CLOCKS

PARTS = ("accuracy", "size", "starts")
SIZES = (101, 1001, 10_001, 100_001, 1_000_001)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--max-points", type=int, default=SIZES[-1], help="default: %(default)s")
    parser.add_argument(
        "--seconds", type=float, default=2.0, help="of repeating a call: %(default)s"
    )
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="of the accuracy part")
    parser.add_argument("--output", type=Path, default=Path("build/action"), metavar="DIR")


def run(options: argparse.Namespace) -> None:
    """Measure, print the tables, draw the figures, write the JSON."""
    console = Console()
    console.width = max(console.width, 120)
    options.output.mkdir(parents=True, exist_ok=True)
    parts = {"accuracy": _accuracy, "size": _size, "starts": _starts}
    for part in options.parts:
        found = parts[part](options, console)
        path = options.output / f"{part}.json"
        path.write_text(json.dumps(found, indent=1) + "\n")
        console.print(f"written: {path}\n")


def _accuracy(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    clock = CLOCKS[options.clock].now
    groups = {name: accuracy.measure(name, options.seconds, clock) for name in options.problems}
    title = f"{options.clock} seconds for a path, warm; error: the largest |Δq| at 33 times"
    table = Table(title=title)
    for heading in ("problem", "solver", "setting", "error", "seconds"):
        table.add_column(heading, justify="left" if heading in ("problem", "solver") else "right")
    for rows in groups.values():
        for row in rows:
            error = "failed" if row["error"] is None else f"{row['error']:.1e}"
            setting, seconds = f"{row['setting']:g}", f"{row['seconds']:.2g}"
            table.add_row(row["problem"], row["solver"], setting, error, seconds)
        table.add_section()
    console.print(table)
    found: dict[str, dict[str, Any]] = {}
    for peer in accuracy.PEERS:
        ratios = {name: accuracy.ratios(rows, peer) for name, rows in groups.items()}
        means = {name: accuracy.geometric_mean(each) for name, each in ratios.items() if each}
        overall = accuracy.geometric_mean(list(means.values()))
        found[peer] = {"ratios": ratios, "means": means, "geometric_mean": overall}
        each = ", ".join(f"{name} {mean:.1f}" for name, mean in means.items())
        console.print(f"{peer}: time over extremum's at equal error: {each}; mean {overall:.1f}")
    draw_accuracy(groups, options.output / "accuracy")
    return {"measured": groups, "peers": found}


def _size(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    rows = [
        size.measure_apart(name, points)
        for name in size.POTENTIALS
        for points in SIZES
        if points <= options.max_points
    ]
    table = Table(title="seconds, warm, beside a hand-written Newton's with LAPACK's dgtsv")
    for heading in (
        "potential points iterations seconds by-hand iterations-by-hand ratio CPU-ratio MB"
    ).split():
        table.add_column(heading.replace("-", " "), justify="right")
    for row in rows:
        if "error" in row:
            table.add_row(row["potential"], str(row["points"]), row["error"])
            continue
        table.add_row(
            row["potential"],
            str(row["points"]),
            str(row["iterations"]),
            f"{row['seconds']:.3g}",
            f"{row['by_hand']:.3g}",
            str(row["iterations_by_hand"]),
            f"{row['seconds'] / row['by_hand']:.2f}",
            f"{row['cpu'] / row['cpu_by_hand']:.2f}",
            f"{row['megabytes']:.0f}",
        )
    console.print(table)
    draw_sizes(rows, options.output / "size")
    return {"measured": rows}


def _starts(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    rows = starts.measure()
    certified = [row for row in rows if row["index"] is not None]
    distinct = {round(row["velocity"], 5) for row in certified}
    peers = [row for row in rows if row["peer_success"]]
    indices = ", ".join(
        f"{index}: {count}"
        for index, count in sorted(Counter(r["index"] for r in certified).items())
    )
    console.print(
        f"of {len(rows)} starts {len(certified)} end at a certified path ({len(distinct)} of them "
        f"distinct; index: count {indices}), {len(peers)} of solve_bvp's\n"
        f"CPU seconds: {sum(r['seconds'] for r in rows):.1f}, certificates "
        f"{sum(r['certificate_seconds'] for r in rows):.1f}; solve_bvp "
        f"{sum(r['peer_seconds'] for r in rows):.1f}"
    )
    return {
        "measured": rows,
        "certified": len(certified),
        "distinct": len(distinct),
        "peer": len(peers),
    }
