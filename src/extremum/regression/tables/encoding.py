"""How columns of a table become columns of the design matrix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

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
        """The features of a batch, of shape (rows, d), column by column in memory.

        Raises
        ------
        InvalidInput
            If a value is missing, infinite, or a level that the fit did not know.
        """
        features = np.empty((len(self.names), batch.columns.num_rows))
        place = 0
        for column in self.columns:
            if isinstance(column, Numbers):
                features[place] = _numbers(batch, column.column)
            else:
                codes = _codes(batch, column)
                into = features[place : place + len(column.names)]
                into[:] = codes == np.arange(1, len(column.levels))[:, None]
            place += len(column.names)
        if not _sum_is_finite(features):
            for column in self.columns:
                if isinstance(column, Numbers):
                    finite(batch, column.column)
        return features.T


def finite(batch: Batch, column: str) -> Vector:
    """A column of numbers, of shape (rows,).

    Raises
    ------
    InvalidInput
        If one is missing or infinite.
    """
    numbers = _numbers(batch, column)
    if not _sum_is_finite(numbers) and not (known := np.isfinite(numbers)).all():
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


def in_order(levels: Iterable[str]) -> tuple[str, ...]:
    """Levels in the order of their numbers where all are numbers, else of the alphabet."""
    try:
        return tuple(sorted(levels, key=float))
    except ValueError:
        return tuple(sorted(levels))


def _numbers(batch: Batch, column: str) -> Vector:
    """A column as floats; what is missing is NaN."""
    numbers: Vector = batch.columns[column].to_numpy(zero_copy_only=False)
    return numbers


def _sum_is_finite(numbers: Vector) -> bool:
    """Whether a sum is finite: it is not if one of the numbers is not, and it is quickly found."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(np.sum(numbers)))


def _codes(batch: Batch, column: Levels) -> NDArray[np.int32]:
    """The places of a column's values among its levels, of shape (rows,)."""
    values = labels(batch, column.column)
    found = pc.index_in(values, value_set=pa.array(column.levels))
    if found.null_count:
        row = pc.index(found.is_null(), True).as_py()
        raise InvalidInput(
            f"Column {column.column!r} holds {values[row].as_py()!r} in {batch.place(row)}, which "
            f"the fit did not see; its levels were {', '.join(column.levels)}."
        )
    codes: NDArray[np.int32] = found.to_numpy()
    return codes
