"""Many runs of one small problem at once: a trust region, compiled and vectorized over its starts.

Each run occupies a *lane* of a batch of fixed width. The lanes are advanced together for a few
iterations at a time; then those that ended make room for the starts that wait. So a program is
compiled once for each width, however many starts there are, and a slow run holds up no other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from extremum.linalg import EPS
from extremum.methods.method import value_floor
from extremum.methods.steps import SUFFICIENT_DECREASE
from extremum.objective import Objective, Vector
from extremum.objective.compiled import MOST_PROGRAMS, CompiledDerivatives
from extremum.objective.function import sixty_four_bit
from extremum.outcomes import Reason

WIDTHS = (16, 256)
"""The lanes of a batch: the first where the starts fit in, else the last. More would amortize the
cost of a call no further, and make the last runs wait for idle lanes."""

ROUND = 8
"""Iterations between two looks at which lanes have ended."""

RADIUS = 1.0
"""The first radius (Conn, Gould & Toint, Trust-Region Methods (2000), section 17.2)."""

POOR, GOOD = 0.25, 0.75
"""Achieved over predicted decrease, below which the radius shrinks to a quarter of the step, and
above which it doubles (Nocedal & Wright, algorithm 4.1)."""

MOST_SECULAR = 50
"""Newton iterations on the secular equation; about five are taken."""

_RUNNING, _FRESH = -1, -2
_REASONS = tuple(Reason)
_CODE = {reason: code for code, reason in enumerate(_REASONS)}
"""A lane's status: running, not yet evaluated, or the place of the reason for its end."""


class Rules(NamedTuple):
    """When a lane ends.

    Attributes
    ----------
    atol, rtol : float
        ‖∇φ‖∞ ≤ atol + rtol ‖∇φ(x₀)‖∞.
    maxiter : int
    most_escapes : int
        How often a stationary point with negative curvature is left for a lower one.
    bottom : float
        A value below −bottom · max(1, |φ(x₀)|) is on its way to −∞.
    """

    atol: float
    rtol: float
    maxiter: int
    most_escapes: int
    bottom: float


class _Lane(NamedTuple):
    """One run under way; in a batch, arrays with a leading axis."""

    x: Any
    fun: Any
    gradient: Any
    values: Any
    """The Hessian's eigenvalues, ascending."""
    vectors: Any
    radius: Any
    first_fun: Any
    tolerance: Any
    nit: Any
    escapes: Any
    walled: Any
    """Whether a trial point since the last step was not finite."""
    status: Any

    @classmethod
    def idle(cls, width: int, n: int) -> _Lane:
        """Lanes that wait for a start."""
        zeros, counters = np.zeros(width), np.zeros(width, np.int64)
        return cls(
            x=np.zeros((width, n)),
            fun=zeros,
            gradient=np.zeros((width, n)),
            values=np.zeros((width, n)),
            vectors=np.zeros((width, n, n)),
            radius=zeros,
            first_fun=zeros,
            tolerance=zeros,
            nit=counters,
            escapes=counters,
            walled=np.zeros(width, bool),
            status=counters,
        )


