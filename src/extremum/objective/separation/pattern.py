"""Where a symmetric matrix has entries (to be replaced by that of `extremum.linalg`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Indices = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Pattern:
    """The lower triangle's entries, by columns; the diagonal is always among them.

    Parameters
    ----------
    n
        The number of rows.
    rows, cols : ndarray of shape (nnz,)
        Unique, with rows ≥ cols, sorted by column and then by row. `of` makes them so.
    """

    n: int
    rows: Indices
    cols: Indices

    @classmethod
    def of(cls, n: int, rows: ArrayLike, cols: ArrayLike) -> Self:
        """Take entries of either triangle, in any order, any number of times."""
        first, second = np.asarray(rows, np.int64), np.asarray(cols, np.int64)
        low, high = np.minimum(first, second), np.maximum(first, second)
        place = np.unique(np.concatenate([low * n + high, np.arange(n) * (n + 1)]))
        columns = place // max(n, 1)
        return cls(n, (place - columns * n).astype(np.int32), columns.astype(np.int32))

    @property
    def nnz(self) -> int:
        """How many entries the lower triangle has."""
        return len(self.rows)
