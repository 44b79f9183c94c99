"""The loop that drives any method: rows of the trace, tests, limits, callbacks, interruption."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from extremum.methods import Method, State
from extremum.objective import Objective, Vector, show_point
from extremum.outcomes import ENDED_WELL, Reason, Stop
from extremum.solve.stops import (
    Limits,
    StopTest,
    falls_to_minus_infinity,
)
from extremum.solve.trace import Trace

Goal = Literal["minimum", "stationary"]
"""What a better point has less of: the value, or the gradient's norm."""

Observer = Callable[[State, int], None]
"""Called after every iteration with the state and its number; raises StopIteration to stop."""


@dataclass
class Run:
    """A run under way: what it was asked, what it has seen.

    Attributes
    ----------
    objective : Objective
    tests : sequence of StopTest
    limits : Limits
    goal : {"minimum", "stationary"}
    observer : callable or None
    trace : Trace
    started, judging : float
        When the run began, and how long it stood still since.
    """

    objective: Objective
    tests: Sequence[StopTest]
    limits: Limits
    goal: Goal
    observer: Observer | None
    trace: Trace
    started: float = field(default_factory=time.perf_counter)
    judging: float = 0.0
    first: State | None = None
    best: State | None = None

    @property
    def nit(self) -> int:
        """Iterations so far."""
        return len(self.trace) - 1

    @property
    def seconds(self) -> float:
        """Time since the start, but for what `judged` took."""
        return time.perf_counter() - self.started - self.judging

    @contextlib.contextmanager
    def judged(self) -> Iterator[None]:
        """While a point is judged the run's clock stands still."""
        began = time.perf_counter()
        yield
        self.judging += time.perf_counter() - began

    def go(self, method: Method, x: Vector, event: str = "") -> tuple[State, tuple[Stop, ...]]:
        """Drive a method from `x` until something stops it.

        Returns
        -------
        state : State
            The iterate that met a test; else the best one seen.
        stops : tuple of Stop
            Everything that held, the most important first.
        """
        state: State | None = None
        try:
            state = method.initial_state(self.objective, x)
            state = replace(state, event=event or state.event)
            self._record(None, state)
            stops = self._stops(None, state)
            while not stops:
                state, stops = self._iterate(method, state)
        except KeyboardInterrupt:
            if self.best is None:
                raise
            state = state or self.best
            stops = (Stop(Reason.INTERRUPTED, {"nit": self.nit}),)
        except Exception as error:
            self._note_progress(error)
            raise
        assert self.best is not None
        ended_well = any(stop.reason in ENDED_WELL for stop in stops)
        return (state if ended_well else self.best), stops

    def _iterate(self, method: Method, state: State) -> tuple[State, tuple[Stop, ...]]:
        new = method.next_state(self.objective, state)
        if new.stop is not None:
            return state, (new.stop,)
        self._record(state, new)
        stops = self._stops(state, new)
        if not stops and self.trace.step_norm == 0 and np.array_equal(new.x, state.x):
            stops = (Stop(Reason.NO_STEP_LEFT, {"step_norm": 0.0}),)
        return new, stops

    def _record(self, previous: State | None, state: State) -> None:
        if self.first is None:
            self.first = state
        if self.best is None or self._merit(state) < self._merit(self.best):
            self.best = state
        self.trace.add(previous, state, self.objective.counts, self.seconds)

    def _stops(self, previous: State | None, state: State) -> tuple[Stop, ...]:
        """Everything that ends the run here: an obstacle, tests, limits, the callback."""
        assert self.first is not None
        found = [state.stop, *(test.met(self.first, previous, state) for test in self.tests)]
        if self.goal == "minimum":
            found.append(falls_to_minus_infinity(self.first, state))
        found += self.limits.spent(self.nit, self.objective.counts, self.seconds, state)
        if self.observer is not None and previous is not None:
            try:
                self.observer(state, self.nit)
            except StopIteration:
                found.append(Stop(Reason.CALLBACK, {"nit": self.nit}))
        return tuple(stop for stop in found if stop is not None)

    def _merit(self, state: State) -> tuple[float, float]:
        # Near a minimum many points have the same value up to its last digit.
        norm = state.gradient_norm
        return (state.fun, norm) if self.goal == "minimum" else (norm, state.fun)

    def _note_progress(self, error: Exception) -> None:
        if self.best is not None and self.nit > 0:
            error.add_note(
                f"Raised after iteration {self.nit}; the best point before it is "
                f"x = {show_point(self.best.x)} with the value {self.best.fun:.10g}"
            )
