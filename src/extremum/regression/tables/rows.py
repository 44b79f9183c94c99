"""The rows of a table in files, as a regression meets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from extremum.objective import Vector
from extremum.regression.design import ArrayRows, Block, RowBlocks, Sums
from extremum.regression.tables.encoding import Encoding
from extremum.regression.tables.survey import survey
from extremum.regression.tables.table import Table, open_table
from extremum.regression.tables.target import Target, TargetKind, find_target

T = TypeVar("T")

IN_MEMORY = 2**28
"""Bytes: a table whose design matrix is at most as large is kept; else its files are read anew in
each pass, and the memory that a fit takes does not grow with the table."""

SAMPLE_BYTES = 2**26
"""A sample of a table that is not kept takes at most so much memory; while it is put together,
twice as much."""


class TableRows(RowBlocks):
    """The rows of a table in files: features as numbers, and the target; `open_rows` makes it.

    Attributes
    ----------
    n_rows, n_features : int
    feature_names : tuple of str, of length d
    target : Target
    encoding : Encoding
        How columns become features.
    notes : tuple of str
        What was decided about the files, and which levels are the references.
    in_memory : bool
        Whether the rows are kept; else they are read anew from the files in each pass.
    """

    def __init__(
        self,
        table: Table,
        encoding: Encoding,
        n_rows: int,
        target: Target,
    ) -> None:
        self.table, self.encoding, self.target = table, encoding, target
        self.n_rows, self.n_features = n_rows, len(encoding.names)
        self.feature_names = encoding.names
        self.notes = (*table.notes, *(target.table.notes if target.apart is not None else ()))
        self.notes += encoding.notes
        fits = 8 * self.n_rows * self.n_features <= IN_MEMORY
        self._kept = self._in_memory() if fits else None

    @property
    def in_memory(self) -> bool:
        """Whether the rows are kept."""
        return self._kept is not None

    def __iter__(self) -> Iterator[Block]:
        if self._kept is not None:
            yield from self._kept
        else:
            for X, y in ahead(self._encoded()):
                yield from ArrayRows(X, y)

    def total(self, task: Callable[[Block], Sums], least_rows: int = 1) -> Sums:
        """The sums of what the task makes of each block, new arrays each time."""
        if self._kept is None:
            return super().total(task, least_rows)
        return self._kept.total(task, least_rows)

    def sample(self, size: int) -> ArrayRows:
        """About `size` rows, spread evenly over the table; fewer where they would not fit."""
        if self._kept is None:
            return super().sample(min(size, SAMPLE_BYTES // (8 * self.n_features)))
        return self._kept.sample(size)

    def _in_memory(self) -> ArrayRows:
        X = np.empty((self.n_rows, self.n_features))
        parts, first = [], 0
        for rows, y in self._encoded():
            X[first : first + len(rows)] = rows
            parts.append(y)
            first += len(rows)
        return ArrayRows(X, np.concatenate(parts))

    def _encoded(self) -> Iterator[tuple[Vector, NDArray[Any]]]:
        """Features and target of each batch of the files."""
        first = 0
        for batch in self.table.batches(self.encoding.kinds | self.target.kinds):
            yield self.encoding.encode(batch), self.target.read(batch, first)
            first += batch.columns.num_rows


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each found by another thread while the one before is worked on."""
    with ThreadPoolExecutor(1) as pool:
        upcoming = pool.submit(next, items, None)
        while (item := upcoming.result()) is not None:
            upcoming = pool.submit(next, items, None)
            yield item


def open_rows(
    paths: str | Path | Sequence[str | Path],
    target: str,
    *,
    features: Sequence[str] | None = None,
    categorical: Sequence[str] = (),
    header: bool | None = None,
    target_kind: TargetKind | None = None,
) -> TableRows:
    r"""Open a table in files for a regression: look through it once, and say what is in the way.

    Parameters
    ----------
    paths : str, Path, or a sequence of them
        CSV or other separated text, or Parquet; several files have the same columns.
    target : str
        The column to be explained; or the file that holds it, or ``FILE:COLUMN`` of that file.
    features : sequence of str, optional
        The columns to explain it by; by default all others that have a name.
    categorical : sequence of str
        Those of the features that hold categories: each level but the first becomes an indicator.
    header : bool, optional
        Whether the first line of a text names the columns; by default what it looks like. Columns
        without names are named by position: ``"0"``, ``"1"``, …
    target_kind : {"label", "number", "count"}, optional
        What the target must be: a label is text or an integer, a count is not negative. By default
        it is what it is, numbers or text.

    Returns
    -------
    TableRows
        A source for `fit_batches`.

    Raises
    ------
    InvalidInput
        If a column is not there, holds text, or is constant; or if a value is missing or infinite:
        the message names the column and the row.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp(), "line.txt")
    >>> _ = path.write_text("0 1.0\n1 3.1\n2 4.9\n3 7.0\n")
    >>> rows = open_rows(path, target="1")
    >>> rows.feature_names, rows.n_rows
    (('0',), 4)
    """
    table = open_table([paths] if isinstance(paths, str | Path) else paths, header)
    found = find_target(table, target, target_kind, header)
    return TableRows(table, *survey(table, found, features, categorical), found)
