"""The test of Newton and Kantorovich at many points at once, as in `extremum.certify.local`.

It is computed from evaluations of its own, and the values are asked whether they agree, as in
`extremum.certify.values`. Points that it does not decide are left to `certify_point`, which also
knows degenerate points, rays and rescaled variables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extremum.certify.certify import STATIONARY
from extremum.certify.local import FARTHEST, NEARBY, NEAREST, PROBE, SAFETY, SAME, TINY, oblique
from extremum.certify.rays import DOUBLINGS, LASTING
from extremum.certify.values import BEYOND_RADIUS, GROWTH, UNSEEN, VISIBLE
from extremum.linalg import EPS
from extremum.methods import value_floor
from extremum.objective import Vector
from extremum.outcomes import Verdict

Evaluate = Callable[[Vector], tuple[Vector, Vector, Vector]]
"""φ, ∇φ and ∇²φ at points of shape (m, n): arrays of shape (m,), (m, n) and (m, n, n)."""

Which = NDArray[np.bool_]
"""Of m points, those of which something holds."""


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What the test says of m points.

    Attributes
    ----------
    verdicts : ndarray of shape (m,)
        `Verdict`, or None where the test can't speak.
    morse_index : ndarray of shape (m,)
        How many eigenvalues are negative; -1 without a verdict.
    radius : ndarray of shape (m,)
        A ball of this radius holds the stationary point; NaN without a verdict.
    gradient_norm : ndarray of shape (m,)
        ‖∇φ‖∞.
    """

    verdicts: NDArray[np.object_]
    morse_index: NDArray[np.int64]
    radius: Vector
    gradient_norm: Vector


def certify_many(evaluate: Evaluate, points: Vector) -> Verdicts:
    """Test points of shape (m, n)."""
    with np.errstate(all="ignore"):  # what is not finite is decided nowhere
        at = _Points(evaluate, points, *evaluate(points))
        h, radius = _kantorovich(at)
        decided = at.finite & (h <= 0.5) & (radius <= at.farthest)
        decided[decided] = _values_agree(at.part(decided), radius[decided])
    verdicts = np.full(len(points), None, object)
    verdicts[decided] = Verdict.SADDLE
    verdicts[decided & (at.morse_index == points.shape[1])] = Verdict.MAXIMUM
    verdicts[decided & (at.morse_index == 0)] = Verdict.MINIMUM
    return Verdicts(
        verdicts,
        np.where(decided, at.morse_index, -1),
        np.where(decided, radius, np.nan),
        at.gradient_norm,
    )


def certainly_unbounded(evaluate: Evaluate, x: Vector, towards: Vector) -> Which:
    """Whether φ falls without bound from x along `towards`, both of shape (m, n).

    The rule is that of `extremum.certify.rays.falling_ray`.
    """
    with np.errstate(all="ignore"):
        direction = towards / np.linalg.norm(towards, axis=1, keepdims=True)
        scale = np.maximum(1.0, np.linalg.norm(x, axis=1, keepdims=True))
        lengths = [np.zeros_like(scale), *(scale * 2.0**k for k in range(DOUBLINGS + 1))]
        values: Any = np.stack([evaluate(x + length * direction)[0] for length in lengths])
        floors: Any = value_floor(values)
        at_bottom = np.logical_or.accumulate(values == -np.inf)
        falls = values[1:] <= values[:-1] + floors[:-1]  # False where a value is NaN
        lasting = values[-2] - values[-1] >= LASTING * (values[-21] - values[-20])
        visible = LASTING * (values[-21] - values[-20]) > floors[-20]
        without_bound: Which = at_bottom[-1] | (lasting & visible)
        return np.asarray((falls | at_bottom[:-1]).all(axis=0) & without_bound)


