"""Start exactly at a saddle, with SciPy's methods and with extremum, handed the same derivatives.

φ(x, y) = x² − y² + y⁴/4 has a saddle at the origin and its minima, of value −1, at (0, ±√2).
A success that is claimed at the origin is false. Run: python -m benchmarks saddle_start
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy import optimize

import extremum as ex

SCIPY = (
    "CG BFGS L-BFGS-B TNC SLSQP Newton-CG trust-ncg trust-krylov trust-exact trust-constr dogleg"
).split()
REPEATS = 5


def phi(x: np.ndarray) -> float:
    """φ as a user writes it."""
    return x[0] ** 2 - x[1] ** 2 + x[1] ** 4 / 4


def gradient(x: np.ndarray) -> np.ndarray:
    """∇φ by hand, which SciPy needs."""
    return np.array([2 * x[0], -2 * x[1] + x[1] ** 3])


def hessian(x: np.ndarray) -> np.ndarray:
    """∇²φ by hand."""
    return np.array([[2.0, 0.0], [0.0, -2 + 3 * x[1] ** 2]])


def scipy_run(name: str) -> optimize.OptimizeResult:
    """One of SciPy's methods from the saddle."""
    second = hessian if name.startswith(("Newton", "trust", "dogleg")) else None
    return optimize.minimize(phi, [0.0, 0.0], method=name, jac=gradient, hess=second)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has no options."""


def run(options: argparse.Namespace) -> None:
    """Print the table."""
    table = Table("method", "says success", "x", "φ", "least eigenvalue", "best of 5, ms")
    runs = {f"scipy {name}": lambda name=name: scipy_run(name) for name in SCIPY}
    runs["extremum, derivatives by hand"] = lambda: ex.minimize(
        phi, [0.0, 0.0], jac=gradient, hess=hessian
    )
    runs["extremum, function only"] = lambda: ex.minimize(phi, [0.0, 0.0])
    for name, call in runs.items():
        seconds = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(REPEATS):
                started = time.perf_counter()
                try:
                    result = call()
                except Exception as error:
                    table.add_row(name, f"raises {type(error).__name__}", "", "", "", "")
                    break
                seconds.append(time.perf_counter() - started)
            else:
                least = np.linalg.eigvalsh(hessian(result.x))[0]
                table.add_row(
                    name,
                    str(bool(result.success)),
                    np.array2string(np.asarray(result.x), precision=4),
                    f"{result.fun:.4g}",
                    f"{least:.3g}",
                    f"{1e3 * min(seconds):.2f}",
                )
    Console(width=100).print(table)
