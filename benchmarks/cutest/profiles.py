"""Performance profiles (Dolan and Moré, Mathematical Programming 91 (2002) 201–213)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


def performance_ratios(times: Mapping[str, Sequence[float]]) -> dict[str, np.ndarray]:
    """r_ps = t_ps / min_s t_ps; infinite where a solver does not solve a problem.

    Parameters
    ----------
    times : mapping of solver to the times on each problem, infinite where it is not solved

    Returns
    -------
    dict of solver to ndarray of shape (problems,)
    """
    table = np.array([times[solver] for solver in times], dtype=float)
    best = table.min(axis=0)
    ratios = np.full_like(table, np.inf)
    solved = np.isfinite(table)
    ratios[solved] = (table / np.where(np.isfinite(best), best, 1.0))[solved]
    return dict(zip(times, ratios, strict=True))


def profile(ratios: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """ρ_s(τ), the share of the problems that a solver solves within τ times the best time."""
    return np.searchsorted(np.sort(ratios), factors, side="right") / ratios.size
