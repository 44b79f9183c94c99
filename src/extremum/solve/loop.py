"""The loop that drives any method: rows of the trace, tests, limits, callbacks, interruption."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, cast

import numpy as np

from extremum.methods import Method, State
from extremum.objective import Objective, Vector, show_point
from extremum.outcomes import CUT_SHORT, ENDED_WELL, OutOfTime, Reason, Stop
from extremum.solve.alarm import LEAST_BESIDE, TimeIsUp, Watched, beside
from extremum.solve.stops import (
    GradientNorm,
    Limits,
    StopTest,
    falls_to_minus_infinity,
)
from extremum.solve.trace import Trace

Goal = Literal["minimum", "stationary"]
"""What a better point has less of: the value, or the gradient's norm."""

Observer = Callable[[State, int], None]
"""Called after every iteration with the state and its number; raises StopIteration to stop."""


@dataclass(frozen=True)
class Settled:
    """Where a run stood when nothing stopped it, so that it can be taken up again there.

    Attributes
    ----------
    state, first, best : State
        The last one, the first of the run, and the best one.
    rows : int
        How many rows the trace had.
    round : int
        How often the method had been started again.
    sharper : float or None
        As in `Run`.
    """

    state: State
    first: State
    best: State
    rows: int
    round: int
    sharper: float | None


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
    on_settled : callable
        Called with the run whenever it could be left and taken up again.
    started, judging : float
        When the run began, and how long it stood still since.
    settled : Settled or None
        Where the run can be taken up again.
    round : int
        How often it was started again from below a saddle or a maximum.
    sharper : float or None
        The tolerance that stands for the tests', where theirs was too large.
    """

    objective: Objective
    tests: Sequence[StopTest]
    limits: Limits
    goal: Goal
    observer: Observer | None
    trace: Trace
    on_settled: Callable[[Run], None]
    started: float = field(default_factory=time.perf_counter)
    judging: float = 0.0
    first: State | None = None
    best: State | None = None
    settled: Settled | None = None
    round: int = 0
    sharper: float | None = None

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
        try:
            yield
        finally:
            self.judging += time.perf_counter() - began

    def go(
        self, method: Method, x: Vector, event: str = "", resumed: State | None = None
    ) -> tuple[State, tuple[Stop, ...]]:
        """Drive a method from `x`, or from a state where it was left, until something stops it.

        Returns
        -------
        state : State
            The iterate that met a test; else the best one seen.
        stops : tuple of Stop
            Everything that held, the most important first.

        Raises
        ------
        OutOfTime
            If the time is up before the function was evaluated once.
        """
        state = resumed
        try:
            with self._timed():
                if state is None:
                    state = method.initial_state(self._objective, x)
                    state = replace(state, event=event or state.event)
                    self._record(None, state)
                    stops = self._stops(None, state)
                else:
                    stops = tuple(self._spent(state))
            with self._timed():
                while not stops:
                    self._settle(state)
                    state, stops = self._iterate(method, state)
            if all(stop.reason in CUT_SHORT for stop in stops):
                self._settle(state)
        except (KeyboardInterrupt, TimeIsUp) as signal:
            if self.best is None:
                if isinstance(signal, KeyboardInterrupt):
                    raise
                raise OutOfTime(
                    f"The first evaluation, at x = {show_point(x)}, took longer than "
                    f"{max(self.limits.max_seconds or 0, LEAST_BESIDE):g} seconds, so there is no "
                    "point to return. Raise max_seconds."
                ) from None
            state = state or self.best
            stops = (self.interrupted(signal, f"in the middle of iteration {self.nit + 1}"),)
        except Exception as error:
            self._note_progress(error)
            raise
        assert self.best is not None
        ended_well = any(stop.reason in ENDED_WELL for stop in stops)
        return (state if ended_well else self.best), stops

    def interrupted(self, signal: BaseException, where: str) -> Stop:
        """The stop for a key or a clock that ended the run at a place that is named."""
        assert self.best is not None
        grad_norm = self.best.gradient_norm
        if isinstance(signal, TimeIsUp):
            limit = self.limits.max_seconds
            facts = {"limit": limit, "grad_norm": grad_norm, "where": f", {where}"}
            return Stop(Reason.MAX_SECONDS, facts)
        return Stop(Reason.INTERRUPTED, {"where": where, "grad_norm": grad_norm})

    @property
    def seconds_to_judge(self) -> float | None:
        """What the certificate may take: no more than the run, if the function seems endless."""
        if self._watched is not None and self._watched.endless:
            return self.limits.max_seconds
        return beside(self.limits.max_seconds)

    @cached_property
    def _watched(self) -> Watched | None:
        return None if self.limits.max_seconds is None else Watched(self.objective)

    @property
    def _objective(self) -> Objective:
        return self.objective if self._watched is None else cast(Objective, self._watched)

    @contextlib.contextmanager
    def _timed(self) -> Iterator[None]:
        """End what is inside when the time is up; the first evaluation may take longer."""
        limit = self.limits.max_seconds
        if self._watched is None or limit is None:
            yield
            return
        left = limit - self.seconds if self.best is not None else max(limit, LEAST_BESIDE)
        with self._watched.until(left):
            yield

    def _iterate(self, method: Method, state: State) -> tuple[State, tuple[Stop, ...]]:
        new = method.next_state(self._objective, state)
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

    def _settle(self, state: State) -> None:
        assert self.first is not None
        assert self.best is not None
        self.settled = Settled(
            state, self.first, self.best, len(self.trace), self.round, self.sharper
        )
        self.on_settled(self)

    def _spent(self, state: State) -> list[Stop]:
        return self.limits.spent(self.nit, self.objective.counts, self.seconds, state)

    def _stops(self, previous: State | None, state: State) -> tuple[Stop, ...]:
        """Everything that ends the run here: an obstacle, tests, limits, the callback."""
        assert self.first is not None
        tests = self.tests if self.sharper is None else (GradientNorm(self.sharper),)
        found = [state.stop, *(test.met(self.first, previous, state) for test in tests)]
        if self.goal == "minimum":
            found.append(falls_to_minus_infinity(self.first, state))
        found += self._spent(state)
        if self.observer is not None and previous is not None:
            try:
                self._observe(state)
            except StopIteration:
                found.append(Stop(Reason.CALLBACK, {"nit": self.nit}))
        return tuple(stop for stop in found if stop is not None)

    def _observe(self, state: State) -> None:
        assert self.observer is not None
        if self._watched is None:
            self.observer(state, self.nit)
        else:
            self._watched.call(self.observer, state, self.nit)

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
