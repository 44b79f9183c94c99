"""``extremum predict``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from extremum.cli.arguments import check_output


def predict(
    model: Annotated[
        Path,
        typer.Argument(metavar="MODEL.json", help="As `extremum fit --out` wrote it."),
    ],
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA",
            help="A table as CSV, other separated text, or Parquet; several are read as one.",
        ),
    ],
    header: Annotated[
        bool | None,
        typer.Option(
            "--header/--no-header",
            help="Whether line 1 of a text names the columns; found out by default.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write to a .csv or .parquet file; else to the terminal.")
    ] = None,
) -> None:
    """Predict for each row of a table, by a model that was fitted before.

    Example: extremum predict model.json houses.csv --out predictions.csv
    """
    check_output("--out", out, (".csv", ".parquet"))
    # Imported here, so that `extremum minimize` does not wait for what it does not need.
    from extremum.regression import load_model
    from extremum.regression.predictions import predict_table, write_predictions

    batches = predict_table(load_model(model), data, header=header)
    write_predictions(batches, sys.stdout.buffer if out is None else out)
