"""The Euler-Lagrange equation, solved for the acceleration; to be traced by JAX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from extremum.objective.elimination import solved


def lagrangian(function: Callable[[list[Any], Any], Any], captured: list[Any]) -> Any:
    """L(t, q, v) of a program: a function of its captured arrays and of the row (t, q, v)."""

    def L(t: Any, q: Any, v: Any) -> Any:
        return function(captured, jnp.concatenate([t[None], q, v]))

    return L


def acceleration_of(L: Any) -> Any:
    """The acceleration as a function of (t, q, v).

    Parameters
    ----------
    L : callable
        Of t, q and v, of shapes (), (d,) and (d,).
    """
    momentum = jax.grad(L, 2)

    def acceleration(t: Any, q: Any, v: Any) -> Any:
        """M q̈ = ∂L/∂q − ∂²L/∂v∂t − ∂²L/∂v∂q q̇."""
        drift = jax.jvp(momentum, (t, q, v), (jnp.ones_like(t), v, jnp.zeros_like(v)))[1]
        return solved(jax.jacfwd(momentum, 2)(t, q, v), jax.grad(L, 1)(t, q, v) - drift)

    return acceleration
