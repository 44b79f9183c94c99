"""Newton's method for many rows: exact gradients, and the Hessian of a sample."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from extremum.linalg import EPS
from extremum.methods import Armijo, State
from extremum.methods.method import is_finite, not_finite
from extremum.objective import Objective, Vector
from extremum.regression.curvature import InverseHessian
from extremum.regression.risk import MeanLoss

ROWS_PER_PASS = 30.0
"""The Hessian of n · 30/p rows of p columns, in single precision, takes less time than a gradient
over n rows, which is bound by memory (measured: 40 to 60)."""

ENOUGH_PER_PARAMETER = 10
"""A sample has at least so many rows per parameter: the relative error of its Hessian is about
√(p/m)."""

GLANCE = 500
"""So many rows show whether the columns are correlated: all pairs together."""

PRECISE_PER_PARAMETER = 60
"""Where so many rows per parameter are cheap, it is not asked whether columns are correlated."""

QUICK = 1e7
"""A Hessian of so many products takes a millisecond."""

SHARE = 8
"""A start is found on one row in so many, and that one's start on one in so many of those."""

SLOW = 0.4
"""Where the decrement falls by a smaller factor than this, the Hessian is taken anew."""

SLOWER = 0.8
"""The same where there is none yet: a diagonal costs nothing, and is corrected soon."""

GROWTH = 4
"""And from so many times as many rows."""

MEMORY = 10
"""So many steps correct the Hessian."""

ROUGH = 0.1
"""On a sample of m rows the squared decrement need not fall below this times p/m, the square of its
distance from that of all rows."""

ROUGH_STEPS = 8
"""Steps on a sample at most: it may be one that has no minimum."""


class _Pair(NamedTuple):
    """A step, its gradient change, and their product."""

    step: Vector
    change: Vector
    bend: float


_NO_PAIRS: tuple[_Pair, ...] = ()


@dataclass(frozen=True, eq=False)
class _Memory:
    """What is known of the curvature.

    Attributes
    ----------
    inverse : InverseHessian
    fresh : bool
        Whether it is that of all rows at this point.
    pairs : tuple of _Pair
        Steps since it was taken.
    decrement : float
        That of the gradient here.
    """

    inverse: InverseHessian
    fresh: bool
    pairs: tuple[_Pair, ...]
    decrement: float


