"""`python -m benchmarks scaling`: its options, and the course of a run."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.scaling.figure import draw_scaling
from benchmarks.scaling.fit import FROM, exponents
from benchmarks.scaling.functions import FUNCTIONS
from benchmarks.scaling.measure import measure_apart

SIZES = (100, 1000, 10_000, 100_000, 1_000_000)

SPLIT = ("tracing", "detection", "colouring", "compilation", "iterations", "certificate")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--functions", nargs="+", choices=FUNCTIONS, default=list(FUNCTIONS))
    parser.add_argument("--max-n", type=int, default=SIZES[-1], help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=300.0, help="limit of a run: %(default)s")
    parser.add_argument("--output", type=Path, default=Path("build/scaling"), metavar="DIR")


def run(options: argparse.Namespace) -> None:
    """Measure, print the table, fit the exponents, draw the figure."""
    console = Console()
    groups: dict[str, list[dict[str, Any]]] = {}
    for name in options.functions:
        groups[name] = []
        for n in SIZES:
            if n <= options.max_n:
                row = measure_apart(name, n, options.seconds)
                groups[name].append(row)
                console.print(_line(row), highlight=False)
    options.output.mkdir(parents=True, exist_ok=True)
    fitted = {name: exponents(rows) for name, rows in groups.items()}
    path = options.output / "scaling.json"
    path.write_text(json.dumps({"measured": groups, "exponents": fitted}, indent=1) + "\n")
    console.width = max(console.width, 190)
    console.print(_table(groups))
    for name, powers in fitted.items():
        text = ", ".join(
            f"{cost.replace('_', ' ')} n^{power:.2f}"
            for cost, power in powers.items()
            if power is not None
        )
        console.print(f"{name}, fitted from n = {FROM}: {text or '–'}", highlight=False)
    draw_scaling(groups, options.output / "scaling")
    console.print(f"written: {path}, {options.output / 'scaling.png'}")


def _line(row: dict[str, Any]) -> str:
    if "error" in row:
        return f"{row['function']} n={row['n']}: {row['error']}"
    return f"{row['function']} n={row['n']}: {row['seconds']:.2f} s, {row['verdict']}"


def _table(groups: dict[str, list[dict[str, Any]]]) -> Table:
    table = Table(title="seconds, and peak memory of the process")
    for heading in ("function", "n", "structure", "iterations", "each", "in all", *SPLIT, "MB"):
        left = heading in ("function", "structure")
        table.add_column(heading, justify="left" if left else "right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for rows in groups.values():
        for row in rows:
            if "error" in row:
                table.add_row(row["function"], str(row["n"]), row["error"])
                continue
            table.add_row(
                row["function"],
                str(row["n"]),
                row["structure"],
                str(row["iterations"]),
                f"{row['per_iteration']:.2g}",
                f"{row['seconds']:.2f}",
                *(f"{row['split'][part]:.2g}" for part in SPLIT),
                f"{row['megabytes']:.0f}",
                row["verdict"],
            )
        table.add_section()
    return table
