"""The trace of a search: a row an iterate, on whatever mesh."""

from __future__ import annotations

import time

import numpy as np

from extremum.mechanics.action import ActionTerms, DiscreteAction
from extremum.methods import State
from extremum.objective import Vector
from extremum.solve import Trace


class Recorder:
    """Makes a trace of the iterates it is told of."""

    def __init__(self) -> None:
        self.trace = Trace()
        self._started = time.perf_counter()
        self._action: DiscreteAction | None = None
        self._previous: State | None = None

    def __call__(
        self, action: DiscreteAction, nodes: Vector, terms: ActionTerms, length: float, event: str
    ) -> None:
        """Append a row.

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
        begins = np.isnan(length)
        if begins and not event:
            event = f"{action.rule.name}, {len(action.t)} points"
        x = nodes[1:-1].reshape(-1)
        state = State(x, terms.value, terms.gradient, step_length=length, event=event)
        previous = None if begins else self._previous
        self.trace.add(previous, state, action.counts, time.perf_counter() - self._started)
        self._previous = state