@dataclass(frozen=True, eq=False)
class Ends:
    """Where the runs ended.

    Attributes
    ----------
    x : ndarray of shape (m, n)
    fun : ndarray of shape (m,)
    nit : ndarray of shape (m,)
        Trial steps; each evaluates φ, ∇φ and ∇²φ once, as does the start.
    escapes : ndarray of shape (m,)
        Stationary points with negative curvature that were left.
    reasons : ndarray of shape (m,)
        `Reason` of each.
    """

    x: Vector
    fun: Vector
    nit: NDArray[np.int64]
    escapes: NDArray[np.int64]
    reasons: NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Batch:
    """φ with its derivatives at many points at once, and the trust region over them.

    Made by `batch_of`.
    """

    _kernels: _Kernels
    _captured: list[Any]
    width: int

    def evaluate(self, points: Vector) -> tuple[Vector, Vector, Vector]:
        """φ, ∇φ and ∇²φ at points of shape (m, n): (m,), (m, n) and (m, n, n)."""
        m, n = points.shape
        fun, gradient, hessian = np.empty(m), np.empty((m, n)), np.empty((m, n, n))
        with sixty_four_bit():
            for begin in range(0, m, self.width):
                part = slice(begin, min(begin + self.width, m))
                count = part.stop - begin
                padded = np.zeros((self.width, n))
                padded[:count] = points[part]
                found = self._kernels.evaluate(self._captured, padded)
                for whole, some in zip((fun, gradient, hessian), found, strict=True):
                    whole[part] = np.asarray(some)[:count]
        return fun, gradient, hessian

    def minimize(self, starts: Vector, rules: Rules) -> Ends:
        """Run from each of the starts, of shape (m, n), until something ends it."""
        m, n = starts.shape
        ends = Ends(
            np.empty((m, n)),
            np.empty(m),
            np.zeros(m, np.int64),
            np.zeros(m, np.int64),
            np.empty(m, object),
        )
        lanes, owner, begun = _Lane.idle(self.width, n), np.full(self.width, -1), 0
        while begun < m or (owner >= 0).any():
            free = np.flatnonzero(owner < 0)[: m - begun]
            lanes, owner[free] = _begin(lanes, free, starts[begun:]), begun + np.arange(len(free))
            begun += len(free)
            with sixty_four_bit():
                advanced = self._kernels.advance(self._captured, lanes, rules)
            lanes = _Lane(*map(np.asarray, advanced))
            done = np.flatnonzero((owner >= 0) & (lanes.status >= 0))
            which, owner[done] = owner[done], -1
            ends.x[which], ends.fun[which] = lanes.x[done], lanes.fun[done]
            ends.nit[which], ends.escapes[which] = lanes.nit[done], lanes.escapes[done]
            ends.reasons[which] = [_REASONS[code] for code in lanes.status[done]]
        return ends


def batch_of(objective: Objective, m: int) -> Batch | None:
    """The batch for m points of an objective; None where nothing is compiled for it."""
    derivatives = getattr(objective, "gradients", None)
    if not isinstance(derivatives, CompiledDerivatives):
        return None
    function, captured = derivatives.program
    width = next((width for width in WIDTHS if m <= width), WIDTHS[-1])
    return Batch(_kernels(function), captured, width)


def _begin(lanes: _Lane, free: NDArray[np.int64], starts: Vector) -> _Lane:
    """Give free lanes the next of the starts."""
    x, status = np.array(lanes.x), np.array(lanes.status)
    x[free], status[free] = starts[: len(free)], _FRESH
    return lanes._replace(x=x, status=status)


class _Kernels(NamedTuple):
    """What is compiled for a program."""

    evaluate: Callable[[list[Any], Any], Any]
    advance: Callable[[list[Any], Any, Rules], Any]


@lru_cache(maxsize=MOST_PROGRAMS)
def _kernels(function: Callable[[list[Any], Any], Any]) -> _Kernels:
    """Compile for the function of (captured arrays, x) that a program is."""
    value_and_gradient = jax.value_and_grad(function, argnums=1)

    def derivatives(captured: list[Any], x: Any) -> tuple[Any, Any, Any]:
        def gradient(y: Any) -> tuple[Any, tuple[Any, Any]]:
            fun, slope = value_and_gradient(captured, y)
            return slope, (fun, slope)

        hessian, (fun, slope) = jax.jacfwd(gradient, has_aux=True)(x)
        return fun, slope, hessian / 2 + hessian.T / 2

    def advance(captured: list[Any], lanes: Any, rules: Rules) -> Any:
        step: Any = jax.vmap(lambda lane: _advanced(partial(derivatives, captured), lane, rules))

        def one_more(carry: tuple[Any, Any]) -> tuple[Any, Any]:
            return carry[0] + 1, step(carry[1])

        def unfinished(carry: tuple[Any, Any]) -> Any:
            return (carry[0] < ROUND) & (carry[1].status < 0).any()

        return jax.lax.while_loop(unfinished, one_more, (0, lanes))[1]

    return _Kernels(
        jax.jit(jax.vmap(derivatives, in_axes=(None, 0))),
        jax.jit(advance),
    )


