"""An array that follows plain NumPy code and forwards it to `jax.numpy`.

A function written in NumPy is differentiated as it stands: it is called with a `TracedArray`, whose
operators, NumPy's ufuncs (`__array_ufunc__`) and NumPy's other functions (`__array_function__`)
forward to their namesakes in `jax.numpy`. What NumPy would have done and JAX would not (change an
array that shares its memory, index out of range, turn a value into a plain float) is refused by
`Untraceable` with a sentence that names it, never done differently in silence.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from extremum.objective.namesakes import (
    VIEW_FUNCTIONS,
    function_namesake,
    ufunc_namesake,
)
from extremum.outcomes import Untraceable

_refusals: ContextVar[list[str] | None] = ContextVar("_refusals", default=None)


@contextmanager
def refusals() -> Iterator[list[str]]:
    """Collect what is refused inside, for NumPy may hide the exception behind one of its own."""
    token = _refusals.set(found := [])
    try:
        yield found
    finally:
        _refusals.reset(token)


def refuse(what: str) -> NoReturn:
    """Say that the function can't be followed, and why."""
    found = _refusals.get()
    if found is not None:
        found.append(what)
    raise Untraceable(what)


class TracedArray(NDArrayOperatorsMixin):
    """A stand-in for an `ndarray` whose values are being differentiated.

    A zero-dimensional one stands for a NumPy scalar, and is immutable as those are.

    Parameters
    ----------
    value : jax.Array
        What is followed.
    owner : TracedArray, optional
        The array whose memory NumPy would share with this one.
    """

    __slots__ = ("__weakref__", "_owner", "_value", "_views")
    __array_priority__ = 1000.0

    def __init__(self, value: jax.Array, owner: TracedArray | None = None) -> None:
        self._value = value
        self._views: list[weakref.ref[TracedArray]] = []
        # Views of a view belong to the array that holds the memory.
        root = owner if owner is None or owner._owner is None else owner._owner
        self._owner = root if self.ndim else None
        if self._owner is not None:
            self._owner._views.append(weakref.ref(self))

    # -- what an ndarray tells about itself ------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return self._value.shape

    @property
    def ndim(self) -> int:
        return self._value.ndim

    @property
    def size(self) -> int:
        return self._value.size

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self._value.dtype)

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __repr__(self) -> str:
        return f"<traced array of shape {self.shape}, {self.dtype}>"

    def __format__(self, spec: str) -> str:
        return repr(self)

    # -- leaving the traced world ----------------------------------------------------------------

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError("The truth value of an array with more than one element is ambiguous")
        return bool(self._value.reshape(()))

    def __int__(self) -> int:
        return int(self._value.reshape(()))

    def __index__(self) -> int:
        if not np.issubdtype(self.dtype, np.integer):
            raise TypeError("only integer scalar arrays can be converted to a scalar index")
        return int(self._value)

    def __float__(self) -> float:
        refuse(
            "a value is turned into a plain float, which loses its derivative: by a function of "
            "`math` (write np.sin for math.sin), by float(), or by storing it in an array of "
            "floats (write np.zeros_like(x) for np.zeros(n), np.array([...]) without a dtype)"
        )

    def __complex__(self) -> complex:
        refuse("a value is turned into a plain complex number, which loses its derivative")

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__") and hasattr(np.ndarray, name):
            refuse(f"ndarray.{name} is used, which can't be followed")
        raise AttributeError(f"'numpy.ndarray' object has no attribute {name!r}")

    # -- NumPy's dispatch ------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        target = kwargs.pop("out", None)
        kwargs = {k: v for k, v in kwargs.items() if not (k == "where" and v is True)}
        if method == "at" or kwargs.keys() - {"dtype", "axis", "keepdims", "initial", "axes"}:
            refuse(f"np.{ufunc.__name__} is used with {method} or with {', '.join(kwargs)}=")
        function = ufunc_namesake(ufunc, method)
        if function is None:
            refuse(f"the ufunc {ufunc.__name__}.{method} has no differentiable counterpart")
        result = _call(function, inputs, kwargs)
        if target is None:
            return result
        if len(target) != 1 or not isinstance(target[0], TracedArray):
            refuse("a traced value is written into a plain array; make it with np.zeros_like(x)")
        target[0]._write_over(result)
        return target[0]

    def __array_function__(
        self, func: Callable[..., Any], types: Any, args: Any, kwargs: dict[str, Any]
    ) -> Any:
        name = f"{func.__module__}.{func.__name__}"
        if kwargs.get("out") is not None:
            refuse(f"{name} is used with out=")
        kwargs = {key: value for key, value in kwargs.items() if key != "out"}
        if func is np.copyto or func is np.put or func is np.place or func is np.putmask:
            refuse(f"{name} changes an array in place; write x[...] = values")
        function = function_namesake(func)
        if function is None:
            refuse(f"{name} has no differentiable counterpart")
        result = _call(function, args, kwargs)
        if func.__name__ in VIEW_FUNCTIONS and args and isinstance(args[0], TracedArray):
            return _as_views(result, args[0])
        return result

    # -- indexing --------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[TracedArray]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> TracedArray:
        plain, traced = _plain_index(index)
        if traced:
            # Out of range, NumPy would raise; here NaN shows up and the plain function is asked.
            return TracedArray(self._value.at[plain].get(mode="fill", fill_value=np.nan))
        shared = _shares_memory(self.shape, plain)
        return TracedArray(self._value[plain], self if shared else None)

    def __setitem__(self, index: Any, values: Any) -> None:
        plain, traced = _plain_index(index)
        if not traced:
            _shares_memory(self.shape, plain)  # raises IndexError where NumPy would
        self._check_writable()
        new = jnp.asarray(_unwrap(values)).astype(self._value.dtype)
        if traced and isinstance(plain, jax.Array) and plain.dtype == bool:
            if plain.shape != self.shape or new.ndim:
                refuse("an array is written through a mask of values; write np.where(mask, a, b)")
            self._value = jnp.where(plain, new, self._value)
        elif traced:
            refuse("an array is written at an index that depends on the values")
        else:
            self._value = self._value.at[plain].set(new)

    def _write_over(self, result: TracedArray) -> None:
        """Put a result in this array's place, as `out=` does."""
        if result.shape != self.shape:
            raise ValueError(
                f"non-broadcastable output operand with shape {self.shape} doesn't match the "
                f"broadcast shape {result.shape}"
            )
        if not np.can_cast(result.dtype, self.dtype, "same_kind"):
            raise TypeError(f"Cannot cast output from {result.dtype} to {self.dtype}")
        self._check_writable()
        self._value = result._value.astype(self.dtype)

    def _check_writable(self) -> None:
        """Refuse to change memory that another array shares: JAX's arrays share none."""
        if self.ndim == 0:
            raise TypeError("'numpy.float64' object does not support item assignment")
        self._views = [view for view in self._views if view() is not None]
        if self._owner is not None or self._views:
            refuse(
                "an array is changed in place while a view of it (a slice, .T, reshape) is in use; "
                "take a copy() first"
            )

    # -- the methods of ndarray ------------------------------------------------------------------

    @property
    def T(self) -> TracedArray:  # noqa: N802
        return TracedArray(self._value.T, self)

    @property
    def real(self) -> TracedArray:
        return TracedArray(self._value.real, self)

    @property
    def imag(self) -> TracedArray:
        return TracedArray(self._value.imag)

    def copy(self, order: str = "C") -> TracedArray:
        return TracedArray(self._value)

    def flatten(self, order: Any = "C") -> TracedArray:
        return TracedArray(self._value.ravel(order))

    def astype(self, dtype: Any, **_: Any) -> TracedArray:
        return TracedArray(self._value.astype(dtype))

    def item(self, *index: Any) -> TracedArray:
        return self[index] if index else TracedArray(self._value.reshape(()))

    def tolist(self) -> Any:
        return [row.tolist() for row in self] if self.ndim else self

    def reshape(self, *shape: Any, order: Any = "C") -> TracedArray:
        return TracedArray(self._value.reshape(*shape, order=order), self)

    def transpose(self, *axes: Any) -> TracedArray:
        return TracedArray(self._value.transpose(*axes), self)

    def fill(self, value: Any) -> None:
        self[...] = value


