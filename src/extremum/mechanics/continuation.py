"""From any path to a stationary one: the force that would make it stationary is taken off.

Every path moves under L plus a force of its own. Followed while that force goes to nothing,
∇S(q) = (1 − λ) ∇S(q₀), it leads from λ = 0 to a stationary path of L at λ = 1. On the way the
Hessian may become singular: the curve turns back there, and is followed by its length (the Newton
homotopy with pseudo-arclength: Allgower & Georg, Numerical Continuation Methods (1990), chapters 6
and 8; Keller, in Applications of Bifurcation Theory (1977) 359-384).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extremum.linalg.band_lu import BandLU, TridiagonalLU
from extremum.mechanics.action import ActionTerms, DiscreteAction
from extremum.mechanics.newton import NewtonRun, Record, newton
from extremum.objective import Vector

LONGEST, FIRST, SHORTEST = 0.5, 0.1, 1e-6
"""Steps along the curve at most, at first and at least; in parts of the path's extent, and of λ."""

MOST_STEPS = 600
"""Steps at most; few tens are the rule."""

MOST_CORRECTIONS = 5
"""Newton iterations back to the curve at most. One that does not halve the distance is the last."""

EASY, LONGER = 3, 1.6
"""After so few corrections the next step is longer, by this factor."""

ON_CURVE = 1e-4
"""How near to the curve a point has to be, in parts of the step."""

MOST_LANDING = 10
"""Newton iterations at most from the curve's last point to the stationary path."""

AWAY = 50.0
"""Where λ, or the path in parts of its first extent, is beyond this, it does not come back."""


@dataclass(frozen=True, eq=False)
class _Point:
    """A point of the curve.

    Attributes
    ----------
    nodes : ndarray of shape (N, d)
    force : float
        λ: the part of the force that is taken off.
    way : ndarray of shape (n,)
    forward : float
        The unit tangent's parts: of the inner nodes, and of λ.
    """

    nodes: Vector
    force: float
    way: Vector
    forward: float


def without_force(
    action: DiscreteAction, nodes: Vector, resolution: float, record: Record
) -> NewtonRun | None:
    """Follow the curve from a path to a stationary one.

    Parameters
    ----------
    action : DiscreteAction
    nodes : ndarray of shape (N, d)
        Any path between the action's ends along which L is finite.
    resolution : float
        As for `newton`.
    record : callable

    Returns
    -------
    NewtonRun or None
        The iteration at the end of the curve; None where it does not lead to λ = 1.
    """
    curve = _Curve.of(action, nodes)
    point, length = curve.start(nodes), FIRST
    record(action, nodes, curve.first, np.nan, "continuation from the guess")
    for _ in range(MOST_STEPS):
        if point.force + length * point.forward >= 1:
            remaining = (1 - point.force) / point.forward
            last = curve.moved(point.nodes, remaining * point.way)
            run = newton(action, last, resolution, record, most=MOST_LANDING)
            gone = float(np.abs(run.nodes - last).max())
            if run.converged and gone <= LONGEST * curve.extent:
                return run
            found = None
        else:
            found = curve.next(point, length)
        if found is None:
            length /= 2
            if length < SHORTEST:
                return None
            continue
        point, corrections = found
        if corrections <= EASY:
            length = min(LONGER * length, LONGEST)
        if abs(point.force) > AWAY or np.abs(point.nodes).max() > AWAY * curve.extent:
            return None
    return None


@dataclass(frozen=True, eq=False)
class _Curve:
    """The curve ∇S(q) = (1 − λ) f, f the gradient at the first path."""

    action: DiscreteAction
    first: ActionTerms
    extent: float

    @classmethod
    def of(cls, action: DiscreteAction, nodes: Vector) -> _Curve:
        extent = max(1.0, float(np.abs(nodes).max()))
        return cls(action, action.terms(nodes), extent)

    @property
    def weight(self) -> float:
        """Of the nodes' squares in the length, that of λ is 1: a mean square by the extent's."""
        return 1 / (self.first.gradient.size * self.extent**2)

    def moved(self, nodes: Vector, step: Vector) -> Vector:
        """A path with other inner nodes."""
        moved = nodes.copy()
        moved[1:-1] += step.reshape(-1, nodes.shape[1])
        return moved

    def start(self, nodes: Vector) -> _Point:
        """The first point, with the way towards less force."""
        way, forward = self._tangent(self.first.factored())
        return _Point(nodes, 0.0, way, forward)

    def _tangent(self, factored: TridiagonalLU | BandLU) -> tuple[Vector, float]:
        """The unit tangent with dλ > 0: H dq + f dλ = 0."""
        way = -factored.solve(self.first.gradient)
        forward = 1 / float(np.sqrt(1 + self.weight * (way @ way)))
        return way * forward, forward

    def next(self, point: _Point, length: float) -> tuple[_Point, int] | None:
        """Go a step along the tangent and back to the curve; None where it is too long."""
        nodes = self.moved(point.nodes, length * point.way)
        force, last = point.force + length * point.forward, length
        for correction in range(1, MOST_CORRECTIONS + 1):
            terms = self.action.terms(nodes)
            if not terms.is_finite:
                return None
            factored = terms.factored()
            back = -factored.solve(terms.gradient - (1 - force) * self.first.gradient)
            along = -factored.solve(self.first.gradient)
            # The correction back + along dλ in the plane across the tangent.
            gone = (nodes - point.nodes)[1:-1].ravel()
            beyond = self.weight * (point.way @ gone) + point.forward * (force - point.force)
            slope = point.forward + self.weight * (point.way @ along)
            less = (length - beyond - self.weight * (point.way @ back)) / slope
            step = back + less * along
            nodes, force = self.moved(nodes, step), force + less
            size = float(np.sqrt(self.weight * (step @ step) + less**2))
            if not size <= last / 2:
                return None
            if size <= ON_CURVE * length:
                way, forward = self._tangent(factored)
                if self.weight * (way @ point.way) + forward * point.forward < 0:
                    way, forward = -way, -forward
                return _Point(nodes, force, way, forward), correction
            last = size
        return None
