"""The function: called, differentiated, counted; and the safe expression grammar."""

from extremum.objective.agreement import AGREEMENT, near
from extremum.objective.check import DerivativeCheck, check_derivatives
from extremum.objective.choices import Choices
from extremum.objective.convex import ConvexObjective
from extremum.objective.counts import Counts
from extremum.objective.differences import CentralDifference, ComplexStep, ForwardDifference
from extremum.objective.fingerprint import fingerprint
from extremum.objective.function import show_point
from extremum.objective.function_objective import FunctionObjective
from extremum.objective.make import by_differences, make_objective
from extremum.objective.objective import Objective
from extremum.objective.parameters import Parameters, Vector
from extremum.objective.separation import digest

__all__ = [
    "AGREEMENT",
    "CentralDifference",
    "Choices",
    "ComplexStep",
    "ConvexObjective",
    "Counts",
    "DerivativeCheck",
    "ForwardDifference",
    "FunctionObjective",
    "Objective",
    "Parameters",
    "Vector",
    "by_differences",
    "check_derivatives",
    "digest",
    "fingerprint",
    "make_objective",
    "near",
    "show_point",
]
