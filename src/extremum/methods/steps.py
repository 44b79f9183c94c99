"""How far to go along a direction: the globalizations that compose with any direction."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np

from extremum.methods.method import (
    State,
    is_finite,
    not_finite,
    value_floor,
)
from extremum.objective import Objective, Vector
from extremum.outcomes import InvalidInput, Reason, Stop

MOST_TRIALS = 60
"""Trial points along one direction; halving the length so often spans all of floating point."""

SUFFICIENT_DECREASE = 1e-4
"""The fraction of the linear decrease that a step must achieve (Nocedal & Wright, section 3.1)."""

NEAR_FLOOR = 1e3
"""A promised decrease of up to so many rounding errors may be hidden by them: of a promise p the
sufficient decrease is only 1e-4 p. And a step of up to so many roundings of x fails by those."""

RESOLVED = 1e-4
"""A length along a ray that Newton's iteration changes by less than this part of it is near the
minimum: from there on the slope falls, unless rounding hides it."""


class StepRule(Protocol):
    """Decides how far to go."""

    def next_state(
        self, objective: Objective, state: State, direction: Vector, trial: float
    ) -> State:
        """Go along `direction`, trying the length `trial` first."""


@dataclass(frozen=True)
class FixedStep:
    """Always the same multiple of the direction.

    Parameters
    ----------
    length : float
        The multiple; positive.
    """

    length: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.length) and self.length > 0):
            raise InvalidInput(f"A fixed step must be a positive number; it is {self.length}.")

    def next_state(
        self, objective: Objective, state: State, direction: Vector, trial: float
    ) -> State:
        """Take the step, unless that leads to where the function is not finite."""
        x = objective.rounded(state.x + self.length * direction)
        fun, gradient = objective.value_and_gradient(x)
        if not is_finite(fun, gradient):
            return replace(state, stop=not_finite(x, fun, gradient))
        return State(x, fun, gradient, self.length)


@dataclass(frozen=True)
class Armijo:
    """Backtracking until the value has decreased sufficiently.

    Parameters
    ----------
    decrease : float
        The fraction c of the linear decrease that is asked for: φ(x + t d) ≤ φ(x) + c t ∇φ·d.

    References
    ----------
    Armijo, Pacific J. Math. 16 (1966) 1-3; Nocedal & Wright, algorithm 3.1.
    """

    decrease: float = SUFFICIENT_DECREASE

    def next_state(
        self, objective: Objective, state: State, direction: Vector, trial: float
    ) -> State:
        """Shorten the step from `trial` until it is accepted."""
        return backtrack(objective, state, direction, trial, state.fun, self.decrease)


@dataclass(frozen=True)
class GradientNormDecrease:
    """Backtracking until the gradient's norm has decreased: for any stationary point.

    References
    ----------
    Dennis & Schnabel, Numerical Methods for Unconstrained Optimization (1996), section 6.5.
    """

    decrease: float = SUFFICIENT_DECREASE

    def next_state(
        self, objective: Objective, state: State, direction: Vector, trial: float
    ) -> State:
        """Halve the step from `trial` until it is accepted."""
        before, eps = float(np.linalg.norm(state.gradient)), objective.eps
        length = trial
        for _ in range(MOST_TRIALS):
            x = objective.rounded(state.x + length * direction)
            if np.array_equal(x, state.x):
                break
            fun, gradient = objective.value_and_gradient(x)
            if is_finite(fun, gradient):
                after = float(np.linalg.norm(gradient))
                # A decrease by a rounding error is none.
                if after <= (1 - max(self.decrease * length, 4 * eps)) * before:
                    return State(x, fun, gradient, length)
            length /= 2
        if (step := trial * float(np.linalg.norm(direction))) <= NEAR_FLOOR * eps * _scale(state.x):
            return replace(state, stop=Stop(Reason.NO_STEP_LEFT, {"step_norm": step}))
        return replace(state, stop=_no_decrease("gradient's norm", state, length))


@dataclass(frozen=True)
class ExactStep:
    """To the minimum along the ray, found by a safeguarded Newton iteration in one dimension.

    Parameters
    ----------
    rtol : float
        How far the slope along the ray must fall, relative to its value at the start.
    """

    rtol: float = 1e-9

    def next_state(
        self, objective: Objective, state: State, direction: Vector, trial: float
    ) -> State:
        """Find where the slope along the ray vanishes."""
        slope = start_slope = float(state.gradient @ direction)
        eps = objective.eps
        if slope >= 0:
            return replace(state, stop=Stop(Reason.NOT_DESCENT, {"slope": slope}))
        curvature = float(direction @ objective.hessian_vector(state.x, direction))
        here, best, x = 0.0, state, state.x
        low, high = 0.0, float("inf")
        for _ in range(MOST_TRIALS):
            newton = here - slope / curvature if curvature > 0 else float("inf")
            if not low < newton < high:
                newton = (low + high) / 2 if np.isfinite(high) else max(4 * here, trial)
            if newton == here or not np.isfinite(newton):
                high = min(high, newton)
                break
            near = abs(newton - here) <= RESOLVED * newton
            here, last, before = newton, x, abs(slope)
            x = objective.rounded(state.x + here * direction)
            if np.array_equal(x, last):
                high = here
                break
            fun, gradient = objective.value_and_gradient(x)
            if not is_finite(fun, gradient):
                high, curvature = here, 0.0  # a wall: bisect towards what is known
                here = low
                continue
            slope = float(gradient @ direction)
            if fun <= best.fun + value_floor(best.fun, eps):
                best = State(x, fun, gradient, here)
            if abs(slope) <= self.rtol * abs(start_slope) or high - low <= 4 * eps * here:
                break
            if near and abs(slope) > before / 2:  # what is left of it is rounding
                high = here
                break
            low, high = (here, high) if slope < 0 else (low, here)
            curvature = float(direction @ objective.hessian_vector(x, direction))
        if np.isinf(high) and slope < 0 and abs(slope) > self.rtol * abs(start_slope):
            facts = {"curvature": curvature, "length": here}
            return replace(state, stop=Stop(Reason.NO_CURVATURE, facts))
        if best is state:
            return replace(state, stop=_no_decrease("value", state, here))
        return best


class Recent(NamedTuple):
    """What Barzilai and Borwein's rule remembers: the last point and the recent values."""

    x: Vector
    gradient: Vector
    values: tuple[float, ...]


