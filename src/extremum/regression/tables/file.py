"""What a table needs to know of a file, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["number", "text"]
"""As what a column is read: float64, or strings."""

BLOCK_BYTES = 2**21
"""About the size of a batch in memory; some batches are in flight at once."""


class TableFile(Protocol):
    """A file that is read in batches of rows, so that its size need not fit in memory.

    Attributes
    ----------
    path : Path
    names : tuple of str
        The columns'.
    unnamed : frozenset of str
        Those that number the rows, or have no name but their position.
    numeric : frozenset of str
        Those that hold numbers.
    notes : tuple of str
        What was decided about the file.
    """

    @property
    def path(self) -> Path: ...  # noqa: D102
    @property
    def names(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def unnamed(self) -> frozenset[str]: ...  # noqa: D102
    @property
    def numeric(self) -> frozenset[str]: ...  # noqa: D102
    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102

    def batches(self, kinds: Mapping[str, Kind]) -> Iterator[pa.RecordBatch]:
        """Read some columns, a batch of rows after the other; what is missing is null.

        Raises
        ------
        InvalidInput
            If a column to be read as numbers holds something else, or the file is damaged.
        """

    def place(self, row: int) -> str:
        """Where a row, counted from 0, is found in the file, as "line 18 of data.csv"."""
