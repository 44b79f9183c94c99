"""The user's own function, called as they wrote it: its errors and its answers are checked."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np

from extremum.objective.counts import Counts
from extremum.objective.parameters import Parameters, Vector
from extremum.outcomes import InvalidInput


def show_point(x: Vector, most: int = 6) -> str:
    """A point as text, shortened where it is long."""
    shown = ", ".join(f"{value:.10g}" for value in x[:most])
    return f"[{shown}{', …' if x.size > most else ''}]" + (
        f" (n = {x.size})" if x.size > most else ""
    )


def sixty_four_bit() -> contextlib.AbstractContextManager[None]:
    """JAX in 64 bits for one evaluation; the user's own setting is left as it was found."""
    found: contextlib.AbstractContextManager[None] = jax.enable_x64(True)
    return found


@dataclass(frozen=True)
class PlainFunction:
    """φ as the user wrote it, on a vector.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float`` with `x` in the user's own structure. If `with_gradient`,
        ``fun(x, *args) -> (float, gradient)``.
    parameters : Parameters
        The user's structure.
    args : tuple
        What the function takes besides.
    in_jax : bool
        Whether it is to be called with JAX arrays: ``x.at[0]`` and ``x[i]`` under `jax.vmap` are
        not to be had of NumPy's.
    """

    fun: Callable[..., Any]
    parameters: Parameters
    args: tuple[Any, ...] = ()
    with_gradient: bool = False
    in_jax: bool = False

    @property
    def name(self) -> str:
        """What messages call the function."""
        return getattr(self.fun, "__name__", type(self.fun).__name__)

    def value(self, x: Vector, counts: Counts) -> float:
        """Evaluate φ at `x`, of shape (n,)."""
        counts.nfev += 1
        result = self.call(x)
        return self.number(self._pair(result)[0] if self.with_gradient else result)

    def value_at_complex(self, z: Any, counts: Counts) -> complex:
        """Evaluate φ at a complex point, for the complex step."""
        counts.nfev += 1
        result = self.parameters.as_array(self.call(z))
        if result.size != 1 or not np.issubdtype(result.dtype, np.complexfloating):
            raise InvalidInput(
                f"{self.name} drops the imaginary part (np.abs, np.real, a comparison?), which is "
                "what the complex step reads; use jac='3-point' or leave jac out."
            )
        return complex(result.reshape(())[()])

    def value_and_gradient(self, x: Vector, counts: Counts) -> tuple[float, Vector]:
        """Evaluate a function that returns its gradient too."""
        counts.nfev += 1
        counts.njev += 1
        value, gradient = self._pair(self.call(x))
        return self.number(value), self.parameters.flatten(gradient, "The gradient")

    def _pair(self, result: Any) -> tuple[Any, Any]:
        if not self._is_pair(result):
            raise InvalidInput(
                f"With jac=True, {self.name} must return (value, gradient); "
                f"it returned a {type(result).__name__}."
            )
        return result[0], result[1]

    def call(self, x: Vector) -> Any:
        """Call the user's function on a copy of `x`; its exception carries a note of the point."""
        # What is not finite is named by whoever meets it; NumPy need not warn of it besides.
        with sixty_four_bit(), np.errstate(all="ignore"), self.noting(x):
            argument = self.parameters.restore(x)
            if self.in_jax:
                argument = jax.tree.map(jax.numpy.asarray, argument)
            return self.parameters.apply(self.fun, argument, *self.args)

    def called_in_jax(self, error: Exception) -> PlainFunction | None:
        """The same function called with JAX arrays, if that is what an exception asks for."""
        if self.in_jax or self.parameters.library == "torch":
            return None
        asks = isinstance(error, jax.errors.TracerArrayConversionError | AttributeError)
        return replace(self, in_jax=True) if asks else None

    @contextlib.contextmanager
    def noting(self, x: Vector) -> Iterator[None]:
        """Add the point to an exception that the user's function raises."""
        try:
            yield
        except Exception as error:
            note = f"Raised by {self.name} at x = {show_point(x)}"
            if not any(n.startswith("Raised by") for n in getattr(error, "__notes__", ())):
                error.add_note(note)
            raise

    def number(self, result: Any) -> float:
        """Check that an answer is one real number."""
        if isinstance(result, float):  # as NumPy's are
            return float(result)
        if result is None:
            raise InvalidInput(f"{self.name} returned None: is its `return` missing?")
        if isinstance(result, tuple | dict | str):
            raise InvalidInput(
                f"{self.name} returned a {type(result).__name__}; one real number is needed"
                + (
                    " (for a value with its gradient, pass jac=True)."
                    if self._is_pair(result)
                    else "."
                )
            )
        try:
            array = self.parameters.as_array(result)
        except ValueError as error:
            raise InvalidInput(
                f"{self.name} returned a ragged {type(result).__name__}; one real number is needed."
            ) from error
        if array.size != 1:
            is_torch = self.parameters.library == "torch"
            kind, library = ("a tensor", "torch") if is_torch else ("an array", "np")
            raise InvalidInput(
                f"{self.name} returned {kind} of shape {array.shape}; one real number is needed. "
                f"For a sum of squares, return {library}.sum(r**2)."
            )
        if np.issubdtype(array.dtype, np.complexfloating):
            raise InvalidInput(
                f"{self.name} returned a complex number; return its real part or abs."
            )
        if not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
            raise InvalidInput(f"{self.name} returned {result!r}; one real number is needed.")
        return float(array.reshape(()))

    @staticmethod
    def _is_pair(result: Any) -> bool:
        return isinstance(result, tuple | list) and len(result) == 2