@dataclass(frozen=True)
class BarzilaiBorwein:
    """The length sᵀs / sᵀy of the last step s and gradient change y, made safe.

    For steepest descent only. The value may rise for a while: a step is accepted against the
    largest of the recent values.

    Parameters
    ----------
    memory : int
        How many recent values count.

    References
    ----------
    Barzilai & Borwein, IMA J. Numer. Anal. 8 (1988) 141-148; Raydan, SIAM J. Optim. 7 (1997) 26-33.
    """

    memory: int = 10

    def next_state(
        self, objective: Objective, state: State, direction: Vector, trial: float
    ) -> State:
        """Take the spectral step, shortened where it must be."""
        last = state.memory
        values = (state.fun,) if last is None else (*last.values, state.fun)[-self.memory :]
        if last is not None:
            step, change = state.x - last.x, state.gradient - last.gradient
            bend = float(step @ change)
            # Without curvature the last length is tried again, twice as long.
            trial = float(step @ step) / bend if bend > 0 else trial
        moved = backtrack(objective, state, direction, trial, max(values), SUFFICIENT_DECREASE)
        return replace(moved, memory=Recent(state.x, state.gradient, values))


def backtrack(
    objective: Objective,
    state: State,
    direction: Vector,
    trial: float,
    reference: float,
    decrease: float,
) -> State:
    """Shorten a step until φ(x + t d) ≤ reference + decrease · t · slope.

    Where rounding hides the change of the value, the gradient decides instead: its norm must fall
    while the value stays within its rounding (after the approximate Wolfe condition of Hager &
    Zhang, SIAM J. Optim. 16 (2005) 170-192). So no run can wander among points of equal value.
    """
    slope = float(state.gradient @ direction)
    if slope >= 0:
        return replace(state, stop=Stop(Reason.NOT_DESCENT, {"slope": slope}))
    floor = change_floor(state, objective.eps)
    norm = float(np.linalg.norm(state.gradient))
    length, obstacle = trial, None
    for _ in range(MOST_TRIALS):
        x = objective.rounded(state.x + length * direction)
        if np.array_equal(x, state.x):
            break
        fun, gradient = objective.value_and_gradient(x)
        if not is_finite(fun, gradient):
            obstacle = not_finite(x, fun, gradient)
            length *= 0.1
            continue
        hidden = abs(length * slope) <= floor or abs(fun - state.fun) <= floor
        if hidden:
            accepted = fun <= state.fun + floor and float(np.linalg.norm(gradient)) < norm
        else:
            accepted = fun <= reference + decrease * length * slope
        if accepted:
            event = "" if obstacle is None else f"shortened: {obstacle.message}"
            return State(x, fun, gradient, length, event=event)
        # The minimum of the parabola through the value, the slope and the new value.
        parabola = -slope * length**2 / (2 * (fun - state.fun - length * slope))
        length = float(np.clip(parabola, 0.1 * length, 0.5 * length))
    return replace(state, stop=no_step(state, trial * slope, floor, length, obstacle))


def change_floor(state: State, eps: float) -> float:
    """The change of the value that rounding to `eps` hides: its own, and what that of x does."""
    return value_floor(state.fun, eps) + eps * float(np.abs(state.gradient) @ np.abs(state.x))


def no_step(
    state: State, promised: float, floor: float, length: float, obstacle: Stop | None
) -> Stop:
    """Why no step was found, where the first trial promised so much to first order."""
    if abs(promised) <= NEAR_FLOOR * floor:
        facts = {"floor": floor, "fun": state.fun, "grad_norm": float(np.abs(state.gradient).max())}
        return Stop(Reason.ROUNDING_FLOOR, facts)
    return obstacle or _no_decrease("value", state, length)


def _scale(x: Vector) -> float:
    return max(1.0, float(np.linalg.norm(x)))


def _no_decrease(merit: str, state: State, length: float) -> Stop:
    grad_norm = float(np.abs(state.gradient).max())
    return Stop(Reason.NO_DECREASE, {"merit": merit, "length": length, "grad_norm": grad_norm})


def step_rule(step: float | StepRule) -> StepRule:
    """A number is a fixed step."""
    if isinstance(step, bool) or inspect.isclass(step):
        raise InvalidInput(f"step={step!r} is neither a number nor a step rule like Armijo().")
    if isinstance(step, int | float | np.number):
        return FixedStep(float(step))
    if not hasattr(step, "next_state"):
        raise InvalidInput(f"step={step!r} is neither a number nor a step rule like Armijo().")
    return step
