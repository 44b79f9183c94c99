"""The trace of a search: a row an iterate, on whatever mesh."""

from __future__ import annotations

import math
import time
from copy import copy
from functools import cached_property
from typing import NamedTuple

from extremum.mechanics.action import ActionTerms, DiscreteAction
from extremum.methods import State
from extremum.objective import Counts, Vector
from extremum.solve import Trace


class _Iterate(NamedTuple):
    """What is kept of one until a trace is asked for."""

    nodes: Vector
    value: float
    gradient: Vector
    length: float
    event: str
    counts: Counts
    seconds: float


class Recorder:
    """Keeps what it is told of; the trace is made when it is first asked for."""

    def __init__(self) -> None:
        self._iterates: list[_Iterate] = []
        self._started = time.perf_counter()

    def __call__(
        self, action: DiscreteAction, nodes: Vector, terms: ActionTerms, length: float, event: str
    ) -> None:
        """Append an iterate.

        Parameters
        ----------
        action : DiscreteAction
        nodes : ndarray of shape (N, d)
        terms : ActionTerms
            The action there.
        length : float
            What the step was damped by; NaN where an iteration begins.
        event : str
        """
        if not event and math.isnan(length):
            event = f"{action.rule.name}, {len(action.t)} points"
        seconds = time.perf_counter() - self._started
        self._iterates.append(
            _Iterate(
                nodes, terms.value, terms.gradient, length, event, copy(action.counts), seconds
            )
        )

    @cached_property
    def trace(self) -> Trace:
        """A row for each iterate."""
        trace, previous = Trace(), None
        for nodes, value, gradient, length, event, counts, seconds in self._iterates:
            x = nodes[1:-1].reshape(-1)
            state = State(x, value, gradient, step_length=length, event=event)
            trace.add(None if math.isnan(length) else previous, state, counts, seconds)
            previous = state
        return trace
