"""One size beside a hand-written Newton's: ``python -m benchmarks.action.size POTENTIAL POINTS``.

In a process of its own, so that its peak memory is that of this one problem.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg import lapack

from benchmarks.scaling.measure import ONE_THREAD, _peak_megabytes
from extremum.mechanics import Particle, stationary_path

Function = Callable[[np.ndarray], np.ndarray]

POTENTIALS: dict[str, tuple[Function, Function, Function, float, float, float]] = {
    "quartic": (lambda q: q**4 / 4, lambda q: q**3, lambda q: 3 * q**2, 2.0, 0.0, 1.0),
    "pendulum": (lambda q: -np.cos(q), np.sin, np.cos, 0.0, 2.0, 2.5),
}
"""V, V′ and V″; start, end and duration."""

LAST_STEP = 1e-10
"""The largest change of the last iteration, in parts of the path's extent, for both."""

REPEATS = 3
LIMIT = 600.0


def by_hand(name: str, points: int) -> tuple[np.ndarray, int]:
    """Newton's iteration on the rectangle rule's ∇S = 0: NumPy, and LAPACK's dgtsv.

    Returns
    -------
    q : ndarray of shape (points,)
    iterations : int
    """
    _, slope, bend, start, end, duration = POTENTIALS[name]
    h = duration / (points - 1)
    q = np.linspace(start, end, points)
    off = np.full(points - 3, -1 / h)
    iterations = 0
    while True:
        iterations += 1
        inner = q[1:-1]
        gradient = (2 * inner - q[:-2] - q[2:]) / h - h * slope(inner)
        diagonal = 2 / h - h * bend(inner)
        *_, step, info = lapack.dgtsv(off, diagonal, off, gradient)
        if info:
            raise ArithmeticError("the Hessian is singular")
        q[1:-1] -= step
        if max(step.max(), -step.min()) <= LAST_STEP * max(q.max(), -q.min()):
            return q, iterations


def measure(name: str, points: int) -> dict[str, Any]:
    """Both, warm: wall and CPU seconds of the quickest of some runs."""
    potential, *_, start, end, duration = POTENTIALS[name]
    system = Particle(1.0, potential)

    def ours() -> Any:
        return stationary_path(system, start, end, duration, points=points, rule="rectangle")

    path = ours()
    q, iterations = by_hand(name, points)
    megabytes = _peak_megabytes()
    (wall, cpu), (wall_by_hand, cpu_by_hand) = _quickest(ours, lambda: by_hand(name, points))
    return {
        "potential": name,
        "points": points,
        "success": path.success,
        "seconds": wall,
        "by_hand": wall_by_hand,
        "cpu": cpu,
        "cpu_by_hand": cpu_by_hand,
        "iterations": len(path.trace) - 1,
        "iterations_by_hand": iterations,
        "difference": float(np.abs(path.q - q).max()),
        "error_estimate": path.error_estimate,
        "megabytes": megabytes,
    }


def _quickest(*calls: Callable[[], Any]) -> list[tuple[float, float]]:
    """The least wall and CPU seconds of each, in turns, so that both see the same machine."""
    best = [(np.inf, np.inf)] * len(calls)
    for _ in range(REPEATS):
        for k, call in enumerate(calls):
            wall, cpu = time.perf_counter(), time.process_time()
            call()
            taken = time.perf_counter() - wall, time.process_time() - cpu
            best[k] = min(best[k][0], taken[0]), min(best[k][1], taken[1])
    return best


def measure_apart(name: str, points: int) -> dict[str, Any]:
    """Measure in a child process."""
    command = [sys.executable, "-m", "benchmarks.action.size", name, str(points)]
    done = subprocess.run(
        command, env=os.environ | ONE_THREAD, capture_output=True, text=True, timeout=LIMIT
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return {"potential": name, "points": points, "error": last}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("potential", choices=POTENTIALS)
    parser.add_argument("points", type=int)
    options = parser.parse_args()
    print(json.dumps(measure(options.potential, options.points)))
