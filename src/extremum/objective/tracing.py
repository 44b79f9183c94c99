"""An array that follows plain NumPy code and forwards it to `jax.numpy`.

A function written in NumPy is differentiated as it stands: it is called with a `TracedArray`, whose
operators, NumPy's ufuncs (`__array_ufunc__`) and NumPy's other functions (`__array_function__`)
forward to their namesakes in `jax.numpy`. A view shares its owner's memory, as NumPy's do. What
can't be followed (a value that becomes a plain float, an array of plain floats that is written to)
is refused by `Untraceable` with a sentence that names it, never done differently in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from extremum.objective.forwarding import Traced, forward, unwrap, wrap_all
from extremum.objective.indexing import plain_index
from extremum.objective.namesakes import VIEW_FUNCTIONS, function_namesake, ufunc_namesake
from extremum.objective.ndarray_methods import NumpyMethods
from extremum.objective.recording import record
from extremum.objective.refusals import refuse

ViewOf = Callable[[Any], Any]
"""What NumPy does to an array to make a view of it."""

MOST_OBJECTS = 200
"""How long an array of single traced values may be: each is an operation of its own."""

_CHANGES_IN_PLACE = frozenset({"copyto", "put", "place", "putmask", "fill_diagonal"})


class TracedArray(Traced, NumpyMethods):
    """A stand-in for an `ndarray` whose values are being differentiated.

    A zero-dimensional one stands for a NumPy scalar, and is immutable as those are. A view knows
    its owner and how NumPy makes the one of the other: JAX's arrays share no memory, so a view is
    taken anew after its owner has changed, and what is written to it goes to the owner.

    Parameters
    ----------
    value : jax.Array
        What is followed.
    owner : TracedArray, optional
        The array that holds the memory.
    view_of : callable, optional
        What makes this array from its owner.
    """

    __slots__ = ("_owner", "_stored", "_version", "_view_of")
    __array_priority__ = 1000.0

    def __init__(
        self, value: jax.Array, owner: TracedArray | None = None, view_of: ViewOf | None = None
    ) -> None:
        record()
        self._stored = value
        self._owner = owner
        self._view_of = view_of
        self._version: int = 0 if owner is None else owner._version

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What `isinstance` in the user's code, and in NumPy's, is to see."""
        return np.ndarray

    # -- memory ----------------------------------------------------------------------------------

    @property
    def _value(self) -> jax.Array:
        if self._owner is not None and self._version != self._owner._version:
            self._stored = self._owner._stored.ravel()[self._places()]
            self._version = self._owner._version
        return self._stored

    def _places(self) -> Any:
        """The positions in the owner's memory that this view shows."""
        assert self._owner is not None
        assert self._view_of is not None
        return self._view_of(np.arange(self._owner.size).reshape(self._owner.shape))

    def _write(self, index: Any, values: jax.Array) -> None:
        if self.ndim == 0:
            raise TypeError("'numpy.float64' object does not support item assignment")
        if self._owner is None:
            self._stored = self._stored.at[index].set(values)
            self._version += 1
        else:
            owner = self._owner
            memory = owner._stored.ravel().at[self._places()[index]].set(values)
            owner._stored = memory.reshape(owner.shape)
            owner._version += 1

    def _viewed(self, value: Any, how: ViewOf) -> Any:
        """Wrap what a function of NumPy gave for this array: a view where NumPy makes one."""
        wrapped = wrap_all(value, TracedArray)
        if self.ndim == 0:
            return wrapped
        before, owner = self._view_of, self if self._owner is None else self._owner
        view_of = how if before is None else (lambda a: how(before(a)))
        model = np.empty(owner.shape, np.int8)
        return _as_views(wrapped, view_of(model), model, owner, view_of)

    # -- what an ndarray tells about itself ------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return self._stored.shape

    @property
    def ndim(self) -> int:
        return self._stored.ndim

    @property
    def size(self) -> int:
        return self._stored.size

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self._stored.dtype)

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

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

    __trunc__ = __int__

    def __floor__(self) -> int:
        return int(np.floor(self))

    def __ceil__(self) -> int:
        return int(np.ceil(self))

    def __round__(self, digits: int | None = None) -> Any:
        return int(np.round(self)) if digits is None else np.round(self, digits)

    def __float__(self) -> float:
        refuse(
            "a value is turned into a plain float, which loses its derivative: by float(), by "
            "storing it in an array of floats from outside the function (make it inside, with "
            "np.zeros), or in another module (there, write np.sin for math.sin and "
            "np.zeros_like(x) for np.zeros(n))"
        )

    def __complex__(self) -> complex:
        refuse("a value is turned into a plain complex number, which loses its derivative")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """Become an array of objects; counts and masks have no derivative and become plain."""
        if not jnp.issubdtype(self.dtype, jnp.inexact):
            return np.asarray(self._value, dtype)
        if dtype is not None and np.dtype(dtype) != np.dtype(object):
            refuse(
                f"an array is turned into a plain one of dtype {np.dtype(dtype)}, which loses its "
                "derivative (leave np.asarray or its dtype out)"
            )
        if self.size > MOST_OBJECTS:
            refuse(
                f"an array of {self.size} values is turned into a plain one, by np.asarray, "
                "np.array or a function that can't be followed"
            )
        objects = np.empty(self.size, object)
        flat = self._value.ravel()
        for i in range(self.size):
            objects[i] = TracedArray(flat[i]) if self.ndim else self
        return objects.reshape(self.shape)

    def __hash__(self) -> int:
        refuse("a value is used as a key, in a dict, a set or a cache")

    def __reduce_ex__(self, protocol: Any) -> Any:
        refuse("a traced array is pickled")

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__") and (hasattr(np.ndarray, name) or hasattr(np.float64, name)):
            refuse(f"the array's {name} is used, which can't be followed")
        raise AttributeError(f"'numpy.ndarray' object has no attribute {name!r}")

    # -- NumPy's dispatch ------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        target = kwargs.pop("out", None)
        kwargs = {k: v for k, v in kwargs.items() if not (k == "where" and v is True)}
        kwargs = {k: v for k, v in kwargs.items() if k not in ("casting", "subok", "order")}
        if unknown := kwargs.keys() - {"dtype", "axis", "keepdims", "initial", "axes"}:
            refuse(f"np.{ufunc.__name__} is used with {', '.join(sorted(unknown))}=")
        if method == "at":
            refuse(f"np.{ufunc.__name__}.at changes an array in place")
        function = ufunc_namesake(ufunc, method)
        if function is None:
            refuse(f"the ufunc {ufunc.__name__}.{method} has no differentiable counterpart")
        result = forward(function, inputs, kwargs, TracedArray)
        if target is None:
            return result
        if len(target) != 1 or not isinstance(target[0], TracedArray):
            refuse("a traced value is written into a plain array; make it with np.zeros_like(x)")
        if target[0].ndim == 0:
            return result  # of NumPy's own making: a scalar can't be written to by anyone else
        target[0]._write_over(result)
        return target[0]

    def __array_function__(
        self, func: Callable[..., Any], types: Any, args: Any, kwargs: dict[str, Any]
    ) -> Any:
        name = f"{func.__module__}.{func.__name__}"
        if kwargs.get("out") is not None:
            refuse(f"{name} is used with out=")
        kwargs = {key: value for key, value in kwargs.items() if key != "out"}
        if func.__name__ in _CHANGES_IN_PLACE:
            refuse(f"{name} changes an array in place; write x[...] = values")
        function = function_namesake(func)
        if function is None:
            refuse(f"{name} has no differentiable counterpart")
        result = forward(function, args, kwargs, TracedArray)
        if func.__name__ in VIEW_FUNCTIONS and args and isinstance(args[0], TracedArray):
            value, others = unwrap(result, lists=False), args[1:]
            return args[0]._viewed(value, lambda a: func(a, *others, **kwargs))
        return result

    # -- indexing --------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Any]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        plain, traced = plain_index(index)
        if traced:
            # Out of range, NumPy would raise; here NaN shows up and the plain function is asked.
            return TracedArray(self._value.at[plain].get(mode="fill", fill_value=np.nan))
        return self._viewed(self._value[plain], lambda a: a[plain])

    def __setitem__(self, index: Any, values: Any) -> None:
        plain, traced = plain_index(index)
        new = jnp.asarray(unwrap(values)).astype(self.dtype)
        if not traced:
            # NumPy raises IndexError where JAX would clamp, and drops leading axes of length 1.
            room = np.broadcast_to(np.zeros((), np.int8), self.shape)[plain].ndim
            new = new.reshape(new.shape[max(0, new.ndim - room) :]) if new.size else new
            self._write(plain, new)
        elif isinstance(plain, jax.Array) and plain.dtype == bool:
            if plain.shape != self.shape or new.ndim:
                refuse("an array is written through a mask of values; write np.where(mask, a, b)")
            self._write(..., jnp.where(plain, new, self._value))
        else:
            refuse("an array is written at an index that depends on the values")

    def _write_over(self, result: TracedArray) -> None:
        """Put a result in this array's place, as `out=` does."""
        if np.broadcast_shapes(result.shape, self.shape) != self.shape:
            raise ValueError(
                f"non-broadcastable output operand with shape {self.shape} doesn't match the "
                f"broadcast shape {result.shape}"
            )
        if not np.can_cast(result.dtype, self.dtype, "same_kind"):
            raise TypeError(f"Cannot cast output from {result.dtype} to {self.dtype}")
        self._write(..., result._value.astype(self.dtype))

    # -- the methods of ndarray ------------------------------------------------------------------

    @property
    def T(self) -> Any:
        return self._viewed(self._value.T, lambda a: a.T)

    @property
    def real(self) -> Any:
        return self[...] if jnp.isrealobj(self._value) else TracedArray(self._value.real)

    @property
    def imag(self) -> TracedArray:
        return TracedArray(self._value.imag)

    def copy(self, order: str = "C") -> TracedArray:
        return TracedArray(self._value)

    def __copy__(self) -> TracedArray:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> TracedArray:
        return self.copy()

    def flatten(self, order: Any = "C") -> TracedArray:
        return TracedArray(self._value.ravel(order))

    def astype(self, dtype: Any, copy: bool = True, **_: Any) -> TracedArray:
        if not copy and self.dtype == dtype:
            return self
        return TracedArray(self._value.astype(dtype))

    def item(self, *index: Any) -> Any:
        return self.reshape(-1)[index] if index else TracedArray(self._value.reshape(()))

    def tolist(self) -> Any:
        return [row.tolist() for row in self] if self.ndim else self

    def reshape(self, *shape: Any, order: Any = "C") -> Any:
        value = self._value.reshape(*shape, order=order)
        return self._viewed(value, lambda a: a.reshape(*shape, order=order))

    def transpose(self, *axes: Any) -> Any:
        return self._viewed(self._value.transpose(*axes), lambda a: a.transpose(*axes))

    def sort(self, axis: int = -1, kind: Any = None, order: Any = None) -> None:
        self._write(..., jnp.sort(self._value, axis))

    def fill(self, value: Any) -> None:
        self[...] = value


def unwrap_result(result: Any) -> jax.Array:
    """Give what a traced function returned to JAX: an array of shape () or of one element."""
    return jnp.asarray(unwrap(result))


def _as_views(value: Any, shown: Any, model: Any, owner: TracedArray, view_of: ViewOf) -> Any:
    """Make views of arrays whose namesake in `shown` shares memory with `model`."""
    if isinstance(value, tuple | list):

        def item_of(i: int) -> ViewOf:
            return lambda a: view_of(a)[i]

        return type(value)(
            _as_views(item, shown[i], model, owner, item_of(i)) for i, item in enumerate(value)
        )
    shares = isinstance(shown, np.ndarray) and np.may_share_memory(shown, model)
    return TracedArray(value._value, owner, view_of) if value.ndim and shares else value
