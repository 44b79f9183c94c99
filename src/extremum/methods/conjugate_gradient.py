"""The nonlinear conjugate gradient method, with Hager and Zhang's direction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from extremum.methods.descent import descend, rule_of
from extremum.methods.method import State, evaluate
from extremum.methods.steps import StepRule
from extremum.objective import Objective, Vector

CURVATURE = 0.1
"""The fraction of the slope that may remain: conjugacy wants a better search than a quasi-Newton
direction does (Nocedal & Wright, section 3.1)."""

LEAST = 0.4
"""β is at least this times dᵀ∇φ/‖d‖² (Hager & Zhang 2013, the η of section 2)."""


class _Last(NamedTuple):
    """The last direction, with the gradient and the slope where it began."""

    direction: Vector
    gradient: Vector
    slope: float


@dataclass(frozen=True)
class ConjugateGradient:
    """Go along directions that are conjugate where the function is quadratic.

    Parameters
    ----------
    step : None, float or StepRule
        None: ``StrongWolfe(curvature=0.1)``. A number is a fixed step.

    Notes
    -----
    It keeps three vectors, and no matrix. Where no step is found along its direction it begins
    again with steepest descent.

    Examples
    --------
    >>> import extremum as ex
    >>> method = ex.ConjugateGradient()
    >>> ex.minimize(lambda x: (x[0] - 3) ** 2 + 9 * x[1] ** 2, [0.0, 1.0], method=method).success
    True

    References
    ----------
    Hager & Zhang, SIAM J. Optim. 16 (2005) 170-192; SIAM J. Optim. 23 (2013) 2150-2168.
    """

    step: float | StepRule | None = None

    def __post_init__(self) -> None:
        _ = self.rule  # refuses what is no rule

    @property
    def rule(self) -> StepRule:
        """How far it goes."""
        return rule_of(self, self.step, CURVATURE)

    def initial_state(self, objective: Objective, x: Vector) -> State:
        """Evaluate the value and the gradient."""
        return evaluate(objective, x)

    def next_state(self, objective: Objective, state: State) -> State:
        """Go along the new direction."""
        if not state.gradient.any():
            return replace(state, step_length=0.0)
        last: _Last | None = state.memory
        direction, trial = None, 0.0
        if last is not None:
            direction = _direction(last, state.gradient)
            slope = float(direction @ state.gradient)
            # The same change to first order as in the last step (N&W, below 3.60).
            trial = state.step_length * (last.slope / slope) if slope < 0 else state.step_length
        found, kept = descend(objective, state, self.rule, direction, trial)
        if found.stop is not None:
            return found
        if direction is None or not kept:
            direction = -state.gradient
        slope = float(direction @ state.gradient)
        return replace(found, memory=_Last(direction, state.gradient, slope))


def _direction(last: _Last, gradient: Vector) -> Vector:
    """−∇φ + β d (Hager & Zhang 2005, equations 1.3 to 1.6; the bound of 2013)."""
    d, change = last.direction, gradient - last.gradient
    bend = float(d @ change)
    if bend <= 0:  # only where the search could not reach its conditions
        return -gradient
    along = float(d @ gradient)
    beta = (float(change @ gradient) - 2 * float(change @ change) * along / bend) / bend
    least = LEAST * last.slope / float(d @ d)
    return np.asarray(max(beta, least) * d - gradient)
