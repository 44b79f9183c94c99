"""Primitives that only move data, applied to NumPy arrays of any dtype.

Applied to arrays of element numbers they say where each element of the result came from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Params = Mapping[str, Any]


def _slice(params: Params, operand: Array) -> list[Array]:
    strides = params["strides"] or (1,) * operand.ndim
    bounds = zip(params["start_indices"], params["limit_indices"], strides, strict=True)
    return [operand[tuple(slice(*bound) for bound in bounds)]]


def _broadcast_in_dim(params: Params, operand: Array, *_: Array) -> list[Array]:
    shape = [1] * len(params["shape"])
    for axis, size in zip(params["broadcast_dimensions"], operand.shape, strict=True):
        shape[axis] = size
    return [np.broadcast_to(operand.reshape(shape), params["shape"])]


def _pad(params: Params, operand: Array, filling: Array) -> list[Array]:
    for axis, (low, high, inner) in enumerate(params["padding_config"]):
        size = operand.shape[axis]
        spread = size + max(size - 1, 0) * inner
        shape = list(operand.shape)
        shape[axis] = spread + max(low, 0) + max(high, 0)
        padded = np.full(shape, filling, operand.dtype)
        place: list[Any] = [slice(None)] * operand.ndim
        place[axis] = slice(max(low, 0), max(low, 0) + spread, inner + 1)
        padded[tuple(place)] = operand
        place[axis] = slice(max(-low, 0), shape[axis] - max(-high, 0))
        operand = padded[tuple(place)]
    return [operand]


def _dynamic_slice(params: Params, operand: Array, *starts: Array) -> list[Array]:
    sizes = params["slice_sizes"]
    return [operand[_window(operand.shape, sizes, starts)]]


def _dynamic_update_slice(
    params: Params, operand: Array, update: Array, *starts: Array
) -> list[Array]:
    result = operand.copy()
    result[_window(operand.shape, update.shape, starts)] = update
    return [result]


def _window(
    shape: tuple[int, ...], sizes: tuple[int, ...], starts: tuple[Array, ...]
) -> tuple[slice, ...]:
    """Where a slice of the given sizes lies: starts are clamped, as XLA does."""
    window = []
    for whole, size, start in zip(shape, sizes, starts, strict=True):
        first = min(max(int(start), 0), whole - size)
        window.append(slice(first, first + size))
    return tuple(window)


def _split(params: Params, operand: Array) -> list[Array]:
    ends = np.cumsum(params["sizes"])[:-1]
    return list(np.split(operand, ends, axis=params["axis"]))


def _select_n(params: Params, which: Array, *cases: Array) -> list[Array]:
    shape = np.broadcast_shapes(which.shape, *(case.shape for case in cases))
    result = np.array(np.broadcast_to(cases[0], shape))
    for number, case in enumerate(cases[1:], 1):
        np.copyto(result, case, where=which.astype(np.int64) == number)
    return [result]


def window_positions(
    shape: tuple[int, ...],
    starts: Array,
    start_axes: tuple[int, ...],
    absent_axes: tuple[int, ...],
    batch_axes: tuple[tuple[int, int], ...],
    sizes: tuple[int, ...],
    offset_dims: tuple[int, ...],
    clip: bool,
) -> Array:
    """The position in a flattened array of `shape` of every element of gathered windows.

    The semantics are XLA's of Gather: `starts` of shape (…, k) holds starts along `start_axes`;
    windows of `sizes` lack `absent_axes`, and lie along `offset_dims` of the result; a batch axis
    of the array goes with an axis of `starts`. Windows that don't fit are clamped, or −1.
    """
    strides = np.ones(len(shape), np.int64)
    strides[:-1] = np.cumprod(shape[:0:-1], dtype=np.int64)[::-1]
    batch_shape = starts.shape[:-1]
    base = np.zeros(batch_shape, np.int64)
    outside = np.zeros(batch_shape, bool)
    for k, axis in enumerate(start_axes):
        start = starts[..., k].astype(np.int64)
        last = shape[axis] - sizes[axis]
        if clip:
            start = np.clip(start, 0, last)
        else:
            outside |= (start < 0) | (start > last)
        base += start * strides[axis]
    for axis, batch_axis in batch_axes:
        along = [1] * len(batch_shape)
        along[batch_axis] = batch_shape[batch_axis]
        base += np.arange(shape[axis]).reshape(along) * strides[axis]
    taken = {*absent_axes, *(axis for axis, _ in batch_axes)}
    kept = [axis for axis in range(len(shape)) if axis not in taken]
    window = np.zeros((), np.int64)
    for axis in kept:
        window = window[..., None] + np.arange(sizes[axis]) * strides[axis]
    base[outside] = np.iinfo(np.int64).min // 2
    whole = base.reshape(batch_shape + (1,) * len(kept)) + window
    order = [0] * whole.ndim
    batch = iter(range(len(batch_shape)))
    for place in range(whole.ndim):
        if place in offset_dims:
            order[place] = len(batch_shape) + offset_dims.index(place)
        else:
            order[place] = next(batch)
    positions: Array = np.maximum(whole.transpose(order), -1)
    return positions


def gather_positions(params: Params, shape: tuple[int, ...], starts: Array) -> Array:
    """Which element of the flattened operand each element of a gather's result is; −1: none."""
    numbers = params["dimension_numbers"]
    return window_positions(
        shape,
        starts,
        numbers.start_index_map,
        numbers.collapsed_slice_dims,
        tuple(zip(numbers.operand_batching_dims, numbers.start_indices_batching_dims, strict=True)),
        params["slice_sizes"],
        numbers.offset_dims,
        "CLIP" in str(params["mode"]).upper(),
    )


