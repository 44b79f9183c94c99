"""Exact derivatives without compilation, for functions that branch on values in Python."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from extremum.objective.agreement import disagreement
from extremum.objective.counts import Counts
from extremum.objective.differences import CentralDifference, ValueDifferences
from extremum.objective.function import PlainFunction, show_point, sixty_four_bit
from extremum.objective.parameters import Vector
from extremum.objective.refusals import reason, refusals
from extremum.outcomes import DerivativeWarning


@dataclass(frozen=True)
class UncompiledDerivatives:
    """The user's function is run anew, step by step, at every evaluation of a derivative.

    The branch taken is the one that the plain function takes at that point. At a point whose branch
    can't be followed, derivatives are taken by differences, with a warning.
    """

    name: str
    plain: PlainFunction
    function: Callable[[Any], Any]
    scale: float = 0.0
    """Of the values: what a traced value may differ by is relative to it."""
    notes: tuple[str, ...] = (
        "the function branches on values, so its derivatives are exact but not compiled; "
        "np.where(condition, a, b) would let them be",
    )
    exact: bool = True

    def value(self, x: Vector, counts: Counts) -> float:
        """φ at x, by the plain function."""
        return self.plain.value(x, counts)

    def followed_value(self, x: Vector) -> float:
        """φ at x by what is differentiated, to compare with the plain function's."""
        return self._followed(x)[0]

    def followed_gradient(self, x: Vector) -> Vector:
        """∇φ at x; raises whatever following the function raises."""
        return self._followed(x)[1]

    def _followed(self, x: Vector) -> tuple[float, Vector]:
        with sixty_four_bit():
            value, gradient = jax.value_and_grad(self.function)(jnp.asarray(x))
            return float(value), np.asarray(gradient)

    def value_and_gradient(self, x: Vector, counts: Counts) -> tuple[float, Vector]:
        """φ and ∇φ at x."""
        # First the plain function: if it raises, the exception is the user's own.
        value = self.plain.value(x, counts)
        with refusals() as refused:
            try:
                found, gradient = self._followed(x)
                why = disagreement(found, value, x, self.scale)
            except Exception as error:
                why = reason(error, refused)
        if why is not None:
            return value, self._differences(x, why).value_and_gradient(x, counts)[1]
        counts.njev += 1
        return value, gradient

    def hessian(self, x: Vector, counts: Counts) -> Vector:
        """∇²φ at x, of shape (n, n)."""
        with refusals() as refused:
            try:
                hessian = self._followed_hessian(x)
            except Exception as error:
                return self._differences(x, reason(error, refused)).hessian(x, counts)
        counts.nhev += 1
        return hessian

    def hessian_vector(self, x: Vector, v: Vector, counts: Counts) -> Vector:
        """∇²φ·v at x."""
        with refusals() as refused:
            try:
                product = self.followed_product(x, v)
            except Exception as error:
                return self._differences(x, reason(error, refused)).hessian_vector(x, v, counts)
        counts.nhvp += 1
        return product

    def _followed_hessian(self, x: Vector) -> Vector:
        """Follow the gradient once; what is linear in the direction is then asked for all."""
        with sixty_four_bit():
            _, product = jax.linearize(jax.grad(self.function), jnp.asarray(x))
            return np.asarray(jax.vmap(product)(jnp.eye(x.size)))

    def followed_product(self, x: Vector, v: Vector) -> Vector:
        """∇²φ·v at x; raises whatever following the function raises."""
        with sixty_four_bit():
            at = (jnp.asarray(x),)
            return np.asarray(jax.jvp(jax.grad(self.function), at, (jnp.asarray(v),))[1])

    def _differences(self, x: Vector, why: str) -> ValueDifferences:
        self.plain.value(x, Counts())  # if it raises too, the exception is the user's own
        warnings.warn(
            f"{self.plain.name} can't be differentiated exactly at x = {show_point(x)}: {why}. "
            "Central differences are used there.",
            DerivativeWarning,
            stacklevel=4,
        )
        return ValueDifferences(self.plain, CentralDifference())
