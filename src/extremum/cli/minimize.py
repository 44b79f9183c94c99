"""``extremum minimize``."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from extremum.cli.arguments import (
    check_output,
    read_checkpoint,
    read_function,
    read_method,
    read_scheme,
    read_start,
    read_stops,
)
from extremum.cli.output import print_card, print_json, progress, warnings_as_sentences
from extremum.solve import minimize as run

PICTURES = (".png", ".pdf", ".svg")
TABLES = (".parquet", ".csv")


def minimize(
    function: Annotated[
        str,
        typer.Argument(
            metavar="EXPRESSION|FILE.py:FUNCTION",
            help="An expression in x, or in x0, x1, …; or a function in a Python file.",
            show_default=False,
        ),
    ],
    start: Annotated[
        str, typer.Option(help="The start, like 2,0.25.", metavar="NUMBERS", show_default=False)
    ],
    method: Annotated[
        str, typer.Option(help="auto, newton, gradient-descent, barzilai-borwein.")
    ] = "auto",
    step: Annotated[
        str | None,
        typer.Option(help="The method's step: a number, armijo, exact, barzilai-borwein."),
    ] = None,
    jac: Annotated[
        str | None,
        typer.Option(
            help="Gradient by differences: 2-point, 3-point, cs; with a step, 2-point:1e-6."
        ),
    ] = None,
    stop: Annotated[
        list[str] | None,
        typer.Option(
            help="gradient-norm:1e-8, relative-step:…, squared-step:…, value-change:…; repeatable."
        ),
    ] = None,
    maxiter: Annotated[int | None, typer.Option(help="At most so many iterations.")] = None,
    maxfev: Annotated[int | None, typer.Option(help="At most so many values.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="At most so long.")] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Write the run down in this file, to be resumed.")
    ] = None,
    every: Annotated[
        int | None, typer.Option(help="A checkpoint every so many iterations; else every 2 s.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint, if there is one.")
    ] = False,
    trace: Annotated[
        Path | None, typer.Option(help="Write the history to a .parquet or .csv file.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the run into a .png, .pdf or .svg file.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Minimize a function and certify what was found.

    The exit code is 0 for a certified minimum, 1 for any other outcome, 2 for a call that can't be
    carried out.

    Ctrl-C ends a run with the best point so far; with --checkpoint FILE it can be resumed.

    Example: extremum minimize "x0**2 - 2*x0 + x1**4 - 2*x1**2 + x1" --start 2,0.25
    """
    check_output("--trace", trace, TABLES)
    check_output("--plot", plot, PICTURES)
    # What the user's own file prints is not the result: it goes to stderr.
    with contextlib.redirect_stdout(sys.stderr):
        fun = read_function(function)
    with contextlib.redirect_stdout(sys.stderr), warnings_as_sentences(), progress() as callback:
        result = run(
            fun,
            read_start(start),
            method=read_method(method, step),
            jac=read_scheme(jac),
            stop=read_stops(stop or ()),
            maxiter=maxiter,
            maxfev=maxfev,
            max_seconds=max_seconds,
            checkpoint=read_checkpoint(checkpoint, every),
            resume=resume,
            callback=callback,
        )
    if trace is not None:
        write = result.trace.to_csv if trace.suffix.lower() == ".csv" else result.trace.to_parquet
        write(trace)
    if plot is not None:
        from extremum.plot import save

        save(result.plot(), plot)
    if json:
        print_json(result)
    else:
        print_card(result)
    raise typer.Exit(0 if result.success else 1)
