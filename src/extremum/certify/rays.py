"""Straight lines along which a function falls without bound, or towards an infimum at infinity."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from scipy.linalg.blas import dnrm2

from extremum.certify.certificate import Ray
from extremum.certify.local import TINY, Neighbourhood
from extremum.linalg import EPS
from extremum.methods import value_floor
from extremum.objective import Objective, Vector
from extremum.outcomes import Verdict

DOUBLINGS = 60
"""A ray is followed over lengths of max(1, ‖x‖)·2ᵏ, k = 0 … 60: from the point's own scale to 10¹⁸
times that."""

BISECTIONS = 30
"""So often the way back is halved in search of the place where a gradient became zero."""

BEYOND_EDGE, STEP = 16.0, 4.0
"""A slope that begins with a power of the distance grows by a factor of `BEYOND_EDGE` at least over
so many widths of the bracket of its beginning; one that rounding cuts off, by less than `STEP`."""

LASTING = 0.5
"""A fall that goes on without bound is, per doubling, at least this much of what it was `LATER`
doublings before; a fall towards an infimum dies out."""

LATER = 20


def fades(at: Neighbourhood, towards: Vector) -> bool:
    """Whether ∇φ, exactly zero here, underflowed on the way: as along e⁻ˣ, and not at a vertex.

    The place where it becomes zero is bracketed by bisection; a gradient that vanishes at a point
    is large before that, against one that underflows.
    """
    if at.gradient.any() or at.curvature.size > 0 or not towards.any():
        return False

    def slope(part: float) -> float:
        _, gradient = at.objective.value_and_gradient(at.x - part * towards)
        return float(np.abs(gradient).max())

    _, other = _beginning(slope)
    return other < 1 and slope(other) < TINY / EPS


def is_cut_off(objective: Objective, x: Vector, move: Vector, lost: float = 0.0) -> bool:
    """Whether the slope along a move from x, none at x, begins as a step: as e⁻ˣ underflows.

    The place where it begins is bracketed by bisection. The slope of a function that begins to rise
    there grows with a power of the distance, and one that rounding cuts off hardly changes. Slopes
    up to `lost` are none.
    """
    length = float(dnrm2(move))

    def slope(part: float) -> float:
        return abs(float(objective.value_and_gradient(x + part * move)[1] @ move)) / length

    zero, other = _beginning(slope, lost)
    return zero > 0 and slope(other + BEYOND_EDGE * (other - zero)) <= STEP * slope(other)


def _beginning(slope: Callable[[float], float], lost: float = 0.0) -> tuple[float, float]:
    """Bracket the part of the way from 0 to 1 where a slope, none at 0, begins to exceed `lost`."""
    zero, other = 0.0, 1.0
    for _ in range(BISECTIONS):
        middle = (zero + other) / 2
        zero, other = (middle, other) if slope(middle) <= lost else (zero, middle)
    return zero, other


def falling_ray(
    objective: Objective, x: Vector, fun: float, directions: Iterable[Vector]
) -> tuple[Verdict, Ray] | None:
    """Look along directions for one on which φ never rises, out to 10¹⁸ times the point's scale.

    The rule: on such a ray, if φ reaches −∞, or if it still falls per doubling of the length by at
    least half of what it did twenty doublings before, the function is `UNBOUNDED` below. If the
    fall dies out, it is `RECEDING`: an infimum is approached that no point attains, unless it ends
    where φ begins to be constant. A length is left out where φ rises by no more than the rounding
    of the point does, along a steep valley.
    """
    scale = max(1.0, float(np.linalg.norm(x)))
    receding = None
    for direction in directions:
        length = float(np.linalg.norm(direction))
        if not (np.isfinite(length) and length > 0):
            continue
        found = _follow(objective, x, fun, direction / length, scale)
        if found is not None and found[0] is Verdict.UNBOUNDED:
            return found
        receding = receding or found
    return receding


def _follow(
    objective: Objective, x: Vector, fun: float, direction: Vector, scale: float
) -> tuple[Verdict, Ray] | None:
    lengths, values, eps, lost = [0.0], [fun], objective.eps, 0.0
    for k in range(DOUBLINGS + 1):
        length = scale * 2.0**k
        value = objective.value(x + length * direction)
        if np.isnan(value) or value > values[-1] + value_floor(values[-1], eps):
            off = _off_the_ray(objective, x, length * direction)
            if not value <= values[-1] + off:
                return None
            lost = max(lost, off)
            continue
        lengths.append(length)
        values.append(value)
        if value == -np.inf:
            break
    ray = Ray(direction, np.array(lengths), np.array(values))
    if values[-1] == -np.inf:
        return Verdict.UNBOUNDED, ray
    lost = max(lost, _off_the_ray(objective, x, lengths[-1] * direction))
    if not values[-1] < fun - max(value_floor(fun, eps), lost):
        return None
    falls, later = -np.diff(values), slice(-LATER, None)
    lasts = LASTING * falls[later][0] > value_floor(values[later][0], eps)
    if len(falls) >= LATER and lasts and falls[-1] >= LASTING * falls[later][0]:
        return Verdict.UNBOUNDED, ray
    return None if _arrives(objective, x, ray) else (Verdict.RECEDING, ray)


def _arrives(objective: Objective, x: Vector, ray: Ray) -> bool:
    """Whether the fall ends at a place from where on φ is constant, and not by rounding alone."""

    def level(length: float) -> bool:
        return not objective.value_and_gradient(x + length * ray.direction)[1] @ ray.direction

    if not level(ray.lengths[-1]):
        return False
    still = next(k for k, length in enumerate(ray.lengths) if level(length))
    if still == 0:
        return True
    arrival, before = ray.lengths[still], ray.lengths[still - 1]
    back = (before - arrival) * ray.direction
    return not is_cut_off(objective, x + arrival * ray.direction, back)


def _off_the_ray(objective: Objective, x: Vector, move: Vector) -> float:
    """What the rounding of x + move adds to φ, at most, to first order."""
    _, gradient = objective.value_and_gradient(x + move)
    slope = float(dnrm2(gradient))
    return objective.eps * slope * float(dnrm2(move)) if np.isfinite(slope) else 0.0
