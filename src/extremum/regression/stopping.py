"""When a fit has converged."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from extremum.methods import State
from extremum.outcomes import Reason, Stop
from extremum.regression.risk import MeanLoss
from extremum.solve.stops import GRADIENT_TOLERANCE

PART_OF_ERROR = 1e-4
"""The distance to the minimum, in the norm of the Hessian, beside √(p/n), which is about that of
the estimate from the truth."""


@dataclass(frozen=True)
class ScaledGradient:
    """The gradient by the coefficients of standardized columns is small: its ∞-norm.

    Whatever units the columns have: it is the correlation of a column with what the fit leaves of
    the target, but for a factor of at most one. Where columns are nearly combinations of others a
    small gradient may still leave the coefficients undetermined. So if the method knows the
    curvature, the distance to the minimum must be small beside the standard errors, too.

    Parameters
    ----------
    risk : MeanLoss
    tol : float
        In units of the target: probability, the standard deviation, the mean count.
    """

    risk: MeanLoss = field(repr=False)
    tol: float = GRADIENT_TOLERANCE

    def met(self, first: State, previous: State | None, state: State) -> Stop | None:
        """The stop, if the test is met at `state`."""
        norm = float(np.abs(self.risk.scaled_gradient(state.gradient)).max())
        if not norm <= self.tol:
            return None
        decrement = getattr(state.memory, "decrement", 0.0)
        error = (self.risk.size / self.risk.total_weight) ** 0.5
        if not decrement <= PART_OF_ERROR * error:
            return None
        return Stop(Reason.GRADIENT_NORM, {"grad_norm": norm, "tolerance": self.tol})
