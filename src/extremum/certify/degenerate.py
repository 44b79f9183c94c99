"""Stationary points whose Hessian is singular: refined, then looked at to higher order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from extremum.certify.convexity import PROBES, bent_down, descended
from extremum.certify.curvature import FlatSpace
from extremum.certify.local import FARTHEST, NEARBY, SAFETY, Neighbourhood, oblique
from extremum.certify.rays import is_cut_off
from extremum.certify.storages import WHOLE, hessian_at, magnitude
from extremum.methods import GradientNormDecrease, value_floor
from extremum.objective import Vector
from extremum.outcomes import Verdict

REFINEMENTS = 30
"""Newton iterations towards a degenerate point; each takes a Hessian."""

LARGE_REFINEMENTS = 10
"""The same in more than `WHOLE` variables, where each takes a factorization."""

CONVERGING = 0.995
"""Steps that shrink by no more than this factor lead nowhere near."""

OUTWARD = 10
"""Where nothing changes there, the look goes on, as often twice as far."""

FLATNESS = 1e-6
"""An eigenvalue is zero within its bound below this times the Hessian's size `NEARBY`."""

SLOPE = 0.1
"""At a stationary point, where the gradient is what is left of the refinement, the value falls by
less than this part of what such a slope promises; else it is a slope."""

BETWEEN = 16
"""Directions looked at between the axes of a flat space."""

DESCENTS = 3
"""Of a wide flat space, so many are followed downwards on a sphere: where its fourth derivatives
couple two of many variables, no random direction sees it."""


def refine(at: Neighbourhood) -> Neighbourhood | None:
    """Follow Newton's iteration to the stationary point, if it is near.

    At a degenerate point the iteration converges linearly, each step q times the last; the rest of
    the way is then the last step times q / (1 − q), which is taken in one leap where that helps.
    Towards infinity (e⁻ˣ) the gradient dies out too, but the steps don't: q is not below one.
    """
    rule, here = GradientNormDecrease(), at
    last_step: Vector | None = None
    ratio = 0.0
    for _ in range(REFINEMENTS if at.x.size <= WHOLE else LARGE_REFINEMENTS):
        if here.rests:
            return here if ratio < CONVERGING else None
        direction = here.resolved.newton_step(here.gradient)
        if direction is None:
            break
        state = rule.next_state(here.objective, here.state, direction, 1.0)
        if state.stop is not None:
            break
        step = state.x - here.x
        here = Neighbourhood.at(here.objective, state)
        if last_step is not None and last_step @ last_step > 0 and here.is_finite:
            ratio = float(step @ last_step / (last_step @ last_step))
            if 0.2 < ratio < CONVERGING:
                ahead = here.objective.rounded(here.x + step * ratio / (1 - ratio))
                leap = Neighbourhood.of(here.objective, ahead)
                if leap.is_finite and leap.gradient_norm < here.gradient_norm:
                    here, step = leap, leap.x - here.x
        last_step = step
        if not here.is_finite or np.linalg.norm(here.x - at.x) > FARTHEST * at.scale:
            return None
    close = here.gradient_norm <= 1e-3 * at.gradient_norm
    return here if ratio < CONVERGING and (here.rests or close) else None


@dataclass(frozen=True, eq=False)
class HigherOrder:
    """What was seen along the directions without curvature.

    Attributes
    ----------
    is_minimum : bool or None
    morse_index : int
    flat_directions : ndarray of shape (nullity, n)
    complete : bool
        Whether these are all.
    lower_point : ndarray of shape (n,) or None
    sentence : str
    verdict : Verdict
        `DEGENERATE`; `NOT_STATIONARY` where the value falls as the gradient says; `UNDECIDED` where
        floating point hides what the point is.
    """

    is_minimum: bool | None
    morse_index: int
    flat_directions: Vector
    complete: bool
    lower_point: Vector | None
    sentence: str
    verdict: Verdict = Verdict.DEGENERATE


