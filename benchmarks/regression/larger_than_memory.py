"""A table in a Parquet file, fitted in bounded memory: `python -m benchmarks larger_than_memory`.

Each fit runs in a process of its own, so that its peak memory is that of this one fit.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from extremum.regression import open_rows
from extremum.regression.model_file import MODELS
from extremum.regression.tables import rows as rows_of_tables

CHUNK = 2**27
"""Bytes that are simulated at once: far less than the table."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--gigabytes", type=float, default=2.0, help="default: %(default)s")
    parser.add_argument("--features", type=int, default=50, help="default: %(default)s")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=["linear", "logistic"])
    parser.add_argument(
        "--compare", action="store_true", help="fit in memory too; that takes thrice the table"
    )
    parser.add_argument("--output", type=Path, default=Path("build/regression"), metavar="DIR")


def run(options: argparse.Namespace) -> None:
    """Write the table, fit it, print the memory that it took."""
    console = Console()
    options.output.mkdir(parents=True, exist_ok=True)
    path = options.output / "larger_than_memory.parquet"
    n_rows = int(options.gigabytes * 1e9 / 8 / (options.features + 3))
    simulate(path, n_rows, options.features)
    console.print(
        f"{path}: {path.stat().st_size / 1e9:.2f} GB, {n_rows} rows, {options.features} features"
    )
    table = Table("model", "rows kept in", "peak MB", "seconds", "CPU s", "verdict")
    rows = []
    for model in options.models:
        ways = ("files", "memory") if options.compare else ("files",)
        found = [_fit_apart(path, model, way) for way in ways]
        for row in found:
            table.add_row(
                model,
                row["way"],
                f"{row['megabytes']:.0f}",
                f"{row['seconds']:.1f}",
                f"{row['cpu']:.1f}",
                row["verdict"],
            )
        if options.compare:
            streamed, whole = (np.ravel(row["coef"]) for row in found)
            difference = np.abs(streamed - whole).max() / np.abs(whole).max()
            console.print(f"{model}: largest relative difference of coefficients {difference:.1e}")
        rows += found
    console.print(table)
    report = options.output / "larger_than_memory.json"
    report.write_text(json.dumps(rows, indent=1) + "\n")
    console.print(f"written: {report}")


def simulate(path: Path, n_rows: int, d: int) -> None:
    """Write features, and a target for each model, a chunk of rows after the other."""
    rng = np.random.default_rng(0)
    truth = rng.standard_normal(d) / np.sqrt(d)
    names = [*(f"x{j}" for j in range(d)), *MODELS]
    schema = pa.schema([(name, pa.float64()) for name in names])
    rows = CHUNK // (8 * len(names))
    with pq.ParquetWriter(path, schema) as out:
        for first in range(0, n_rows, rows):
            X = rng.standard_normal((min(rows, n_rows - first), d))
            margin = X @ truth
            targets = (
                margin + rng.standard_normal(len(X)),
                (rng.random(len(X)) < 1 / (1 + np.exp(-margin))).astype(float),
                rng.poisson(np.exp(margin)).astype(float),
            )
            out.write_table(pa.table([*X.T, *targets], schema=schema), row_group_size=rows)


def _fit_apart(path: Path, model: str, way: str) -> dict[str, Any]:
    """Fit in a child process."""
    command = [sys.executable, "-m", "benchmarks.regression.larger_than_memory"]
    done = subprocess.run(
        [*command, str(path), model, way], stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def fit(path: str, model: str, way: str) -> dict[str, Any]:
    """Fit one of the targets of a table to its features; the peak memory is the process's."""
    if way == "memory":
        rows_of_tables.IN_MEMORY = sys.maxsize
    began, cpu = time.perf_counter(), time.process_time()
    names = [name for name in pq.read_schema(path).names if name not in MODELS]
    rows = open_rows(path, target=model, features=names)
    estimator = MODELS[model]().fit_batches(rows)
    return {
        "model": model,
        "way": way,
        "rows": rows.n_rows,
        "features": rows.n_features,
        "in_memory": rows.in_memory,
        "megabytes": _peak_megabytes(),
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
        "iterations": estimator.n_iter_,
        "verdict": estimator.certificate_.verdict.name,
        "coef": np.ravel(estimator.coef_).tolist(),
    }


def _peak_megabytes() -> float:
    """The most memory that the process had in use.

    Linux counts its parent's into `ru_maxrss`, so the kernel's own mark is read where there is one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        marks = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(marks["VmHWM"].split()[0]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path")
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("way", choices=("files", "memory"))
    print(json.dumps(fit(**vars(parser.parse_args()))))
