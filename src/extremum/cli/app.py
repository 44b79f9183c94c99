"""The application: its commands, and how an error reaches the user."""

from __future__ import annotations

import importlib.metadata
import sys
from typing import Annotated

import typer

from extremum.cli.fit import fit
from extremum.cli.minimize import minimize
from extremum.cli.output import complain
from extremum.cli.path import path
from extremum.cli.predict import predict
from extremum.outcomes import ExtremumError

BAD_INPUT = 2
"""The exit code of a call that can't be carried out; 1 is a run without success, 0 a success."""

app = typer.Typer(
    name="extremum",
    help="Find the minima of functions, fit regressions, and say what was found, with evidence.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("minimize")(minimize)
app.command("path")(path)
app.command("fit")(fit)
app.command("predict")(predict)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"extremum {importlib.metadata.version('extremum')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Find the minima of functions, fit regressions, and say what was found, with evidence."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command.

    Parameters
    ----------
    arguments : list of str, optional
        In place of the command line's.
    """
    given = sys.argv[1:] if arguments is None else arguments
    try:
        app(_with_leading_minus(given))
    except ExtremumError as error:
        complain(str(error), *getattr(error, "__notes__", ()))
        sys.exit(BAD_INPUT)
    except OSError as error:
        complain(f"{error.filename or 'a file'} can't be written: {error.strerror or error}.")
        sys.exit(BAD_INPUT)
    except Exception as error:  # the user's own function raised it: theirs is shown, not ours
        notes = getattr(error, "__notes__", ())
        if not any(note.startswith("Raised by") for note in notes):
            raise
        complain(f"{type(error).__name__}: {error}.", *notes)
        sys.exit(BAD_INPUT)


def _with_leading_minus(arguments: list[str]) -> list[str]:
    """Keep ``-x**2`` from being read as an option: a space before it makes it an argument."""
    takes_value, out = False, []
    for argument in arguments:
        is_short = argument.startswith("-") and not argument.startswith("--") and len(argument) > 1
        out.append(
            f" {argument}" if is_short and not takes_value and argument != "-h" else argument
        )
        takes_value = argument.startswith("--") and "=" not in argument and argument != "--json"
    return out
