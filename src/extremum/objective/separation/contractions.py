"""The terms of matrix products and convolutions: result[t] = Σ first[l] · second[r]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from extremum.objective.separation.dependence import Budget, Indices, TooMuch

Terms = tuple[Indices, Indices, Indices]


def product_terms(
    params: Mapping[str, Any],
    first: tuple[int, ...],
    second: tuple[int, ...],
    nonzero: list[Indices | None],
    budget: Budget,
) -> Terms:
    """The terms (t, l, r) of `dot_general`, without those where a known factor is zero.

    Parameters
    ----------
    params : mapping
        The primitive's.
    first, second : tuple of int
        The operands' shapes.
    nonzero : list of ndarray of bool or None
        Where each operand is nonzero, if that is known.
    budget : Budget
        What may be spent.
    """
    (contracted, summed), (batch, along) = params["dimension_numbers"]
    left = _ordered(first, batch, contracted)  # (batch, rows, terms)
    right = _ordered(second, along, summed)  # (batch, columns, terms)
    rows, columns = left.shape[1], right.shape[1]
    kept = [
        np.ones(part.shape, bool) if mask is None else mask.reshape(-1)[part]
        for part, mask in zip((left, right), nonzero, strict=True)
    ]
    # Walk over the nonzeros of the operand that has fewer of them relative to its size.
    swap = kept[1].mean() < kept[0].mean() if kept[0].size and kept[1].size else False
    outer, inner = (right, left) if swap else (left, right)
    which = kept[1] if swap else kept[0]
    b, m, k = np.nonzero(which)
    if b.size * inner.shape[1] > budget.products:
        raise TooMuch(f"a matrix product has {b.size * inner.shape[1]} terms")
    n = np.arange(inner.shape[1])
    one = np.broadcast_to(outer[b, m, k][:, None], (b.size, n.size)).reshape(-1)
    other = inner[b[:, None], n, k[:, None]].reshape(-1)
    row, column = (n, m[:, None]) if swap else (m[:, None], n)
    target = ((b[:, None] * rows + row) * columns + column).reshape(-1)
    mask = (kept[0] if swap else kept[1])[b[:, None], n, k[:, None]].reshape(-1)
    if not mask.all():
        target, one, other = target[mask], one[mask], other[mask]
    return (target, other, one) if swap else (target, one, other)


def _ordered(shape: tuple[int, ...], batch: Any, contracted: Any) -> Indices:
    """Element numbers as (batch, free, contracted)."""
    free = [axis for axis in range(len(shape)) if axis not in {*batch, *contracted}]
    numbers = np.arange(int(np.prod(shape, dtype=np.int64))).reshape(shape)
    sizes = [
        int(np.prod([shape[axis] for axis in axes], dtype=np.int64))
        for axes in (batch, free, contracted)
    ]
    return numbers.transpose([*batch, *free, *contracted]).reshape(sizes)


def convolution_terms(
    params: Mapping[str, Any],
    first: tuple[int, ...],
    second: tuple[int, ...],
    nonzero: list[Indices | None],
    budget: Budget,
) -> Terms | None:
    """The terms (t, l, r) of `conv_general_dilated`; None for grouped ones."""
    if params["feature_group_count"] != 1 or params["batch_group_count"] != 1:
        return None
    numbers = params["dimension_numbers"]
    lhs, rhs, out = numbers.lhs_spec, numbers.rhs_spec, numbers.out_spec
    batch, channels = first[lhs[0]], first[lhs[1]]
    features = second[rhs[0]]
    left = np.arange(np.prod(first)).reshape(first).transpose(lhs)
    right = np.arange(np.prod(second)).reshape(second).transpose(rhs)
    places, inside = [], []
    for axis, (stride, (low, high), spread, dilation) in enumerate(
        zip(
            params["window_strides"],
            params["padding"],
            params["lhs_dilation"],
            params["rhs_dilation"],
            strict=True,
        )
    ):
        size, width = left.shape[2 + axis], right.shape[2 + axis]
        whole = (size - 1) * spread + 1 if size else 0
        count = max((whole + low + high - (width - 1) * dilation - 1) // stride + 1, 0)
        place = np.arange(count)[:, None] * stride + np.arange(width) * dilation - low
        inside.append((place >= 0) & (place < whole) & (place % spread == 0))
        places.append(np.where(inside[-1], place // spread, 0))
    counts = [place.shape[0] for place in places]
    widths = [place.shape[1] for place in places]
    total = batch * features * channels * int(np.prod(counts)) * int(np.prod(widths))
    if total > budget.products:
        raise TooMuch(f"a convolution has {total} terms")
    # One axis for each: batch, feature, channel, positions…, taps….
    rank = 3 + 2 * len(places)

    def along(values: Indices, *axes: int) -> Indices:
        shape = [1] * rank
        for axis, size in zip(axes, values.shape, strict=True):
            shape[axis] = size
        return values.reshape(shape)

    spatial = len(places)
    b, f, c = (
        along(np.arange(batch), 0),
        along(np.arange(features), 1),
        along(np.arange(channels), 2),
    )
    read = tuple(along(place, 3 + k, 3 + spatial + k) for k, place in enumerate(places))
    taps = tuple(along(np.arange(w), 3 + spatial + k) for k, w in enumerate(widths))
    source, weight = left[(b, c, *read)], right[(f, c, *taps)]
    sizes = [0] * len(out)
    for place, size in zip(out, (batch, features, *counts), strict=True):
        sizes[place] = size
    result = np.arange(int(np.prod(sizes))).reshape(sizes).transpose(out)
    spots = tuple(along(np.arange(count), 3 + k) for k, count in enumerate(counts))
    shape = (batch, features, channels, *counts, *widths)
    kept = np.ones(shape, bool)
    for k, valid in enumerate(inside):
        kept &= along(valid, 3 + k, 3 + spatial + k)
    for numbers_of, mask in ((source, nonzero[0]), (weight, nonzero[1])):
        if mask is not None:
            kept &= mask.reshape(-1)[numbers_of]
    return tuple(  # type: ignore[return-value]
        np.broadcast_to(part, shape)[kept] for part in (result[(b, f, *spots)], source, weight)
    )
