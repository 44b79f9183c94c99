"""Time to a gradient that is measured here, the same for all solvers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.regression.peers import Solver
from benchmarks.regression.tables import Array, Table

TARGET = 1e-8
"""The ∞-norm of the mean loss's gradient by the coefficients of standardized columns, in units of
the target: its standard deviation, or the mean count."""

TOLERANCES = tuple(10.0**-k for k in range(4, 15))
"""What a solver is asked for, looser ones first, until the measured gradient is at the target."""


@dataclass(frozen=True)
class Outcome:
    """What a solver needed.

    Attributes
    ----------
    seconds : float
        At the loosest tolerance that reaches the target; infinite where none does.
    gradient : float
        Measured.
    tolerance : float
    """

    seconds: float
    gradient: float
    tolerance: float


def measured_gradient(table: Table, parameters: Array) -> float:
    """The scaled gradient, by a formula of this file alone."""
    X, y = table.X, table.y
    margin = X @ parameters[:-1] + parameters[-1]
    if table.model == "linear":
        rest, unit = margin - y, float(y.std())
    elif table.model == "logistic":
        rest, unit = 1 / (1 + np.exp(-margin)) - y, 1.0
    else:
        rest, unit = np.exp(margin) - y, float(y.mean())
    slope = X.T @ rest / len(y) - X.mean(axis=0) * rest.mean()
    return max(float(np.abs(slope / X.std(axis=0)).max()), abs(float(rest.mean()))) / unit


def time_to_target(
    solver: Solver, table: Table, repeats: int, limit: float, clock: Callable[[], float]
) -> Outcome:
    """Find the loosest tolerance that serves, and the least time of some runs with it."""
    spent, found = 0.0, Outcome(float("inf"), float("inf"), float("nan"))
    for tolerance in TOLERANCES:
        seconds, parameters = _run(solver, table, tolerance, clock)
        gradient = measured_gradient(table, parameters)
        if gradient <= TARGET:
            for _ in range(repeats - 1):
                if spent + seconds > limit:
                    break
                seconds = min(seconds, _run(solver, table, tolerance, clock)[0])
                spent += seconds
            return Outcome(seconds, gradient, tolerance)
        found = Outcome(float("inf"), min(gradient, found.gradient), tolerance)
        spent += seconds
        # A direct method has no tolerance; and each further digit takes no less time.
        if spent > limit or (table.model == "linear" and tolerance < 1e-4):
            break
    return found


def floor(table: Table, clock: Callable[[], float]) -> float:
    """The time of one product XᵀX and of two with vectors."""
    X, y = table.X, table.y
    least = float("inf")
    for _ in range(3):
        began = clock()
        _ = X.T @ X
        _ = X.T @ y
        _ = X @ X[0]
        least = min(least, clock() - began)
    return least


def _run(
    solver: Solver, table: Table, tolerance: float, clock: Callable[[], float]
) -> tuple[float, Array]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        began = clock()
        try:
            parameters = solver(table, tolerance)
        except (ArithmeticError, ValueError, np.linalg.LinAlgError):
            parameters = np.full(table.X.shape[1] + 1, np.nan)
        return clock() - began, parameters
