"""The trace of a search: a row an iterate, on whatever mesh."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from extremum.mechanics.action import ActionTerms, DiscreteAction
from extremum.methods import State
from extremum.objective import Counts, Vector
from extremum.solve import Trace


class _Iterate(NamedTuple):
    """What is kept of one until a trace is asked for."""

    action: DiscreteAction
    nodes: Vector
    known: tuple[float, Vector] | None
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
        self,
        action: DiscreteAction,
        nodes: Vector,
        terms: ActionTerms | None,
        length: float,
        event: str,
    ) -> None:
        """Append an iterate.

        Parameters
        ----------
        action : DiscreteAction
        nodes : ndarray of shape (N, d)
        terms : ActionTerms or None
            The action there; None where the search did not need it.
        length : float
            What the step was damped by; NaN where an iteration begins.
        event : str
        """
        known = None if terms is None else (terms.value, terms.gradient)
        seconds = time.perf_counter() - self._started
        self._iterates.append(
            _Iterate(action, nodes, known, length, event, action.counts.copy(), seconds)
        )

    @cached_property
    def trace(self) -> Trace:
        """A row for each iterate."""
        trace, previous = Trace(), None
        for action, nodes, known, length, event, counts, seconds in self._iterates:
            begins, x = math.isnan(length), nodes[1:-1].reshape(-1)
            if begins and not event:
                event = f"{action.rule.name}, {len(action.t)} points"
            value, gradient = known or replace(action, counts=Counts()).value_and_gradient(x)
            state = State(x, value, gradient, step_length=length, event=event)
            trace.add(None if begins else previous, state, counts, seconds)
            previous = state
        return trace
