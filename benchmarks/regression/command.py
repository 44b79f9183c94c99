"""`python -m benchmarks regression`: its options, and the course of a run."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table as RichTable
from threadpoolctl import threadpool_limits

from benchmarks.cutest.clock import CLOCKS
from benchmarks.regression.measure import floor, time_to_target
from benchmarks.regression.peers import solvers
from benchmarks.regression.tables import CONDITIONS, SHAPES, Table, real, simulated

COUNTED = 1_000_000
"""Cells of so many numbers enter the summary: below, the calls themselves take the time."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    models = ("logistic", "poisson", "linear")
    parser.add_argument("--models", nargs="+", choices=models, default=["logistic"])
    parser.add_argument("--max-size", type=float, default=5e7, help="numbers: %(default).0e")
    parser.add_argument("--min-size", type=float, default=0, help="numbers: %(default).0e")
    parser.add_argument(
        "--conditions", nargs="+", type=float, default=list(CONDITIONS), metavar="K"
    )
    parser.add_argument("--real", action="store_true", help="the tables that packages ship too")
    parser.add_argument("--peers", nargs="+", metavar="NAME", help="default: all")
    parser.add_argument("--threads", type=int, default=2, help="of every solver: %(default)s")
    parser.add_argument("--repeats", type=int, default=3, help="the least counts: %(default)s")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="for one solver on one table: %(default)s"
    )
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--output", type=Path, default=Path("build/regression"), metavar="DIR")


def run(options: argparse.Namespace) -> None:
    """Measure, print a line per table, summarize."""
    console = Console(width=200)
    rows: list[dict[str, Any]] = []
    clock = CLOCKS[options.clock].now
    with threadpool_limits(options.threads):
        for table in _tables(options):
            row: dict[str, Any] = {
                "table": table.name,
                "size": table.size,
                "floor": floor(table, clock),
            }
            found = solvers(table.model)
            for name in found:
                if options.peers is None or name == "extremum" or name in options.peers:
                    outcome = time_to_target(
                        found[name], table, options.repeats, options.seconds, clock
                    )
                    row[name] = outcome.seconds
            rows.append(row)
            console.print(_line(row), highlight=False)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "regression.json").write_text(json.dumps(rows, indent=1) + "\n")
    console.print(_rich(rows))
    console.print(summary(rows), highlight=False)


def _tables(options: argparse.Namespace) -> Iterator[Table]:
    for model in options.models:
        for n, d in SHAPES:
            for condition in options.conditions:
                if options.min_size <= n * d <= options.max_size:
                    yield simulated(model, n, d, condition)
    if options.real:
        for make in real():
            yield make()


def fastest_peer(row: dict[str, Any]) -> tuple[str, float]:
    """The name and the time of the fastest of the others."""
    peers = {k: v for k, v in row.items() if k not in ("table", "size", "floor", "extremum")}
    return min(peers.items(), key=lambda item: item[1], default=("none", math.inf))


def summary(rows: list[dict[str, Any]]) -> str:
    """How much faster, over the large tables that some peer fits."""
    ratios = [
        fastest_peer(row)[1] / row["extremum"]
        for row in rows
        if row["size"] >= COUNTED and math.isfinite(fastest_peer(row)[1])
    ]
    if not ratios:
        return f"No table of {COUNTED} numbers or more was fitted by a peer."
    mean = float(np.exp(np.mean(np.log(ratios))))
    return (
        f"Over {len(ratios)} tables of {COUNTED} numbers or more the fastest peer takes {mean:.2f} "
        f"times as long as extremum in the geometric mean; the least ratio is {min(ratios):.2f}."
    )


def _line(row: dict[str, Any]) -> str:
    name, seconds = fastest_peer(row)
    return (
        f"{row['table']}: extremum {row['extremum']:.3g} s, fastest peer {name} {seconds:.3g} s, "
        f"ratio {seconds / row['extremum']:.2f}, floor {row['floor']:.3g} s"
    )


def _rich(rows: list[dict[str, Any]]) -> RichTable:
    table = RichTable(title="seconds to a scaled gradient of 1e-8 (–: not reached)")
    names = list(dict.fromkeys(name for row in rows for name in row if name != "size"))
    for name in names:
        table.add_column(name, justify="left" if name == "table" else "right", no_wrap=True)
    for row in rows:
        cells = [row.get(name, "") for name in names]
        table.add_row(*(c if isinstance(c, str) else f"{c:.3g}".replace("inf", "–") for c in cells))
    return table
