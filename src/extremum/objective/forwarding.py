"""Calling `jax.numpy` on traced arrays: unwrapped on the way in, wrapped on the way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


class Traced:
    """What holds a JAX array on behalf of the user's code."""

    __slots__ = ()

    @property
    def _value(self) -> jax.Array:
        raise NotImplementedError


def forward(
    function: Callable[..., Any], args: Any, kwargs: dict[str, Any], wrap: Callable[[Any], Any]
) -> Any:
    """Call a function of `jax.numpy` on traced arguments.

    NumPy takes lists wherever it takes arrays, `jax.numpy` only where a sequence of arrays is
    meant. So it is asked three times: with lists as they stand, with lists of arrays, with arrays.
    """
    args, kwargs = unwrap(args, lists=False), unwrap(kwargs, lists=False)
    for convert in (_as_it_stands, _items_to_arrays):
        try:
            return wrap_all(
                function(*map(convert, args), **{k: convert(v) for k, v in kwargs.items()}), wrap
            )
        except TypeError:
            continue
    result = function(*map(_listless, args), **{k: _listless(v) for k, v in kwargs.items()})
    return wrap_all(result, wrap)


def unwrap(value: Any, lists: bool = True) -> Any:
    """Replace traced arrays, and arrays and lists of them, by what they hold."""
    if isinstance(value, Traced):
        return value._value
    if isinstance(value, np.ndarray) and value.dtype == object:
        flat = [jnp.asarray(unwrap(item)) for item in value.ravel()]
        return jnp.stack(flat).reshape(value.shape) if flat else jnp.zeros(value.shape)
    if isinstance(value, tuple | list):
        items = [unwrap(item, lists) for item in value]
        return _listless(items) if lists else type(value)(items)
    if isinstance(value, dict):
        return {key: unwrap(item, lists) for key, item in value.items()}
    return value


def wrap_all(value: Any, wrap: Callable[[Any], Any]) -> Any:
    """Wrap the JAX arrays in what a function returned."""
    if isinstance(value, jax.Array):
        return wrap(value)
    if isinstance(value, tuple | list):
        items = [wrap_all(item, wrap) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return value


def _as_it_stands(value: Any) -> Any:
    return value


def _items_to_arrays(value: Any) -> Any:
    """Turn the lists in a list into arrays: what a function of several arrays is given."""
    if isinstance(value, tuple | list):
        return type(value)(_listless(item) for item in value)
    return value


def _listless(value: Any) -> Any:
    """Turn a list of numbers and JAX arrays into one array."""
    if isinstance(value, tuple | list) and value:
        return jnp.stack([jnp.asarray(_listless(item)) for item in value])
    return value