def scatter_positions(
    params: Params, shape: tuple[int, ...], starts: Array, updates: tuple[int, ...]
) -> Array:
    """Which element of the flattened operand each update goes to; −1: dropped."""
    numbers = params["dimension_numbers"]
    batching = numbers.operand_batching_dims
    missing = {*numbers.inserted_window_dims, *batching}
    window = iter(updates[place] for place in numbers.update_window_dims)
    sizes = tuple(1 if axis in missing else next(window) for axis in range(len(shape)))
    return window_positions(
        shape,
        starts,
        numbers.scatter_dims_to_operand_dims,
        numbers.inserted_window_dims,
        tuple(zip(batching, numbers.scatter_indices_batching_dims, strict=True)),
        sizes,
        numbers.update_window_dims,
        "CLIP" in str(params["mode"]).upper(),
    )


MOVEMENT: dict[str, Callable[..., list[Array]]] = {
    "reshape": lambda params, operand, *_: [operand.reshape(params["new_sizes"])],
    "squeeze": lambda params, operand: [np.squeeze(operand, params["dimensions"])],
    "expand_dims": lambda params, operand: [np.expand_dims(operand, params["dimensions"])],
    "transpose": lambda params, operand: [operand.transpose(params["permutation"])],
    "rev": lambda params, operand: [np.flip(operand, params["dimensions"])],
    "concatenate": lambda params, *parts: [np.concatenate(parts, params["dimension"])],
    "tile": lambda params, operand: [np.tile(operand, params["reps"])],
    "stack": lambda params, *parts: [np.stack(parts, params["axis"])],
    "unstack": lambda params, operand: list(np.moveaxis(operand, params["axis"], 0)),
    "slice": _slice,
    "split": _split,
    "broadcast_in_dim": _broadcast_in_dim,
    "pad": _pad,
}
"""Data movement without indices: ``rule(params, *operands)`` gives the results."""

INDEXED: dict[str, Callable[..., list[Array]]] = {
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _dynamic_update_slice,
    "select_n": _select_n,
}
"""Data movement that also reads indices or predicates among its operands."""
