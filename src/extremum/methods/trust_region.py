"""The trust-region method on second derivatives."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from scipy.linalg.blas import dnrm2

from extremum.linalg import (
    EPS,
    Factorizable,
    OperatorSymmetric,
    SparseSymmetric,
    SymmetricMatrix,
)
from extremum.methods.krylov import solve_before_factoring, solve_by_products
from extremum.methods.method import State, is_finite, not_finite, value_floor
from extremum.methods.steps import NEAR_FLOOR
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


HALF_THE_DIGITS = EPS**0.5
"""A promised decrease of more than this part of the value is hidden by no rounding: where it never
comes, the derivatives are wrong or the function is not smooth."""


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
    sizes : ndarray of shape (n,) or None
        The largest |∂²φ/∂xᵢ²| so far, where the region is scaled by them.
    """

    radius: float = float("nan")
    hessian: SymmetricMatrix | None = None
    multiplier: float = 0.0
    sizes: Vector | None = None


@dataclass(frozen=True)
class TrustRegion:
    """The step minimizes the quadratic model of φ in a ball, whose radius follows its success.

    Where the Hessian can be factored the subproblem is solved on factorizations, the hard case
    included; where only products are to be had, in a Krylov space, which is also tried first where
    that costs less than to factor a sparse matrix. Negative curvature needs no
    change of the Hessian: the step on the boundary makes use of it.

    Parameters
    ----------
    radius : float, optional
        Δ at the start; by default the larger of 1 and of all |xᵢ| there.
    scaled : bool
        Whether the ball is one of variables in which no second derivative ∂²φ/∂xᵢ² exceeds one:
        ‖Ds‖ ≤ Δ with D² the largest sizes of the Hessian's diagonal so far. The steps are then the
        same whatever units the variables have. Not for Hessians of which only products are known.

    References
    ----------
    Conn, Gould & Toint, Trust-Region Methods (2000), algorithm 6.1.1; Nocedal & Wright, chapter 4.
    The scaling is after Moré, The Levenberg-Marquardt algorithm (1978), section 6.
    """

    radius: float | None = None
    scaled: bool = False

    def __post_init__(self) -> None:
        if self.radius is not None and not (np.isfinite(self.radius) and self.radius > 0):
            raise InvalidInput(f"radius must be a positive number; it is {self.radius}.")

    def initial_state(self, objective: Objective, x: Vector) -> TrustRegionState:
        """Evaluate the value, the gradient and, for few variables, the Hessian."""
        fun, gradient, hessian = _evaluate(objective, x)
        stop = None if is_finite(fun, gradient) else not_finite(x, fun, gradient)
        radius = max(1.0, float(np.abs(x).max())) if self.radius is None else self.radius
        return TrustRegionState(x, fun, gradient, stop=stop, radius=radius, hessian=hessian)

    def next_state(self, objective: Objective, state: State) -> State:
        """Try steps, each in a smaller region, until one is accepted."""
        assert isinstance(state, TrustRegionState)
        if state.gradient_norm == 0:
            return state
        hessian = objective.hessian(state.x) if state.hessian is None else state.hessian
        if not hessian.is_finite:
            where, cause = show_point(state.x), "it has a NaN or inf"
            stop = Stop(Reason.NOT_FINITE, {"what": "Hessian", "where": where, "cause": cause})
            return replace(state, stop=stop)
        square, size = float(state.gradient @ state.gradient), float(state.x @ state.x)
        # The value's own rounding, and what the rounding of x does to it.
        eps = objective.eps
        floor = value_floor(state.fun, eps) + eps * float(np.abs(state.gradient) @ np.abs(state.x))
        units, sizes = _units(hessian, state) if self.scaled else (None, None)
        radius, multiplier, obstacle = state.radius, state.multiplier, None
        if units is not None and state.sizes is None and self.radius is None:
            radius = max(1.0, float(np.abs(state.x / units).max()))
        promised, scatter = math.nan, 0.0
        for _ in range(MOST_TRIALS):
            if not radius > 0:  # it underflowed, at a cusp
                break
            model = _model_step(hessian, state.gradient, radius, multiplier, units)
            multiplier = model.multiplier
            promised = promised if promised == promised else model.decrease
            step = model.step if units is None else units * model.step
            x = objective.rounded(state.x + step)
            length = float(dnrm2(model.step))
            if step @ step <= eps**2 * size and (x == state.x).all():
                break
            fun, gradient, new_hessian = _evaluate(objective, x)
            if not is_finite(fun, gradient):
                obstacle = not_finite(x, fun, gradient)
                radius = 0.1 * length
                continue
            fall = state.fun - fun
            scatter = abs(fall) if model.decrease <= floor else 0.0
            if model.decrease <= floor or abs(fall) <= floor:
                # Rounding hides the change of the value, so the gradient decides (see `backtrack`).
                accepted = fall >= -floor and float(gradient @ gradient) < square
                ratio = 1.0 if accepted else 0.0
            else:
                ratio = fall / model.decrease
                accepted = ratio > ACCEPTED
            if ratio < POOR:
                radius = _shrunk(length, float(state.gradient @ step), fall)
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
                    sizes=sizes,
                )
        if obstacle is not None:
            return replace(state, stop=obstacle)
        return replace(state, stop=_no_step(state, promised, floor, radius, scatter))


