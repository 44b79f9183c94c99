"""The method of Broyden, Fletcher, Goldfarb and Shanno, with a dense inverse Hessian."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import blas

from extremum.methods.descent import descend, is_curved, joined
from extremum.methods.line_search import LineSearchMethod
from extremum.methods.method import State
from extremum.objective import Objective, Vector
from extremum.outcomes import InvalidInput

SKIPPED = "update skipped: no curvature along the step"
"""The event of an iteration whose gradient change says nothing of a positive curvature."""

MOST_VARIABLES = 20_000
"""A matrix of so many rows takes 3.2 GB, and as much again while it is made."""


@dataclass(frozen=True)
class BFGS(LineSearchMethod):
    """Learn the inverse Hessian from the gradients.

    Parameters
    ----------
    step : None, float or StepRule
        None: `StrongWolfe()`, whose steps keep the matrix positive definite. A number is a fixed
        step.

    Notes
    -----
    A state's `memory` is the lower triangle of the approximation of the inverse Hessian, of shape
    (n, n). Where no step is found along its direction it is forgotten, once, for steepest descent.

    Examples
    --------
    >>> import extremum as ex
    >>> ex.minimize(lambda x: (x[0] - 3) ** 2 + x[1] ** 4, [0.0, 1.0], method=ex.BFGS()).success
    True

    References
    ----------
    Broyden; Fletcher; Goldfarb; Shanno (all 1970); Nocedal & Wright, section 6.1.
    """

    def initial_state(self, objective: Objective, x: Vector) -> State:
        """Evaluate the first point.

        Raises
        ------
        InvalidInput
            If the matrix would take too much memory.
        """
        if x.size > MOST_VARIABLES:
            raise InvalidInput(
                f"BFGS keeps a matrix of {x.size}² numbers, {8 * x.size**2 / 1e9:.3g} GB. "
                "Use method='l-bfgs', which keeps the last few steps instead."
            )
        return super().initial_state(objective, x)

    def next_state(self, objective: Objective, state: State) -> State:
        """Go along −H⁻¹∇φ, and learn from the change of the gradient."""
        if not state.gradient.any():
            return replace(state, step_length=0.0)
        inverse = state.memory
        direction = None
        if inverse is not None:
            direction = blas.dsymv(-1.0, inverse, state.gradient, lower=1)
        found, kept = descend(objective, state, self.rule, direction, 1.0)
        if found.stop is not None:
            return found
        inverse = inverse if kept else None
        s, y = found.x - state.x, found.gradient - state.gradient
        if not is_curved(s, y, objective.eps):
            return replace(found, memory=inverse, event=joined(SKIPPED, found.event))
        return replace(found, memory=_updated(inverse, s, y))


def _updated(inverse: Vector | None, s: Vector, y: Vector) -> Vector:
    """The lower triangle of (I − ρ s yᵀ) B (I − ρ y sᵀ) + ρ s sᵀ, ρ = 1/sᵀy (N&W, 6.17).

    As one symmetric update of rank two, B + s wᵀ + w sᵀ.
    """
    bend = float(s @ y)
    if inverse is None:  # N&W, 6.20
        inverse = np.asfortranarray(np.diag(np.full(s.size, bend / float(y @ y))))
    product = blas.dsymv(1.0, inverse, y, lower=1)
    w = (0.5 * (1 + float(y @ product) / bend)) * s - product
    updated: Vector = blas.dsyr2(1 / bend, s, w, a=inverse, lower=1)
    return updated
