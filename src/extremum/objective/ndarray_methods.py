"""The methods and operators of `ndarray` that are NumPy's functions under another spelling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class NumpyMethods(NDArrayOperatorsMixin):
    """Forwards each to NumPy's function, which dispatches it."""

    __slots__ = ()


def _method(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__name__ = name
    return method


def _in_place(ufunc: np.ufunc) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        # A NumPy scalar is immutable: `a += 1` makes a new one.
        return ufunc(self, other, out=(self,)) if self.ndim else ufunc(self, other)

    return method


_OF_ARRAYS = """
    all any argmax argmin argsort clip conj conjugate cumprod cumsum diagonal dot max mean min
    nonzero prod ravel repeat round searchsorted squeeze std sum swapaxes take trace var
"""
# NumPy calls a method of this name on each element of an array of objects, which is what
# np.array([x[0], x[1]]) makes of traced scalars.
_OF_OBJECTS = """
    arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh deg2rad degrees exp exp2
    expm1 fabs floor log log10 log1p log2 rad2deg radians reciprocal rint sign sin sinh sqrt
    square tan tanh trunc arctan2 hypot logaddexp
"""
for _name in (_OF_ARRAYS + _OF_OBJECTS).split():
    setattr(NumpyMethods, _name, _method(_name))

for _operator, _ufunc in {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.true_divide,
    "floordiv": np.floor_divide,
    "mod": np.remainder,
    "pow": np.power,
    "matmul": np.matmul,
}.items():
    setattr(NumpyMethods, f"__i{_operator}__", _in_place(_ufunc))
