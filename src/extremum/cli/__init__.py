"""The command `extremum`."""

from extremum.cli.app import main

__all__ = ["main"]