@dataclass(frozen=True, eq=False)
class _Points:
    """Points with what was evaluated there, and what follows from it for each.

    Attributes
    ----------
    evaluate : callable
    x, fun, gradient, hessian : ndarray of shape (m, n), (m,), (m, n) and (m, n, n)
    """

    evaluate: Evaluate
    x: Vector
    fun: Vector
    gradient: Vector
    hessian: Vector

    def part(self, which: Which) -> _Points:
        """Some of them, with what is known of them."""
        some = _Points(self.evaluate, *(a[which] for a in self._evaluated))
        for name in ("eigen", "jumps"):  # what is dear
            some.__dict__[name] = tuple(np.asarray(a)[which] for a in getattr(self, name))
        return some

    @property
    def _evaluated(self) -> tuple[Vector, Vector, Vector, Vector]:
        return self.x, self.fun, self.gradient, self.hessian

    @cached_property
    def finite(self) -> Which:
        """Whether all that was evaluated is finite."""
        parts = (np.isfinite(a).reshape(len(a), -1).all(axis=1) for a in self._evaluated)
        return np.asarray(np.logical_and.reduce(list(parts)))

    @cached_property
    def eigen(self) -> tuple[Vector, Vector]:
        """Eigenvalues and eigenvectors of the Hessians, of shape (m, n) and (m, n, n)."""
        values, vectors = np.linalg.eigh(np.where(self.finite[:, None, None], self.hessian, 0.0))
        return values, vectors

    @property
    def size(self) -> Vector:
        """‖H‖."""
        return np.asarray(np.abs(self.eigen[0]).max(axis=1))

    @property
    def rounding(self) -> Vector:
        """What an eigenvalue may be wrong by."""
        return np.asarray(self.x.shape[1] * EPS * self.size)

    @property
    def gap(self) -> Vector:
        """The least |λ|, less its error."""
        return np.asarray(np.abs(self.eigen[0]).min(axis=1) - self.rounding)

    @property
    def morse_index(self) -> NDArray[np.int64]:
        """How many eigenvalues are negative."""
        return np.asarray((self.eigen[0] < 0).sum(axis=1))

    @property
    def softest(self) -> Vector:
        """The eigenvector of the least |λ|, of shape (m, n)."""
        values, vectors = self.eigen
        least = np.abs(values).argmin(axis=1)[:, None, None]
        return np.asarray(np.take_along_axis(vectors, least, axis=2)[:, :, 0])

    @property
    def length(self) -> Vector:
        """‖x‖."""
        return np.asarray(np.linalg.norm(self.x, axis=1))

    @property
    def scale(self) -> Vector:
        """The unit of length: max(1, ‖x‖)."""
        return np.maximum(1.0, self.length)

    @property
    def gradient_norm(self) -> Vector:
        """‖∇φ‖∞."""
        return np.asarray(np.abs(self.gradient).max(axis=1))

    @property
    def gradient_error(self) -> Vector:
        """What ∇φ is wrong by at least: its own rounding."""
        return np.maximum(EPS * self.gradient_norm, TINY)

    @property
    def gradient_floor(self) -> Vector:
        """By how much ∇φ jumps between points a few roundings apart, doubled."""
        _, jumps = self.jumps
        return np.asarray(SAFETY * np.maximum(self.gradient_error, np.abs(jumps).max(axis=(1, 2))))

    @property
    def value_floor(self) -> Vector:
        """What a change of φ must exceed to mean anything."""
        return np.maximum(self.value_rounding, SAFETY * self.jumps[0])

    @property
    def value_rounding(self) -> Vector:
        """What rounding makes of φ."""
        fun: Any = self.fun
        return np.asarray(value_floor(fun))

    @property
    def farthest(self) -> Vector:
        """How far the stationary point that a verdict speaks of may be."""
        tolerance = STATIONARY * np.maximum(1.0, self.size)
        near = self.gradient_norm <= np.maximum(tolerance, self.gradient_floor)
        near &= self.gradient_floor <= tolerance
        return np.asarray(np.where(near, NEAREST, FARTHEST) * self.scale)

    def solve(self, right: Vector) -> Vector:
        """H⁻¹ times vectors of shape (m, n)."""
        values, vectors = self.eigen
        return _apply(vectors, np.einsum("mji,mj->mi", vectors, right) / values)

    @cached_property
    def jumps(self) -> tuple[Vector, Vector]:
        """By how much φ jumps between points a few roundings apart, (m,), and ∇φ, (m, k, n).

        And farther apart, as in `Neighbourhood`.
        """
        values, jumps = [], []
        sizes = np.where(self.x == 0, EPS * self.scale[:, None], np.abs(self.x))
        numbers = np.arange(1.0, self.x.shape[1] + 1)
        for k in range(1, 4):
            near = self.x + 4 * EPS * sizes * np.sin((k * numbers) ** 2)
            fun, gradient, _ = self.evaluate(near)
            move = near - self.x
            jumps.append(gradient - self.gradient - _apply(self.hessian, move))
            values.append(fun - self.fun - _dot(self.gradient, move))
        found = np.zeros(len(self.x), bool)
        for unit in (self.scale[:, None], np.abs(self.x)):
            points = [self.x + side * EPS**0.5 * unit * np.sin(numbers**2) for side in (1.0, -1.0)]
            there = [self.evaluate(point) for point in points]
            change = np.maximum(*(_frobenius(hessian - self.hessian) for _, _, hessian in there))
            seen = ~found & (self.gap > 0) & (change <= SAME * self.gap)  # False where it is NaN
            for point, (fun, gradient, hessian) in zip(points, there, strict=True):
                move, middle = point - self.x, (self.gradient + gradient) / 2
                along = _apply(self.hessian + hessian, move) / 2
                jumps.append(np.where(seen[:, None], gradient - self.gradient - along, 0.0))
                values.append(np.where(seen, fun - self.fun - _dot(middle, move), 0.0))
            found |= seen
        return np.abs(values).max(axis=0), np.stack(jumps, axis=1)


