"""Tables of text, read by Arrow in batches."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv as arrow_csv

from extremum.outcomes import InvalidInput
from extremum.regression.tables.file import BLOCK_BYTES, Kind
from extremum.regression.tables.text_format import (
    MISSING,
    TextFormat,
    is_missing,
    is_number,
    read_rows,
    recognize,
)

_BLANKS = re.compile(rb"[ \t]+")
_AROUND_LINES = re.compile(rb" ?(\r?\n|\r) ?")


@dataclass(frozen=True)
class TextFile:
    """A table of text, as `TableFile`; `open_text` finds out its format."""

    path: Path
    format: TextFormat

    @property
    def names(self) -> tuple[str, ...]:
        """The columns'."""
        return self.format.names

    @property
    def unnamed(self) -> frozenset[str]:
        """The columns that a header line leaves without a name."""
        return self.format.unnamed

    @property
    def numeric(self) -> frozenset[str]:
        """The columns that hold numbers, as far as the first lines go."""
        return self.format.numeric

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided about the first line."""
        return (self.format.evidence,)

    def batches(self, kinds: Mapping[str, Kind]) -> Iterator[pa.RecordBatch]:
        """Read some columns, a batch of rows after the other; what is missing is null."""
        types = {"number": pa.float64(), "text": pa.string()}
        try:
            with self._open() as stream:
                yield from arrow_csv.open_csv(
                    stream,
                    arrow_csv.ReadOptions(
                        use_threads=False,
                        block_size=BLOCK_BYTES,
                        column_names=list(self.names),
                        skip_rows=self.format.skipped,
                    ),
                    arrow_csv.ParseOptions(
                        delimiter=self.format.separator, newlines_in_values=True
                    ),
                    arrow_csv.ConvertOptions(
                        column_types={name: types[kind] for name, kind in kinds.items()},
                        include_columns=list(kinds),
                        null_values=list(MISSING),
                        strings_can_be_null=True,
                        decimal_point=self.format.decimal,
                    ),
                )
        except pa.ArrowInvalid as error:
            self._explain(kinds)
            raise InvalidInput(f"{self.path} can't be read as a table: {error}.") from None

    def place(self, row: int) -> str:
        """Where a row, counted from 0, is found."""
        line, _ = next(islice(self._rows(), row, None))
        return f"line {line} of {self.path.name}"

    def _open(self) -> Any:
        if self.format.separator == " ":
            return io.BufferedReader(_SingleSpaced(self.path), BLOCK_BYTES)
        return self.path.open("rb")

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Read the file again, slowly, row by row, each with its line number."""
        skipped = self.format.skipped
        with self.path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            rows = read_rows(islice(stream, skipped, None), self.format.separator)
            try:
                for line, fields in rows:
                    yield skipped + line, fields
            except csv.Error as error:
                raise InvalidInput(f"{self.path} can't be read as a table: {error}.") from None

    def _explain(self, kinds: Mapping[str, Kind]) -> None:
        """Find the row or the field that could not be read, and name it."""
        width = len(self.names)
        wanted = [(k, name) for k, name in enumerate(self.names) if kinds.get(name) == "number"]
        for line, fields in self._rows():
            where = f"Line {line} of {self.path.name}"
            if len(fields) != width:
                raise InvalidInput(
                    f"{where} has {_count(len(fields), 'field')} where the table has "
                    f"{_count(width, 'column')}. Correct that line; a separator inside a field "
                    "needs quotes around the field."
                )
            for k, name in wanted:
                field = fields[k]
                if is_missing(field):
                    raise InvalidInput(
                        f"Column {name!r} has no value in line {line} of {self.path.name}. "
                        "Correct the table, or leave the column out of the features."
                    )
                if not is_number(field, self.format.decimal):
                    raise InvalidInput(
                        f"{where}: column {name!r} holds {_shortened(field)}, which is not a "
                        "number. Correct it, or leave the column out of the features; if it holds "
                        f"categories, declare it: --categorical {name}."
                    )


def open_text(path: Path, header: bool | None = None) -> TextFile:
    """Find out the format of a table of text.

    Parameters
    ----------
    path : Path
    header : bool, optional
        Whether the first line names the columns; by default what it looks like.

    Raises
    ------
    InvalidInput
        If the file holds no table of text.
    """
    return TextFile(path, recognize(path, header))


class _SingleSpaced(io.RawIOBase):
    """A file with each run of blanks made one space, and none around a line."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._begun = b""  # of a line whose end has not been read yet
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            chunk = self._file.read(BLOCK_BYTES)
            if not chunk and not self._begun:
                return 0
            lines, end, self._begun = (self._begun + chunk).rpartition(b"\n")
            if not chunk:
                lines, self._begun = self._begun, b""
            spaced = _AROUND_LINES.sub(rb"\1", _BLANKS.sub(b" ", lines + end))
            self._ready = memoryview(spaced.strip(b" "))
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _shortened(field: str) -> str:
    return repr(field if len(field) <= 40 else field[:37] + "…")
