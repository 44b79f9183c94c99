"""The motion that a Lagrangian makes of a state: velocity, acceleration, jerk, energy."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from extremum.objective.acceleration import acceleration_of, lagrangian
from extremum.objective.compiled import MOST_PROGRAMS
from extremum.objective.elimination import solved
from extremum.objective.function import sixty_four_bit
from extremum.objective.local import LocalFunction, padded
from extremum.objective.parameters import Vector

SOLUTIONS = 3
"""Newton iterations for the velocity of a momentum, from a velocity with two or three digits; one
is enough where L is quadratic in v."""


class Motion(NamedTuple):
    """States of motion at m times.

    Attributes
    ----------
    velocity, acceleration, jerk : ndarray of shape (m, d)
        q̇, q̈ and the third derivative, by the equation d/dt ∂L/∂v = ∂L/∂q.
    momentum : ndarray of shape (m, d)
    energy : ndarray of shape (m,)
        p·v − L.
    """

    velocity: Vector
    acceleration: Vector
    jerk: Vector
    momentum: Vector
    energy: Vector


def motion_of_velocity(local: LocalFunction, t: Vector, q: Vector, v: Vector) -> Motion:
    """The motion at states (t, q, v), of shapes (m,), (m, d) and (m, d)."""
    return _call("of_velocity", local, t, q, v)


def motion_of_momentum(
    local: LocalFunction, t: Vector, q: Vector, p: Vector, near: Vector
) -> Motion:
    """The motion at states (t, q, p), where the velocity is near a given one."""
    return _call("of_momentum", local, t, q, near, p)


def _call(name: str, local: LocalFunction, t: Vector, *states: Vector) -> Motion:
    function, captured = local.program
    m, d = states[0].shape
    rows = np.concatenate([t[:, None], *states], axis=1)
    kernel = getattr(_kernels(function, d), name)
    with sixty_four_bit():
        found = np.asarray(kernel(captured, padded(rows)))[:m]
    velocity, acceleration, jerk, momentum = (found[:, k * d : (k + 1) * d] for k in range(4))
    return Motion(velocity, acceleration, jerk, momentum, found[:, -1])


class _Kernels(NamedTuple):
    """What is compiled for a program of d coordinates."""

    of_velocity: Callable[[list[Any], Any], Any]
    of_momentum: Callable[[list[Any], Any], Any]


@lru_cache(maxsize=MOST_PROGRAMS)
def _kernels(function: Callable[[list[Any], Any], Any], d: int) -> _Kernels:
    """Compile for the function of (captured arrays, (t, q, v)) that a program is."""

    def motion(captured: list[Any], t: Any, q: Any, v: Any) -> Any:
        L = lagrangian(function, captured)
        acceleration = acceleration_of(L)
        a = acceleration(t, q, v)
        jerk = jax.jvp(acceleration, (t, q, v), (jnp.ones_like(t), v, a))[1]
        p = jax.grad(L, 2)(t, q, v)
        energy = (p @ v - L(t, q, v))[None]
        return jnp.concatenate([v, a, jerk, p, energy])

    def of_velocity(captured: list[Any], row: Any) -> Any:
        return motion(captured, row[0], row[1 : 1 + d], row[1 + d :])

    def of_momentum(captured: list[Any], row: Any) -> Any:
        q, v, p = row[1 : 1 + d], row[1 + d : 1 + 2 * d], row[1 + 2 * d :]

        def L(v: Any) -> Any:
            return function(captured, jnp.concatenate([row[:1], q, v]))

        def newton(_: int, v: Any) -> Any:
            return v + solved(jax.hessian(L)(v), p - jax.grad(L)(v))

        v = jax.lax.fori_loop(0, SOLUTIONS, newton, v)
        return motion(captured, row[0], q, v)

    return _Kernels(
        jax.jit(jax.vmap(of_velocity, in_axes=(None, 0))),
        jax.jit(jax.vmap(of_momentum, in_axes=(None, 0))),
    )
