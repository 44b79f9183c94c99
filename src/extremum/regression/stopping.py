"""When a fit has converged."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from extremum.methods import State
from extremum.outcomes import Reason, Stop
from extremum.regression.risk import MeanLoss
from extremum.solve.stops import GRADIENT_TOLERANCE


@dataclass(frozen=True)
class ScaledGradient:
    """The gradient by the coefficients of standardized columns is small: its ∞-norm.

    Whatever units the columns have: it is the correlation of a column with what the fit leaves of
    the target, but for a factor of at most one.

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
        return Stop(Reason.GRADIENT_NORM, {"grad_norm": norm, "tolerance": self.tol})
