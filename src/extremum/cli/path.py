"""``extremum path``."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path as File
from typing import Annotated, Any

import typer

from extremum.cli.arguments import check_output, read_event, read_motion, read_potential
from extremum.cli.output import print_card, print_path_json, warnings_as_sentences

PICTURES = (".png", ".pdf", ".svg")
TABLES = (".csv", ".parquet")


def path(
    potential: Annotated[
        str,
        typer.Option(
            metavar="EXPRESSION|FILE.py:FUNCTION",
            help="V(x), or V(x0, x1, …); t may occur too.",
            show_default=False,
        ),
    ],
    start: Annotated[
        str,
        typer.Option("--from", help="Where the path begins, like 2 or 1,0.", metavar="NUMBERS"),
    ],
    end: Annotated[str, typer.Option("--to", help="Where it ends.", metavar="NUMBERS")],
    duration: Annotated[
        str, typer.Option(help="T, from time 0; or both times, like 0,1.", metavar="NUMBERS")
    ],
    mass: Annotated[
        str, typer.Option(help="One number, or one a coordinate.", metavar="NUMBERS")
    ] = "1",
    points: Annotated[
        int | None, typer.Option(help="How many times, both ends included, on a uniform mesh.")
    ] = None,
    tol: Annotated[
        float | None, typer.Option(help="The path's error, by which the mesh is chosen.")
    ] = None,
    rule: Annotated[
        str,
        typer.Option(help="rectangle, midpoint, trapezoid, lobatto4, lobatto6 or lobatto8."),
    ] = "lobatto8",
    guess: Annotated[
        str | None,
        typer.Option(
            help="Where the search begins: a formula in t for each coordinate, separated by ;."
        ),
    ] = None,
    out: Annotated[
        File | None, typer.Option(help="Write the path to a .csv or .parquet file.")
    ] = None,
    plot: Annotated[
        File | None, typer.Option(help="Draw the path into a .png, .pdf or .svg file.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find a path that makes the action stationary, and say what it is.

    The exit code is 0 for a path that refinement confirms, 1 where none was found, 2 for a call
    that can't be carried out.

    Example: extremum path --potential "x**4/4" --from 2 --to 0 --duration 1
    """
    from extremum.mechanics import Particle, stationary_path

    check_output("--out", out, TABLES)
    check_output("--plot", plot, PICTURES)
    first, last = read_event("--from", start), read_event("--to", end)
    # What the user's own file prints is not the path: it goes to stderr.
    with contextlib.redirect_stdout(sys.stderr), warnings_as_sentences():
        found = stationary_path(
            Particle(read_event("--mass", mass), read_potential(potential)),
            first,
            last,
            read_event("--duration", duration),
            guess=None if guess is None else read_motion(guess, first),
            points=points,
            tol=tol,
            rule=rule,
        )
    if out is not None:
        _write(found, out)
    if plot is not None:
        from extremum.plot import save

        save(found.plot(), plot)
    if json:
        print_path_json(found)
    else:
        print_card(found)
    raise typer.Exit(0 if found.success else 1)


def _write(found: Any, out: File) -> None:
    """A row a time: t, coordinates, velocities, momenta, energy."""
    import pandas as pd

    columns = {"t": found.t}
    for name in ("q", "v", "momentum"):
        values = getattr(found, name)
        if values.ndim == 1:
            columns[name] = values
        else:
            columns |= {f"{name}{k}": column for k, column in enumerate(values.T)}
    table = pd.DataFrame(columns | {"energy": found.energy})
    if out.suffix.lower() == ".csv":
        table.to_csv(out, index=False)
    else:
        table.to_parquet(out, index=False)
