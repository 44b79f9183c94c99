"""A point's neighbourhood to second order, and the test of Newton and Kantorovich on it.

If ‖H⁻¹‖ ≤ β, the Newton step from x has length η, and the Hessian varies by at most K per unit of
distance, then h = βKη ≤ 1/2 implies that ∇φ has exactly one zero within t = 2η/(1 + √(1 − 2h)) of
x, where the Hessian has the same inertia as at x (Kantorovich 1948; Ortega & Rheinboldt, Iterative
Solution of Nonlinear Equations, theorem 12.6.2). K can't be known from values: it is estimated at
probes, doubled, and the certificate says that it is an estimate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.linalg.blas import dnrm2

from extremum.certify.curvature import Curvature, Resolved
from extremum.certify.products import Products
from extremum.certify.rescaled import Rescaled
from extremum.certify.storages import curvature_of, farthest, hessian_at, rounding_of_x
from extremum.linalg import EPS, Factorizable, SymmetricMatrix
from extremum.methods import State, value_floor
from extremum.objective import Objective, Vector

SAFETY = 2.0
"""The estimated variation of the Hessian, and the rounding error of the gradient, are doubled."""

PROBE = 1e-10
"""The Hessian's variation is looked at no closer than this times max(1, ‖x‖), so that rounding of x
does not hide it, and no farther than the ball of the test asks. At a distance of 2η the Hessian's
own rounding error adds no more to h than that error relative to the smallest eigenvalue. In lower
precision it grows as ε^(2/3), of which it is about three times as much."""

SAME = 0.1
"""A Hessian that differs by at most this part of its smallest eigenvalue is nearly the same."""

UNEVEN = 10.0
"""Variables are rescaled where the diagonal's entries differ by more: other units may make the
smallest eigenvalue, relative to ‖H‖, larger by that ratio and no more (Ostrowski)."""

TINY = float(np.finfo(np.float64).tiny)
"""Below this a gradient underflows: it is never known better."""

FARTHEST = 0.5
"""The stationary point that a verdict speaks of is at most this far, times max(1, ‖x‖): a point is
not called what it is far from. x²⁰ has a gradient of 1e-8 at 0.35."""

NEAREST = 0.01
"""The same where the gradient is tiny: a small unit is no reason to stop far away."""

NEARBY = 0.05
"""Values are looked at as far away as this times max(1, ‖x‖)."""


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """φ near x to second order, with the errors of what was computed."""

    objective: Objective
    x: Vector
    fun: float
    gradient: Vector
    hessian: SymmetricMatrix

    @classmethod
    def of(cls, objective: Objective, x: Vector) -> Neighbourhood:
        """Evaluate value, gradient and Hessian at x."""
        fun, gradient = objective.value_and_gradient(x)
        return cls(objective, x, fun, gradient, hessian_at(objective, x))

    @classmethod
    def at(cls, objective: Objective, state: State) -> Neighbourhood:
        """Evaluate the Hessian where a method has evaluated the rest."""
        hessian = hessian_at(objective, state.x)
        return cls(objective, state.x, state.fun, state.gradient, hessian)

    @property
    def is_finite(self) -> bool:
        """Whether all that was computed is finite."""
        parts = (self.fun, self.gradient)
        return self.hessian.is_finite and all(np.isfinite(part).all() for part in parts)

    @cached_property
    def curvature(self) -> Resolved | Products:
        """The Hessian's eigenvalues, as far as its storage gives them."""
        return curvature_of(self.hessian, self.eps)

    @property
    def resolved(self) -> Resolved:
        """The same of a Hessian that is more than products."""
        assert not isinstance(self.curvature, Products)
        return self.curvature

    @property
    def eps(self) -> float:
        """The spacing at 1 of the numbers that φ is computed with."""
        return self.objective.eps

    @property
    def scale(self) -> float:
        """The unit of length: max(1, ‖x‖)."""
        return max(1.0, float(dnrm2(self.x)))

    @property
    def state(self) -> State:
        """The same as a method's state."""
        return State(self.x, self.fun, self.gradient)

    @property
    def gradient_norm(self) -> float:
        """‖∇φ‖∞."""
        return float(np.abs(self.gradient).max())

    @property
    def gradient_floor(self) -> float:
        """By how much ∇φ jumps between points a few roundings apart, and what differences cost."""
        return SAFETY * max(self.gradient_error, float(np.abs(self.gradient_jumps).max()))

    @property
    def value_floor(self) -> float:
        """What a change of φ must exceed to mean anything: it jumps by so much, or rounds so."""
        return max(value_floor(self.fun, self.eps), SAFETY * self.value_jump)

    @property
    def value_jump(self) -> float:
        """By how much φ jumps between points a few roundings apart."""
        return self._jumps[0]

    @property
    def jumps(self) -> bool:
        """Whether that is more than its rounding error, its slope and its curvature explain."""
        move, reach = 4 * self.eps * self.scale, self.scale + float(dnrm2(self.x))
        smooth = move * (self.gradient_floor * self.x.size + self.curvature.size * reach)
        return self.value_jump > SAFETY * max(value_floor(self.fun, self.eps), smooth)

    @cached_property
    def gradient_error(self) -> float:
        """What ∇φ is wrong by at least: its own rounding, and what differences cost."""
        error = getattr(self.objective, "gradient_error", None)
        by_differences = 0.0 if error is None else float(error(self.x).max())
        return max(self.eps * self.gradient_norm, TINY, by_differences)

    @property
    def gradient_jumps(self) -> Vector:
        """By how much ∇φ jumps from x to points a few roundings away, and farther: (k, n)."""
        return self._jumps[1]

    @cached_property
    def _jumps(self) -> tuple[float, Vector]:
        """By how much φ jumps between points a few roundings apart, and ∇φ.

        And farther apart, by what neither the trapezoidal rule nor the curvature explains: an error
        of terms that are large beside x shows only where those change (e^(−9) + 1).
        """
        values, jumps = [0.0], []
        for near in self._a_few_roundings_away:
            value, gradient = self.objective.value_and_gradient(near)
            move = near - self.x
            jumps.append(gradient - self.gradient - self.hessian @ move)
            values.append(value - self.fun - float(self.gradient @ move))
        for there in self.farther:
            move, middle = there.x - self.x, (self.gradient + there.gradient) / 2
            along = (self.hessian @ move + there.hessian @ move) / 2
            jumps.append(there.gradient - self.gradient - along)
            values.append(there.fun - self.fun - float(middle @ move))
        if not np.isfinite(np.abs(values).max() + np.abs(jumps).max()):
            return float("inf"), np.full((len(jumps), self.x.size), np.inf)
        return float(np.abs(values).max()), np.array(jumps)

    @cached_property
    def farther(self) -> tuple[Neighbourhood, ...]:
        """Two points √ε away, if the Hessian is nearly the same there; in x's own units, or 1."""
        if not self.curvature.gap > 0:
            return ()
        move = self.eps**0.5 * np.sin(np.arange(1.0, self.x.size + 1) ** 2)
        for unit in (self.scale, np.abs(self.x)):
            points = (self.objective.rounded(self.x + side * unit * move) for side in (1.0, -1.0))
            there = tuple(Neighbourhood.of(self.objective, point) for point in points)
            change = farthest((near.hessian for near in there), self.hessian)
            if change <= SAME * self.curvature.gap and all(near.is_finite for near in there):
                return there
        return ()

    @property
    def _a_few_roundings_away(self) -> Vector:
        signs = np.sin(np.outer(np.arange(1.0, 4.0), np.arange(1.0, self.x.size + 1)) ** 2)
        sizes = np.where(self.x == 0, self.eps * self.scale, np.abs(self.x))
        return self.objective.rounded(self.x + 4 * self.eps * sizes * signs)

    def hessian_jump(self) -> float:
        """By how much ∇²φ jumps between points a few roundings apart, doubled."""
        near = (hessian_at(self.objective, x) for x in self._a_few_roundings_away)
        return SAFETY * farthest(near, self.hessian)

    @property
    def rests(self) -> bool:
        """Whether the gradient is zero but for rounding: its own, and that of x."""
        slopes = np.abs(self.gradient)
        if (slopes <= self.gradient_floor).all():
            return True
        from_x = self.eps * rounding_of_x(self.hessian, self.x, self.curvature.size)
        return bool((slopes <= np.maximum(self.gradient_floor, from_x)).all())

    @cached_property
    def newton(self) -> KantorovichTest:
        """The test of Newton and Kantorovich at x; in rescaled variables where it can't speak."""
        test = kantorovich(self)
        if np.isfinite(test.step) or not isinstance(self.hessian, Factorizable):
            return test
        curvatures = np.abs(self.hessian.diagonal)
        if not curvatures.max() > UNEVEN * curvatures.min() > 0:
            return test
        view = Rescaled(self.objective, 1 / np.sqrt(curvatures))
        y, hessian = self.x / view.units, self.hessian.scaled(view.units)
        there = Neighbourhood(view, y, self.fun, view.units * self.gradient, hessian)
        if not there.is_finite:
            return test
        # A curvature that is only the rounding error of a larger one is not made real by scaling.
        rescaled = kantorovich(there, there.hessian_jump())
        return replace(rescaled, radius=rescaled.radius * float(view.units.max()))


