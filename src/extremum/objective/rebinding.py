"""The user's function with its `numpy` and `math` bound to ones that keep traced values.

NumPy's dispatch protocols are not asked where an array is made: `np.zeros(3)` is a plain array,
which can hold plain floats only, and so is what `np.array([x[0], 1.0])` would have to be. `math`
knows no protocols at all. So the function that is traced is a copy of the user's own code in which
the names that mean these modules, or functions of theirs, mean the ones below. Nothing global is
changed, and the copy is only ever called to be followed.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import jax.numpy as jnp
import numpy as np
import scipy.special

from extremum.objective.forwarding import Traced, unwrap
from extremum.objective.tracing import TracedArray

_FUNCTIONS = (FunctionType, MethodType, functools.partial)
"""What is followed too where it is an argument of a `partial`."""


def followable(fun: Callable[..., Any]) -> Callable[..., Any]:
    """Copy a function of the user's, with the helpers of its own module that it calls."""
    if isinstance(fun, functools.partial):
        args = (followable(a) if isinstance(a, _FUNCTIONS) else a for a in fun.args)
        return functools.partial(followable(fun.func), *args, **fun.keywords)
    if isinstance(fun, MethodType) and isinstance(fun.__func__, FunctionType):
        return MethodType(_Copy(fun.__func__.__globals__).of(fun.__func__), fun.__self__)
    if isinstance(fun, FunctionType):
        return _Copy(fun.__globals__).of(fun)
    call = getattr(type(fun), "__call__", None)  # noqa: B004  the method itself is wanted
    if isinstance(call, FunctionType):
        return MethodType(_Copy(call.__globals__).of(call), fun)
    return fun


class _Copy:
    """Copies of the functions of one module, which share one copy of its globals."""

    def __init__(self, module_globals: dict[str, Any]) -> None:
        self.original = module_globals
        self.globals = dict(module_globals)
        self.copies: dict[int, FunctionType] = {}

    def of(self, function: FunctionType) -> FunctionType:
        if id(function) in self.copies:
            return self.copies[id(function)]
        cells = tuple(CellType() for _ in function.__closure__ or ())
        copy = FunctionType(
            function.__code__, self.globals, function.__name__, function.__defaults__, cells or None
        )
        copy.__kwdefaults__ = function.__kwdefaults__
        copy.__dict__.update(function.__dict__)
        self.copies[id(function)] = copy  # before what it refers to, which may be itself
        for name in _names(function.__code__):
            if name in self.original:
                self.globals[name] = self.bound(self.original[name])
        for cell, original in zip(cells, function.__closure__ or (), strict=True):
            try:
                cell.cell_contents = self.bound(original.cell_contents)
            except ValueError:  # not assigned yet
                continue
        return copy

    def bound(self, value: Any) -> Any:
        """What a name of the user's is to mean in the copy."""
        if isinstance(value, FunctionType) and value.__globals__ is self.original:
            return self.of(value)
        return _MEANINGS.get(id(value), value)


def _names(code: CodeType) -> Iterator[str]:
    """The global names that a function, or one defined inside it, may look up."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _holds_traced(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(_holds_traced(item) for item in value)
    if type(value) is np.ndarray and value.dtype == object:
        return any(isinstance(item, Traced) for item in value.flat)
    return isinstance(value, Traced)


def _asarray(a: Any, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
    if not _holds_traced(a) or dtype is object:
        return np.asarray(a, dtype, *args, **kwargs)
    same = isinstance(a, TracedArray) and a.ndim and (dtype is None or np.dtype(dtype) == a.dtype)
    return a if same else TracedArray(jnp.asarray(unwrap(a), dtype=dtype))


def _array(a: Any, dtype: Any = None, *, ndmin: int = 0, **kwargs: Any) -> Any:
    if not _holds_traced(a) or dtype is object:
        return np.array(a, dtype, ndmin=ndmin, **kwargs)
    if kwargs.get("copy", True) is not True and not ndmin:
        return _asarray(a, dtype)
    return TracedArray(jnp.array(unwrap(a), dtype=dtype, ndmin=ndmin))


def _filled(name: str) -> Callable[..., Any]:
    """`np.zeros` and its like: an array that traced values can be written to."""
    plain = getattr(np, name)

    def make(*args: Any, **kwargs: Any) -> Any:
        made = plain(*args, **kwargs)
        if isinstance(made, Traced) or made.dtype != np.float64:
            return made
        return TracedArray(jnp.asarray(np.zeros_like(made) if "empty" in name else made))

    return make


def _full(shape: Any, fill_value: Any, dtype: Any = None, **kwargs: Any) -> Any:
    if not _holds_traced(fill_value):
        return _filled("full")(shape, fill_value, dtype, **kwargs)
    return TracedArray(jnp.full(shape, unwrap(fill_value), dtype))


def _of_number(plain: Callable[..., Any], numpy: Callable[..., Any]) -> Callable[..., Any]:
    """A function of `math` that hands traced numbers to NumPy's."""

    def call(*args: Any) -> Any:
        return numpy(*args) if _holds_traced(args) else plain(*args)

    return call


def _fsum(values: Any) -> Any:
    values = list(values)
    return np.sum(_asarray(values)) if _holds_traced(values) else math.fsum(values)


def _log(x: Any, base: Any = math.e) -> Any:
    return np.log(x) if base is math.e else np.log(x) / np.log(base)


_FILLED = "zeros ones empty eye identity zeros_like ones_like empty_like full_like".split()
_CONSTRUCTORS: dict[str, Callable[..., Any]] = {
    "array": _array,
    "asarray": _asarray,
    "asanyarray": _asarray,
    "ascontiguousarray": _asarray,
    "full": _full,
    **{name: _filled(name) for name in _FILLED},
}
_MATH: dict[str, Callable[..., Any]] = {
    name: getattr(np, name)
    for name in (
        "sin cos tan sinh cosh tanh exp exp2 expm1 log1p log2 log10 sqrt cbrt fabs degrees radians "
        "copysign isnan isinf isfinite prod"
    ).split()
} | {
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "atanh": np.arctanh,
    "dist": lambda p, q: np.linalg.norm(_asarray(p) - _asarray(q)),
    "erf": scipy.special.erf,
    "erfc": scipy.special.erfc,
    "gamma": scipy.special.gamma,
    "hypot": lambda *sides: np.linalg.norm(_asarray(sides)),
    "lgamma": scipy.special.gammaln,
    "log": _log,
    "pow": np.power,
}


def _stand_in(module: ModuleType, functions: dict[str, Callable[..., Any]]) -> ModuleType:
    """A module like another but for some functions."""
    made = ModuleType(module.__name__)
    made.__dict__.update(functions)
    made.__dict__["__getattr__"] = lambda name: getattr(module, name)
    return made


_MATH_FUNCTIONS = {
    name: _of_number(getattr(math, name), numpy)
    for name, numpy in _MATH.items()
    if hasattr(math, name)
} | {"fsum": _fsum}
_MEANINGS: dict[int, Any] = {
    id(np): _stand_in(np, _CONSTRUCTORS),
    id(math): _stand_in(math, _MATH_FUNCTIONS),
    **{id(getattr(np, name)): function for name, function in _CONSTRUCTORS.items()},
    **{id(getattr(math, name)): function for name, function in _MATH_FUNCTIONS.items()},
}
"""What the names of the user's function mean while it is followed, by the identity of the plain
thing; modules and their functions live as long as the process."""
