"""What the methods along a line of descent are: a direction of their own, and a step rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from extremum.methods.method import State, evaluate
from extremum.methods.steps import BarzilaiBorwein, StepRule, step_rule
from extremum.methods.strong_wolfe import CURVATURE, StrongWolfe
from extremum.objective import Objective, Vector
from extremum.outcomes import InvalidInput


@dataclass(frozen=True)
class LineSearchMethod:
    """A method that goes along a line, as far as its `rule` says.

    Parameters
    ----------
    step : None, float or StepRule
        None: a strong Wolfe search with the class's `curvature`. A number is a fixed step.
    """

    curvature: ClassVar[float] = CURVATURE
    """The fraction of the slope that may remain after a step."""

    step: float | StepRule | None = None

    def __post_init__(self) -> None:
        _ = self.rule  # refuses what is no rule

    @property
    def rule(self) -> StepRule:
        """How far it goes."""
        if isinstance(self.step, BarzilaiBorwein):
            name = type(self).__name__
            raise InvalidInput(f"BarzilaiBorwein() is a rule for GradientDescent, not for {name}.")
        if self.step is None:
            return StrongWolfe(curvature=self.curvature)
        return step_rule(self.step)

    def initial_state(self, objective: Objective, x: Vector) -> State:
        """Evaluate the value and the gradient."""
        return evaluate(objective, x)