def _advanced(derivatives: Callable[[Any], Any], lane: _Lane, rules: Rules) -> _Lane:
    """One trial step of one lane, or the evaluation of its start; nothing where it has ended."""
    fresh = lane.status == _FRESH
    part = subproblem(lane.values, lane.vectors, lane.gradient, lane.radius)
    x = jnp.where(fresh, lane.x, lane.x + part.step)
    fun, gradient, hessian = derivatives(x)
    finite = jnp.isfinite(fun) & jnp.isfinite(gradient).all() & jnp.isfinite(hessian).all()

    # What can be seen of a decrease: the value's own rounding, and what that of x does to it. Where
    # it hides the change, the gradient's norm must fall instead, as in `backtrack`.
    floor = value_floor(lane.fun) + EPS * jnp.abs(lane.gradient) @ jnp.abs(lane.x)
    achieved = lane.fun - fun
    hidden = (part.decrease <= floor) | (jnp.abs(achieved) <= floor)
    flatter = jnp.linalg.norm(gradient) < jnp.linalg.norm(lane.gradient)
    ratio = achieved / jnp.where(part.decrease > 0, part.decrease, 1.0)
    better = jnp.where(hidden, (achieved >= -floor) & flatter, ratio >= SUFFICIENT_DECREASE)
    accepted = finite & (fresh | better)

    values, vectors = jnp.linalg.eigh(jnp.where(jnp.isfinite(hessian), hessian, 0.0))
    length = jnp.linalg.norm(part.step)
    radius = jnp.where(
        ~accepted | (~hidden & (ratio < POOR)),
        jnp.where(finite, POOR, 0.1) * length,
        jnp.where(~hidden & (ratio > GOOD) & part.on_boundary, 2 * lane.radius, lane.radius),
    )
    norm = jnp.abs(gradient).max()
    new = _Lane(
        x=jnp.where(accepted, x, lane.x),
        fun=jnp.where(fresh | accepted, fun, lane.fun),
        gradient=jnp.where(accepted, gradient, lane.gradient),
        values=jnp.where(accepted, values, lane.values),
        vectors=jnp.where(accepted, vectors, lane.vectors),
        radius=jnp.where(fresh, RADIUS, radius),
        first_fun=jnp.where(fresh, fun, lane.first_fun),
        tolerance=jnp.where(fresh, rules.atol + rules.rtol * norm, lane.tolerance),
        nit=jnp.where(fresh, 0, lane.nit + 1),
        escapes=jnp.where(fresh, 0, lane.escapes),
        walled=~finite | (lane.walled & ~accepted & ~fresh),
        status=lane.status,
    )
    # A stationary point with negative curvature is left along it: the subproblem's hard case. The
    # radius may have shrunk on the way to it, and says nothing about the way from it.
    stationary = accepted & (norm <= new.tolerance)
    leaving = stationary & is_negative(values) & (new.escapes < rules.most_escapes)
    new = new._replace(
        radius=jnp.where(
            leaving, jnp.maximum(new.radius, jnp.maximum(RADIUS, jnp.linalg.norm(x))), new.radius
        ),
        escapes=new.escapes + leaving,
    )
    obstacle = jnp.where(new.walled, _CODE[Reason.NOT_FINITE], _CODE[Reason.NO_DECREASE])
    at_floor = jnp.where(new.walled, _CODE[Reason.NOT_FINITE], _CODE[Reason.ROUNDING_FLOOR])
    still = (x == lane.x).all() & ~fresh
    status = jnp.select(
        [
            fresh & ~finite,
            stationary & ~leaving,
            new.fun <= -rules.bottom * jnp.maximum(1.0, jnp.abs(new.first_fun)),
            still & ~part.on_boundary,
            still,
            ~accepted & (part.decrease <= floor),
            new.nit >= rules.maxiter,
        ],
        [
            jnp.asarray(_CODE[Reason.NOT_FINITE]),
            jnp.asarray(_CODE[Reason.GRADIENT_NORM]),
            jnp.asarray(_CODE[Reason.UNBOUNDED]),
            jnp.asarray(_CODE[Reason.NO_STEP_LEFT]),
            obstacle,
            at_floor,
            jnp.asarray(_CODE[Reason.MAXITER]),
        ],
        jnp.asarray(_RUNNING),
    )
    new = new._replace(status=status.astype(lane.status.dtype))
    ended = lane.status >= 0
    return _Lane(*(jnp.where(ended, old, now) for old, now in zip(lane, new, strict=True)))