def look(at: Neighbourhood, bound: float | None = None) -> HigherOrder:
    """Say whether φ rises from a degenerate stationary point.

    Flat are the directions of eigenvalues within a bound: by default of those that are small
    against the curvatures around the point.

    Along each flat direction the other variables follow (one Newton correction, as in the
    reduction of Lyapunov and Schmidt), so that a curved way down is seen too.
    """
    reach = NEARBY * at.scale
    if bound is None:
        bound = max(at.curvature.rounding, FLATNESS * _size_nearby(at, reach))
    widest = at.resolved.flat(bound)
    basis, index = widest.basis, widest.morse_index

    def seen(is_minimum: bool | None, sentence: str, lower: Vector | None = None) -> HigherOrder:
        return HigherOrder(is_minimum, index, basis, widest.complete, lower, sentence)

    if index:
        return seen(False, "The Hessian has a negative eigenvalue")
    bent = np.empty((0, at.x.size))
    if not widest.complete:
        around = bent_down(at, reach)
        if around is None:
            return seen(None, "The Hessian is not finite close by")
        bent = around
    # The point is stationary but for this gradient, which alone changes the value so far away,
    # and by which the point is off the floor of the valley.
    slack = np.sqrt(at.x.size) * max(at.gradient_norm, at.gradient_floor)
    by_slope = max(SLOPE * at.gradient_norm, at.gradient_floor) * np.sqrt(at.x.size)
    open_question, unchanged = False, []
    for space, direction in _looks(at, widest, bent, reach):
        rises, lowest, lowest_value = False, None, at.fun
        for length in reach * 2.0 ** np.arange(-10, 1):
            point = at.x + length * direction
            if space.complete:
                point = _followed(at, space, point)
            value = at.objective.value(point)
            floor = 4 * max(at.value_floor, value_floor(value, at.eps))
            floor += by_slope * length if space is widest else _by_slope(at, point - at.x)
            floor += slack**2 * space.softness
            if not np.isfinite(value):
                open_question = True
                break
            rises = rises or value > at.fun + floor
            if rises or (lowest is not None and not value < lowest_value):
                break
            if value < at.fun - floor:
                lowest, lowest_value = point, value
        if lowest is not None:
            fall = float(at.gradient @ (at.x - lowest))
            if SLOPE * fall <= at.fun - lowest_value <= fall / SLOPE:
                slope = seen(False, "The value falls along a slope", lowest)
                return replace(slope, verdict=Verdict.NOT_STATIONARY)
            # Of second-order terms that cancel along the direction, their rounding errors are left.
            away = float(np.linalg.norm(lowest - at.x))
            rounding = at.eps * at.curvature.size * away**2
            if space is widest and at.fun - lowest_value <= rounding:
                unchanged.append(direction)
                continue
            lowest = _farther(at, lowest, lowest_value)
            sentence = f"The value falls along a flat direction, by {at.fun - lowest_value:.2g}"
            return seen(False, sentence, lowest)
        if not (rises or open_question):
            unchanged.append(direction)
    if open_question:
        return seen(None, "The function is not finite close by")
    if unchanged and at.jumps:
        jump = seen(None, f"The value jumps by {at.value_jump:.2g} between neighbouring points")
        return replace(jump, verdict=Verdict.UNDECIDED)
    for direction in unchanged:
        doubt, lower = _doubt_beyond(at, direction, reach)
        if doubt:
            return replace(seen(None, doubt, lower), verdict=Verdict.UNDECIDED)
    sentence = f"The value nowhere falls along the flat directions within {reach:.2g}"
    if widest.complete:
        return seen(True, sentence)
    if len(bent):
        return seen(None, f"{sentence}, but there may be more of them")
    return seen(True, f"{sentence}, and the Hessian is semidefinite at {2 * PROBES} points around")


def _looks(
    at: Neighbourhood, widest: FlatSpace, bent: Vector, reach: float
) -> Iterator[tuple[FlatSpace, Vector]]:
    """The directions to look along, each with the space of those that stay where they are.

    What is flat against curvatures far away may be steep here, and the others then have to follow
    it: of a space that the Hessian itself divides, the flat part is looked at by itself too.
    """
    yield from ((widest, direction) for direction in _directions(at, widest, bent, reach))
    if widest.complete and len(widest.basis) > 1:
        own = at.resolved.flat(max(at.curvature.rounding, FLATNESS * magnitude(at.hessian)))
        if 0 < len(own.basis) < len(widest.basis):
            yield from ((own, direction) for direction in _directions(at, own, bent, reach))


def _by_slope(at: Neighbourhood, move: Vector) -> float:
    """By how much a gradient that should be zero, and its rounding errors, change φ on the way.

    Both may be large, and lie across the way.
    """
    jumps = float(np.linalg.norm(at.gradient_jumps @ move))
    error = at.gradient_error * float(np.linalg.norm(move))
    return SLOPE * abs(float(at.gradient @ move)) + SAFETY * (jumps + error)


