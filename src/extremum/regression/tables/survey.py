"""The first look through a table: its rows are counted, its columns checked, its levels found."""

from __future__ import annotations

from collections.abc import Sequence, Set

import numpy as np

from extremum.outcomes import InvalidInput
from extremum.regression.tables.encoding import Encoding, Levels, Numbers, finite, in_order, labels
from extremum.regression.tables.file import Kind
from extremum.regression.tables.table import SHOWN, Table
from extremum.regression.tables.target import Target

MOST_LEVELS = 1000
"""A column with more levels than this holds the names or numbers of things, not categories."""


def survey(
    table: Table, target: Target, features: Sequence[str] | None, categorical: Sequence[str]
) -> tuple[Encoding, int]:
    """Look through a table.

    Parameters
    ----------
    table : Table
    target : Target
    features : sequence of str, or None
        None: all columns but the target and those without a name.
    categorical : sequence of str

    Returns
    -------
    encoding : Encoding
    n_rows : int

    Raises
    ------
    InvalidInput
        Naming the column, and the row.
    """
    columns = _features(table, target, features, categorical)
    kinds: dict[str, Kind] = {c: "text" if c in categorical else "number" for c in columns}
    ranges = {c: (np.inf, -np.inf) for c in columns if kinds[c] == "number"}
    levels: dict[str, set[str]] = {c: set() for c in columns if kinds[c] == "text"}
    outcomes: set[object] = set()  # of the target, until there are enough
    enough = 2 if target.kind != "label" else MOST_LEVELS + 1
    n_rows = 0
    for batch in table.batches(kinds | target.kinds):
        for column, (low, high) in ranges.items():
            numbers = finite(batch, column)
            ranges[column] = (min(low, numbers.min()), max(high, numbers.max()))
        for column, known in levels.items():
            known.update(labels(batch, column).unique().to_pylist())
            _check_number_of_levels(f"categorical column {column!r}", known)
        if len(outcomes) < enough:
            outcomes.update(np.unique(target.read(batch, n_rows))[:enough].tolist())
        n_rows += batch.columns.num_rows
    if n_rows == 0:
        raise InvalidInput(f"{table} has no rows.")
    if target.apart is not None and len(target.apart) != n_rows:
        notes = " ".join((*table.notes, *target.table.notes))
        raise InvalidInput(
            f"{table} has {n_rows} rows and {target.table} {len(target.apart)}; each row needs its "
            f"target. {notes}"
        )
    _check_number_of_levels(f"target {target.name!r}", outcomes)
    if len(outcomes) == 1:
        raise InvalidInput(
            f"The target {target.name!r} is constant: {outcomes.pop()} in all {n_rows} rows. There "
            "is nothing to be explained."
        )
    constant = {c: f"{low:g}" for c, (low, high) in ranges.items() if low == high}
    constant |= {c: next(iter(known)) for c, known in levels.items() if len(known) == 1}
    if constant:
        _refuse_constant(constant, columns, n_rows)
    return (
        Encoding(
            tuple(
                Levels(c, in_order(levels[c])) if kinds[c] == "text" else Numbers(c)
                for c in columns
            )
        ),
        n_rows,
    )


def _features(
    table: Table, target: Target, features: Sequence[str] | None, categorical: Sequence[str]
) -> list[str]:
    """The columns that explain the target."""
    own = {target.column} if target.apart is None else set()
    if features is None:
        left_out = own | table.files[0].unnamed
        columns = [name for name in table.names if name not in left_out]
    else:
        columns = list(dict.fromkeys(features))
        table.check_columns(columns)
        if own & set(columns):
            raise InvalidInput(f"{target.column!r} is the target; it can't be a feature too.")
    table.check_columns(categorical)
    if beside := [name for name in categorical if name not in columns]:
        raise InvalidInput(f"The categorical column {beside[0]!r} is not one of the features.")
    if not columns:
        raise InvalidInput(f"{table} has no column beside the target, so nothing to explain it by.")
    return columns


def _check_number_of_levels(what: str, levels: Set[object]) -> None:
    if len(levels) > MOST_LEVELS:
        raise InvalidInput(
            f"The {what} has more than {MOST_LEVELS} levels, as names of "
            "things have. Leave it out, or group its levels."
        )


def _refuse_constant(constant: dict[str, str], columns: Sequence[str], n_rows: int) -> None:
    column, value = next(iter(constant.items()))
    others = [name for name in columns if name not in constant]
    further = f" (so are {', '.join(list(constant)[1:])})" if len(constant) > 1 else ""
    leave = f": --features {','.join(others)}" if 0 < len(others) <= SHOWN else ""
    raise InvalidInput(
        f"Column {column!r} is constant, {value} in all {n_rows} rows{further}: its coefficient "
        f"can't be told from the intercept. Leave it out{leave}."
    )