def _kantorovich(at: _Points) -> tuple[Vector, Vector]:
    """The h of the test, and the radius, each of shape (m,); NaN where nothing is known."""
    newton = -at.solve(at.gradient)
    straight = np.linalg.norm(newton, axis=1)
    moved = [np.linalg.norm(at.solve(jump), axis=1) for jump in np.swapaxes(at.jumps[1], 0, 1)]
    length = straight + SAFETY * np.max(moved, axis=0)
    rest = np.linalg.norm(_apply(at.hessian, newton) + at.gradient, axis=1) + at.rounding * length
    rest += SAFETY * at.gradient_error * np.sqrt(at.x.shape[1])
    certain = np.where(at.gap > 0, at.gap, np.nan)
    step = length + rest / certain  # η
    h = SAFETY * _variation(at, newton, step) * step / certain  # βKη
    radius = 2 * step / (1 + np.sqrt(1 - 2 * h)) + 2 * EPS * at.length
    return h, radius


def _variation(at: _Points, newton: Vector, step: Vector) -> Vector:
    """How fast the Hessian changes, as in `hessian_variation`; the Frobenius norm is no less."""
    straight = np.linalg.norm(newton, axis=1)
    aslant = np.broadcast_to(oblique(at.x.shape[1]), at.x.shape)
    along = np.where(straight[:, None] > 0, newton / straight[:, None], aslant)
    reach = np.maximum(2 * step, PROBE * at.scale)
    nearer = (straight > 0) & (step > 4 * EPS * at.length)
    probes = [(reach, at.softest), (reach, aslant), (reach, along)]
    probes.append((np.where(nearer, 2 * step, reach), along))
    fastest = np.zeros(len(at.x))
    for distance, direction in probes:
        for side in (1, -1):
            _, _, there = at.evaluate(at.x + side * distance[:, None] * direction)
            # NaN stays NaN, and fails the test.
            fastest = np.maximum(fastest, _frobenius(there - at.hessian) / distance)
    return fastest


def _values_agree(at: _Points, radius: Vector) -> Which:
    """Whether the values around each agree with its curvature, as in `values.dissent`."""
    agree, seen = np.ones(len(at.x), bool), np.zeros(len(at.x), bool)
    definite = (at.morse_index == 0) | (at.morse_index == at.x.shape[1])
    aslant = np.broadcast_to(oblique(at.x.shape[1]), at.x.shape)
    for direction, asked in ((at.softest, np.ones_like(definite)), (aslant, definite)):
        curvature = _dot(direction, _apply(at.hessian, direction))
        shortest = VISIBLE * np.sqrt(2 * at.value_floor / np.abs(curvature))
        shortest = np.maximum(BEYOND_RADIUS * radius, shortest)
        for side in (1.0, -1.0):
            change = _first_change(at, side * direction, np.where(asked, shortest, np.inf))
            agree &= np.isnan(change) | (np.sign(change) == np.sign(curvature))
            seen |= np.isfinite(change)
    smooth = at.gradient_floor * at.x.shape[1] + at.size * (at.scale + at.length)
    explained = np.maximum(at.value_rounding, 4 * EPS * at.scale * smooth)
    return np.asarray(agree & (seen | (at.jumps[0] <= SAFETY * explained)))


def _first_change(at: _Points, direction: Vector, shortest: Vector) -> Vector:
    """The first change of φ on the way out that is more than rounding, as in `values`; else NaN."""
    change, length = np.full(len(at.x), np.nan), shortest.copy()
    looked = np.zeros(len(at.x), int)
    going = length <= NEARBY * at.scale
    while going.any():
        far = at.evaluate(at.x[going] + length[going, None] * direction[going])[0] - at.fun[going]
        seen = np.abs(far) > at.value_floor[going]  # False where it is NaN
        looked[going] += 1
        unseen = ~seen & np.isfinite(far)
        change[going] = np.where(seen & np.isfinite(far), far, np.nan)
        change[going] = np.where(unseen & (looked[going] >= UNSEEN), 0.0, change[going])
        length *= GROWTH
        going[going] = unseen
        going &= length <= NEARBY * at.scale
    return change


def _apply(matrices: Vector, vectors: Vector) -> Vector:
    return np.asarray(np.einsum("mij,mj->mi", matrices, vectors))


def _dot(a: Vector, b: Vector) -> Vector:
    return np.asarray(np.einsum("mi,mi->m", a, b))


def _frobenius(matrices: Vector) -> Vector:
    return np.asarray(np.linalg.norm(matrices, axis=(1, 2)))
