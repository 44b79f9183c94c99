"""The rows of a table, met block by block: from memory here, from files elsewhere.

A fit asks of its data only that it can be walked through in blocks of rows, again and again. So the
same code serves arrays, files larger than memory and, as one more kind of source, a cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from itertools import pairwise
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from extremum.objective import Vector
from extremum.regression.threads import side_by_side

T = TypeVar("T")

Matrix = Any
"""An ndarray of 32- or 64-bit floats, or a CSR matrix, of shape (rows, features)."""

Sums = tuple[Any, ...]
"""Numbers and arrays that are summed over blocks."""

BLOCK_BYTES = 2**20
"""A block of rows is about so large: it stays in a core's second-level cache (1 to 2 MB on current
processors) between the two products that a gradient takes."""

LEAST_ROWS, MOST_ROWS = 64, 8192
"""A block has at least the first number of rows, so that the calls cost little beside the work, and
at most the second, so that vectors of a block's length stay in cache too."""


class Block(NamedTuple):
    """Some rows.

    Attributes
    ----------
    X : ndarray or CSR matrix of shape (rows, features)
    y : ndarray of shape (rows,)
        The target: numbers, or labels as the source has them.
    weight : ndarray of shape (rows,) or None
        The weights of the rows; None where each is 1.
    """

    X: Matrix
    y: NDArray[Any]
    weight: Vector | None

    def part(self, chosen: slice | NDArray[np.intp]) -> Block:
        """Some of the rows."""
        weight = None if self.weight is None else self.weight[chosen]
        return Block(self.X[chosen], self.y[chosen], weight)


class RowBlocks(Protocol):
    """A table as blocks of rows, which can be walked through any number of times.

    A class that derives from this one writes `n_rows`, `n_features` and `__iter__`. One whose rows
    lie elsewhere (other processes, other machines) overrides `reduce` too, so that the work is done
    where they are.

    Attributes
    ----------
    n_rows, n_features : int
        Rows are counted, whatever their weights.
    """

    n_rows: int
    n_features: int

    def __iter__(self) -> Iterator[Block]:
        """The blocks, in the order of the rows, the same at each time."""

    def reduce(
        self, task: Callable[[Block], T], combine: Callable[[T, T], T], least_rows: int = 1
    ) -> T:
        """What the task makes of each block, a new object each time, combined in order.

        `combine` may change its first argument and return it. Where a source can choose, a block
        has at least `least_rows` rows: combining large results then costs less than making them.
        """
        return reduce(combine, map(task, self))

    def total(self, task: Callable[[Block], Sums], least_rows: int = 1) -> Sums:
        """The sums of what the task makes of each block."""
        return self.reduce(task, _add, least_rows)

    def sample(self, size: int) -> ArrayRows:
        """About `size` rows, spread evenly over the table, the same each time."""
        chosen = spread(self.n_rows, size)
        parts, first = [], 0
        for block in self:
            last = first + len(block.y)
            start, stop = np.searchsorted(chosen, [first, last])
            parts.append(block.part(chosen[start:stop] - first))
            first = last
        stack = sparse.vstack if sparse.issparse(parts[0].X) else np.concatenate
        weights = [part.weight for part in parts if part.weight is not None]
        return ArrayRows(
            stack([part.X for part in parts]),
            np.concatenate([part.y for part in parts]),
            np.concatenate(weights) if weights else None,
        )


class ArrayRows(RowBlocks):
    """A table in memory.

    Parameters
    ----------
    X : ndarray of floats, or CSR matrix, of shape (n, d)
        Not copied.
    y : ndarray of shape (n,)
    weight : ndarray of shape (n,), optional
    """

    def __init__(self, X: Matrix, y: NDArray[Any], weight: Vector | None = None) -> None:
        self.X, self.y, self.weight = X, y, weight
        self.n_rows, self.n_features = X.shape

    def __iter__(self) -> Iterator[Block]:
        return map(self._block, self._slices(1))

    def reduce(
        self, task: Callable[[Block], T], combine: Callable[[T, T], T], least_rows: int = 1
    ) -> T:
        """What the task makes of each block, combined, by several threads."""
        slices = self._slices(least_rows)
        return reduce(
            combine,
            side_by_side(
                lambda share: reduce(combine, (task(self._block(s)) for s in share)), slices
            ),
        )

    def sample(self, size: int) -> ArrayRows:
        """About `size` rows, spread evenly over the table, the same each time."""
        return ArrayRows(*Block(self.X, self.y, self.weight).part(spread(self.n_rows, size)))

    def _slices(self, least_rows: int) -> list[slice]:
        if sparse.issparse(self.X):
            row_bytes = 12 * self.X.nnz / max(1, self.n_rows)
        else:
            row_bytes = self.n_features * self.X.itemsize
        size = int(np.clip(BLOCK_BYTES / max(1.0, row_bytes), LEAST_ROWS, MOST_ROWS))
        size = max(size, least_rows)
        ends = [*range(0, self.n_rows, size), self.n_rows]
        return [slice(first, last) for first, last in pairwise(ends)]

    def _block(self, rows: slice) -> Block:
        weight = None if self.weight is None else self.weight[rows]
        if not sparse.issparse(self.X):
            return Block(self.X[rows], self.y[rows], weight)
        # Views, where slicing a CSR matrix copies.
        first, last = self.X.indptr[rows.start], self.X.indptr[rows.stop]
        X = sparse.csr_array(
            (
                self.X.data[first:last],
                self.X.indices[first:last],
                self.X.indptr[rows.start : rows.stop + 1] - first,
            ),
            shape=(rows.stop - rows.start, self.n_features),
        )
        return Block(X, self.y[rows], weight)


def spread(n: int, size: int) -> NDArray[np.intp]:
    """One row at random of each of `size` stretches of equal length, ascending.

    So a table that is sorted, or periodic, is represented as well as one in random order.
    """
    if size >= n:
        return np.arange(n)
    bounds = np.linspace(0, n, size + 1).astype(np.intp)
    return np.random.default_rng(size).integers(bounds[:-1], bounds[1:])


def _add(totals: Sums, terms: Sums) -> Sums:
    """The sums of tuples of numbers and arrays, element by element, in place where they can be."""
    sums = list(totals)
    for i, term in enumerate(terms):
        sums[i] += term
    return tuple(sums)