def _method(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: TracedArray, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__name__ = name
    return method


def _in_place(ufunc: np.ufunc) -> Callable[[TracedArray, Any], Any]:
    def method(self: TracedArray, other: Any) -> Any:
        # A NumPy scalar is immutable: `a += 1` makes a new one.
        return ufunc(self, other, out=(self,)) if self.ndim else ufunc(self, other)

    return method


for _name in (
    "all any argmax argmin argsort clip conj conjugate cumprod cumsum diagonal dot max mean min "
    "nonzero prod ravel repeat round searchsorted squeeze std sum swapaxes take trace var"
).split():
    setattr(TracedArray, _name, _method(_name, getattr(np, _name)))

# NumPy calls a method of this name on each element of an array of objects, which is what
# np.array([x[0], x[1]]) makes of traced scalars.
for _name in (
    "arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh deg2rad degrees exp exp2 "
    "expm1 fabs floor log log10 log1p log2 rad2deg radians reciprocal rint sign sin sinh sqrt "
    "square tan tanh trunc arctan2 hypot logaddexp"
).split():
    setattr(TracedArray, _name, _method(_name, getattr(np, _name)))

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
    setattr(TracedArray, f"__i{_operator}__", _in_place(_ufunc))


def unwrap_result(result: Any) -> jax.Array:
    """Give what a traced function returned to JAX: an array of shape () or of one element."""
    return jnp.asarray(_unwrap(result))


def _call(function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """Call a function of `jax.numpy` on traced arguments; lists become arrays where it wants so."""
    args, kwargs = _unwrap(args, lists=False), _unwrap(kwargs, lists=False)
    try:
        result = function(*args, **kwargs)
    except TypeError:
        args, kwargs = ([_listless(a) for a in args], {k: _listless(v) for k, v in kwargs.items()})
        result = function(*args, **kwargs)
    return _wrap(result)


def _unwrap(value: Any, lists: bool = True) -> Any:
    """Replace traced arrays, and arrays and lists of them, by what they hold."""
    if isinstance(value, TracedArray):
        return value._value
    if isinstance(value, np.ndarray) and value.dtype == object:
        flat = [jnp.asarray(_unwrap(item)) for item in value.ravel()]
        return jnp.stack(flat).reshape(value.shape) if flat else jnp.zeros(value.shape)
    if isinstance(value, tuple | list):
        items = [_unwrap(item, lists) for item in value]
        return _listless(items) if lists else type(value)(items)
    if isinstance(value, dict):
        return {key: _unwrap(item, lists) for key, item in value.items()}
    return value


def _listless(value: Any) -> Any:
    """Turn a list of numbers and JAX arrays into one array."""
    if isinstance(value, tuple | list) and value:
        return jnp.stack([jnp.asarray(_listless(item)) for item in value])
    return value


def _wrap(value: Any) -> Any:
    if isinstance(value, jax.Array):
        return TracedArray(value)
    if isinstance(value, tuple | list):
        items = [_wrap(item) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return value


def _as_views(value: Any, owner: TracedArray) -> Any:
    if isinstance(value, TracedArray):
        return TracedArray(value._value, owner)
    if isinstance(value, tuple | list):
        return type(value)(_as_views(item, owner) for item in value)
    return value


def _plain_index(index: Any) -> tuple[Any, bool]:
    """An index without traced arrays where they are known, and whether one of them is not."""
    if isinstance(index, tuple):
        parts = [_plain_index(part) for part in index]
        return tuple(part for part, _ in parts), any(traced for _, traced in parts)
    if isinstance(index, list):
        return _plain_index(np.asarray(index)) if index else (np.zeros(0, int), False)
    if isinstance(index, slice):
        return slice(*(None if s is None else int(s) for s in _slice_parts(index))), False
    if isinstance(index, np.ndarray) and index.dtype == object:
        index = TracedArray(_unwrap(index))
    if isinstance(index, TracedArray):
        value = index._value
        if isinstance(value, jax.core.Tracer):
            return value, True
        return np.asarray(value), False
    return index, False


def _slice_parts(index: slice) -> tuple[Any, Any, Any]:
    return index.start, index.stop, index.step


def _shares_memory(shape: tuple[int, ...], index: Any) -> bool:
    """Ask NumPy itself: IndexError for a bad index, and whether the result would be a view."""
    model = np.broadcast_to(np.zeros((), np.int8), shape)
    result = model[index]
    return isinstance(result, np.ndarray) and np.may_share_memory(result, model)
