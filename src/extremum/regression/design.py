"""The rows of a table, met block by block: from memory here, from files elsewhere.

A fit asks of its data only that it can be walked through in blocks of rows, again and again. So the
same code serves arrays, files larger than memory and, as one more kind of source, a cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from extremum.objective import Vector

T = TypeVar("T")

Matrix = Any
"""An ndarray of 32- or 64-bit floats, or a CSR matrix, of shape (rows, features)."""

BLOCK_BYTES = 2**20
"""A block of rows is about so large: it stays in a core's second-level cache (1 to 2 MB on current
processors) between the two products that a gradient takes."""

LEAST_ROWS, MOST_ROWS = 256, 8192
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


class RowBlocks(Protocol):
    """A table as blocks of rows, which can be walked through any number of times.

    A class that derives from this one writes `n_rows`, `n_features` and `__iter__`. One whose rows
    lie elsewhere (other processes, other machines) overrides `map`, so that the work is done where
    they are.

    Attributes
    ----------
    n_rows, n_features : int
        Rows are counted, whatever their weights.
    """

    n_rows: int
    n_features: int

    def __iter__(self) -> Iterator[Block]:
        """The blocks, in the order of the rows, the same at each time."""

    def map(self, task: Callable[[Block], T]) -> Iterator[T]:
        """What the task makes of each block, in order."""
        return map(task, self)


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

    @property
    def block_rows(self) -> int:
        """Rows in a block."""
        width = 12 * self.X.nnz / max(1, self.n_rows) if sparse.issparse(self.X) else None
        width = self.n_features * self.X.dtype.itemsize if width is None else width
        return int(np.clip(BLOCK_BYTES / max(1.0, width), LEAST_ROWS, MOST_ROWS))

    def __iter__(self) -> Iterator[Block]:
        size = self.block_rows
        for first in range(0, self.n_rows, size):
            yield self._block(slice(first, first + size))

    def _block(self, rows: slice) -> Block:
        return Block(self.X[rows], self.y[rows], None if self.weight is None else self.weight[rows])
