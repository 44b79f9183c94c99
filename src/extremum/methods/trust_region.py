"""The trust-region method on second derivatives."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from extremum.linalg import EPS, SymmetricMatrix
from extremum.methods.method import State, is_finite, not_finite, value_floor
from extremum.methods.subproblem import solve_subproblem
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

SHRINK, GROW = 0.25, 2.5

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

    Parameters
    ----------
    radius : float
        Δ at the start.
    """

    radius: float = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.radius) and self.radius > 0):
            raise InvalidInput(f"radius must be a positive number; it is {self.radius}.")

    def initial_state(self, objective: Objective, x: Vector) -> TrustRegionState:
        """Evaluate the value, the gradient and, for few variables, the Hessian."""
        fun, gradient, hessian = _evaluate(objective, x)
        stop = None if is_finite(fun, gradient) else not_finite(x, fun, gradient)
        return TrustRegionState(
            x, fun, gradient, stop=stop, radius=self.radius * max(1.0, float(np.linalg.norm(x))), hessian=hessian
        )

    def next_state(self, objective: Objective, state: State) -> State:
        """Try steps, each in a smaller region, until one is accepted."""
        assert isinstance(state, TrustRegionState)
        hessian = state.hessian
        if hessian is None:
            hessian = objective.hessian(state.x)
        if not hessian.is_finite:
            facts = {"what": "Hessian", "where": show_point(state.x), "cause": "it has a NaN or inf"}
            return replace(state, stop=Stop(Reason.NOT_FINITE, facts))
        radius, guess, obstacle = state.radius, state.multiplier, None
        floor = value_floor(state.fun) + EPS * float(np.abs(state.gradient) @ np.abs(state.x))
        norm = float(state.gradient @ state.gradient) ** 0.5
        for _ in range(MOST_TRIALS):
            if isinstance(hessian, OperatorSymmetric):
                model = solve_by_products(hessian, state.gradient, radius)
            else:
                model = solve_subproblem(hessian, state.gradient, radius, guess)
            x = state.x + model.step
            if (x == state.x).all():
                break
            fun, gradient, new_hessian = _evaluate(objective, x)
            length = float(model.step @ model.step) ** 0.5
            guess = model.multiplier
            if not is_finite(fun, gradient):
                obstacle = not_finite(x, fun, gradient)
                radius = 0.1 * length
                continue
            fall = state.fun - fun
            if model.decrease <= floor or abs(fall) <= floor:
                # Rounding hides the change of the value, so the gradient decides.
                accepted = fall >= -floor and float(gradient @ gradient) ** 0.5 < norm
                ratio = 1.0 if accepted else 0.0
            else:
                ratio = fall / model.decrease
                accepted = ratio > ACCEPTED
            if ratio < POOR:
                radius = shrunk(length, state, model, fun)
            elif ratio > GOOD:
                radius = max(radius, GROW * length)
            if accepted:
                event = "" if obstacle is None else f"shortened: {obstacle.message}"
                return TrustRegionState(
                    x,
                    fun,
                    gradient,
                    event=event,
                    radius=radius,
                    hessian=new_hessian,
                    multiplier=model.multiplier,
                )
        grad_norm = float(np.abs(state.gradient).max())
        if obstacle is not None:
            return replace(state, stop=obstacle)
        facts = {"floor": floor, "fun": state.fun, "grad_norm": grad_norm}
        return replace(state, stop=Stop(Reason.ROUNDING_FLOOR, facts))


def _evaluate(objective: Objective, x: Vector) -> tuple[float, Vector, SymmetricMatrix | None]:
    if x.size <= TOGETHER:
        return objective.value_gradient_hessian(x)
    return *objective.value_and_gradient(x), None


def shrunk(length, state, model, fun):
    if MODE == 0:
        return SHRINK * length
    slope = float(state.gradient @ model.step)
    rise = fun - state.fun - slope
    if MODE == 1:
        t = -slope / (2 * rise) if rise > 0 else 0.5
    return float(np.clip(t, 0.1, 0.5)) * length
MODE = 0
