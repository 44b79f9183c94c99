"""The trust-region method on second derivatives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from extremum.linalg import EPS, Factorizable, OperatorSymmetric, SymmetricMatrix
from extremum.methods.krylov import solve_by_products
from extremum.methods.method import State, is_finite, not_finite, value_floor
from extremum.methods.subproblem import ModelStep, solve_subproblem
from extremum.objective import Objective, Vector, show_point
from extremum.outcomes import InvalidInput, Reason, Stop

TOGETHER = 40
"""Up to so many variables value, gradient and Hessian are asked for together at a trial point: one
call then costs less than two, even where a rejected point's Hessian is of no use."""

ACCEPTED = 1e-4
"""A step is accepted where φ falls by more than this fraction of what the model promises."""

POOR, GOOD = 0.25, 0.75
"""Below the first fraction the region shrinks, above the second it may grow (Nocedal & Wright,
algorithm 4.1)."""

GROWTH = 2.5
"""A good step lets the next one be so many times as long."""

MOST_TRIALS = 60
"""Trial points from one iterate; shrinking so often spans all of floating point."""


@dataclass(frozen=True)
class TrustRegionState(State):
    """A state with its region.

    Attributes
    ----------
    radius : float
        Δ: how far the next step may go.
    hessian : SymmetricMatrix or None
        ∇²φ(x), where it was computed already.
    multiplier : float
        λ of the last subproblem.
    """

    radius: float = float("nan")
    hessian: SymmetricMatrix | None = None
    multiplier: float = 0.0


@dataclass(frozen=True)
class TrustRegion:
    """The step minimizes the quadratic model of φ in a ball, whose radius follows its success.

    Where the Hessian can be factored the subproblem is solved on factorizations, the hard case
    included; where only products are to be had, in a Krylov space. Negative curvature needs no
    change of the Hessian: the step on the boundary makes use of it.

    Parameters
    ----------
    radius : float, optional
        Δ at the start; by default the larger of 1 and ‖x₀‖.

    References
    ----------
    Conn, Gould & Toint, Trust-Region Methods (2000), algorithm 6.1.1; Nocedal & Wright, chapter 4.
    """

    radius: float | None = None

    def __post_init__(self) -> None:
        if self.radius is not None and not (np.isfinite(self.radius) and self.radius > 0):
            raise InvalidInput(f"radius must be a positive number; it is {self.radius}.")

    def initial_state(self, objective: Objective, x: Vector) -> TrustRegionState:
        """Evaluate the value, the gradient and, for few variables, the Hessian."""
        fun, gradient, hessian = _evaluate(objective, x)
        stop = None if is_finite(fun, gradient) else not_finite(x, fun, gradient)
        radius = max(1.0, float(np.linalg.norm(x))) if self.radius is None else self.radius
        return TrustRegionState(x, fun, gradient, stop=stop, radius=radius, hessian=hessian)

    def next_state(self, objective: Objective, state: State) -> State:
        """Try steps, each in a smaller region, until one is accepted."""
        assert isinstance(state, TrustRegionState)
        if not state.gradient.any():
            return state
        hessian = objective.hessian(state.x) if state.hessian is None else state.hessian
        if not hessian.is_finite:
            where, cause = show_point(state.x), "it has a NaN or inf"
            stop = Stop(Reason.NOT_FINITE, {"what": "Hessian", "where": where, "cause": cause})
            return replace(state, stop=stop)
        # The value's own rounding, and what the rounding of x does to it.
        floor = value_floor(state.fun) + EPS * float(np.abs(state.gradient) @ np.abs(state.x))
        square = float(state.gradient @ state.gradient)
        radius, multiplier, obstacle = state.radius, state.multiplier, None
        for _ in range(MOST_TRIALS):
            model = _model_step(hessian, state.gradient, radius, multiplier)
            multiplier = model.multiplier
            x = state.x + model.step
            if (x == state.x).all():
                break
            fun, gradient, new_hessian = _evaluate(objective, x)
            length = float(model.step @ model.step) ** 0.5
            if not is_finite(fun, gradient):
                obstacle = not_finite(x, fun, gradient)
                radius = 0.1 * length
                continue
            fall = state.fun - fun
            if model.decrease <= floor or abs(fall) <= floor:
                # Rounding hides the change of the value, so the gradient decides (see `backtrack`).
                accepted = fall >= -floor and float(gradient @ gradient) < square
                ratio = 1.0 if accepted else 0.0
            else:
                ratio = fall / model.decrease
                accepted = ratio > ACCEPTED
            if ratio < POOR:
                radius = _shrunk(length, float(state.gradient @ model.step), fall)
            elif ratio > GOOD:
                radius = max(radius, GROWTH * length)
            if accepted:
                return TrustRegionState(
                    x,
                    fun,
                    gradient,
                    event="" if obstacle is None else f"shortened: {obstacle.message}",
                    radius=radius,
                    hessian=new_hessian,
                    multiplier=multiplier,
                )
        if obstacle is not None:
            return replace(state, stop=obstacle)
        grad_norm = float(np.abs(state.gradient).max())
        facts = {"floor": floor, "fun": state.fun, "grad_norm": grad_norm}
        return replace(state, stop=Stop(Reason.ROUNDING_FLOOR, facts))


def _evaluate(objective: Objective, x: Vector) -> tuple[float, Vector, SymmetricMatrix | None]:
    if x.size <= TOGETHER:
        return objective.value_gradient_hessian(x)
    return *objective.value_and_gradient(x), None


def _model_step(
    hessian: SymmetricMatrix, gradient: Vector, radius: float, multiplier: float
) -> ModelStep:
    if isinstance(hessian, OperatorSymmetric):
        return solve_by_products(hessian, gradient, radius)
    return solve_subproblem(cast(Factorizable, hessian), gradient, radius, multiplier)


def _shrunk(length: float, slope: float, fall: float) -> float:
    """The radius after a poor step: to where the parabola along it has its minimum.

    The parabola is that through both values and the slope (Conn, Gould & Toint, section 17.1.1).
    """
    bend = -fall - slope
    return length * (min(max(-slope / (2 * bend), 0.1), 0.5) if bend > 0 else 0.5)
