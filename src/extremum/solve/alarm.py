"""Time that is up: noticed before each evaluation, and inside one where that is Python's."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar, cast

from extremum.linalg import OperatorSymmetric, SymmetricMatrix
from extremum.objective import ConvexObjective, Objective, Vector

P = ParamSpec("P")
T = TypeVar("T")

AGAIN = 0.05
"""Seconds until the alarm rings again, where it was not listened to."""

LONGEST = 1e9
"""A timer takes no more seconds: thirty years."""

LEAST_BESIDE = 10.0
"""What is beside the run, its preparation, its first evaluation and the certificate, may take as
long as the run, but at least so many seconds each: most of it is compilation."""


PATIENCE = 0.5
"""An evaluation that was interrupted after so many seconds is taken for one that never ends."""


class TimeIsUp(BaseException):
    """The time is spent. Not an `Exception`: nobody's ``except Exception`` is to swallow it."""


def beside(max_seconds: float | None) -> float | None:
    """What the preparation may take, and the certificate."""
    return None if max_seconds is None else max(max_seconds, LEAST_BESIDE)


@contextmanager
def alarm(seconds: float | None, listening: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Raise `TimeIsUp` inside, once so much time has passed and somebody is listening.

    By a POSIX timer, on the main thread: elsewhere, and where a timer is running already, it does
    nothing. Compiled code is not interrupted; the alarm rings when it returns to Python.
    """
    main = threading.current_thread() is threading.main_thread()
    if seconds is None or not main or signal.getitimer(signal.ITIMER_REAL)[0] > 0:
        yield
        return
    armed = True

    def ring(signum: int, frame: Any) -> None:
        if armed and listening():
            raise TimeIsUp

    before = signal.signal(signal.SIGALRM, ring)
    try:
        # It rings again, for there are places where Python drops an exception.
        signal.setitimer(signal.ITIMER_REAL, min(max(seconds, 1e-6), LONGEST), AGAIN)
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL if before is None else before)


class Watched:
    """An objective that is not evaluated any more once its time is up.

    Attributes
    ----------
    deadline : float
        On the clock of `time.perf_counter`.
    interruptible : bool
        Whether the alarm may ring: while something of the user's is under way, and never between.
    endless : bool
        Whether an evaluation under way when the time was up seemed never to end.
    """

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self.deadline = math.inf
        self.interruptible = False
        self.endless = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objective, name)

    @contextmanager
    def until(self, seconds: float) -> Iterator[None]:
        """The time is up in so many seconds from now."""
        self.deadline = time.perf_counter() + seconds
        with alarm(seconds, lambda: self.interruptible):
            yield

    def value(self, x: Vector) -> float:
        """φ(x)."""
        return self._evaluated(self._objective.value, x)

    def value_and_gradient(self, x: Vector) -> tuple[float, Vector]:
        """φ(x) and ∇φ(x)."""
        return self._evaluated(self._objective.value_and_gradient, x)

    def value_gradient_hessian(self, x: Vector) -> tuple[float, Vector, SymmetricMatrix]:
        """φ(x), ∇φ(x) and ∇²φ(x)."""
        fun, gradient, hessian = self._evaluated(self._objective.value_gradient_hessian, x)
        return fun, gradient, self._watched(hessian)

    def hessian(self, x: Vector) -> SymmetricMatrix:
        """∇²φ(x)."""
        return self._watched(self._evaluated(self._objective.hessian, x))

    def hessian_vector(self, x: Vector, v: Vector) -> Vector:
        """∇²φ(x)·v."""
        return self._evaluated(self._objective.hessian_vector, x, v)

    def _watched(self, hessian: SymmetricMatrix) -> SymmetricMatrix:
        if isinstance(hessian, OperatorSymmetric):
            return OperatorSymmetric(hessian.n, lambda v: self._evaluated(hessian.product, v))
        return hessian

    def _evaluated(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        if time.perf_counter() > self.deadline:
            raise TimeIsUp
        began = time.perf_counter()
        try:
            return self.call(function, *arguments, **named)
        except TimeIsUp:
            self.endless = time.perf_counter() - began > PATIENCE
            raise

    def call(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Call something of the user's, whatever the time."""
        self.interruptible = True
        try:
            return function(*arguments, **named)
        finally:
            self.interruptible = False


def within(objective: Objective, seconds: float | None) -> Objective:
    """The same objective, not evaluated any more once so many seconds have passed from now.

    One that brings its own argument for a minimum is not somebody's slow function: it stays as it
    is.
    """
    if seconds is None or isinstance(objective, ConvexObjective):
        return objective
    watched = Watched(objective)
    watched.deadline = time.perf_counter() + seconds
    return cast(Objective, watched)
