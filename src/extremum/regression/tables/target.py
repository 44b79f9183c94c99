"""The target of a regression: a column of the table, or of a file beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from extremum.outcomes import InvalidInput
from extremum.regression.tables.encoding import finite, labels
from extremum.regression.tables.file import Kind
from extremum.regression.tables.table import Batch, Table, open_table

TargetKind = Literal["label", "number", "count"]
"""What a target is: a class, a number, or a count of events."""


@dataclass(frozen=True)
class Target:
    """The target.

    Attributes
    ----------
    name : str
    column : str
        In `table`.
    table : Table
        That of the features, or another.
    kind : {"label", "number", "count"} or None
    stored : {"text", "number"}
        As what the column is read.
    apart : ndarray of shape (n,) or None
        The values, where they lie in a file of their own.
    """

    name: str
    column: str
    table: Table
    kind: TargetKind | None
    stored: Kind
    apart: NDArray[Any] | None = None

    @property
    def kinds(self) -> dict[str, Kind]:
        """What is to be read with the features."""
        return {self.column: self.stored} if self.apart is None else {}

    def read(self, batch: Batch, first: int) -> NDArray[Any]:
        """The target of a batch of features whose first row has this place in the table."""
        if self.apart is None:
            return _values(batch, self.column, self.kind, self.stored)
        return self.apart[first : first + batch.columns.num_rows]


def find_target(table: Table, target: str, kind: TargetKind | None, header: bool | None) -> Target:
    """Find the target in the table, or in the file that is named.

    Parameters
    ----------
    table : Table
    target : str
        A column; or a file that holds the target alone; or, where it has several columns,
        ``FILE:COLUMN``.
    kind : {"label", "number", "count"} or None
        What it must be: a label is text or an integer, a count is not negative. None: what it is.
    header : bool, optional
        Whether the first line of that file names its columns.

    Raises
    ------
    InvalidInput
        If there is no such column or file, or the file has several columns.
    """
    path, column = _path_and_column(target)
    if target in table.names or path is None:
        table.check_columns([target])
        return Target(target, target, table, kind, _stored(table, target, kind))
    other = open_table([path], header)
    if column is None:
        if len(other.names) > 1:
            raise InvalidInput(
                f"{path} has {len(other.names)} columns ({', '.join(other.names[:12])}); "
                f"name the one that holds the target, like {path}:{other.names[-1]}."
            )
        (column,) = other.names
    other.check_columns([column])
    stored = _stored(other, column, kind)
    batches = other.batches({column: stored})
    values = np.concatenate([_values(batch, column, kind, stored) for batch in batches])
    is_named = column != str(other.names.index(column))
    name = column if is_named else path.stem
    return Target(name, column, other, kind, stored, values)


def _path_and_column(target: str) -> tuple[Path | None, str | None]:
    if Path(target).is_file():
        return Path(target), None
    path, colon, column = target.rpartition(":")
    if colon and Path(path).is_file():
        return Path(path), column
    return None, None


def _stored(table: Table, column: str, kind: TargetKind | None) -> Kind:
    holds_numbers = all(column in file.numeric for file in table.files)
    return "number" if holds_numbers or kind in ("number", "count") else "text"


def _values(batch: Batch, column: str, kind: TargetKind | None, stored: Kind) -> NDArray[Any]:
    if stored == "text":
        return np.asarray(labels(batch, column).to_numpy(zero_copy_only=False), dtype=np.str_)
    numbers = finite(batch, column)
    if kind == "count" and (below := numbers < 0).any():
        row = int(np.argmax(below))
        raise InvalidInput(
            f"The target {column!r} is {numbers[row]:g} in {batch.place(row)}; a Poisson "
            "regression explains counts, which are not negative. Is it the right column?"
        )
    if kind == "label":
        if (between := numbers != np.rint(numbers)).any():
            row = int(np.argmax(between))
            raise InvalidInput(
                f"The target {column!r} is {numbers[row]:g} in {batch.place(row)}; a logistic "
                "regression explains classes, not quantities. Is it the right column? A linear "
                "regression explains quantities: --model linear."
            )
        return numbers.astype(np.int64)
    return numbers
