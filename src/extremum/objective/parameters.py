"""The user's parameters (a scalar, an array, a dict or tuple of them) as one vector."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import jax
import numpy as np
from numpy.typing import NDArray

from extremum.linalg import EPS
from extremum.outcomes import InvalidInput

Vector = NDArray[np.float64]


_NUMBERS = (int, float, complex, np.generic)


@dataclass(frozen=True)
class Parameters:
    """The shape that a user gave their parameters, so that results keep it.

    Attributes
    ----------
    start : ndarray of shape (n,)
        The start as a vector of 64-bit floats.
    notes : tuple of str
        What was converted on the way in.
    dtype : dtype
        What the function computes in.
    """

    library: ClassVar[str] = "numpy"
    """Whose arrays the function is called with."""

    start: Vector
    notes: tuple[str, ...]
    _shapes: tuple[tuple[int, ...] | None, ...] = field(repr=False)
    _tree: Any = field(repr=False)
    dtype: np.dtype[Any] = field(default=np.dtype(np.float64), kw_only=True)

    @classmethod
    def of(cls, start: Any, name: str = "start") -> Parameters:
        """Read a start as the user wrote it.

        Parameters
        ----------
        start : array_like, float or pytree of them
            A list is an array, a tuple of numbers a vector; a dict or a tuple of arrays is kept
            as it is. Tensors of PyTorch, and its modules, are read by `TensorParameters`.
        name : str
            What errors call it.

        Raises
        ------
        InvalidInput
            If a part of it is not real, not finite, or not a number, or if there is nothing in it.
        """
        if sys.modules.get("torch") is not None:  # who has a tensor has imported PyTorch
            from extremum.objective.torch import TensorParameters, has_tensors

            if has_tensors(start):
                return TensorParameters.of(start, name)
        leaves, tree = jax.tree_util.tree_flatten(start, is_leaf=_is_leaf)
        if isinstance(start, tuple) and start and all(isinstance(i, _NUMBERS) for i in start):
            leaves, tree = [start], jax.tree_util.tree_structure(0)
        if any(leaf is None or isinstance(leaf, str) for leaf in leaves):
            raise InvalidInput(f"The {name} is {start!r}; give it as numbers, like [2, 0.25].")
        try:
            arrays = [np.asarray(leaf) for leaf in leaves] or [np.zeros(0)]
        except ValueError as error:
            raise InvalidInput(
                f"The {name} is ragged: its rows differ in length. Give arrays of different "
                "shapes as a tuple or a dict of arrays."
            ) from error
        if any(np.ma.is_masked(leaf) for leaf in leaves):
            raise InvalidInput(f"The {name} is a masked array; give it without what is masked.")
        notes = []
        for array in arrays:
            if np.issubdtype(array.dtype, np.complexfloating):
                raise InvalidInput(
                    f"The {name} is complex. Minimize over its real and imaginary parts: "
                    "x = [real, imag], and put z = x[0] + 1j*x[1] inside the function."
                )
            if not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
                raise InvalidInput(
                    f"The {name} has the dtype {array.dtype}; real numbers are needed."
                )
            if array.dtype != np.float64 and isinstance(start, np.ndarray | jax.Array):
                notes.append(f"the {name} was converted from {array.dtype} to float64")
        vector = as_vector(arrays, name)
        # A plain number stays a plain number; everything else is an array.
        shapes = tuple(
            None if isinstance(leaf, int | float | np.generic) else a.shape
            for leaf, a in zip(leaves, arrays, strict=True)
        )
        return cls(vector, tuple(dict.fromkeys(notes)), shapes, tree)

    @classmethod
    def of_many(cls, starts: Any) -> tuple[Parameters, Vector]:
        """Read many starts: an array of shape (m, n), or a pytree of arrays with a leading axis.

        Returns
        -------
        first : Parameters
            The structure, and the first of the starts.
        points : ndarray of shape (m, n)
            All of them.

        Raises
        ------
        InvalidInput
            As `of`, or if there is no leading axis, or one of several lengths.
        """
        leaves, tree = jax.tree_util.tree_flatten(starts, is_leaf=_is_leaf)
        try:
            arrays = [np.asarray(leaf) for leaf in leaves]
        except ValueError as error:
            raise InvalidInput("The starts are ragged: their rows differ in length.") from error
        if (
            isinstance(starts, np.ndarray | jax.Array | list)
            and (shape := arrays[0].shape)
            and len(shape) != 2
        ):
            raise InvalidInput(
                f"The starts have the shape {shape}; (m, n) is needed, a start a row. "
                "For one variable write starts[:, np.newaxis], for one start minimize()."
            )
        lengths = sorted({len(array) if array.ndim else 0 for array in arrays})
        if len(lengths) != 1 or lengths == [0]:
            raise InvalidInput(
                f"The parts of the starts hold {lengths} starts; each needs a leading axis of the "
                "same length, at least 1."
            )
        first = jax.tree_util.tree_unflatten(tree, [array[0] for array in arrays])
        parameters = cls.of(first)
        rows = [np.reshape(array, (lengths[0], -1)).astype(np.float64) for array in arrays]
        points = np.concatenate(rows, axis=1)
        bad = np.argwhere(~np.isfinite(points))
        if bad.size:
            i, j = bad[0]
            raise InvalidInput(
                f"Start {i} is not finite: component {j} is {points[i, j]}. "
                "Start from finite points."
            )
        return parameters, points

    @property
    def size(self) -> int:
        """The number of variables n."""
        return self.start.size

    @cached_property
    def eps(self) -> float:
        """The spacing at 1 of the numbers that the function computes with."""
        return float(np.finfo(self.dtype).eps)

    def rounded(self, vector: Vector) -> Vector:
        """A vector of shape (n,) as the function sees it."""
        if self.eps == EPS:
            return vector
        return vector.astype(self.dtype).astype(np.float64)

    @property
    def shape_text(self) -> str:
        """The user's structure in words, the same in every process."""
        leaves = [None if shape is None else list(shape) for shape in self._shapes]
        return f"{self._tree}: {leaves}"

    @property
    def is_flat(self) -> bool:
        """Whether the parameters are already a vector."""
        return self._shapes == (self.start.shape,) and self._tree.num_nodes == 1

    def split(self, vector: Any) -> list[Any]:
        """Cut a vector, of NumPy's or of JAX's, into the arrays of the user's structure."""
        return [vector[cut].reshape(shape or ()) for cut, shape in self._cuts]

    @cached_property
    def _cuts(self) -> list[tuple[slice, tuple[int, ...] | None]]:
        """Where each array is in the vector, and its shape; None for a number."""
        sizes = [math.prod(shape or ()) for shape in self._shapes]
        ends = itertools.accumulate(sizes)
        return [
            (slice(end - size, end), shape)
            for end, size, shape in zip(ends, sizes, self._shapes, strict=True)
        ]

    def restore(self, vector: Vector) -> Any:
        """Give a vector of shape (n,) the structure that the user gave the start."""
        leaves = [
            leaf[()] if shape is None else leaf.copy()
            for shape, leaf in zip(self._shapes, self.split(vector), strict=True)
        ]
        return jax.tree_util.tree_unflatten(self._tree, leaves)

    def restore_many(self, points: Vector) -> Any:
        """Give points of shape (m, n) that structure, each part with a leading axis of length m."""
        cuts = np.cumsum([int(np.prod(shape or ())) for shape in self._shapes])[:-1]
        leaves = [
            part.reshape(len(points), *(shape or ()))
            for part, shape in zip(np.split(points, cuts, axis=1), self._shapes, strict=True)
        ]
        return jax.tree_util.tree_unflatten(self._tree, leaves)

    def rebuild(self, vector: Any, wrap: Callable[[Any], Any]) -> Any:
        """The same for a JAX vector, with each part wrapped for the function that is traced."""
        return jax.tree_util.tree_unflatten(self._tree, [wrap(leaf) for leaf in self.split(vector)])

    def flatten(self, value: Any, what: str) -> Vector:
        """Read a gradient or another thing of the parameters' structure as a vector."""
        leaves = jax.tree_util.tree_leaves(value) if not self.is_flat else [value]
        parts = [np.ravel(self._real_array(leaf, what)) for leaf in leaves]
        vector = np.concatenate(parts) if parts else np.zeros(0)
        if vector.shape != self.start.shape:
            raise InvalidInput(
                f"{what} has {vector.size} components and the parameters have {self.size}."
            )
        return vector

    def square(self, value: Any, what: str) -> Any:
        """Read a Hessian: an array of shape (n, n)."""
        matrix = self._real_array(value, what)
        if matrix.size != self.size**2:
            raise InvalidInput(
                f"{what} has the shape {matrix.shape}; ({self.size}, {self.size}) is needed."
            )
        return matrix.reshape(self.size, self.size)

    def apply(self, fun: Callable[..., Any], x: Any, *args: Any) -> Any:
        """Call a function of the user's with `x` in their structure."""
        return fun(x, *args)

    def as_array(self, value: Any) -> NDArray[Any]:
        """What a function of the user's returns, as NumPy's array."""
        return np.asarray(value)

    def _real_array(self, value: Any, what: str) -> Vector:
        """A copy as 64-bit floats: the user may use theirs again."""
        try:
            array = self.as_array(value)
        except ValueError as error:  # ragged
            raise InvalidInput(f"{what} is not an array: {error}.") from error
        if array.dtype.kind not in "fiub":
            raise InvalidInput(f"{what} is {value!r}; real numbers are needed.")
        return array.astype(np.float64)


def as_vector(arrays: Iterable[NDArray[Any]], name: str) -> Vector:
    """The parts of a start one after the other; all of it has to be finite."""
    vector = np.concatenate([np.ravel(a).astype(np.float64) for a in arrays])
    if not vector.size:
        raise InvalidInput(f"The {name} is empty: there is nothing to minimize over.")
    bad = np.flatnonzero(~np.isfinite(vector))
    if bad.size:
        raise InvalidInput(
            f"The {name} is not finite: component {bad[0]} is {vector[bad[0]]}. "
            "Start from a finite point."
        )
    return vector


def _is_leaf(node: Any) -> bool:
    """Lists are arrays, as everywhere in NumPy; None, to JAX an empty tree, is a mistake."""
    return node is None or isinstance(node, list)