def _no_step(state: State, promised: float, floor: float, radius: float, scatter: float) -> Stop:
    """Why no step was found, where the first trial promised so much.

    By `scatter` the value changed at the last one, of which nothing above the floor was expected.
    """
    if scatter > NEAR_FLOOR * floor:
        facts = {"scatter": scatter, "floor": floor, "grad_norm": state.gradient_norm}
        return Stop(Reason.NOISE, facts)
    if promised > NEAR_FLOOR * floor + HALF_THE_DIGITS * abs(state.fun):
        tried = {"merit": "value", "length": radius, "grad_norm": state.gradient_norm}
        return Stop(Reason.NO_DECREASE, tried)
    facts = {"floor": floor, "fun": state.fun, "grad_norm": state.gradient_norm}
    return Stop(Reason.ROUNDING_FLOOR, facts)


def _evaluate(objective: Objective, x: Vector) -> tuple[float, Vector, SymmetricMatrix | None]:
    if x.size <= TOGETHER:
        return objective.value_gradient_hessian(x)
    return *objective.value_and_gradient(x), None


def _units(hessian: SymmetricMatrix, state: TrustRegionState) -> tuple[Vector, Vector]:
    """The variables' units D⁻¹, and D²; a variable without curvature so far keeps its own unit."""
    if isinstance(hessian, OperatorSymmetric):
        raise InvalidInput(
            "TrustRegion(scaled=True) needs the Hessian's diagonal, and here only products with it "
            "are known. Leave scaled out, or declare the structure."
        )
    sizes = np.abs(cast(Factorizable, hessian).diagonal)
    if state.sizes is not None:
        sizes = np.maximum(sizes, state.sizes)
    return 1 / np.sqrt(np.where(sizes > 0, sizes, 1.0)), sizes


def _model_step(
    hessian: SymmetricMatrix,
    gradient: Vector,
    radius: float,
    multiplier: float,
    units: Vector | None,
) -> ModelStep:
    if isinstance(hessian, OperatorSymmetric):
        return solve_by_products(hessian, gradient, radius)
    matrix = cast(Factorizable, hessian)
    if units is not None:
        matrix, gradient = matrix.scaled(units), units * gradient
    model = None
    if isinstance(matrix, SparseSymmetric):
        model = solve_before_factoring(matrix, gradient, radius)
    return model or solve_subproblem(matrix, gradient, radius, multiplier)


def _shrunk(length: float, slope: float, fall: float) -> float:
    """The radius after a poor step: to where the parabola along it has its minimum.

    The parabola is that through both values and the slope (Conn, Gould & Toint, section 17.1.1).
    """
    bend = -fall - slope
    return length * (min(max(-slope / (2 * bend), 0.1), 0.5) if bend > 0 else 0.5)
