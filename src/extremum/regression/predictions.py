"""Predictions for the rows of a table, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
from pyarrow import csv, parquet

from extremum.objective import Vector
from extremum.regression.logistic import LogisticRegression
from extremum.regression.model_file import StoredModel
from extremum.regression.tables import open_table


def predict_table(
    model: StoredModel, paths: Sequence[str | Path], *, header: bool | None = None
) -> Iterator[pa.RecordBatch]:
    """Predict for each row of a table in files.

    Parameters
    ----------
    model : StoredModel
    paths : sequence of str or Path
        They hold the columns that the model was fitted to; others are not looked at.
    header : bool, optional
        Whether the first line of a text names the columns; by default what it looks like.

    Yields
    ------
    pyarrow.RecordBatch
        The column ``prediction`` and, of a logistic regression, a probability for each class.

    Raises
    ------
    InvalidInput
        If a column is not there, or a value is missing, infinite, or an unknown level.
    """
    table = open_table(paths, header)
    table.check_columns([column.column for column in model.encoding.columns])
    for batch in table.batches(model.encoding.kinds):
        yield pa.RecordBatch.from_pydict(_predicted(model, model.encoding.encode(batch)))


def write_predictions(batches: Iterator[pa.RecordBatch], to: str | Path | BinaryIO) -> int:
    """Write predictions as Parquet, where a path ends so, or else as CSV.

    Parameters
    ----------
    batches : iterator of pyarrow.RecordBatch
    to : str, Path or binary file

    Returns
    -------
    int
        How many rows there were.
    """
    first = next(batches)  # before anything is written: it may be refused
    as_parquet = isinstance(to, str | Path) and Path(to).suffix.lower() == ".parquet"
    writer = parquet.ParquetWriter if as_parquet else csv.CSVWriter
    rows = 0
    with writer(to if hasattr(to, "write") else str(to), first.schema) as out:
        for batch in _chained(first, batches):
            out.write_batch(batch)
            rows += batch.num_rows
    return rows


def _predicted(model: StoredModel, features: Vector) -> dict[str, Any]:
    estimator: Any = model.estimator
    names = getattr(estimator, "feature_names_in_", None)
    X = features if names is None else pd.DataFrame(features, columns=names)
    columns = {"prediction": estimator.predict(X)}
    if isinstance(estimator, LogisticRegression):
        for label, column in zip(estimator.classes_, estimator.predict_proba(X).T, strict=True):
            columns[f"probability of {label}"] = column
    return columns


def _chained(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from rest
