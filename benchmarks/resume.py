"""`kill -9` at random moments of a run, each time resumed: is the trace the uninterrupted one's?

Each run is a process of its own, killed at a random moment since it has begun; another one resumes
it. Run: python -m benchmarks resume
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

import extremum as ex

KILLS = 20
SECONDS = 10.0
METHODS = ("gradient-descent", "l-bfgs", "cg", "trust-region")
N = 2000


def chained(x: np.ndarray) -> float:
    """Rosenbrock's function, chained, in one long valley."""
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def start() -> np.ndarray:
    """The usual start."""
    return np.tile([-1.2, 1.0], N // 2)


def minimized(method: str, maxiter: int, **limits: object) -> ex.Result:
    """The run, of so many iterations that nothing but their number ends it."""
    return ex.minimize(chained, start(), method=method, tol=0.0, maxiter=maxiter, **limits)


def worker(options: argparse.Namespace) -> None:
    """What runs in a process of its own: go on from the checkpoint, and write the trace."""
    path = Path(options.worker)
    result = minimized(options.method, options.maxiter, checkpoint=path, resume=True)
    table = result.trace.to_pandas().drop(columns="seconds")
    table.to_parquet(path.with_suffix(".partial"))
    path.with_suffix(".partial").replace(path.with_suffix(".trace"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How often, and how long."""
    parser.add_argument("--kills", type=int, default=KILLS, help="how many runs are killed")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long a run takes")
    parser.add_argument("--method", choices=METHODS, default=METHODS[0])
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--maxiter", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--worker", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> None:
    """Kill, resume and compare."""
    if options.worker is not None:
        worker(options)
        return
    options.maxiter = minimized(options.method, 10**9, max_seconds=options.seconds).nit
    table = Table("kill", "at, s", "killed", "resumed", "trace")
    rng, same = np.random.default_rng(options.seed), 0
    with tempfile.TemporaryDirectory() as folder:
        whole = trace_of(options, Path(folder) / "whole.ckpt")
        for k in range(options.kills):
            path, moment = Path(folder) / f"{k}.ckpt", float(rng.uniform(0, options.seconds))
            process = subprocess.Popen(command(options, path))
            while not path.exists() and process.poll() is None:
                time.sleep(0.001)
            time.sleep(moment)
            process.kill()
            killed = process.wait() == -signal.SIGKILL
            began = time.perf_counter()
            again = trace_of(options, path)
            same += again.equals(whole)
            table.add_row(
                str(k + 1),
                f"{moment:.2f}",
                "yes" if killed else "too late",
                f"in {time.perf_counter() - began:.1f} s",
                "the same" if again.equals(whole) else "ANOTHER",
            )
    Console().print(table)
    print(
        f"{same} of {options.kills} traces of {options.maxiter} iterations by {options.method}, "
        f"about {options.seconds:g} s each, are that of the uninterrupted run"
    )
    if same < options.kills:
        sys.exit(1)


def trace_of(options: argparse.Namespace, path: Path) -> pd.DataFrame:
    """Run to the end in a process of its own; its trace."""
    subprocess.run(command(options, path), check=True)
    return pd.read_parquet(path.with_suffix(".trace"))


def command(options: argparse.Namespace, path: Path) -> list[str]:
    """The command of a process that begins or goes on."""
    return [
        *(sys.executable, "-m", "benchmarks", "resume", "--worker", str(path)),
        *("--method", options.method, "--maxiter", str(options.maxiter)),
    ]
