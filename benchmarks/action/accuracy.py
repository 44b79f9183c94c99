"""How long a path of a given accuracy takes, for each rule and for `solve_bvp`; all warm."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.action.problems import PROBLEMS, Problem, Rate
from benchmarks.action.reference import reference
from extremum.mechanics import stationary_path

RULES = ("rectangle", "midpoint", "trapezoid", "lobatto4", "lobatto6", "lobatto8")
POINTS = {
    "rectangle": (11, 101, 1001, 10001),
    "midpoint": (11, 101, 1001, 10001),
    "trapezoid": (11, 101, 1001, 10001),
    "lobatto4": (6, 21, 81, 321),
    "lobatto6": (6, 11, 21, 41, 81),
    "lobatto8": (4, 6, 11, 21, 41),
}
TOLERANCES = tuple(10.0**-k for k in range(3, 13))
BVP_TOLERANCES = tuple(10.0**-k for k in range(3, 11))
ADAPTIVE = "extremum, tol"
PEERS = ("solve_bvp", "solve_bvp, Jacobian by hand")
"""Given the equations alone, as extremum is; and given their Jacobian too."""

MOST_NODES = 200_000
"""`solve_bvp` may have so many; its default of 1000 ends it early."""

REPEATS = 7


def seconds(call: Callable[[], Any], limit: float, clock: Callable[[], float]) -> float:
    """Those of the quickest of several calls, fewer where they take long."""
    best, began = np.inf, time.perf_counter()
    for _ in range(REPEATS):
        start = clock()
        call()
        best = min(best, clock() - start)
        if time.perf_counter() - began > limit:
            break
    return best


def measure(name: str, limit: float, clock: Callable[[], float]) -> list[dict[str, Any]]:
    """All solvers on one problem."""
    problem, rows = PROBLEMS[name], []
    times, exact = reference(name)

    def add(solver: str, setting: float, solve: Callable[[], tuple[Any, bool]]) -> None:
        at, success = solve()
        error = float(np.abs(at(times) - exact).max()) if success else None
        rows.append(
            {
                "problem": name,
                "solver": solver,
                "setting": setting,
                "success": success,
                "error": error,
                "seconds": seconds(solve, limit, clock),
            }
        )

    for rule in RULES:
        for points in POINTS[rule]:
            add(rule, points, lambda r=rule, p=points: _path(problem, rule=r, points=p))
    for tol in TOLERANCES:
        add(ADAPTIVE, tol, lambda tol=tol: _path(problem, tol=tol))
    jacobians = dict(zip(PEERS, (None, problem.jacobian), strict=True))
    for peer, jacobian in jacobians.items():
        if peer == PEERS[0] or jacobian is not None:
            for tol in BVP_TOLERANCES:
                add(peer, tol, lambda tol=tol, jac=jacobian: _bvp(problem, tol, jac))
    return rows


def _path(problem: Problem, **options: Any) -> tuple[Any, bool]:
    path = stationary_path(problem.system, *problem.events(), problem.duration, **options)

    def at(t: np.ndarray) -> np.ndarray:
        return path.at(t).reshape(len(t), -1)

    return at, path.success


def _bvp(problem: Problem, tol: float, jacobian: Rate | None) -> tuple[Any, bool]:
    from scipy.integrate import solve_bvp

    start, end = np.array(problem.start), np.array(problem.end)
    d = start.size
    t = np.linspace(0.0, problem.duration, 11)
    straight = start[:, None] + (end - start)[:, None] * t / problem.duration
    speed = np.repeat((end - start)[:, None] / problem.duration, t.size, 1)
    found = solve_bvp(
        lambda _, y: problem.rate(y),
        lambda a, b: np.concatenate([a[:d] - start, b[:d] - end]),
        t,
        np.concatenate([straight, speed]),
        fun_jac=None if jacobian is None else lambda _, y: jacobian(y),
        tol=tol,
        max_nodes=MOST_NODES,
    )
    return lambda times: found.sol(times)[:d].T, found.status == 0


def ratios(rows: list[dict[str, Any]], peer: str) -> list[float]:
    """A peer's time over extremum's, for each run of the peer: of the quickest run of extremum
    that is at least as accurate, its mesh chosen for a tolerance."""
    mine = [row for row in rows if row["solver"] == ADAPTIVE and row["success"]]
    found = []
    for row in rows:
        if row["solver"] == peer and row["success"]:
            quick = [m["seconds"] for m in mine if m["error"] <= row["error"]]
            if quick:
                found.append(row["seconds"] / min(quick))
    return found


def geometric_mean(values: list[float]) -> float | None:
    """exp of the mean logarithm; None where there is nothing."""
    return float(np.exp(np.mean(np.log(values)))) if values else None
