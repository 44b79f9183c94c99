"""Whether what was traced computes what the plain function computes."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from extremum.linalg import EPS
from extremum.objective.counts import Counts
from extremum.objective.function import PlainFunction, show_point
from extremum.objective.parameters import Vector

AGREEMENT = 1e-8
"""Largest relative difference between the traced value and the plain one: √ε, because a sum may be
taken in another order, and a mistake is not that small."""

NARROW_AGREEMENT = 1e-3
"""The same where arrays of 32 or 16 bits are captured."""

SLOPE_STEPS = (1e-6, 1e-3)
"""Steps of the slope's differences, relative to max(1, |x|): the first for functions that vary
quickly, the second for those that are much rounded. A slope is wrong if both say so. In lower
precision they are the same powers of its ε."""


def check_agreement(
    derivatives: Any, plain: PlainFunction, x0: Vector, *points: Vector
) -> str | None:
    """Compare the traced value with the plain function's; the sentence that names a disagreement.

    Differences are relative to the largest value, that at `x0` included: at a minimum a value may
    be nothing but rounding.
    """
    expected = [(x, _value_or_none(plain, x)) for x in points]
    sizes = [abs(value) for _, value in (*expected, (x0, _value_or_none(plain, x0))) if value]
    scale = max((size for size in sizes if np.isfinite(size)), default=0.0)
    for x, value in expected:
        if value is None:  # outside of the function's domain there is nothing to compare
            continue
        found = derivatives.followed_value(x)
        if agree(found, value, scale, tolerance(derivatives)):
            continue
        again = _value_or_none(plain, x)
        if again != value and not np.isnan(value):
            return (
                f"its value is not determined by its arguments: at x = {show_point(x)} it gives "
                f"{value:.17g} and then {again:.17g}"
            )
        return disagreement(found, value, x, scale, tolerance(derivatives))
    return None


def disagreement(
    found: float, value: float, x: Vector, scale: float, relative: float = AGREEMENT
) -> str | None:
    """The sentence that names a traced value which is not the plain one; None where it is."""
    if agree(found, value, scale, relative):
        return None
    return (
        f"at x = {show_point(x)} the traced function gives {found:.10g} where the plain one "
        f"gives {value:.10g} (does it change an alias in place, or read state that changes?)"
    )


def agree(found: float, value: float, scale: float, relative: float) -> bool:
    """Whether a traced value and a plain one are the same up to rounding, or both not finite."""
    if not np.isfinite(value) or not np.isfinite(found):
        return not np.isfinite(value) and not np.isfinite(found)
    return abs(found - value) <= relative * max(scale, abs(value), abs(found))


def tolerance(derivatives: Any) -> float:
    """The relative difference to allow for."""
    narrow = any("float16" in note or "float32" in note for note in derivatives.notes)
    return NARROW_AGREEMENT if narrow else AGREEMENT


def lost_slope(derivatives: Any, plain: PlainFunction, x: Vector) -> str | None:
    """Compare one slope with differences; the sentence that names a disagreement.

    A value can be right and its derivative lost, where a number left the traced world and came
    back. At a kink the slope lies between the one-sided ones.
    """
    gradient = derivatives.followed_gradient(x)
    middle = _value_or_none(plain, x)
    if middle is None or not np.isfinite(gradient).all():
        return None  # not finite: the run says so itself
    # Two units of length: a start of 4e-10 may be small in its own unit, or in that of meters.
    units = np.maximum(1.0, np.abs(x)), np.where(x == 0, 1.0, np.abs(x))
    lost = [_lost_along(derivatives, plain, x, middle, gradient, unit) for unit in units]
    return lost[0] if all(lost) else None


def _lost_along(
    derivatives: Any, plain: PlainFunction, x: Vector, middle: float, gradient: Vector, unit: Vector
) -> str | None:
    direction = unit * generic_signs(x)
    with np.errstate(all="ignore"):
        slope = float(gradient @ direction)
    shown, fewer_digits = [], np.log(plain.parameters.eps) / np.log(EPS)
    for h in (float(step**fewer_digits) for step in SLOPE_STEPS):
        ahead, behind = (_value_or_none(plain, x + s * h * direction) for s in (1, -1))
        if ahead is None or behind is None or not np.isfinite([ahead, behind]).all():
            return None
        sides = (ahead - middle) / h, (middle - behind) / h
        rounding = tolerance(derivatives) ** 2 * 10 * max(abs(ahead), abs(behind), abs(middle)) / h
        slack = abs(sides[0] - sides[1]) + rounding + 1e-3 * max(map(abs, (slope, *sides)))
        if min(sides) - slack <= slope <= max(sides) + slack:
            return None
        shown.append(sum(sides) / 2)
    if abs(shown[0] - slope) <= abs(shown[1] - shown[0]):
        return None  # what differs vanishes with the step, as where φ turns (x³ at 0)
    return (
        f"a derivative is lost on the way: along a direction from x = {show_point(x)} the slope "
        f"is {slope:.6g} where differences give {shown[0]:.6g}"
    )


def near(x: Vector) -> Vector:
    """A second point to compare at."""
    return x + 1e-3 * np.maximum(1.0, np.abs(x)) * generic_signs(x)


def generic_signs(x: Vector) -> Vector:
    """Components between -1 and 1 that have no symmetry; fixed, so that runs repeat."""
    return cast(Vector, np.sin(np.arange(1.0, x.size + 1) ** 2))


def _value_or_none(plain: PlainFunction, x: Vector) -> float | None:
    try:
        with np.errstate(all="ignore"):
            return plain.value(x, Counts())
    except Exception:
        return None
