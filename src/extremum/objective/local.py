"""A function of few variables, with its derivatives at many points by one compiled call.

The action of a path is a sum of values of one such function, the Lagrangian. It is followed by the
machinery that follows any objective, so it may be plain NumPy, and what it captures is an argument
of what is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import numpy as np

from extremum.objective.agreement import near
from extremum.objective.compiled import MOST_PROGRAMS, CompiledDerivatives
from extremum.objective.counts import Counts
from extremum.objective.exact import exact_derivatives
from extremum.objective.function import PlainFunction, sixty_four_bit
from extremum.objective.parameters import Parameters, Vector
from extremum.outcomes import Untraceable

BUCKETS = (128, 1024, 8192, 65536)
"""Rows are padded to the next of these numbers, so that other meshes compile nothing; beyond the
last, where padding would cost more than it saves, there are as many as are asked for."""


class Derivatives(NamedTuple):
    """A function of k variables at m points.

    Attributes
    ----------
    value : ndarray of shape (m,)
    gradient : ndarray of shape (m, k)
    hessian : ndarray of shape (m, k, k)
    """

    value: Vector
    gradient: Vector
    hessian: Vector


@dataclass(frozen=True, eq=False)
class LocalFunction:
    """f: ℝᵏ → ℝ, of few variables k, over the rows of arrays.

    Made by `of`.
    """

    plain: PlainFunction
    _compiled: CompiledDerivatives
    _examples: tuple[Vector, Vector]
    known: tuple[float, ...]

    @classmethod
    def of(cls, fun: Callable[..., Any], example: Any, args: tuple[Any, ...] = ()) -> LocalFunction:
        """Follow a function.

        Parameters
        ----------
        fun : callable
            ``fun(z, *args) -> float`` with `z` of the structure of `example`.
        example : pytree of ndarrays
            A point of k numbers in all where the function is finite.
        args : tuple
            Further arguments; other numbers of the same kind compile nothing.

        Raises
        ------
        InvalidInput
            If it does not return a number.
        Untraceable
            If it can't be followed and compiled.
        """
        plain = PlainFunction(fun, Parameters.of(example), args)
        point = plain.parameters.start
        try:
            plain.value(point, Counts())
        except Exception as error:
            in_jax = plain.called_in_jax(error)
            if in_jax is None:
                raise
            try:
                in_jax.value(point, Counts())
            except Exception:
                raise error from None
            plain = in_jax
        found = exact_derivatives(plain, point)
        if not isinstance(found, CompiledDerivatives):
            raise Untraceable(
                f"{plain.name} can't be compiled: it branches on values in Python. "
                "Write np.where(condition, a, b) for `a if condition else b`."
            )
        examples = point, near(point)
        return cls(plain, found, examples, cls._values(plain, examples))

    @property
    def size(self) -> int:
        """The number of variables k."""
        return self.plain.parameters.size

    @property
    def program(self) -> tuple[Callable[[list[Any], Any], Any], list[Any]]:
        """The function of (captured arrays, point) that was followed, and those arrays."""
        return self._compiled.program

    @property
    def is_current(self) -> bool:
        """Whether the user's function still gives the values that it gave when it was followed.

        What it reads besides its arguments may have changed since.
        """
        return self._values(self.plain, self._examples) == self.known

    @staticmethod
    def _values(plain: PlainFunction, examples: tuple[Vector, Vector]) -> tuple[float, ...]:
        """Those at the example and near it."""
        return tuple(plain.value(example, Counts()) for example in examples)

    def value(self, rows: Vector) -> Vector:
        """Evaluate f at points of shape (m, k); of shape (m,)."""
        function, captured = self.program
        with sixty_four_bit():
            found = _kernels(function).value(captured, padded(rows))
        return np.asarray(found)[: len(rows)]

    def derivatives(self, rows: Vector) -> Derivatives:
        """Evaluate f, ∇f and ∇²f at points of shape (m, k)."""
        function, captured = self.program
        m = len(rows)
        with sixty_four_bit():
            found = _kernels(function).derivatives(captured, padded(rows))
        return Derivatives(*(np.asarray(part)[:m] for part in found))


def padded(rows: Vector) -> Vector:
    """Repeat the last row up to the next of the numbers of rows that are compiled for."""
    m = len(rows)
    size = next((bucket for bucket in BUCKETS if m <= bucket), m)
    if size == m:
        return rows
    filled = np.empty((size, *rows.shape[1:]))
    filled[:m] = rows
    filled[m:] = rows[-1]
    return filled


class _Kernels(NamedTuple):
    """What is compiled for a program."""

    value: Callable[[list[Any], Any], Any]
    derivatives: Callable[[list[Any], Any], Any]


@lru_cache(maxsize=MOST_PROGRAMS)
def _kernels(function: Callable[[list[Any], Any], Any]) -> _Kernels:
    """Compile for the function of (captured arrays, point) that a program is."""

    def derivatives(captured: list[Any], z: Any) -> tuple[Any, Any, Any]:
        return value_gradient_hessian(lambda y: function(captured, y), z)

    return _Kernels(
        jax.jit(jax.vmap(function, in_axes=(None, 0))),
        jax.jit(jax.vmap(derivatives, in_axes=(None, 0))),
    )


def value_gradient_hessian(function: Callable[[Any], Any], z: Any) -> tuple[Any, Any, Any]:
    """A JAX function's value, gradient and Hessian at z, of shape (k,), to be compiled."""

    def gradient(y: Any) -> tuple[Any, tuple[Any, Any]]:
        value, slope = jax.value_and_grad(function)(y)
        return slope, (value, slope)

    hessian, (value, slope) = jax.jacfwd(gradient, has_aux=True)(z)
    return value, slope, hessian
