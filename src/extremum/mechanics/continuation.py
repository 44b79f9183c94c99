"""From a path of an easier problem to a stationary one, along the curve that connects them.

Two families of problems end, at λ = 1, with the one that is asked. Taking off a force: every path
moves under L plus a force of its own, ∇S(q) = (1 − λ) ∇S(q₀), which begins with any guess q₀ at
λ = 0 (the Newton homotopy: Allgower & Georg, Numerical Continuation Methods (1990), chapter 8).
Taking more time: paths of a short duration λT are nearly straight. On the way the Hessian may
become singular, and the curve turns back: it is followed by its length (Keller, in Applications of
Bifurcation Theory (1977) 359-384).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from extremum.linalg.band_lu import BandLU, TridiagonalLU
from extremum.mechanics.action import ActionTerms, DiscreteAction
from extremum.mechanics.newton import NewtonRun, Record, newton
from extremum.objective import Vector

LONGEST, FIRST, SHORTEST = 0.5, 0.3, 1e-6
"""Steps along the curve at most, at first and at least; in parts of the path's extent, and of λ."""

MOST_STEPS = 600
"""Steps at most; few tens are the rule."""

MOST_CORRECTIONS = 5
"""Newton iterations back to the curve at most. One that does not halve the distance is the last."""

EASY, LONGER = 3, 1.6
"""After so few corrections the next step is longer, by this factor."""

ON_CURVE = 0.03
"""How near to the curve a point has to be, in parts of the step."""

MOST_LANDING = 10
"""Newton iterations at most from the curve's last point to the stationary path."""

AWAY = 20.0
"""Where |λ|, or the path in parts of its first extent, is beyond this, it does not come back."""

SHORTER = 2.0
"""How many times shorter a duration is tried for the beginning, where the last was too long."""

ROUGH = 1e-2
"""How well the path of a shorter duration has to be known, in parts of its extent."""

LEAST_DURATION = 2.0**-12
"""The shortest that is tried, in parts of the whole."""

DIFFERENCE = 1e-6
"""Step of the difference that gives a gradient's change with the duration, relative to it."""


class Family(Protocol):
    """Problems that depend on λ; the last one, at λ = 1, is the one that is asked."""

    @property
    def action(self) -> DiscreteAction:
        """That of the last one."""

    def residual(self, nodes: Vector, parameter: float) -> tuple[ActionTerms, Vector]:
        """The action to second order at λ, and what is zero on the curve."""

    def rate(self, nodes: Vector, parameter: float) -> Vector:
        """The residual's derivative by λ."""


@dataclass(frozen=True, eq=False)
class Force:
    """∇S(q) − (1 − λ) f."""

    action: DiscreteAction
    force: Vector

    def residual(self, nodes: Vector, parameter: float) -> tuple[ActionTerms, Vector]:
        """∇S(q) − (1 − λ) f."""
        terms = self.action.terms(nodes)
        return terms, terms.gradient - (1 - parameter) * self.force

    def rate(self, nodes: Vector, parameter: float) -> Vector:
        """It is f."""
        return self.force


@dataclass(frozen=True, eq=False)
class Duration:
    """∇S of the action over the first λT."""

    action: DiscreteAction

    def residual(self, nodes: Vector, parameter: float) -> tuple[ActionTerms, Vector]:
        """∇S of the shorter action."""
        terms = self.shorter(parameter).terms(nodes)
        return terms, terms.gradient

    def rate(self, nodes: Vector, parameter: float) -> Vector:
        """By a central difference."""
        step = DIFFERENCE * parameter
        ahead, behind = (self.residual(nodes, parameter + s)[1] for s in (step, -step))
        return np.asarray((ahead - behind) / (2 * step))

    def shorter(self, parameter: float) -> DiscreteAction:
        """The action over the duration λT, on as many elements."""
        t = self.action.t
        return replace(self.action, t=t[0] + parameter * (t - t[0]))