@dataclass(frozen=True)
class KantorovichTest:
    """What the test found.

    Attributes
    ----------
    passed : bool
    h : float
        βKη: passed where at most 1/2.
    step : float
        η, the length of the Newton step, the gradient's rounding error included.
    radius : float
        t, infinite where the test failed.
    variation : float
        K, estimated and doubled.
    morse_index : int
        How many eigenvalues are negative, where the test passed.
    sentence : str
        How the eigenvalues are known, where not all were computed.
    """

    passed: bool
    h: float
    step: float
    radius: float
    variation: float
    morse_index: int
    sentence: str


def kantorovich(at: Neighbourhood, hessian_error: float = 0.0) -> KantorovichTest:
    """Test whether one stationary point lies near x, with the inertia of the Hessian at x."""
    curvature = at.curvature
    certain, index = curvature.gap - hessian_error, curvature.morse_index
    if not (certain > 0 and np.isfinite(at.gradient_floor)):
        return KantorovichTest(False, np.inf, np.inf, np.inf, np.nan, index, "")
    newton = -curvature.solve(at.gradient)
    length = float(dnrm2(newton)) + SAFETY * response(curvature, at.gradient_jumps)
    # What may be left of H d + ∇φ: what the solution leaves, and the errors of H and of ∇φ.
    rest = float(dnrm2(at.hessian @ newton + at.gradient))
    rest += (curvature.rounding + hessian_error) * length
    rest += SAFETY * at.gradient_error * np.sqrt(at.x.size)
    step = length + rest / certain
    variation = SAFETY * hessian_variation(at, newton, step)
    h = variation * step / certain
    if not h <= 0.5:
        return KantorovichTest(False, h, step, np.inf, variation, index, curvature.sentence)
    # The last term: x itself is only known to the spacing of floating point.
    radius = 2 * step / (1 + np.sqrt(1 - 2 * h)) + 2 * at.eps * float(dnrm2(at.x))
    return KantorovichTest(True, h, step, radius, variation, index, curvature.sentence)


