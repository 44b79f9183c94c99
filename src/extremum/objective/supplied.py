"""Derivatives that the user wrote, in SciPy's spellings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from extremum.objective.counts import Counts
from extremum.objective.differences import difference_along
from extremum.objective.function import PlainFunction
from extremum.objective.parameters import Vector


@dataclass(frozen=True)
class SuppliedGradient:
    """The user's ``jac``; second derivatives by its differences."""

    function: PlainFunction
    jac: Callable[..., Any] | None
    """None where the function itself returns its gradient (``jac=True``)."""
    notes: tuple[str, ...] = ()
    exact: bool = False
    name: str = "the user's jac"

    def value(self, x: Vector, counts: Counts) -> float:
        """φ at x."""
        return self.function.value(x, counts)

    def gradient(self, x: Vector, counts: Counts) -> Vector:
        """∇φ at x."""
        if self.jac is None:
            return self.function.value_and_gradient(x, counts)[1]
        counts.njev += 1
        given = PlainFunction(self.jac, self.function.parameters, self.function.args).call(x)
        return self.function.parameters.flatten(given, "The gradient that jac returned")

    def value_and_gradient(self, x: Vector, counts: Counts) -> tuple[float, Vector]:
        """φ and ∇φ at x."""
        if self.jac is None:
            return self.function.value_and_gradient(x, counts)
        return self.function.value(x, counts), self.gradient(x, counts)

    def hessian(self, x: Vector, counts: Counts) -> Vector:
        """∇²φ at x by 2n gradients, made symmetric."""
        counts.nhev += 1
        columns = [self._along(x, e, counts) for e in np.eye(x.size)]
        hessian = np.stack(columns, axis=1)
        return (hessian + hessian.T) / 2

    def hessian_vector(self, x: Vector, v: Vector, counts: Counts) -> Vector:
        """∇²φ·v at x by two gradients."""
        counts.nhvp += 1
        return self._along(x, v, counts)

    def _along(self, x: Vector, v: Vector, counts: Counts) -> Vector:
        relative = self.function.parameters.eps ** (1 / 3)
        return difference_along(lambda y: self.gradient(y, counts), x, v, relative)


@dataclass(frozen=True)
class SuppliedHessian:
    """The user's ``hess`` or ``hessp``; each stands in for the other where that is missing."""

    function: PlainFunction
    hess: Callable[..., Any] | None
    hessp: Callable[..., Any] | None
    notes: tuple[str, ...] = ()
    exact: bool = False

    @property
    def name(self) -> str:
        """How the result names this source."""
        return "the user's hess" if self.hess else "the user's hessp"

    def hessian(self, x: Vector, counts: Counts) -> Vector:
        """∇²φ at x."""
        if self.hess is None:
            return np.stack([self.hessian_vector(x, e, counts) for e in np.eye(x.size)], axis=1)
        counts.nhev += 1
        given = PlainFunction(self.hess, self.function.parameters, self.function.args).call(x)
        matrix: Vector = self.function.parameters.square(given, "The Hessian that hess returned")
        return matrix

    def hessian_vector(self, x: Vector, v: Vector, counts: Counts) -> Vector:
        """∇²φ·v at x."""
        if self.hessp is None:
            return self.hessian(x, counts) @ v
        counts.nhvp += 1
        parameters = self.function.parameters
        product = PlainFunction(
            self.hessp, parameters, (parameters.restore(v), *self.function.args)
        )
        return parameters.flatten(product.call(x), "The product that hessp returned")
