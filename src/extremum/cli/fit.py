"""``extremum fit``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from extremum.cli.arguments import check_output, read_names, read_stops
from extremum.cli.output import (
    print_fit,
    print_fit_json,
    progress,
    warnings_as_sentences,
)
from extremum.outcomes import ExtremumError, InvalidInput, UnknownOption

if TYPE_CHECKING:
    from extremum.regression import TableRows

MOST_ROWS = 100_000
"""Pictures are drawn of at most so many rows, evenly chosen."""

TARGETS = {"linear": "number", "logistic": "label", "poisson": "count"}
"""What each model explains."""


def fit(
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA",
            help="A table as CSV, other separated text, or Parquet; several are read as one.",
            show_default=False,
        ),
    ],
    target: Annotated[
        str,
        typer.Option(
            help="The column to explain; or a file that holds it.",
            metavar="COLUMN|FILE",
            show_default=False,
        ),
    ],
    model: Annotated[str, typer.Option(help="linear, logistic, poisson.", show_default=False)],
    features: Annotated[
        str | None,
        typer.Option(help="The columns to explain it by, like a,b; all others by default."),
    ] = None,
    categorical: Annotated[
        str | None,
        typer.Option(help="Those that hold categories, like a,b: an indicator for each level."),
    ] = None,
    header: Annotated[
        bool | None,
        typer.Option(
            "--header/--no-header",
            help="Whether line 1 of a text names the columns; found out by default.",
        ),
    ] = None,
    solver: Annotated[str, typer.Option(help="auto, newton, gradient-descent, lbfgs.")] = "auto",
    step: Annotated[
        str | None, typer.Option(help="The solver's step: a number, exact, armijo.")
    ] = None,
    stop: Annotated[
        list[str] | None,
        typer.Option(
            help="gradient-norm:1e-8, relative-step:…, squared-step:…, value-change:…; repeatable."
        ),
    ] = None,
    maxiter: Annotated[int | None, typer.Option(help="At most so many iterations.")] = None,
    l2: Annotated[float, typer.Option(help="Penalty on the squared coefficients.")] = 0.0,
    standardize: Annotated[
        bool, typer.Option("--standardize", help="Scale the columns beforehand.")
    ] = False,
    separation: Annotated[
        str, typer.Option(help="Where classes can be separated: warn, raise, firth.")
    ] = "warn",
    collinear: Annotated[
        str, typer.Option(help="Where columns determine others: warn, raise, minimum-norm.")
    ] = "warn",
    out: Annotated[Path | None, typer.Option(help="Write the model to a .json file.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write a report to a .html file.")] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the fit into .png files in this folder.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Fit a regression to a table, and say whether the fit can be trusted.

    The exit code is 0 for a fit that exists and was found, 1 for any other outcome, 2 for a call
    that can't be carried out.

    Example: extremum fit houses.csv --target price --features rooms,area --model linear
    """
    if model not in TARGETS:
        raise UnknownOption(f"--model {model!r} is unknown; there are {', '.join(TARGETS)}.")
    check_output("--out", out, (".json",))
    check_output("--report", report, (".html", ".htm"))
    if plot is not None and plot.exists() and not plot.is_dir():
        raise InvalidInput(f"--plot {plot} is a file; name a folder.")
    options: dict[str, Any] = {"solver": solver, "l2": l2, "standardize": standardize}
    options |= {"collinear": collinear}
    options |= {"step": _step(step), "stop": read_stops(stop or ())}
    options |= {"separation": separation} if model == "logistic" else {}
    options |= {} if maxiter is None else {"max_iter": maxiter}

    # Imported here, so that `extremum minimize` does not wait for what it does not need.
    from extremum.regression import open_rows, save_model
    from extremum.regression.model_file import MODELS

    rows = open_rows(
        data,
        target,
        features=read_names("--features", features),
        categorical=read_names("--categorical", categorical) or (),
        header=header,
        target_kind=TARGETS[model],  # type: ignore[arg-type]
    )
    with warnings_as_sentences(UserWarning), progress() as callback:
        estimator: Any = MODELS[model](callback=callback, **options)
        try:
            estimator.fit_batches(rows)
        except ValueError as error:
            if isinstance(error, ExtremumError):
                raise
            raise InvalidInput(str(error)) from None
    if out is not None:
        save_model(estimator, out, encoding=rows.encoding, target=rows.target.name)
    if report is not None or plot is not None:
        _draw(estimator, rows, report, plot)
    if json:
        print_fit_json(estimator, model, rows)
    else:
        print_fit(estimator, rows)
    raise typer.Exit(0 if estimator.result_.success else 1)


def _draw(estimator: Any, rows: TableRows, report: Path | None, folder: Path | None) -> None:
    """Write the pictures, and the page that holds them."""
    from extremum.plot import plot_regression, save, write_report

    seen = rows.sample(MOST_ROWS)
    pictures = plot_regression(estimator, seen.X, seen.y)
    for name, axes in pictures.items() if folder is not None else ():
        save(axes, Path(folder or "", f"{name}.png"))
    if report is not None:
        write_report(report, estimator, rows, pictures)


def _step(text: str | None) -> float | str | None:
    """Read ``--step``: a number, or a word for the estimator to judge."""
    try:
        return text if text is None else float(text)
    except ValueError:
        return text
