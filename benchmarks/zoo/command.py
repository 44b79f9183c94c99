"""`python -m benchmarks zoo`: false successes, counted for every solver."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.zoo.solvers import HOMES, claim, installed
from extremum import Verdict
from tests.zoo.case import Case
from tests.zoo.cases import ZOO

MOST_VARIABLES = 20
"""Larger cases ask for matrices that some solvers can't keep."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--solvers", nargs="+", metavar="NAME", choices=list(installed()))
    parser.add_argument("--cases", nargs="+", metavar="NAME", choices=list(ZOO))
    parser.add_argument("--output", type=Path, default=Path("build/zoo"), metavar="DIR")


def run(options: argparse.Namespace) -> None:
    """Run every solver on every case; print the table and write the JSON file."""
    solvers = {n: s for n, s in installed().items() if n in (options.solvers or installed())}
    cases = [ZOO[name] for name in options.cases or ZOO]
    cases = [case for case in cases if np.size(case.start) <= MOST_VARIABLES]
    records: dict[str, dict[str, Any]] = {}
    for name, solve in solvers.items():
        began = time.process_time()
        records[name] = {case.name: judged(case, claim(solve, case)) for case in cases}
        print(f"{name}: {time.process_time() - began:.1f} s")
    options.output.mkdir(parents=True, exist_ok=True)
    path = options.output / "zoo.json"
    path.write_text(json.dumps(records, indent=1) + "\n")
    console = Console(width=110)
    console.print(table(records, cases))
    absent = [name for name in HOMES if name not in installed()]
    console.print("not installed:", ", ".join(absent) or "none")
    console.print(f"written: {path}")


def judged(case: Case, made: Any) -> dict[str, Any]:
    """A claim, with what is true of it."""
    near = bool(np.isfinite(made.x).all()) and not case.is_false_success(made.x)
    return {
        "success": made.success,
        "false": made.success and not near,
        "at_minimum": near,
        "message": made.message,
        "x": [float(value) for value in made.x],
    }


def table(records: dict[str, dict[str, Any]], cases: list[Case]) -> Table:
    """A row a solver."""
    exists = {c.name for c in cases if c.verdict in (Verdict.MINIMUM, Verdict.DEGENERATE)}
    shown = Table("solver", "false successes", "true successes", "at a minimum, but no success")
    for name, found in records.items():
        shown.add_row(
            name,
            str(sum(r["false"] for r in found.values())),
            f"{sum(r['success'] and not r['false'] for r in found.values())} of {len(cases)}",
            str(sum(r["at_minimum"] and not r["success"] for c, r in found.items() if c in exists)),
        )
    return shown