def response(curvature: Curvature, changes: Vector) -> float:
    """How far the stationary point moves, at most, as the gradient changes so: of shape (k, n).

    The rounding errors of one sum, carried on, are not independent: they move the point by far less
    than ‖H⁻¹‖ times their size where they lie along stiff directions. By products alone a solution
    for each would cost too much.
    """
    if isinstance(curvature, Products):
        moves = changes / curvature.gap
    else:
        moves = np.array([curvature.solve(change) for change in changes])
    return max(float(dnrm2(move)) for move in moves)


def hessian_variation(at: Neighbourhood, newton: Vector, step: float) -> float:
    """How fast the Hessian changes, per unit of distance, at probes around x.

    To both sides along the softest direction and along an oblique one, for which the points serve
    that are evaluated anyway if the test's ball is no larger, and along the Newton step, behind
    too: what is symmetric about its minimum is the same ahead as here. There as near as the step,
    if that is no rounding error of x: a singularity is not seen from afar (log x at 1e-80).
    """
    reach = max(2 * step, PROBE * float(np.cbrt(at.eps / EPS)) ** 2 * at.scale)
    probes = _both_sides(at.curvature.softest)
    changes = []
    away = float(dnrm2(at.farther[0].x - at.x)) if at.farther else 0.0
    if away >= reach:
        changes.append(farthest((there.hessian for there in at.farther), at.hessian) / away)
    else:
        probes += _both_sides(oblique(at.x.size))
    length = float(dnrm2(newton))
    if length > 0:
        nearer = reach > 2 * step > 8 * at.eps * float(dnrm2(at.x))
        along = _both_sides(newton / length)
        changes.append(_variation(at, along, 2 * step if nearer else reach))
    return max(_variation(at, probes, reach), *changes, 0.0)


def _both_sides(direction: Vector) -> list[Vector]:
    return [direction, -direction]


def _variation(at: Neighbourhood, directions: list[Vector], reach: float) -> float:
    there = (hessian_at(at.objective, at.x + reach * direction) for direction in directions)
    return farthest(there, at.hessian) / reach


def oblique(n: int) -> Vector:
    """A unit vector of shape (n,) that no structure has in mind."""
    vector: Vector = np.sin(np.arange(1.0, n + 1) ** 2)
    return vector / np.linalg.norm(vector)
