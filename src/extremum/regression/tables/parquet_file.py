"""Parquet files, read by Arrow in batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from extremum.outcomes import InvalidInput
from extremum.regression.tables.file import BLOCK_BYTES, Kind

MAGIC = b"PAR1"
"""How a Parquet file begins."""

STREAM_BYTES = 2**18
"""So much of each column is read at once, however large the row groups are."""

_INDEX = "__index_level_"


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file, as `TableFile`; `open_parquet` reads its schema."""

    path: Path
    schema: pa.Schema

    @property
    def names(self) -> tuple[str, ...]:
        """The columns'."""
        return tuple(self.schema.names)

    @property
    def unnamed(self) -> frozenset[str]:
        """The index that pandas stores beside the columns."""
        return frozenset(name for name in self.names if name.startswith(_INDEX))

    @property
    def numeric(self) -> frozenset[str]:
        """The columns that hold numbers or truth values."""
        return frozenset(field.name for field in self.schema if _is_numeric(field.type))

    @property
    def notes(self) -> tuple[str, ...]:
        """Nothing had to be decided."""
        return ()

    def batches(self, kinds: Mapping[str, Kind]) -> Iterator[pa.RecordBatch]:
        """Read some columns, a batch of rows after the other; what is missing is null."""
        for name, kind in kinds.items():
            self._check(name, kind)
        types = {"number": pa.float64(), "text": pa.string()}
        rows = max(1, BLOCK_BYTES // (8 * max(1, len(kinds))))
        schema = pa.schema([(name, types[kind]) for name, kind in kinds.items()])
        with _open(self.path) as stored:
            try:
                for batch in stored.iter_batches(rows, columns=list(kinds), use_threads=False):
                    columns = [_cast(batch[field.name], field.type) for field in schema]
                    yield pa.RecordBatch.from_arrays(columns, schema=schema)
            except (pa.ArrowException, OSError) as error:
                raise InvalidInput(f"{self.path} is damaged: {error}.") from None

    def place(self, row: int) -> str:
        """Where a row, counted from 0, is found."""
        return f"row {row} of {self.path.name} (counted from 0)"

    def _check(self, name: str, kind: Kind) -> None:
        held = self.schema.field(name).type
        if kind == "number" and not _is_numeric(held):
            declare = f"; if it holds categories, declare it: --categorical {name}"
            raise InvalidInput(
                f"Column {name!r} of {self.path.name} holds {held}, not numbers. Leave it out of "
                f"the features{declare if _is_text(held) else ''}."
            )
        if kind == "text" and not (_is_text(held) or _is_numeric(held)):
            raise InvalidInput(f"Column {name!r} of {self.path.name} holds {held}, no categories.")


def open_parquet(path: Path) -> ParquetFile:
    """Read the schema of a Parquet file.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InvalidInput
        If the file is damaged or has no rows.
    """
    with _open(path) as stored:
        if stored.metadata.num_rows == 0:
            raise InvalidInput(f"{path} has no rows.")
        return ParquetFile(path, stored.schema_arrow)


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, buffer_size=STREAM_BYTES, pre_buffer=False)
    except pa.ArrowException as error:
        raise InvalidInput(f"{path} can't be read as Parquet: {error}.") from None


def _is_numeric(held: pa.DataType) -> bool:
    if pa.types.is_dictionary(held):
        return _is_numeric(held.value_type)
    of_types = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean)
    return any(is_type(held) for is_type in of_types)


def _is_text(held: pa.DataType) -> bool:
    if pa.types.is_dictionary(held):
        return _is_text(held.value_type)
    return held in (pa.string(), pa.large_string())


def _cast(column: pa.Array, to: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    # Integers beyond 2⁵³ are rounded, as in any floating-point table.
    return column if column.type == to else pc.cast(column, to, safe=False)
