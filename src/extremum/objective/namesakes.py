"""Which function of `jax.numpy` or `jax.scipy` stands for which of NumPy and SciPy."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.special
import numpy as np
import scipy.special

_VIEW_FUNCTIONS = """
    atleast_1d atleast_2d atleast_3d broadcast_to diagonal expand_dims flip fliplr flipud
    hsplit vsplit dsplit array_split split moveaxis permute_dims matrix_transpose ravel real
    reshape rollaxis rot90 squeeze swapaxes transpose
"""
VIEW_FUNCTIONS = frozenset(_VIEW_FUNCTIONS.split())
"""The functions of NumPy whose result may share the memory of their first argument."""

_SPECIAL_ALIASES = {"psi": "digamma"}
_NUMPY_ALIASES = {"round_": "round", "trapz": "trapezoid", "product": "prod"}
# jax.numpy's versions of these have another meaning, or would not be what NumPy returns.
_WITHOUT_NAMESAKE = frozenset({"save", "savetxt", "savez", "array2string", "array_repr"})


def ufunc_namesake(ufunc: np.ufunc, method: str) -> Callable[..., Any] | None:
    """Find the differentiable counterpart of a ufunc's method, or None."""
    if getattr(scipy.special, ufunc.__name__, None) is ufunc:
        name = _SPECIAL_ALIASES.get(ufunc.__name__, ufunc.__name__)
        function = getattr(jax.scipy.special, name, None)
        return function if method == "__call__" else None
    if getattr(np, ufunc.__name__, None) is not ufunc and ufunc.__name__ != "clip":
        return None  # somebody's own ufunc
    function = getattr(jnp, ufunc.__name__, None)
    if function is None or method == "__call__":
        return function
    if method == "outer":
        return functools.partial(_outer, function)
    return getattr(function, method, None)


def function_namesake(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """Find the differentiable counterpart of a NumPy function that is not a ufunc, or None."""
    if function.__name__ in _WITHOUT_NAMESAKE:
        return None
    name = _NUMPY_ALIASES.get(function.__name__, function.__name__)
    module = (function.__module__ or "numpy").removeprefix("numpy").lstrip(".")
    place = {"": jnp, "linalg": jnp.linalg, "fft": jnp.fft}.get(module)
    return None if place is None else _OWN.get(name, getattr(place, name, None))


def _outer(function: Callable[..., Any], a: Any, b: Any) -> Any:
    a, b = jnp.asarray(a), jnp.asarray(b)
    return function(a.reshape(a.shape + (1,) * b.ndim), b)


def _unique(ar: Any) -> Any:
    # JAX's own has derivatives of zero.
    ar = jnp.ravel(ar)
    return ar[jnp.unique(ar, return_index=True)[1]]


def _shape(a: Any) -> tuple[int, ...]:
    return tuple(jnp.asarray(a).shape)


def _sinc(x: Any) -> Any:
    """sin(πx)/(πx), by its series near 0, where the second derivative of the quotient is noise."""
    y = jnp.pi * jnp.asarray(x, jnp.float64)
    near = jnp.abs(y) < 0.3
    square, series = y**2, jnp.ones_like(y)
    for k in range(7, 0, -1):
        series = 1 - square / (2 * k * (2 * k + 1)) * series
    far = jnp.where(near, 1.0, y)
    return jnp.where(near, series, jnp.sin(far) / far)


_OWN: dict[str, Callable[..., Any]] = {
    "shape": _shape,
    "ndim": lambda a: jnp.asarray(a).ndim,
    "size": lambda a, axis=None: jnp.size(a, axis),
    "copy": lambda a, order="K", subok=False: jnp.asarray(a),
    "empty_like": lambda a, dtype=None, order="K", subok=True, shape=None: jnp.zeros_like(
        a, dtype=dtype, shape=shape
    ),
    "unique": _unique,
    "sinc": _sinc,
    "iscomplexobj": lambda x: jnp.iscomplexobj(x),
    "trapezoid": lambda y, x=None, dx=1.0, axis=-1: jnp.trapezoid(y, x, dx, axis),
}
"""The few whose signature or result differs from their namesake's."""
