"""A table in one file or several, read in batches of rows."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from extremum.outcomes import InvalidInput
from extremum.regression.tables.file import Kind, TableFile
from extremum.regression.tables.parquet_file import MAGIC, open_parquet
from extremum.regression.tables.text_file import open_text

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN = 12
"""At most so many columns are listed in a message."""


class Batch(NamedTuple):
    """Rows of one file, one after the other.

    Attributes
    ----------
    file : TableFile
    first : int
        The place of the first row in the file, from 0.
    columns : pyarrow.RecordBatch
    """

    file: TableFile
    first: int
    columns: pa.RecordBatch

    def place(self, row: int) -> str:
        """Where a row of the batch is found, as "line 18 of data.csv"."""
        return self.file.place(self.first + row)


@dataclass(frozen=True)
class Table:
    """A table in one file or several, as `open_table` gives it."""

    files: tuple[TableFile, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns'; their positions from 0 where the file gives none."""
        return self.files[0].names

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided about the files."""
        return tuple(note for file in self.files for note in file.notes)

    def __str__(self) -> str:
        more = f" and {len(self.files) - 1} more" if len(self.files) > 1 else ""
        return self.files[0].path.name + more

    def batches(self, kinds: Mapping[str, Kind]) -> Iterator[Batch]:
        """Read some columns of all files, a batch of rows after the other."""
        for file in self.files:
            first = 0
            for columns in file.batches(kinds):
                yield Batch(file, first, columns)
                first += columns.num_rows

    def check_columns(self, names: Sequence[str]) -> None:
        """Refuse names that the table does not have.

        Raises
        ------
        InvalidInput
            With the nearest name, and what was decided about a header line.
        """
        for name in names:
            if name in self.names:
                continue
            near = difflib.get_close_matches(name, self.names, n=1, cutoff=0.5)
            folded = [known for known in self.names if known.casefold() == name.casefold()]
            guess = f" Did you mean {(folded or near)[0]!r}?" if folded or near else ""
            known = ", ".join(self.names[:SHOWN])
            more = f", … ({len(self.names)} in all)" if len(self.names) > SHOWN else ""
            decided = "".join(f" {note}" for note in self.files[0].notes)
            raise InvalidInput(
                f"{self} has no column {name!r}.{guess} Its columns are {known}{more}.{decided}"
            )


def open_table(paths: Sequence[str | Path], header: bool | None = None) -> Table:
    """Open files of text or Parquet as one table, rows below rows.

    Parameters
    ----------
    paths : sequence of str or Path
        All with the same columns.
    header : bool, optional
        Whether the first line of a text names the columns; by default what it looks like.

    Returns
    -------
    Table

    Raises
    ------
    InvalidInput
        If a file is not there, holds no table, or has other columns than the first.
    """
    files = tuple(_open(Path(path), header) for path in paths)
    if not files:
        raise InvalidInput("There is no file to read; name one or more.")
    first = files[0]
    for file in files[1:]:
        if set(file.names) != set(first.names):
            other = sorted(set(file.names) ^ set(first.names))[0]
            has = file if other in file.names else first
            decided = "".join(f" {note}" for note in (*first.notes, *file.notes))
            raise InvalidInput(
                f"{first.path.name} and {file.path.name} have different columns: only "
                f"{has.path.name} has {other!r}. A file that holds the target goes to --target."
                f"{decided}"
            )
    return Table(files)


def _open(path: Path, header: bool | None) -> TableFile:
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder; name the files in it, like {path}/*.parquet.")
    try:
        with path.open("rb") as stream:
            is_parquet = stream.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise InvalidInput(f"{path} can't be read: {error.strerror or error}.") from None
    return open_parquet(path) if is_parquet else open_text(path, header)
