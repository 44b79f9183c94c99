"""The test of Newton and Kantorovich at many points at once, as in `extremum.certify.local`.

It is computed from evaluations of its own. Points that it does not decide are left to
`certify_point`, which also knows degenerate points, rays and rescaled variables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extremum.certify.local import FARTHEST, PROBE, SAFETY, TINY
from extremum.certify.rays import DOUBLINGS, LASTING
from extremum.linalg import EPS
from extremum.methods import value_floor
from extremum.objective import Vector
from extremum.outcomes import Verdict

Evaluate = Callable[[Vector], tuple[Vector, Vector, Vector]]
"""φ, ∇φ and ∇²φ at points of shape (m, n): arrays of shape (m,), (m, n) and (m, n, n)."""

EVALUATIONS = 10
"""At each point: itself, three points a few roundings away, and six probes."""


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
    """Test points of shape (m, n); `EVALUATIONS` of φ, ∇φ and ∇²φ for each."""
    m, n = points.shape
    with np.errstate(all="ignore"):  # what is not finite is decided nowhere
        fun, gradient, hessian = evaluate(points)
        finite = np.isfinite(fun) & np.isfinite(gradient).all(1) & np.isfinite(hessian).all((1, 2))
        hessian = np.where(finite[:, None, None], hessian, 0.0)
        passed, radius, index = _kantorovich(evaluate, points, fun, gradient, hessian)
    scale = np.maximum(1.0, np.linalg.norm(points, axis=1))
    decided = finite & passed & (radius <= FARTHEST * scale)
    verdicts = np.full(m, None, object)
    verdicts[decided] = Verdict.SADDLE
    verdicts[decided & (index == n)] = Verdict.MAXIMUM
    verdicts[decided & (index == 0)] = Verdict.MINIMUM
    return Verdicts(
        verdicts,
        np.where(decided, index, -1),
        np.where(decided, radius, np.nan),
        np.abs(gradient).max(axis=1),
    )


def certainly_unbounded(evaluate: Evaluate, x: Vector, towards: Vector) -> NDArray[np.bool_]:
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
        without_bound: NDArray[np.bool_] = at_bottom[-1] | (lasting & visible)
        return np.asarray((falls | at_bottom[:-1]).all(axis=0) & without_bound)


def _kantorovich(
    evaluate: Evaluate, x: Vector, fun: Vector, gradient: Vector, hessian: Vector
) -> tuple[NDArray[np.bool_], Vector, NDArray[np.int64]]:
    """Whether h ≤ 1/2, the radius, and the number of negative eigenvalues, each of shape (m,)."""
    n = x.shape[1]
    values, vectors = np.linalg.eigh(hessian)
    sizes = np.abs(values)
    smallest, rounding = sizes.min(axis=1), n * EPS * sizes.max(axis=1)
    certain = smallest - rounding
    newton = -_apply(vectors, np.einsum("mji,mj->mi", vectors, gradient) / values)
    floor = _gradient_floor(evaluate, x, gradient, hessian) * np.sqrt(n)
    step = (np.linalg.norm(newton, axis=1) * smallest + floor) / certain  # η

    scale = np.maximum(1.0, np.linalg.norm(x, axis=1))
    distance = np.maximum(2 * step, PROBE * scale)
    oblique = np.sin(np.arange(1.0, n + 1) ** 2)
    softest = np.take_along_axis(vectors, sizes.argmin(axis=1)[:, None, None], axis=2)[:, :, 0]
    length = np.linalg.norm(newton, axis=1, keepdims=True)
    oblique = np.broadcast_to(oblique / np.linalg.norm(oblique), x.shape)
    fastest = np.zeros(len(x))
    for direction in (softest, oblique, np.where(length > 0, newton / length, oblique)):
        for side in (1, -1):
            _, _, there = evaluate(x + side * distance[:, None] * direction)
            # The Frobenius norm is no smaller than the 2-norm. NaN stays NaN, and fails the test.
            change = np.linalg.norm(there - hessian, axis=(1, 2))
            fastest = np.maximum(fastest, change / distance)
    h = SAFETY * fastest * step / certain  # βKη
    passed = (smallest > rounding) & np.isfinite(step) & (h <= 0.5)
    radius = 2 * step / (1 + np.sqrt(1 - 2 * h)) + 2 * EPS * np.linalg.norm(x, axis=1)
    return passed, radius, (values < 0).sum(axis=1)


def _gradient_floor(evaluate: Evaluate, x: Vector, gradient: Vector, hessian: Vector) -> Vector:
    """By how much ∇φ jumps between points a few roundings apart, doubled; of shape (m,)."""
    scale = np.maximum(1.0, np.linalg.norm(x, axis=1, keepdims=True))
    sizes = np.where(x == 0, EPS * scale, np.abs(x))
    jump = np.maximum(EPS * np.abs(gradient).max(axis=1), TINY)
    for k in range(1, 4):
        near = x + 4 * EPS * sizes * np.sin((k * np.arange(1.0, x.shape[1] + 1)) ** 2)
        _, there, _ = evaluate(near)
        expected = gradient + _apply(hessian, near - x)
        jump = np.maximum(jump, np.abs(there - expected).max(axis=1))
    return np.asarray(SAFETY * jump)


def _apply(matrices: Vector, vectors: Vector) -> Vector:
    return np.asarray(np.einsum("mij,mj->mi", matrices, vectors))
