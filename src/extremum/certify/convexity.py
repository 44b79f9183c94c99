"""Whether a function is convex around a point, by its Hessians there, and where it is not.

A stationary point with a neighbourhood in which the function is convex is a minimum, however many
directions have no curvature at the point itself: a Hessian speaks of all directions at once, where
values speak of one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from extremum.certify.krylov import krylov
from extremum.certify.local import Neighbourhood
from extremum.certify.storages import hessian_at
from extremum.linalg import Factorizable
from extremum.objective import Vector

PROBES = 8
"""Random directions; along each a Hessian to both sides, each time half as far away."""

SEEN = 4
"""So many directions of negative curvature are enough."""

KRYLOV = 20
"""Products that one is looked for with, before it is computed."""

DESCENT = 60
"""Evaluations of a descent on a sphere."""

SHRINK = 0.25
"""The part of a step that failed to descend that is tried next; one that succeeds is doubled."""


def bent_down(at: Neighbourhood, reach: float) -> Vector | None:
    """Unit vectors along which φ curves down at points around; none if it is convex.

    Returns
    -------
    ndarray of shape (k, n), or None where a Hessian is not finite.
    """
    random = np.random.default_rng(at.x.size)
    found: list[Vector] = []
    for halvings in range(PROBES):
        if len(found) >= SEEN:
            break
        direction = random.normal(size=at.x.size)
        direction *= 0.5**halvings * reach / np.linalg.norm(direction)
        for move in (direction, -direction):
            hessian = hessian_at(at.objective, at.x + move)
            if not (hessian.is_finite and isinstance(hessian, Factorizable)):
                return None
            downwards = _negative(hessian, at.eps)
            if downwards is not None:
                found.append(downwards)
    return np.reshape(found, (len(found), at.x.size))


def _negative(matrix: Factorizable, eps: float) -> Vector | None:
    """A unit vector of negative curvature; None if the matrix is semidefinite up to rounding.

    In units in which the diagonal is 1: no curvature hides behind a larger one.
    """
    sizes = np.abs(matrix.diagonal)
    units = 1 / np.sqrt(np.where(sizes > 0, sizes, 1.0))
    scaled = matrix.scaled(units)
    bound = scaled.n * eps * scaled.norm  # as that of a computed eigenvalue (LAPACK, section 4.7)
    if scaled.norm == 0 or scaled.cholesky(bound) is not None:
        return None
    outer = krylov(scaled.__matmul__, scaled.n, min(KRYLOV, scaled.n))
    vector = outer.vectors[:, 0] if outer.values[0] < -bound else scaled.leftmost()[1]
    direction = units * vector
    return np.asarray(direction / np.linalg.norm(direction))


def descended(slope: Callable[[Vector], tuple[float, Vector]], start: Vector) -> Vector:
    """Steepest descent on the sphere through `start`: where a random direction sees no fall.

    Parameters
    ----------
    slope : callable
        From a point of the sphere, about 0, the value and the gradient there.
    start : ndarray of shape (k,)
    """
    radius = float(np.linalg.norm(start))
    here, (value, gradient) = start, slope(start)
    length = 0.0
    for _ in range(DESCENT):
        along = gradient - here * ((gradient @ here) / radius**2)
        steepness = float(np.linalg.norm(along))
        if not steepness > 0:
            break
        length = length or radius / 4
        trial = here - (length / steepness) * along
        trial *= radius / np.linalg.norm(trial)
        there = slope(trial)
        if there[0] < value:
            here, (value, gradient), length = trial, there, 2 * length
        else:
            length *= SHRINK
    return here
