"""How columns of a table become columns of the design matrix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extremum.objective import Vector
from extremum.outcomes import InvalidInput
from extremum.regression.tables.file import Kind
from extremum.regression.tables.table import Batch

NEXT_STEP = "Correct the table, or leave the column out of the features."
"""What to do about a value that can't be used."""


@dataclass(frozen=True)
class Numbers:
    """A column of numbers, as it stands."""

    column: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the features it gives."""
        return (self.column,)


@dataclass(frozen=True)
class Levels:
    """A column of categories: an indicator for each level but the first, the reference.

    Attributes
    ----------
    column : str
    levels : tuple of str
    """

    column: str
    levels: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the features it gives."""
        return tuple(f"{self.column}={level}" for level in self.levels[1:])


@dataclass(frozen=True)
class Encoding:
    """The columns that become features, in order.

    Attributes
    ----------
    columns : tuple of Numbers or Levels
    """

    columns: tuple[Numbers | Levels, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the features, of length d."""
        return tuple(name for column in self.columns for name in column.names)

    @property
    def kinds(self) -> dict[str, Kind]:
        """As what each column is read."""
        return {c.column: "text" if isinstance(c, Levels) else "number" for c in self.columns}

    @property
    def notes(self) -> tuple[str, ...]:
        """Which levels are the references."""
        return tuple(
            f"Column {c.column!r} has {len(c.levels)} levels; {c.levels[0]!r} is the reference, "
            "the others are compared with it."
            for c in self.columns
            if isinstance(c, Levels)
        )

    def encode(self, batch: Batch) -> Vector:
        """The features of a batch, of shape (rows, d), row by row in memory.

        Raises
        ------
        InvalidInput
            If a value is missing, infinite, or a level that the fit did not know.
        """
        encoded = np.empty((batch.columns.num_rows, len(self.names)))
        place = 0
        for column in self.columns:
            values = batch.columns[column.column]
            if isinstance(column, Numbers):
                encoded[:, place] = finite(batch, column.column)
            else:
                _indicate(batch, column, values, encoded[:, place : place + len(column.names)])
            place += len(column.names)
        return encoded


def finite(batch: Batch, column: str) -> Vector:
    """A column of numbers, of shape (rows,).

    Raises
    ------
    InvalidInput
        If one is missing or infinite.
    """
    values = batch.columns[column]
    numbers: Vector = values.to_numpy(zero_copy_only=False)  # what is missing becomes NaN
    # One sum is faster than a test of each value, and not finite if any of them is not.
    if not np.isfinite(np.sum(numbers)) and not (known := np.isfinite(numbers)).all():
        row = int(np.argmin(known))
        more = len(numbers) - int(np.count_nonzero(known)) - 1
        others = f" (and {more} more near it)" if more else ""
        what = "has no value" if np.isnan(numbers[row]) else "is infinite"
        raise InvalidInput(f"Column {column!r} {what} in {batch.place(row)}{others}. {NEXT_STEP}")
    return numbers


def labels(batch: Batch, column: str) -> pa.Array:
    """A column of text, none missing.

    Raises
    ------
    InvalidInput
        If one is missing.
    """
    values = batch.columns[column]
    if values.null_count:
        row = pc.index(values.is_null(), True).as_py()
        raise InvalidInput(f"Column {column!r} has no value in {batch.place(row)}. {NEXT_STEP}")
    return values


def _indicate(batch: Batch, column: Levels, values: pa.Array, into: Vector) -> None:
    found = pc.index_in(labels(batch, column.column), value_set=pa.array(column.levels))
    if found.null_count:
        row = pc.index(found.is_null(), True).as_py()
        raise InvalidInput(
            f"Column {column.column!r} holds {values[row].as_py()!r} in {batch.place(row)}, which "
            f"the fit did not see; its levels were {', '.join(column.levels)}."
        )
    codes = found.to_numpy()
    into[:] = codes[:, None] == np.arange(1, len(column.levels))


def in_order(levels: Iterable[str]) -> tuple[str, ...]:
    """Levels in the order of their numbers where all are numbers, else of the alphabet."""
    try:
        return tuple(sorted(levels, key=float))
    except ValueError:
        return tuple(sorted(levels))
