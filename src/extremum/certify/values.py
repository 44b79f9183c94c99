"""Whether the values around a point agree with its derivatives.

No derivative sees a jump, a step, or what a user's `jac` leaves out; and a curvature that is only
the rounding error of the terms it was computed from looks like any other. Values show all of these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg.blas import dnrm2

from extremum.certify.local import NEARBY, Neighbourhood, oblique
from extremum.objective import Vector

BEYOND_RADIUS = 8.0
"""Values are looked at from so many radii on: nearer the minimum itself may be lower."""

VISIBLE = 2.0
"""And from so many times the distance on where the Hessian's rise exceeds the value's floor."""

GROWTH = 4.0
"""Each distance is so many times the last."""

UNSEEN = 3
"""At so many of them a rise by the curvature, 16 times the last each, is not overlooked."""


@dataclass(frozen=True, eq=False)
class Dissent:
    """What the values say against the derivatives.

    Attributes
    ----------
    sentence : str
    lower_point : ndarray of shape (n,) or None
        Where the value changes the other way; lower, if the Hessian says that it rises.
    unchanged : ndarray of shape (n,) or None
        A direction along which it doesn't change at all.
    """

    sentence: str
    lower_point: Vector | None = None
    unchanged: Vector | None = None


def dissent(at: Neighbourhood) -> Dissent | None:
    """Go outwards: a change has to be seen, and the first one to have the curvature's sign.

    Along the softest direction, and along an oblique one at a minimum or maximum, to both sides,
    from where the change ½λd² of the model exceeds the value's rounding error. None where the
    values agree, or where nothing is seen because a value of this size has so large an error.
    """
    seen = False
    directions = [at.curvature.softest]
    if at.newton.morse_index in (0, at.x.size):
        directions.append(oblique(at.x.size))
    for direction in directions:
        curvature = float(direction @ (at.hessian @ direction))
        if not curvature:
            continue
        visible = VISIBLE * (2 * at.value_floor / abs(curvature)) ** 0.5
        shortest = max(BEYOND_RADIUS * at.newton.radius, visible)
        for side in (1.0, -1.0):
            found = _first_change(at, side * direction, shortest)
            if found is not None and np.sign(found[1]) != np.sign(curvature):
                sentence = (
                    f"The curvature along a direction is {curvature:.2g}, but the value changes by "
                    f"{found[1]:.2g} over a distance of {float(dnrm2(found[0] - at.x)):.2g}"
                )
                return Dissent(sentence, found[0], None if found[1] else side * direction)
            seen = seen or found is not None
    if not seen and at.jumps:
        return Dissent(f"The value jumps by {at.value_jump:.2g} between neighbouring points")
    return None


def _first_change(
    at: Neighbourhood, direction: Vector, shortest: float
) -> tuple[Vector, float] | None:
    """The first point on the way out whose value differs by more than rounding, and by how much.

    By zero where the model's change is many times what rounding hides, and no value differs; None
    where that can't be told.
    """
    length, looked = shortest, 0
    while length <= NEARBY * at.scale:
        point = at.objective.rounded(at.x + length * direction)
        change = at.objective.value(point) - at.fun
        if not np.isfinite(change):
            return None
        if abs(change) > at.value_floor:
            return point, change
        length, looked = GROWTH * length, looked + 1
    return (point, 0.0) if looked >= UNSEEN else None
