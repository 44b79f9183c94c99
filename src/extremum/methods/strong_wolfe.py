"""A line search for the strong Wolfe conditions that always terminates."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from extremum.methods.method import State, is_finite, not_finite
from extremum.methods.steps import (
    MOST_TRIALS,
    NEAR_FLOOR,
    SUFFICIENT_DECREASE,
    change_floor,
    no_step,
)
from extremum.objective import Objective, Vector
from extremum.outcomes import InvalidInput, Reason, Stop

CURVATURE = 0.9
"""The fraction of the slope that may remain along a (quasi-)Newton direction (Nocedal & Wright,
section 3.1)."""

SHRINKAGE = 0.66
"""Two trials must shrink the interval at least so much, else it is halved (Moré & Thuente, section
4); nor does a trial come nearer to the far end than that, as long as the slope falls towards it."""

GROWTH = (1.1, 4.0)
"""Without an interval, the next trial goes on by between so many times the last stretch (Moré &
Thuente, section 2)."""

RETREAT = 0.1
"""Where not even the first trial is finite, the next is so much shorter. And a step is near enough
to where the function ends when less than this part of the way there remains."""


@dataclass(frozen=True)
class StrongWolfe:
    """To a point of sufficient decrease where the slope has flattened.

    Parameters
    ----------
    decrease : float
        The c₁ of φ(x + t d) ≤ φ(x) + c₁ t ∇φ(x)·d.
    curvature : float
        The c₂ of |∇φ(x + t d)·d| ≤ c₂ |∇φ(x)·d|; 0 < c₁ < c₂ < 1.

    Notes
    -----
    Trials come from cubics, parabolas and secants through the values and slopes, inside an interval
    that must shrink. A value that is not finite ends the ray. Where rounding hides the change of
    the value, the slopes decide instead, and the gradient's norm must fall (after the approximate
    Wolfe condition of Hager & Zhang). If the slope never flattens, because the function ends
    first or falls for ever, the lowest trial of sufficient decrease is taken and the event says so.

    References
    ----------
    Moré & Thuente, ACM Trans. Math. Softw. 20 (1994) 286-307; Hager & Zhang, SIAM J. Optim. 16
    (2005) 170-192; Nocedal & Wright, sections 3.1 and 3.5.
    """

    decrease: float = SUFFICIENT_DECREASE
    curvature: float = CURVATURE

    def __post_init__(self) -> None:
        if not 0 < self.decrease < self.curvature < 1:
            raise InvalidInput(
                f"StrongWolfe needs 0 < decrease < curvature < 1; they are {self.decrease} and "
                f"{self.curvature}."
            )

    def next_state(
        self, objective: Objective, state: State, direction: Vector, trial: float
    ) -> State:
        """Search along `direction`, trying the length `trial` first."""
        slope = float(state.gradient @ direction)
        if not slope < 0:
            return replace(state, stop=Stop(Reason.NOT_DESCENT, {"slope": slope}))
        floor = change_floor(state, objective.eps)
        interval = _Interval(_Point(0.0, state.fun, slope, state.x), self.decrease)
        lowest, obstacle, length = state, None, trial
        for _ in range(MOST_TRIALS):
            x = objective.rounded(state.x + length * direction)
            if interval.ends_at(x):
                break
            fun, gradient = objective.value_and_gradient(x)
            here = _Point(length, fun, float(gradient @ direction), x)
            if not is_finite(fun, gradient):
                obstacle = not_finite(x, fun, gradient)
                interval.end(here)
            elif not math.isfinite(here.slope):
                interval.end(here)
            else:
                flat = abs(here.slope) <= self.curvature * -slope
                if _is_hidden(length * slope, fun - state.fun, floor):
                    if flat and fun <= state.fun + floor:
                        if np.linalg.norm(gradient) < np.linalg.norm(state.gradient):
                            return State(x, fun, gradient, length, event=_shortened(obstacle))
                        break
                    here = interval.by_slopes(here)
                elif fun <= state.fun + self.decrease * length * slope:
                    if flat:
                        return State(x, fun, gradient, length, event=_shortened(obstacle))
                    if fun < lowest.fun:
                        lowest = State(x, fun, gradient, length)
                interval.narrow(here)
            if lowest is not state and interval.is_spent:
                break
            length = interval.next_length
        if lowest is state:
            return replace(state, stop=no_step(state, trial * slope, floor, length, obstacle))
        why = "the slope along the ray did not flatten"
        return replace(lowest, event="; ".join(filter(None, (_shortened(obstacle), why))))


class _Point(NamedTuple):
    """A point of the ray: the length, the value and the slope there."""

    length: float
    fun: float
    slope: float
    x: Vector


class _Interval:
    """Where the step is sought: from `low`, the best point, towards `high` or the end of the ray.

    The slope at `low` points towards `high`. Without a `high`, the step is longer than `low`'s.
    """

    def __init__(self, start: _Point, decrease: float) -> None:
        self.start = self.low = start
        self.high: _Point | None = None
        self.wall: _Point | None = None
        self.decrease = decrease
        self.first_stage = True
        self.widths = (math.inf, math.inf)
        self.next_length = math.nan

    def ends_at(self, x: Vector) -> bool:
        """Whether x is one of the ends, so that floating point has nothing between them."""
        ends = (self.low, self.high, self.wall)
        return any(end is not None and bool((x == end.x).all()) for end in ends)

    @property
    def is_spent(self) -> bool:
        """Whether the best point is about where the function ends."""
        wall = self.wall
        if wall is None or self.high is not None:
            return False
        return wall.length - self.low.length <= RETREAT * wall.length

    def by_slopes(self, here: _Point) -> _Point:
        """The same point with the value that the slopes imply, by the trapezoidal rule."""
        low = self.low
        change = (here.length - low.length) * (here.slope + low.slope) / 2
        return here._replace(fun=low.fun + change)

    def end(self, here: _Point) -> None:
        """Go on between the best point and one where the function is not finite."""
        if self.low.length > here.length:  # the best point lies beyond it
            self.low = self.start
        self.wall, self.high = here, None
        self.widths = (math.inf, math.inf)
        share = RETREAT if self.low is self.start else 0.5
        self.next_length = self.low.length + share * (here.length - self.low.length)

    def narrow(self, here: _Point) -> None:
        """Take a trial into account, and choose the next (Moré & Thuente, sections 2 to 4)."""
        low, high, trial = self.low, self.high, here
        line = self.start.fun + self.decrease * here.length * self.start.slope
        if here.fun <= line and here.slope >= 0:
            self.first_stage = False
        if self.first_stage and line < here.fun <= low.fun:
            # Until the value is low enough, ψ(t) = φ(t) − c₁ t φ′(0) is minimized in its place.
            low, trial = self._tilted(low), self._tilted(here)
            high = None if high is None else self._tilted(high)
        proposed = _proposal(low, high, trial)
        stretch = trial.length - low.length
        if trial.fun > low.fun:
            self.high = here
        elif (trial.slope < 0) != (low.slope < 0):
            self.low, self.high = here, self.low
        else:
            self.low = here
        self.next_length = self._safeguarded(proposed, stretch)

    def _tilted(self, point: _Point) -> _Point:
        tilt = self.decrease * self.start.slope
        return point._replace(fun=point.fun - tilt * point.length, slope=point.slope - tilt)

    def _safeguarded(self, proposed: float, stretch: float) -> float:
        """A length inside the interval that makes it shrink; without one, a bounded longer one."""
        here, high = self.low.length, self.high
        if high is not None:
            width = abs(high.length - here)
            self.widths, before = (self.widths[1], width), self.widths[0]
            inside = min(here, high.length) < proposed < max(here, high.length)
            if not inside or width > SHRINKAGE * before:
                return here + (high.length - here) / 2
            return proposed
        shortest, longest = (here + growth * stretch for growth in GROWTH)
        if self.wall is not None:
            longest = min(longest, here + (self.wall.length - here) / 2)
            shortest = min(shortest, longest)
        return longest if math.isnan(proposed) else min(max(proposed, shortest), longest)


def _proposal(low: _Point, high: _Point | None, here: _Point) -> float:
    """Where the minimum is by interpolation; NaN where that does not tell.

    The four cases of Moré & Thuente, section 4.
    """
    cubic, secant = _cubic(low, here), _secant(low, here)
    if here.fun > low.fun:
        parabola = _parabola(low, here)
        if math.isnan(cubic):
            return parabola
        nearer = abs(cubic - low.length) < abs(parabola - low.length)
        return cubic if nearer else (cubic + parabola) / 2
    if (here.slope < 0) != (low.slope < 0):
        return cubic if abs(cubic - here.length) >= abs(secant - here.length) else secant
    if abs(here.slope) <= abs(low.slope):
        stretch = here.length - low.length
        ahead = [guess for guess in (cubic, secant) if (guess - here.length) * stretch > 0]
        ahead.sort(key=lambda guess: abs(guess - here.length))
        if high is None:  # a cubic without a minimum ahead says to go as far as may be
            return ahead[-1] if cubic in ahead else math.nan
        farthest = here.length + SHRINKAGE * (high.length - here.length)
        nearest = ahead[0] if ahead else farthest
        return min(nearest, farthest) if stretch > 0 else max(nearest, farthest)
    return math.nan if high is None else _cubic(here, high)


def _cubic(a: _Point, b: _Point) -> float:
    """The minimum of the cubic through two values and slopes (Nocedal & Wright, equation 3.59)."""
    width = b.length - a.length
    middle = a.slope + b.slope - 3 * (b.fun - a.fun) / width
    scale = max(abs(middle), abs(a.slope), abs(b.slope))
    if not 0 < scale < math.inf:
        return math.nan
    square = (middle / scale) * (middle / scale) - (a.slope / scale) * (b.slope / scale)
    if square < 0:
        return math.nan
    root = math.copysign(scale * math.sqrt(square), width)
    bend = b.slope - a.slope + 2 * root
    return b.length - width * ((b.slope + root - middle) / bend) if bend else math.nan


def _secant(a: _Point, b: _Point) -> float:
    """Where the line through two slopes vanishes."""
    bend = b.slope - a.slope
    return b.length - (b.length - a.length) * (b.slope / bend) if bend else math.nan


def _parabola(a: _Point, b: _Point) -> float:
    """The minimum of the parabola through two values and the slope at the first."""
    width = b.length - a.length
    bend = (b.fun - a.fun) / width - a.slope
    return a.length - width * (a.slope / bend) / 2 if bend else math.nan


def _is_hidden(promised: float, change: float, floor: float) -> bool:
    """Whether rounding hides the change of the value along a step."""
    size = abs(promised)
    return size <= floor or (abs(change) <= floor and size <= NEAR_FLOOR * floor)


def _shortened(obstacle: Stop | None) -> str:
    return "" if obstacle is None else f"shortened: {obstacle.message}"
