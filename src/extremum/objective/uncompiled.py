"""Exact derivatives without compilation, for functions that branch on values in Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from extremum.objective.counts import Counts
from extremum.objective.function import PlainFunction, sixty_four_bit
from extremum.objective.parameters import Vector


@dataclass(frozen=True)
class UncompiledDerivatives:
    """The user's function is run anew, step by step, at every evaluation of a derivative.

    The branch taken is the one that the plain function takes at that point. The Hessian's columns
    are found one at a time, for only so are the values known that Python branches on.
    """

    name: str
    plain: PlainFunction
    function: Callable[[Any], Any]
    notes: tuple[str, ...] = (
        "the function branches on values, so its derivatives are exact but not compiled; "
        "np.where(condition, a, b) would let them be",
    )
    exact: bool = True

    def value(self, x: Vector, counts: Counts) -> float:
        """φ at x, by the plain function."""
        return self.plain.value(x, counts)

    def value_and_gradient(self, x: Vector, counts: Counts) -> tuple[float, Vector]:
        """φ and ∇φ at x."""
        counts.nfev += 1
        counts.njev += 1
        with sixty_four_bit(), self.plain.noting(x):
            value, gradient = jax.value_and_grad(self.function)(jnp.asarray(x))
            return float(value), np.asarray(gradient)

    def hessian(self, x: Vector, counts: Counts) -> Vector:
        """∇²φ at x, of shape (n, n)."""
        counts.nhev += 1
        columns = [self.hessian_vector(x, e, Counts()) for e in np.eye(x.size)]
        return np.stack(columns, axis=1)

    def hessian_vector(self, x: Vector, v: Vector, counts: Counts) -> Vector:
        """∇²φ·v at x."""
        counts.nhvp += 1
        with sixty_four_bit(), self.plain.noting(x):
            at = (jnp.asarray(x),)
            return np.asarray(jax.jvp(jax.grad(self.function), at, (jnp.asarray(v),))[1])
