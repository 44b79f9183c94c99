"""The contract of a method: an immutable description that makes one state from another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from extremum.linalg import EPS
from extremum.objective import Objective, Vector, show_point
from extremum.outcomes import Reason, Stop


@dataclass(frozen=True)
class State:
    """Where a method is. Immutable, so it can be stored, resumed and compared.

    Attributes
    ----------
    x, gradient : ndarray of shape (n,)
    fun : float
    step_length : float
        The multiple of the direction that led here; NaN at the start.
    stop : Stop or None
        Why the method can't go on from here, where it can't.
    event : str
        What a reader of the trace should know of this iteration.
    memory : object
        What the method or its step rule remembers; never changed in place.
    """

    x: Vector
    fun: float
    gradient: Vector
    step_length: float = float("nan")
    stop: Stop | None = None
    event: str = ""
    memory: Any = None

    @cached_property
    def gradient_norm(self) -> float:
        """‖∇φ‖∞."""
        return float(np.abs(self.gradient).max())


class Method(Protocol):
    """One algorithm. The loop in `extremum.solve` drives it."""

    def initial_state(self, objective: Objective, x: Vector) -> State:
        """Evaluate what the first iteration needs."""

    def next_state(self, objective: Objective, state: State) -> State:
        """Take one iteration, or return the same point with a `stop`."""


def evaluate(objective: Objective, x: Vector) -> State:
    """The state of a method that has done nothing yet."""
    fun, gradient = objective.value_and_gradient(x)
    stop = None if is_finite(fun, gradient) else not_finite(x, fun, gradient)
    return State(x, fun, gradient, stop=stop)


def is_finite(fun: float, gradient: Vector) -> bool:
    """Whether a point can be accepted."""
    # The square is finite where all components are, unless it overflows.
    return math.isfinite(fun) and (
        math.isfinite(gradient @ gradient) or bool(np.isfinite(gradient).all())
    )


def not_finite(x: Vector, fun: float, gradient: Vector) -> Stop:
    """Name the place where a value or a derivative is not finite."""
    if not np.isfinite(fun):
        what, cause = "value", f"it is {fun}"
    else:
        i = int(np.flatnonzero(~np.isfinite(gradient))[0])
        what, cause = (
            "gradient",
            f"its component {i} is {gradient[i]}, where the value is {fun:.6g}",
        )
    return Stop(Reason.NOT_FINITE, {"what": what, "where": show_point(x), "cause": cause})


def value_floor(fun: float, eps: float = EPS) -> float:
    """What a change of the value must exceed to mean anything, where it is rounded to `eps`.

    A sum of a few terms of the value's size carries a few roundings (Hager & Zhang, SIAM J. Optim.
    16 (2005) 170-192, use 1e-6 |φ|; that is a tolerance, this is the rounding itself).
    """
    return 8 * eps * abs(fun)
