"""The tables on the terminal."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from benchmarks.cutest.records import Entry, outcome


def problem_table(problems: dict[str, Entry], solvers: list[str]) -> Table:
    """Time to the hit in ms, a row for each problem.

    A dash is no hit; ! marks a success that was claimed falsely, − one that was claimed where the
    Hessian has a negative eigenvalue.
    """
    table = Table(title="time to the hit, ms", caption="· not tried, – no hit, ! false, − saddle")
    table.add_column("problem")
    table.add_column("n", justify="right")
    for solver in solvers:
        table.add_column(solver, justify="right")
    for name, entry in problems.items():
        cells = [_cell(entry, solver) for solver in solvers]
        table.add_row(name, str(entry.get("n", "?")), *cells)
    return table


def _cell(entry: Entry, solver: str) -> str:
    found = outcome(entry, solver)
    if found is None or "skipped" in found.record:
        return "·"
    text = f"{1e3 * found.seconds:.3g}" if found.solved else "–"
    if found.falsely_claims:
        text += " !"
    if found.claims and found.negative_eigenvalue:
        text += " −"
    return text


def summary_table(summary: dict[str, Any]) -> Table:
    """A row for each solver."""
    table = Table(
        title=f"{summary['problems']} problems",
        caption="time ratio: median of extremum's time over the solver's, where both solve",
    )
    table.add_column("solver")
    for heading in (
        "solved",
        "tried",
        "fastest",
        "claims success",
        "at a negative eigenvalue",
        "falsely",
        "killed",
        "time ratio, n < 1000",
        "n ≥ 1000",
    ):
        table.add_column(heading, justify="right")
    for row in summary["solvers"]:
        table.add_row(
            row["solver"],
            *(
                str(row[key])
                for key in (
                    "solved",
                    "tried",
                    "fastest",
                    "claimed",
                    "claimed_at_negative",
                    "falsely_claimed",
                    "lost",
                )
            ),
            _ratio(row["ratio_small"]),
            _ratio(row["ratio_large"]),
        )
    table.add_section()
    table.add_row("any peer", str(summary["any_peer"]))
    for row in summary["ratio_to_best_peer"]:
        name = f"{row['solver']} / best peer, {row['among']}"
        table.add_row(name, *[""] * 7, _ratio(row["ratio_small"]), _ratio(row["ratio_large"]))
    return table


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
