"""`python -m benchmarks` lists the benchmarks, `python -m benchmarks NAME` runs one."""

from __future__ import annotations

import argparse
import importlib

BENCHMARKS = {
    "cutest": "problems from CUTEst, all solvers given the same compiled derivatives",
    "saddle_start": "a start exactly at a saddle, SciPy's methods beside extremum",
}
"""Each is a module with `add_arguments(parser)` and `run(options)`."""


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark that is named, or list them all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(metavar="NAME")
    for name, subject in BENCHMARKS.items():
        command = commands.add_parser(name, help=subject, description=subject)
        module = importlib.import_module(f"benchmarks.{name}")
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    if options.run is None:
        for name, subject in BENCHMARKS.items():
            print(f"{name:14}{subject}")
    else:
        options.run(options)


if __name__ == "__main__":
    main()
