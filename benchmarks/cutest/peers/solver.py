"""What every solver has to offer to be measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from benchmarks.cutest.derivatives import Derivatives
from benchmarks.cutest.evaluations import Evaluations

MANY_ITERATIONS = 1_000_000
"""A limit of iterations that is never met: the time limit is the same for all."""


@dataclass(frozen=True)
class Claim:
    """What a solver says of its own run."""

    success: bool
    message: str
    x: np.ndarray


Run = Callable[[Evaluations], Claim]


class Solver(Protocol):
    """A solver: whether it fits a problem, and how it is called."""

    evaluates: bool
    """Whether it asks `Evaluations` for values. A loop of its own is judged at its end."""

    def unfit(self, derivatives: Derivatives) -> str | None:
        """Why it can't be tried on this problem, or None."""

    def prepare(self, derivatives: Derivatives, tolerance: float, seconds: float) -> Run:
        """Whatever need not be timed (imports, compilation); returns the run to be timed.

        `tolerance` is ‖∇φ‖∞ of a hit: the solver's own test, where it has one, is set to it.
        """
