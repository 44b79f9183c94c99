"""The loop that drives any method, and the calls a user makes."""

from extremum.solve.minimize import certify, minimize, minimize_scalar, stationary
from extremum.solve.result import Result
from extremum.solve.stops import GradientNorm, Limits, RelativeStep, SquaredStep, ValueChange
from extremum.solve.trace import Trace

__all__ = [
    "GradientNorm",
    "Limits",
    "RelativeStep",
    "Result",
    "SquaredStep",
    "Trace",
    "ValueChange",
    "certify",
    "minimize",
    "minimize_scalar",
    "stationary",
]