@dataclass(frozen=True)
class SampledNewton:
    """Quasi-Newton steps whose initial Hessian is that of a sample of the rows.

    The start is the minimum over one row in eight, found in the same way. The Hessian there, of as
    many rows as cost one gradient, is kept while the gradients of all rows correct it (L-BFGS), and
    taken anew from more rows where progress is slow: so the method ends as Newton's if it must.

    For `MeanLoss` objectives.

    References
    ----------
    Byrd, Chin, Neveitt & Nocedal, SIAM J. Optim. 21 (2011) 977-995 (sampled Hessians); Nocedal &
    Wright, algorithm 7.4, with that Hessian in place of its multiple of the identity.
    """

    def initial_state(self, objective: Objective, x: Vector) -> State:
        """Find a start on a sample, and the Hessian there."""
        assert isinstance(objective, MeanLoss)
        n, p = objective.rows.n_rows, objective.size
        if n * p**2 <= QUICK or n <= GLANCE:
            return _begin(objective, x)
        sample, pairs = objective, _NO_PAIRS
        if n > SHARE * ENOUGH_PER_PARAMETER * p:
            sample = objective.sampled(n // SHARE)
            if not x.any():  # a start that was given is better
                x, pairs = self._minimum_over(sample, x)
        inverse = _curvature(objective, sample, x)
        fun, gradient = objective.value_and_gradient(x)
        if not is_finite(fun, gradient):
            return State(x, fun, gradient, stop=not_finite(x, fun, gradient))
        decrement = inverse.decrement(gradient)
        kept = pairs if inverse.diagonal else _NO_PAIRS
        return State(x, fun, gradient, memory=_Memory(inverse, False, kept, decrement))

    def next_state(self, objective: Objective, state: State) -> State:
        """Take one step."""
        assert isinstance(objective, MeanLoss)
        memory: _Memory = state.memory
        if not state.gradient.any():
            return replace(state, step_length=0.0)
        direction = _direction(memory, state.gradient)
        found = Armijo().next_state(objective, state, direction, 1.0)
        if found.stop is not None:
            if memory.fresh:
                return found
            anew = _begin(objective, state.x)
            return self.next_state(objective, anew) if anew.stop is None else anew
        s, y = found.x - state.x, found.gradient - state.gradient
        inverse, pairs, bend = memory.inverse, memory.pairs, float(s @ y)
        if bend > EPS * float(np.linalg.norm(s)) * float(np.linalg.norm(y)):
            pairs = (*pairs, _Pair(s, y, bend))[-MEMORY:]
        decrement, fresh, event = inverse.decrement(found.gradient), False, ""
        if decrement > (SLOWER if inverse.diagonal else SLOW) * memory.decrement:
            rows = _affordable(objective)
            rows = rows if inverse.diagonal else max(rows, GROWTH * inverse.rows)
            inverse, pairs = _inverse(objective, objective, found.x, rows), _NO_PAIRS
            decrement, fresh = (
                inverse.decrement(found.gradient),
                inverse.rows == objective.rows.n_rows,
            )
            event = f"the Hessian of {inverse.rows} rows"
        return replace(found, memory=_Memory(inverse, fresh, pairs, decrement), event=event)

    def _minimum_over(self, sample: MeanLoss, x: Vector) -> tuple[Vector, tuple[_Pair, ...]]:
        """Roughly the minimum over a sample, and the steps that led there."""
        state = self.initial_state(sample, x)
        for _ in range(ROUGH_STEPS):
            if state.stop is not None:
                return x, _NO_PAIRS
            if state.memory.decrement**2 * sample.rows.n_rows <= ROUGH * sample.size:
                break
            found = self.next_state(sample, state)
            if found.stop is not None:
                break
            state = found
        return state.x, state.memory.pairs


def _begin(objective: MeanLoss, x: Vector) -> State:
    """The state with the Hessian of all rows."""
    fun, gradient, hessian = objective.value_gradient_hessian(x)
    if not is_finite(fun, gradient):
        return State(x, fun, gradient, stop=not_finite(x, fun, gradient))
    inverse = InverseHessian.of(objective, hessian, objective.rows.n_rows)
    return State(
        x, fun, gradient, memory=_Memory(inverse, True, _NO_PAIRS, inverse.decrement(gradient))
    )


def _curvature(objective: MeanLoss, sample: MeanLoss, x: Vector) -> InverseHessian:
    """The inverse of the Hessian of a part of a sample, of as many rows as are worth their time."""
    rows = _affordable(objective)
    if rows < PRECISE_PER_PARAMETER * objective.size:
        glance = sample.sampled(GLANCE)
        seen = glance.rough_hessian(x)
        inverse = InverseHessian.without_correlations(objective, seen, glance.rows.n_rows)
        if inverse is not None:
            return inverse
    inverse = _inverse(
        objective, sample if 2 * rows <= objective.rows.n_rows else objective, x, rows
    )
    if not inverse.singular:
        return inverse
    return _inverse(objective, objective, x, objective.rows.n_rows)


def _affordable(objective: MeanLoss) -> int:
    """Rows whose Hessian costs as much as a gradient of all; or as many as it takes at least."""
    n, p = objective.rows.n_rows, objective.size
    return max(int(ROWS_PER_PASS * n / p), ENOUGH_PER_PARAMETER * p)


def _inverse(objective: MeanLoss, source: MeanLoss, x: Vector, rows: int) -> InverseHessian:
    """That of the Hessian of so many rows of a source; of all where that is not much more."""
    part = source if 2 * rows > source.rows.n_rows else source.sampled(rows)
    if part is not objective:
        objective.counts.nhev += 1
    n = part.rows.n_rows
    found = InverseHessian.of_rough(objective, part.rough_hessian(x), n)
    return InverseHessian.of(objective, part.hessian(x), n) if found is None else found


def _direction(memory: _Memory, gradient: Vector) -> Vector:
    """−H⁻¹∇φ, the Hessian corrected by the last steps (N&W, algorithm 7.4)."""
    q, shares = -gradient, []
    for step, change, bend in reversed(memory.pairs):
        share = float(step @ q) / bend
        shares.append(share)
        q -= share * change
    q = memory.inverse.solve(q)
    if memory.pairs and memory.inverse.diagonal:
        # The curvature's size now, beside that where the Hessian was taken (N&W, 7.20): of all
        # pairs, since the last may lie along one of the few directions that differ from the rest.
        q *= statistics.median(
            bend / float(change @ memory.inverse.solve(change)) for _, change, bend in memory.pairs
        )
    for (step, change, bend), share in zip(memory.pairs, reversed(shares), strict=True):
        q += (share - float(change @ q) / bend) * step
    return q
