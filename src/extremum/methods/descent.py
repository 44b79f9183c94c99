"""What the methods along a line of descent share: the first length, the restart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from extremum.linalg import EPS
from extremum.methods.method import State
from extremum.methods.steps import StepRule
from extremum.objective import Objective, Vector

RESTART = "restarted from steepest descent"
"""The event of an iteration that forgot what was learnt of the curvature."""


def first_length(gradient: Vector) -> float:
    """The first trial along −∇φ: a step of length at most one, for want of a scale."""
    return 1 / max(1.0, float(np.linalg.norm(gradient)))


def descend(
    objective: Objective, state: State, rule: StepRule, direction: Vector | None, trial: float
) -> tuple[State, bool]:
    """Go along `direction`; if that fails, once along −∇φ. None is −∇φ from the outset.

    Returns
    -------
    found : State
    learnt : bool
        Whether the direction served, so that what it was made of may be kept.
    """
    steepest = -state.gradient
    if direction is not None:
        found = rule.next_state(objective, state, direction, trial)
        if found.stop is None:
            return found, True
        if _same_ray(direction, steepest):  # the same line again, so the same points
            return found, False
    found = rule.next_state(objective, state, steepest, first_length(state.gradient))
    if direction is not None and found.stop is None:
        found = replace(found, event=joined(RESTART, found.event))
    return found, False


def is_curved(step: Vector, change: Vector, eps: float) -> bool:
    """Whether sᵀy > 0 beyond its rounding to `eps`, as an update of quasi-Newton kind needs."""
    size = float(np.linalg.norm(step)) * float(np.linalg.norm(change))
    return float(step @ change) > eps * size


def joined(*events: str) -> str:
    """Several events as one text."""
    return "; ".join(event for event in events if event)


def _same_ray(a: Vector, b: Vector) -> bool:
    size = float(np.linalg.norm(a)) * float(np.linalg.norm(b))
    return float(a @ b) >= (1 - 4 * EPS) * size
