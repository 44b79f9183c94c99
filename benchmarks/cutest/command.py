"""`python -m benchmarks cutest`: its options, and the course of a run."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rich.console import Console

from benchmarks.cutest import isolation
from benchmarks.cutest.alone import NAME as ALONE
from benchmarks.cutest.alone import measure_alone
from benchmarks.cutest.clock import CLOCKS
from benchmarks.cutest.figure import draw_profiles
from benchmarks.cutest.isolation import Task
from benchmarks.cutest.measure import measure
from benchmarks.cutest.peers import SOLVERS
from benchmarks.cutest.problems import read_list
from benchmarks.cutest.records import Records, outcome
from benchmarks.cutest.report import problem_table, summary_table
from benchmarks.cutest.summary import summarize

ALL = (ALONE, *SOLVERS)

WIDTH = 190
"""Columns that the tables need."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--problems", nargs="+", metavar="NAME", help="default: development.txt")
    parser.add_argument("--solvers", nargs="+", metavar="NAME", choices=ALL, default=list(ALL))
    parser.add_argument("--max-n", type=int, default=10_000, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=10.0, help="limit of a run: %(default)s")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each: %(default)s")
    parser.add_argument(
        "--clock",
        choices=CLOCKS,
        default="wall",
        help="cpu: processor time, for a machine that is busy with other work",
    )
    parser.add_argument("--output", type=Path, default=Path("build/cutest"), metavar="DIR")


def run(options: argparse.Namespace) -> None:
    """Measure what has not been measured yet; print the tables, draw the figure."""
    console = Console()
    console.width = max(console.width, WIDTH)
    solvers = [name for name in ALL if name in options.solvers]
    path = options.output / "cutest.json"
    measured_by = {name: getattr(options, name) for name in ("seconds", "repeat", "clock")}
    records = Records.open(path, measured_by)
    sizes = read_list()
    names = options.problems or [name for name, n in sizes.items() if n <= options.max_n]
    for number, name in enumerate(names, 1):
        if records.has(name, tuple(solvers)):
            continue
        _measure_problem(records, name, solvers)
        records.save()
        console.print(f"{number}/{len(names)} {_line(records, name, solvers)}", highlight=False)
    measured = {name: records.problems[name] for name in names if "n" in records.problems[name]}
    summary = summarize(measured, solvers)
    (options.output / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    console.print(problem_table(measured, solvers), summary_table(summary))
    console.print("solved by no peer:", ", ".join(summary["by_no_peer"]) or "none")
    if measured:
        draw_profiles(measured, solvers, options.output / "profiles")
    console.print(f"written: {path}, {options.output / 'profiles.png'}")


def _measure_problem(records: Records, name: str, solvers: list[str]) -> None:
    """All solvers on one problem, afresh, so that their times are of one run."""
    records.forget(name, solvers)
    peers = tuple(solver for solver in solvers if solver != ALONE)
    for chosen, worker in (((ALONE,), measure_alone), (peers, measure)):
        if set(chosen) & set(solvers):
            task = Task(name, chosen, **records.options)
            for kind, content in isolation.messages(task, worker):
                records.add(name, kind, content)


def _line(records: Records, name: str, solvers: list[str]) -> str:
    """How a problem went, in one line."""
    entry = records.problems[name]
    cells = []
    for solver in solvers:
        found = outcome(entry, solver)
        if found and "skipped" not in found.record:
            cells.append(f"{solver} {f'{1e3 * found.seconds:.3g}' if found.solved else '–'}")
    return f"{name} n={entry.get('n', '?')}: {', '.join(cells)}"
