"""A table made of another one, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from extremum.regression.design import ArrayRows, Block, RowBlocks

T = TypeVar("T")


class MappedRows(RowBlocks):
    """The rows of a source, each block changed on its way.

    Parameters
    ----------
    source : RowBlocks
    change : callable
        From a block to one of as many rows.
    n_features : int, optional
        The columns of the changed blocks, where their number changes.
    """

    def __init__(
        self, source: RowBlocks, change: Callable[[Block], Block], n_features: int | None = None
    ) -> None:
        self.source, self.change = source, change
        self.n_rows = source.n_rows
        self.n_features = source.n_features if n_features is None else n_features

    def __iter__(self) -> Iterator[Block]:
        return map(self.change, self.source)

    def reduce(
        self, task: Callable[[Block], T], combine: Callable[[T, T], T], least_rows: int = 1
    ) -> T:
        """What the task makes of each changed block, combined."""
        return self.source.reduce(lambda block: task(self.change(block)), combine, least_rows)

    def sample(self, size: int) -> ArrayRows:
        """About `size` rows, changed."""
        rows = self.source.sample(size)
        return ArrayRows(*self.change(Block(rows.X, rows.y, rows.weight)))