def _followed(at: Neighbourhood, space: FlatSpace, point: Vector) -> Vector:
    """The point with the other variables moved to where they are at rest, but for two steps."""
    for _ in range(2):
        _, gradient = at.objective.value_and_gradient(point)
        point = point - space.solve(gradient)
    return point


def _doubt_beyond(at: Neighbourhood, direction: Vector, reach: float) -> tuple[str, Vector | None]:
    """What is beyond a way on which nothing changes: a sentence if it speaks against a minimum.

    And the point beyond that is lower, where there is one.
    """
    beyond = _first_change(at, direction, reach)
    if beyond is None:
        return "", None
    move = beyond * direction
    value = at.objective.value(at.x + move)
    if value < at.fun and np.isfinite(value):
        return f"Nothing changes within {reach:.2g}, but the value is lower beyond", at.x + move
    lost = SAFETY * float(np.abs(at.gradient_jumps @ direction).max())
    cut_off = is_cut_off(at.objective, at.x, move, lost)
    if not cut_off or _first_change(at, -direction, reach) is not None:
        return "", None
    sentence = (
        f"Nothing changes within {reach:.2g} and beyond, but perhaps only because slopes are lost "
        f"in rounding errors: those at a distance of {beyond:.2g} do not vanish on the way here, "
        "they are cut off"
    )
    return sentence, at.x + move if value < at.fun else None


def _first_change(at: Neighbourhood, direction: Vector, reach: float) -> float | None:
    """Go on from where nothing changes: the length at which something does, if it ever does."""
    for length in reach * 2.0 ** np.arange(1, OUTWARD + 1):
        value = at.objective.value(at.x + length * direction)
        # Terms that cancel here are the larger, the farther away they are summed.
        terms = at.eps * at.curvature.size * (at.scale + length) ** 2
        floor = max(at.value_floor, value_floor(value, at.eps), terms)
        if not (np.isfinite(value) and abs(value - at.fun) <= floor):
            return float(length)
    return None


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
    sizes = [magnitude(at.hessian)]
    for direction in (at.curvature.softest, oblique(at.x.size)):
        for side in (1, -1):
            there = hessian_at(at.objective, at.x + side * reach * direction)
            if there.is_finite:
                sizes.append(magnitude(there))
    return max(sizes) + at.eps


def _directions(
    at: Neighbourhood, space: FlatSpace, bent: Vector, reach: float
) -> Iterator[Vector]:
    """Unit vectors over the flat space: its axes, more between them where it is wider, descents.

    Of a space that is not all that is flat a few, then what is bent down near the point, and where
    descents among these lead, and among all variables.
    """
    random = np.random.default_rng(0)
    if space.complete:
        axes, wide = space.basis, len(space.basis) > 1
        between = _mixtures(axes, BETWEEN * wide, random)
        yield from _both_sides(np.vstack([axes, between]))

        def reduced(move: Vector) -> tuple[float, Vector]:
            point = _followed(at, space, at.x + move)
            value, gradient = at.objective.value_and_gradient(point)
            return value, axes.T @ (axes @ gradient)

        for start in between[:DESCENTS]:
            yield descended(reduced, reach * start) / reach
        return

    def plain(move: Vector) -> tuple[float, Vector]:
        return at.objective.value_and_gradient(at.x + move)

    few = space.basis[:DESCENTS]
    yield from _both_sides(np.vstack([few, bent]))
    if len(bent):
        axes = np.linalg.qr(bent.T)[0].T

        def within(move: Vector) -> tuple[float, Vector]:
            value, gradient = plain(move)
            return value, axes.T @ (axes @ gradient)

        for start in _mixtures(axes, DESCENTS, random):
            yield descended(within, reach * start) / reach
    for start in few:
        yield descended(plain, reach * start) / reach


def _mixtures(axes: Vector, number: int, random: np.random.Generator) -> Vector:
    """Random unit vectors of shape (number, n) in the space of orthonormal rows."""
    coefficients = random.normal(size=(number, len(axes)))
    coefficients /= np.linalg.norm(coefficients, axis=1, keepdims=True)
    return np.asarray(coefficients @ axes)


def _both_sides(directions: Vector) -> Vector:
    return np.vstack([directions, -directions])
