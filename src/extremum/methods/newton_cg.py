"""Newton's method with the system solved roughly, by conjugate gradients on Hessian products."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.linalg.blas import dnrm2

from extremum.methods.descent import joined
from extremum.methods.line_search import LineSearchMethod
from extremum.methods.method import State
from extremum.methods.newton import LONGEST_STEP
from extremum.objective import Objective, Vector, show_point
from extremum.outcomes import Reason, Stop

ROUGHEST = 0.5
"""The largest relative residual, and the first (Nocedal & Wright, algorithm 7.1)."""

FORCING, FORCING_POWER = 0.9, 2.0
"""The γ and α of Eisenstat and Walker's second choice."""

MOST_PRODUCTS = 2
"""Products in a system are at most so many times n: exact arithmetic needs n, rounding some more
(each costs about as much as two gradients)."""


NEGATIVE = "negative curvature"
"""The event of an iteration whose direction goes along negative curvature too."""


class LastForcing(NamedTuple):
    """The gradient's norm before the last step, and the residual allowed then."""

    norm: float
    forcing: float


@dataclass(frozen=True)
class NewtonCG(LineSearchMethod):
    """Newton's direction from Hessian products alone: for many variables, whatever the structure.

    Parameters
    ----------
    step : None, float or StepRule
        None: `StrongWolfe()`. A number is a fixed step.

    Notes
    -----
    Conjugate gradients stop at a residual of η‖∇φ‖, with Eisenstat and Walker's η, or where they
    meet negative curvature: then what was found so far is the direction, and steepest descent if
    that is nothing. No matrix is formed; the products cost about two gradients each.

    Examples
    --------
    >>> import extremum as ex
    >>> ex.minimize(lambda x: (x[0] - 3) ** 2 + x[1] ** 4, [0.0, 1.0], method="Newton-CG").success
    True

    References
    ----------
    Nocedal & Wright, algorithm 7.1; Eisenstat & Walker, SIAM J. Sci. Comput. 17 (1996) 16-32,
    choice 2 and its safeguard.
    """

    def next_state(self, objective: Objective, state: State) -> State:
        """Solve for the direction, roughly, and go along it."""
        if not state.gradient.any():
            return replace(state, step_length=0.0)
        forcing = _forcing(state.memory, float(np.linalg.norm(state.gradient)))
        direction, event = _truncated(objective, state, forcing)
        if direction is None:
            facts = {"what": "Hessian", "where": show_point(state.x), "cause": event}
            return replace(state, stop=Stop(Reason.NOT_FINITE, facts))
        found = self.rule.next_state(objective, state, direction, 1.0)
        if found.stop is not None:
            return found
        last = LastForcing(float(np.linalg.norm(state.gradient)), forcing)
        return replace(found, memory=last, event=joined(event, found.event))


def _forcing(last: LastForcing | None, norm: float) -> float:
    """Eisenstat & Walker's choice 2: γ (‖∇φ‖/‖∇φ₋‖)^α, not much below the last one's square."""
    if last is None:
        return ROUGHEST
    ratio = norm / last.norm
    forcing = FORCING * ratio**FORCING_POWER if ratio < 1 else ROUGHEST
    before = FORCING * last.forcing**FORCING_POWER
    return min(max(forcing, before) if before > 0.1 else forcing, ROUGHEST)


def _truncated(objective: Objective, state: State, forcing: float) -> tuple[Vector | None, str]:
    """Conjugate gradients on H z = −∇φ from z = 0; what they met, if anything."""
    z = np.zeros_like(state.x)
    # In a unit, a power of two, in which squares neither overflow nor underflow.
    unit = float(np.ldexp(1.0, np.frexp(state.gradient_norm)[1] - 1))
    residual = state.gradient / unit
    direction = -residual
    square = float(residual @ residual)
    target, eps = (forcing * forcing) * square, objective.eps
    for _ in range(max(10, MOST_PRODUCTS * z.size)):
        product = objective.hessian_vector(state.x, direction)
        bend = float(direction @ product)
        if not np.isfinite(bend):
            return None, "a product with it has a NaN or inf"
        if bend <= eps * float(np.linalg.norm(direction)) * float(np.linalg.norm(product)):
            return _along_negative_curvature(
                state, unit * z, unit * direction, square / -bend if bend else np.inf
            ), NEGATIVE
        length = square / bend
        z += length * direction
        residual += length * product
        before, square = square, float(residual @ residual)
        if square <= target:
            break
        direction *= square / before
        direction -= residual
    return unit * z, ""


def _along_negative_curvature(state: State, z: Vector, direction: Vector, length: float) -> Vector:
    """Add the step that the opposite curvature would ask for, within bounds.

    Like |H|⁻¹ in place of H⁻¹; as dᵀ∇φ = −‖r‖² < 0 for every d of the conjugate gradients, the sum
    points downhill.
    """
    longest = LONGEST_STEP * max(1.0, float(np.linalg.norm(state.x)))
    farthest = longest / float(dnrm2(direction))
    return z + min(length, farthest) * direction
