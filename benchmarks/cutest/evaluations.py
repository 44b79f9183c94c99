"""What a solver sees of a problem: evaluations that are counted, timed and judged."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from scipy import sparse

from benchmarks.cutest.derivatives import Derivatives, Vector
from extremum.linalg import SymmetricMatrix


class TimeUp(BaseException):
    """The time for this run is over. (No `Exception`: a solver must not take it for its own.)"""


@dataclass
class Counts:
    """How often each function was evaluated."""

    values: int = 0
    gradients: int = 0
    hessians: int = 0
    products: int = 0


@dataclass(frozen=True)
class Hit:
    """The first point whose gradient was small enough."""

    seconds: float
    """Since the solver was called."""
    counts: dict[str, int]


def hit_tolerance(start_gradient_norm: float) -> float:
    """‖∇φ‖∞ at which a problem counts as solved: max(1e-6, 1e-8 ‖∇φ(x₀)‖∞)."""
    return max(1e-6, 1e-8 * start_gradient_norm)


class Evaluations:
    """φ and its derivatives for one run of one solver.

    Parameters
    ----------
    derivatives : Derivatives
    tolerance : float
        ‖∇φ‖∞ of a hit.
    seconds : float
        An evaluation that is asked for later than this raises `TimeUp`.
    now : callable
        The clock of that limit, in seconds.
    """

    def __init__(
        self,
        derivatives: Derivatives,
        tolerance: float,
        seconds: float,
        now: Callable[[], float],
    ) -> None:
        self.derivatives = derivatives
        self.tolerance = tolerance
        self.seconds = seconds
        self.counts = Counts()
        self.hit: Hit | None = None
        self.time_is_up = False
        self._now = now
        self.start_clock()

    @property
    def n(self) -> int:
        """The number of variables."""
        return self.derivatives.n

    @property
    def x0(self) -> Vector:
        """The start, a fresh array."""
        return self.derivatives.x0.copy()

    @property
    def elapsed(self) -> float:
        """Seconds since the solver was called."""
        return time.perf_counter() - self._began

    def start_clock(self) -> None:
        """Begin to count the seconds."""
        self._deadline = self._now() + self.seconds
        self._began = time.perf_counter()

    def value(self, x: Vector) -> float:
        """φ(x)."""
        self._look_at_clock()
        self.counts.values += 1
        return self.derivatives.value(x)

    def gradient(self, x: Vector) -> Vector:
        """∇φ(x)."""
        self._look_at_clock()
        self.counts.gradients += 1
        return self._judged(self.derivatives.gradient(x))

    def value_and_gradient(self, x: Vector) -> tuple[float, Vector]:
        """φ(x) and ∇φ(x), from one call."""
        self._look_at_clock()
        self.counts.values += 1
        self.counts.gradients += 1
        value, gradient = self.derivatives.value_and_gradient(x)
        return value, self._judged(gradient)

    def value_gradient_hessian(self, x: Vector) -> tuple[float, Vector, SymmetricMatrix]:
        """φ(x), ∇φ(x) and ∇²φ(x) in extremum's storage, from one call."""
        self._look_at_clock()
        self.counts.values += 1
        self.counts.gradients += 1
        self.counts.hessians += 1
        value, gradient, hessian = self.derivatives.together(x)
        return value, self._judged(gradient), hessian

    def symmetric(self, x: Vector) -> SymmetricMatrix:
        """∇²φ(x) in extremum's storage."""
        self._look_at_clock()
        self.counts.hessians += 1
        return self.derivatives.symmetric(x)

    def hessian(self, x: Vector) -> np.ndarray | sparse.csc_array:
        """∇²φ(x), an ndarray or in CSC format."""
        self._look_at_clock()
        self.counts.hessians += 1
        return self.derivatives.hessian.full(x)

    def hessian_lower(self, x: Vector) -> Vector:
        """The entries of ∇²φ(x) at the lower triangle's rows and columns, shape (nnz,)."""
        self._look_at_clock()
        self.counts.hessians += 1
        return self.derivatives.hessian.lower(x)

    def hessian_vector(self, x: Vector, v: Vector) -> Vector:
        """∇²φ(x)·v."""
        self._look_at_clock()
        self.counts.products += 1
        return self.derivatives.hessian_vector(x, v)

    def _look_at_clock(self) -> None:
        if self._now() > self._deadline:
            self.time_is_up = True
            raise TimeUp

    def _judged(self, gradient: Vector) -> Vector:
        """The gradient, after a hit is recorded where it is one. (NaN is none.)"""
        if self.hit is None and np.abs(gradient).max() <= self.tolerance:
            self.hit = Hit(self.elapsed, asdict(self.counts))
        return gradient