class Subproblem(NamedTuple):
    """The step that minimizes the model in the trust region.

    Attributes
    ----------
    step : array of shape (n,)
    decrease : float
        −g·s − ½ sᵀHs, which the model predicts; never negative.
    shift : float
        σ ≥ 0 with (H + σI) s = −g, H + σI positive semidefinite and σ (Δ − ‖s‖) = 0.
    on_boundary : bool
    """

    step: Any
    decrease: Any
    shift: Any
    on_boundary: Any


def subproblem(values: Any, vectors: Any, gradient: Any, radius: Any) -> Subproblem:
    """Minimize g·s + ½ sᵀHs over ‖s‖ ≤ Δ, from the eigenvalues and eigenvectors of H.

    With c = Vᵀg, the step is s(μ) = −V (c / (λ − λ₁ + μ)), where μ = σ + λ₁ keeps its digits near
    the hard case. ‖s(μ)‖ = Δ is solved by Newton's iteration on 1/‖s(μ)‖ − 1/Δ, which is concave,
    so that from below the root it rises to it (Moré & Sorensen, SIAM J. Sci. Stat. Comput. 4 (1983)
    553-572; Conn, Gould & Toint, section 7.3). Since no component exceeds Δ at the root, it is at
    least the largest |cᵢ|/Δ − (λᵢ − λ₁), where already Δ ≤ ‖s‖ ≤ √n Δ: the iteration begins there.

    Parameters
    ----------
    values : array of shape (n,)
        Ascending.
    vectors : array of shape (n, n)
    gradient : array of shape (n,)
    radius : float
        Δ.
    """
    slopes, gaps = vectors.T @ gradient, values - values[0]
    lowest = jnp.maximum(values[0], 0.0)  # where σ = 0, or H + σI becomes singular
    start = jnp.maximum(lowest, (jnp.abs(slopes) / radius - gaps).max())

    def terms(shifted: Any) -> Any:
        return jnp.where(slopes == 0, 0.0, slopes / _nonzero(gaps + shifted))

    def outside(carry: tuple[Any, Any]) -> Any:
        size = jnp.linalg.norm(terms(carry[1]))
        return (carry[0] < MOST_SECULAR) & (size > radius * (1 + 1e-13))

    def newton(carry: tuple[Any, Any]) -> tuple[Any, Any]:
        shifted, parts = carry[1], terms(carry[1])
        size = jnp.linalg.norm(parts)
        # sᵀ (H + σI)⁻¹ s; equation 3.5 of Moré and Sorensen.
        bend = (parts * jnp.where(parts == 0, 0.0, parts / _nonzero(gaps + shifted))).sum()
        return carry[0] + 1, shifted + size**2 / _nonzero(bend) * (size - radius) / radius

    shifted = jax.lax.while_loop(outside, newton, (0, start))[1]
    parts = terms(shifted)
    size = jnp.linalg.norm(parts)
    # The hard case: H + σI is singular and s too short. A null vector takes it to the boundary.
    hard = is_negative(values) & (shifted <= 0) & (size < radius)
    missing = jnp.sqrt(jnp.maximum((radius - size) * (radius + size), 0.0))
    parts = parts.at[0].add(jnp.where(hard, missing, 0.0))
    shift = shifted - values[0]
    shift = jnp.where(shifted <= lowest, jnp.maximum(-values[0], 0.0), shift)
    decrease = ((gaps + shifted) * parts**2).sum() / 2 + shift * (parts**2).sum() / 2
    on_boundary = hard | (jnp.linalg.norm(parts) >= radius * (1 - 1e-10))
    return Subproblem(-vectors @ parts, decrease, shift, on_boundary)


def is_negative(values: Any) -> Any:
    """Whether the smallest of a Hessian's eigenvalues is negative beyond its rounding."""
    return values[0] < -values.size * EPS * jnp.abs(values).max()


def _nonzero(value: Any) -> Any:
    return jnp.where(value == 0, 1.0, value)
