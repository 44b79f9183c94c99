"""What the measurements say of each solver."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.cutest.alone import NAME as ALONE
from benchmarks.cutest.peers import WHOLE
from benchmarks.cutest.records import Entry, Outcome, is_large, is_small, outcome

OURS = ("extremum", ALONE)
"""The rows that are not a peer's."""


@dataclass(frozen=True)
class SolverSummary:
    """One solver over all problems."""

    solver: str
    tried: int
    solved: int
    claimed: int
    claimed_at_negative: int
    """Successes that were claimed where the Hessian has a negative eigenvalue."""
    falsely_claimed: int
    """Successes that were claimed where the gradient is above the tolerance."""
    lost: int
    """Runs whose process had to be killed, or died."""
    fastest: int
    """Problems on which no other solver was faster."""
    ratio_small: float | None
    """Median of extremum's time over this solver's, n < 1000, where both solve."""
    ratio_large: float | None


def summarize(problems: dict[str, Entry], solvers: list[str]) -> dict[str, Any]:
    """The summary of each solver, and of the peers together."""
    peers = [name for name in solvers if name not in OURS]
    called = [name for name in peers if name not in WHOLE]
    return {
        "problems": len(problems),
        "solvers": [asdict(_summary(problems, solvers, name)) for name in solvers],
        "any_peer": sum(bool(_solvers_of(entry, peers)) for entry in problems.values()),
        "by_no_peer": [name for name, entry in problems.items() if not _solvers_of(entry, peers)],
        "by_no_solver": [
            name for name, entry in problems.items() if not _solvers_of(entry, solvers)
        ],
        "ratio_to_best_peer": [
            {
                "solver": ours,
                "among": among,
                "ratio_small": _median_ratio(problems, ours, chosen, is_small),
                "ratio_large": _median_ratio(problems, ours, chosen, is_large),
            }
            for ours in OURS
            if ours in solvers
            for among, chosen in (("called from Python", called), ("all", peers))
        ],
    }


def _summary(problems: dict[str, Entry], solvers: list[str], name: str) -> SolverSummary:
    outcomes = [found for entry in problems.values() if (found := outcome(entry, name))]
    return SolverSummary(
        solver=name,
        tried=sum("skipped" not in found.record for found in outcomes),
        solved=_count(outcomes, lambda found: found.solved),
        claimed=_count(outcomes, lambda found: found.claims),
        claimed_at_negative=_count(
            outcomes, lambda found: found.claims and found.negative_eigenvalue is True
        ),
        falsely_claimed=_count(outcomes, lambda found: found.falsely_claims),
        lost=sum("lost" in found.record for found in outcomes),
        fastest=sum(_is_fastest(entry, solvers, name) for entry in problems.values()),
        ratio_small=_median_ratio(problems, OURS[0], [name], is_small),
        ratio_large=_median_ratio(problems, OURS[0], [name], is_large),
    )


def _count(outcomes: list[Outcome], holds: Callable[[Outcome], bool]) -> int:
    return sum(holds(found) for found in outcomes)


def _solvers_of(entry: Entry, solvers: list[str]) -> list[str]:
    """Those that solve a problem."""
    return [name for name in solvers if (found := outcome(entry, name)) and found.solved]


def _seconds(entry: Entry, solvers: list[str]) -> float:
    """The shortest time to a hit."""
    return min(
        (found.seconds for name in solvers if (found := outcome(entry, name))), default=math.inf
    )


def _is_fastest(entry: Entry, solvers: list[str], name: str) -> bool:
    best = _seconds(entry, solvers)
    return math.isfinite(best) and _seconds(entry, [name]) == best


def _median_ratio(
    problems: dict[str, Entry], ours: str, peers: list[str], chosen: Callable[[Entry], bool]
) -> float | None:
    """The median of our time over the best of theirs, where both solve."""
    ratios = []
    for entry in problems.values():
        if not chosen(entry):
            continue
        mine, theirs = _seconds(entry, [ours]), _seconds(entry, peers)
        if math.isfinite(mine) and math.isfinite(theirs):
            ratios.append(mine / theirs)
    return statistics.median(ratios) if ratios else None
