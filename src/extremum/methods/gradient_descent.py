"""Steepest descent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from extremum.methods.method import State, evaluate
from extremum.methods.steps import Armijo, StepRule, step_rule
from extremum.objective import Objective, Vector


@dataclass(frozen=True)
class GradientDescent:
    """Go against the gradient.

    Parameters
    ----------
    step : float or StepRule
        A number is a fixed step; else `Armijo()`, `ExactStep()` or `BarzilaiBorwein()`.

    Examples
    --------
    >>> import extremum as ex
    >>> ex.minimize(lambda x: (x[0] - 3) ** 2, [0.0], method=ex.GradientDescent(step=0.5)).x
    array([3.])

    References
    ----------
    Cauchy (1847); Nocedal & Wright, Numerical Optimization, 2nd ed., section 3.3.
    """

    step: float | StepRule = field(default_factory=Armijo)

    def __post_init__(self) -> None:
        _ = self.rule  # refuses what is no rule

    @property
    def rule(self) -> StepRule:
        """How far it goes."""
        return step_rule(self.step)

    def initial_state(self, objective: Objective, x: Vector) -> State:
        """Evaluate the value and the gradient."""
        return evaluate(objective, x)

    def next_state(self, objective: Objective, state: State) -> State:
        """Take one step."""
        if not state.gradient.any():
            return replace(state, step_length=0.0)
        if np.isfinite(state.step_length):
            trial = 2 * state.step_length
        else:
            trial = 1 / max(1.0, float(np.abs(state.gradient).max()))
        return self.rule.next_state(objective, state, -state.gradient, trial)