def without_force(
    action: DiscreteAction, nodes: Vector, resolution: float, record: Record
) -> NewtonRun | None:
    """Take off the force under which a guess is a path.

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
    terms = action.terms(nodes)
    record(action, nodes, terms, np.nan, "continuation in a force")
    return follow(Force(action, terms.gradient), nodes, 0.0, resolution, record)


def with_more_time(
    action: DiscreteAction, nodes: Vector, resolution: float, record: Record
) -> NewtonRun | None:
    """Go from a path of a short duration to the whole.

    The parameters and the result are those of `without_force`; the nodes are a path that is nearly
    stationary for short durations, such as the straight line. Newton's iteration alone is tried
    from the first of these paths, before the curve is followed.
    """
    family, part = Duration(action), 1.0
    while part > LEAST_DURATION:
        part /= SHORTER
        run = newton(family.shorter(part), nodes, ROUGH, record, contraction=np.inf)
        if run.converged:
            whole = newton(action, run.nodes, resolution, record, contraction=np.inf)
            if whole.converged:
                return whole
            return follow(family, run.nodes, part, resolution, record)
    return None


def follow(
    family: Family, nodes: Vector, parameter: float, resolution: float, record: Record
) -> NewtonRun | None:
    """Follow the curve from a point on it, to more λ at first.

    Parameters
    ----------
    family : Family
    nodes : ndarray of shape (N, d)
    parameter : float
        λ there.
    resolution : float
    record : callable

    Returns
    -------
    NewtonRun or None
    """
    curve = _Curve(family, max(1.0, float(np.abs(nodes).max())))
    point, length = curve.start(nodes, parameter), FIRST
    for _ in range(MOST_STEPS):
        found = None
        if point.parameter + length * point.forward >= 1:
            remaining = (1 - point.parameter) / point.forward
            landing = _moved(point.nodes, remaining * point.way)
            run = newton(family.action, landing, resolution, record, most=MOST_LANDING)
            gone = float(np.abs(run.nodes - landing).max())
            if run.converged and gone <= LONGEST * curve.extent:
                return run
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
        if abs(point.parameter) > AWAY or np.abs(point.nodes).max() > AWAY * curve.extent:
            return None
    return None


@dataclass(frozen=True, eq=False)
class _Point:
    """A point of the curve.

    Attributes
    ----------
    nodes : ndarray of shape (N, d)
    parameter : float
        λ.
    way : ndarray of shape (n,)
    forward : float
        The unit tangent's parts: of the inner nodes, and of λ.
    """

    nodes: Vector
    parameter: float
    way: Vector
    forward: float


@dataclass(frozen=True, eq=False)
class _Curve:
    """The curve on which a family's residual is zero; lengths are measured in parts of `extent`."""

    family: Family
    extent: float

    def start(self, nodes: Vector, parameter: float) -> _Point:
        """The first point, with the way towards more λ."""
        terms, _ = self.family.residual(nodes, parameter)
        return self._point(nodes, parameter, terms.factored())

    def _weight(self, way: Vector) -> float:
        """Of the nodes' squares in the length, where that of λ is 1: it is a mean square."""
        return 1 / (way.size * self.extent**2)

    def _point(self, nodes: Vector, parameter: float, factored: TridiagonalLU | BandLU) -> _Point:
        """A point, with the unit tangent H dq + r dλ = 0 towards more λ."""
        way = -factored.solve(self.family.rate(nodes, parameter))
        forward = 1 / float(np.sqrt(1 + self._weight(way) * (way @ way)))
        return _Point(nodes, parameter, way * forward, forward)

    def next(self, point: _Point, length: float) -> tuple[_Point, int] | None:
        """Go a step along the tangent and back to the curve; None where it is too long."""
        weight = self._weight(point.way)
        nodes = _moved(point.nodes, length * point.way)
        parameter, last = point.parameter + length * point.forward, length
        rate = self.family.rate(nodes, parameter)
        for correction in range(1, MOST_CORRECTIONS + 1):
            terms, residual = self.family.residual(nodes, parameter)
            if not (terms.is_finite and np.isfinite(rate).all()):
                return None
            factored = terms.factored()
            back, along = -factored.solve(residual), -factored.solve(rate)
            # The correction back + along dλ that stays in the plane across the tangent.
            gone = (nodes - point.nodes)[1:-1].ravel()
            beyond = weight * (point.way @ gone) + point.forward * (parameter - point.parameter)
            slope = point.forward + weight * (point.way @ along)
            more = float((length - beyond - weight * (point.way @ back)) / slope)
            step = back + more * along
            nodes, parameter = _moved(nodes, step), parameter + more
            size = float(np.sqrt(weight * (step @ step) + more**2))
            if not size <= last / 2:
                return None
            if size <= ON_CURVE * length:
                new = self._point(nodes, parameter, factored)
                if weight * (new.way @ point.way) + new.forward * point.forward < 0:
                    new = replace(new, way=-new.way, forward=-new.forward)
                return new, correction
            last = size
        return None


def _moved(nodes: Vector, step: Vector) -> Vector:
    """A path with other inner nodes."""
    moved = nodes.copy()
    moved[1:-1] += step.reshape(-1, nodes.shape[1])
    return moved
