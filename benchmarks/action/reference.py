"""The paths by a route of their own: shooting with extrapolated midpoint steps in long doubles."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from benchmarks.action.problems import PROBLEMS, Problem

SAMPLES = 33
"""Times at which paths are compared."""

COLUMNS = 10
"""Of the extrapolation tableau: order 20."""

STEPS = 4
"""Between two of the times."""


def midpoint_steps(problem: Problem, y: np.ndarray, h: np.longdouble) -> np.ndarray:
    """One extrapolated step (Hairer, Nørsett & Wanner, section II.9), for y of shape (2d, k)."""
    tableau: list[np.ndarray] = []
    for column in range(COLUMNS):
        n = 2 * (column + 1)
        before, now = y, y + h / n * problem.rate(y)
        for _ in range(n - 1):
            before, now = now, before + 2 * h / n * problem.rate(now)
        smooth = (before + now + h / n * problem.rate(now)) / 2
        row = [smooth]
        for k, last in enumerate(tableau):
            ratio = np.longdouble(n) / (2 * (column - k))
            row.append(row[k] + (row[k] - last) / (ratio**2 - 1))
        tableau = row
    return tableau[-1]


def motion(problem: Problem, velocity: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """Coordinates at the samples' times, of shape (SAMPLES, d, k), from velocities (d, k)."""
    start = np.asarray(problem.start, np.longdouble)[:, None] + 0 * velocity
    y, d = np.concatenate([start, velocity]), len(problem.start)
    h = np.longdouble(problem.duration) / (steps * (SAMPLES - 1))
    found = [y[:d]]
    for _ in range(SAMPLES - 1):
        for _ in range(steps):
            y = midpoint_steps(problem, y, h)
        found.append(y[:d])
    return np.stack(found)


@lru_cache
def reference(name: str) -> tuple[np.ndarray, np.ndarray]:
    """The times, and the coordinates there, of shape (SAMPLES, d)."""
    problem = PROBLEMS[name]
    v = np.asarray(problem.velocity, np.longdouble)
    d, end = v.size, np.asarray(problem.end, np.longdouble)
    for _ in range(12):
        # The Jacobian by differences; Newton's last steps need no better one.
        shots = motion(problem, v[:, None] + 1e-9 * np.eye(d, d + 1, 1), STEPS)
        final = shots[-1]
        jacobian = ((final[:, 1:] - final[:, :1]) / 1e-9).astype(float)
        step = np.linalg.solve(jacobian, (end - final[:, 0]).astype(float))
        v = v + step
        if np.abs(step).max() < 1e-18:
            break
    q = motion(problem, v[:, None])[..., 0]
    return np.linspace(0.0, problem.duration, SAMPLES), q.astype(float)
