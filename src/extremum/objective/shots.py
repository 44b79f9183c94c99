"""Many motions at once: the Euler-Lagrange equation from given states, with its derivative.

Runge and Kutta's method of order four, the same steps for all, in one compiled call. It serves to
see where initial velocities lead; paths are made accurate by other means.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from extremum.objective.acceleration import acceleration_of, lagrangian
from extremum.objective.compiled import MOST_PROGRAMS
from extremum.objective.function import sixty_four_bit
from extremum.objective.local import LocalFunction, padded
from extremum.objective.parameters import Vector

PLACES = np.array([0.0, 1 / 2, 1 / 2, 1.0])
WEIGHTS = np.array([1 / 6, 1 / 3, 1 / 3, 1 / 6])
"""Of the stages; each goes on from the start by the rate of the one before."""


class Shots(NamedTuple):
    """Where m motions of d coordinates go.

    Attributes
    ----------
    q : ndarray of shape (m, k, d)
        Coordinates at the times asked for.
    jacobian : ndarray of shape (m, d, d)
        ∂q/∂v₀ at the last time.
    turns : ndarray of shape (m,)
        For d = 1 how often ∂q/∂v₀ has changed its sign: the number of conjugate points. Else 0.
    """

    q: Vector
    jacobian: Vector
    turns: Vector


def shots(local: LocalFunction, t: Vector, q: Vector, v: Vector, steps: int) -> Shots:
    """Follow motions from states at the first time.

    Parameters
    ----------
    local : LocalFunction
        The Lagrangian, of the 1 + 2d numbers t, q, v.
    t : ndarray of shape (k,)
        Times at which the coordinates are wanted.
    q : ndarray of shape (d,)
    v : ndarray of shape (m, d)
    steps : int
        Between each two times.
    """
    function, captured = local.program
    with sixty_four_bit():
        found = _kernel(function, q.size)(captured, t, steps, q, padded(v))
    return Shots(*(np.asarray(part)[: len(v)] for part in found))


@lru_cache(maxsize=MOST_PROGRAMS)
def _kernel(function: Callable[[list[Any], Any], Any], d: int) -> Callable[..., Any]:
    """Compile for the function of (captured arrays, (t, q, v)) that a program is."""

    def shot(captured: list[Any], times: Any, steps: Any, q: Any, v: Any) -> Any:
        acceleration = acceleration_of(lagrangian(function, captured))

        def rate(t: Any, state: Any) -> Any:
            """Of q, v and, by Jacobi's equation, of their derivatives by v₀."""
            q, v, dq, dv = state

            def along(q_way: Any, v_way: Any) -> Any:
                way = (jnp.zeros_like(t), q_way, v_way)
                return jax.jvp(acceleration, (t, q, v), way)[1]

            return v, acceleration(t, q, v), dv, jax.vmap(along)(dq, dv)

        def moved(state: Any, h: Any, rates: Any) -> Any:
            return jax.tree.map(lambda x, r: x + h * r, state, rates)

        def step(t: Any, h: Any, state: Any) -> Any:
            def stage(carried: Any, place_and_weight: Any) -> Any:
                place, weight = place_and_weight
                last, total = carried
                now = rate(t + place * h, moved(state, place * h, last))
                return (now, moved(total, weight * h, now)), None

            # The stages as a loop: what is compiled is four times shorter.
            still = jax.tree.map(jnp.zeros_like, state)
            return jax.lax.scan(stage, (still, state), (PLACES, WEIGHTS))[0][1]

        def leg(carried: Any, ends: Any) -> Any:
            begin, end = ends
            h = (end - begin) / steps

            def next_step(k: Any, carried: Any) -> Any:
                state, sign, turns = carried
                state = step(begin + k * h, h, state)
                now = jnp.sign(state[2][0, 0]) if d == 1 else sign
                return state, now, turns + (now * sign < 0)

            carried = jax.lax.fori_loop(0, steps, next_step, carried)
            return carried, carried[0][0]

        unit = jnp.eye(d)
        start = (q, v, jnp.zeros((d, d)), unit), jnp.ones(()), jnp.zeros((), int)
        (state, _, turns), places = jax.lax.scan(leg, start, (times[:-1], times[1:]))
        # Row k of what was carried is the derivative by the k-th component of v₀.
        return jnp.concatenate([q[None], places]), state[2].T, turns

    return jax.jit(jax.vmap(shot, in_axes=(None, None, None, None, 0)))
