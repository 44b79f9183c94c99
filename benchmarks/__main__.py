"""`python -m benchmarks` lists the benchmarks, `python -m benchmarks NAME` runs one."""

from __future__ import annotations

import argparse
import importlib

BENCHMARKS = {
    "cutest": (
        "benchmarks.cutest.command",
        "problems from CUTEst, all solvers given the same compiled derivatives",
    ),
    "scaling": (
        "benchmarks.scaling.command",
        "time and memory as the number of variables grows from 10² to 10⁶",
    ),
    "action": (
        "benchmarks.action.command",
        "paths of stationary action beside solve_bvp: accuracy, size, starts",
    ),
    "regression": (
        "benchmarks.regression.command",
        "time to a common gradient, scikit-learn, glum and statsmodels beside extremum",
    ),
    "larger_than_memory": (
        "benchmarks.regression.larger_than_memory",
        "a 2 GB Parquet table fitted in bounded memory",
    ),
    "resume": (
        "benchmarks.resume",
        "runs killed at random moments and resumed: is the trace the uninterrupted one's?",
    ),
    "certificates": (
        "benchmarks.certificates",
        "points of 100 000 variables whose truth is known: factorizations, products, time",
    ),
    "saddle_start": (
        "benchmarks.saddle_start",
        "a start exactly at a saddle, SciPy's methods beside extremum",
    ),
    "zoo": (
        "benchmarks.zoo.command",
        "functions whose truth is known: false successes, counted for every solver",
    ),
}
"""The module of each, which has `add_arguments(parser)` and `run(options)`; and its subject."""


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark that is named, or list them all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(metavar="NAME")
    for name, (home, subject) in BENCHMARKS.items():
        command = commands.add_parser(name, help=subject, description=subject)
        module = importlib.import_module(home)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    if options.run is None:
        for name, (_, subject) in BENCHMARKS.items():
            print(f"{name:20}{subject}")
    else:
        options.run(options)


if __name__ == "__main__":
    main()
