"""Stationary points whose Hessian is singular: refined, then looked at to higher order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extremum.certify.local import FARTHEST, Neighbourhood
from extremum.methods import GradientNormDecrease, Newton, value_floor
from extremum.objective import Vector

REFINEMENTS = 30
"""Newton iterations towards a degenerate point; each takes a Hessian."""

CONVERGING = 0.995
"""Steps that shrink by no more than this factor lead nowhere near."""

NEARBY = 0.05
"""The higher-order look goes this far, times max(1, ‖x‖)."""

FLATNESS = 1e-6
"""An eigenvalue is zero within its bound below this times the Hessian's size `NEARBY`."""


def refine(at: Neighbourhood) -> Neighbourhood | None:
    """Follow Newton's iteration to the stationary point, if it is near.

    At a degenerate point the iteration converges linearly, each step q times the last; the rest of
    the way is then the last step times q / (1 − q), which is taken in one leap where that helps.
    Towards infinity (e⁻ˣ) the gradient dies out too, but the steps don't: q is not below one.
    """
    method, here = Newton(step=GradientNormDecrease()), at
    last_step: Vector | None = None
    ratio = 0.0
    for _ in range(REFINEMENTS):
        if here.rests:
            return here
        state = method.next_state(here.objective, here.state)
        if state.stop is not None:
            break
        step = state.x - here.x
        here = Neighbourhood.of(here.objective, state.x)
        if last_step is not None and last_step @ last_step > 0 and here.is_finite:
            ratio = float(step @ last_step / (last_step @ last_step))
            if 0.2 < ratio < CONVERGING:
                leap = Neighbourhood.of(here.objective, here.x + step * ratio / (1 - ratio))
                if leap.is_finite and leap.gradient_norm < here.gradient_norm:
                    here, step = leap, leap.x - here.x
        last_step = step
        if not here.is_finite or np.linalg.norm(here.x - at.x) > FARTHEST * at.scale:
            return None
    close = here.gradient_norm <= 1e-3 * at.gradient_norm and ratio < CONVERGING
    return here if here.rests or close else None


@dataclass(frozen=True, eq=False)
class HigherOrder:
    """What was seen along the directions without curvature.

    Attributes
    ----------
    is_minimum : bool or None
    morse_index : int
    flat_directions : ndarray of shape (nullity, n)
    lower_point : ndarray of shape (n,) or None
    sentence : str
    """

    is_minimum: bool | None
    morse_index: int
    flat_directions: Vector
    lower_point: Vector | None
    sentence: str


def look(at: Neighbourhood) -> HigherOrder:
    """Say whether φ rises from a degenerate stationary point.

    Along each flat direction the other variables follow (one Newton correction, as in the
    reduction of Lyapunov and Schmidt), so that a curved way down is seen too.
    """
    values, vectors = at.hessian.spectrum
    reach = NEARBY * at.scale
    bound = max(at.hessian.rounding, FLATNESS * _size_nearby(at, reach))
    flat, negative = np.abs(values) <= bound, values < -bound
    basis = vectors[:, flat].T
    index = int(negative.sum())
    if index:
        return HigherOrder(False, index, basis, None, "The Hessian has a negative eigenvalue")
    curved, inverse = vectors[:, ~flat], 1 / values[~flat]
    # The point is stationary but for this gradient, which alone changes the value so far away,
    # and by which the point is off the floor of the valley.
    slack = np.sqrt(at.x.size) * max(at.gradient_norm, at.gradient_floor)
    softest = float(inverse.max(initial=0.0))
    open_question = False
    for direction in _directions(basis):
        rises, lowest, lowest_value = False, None, at.fun
        for length in reach * 2.0 ** np.arange(-10, 1):
            point = at.x + length * direction
            for _ in range(2):
                _, gradient = at.objective.value_and_gradient(point)
                point = point - curved @ (inverse * (curved.T @ gradient))
            value = at.objective.value(point)
            floor = 4 * max(at.value_floor, value_floor(value, at.eps))
            floor += slack * (length + slack * softest)
            if not np.isfinite(value):
                open_question = True
                break
            rises = rises or value > at.fun + floor
            if rises or (lowest is not None and not value < lowest_value):
                break
            if value < at.fun - floor:
                lowest, lowest_value = point, value
        if lowest is not None:
            lowest = _farther(at, lowest, lowest_value)
            sentence = f"The value falls along a flat direction, by {at.fun - lowest_value:.2g}"
            return HigherOrder(False, index, basis, lowest, sentence)
    if open_question:
        return HigherOrder(None, index, basis, None, "The function is not finite close by")
    sentence = f"The value nowhere falls along the flat directions within {reach:.2g}"
    return HigherOrder(True, index, basis, None, sentence)


def _farther(at: Neighbourhood, point: Vector, value: float) -> Vector:
    """Go on the way that falls, each time twice as far, while it falls and is not far."""
    while 2 * np.linalg.norm(point - at.x) <= at.scale:
        beyond = at.x + 2 * (point - at.x)
        there = at.objective.value(beyond)
        if not -np.inf < there < value:
            break
        point, value = beyond, there
    return point


def _size_nearby(at: Neighbourhood, reach: float) -> float:
    """How large the Hessian is around the point: what a zero eigenvalue is small against."""
    _, vectors = at.hessian.spectrum
    oblique = np.sin(np.arange(1.0, at.x.size + 1) ** 2)
    sizes = [float(np.abs(at.hessian.array).max())]
    for direction in (vectors[:, 0], oblique / np.linalg.norm(oblique)):
        for side in (1, -1):
            there = at.objective.hessian(at.x + side * reach * direction).toarray()
            sizes.append(float(np.abs(there[np.isfinite(there)]).max(initial=0.0)))
    return max(sizes) + at.eps


def _directions(basis: Vector) -> Vector:
    """Unit vectors over the flat space: its axes, and more between them where it is wider."""
    nullity = len(basis)
    between = np.random.default_rng(0).normal(size=(16 * (nullity > 1), nullity))
    between /= np.linalg.norm(between, axis=1, keepdims=True)
    coefficients = np.vstack([np.eye(nullity), between])
    return np.vstack([coefficients, -coefficients]) @ basis
