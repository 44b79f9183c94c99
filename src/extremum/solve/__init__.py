"""The loop that drives any method, and the calls a user makes."""

from extremum.solve.checkpoint import Checkpoint
from extremum.solve.many import minimize_many
from extremum.solve.many_result import FoundMinimum, ManyResult
from extremum.solve.minimize import certify, minimize, minimize_scalar, stationary
from extremum.solve.replay import replay
from extremum.solve.result import Result
from extremum.solve.stops import GradientNorm, Limits, RelativeStep, SquaredStep, ValueChange
from extremum.solve.trace import Trace

__all__ = [
    "Checkpoint",
    "FoundMinimum",
    "GradientNorm",
    "Limits",
    "ManyResult",
    "RelativeStep",
    "Result",
    "SquaredStep",
    "Trace",
    "ValueChange",
    "certify",
    "minimize",
    "minimize_many",
    "minimize_scalar",
    "replay",
    "stationary",
]
