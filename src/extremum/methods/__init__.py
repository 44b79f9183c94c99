"""The methods, one algorithm a file, and the rules that say how far a step goes."""

from extremum.methods.gradient_descent import GradientDescent
from extremum.methods.method import Method, State, value_floor
from extremum.methods.newton import Newton
from extremum.methods.scalar import BracketedNewton
from extremum.methods.steps import (
    Armijo,
    BarzilaiBorwein,
    ExactStep,
    FixedStep,
    GradientNormDecrease,
    StepRule,
)

__all__ = [
    "Armijo",
    "BarzilaiBorwein",
    "BracketedNewton",
    "ExactStep",
    "FixedStep",
    "GradientDescent",
    "GradientNormDecrease",
    "Method",
    "Newton",
    "State",
    "StepRule",
    "value_floor",
]
