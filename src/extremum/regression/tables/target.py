"""The target of a regression: a column of the table, or of a file beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extremum.outcomes import InvalidInput
from extremum.regression.tables.encoding import finite, labels
from extremum.regression.tables.file import Kind
from extremum.regression.tables.table import Batch, Table, open_table


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
    kind : "number" or "text"
    apart : ndarray of shape (n,) or None
        The values, where they lie in a file of their own.
    """

    name: str
    column: str
    table: Table
    kind: Kind
    apart: NDArray[Any] | None = None

    @property
    def kinds(self) -> dict[str, Kind]:
        """What is to be read with the features."""
        return {self.column: self.kind} if self.apart is None else {}

    def read(self, batch: Batch, first: int) -> NDArray[Any]:
        """The target of a batch of features whose first row has this place in the table."""
        if self.apart is None:
            return _values(batch, self.column, self.kind)
        return self.apart[first : first + batch.columns.num_rows]


def find_target(table: Table, target: str, numeric: bool, header: bool | None) -> Target:
    """Find the target in the table, or in the file that is named.

    Parameters
    ----------
    table : Table
    target : str
        A column; or a file that holds the target alone; or, where it has several columns,
        ``FILE:COLUMN``.
    numeric : bool
        Whether it must be numbers; else it may be labels.
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
        return Target(target, target, table, _kind(table, target, numeric))
    other = open_table([path], header)
    if column is None:
        if len(other.names) > 1:
            raise InvalidInput(
                f"{path} has {len(other.names)} columns ({', '.join(other.names[:12])}); "
                f"name the one that holds the target, like {path}:{other.names[-1]}."
            )
        (column,) = other.names
    other.check_columns([column])
    kind = _kind(other, column, numeric)
    parts = [_values(batch, column, kind) for batch in other.batches({column: kind})]
    is_named = column != str(other.names.index(column))
    name = column if is_named else path.stem
    return Target(name, column, other, kind, np.concatenate(parts))


def _path_and_column(target: str) -> tuple[Path | None, str | None]:
    if Path(target).is_file():
        return Path(target), None
    path, colon, column = target.rpartition(":")
    if colon and Path(path).is_file():
        return Path(path), column
    return None, None


def _kind(table: Table, column: str, numeric: bool) -> Kind:
    is_number = all(column in file.numeric for file in table.files)
    return "number" if numeric or is_number else "text"


def _values(batch: Batch, column: str, kind: Kind) -> NDArray[Any]:
    if kind == "number":
        return finite(batch, column)
    return np.asarray(labels(batch, column).to_numpy(zero_copy_only=False), dtype=np.str_)
