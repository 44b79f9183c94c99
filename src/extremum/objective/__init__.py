"""The function: called, differentiated, counted; and the safe expression grammar."""

from extremum.objective.check import DerivativeCheck, check_derivatives
from extremum.objective.counts import Counts
from extremum.objective.differences import CentralDifference, ComplexStep, ForwardDifference
from extremum.objective.function import show_point
from extremum.objective.objective import (
    FunctionObjective,
    Objective,
    by_differences,
    dtype_of,
    make_objective,
    precision,
)
from extremum.objective.parameters import Parameters, Vector

__all__ = [
    "CentralDifference",
    "ComplexStep",
    "Counts",
    "DerivativeCheck",
    "ForwardDifference",
    "FunctionObjective",
    "Objective",
    "Parameters",
    "Vector",
    "by_differences",
    "check_derivatives",
    "dtype_of",
    "make_objective",
    "precision",
    "show_point",
]
