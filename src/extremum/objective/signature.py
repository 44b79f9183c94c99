"""A program's identity: the same for two traces exactly where they compute the same."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import jax
import jax.extend.core as jex
import numpy as np


def signature(jaxpr: Any) -> Hashable:
    """What two jaxprs that compute the same have in common."""
    numbers: dict[Any, int] = {}

    def number(atom: Any) -> Hashable:
        if isinstance(atom, jex.Literal):
            value = np.asarray(atom.val)
            return ("literal", str(atom.aval), value.dtype.str, value.tobytes())
        return numbers.setdefault(atom, len(numbers))

    inputs = tuple((number(v), str(v.aval)) for v in (*jaxpr.constvars, *jaxpr.invars))
    steps = tuple(
        (
            equation.primitive.name,
            tuple(number(atom) for atom in equation.invars),
            tuple((number(v), str(v.aval)) for v in equation.outvars),
            tuple((name, _parameter(value)) for name, value in sorted(equation.params.items())),
        )
        for equation in jaxpr.eqns
    )
    return inputs, steps, tuple(number(atom) for atom in jaxpr.outvars)


def _parameter(value: Any) -> Hashable:
    """A primitive's parameter as part of a program's identity."""
    if isinstance(value, jex.ClosedJaxpr):
        constants = tuple((c.dtype.str, c.tobytes()) for c in map(np.asarray, value.consts))
        return signature(value.jaxpr), constants
    if isinstance(value, jex.Jaxpr):
        return signature(value)
    if isinstance(value, tuple | list):
        return tuple(_parameter(item) for item in value)
    if isinstance(value, np.ndarray | jax.Array):
        array = np.asarray(value)
        return array.shape, array.dtype.str, array.tobytes()
    # A mesh can be called too, as a decorator, but is compared by what it is.
    if callable(value) and not isinstance(value, jax.sharding.Mesh):
        return _rule(value)
    return value if isinstance(value, Hashable) else _Unlike()


def _rule(function: Any) -> Hashable:
    """A custom derivative rule: JAX's own is known by its place, a user's only by itself.

    The primal program beside it holds the values, and JAX's rules depend on nothing else; a
    user's rule may read anything, so no two traces of it are taken to be alike.
    """
    source = str(getattr(getattr(function, "debug_info", None), "func_src_info", ""))
    return source if "/jax/" in source.replace("\\", "/") else _Unlike()


class _Unlike:
    """Equal to nothing but itself."""
