"""How a text file writes its table: the separator, the decimal mark, whether it has a header line.

Nothing is taken for names that may be data: a first line is a header only where it differs from the
lines below as names differ from values.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from extremum.outcomes import InvalidInput

MISSING = (
    "", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "-nan", "null", "NULL", "None", "?", ".",
)  # fmt: skip
"""What stands for a value that is not there: as in pandas and Arrow; SAS's dot, UCI's mark."""

SEPARATORS = ("\t", ";", ",", " ")
"""The first of those that suit equally well is taken; a space stands for any run of blanks."""

SAMPLE = 200
"""So many lines decide."""

AGREEMENT = 0.8
"""A separator suits if it gives this share of the lines equally many fields; a column with this
share of numbers is one of numbers with misprints."""

LONGEST = 2**26
"""Bytes; a longer line is not one of a table."""

_NUMBER = re.compile(
    r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(inf|infinity)", re.IGNORECASE | re.ASCII
)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_COUNT = re.compile(r"0|[1-9]\d*")


@dataclass(frozen=True)
class TextFormat:
    """How a text file writes its table.

    Attributes
    ----------
    separator : str
        A space stands for any run of spaces and tabs.
    decimal : str
        The decimal mark, ``.`` or ``,``.
    names : tuple of str
        The columns'; their positions from 0 where the file gives none.
    unnamed : frozenset of str
        The positions that a header line leaves without a name, as it does above row numbers.
    numeric : frozenset of str
        The columns that hold numbers, as far as the sample goes.
    skipped : int
        Physical lines before the first row of data.
    evidence : str
        What was decided about the first line, and why.
    """

    separator: str
    decimal: str
    names: tuple[str, ...]
    unnamed: frozenset[str]
    numeric: frozenset[str]
    skipped: int
    evidence: str


def recognize(path: Path, header: bool | None = None) -> TextFormat:
    """Find out how a file writes its table.

    Parameters
    ----------
    path : Path
    header : bool, optional
        Whether the first line holds the names; by default what it looks like.

    Returns
    -------
    TextFormat

    Raises
    ------
    InvalidInput
        If the file is empty or no text, or two columns have one name.
    """
    lines = _first_lines(path)
    comments = _count_comments(lines)
    body = lines[comments:]
    if not any(line.strip() for line in body):
        raise InvalidInput(f"{path} is empty: it has no line of data.")
    separator = _separator(body)
    rows = list(read_rows(body, separator))
    decimal = "." if separator == "," else _decimal(row for _, row in rows)
    first_line, first = rows[0]
    below = [row for _, row in rows[1:] if len(row) == len(first)]
    commented = _names_in_comment(lines[:comments]) if header is None else []
    if len(commented) == len(first):
        has_header, evidence = False, f"line {comments} names the columns, after #."
        header_names = commented
    else:
        has_header, why = _judge(first, below, decimal) if header is None else (header, "as asked")
        header_names = first if has_header else []
        evidence = _evidence(has_header, why, len(first))
        if has_header and len(rows) == 1:
            raise InvalidInput(
                f"{path} has no rows below its header line ({why}). If that line is data, say "
                "--no-header."
            )
    names = _column_names(path, header_names, len(first))
    return TextFormat(
        separator,
        decimal,
        names,
        frozenset(str(k) for k, name in enumerate(header_names) if not name.strip()),
        _numeric(names, below if has_header else [first, *below], decimal),
        comments + (first_line if has_header else 0),
        f"{path.name}: {evidence}",
    )


def is_number(field: str, decimal: str = ".") -> bool:
    """Whether a field holds a number; infinities are numbers, NaN is a missing value."""
    text = field.strip()
    return _NUMBER.fullmatch(text if decimal == "." else text.replace(",", ".")) is not None


def is_missing(field: str) -> bool:
    """Whether a field stands for a value that is not there."""
    return field.strip() in MISSING


def read_rows(lines: Iterable[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """Split lines into fields; each row comes with the number of its last physical line, from 1."""
    if separator == " ":
        lines = (line.replace("\t", " ").strip() for line in lines)
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    for row in reader:
        if row:  # a blank line is none
            yield reader.line_num, row


def _first_lines(path: Path) -> list[str]:
    with path.open("rb") as stream:
        raw = b""
        for _ in range(SAMPLE):
            line = stream.readline(LONGEST)
            if len(line) == LONGEST:
                raise InvalidInput(f"{path} is no table of text: a line has more than {LONGEST} B.")
            raw += line
    if b"\0" in raw:
        kind = "text in UTF-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "not text"
        raise InvalidInput(f"{path} is {kind}; give a table as text in UTF-8 or as Parquet.")
    try:
        # A carriage return alone once ended lines, so they are split anew.
        return list(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    except UnicodeDecodeError as error:
        line_number = raw[: error.start].count(b"\n") + 1
        raise InvalidInput(
            f"{path} is not text in UTF-8: see byte {raw[error.start]:#x} in line {line_number}. "
            "Convert it first."
        ) from None


def _count_comments(lines: Sequence[str]) -> int:
    """How many lines above the table are comments (#), as `numpy.savetxt` writes them."""
    count = 0
    for place, line in enumerate(lines):
        if line.lstrip().startswith("#"):
            count = place + 1
        elif line.strip():
            break
    return count


def _names_in_comment(comments: Sequence[str]) -> list[str]:
    text = comments[-1].strip().lstrip("#").strip() if comments else ""
    return next(read_rows([text], _separator([text])))[1] if text else []


def _separator(lines: Sequence[str]) -> str:
    """The separator that gives most lines equally many fields, and then most of them numbers."""
    best, best_suits = ",", (0.0, 0.0)
    for candidate in SEPARATORS:
        rows = [row for _, row in read_rows(lines, candidate)]
        width, times = Counter(map(len, rows)).most_common(1)[0]
        if width == 1 or times < AGREEMENT * len(rows):
            continue
        decimal = "." if candidate == "," else _decimal(rows)
        fields = [field for row in rows if len(row) == width for field in row]
        numbers = sum(is_number(field, decimal) or is_missing(field) for field in fields)
        suits = (times / len(rows), numbers / len(fields))
        if suits > best_suits:
            best, best_suits = candidate, suits
    return best


def _decimal(rows: Iterable[Sequence[str]]) -> str:
    """The decimal mark: a comma where fields like 1,5 are found and none like 1.5."""
    found = "."
    for row in rows:
        for field in row:
            text = field.strip()
            if "." in text and is_number(text):
                return "."
            if _DECIMAL_COMMA.fullmatch(text):
                found = ","
    return found


def _judge(first: Sequence[str], below: Sequence[Sequence[str]], decimal: str) -> tuple[bool, str]:
    """Whether a first line holds names, and why one thinks so.

    Text above numbers is a name. A number above numbers is a value, unless text above numbers
    stands beside it and the numbers count up, as the names of pixels, years or wavelengths do.
    Where there is nothing but text, a word that is found again below is no name.
    """
    columns = list(zip(*below, strict=True)) or [()] * len(first)
    known = [(f, c) for f, c in zip(first, columns, strict=True) if not is_missing(f)]
    values = [field.strip() for field, _ in known if is_number(field, decimal)]
    words = [(field.strip(), c) for field, c in known if not is_number(field, decimal)]
    above_numbers = [word for word, column in words if _holds_numbers(column, decimal)]
    if not words:
        return False, f"it holds numbers like {values[0]}" if values else "it holds no names"
    if values and not (above_numbers and _count_up(values)):
        return False, f"it holds numbers like {values[0]}"
    if above_numbers:
        return True, f"below {above_numbers[0]!r} there are numbers"
    if not below:
        return True, "it is the only one, and holds no number"
    for word, column in words:
        if word in {field.strip() for field in column}:
            return False, f"{word!r} is found again below"
    return True, "its words are not found again below"


def _holds_numbers(column: Sequence[str], decimal: str) -> bool:
    known = [field for field in column if not is_missing(field)]
    return sum(is_number(field, decimal) for field in known) > AGREEMENT * len(known)


def _count_up(values: Sequence[str]) -> bool:
    numbers = [float(value.replace(",", ".")) for value in values]
    rising = all(a < b for a, b in pairwise(numbers))
    return rising and (len(values) > 2 or all(map(_COUNT.fullmatch, values)))


def _evidence(has_header: bool, why: str, width: int) -> str:
    if has_header:
        return f"line 1 names the columns ({why}); --no-header if it is data."
    last = f" to {width - 1}" if width > 1 else ""
    return (
        f"line 1 is data, not names ({why}); the columns are named by position, 0{last}; "
        "--header if it names them."
    )


def _column_names(path: Path, given: Sequence[str], width: int) -> tuple[str, ...]:
    names = [name.strip() or str(place) for place, name in enumerate(given or [""] * width)]
    doubled = [name for name, times in Counter(names).items() if times > 1]
    if doubled:
        raise InvalidInput(
            f"{path}: two columns are named {doubled[0]!r}. Rename one of them; if line 1 is data, "
            "say --no-header."
        )
    return tuple(names)


def _numeric(names: Sequence[str], rows: Sequence[Sequence[str]], decimal: str) -> frozenset[str]:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return frozenset(
        name for name, column in zip(names, columns, strict=True) if _holds_numbers(column, decimal)
    )
