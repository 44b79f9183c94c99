"""Certificates of large points whose truth is known: verdict, factorizations or products, time.

Every function is Σ over the edges of a graph of ½ (xᵢ − xⱼ)², plus ½ level Σ x² + ¼ Σ x⁴, judged at
its stationary point 0. The eigenvalues of its Hessian are those of the graph's Laplacian plus the
level, known in closed form for chains, grids and rings, so the level decides the Morse index.
Run: python -m benchmarks certificates
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy import fft

from extremum.certify import certify_point
from extremum.linalg import OperatorSymmetric
from extremum.objective import Counts, Objective, Parameters, make_objective
from tests.certify.counting import factorizations

WIDTH = 12
"""Neighbours to one side, where there are several."""

Fun = Callable[[Any], Any]


def chain(level: float) -> Fun:
    """A tridiagonal Hessian."""
    return lambda x: np.sum((x[1:] - x[:-1]) ** 2) / 2 + np.sum(level * x**2 / 2 + x**4 / 4)


def band(level: float) -> Fun:
    """A banded one: every variable is coupled to its nearest neighbours."""

    def fun(x: Any) -> Any:
        total = np.sum(level * x**2 / 2 + x**4 / 4)
        for k in range(1, WIDTH + 1):
            total = total + np.sum((x[k:] - x[:-k]) ** 2) / 2
        return total

    return fun


def grid(level: float) -> Fun:
    """A sparse one: variables on a square."""

    def fun(x: Any) -> Any:
        u = x.reshape(side := int(x.size**0.5), side)
        return (
            np.sum((u[1:] - u[:-1]) ** 2) / 2
            + np.sum((u[:, 1:] - u[:, :-1]) ** 2) / 2
            + np.sum(level * u**2 / 2 + u**4 / 4)
        )

    return fun


def mean_field(level: float, mean: float) -> Fun:
    """Tridiagonal and a part of rank one: the mean has an energy of its own."""
    return lambda x: chain(level)(x) + mean * np.sum(x) ** 2 / x.size / 2


class Ring(Objective):
    """An operator: couplings of every two variables, by a convolution around a ring."""

    def __init__(self, levels: np.ndarray, symbol: np.ndarray) -> None:
        self.levels, self.symbol, self.counts = levels, symbol, Counts()

    def _coupled(self, x: np.ndarray) -> np.ndarray:
        return self.levels * x + fft.irfft(self.symbol * fft.rfft(x), x.size)

    def value(self, x: np.ndarray) -> float:
        """φ(x)."""
        return float(x @ self._coupled(x) / 2 + np.sum(x**4) / 4)

    def value_and_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """φ(x) and ∇φ(x)."""
        return self.value(x), self._coupled(x) + x**3

    def hessian(self, x: np.ndarray) -> OperatorSymmetric:
        """∇²φ(x), by its products."""

        def product(v: np.ndarray) -> np.ndarray:
            self.counts.nhvp += 1
            return self._coupled(v) + 3 * x**2 * v

        return OperatorSymmetric(x.size, product)


def cases(n: int) -> Iterator[tuple[str, Any, str, int | None]]:
    """Name, function, verdict and Morse index; None where products tell no more than a bound."""
    side = int(n**0.5)
    path = 2 - 2 * np.cos(np.pi * np.arange(6) / n)  # the least eigenvalues, from 0
    square = np.sort(np.add.outer(*2 * [2 - 2 * np.cos(np.pi * np.arange(6) / side)]).ravel())
    waves, ones = np.linspace(0, 1, n // 2 + 1), np.ones(n)
    bumps = np.exp(-((50 * waves) ** 2)) / 2
    yield "tridiagonal", chain(0.1), "MINIMUM", 0
    yield "tridiagonal", chain(0.0), "DEGENERATE", 0
    for index in (1, 4):
        yield "tridiagonal", chain(-(path[index - 1] + path[index]) / 2), "SADDLE", index
    yield f"banded, 2·{WIDTH} + 1", band(0.1), "MINIMUM", 0
    yield f"banded, 2·{WIDTH} + 1", band(-path[1] / 2), "SADDLE", 1  # λ₁ ≥ that of the chain
    yield "sparse: a grid", grid(0.1), "MINIMUM", 0
    yield "sparse: a grid", grid(0.0), "DEGENERATE", 0
    for index in (1, 4):
        yield "sparse: a grid", grid(-(square[index - 1] + square[index]) / 2), "SADDLE", index
    yield "tridiagonal + rank 1", mean_field(0.1, 1.0), "MINIMUM", 0
    yield "tridiagonal + rank 1", mean_field(0.1, -1.0), "SADDLE", 1
    yield "operator, κ = 2", Ring(ones, bumps), "MINIMUM", 0
    yield "operator, κ = 1e4", Ring(0 * ones, 1 + 1e4 * waves**2), "MINIMUM", 0
    yield "operator, κ = 1e6", Ring(np.logspace(0, 6, n), bumps), "MINIMUM", 0
    yield "operator, κ = 1e8", Ring(np.logspace(0, 8, n), bumps), "MINIMUM", 0
    yield "operator", Ring(ones, np.where(waves == 0, -3.0, 1.0)), "SADDLE", None
    yield "operator", Ring(-ones, -bumps), "MAXIMUM", n
    yield "Σxᵢ⁴", lambda x: np.sum(x**4), "DEGENERATE", 0
    yield "constant", lambda x: 3.0 + 0 * np.sum(x), "DEGENERATE", 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--variables", type=int, default=100_000, help="default: %(default)s")


def run(options: argparse.Namespace) -> None:
    """Judge every case and print the table."""
    table = Table("Hessian", "truth", "verdict", "index", "factorizations", "products", "seconds")
    wrong = 0
    for name, fun, verdict, index in cases(options.variables):
        n = options.variables if "grid" not in name else int(options.variables**0.5) ** 2
        origin = Parameters.of(np.zeros(n), "point")
        objective = fun if isinstance(fun, Objective) else make_objective(fun, origin)
        with factorizations() as calls:
            began = time.process_time()
            found = certify_point(objective.at_best(), origin.start)
            seconds = time.process_time() - began
        right = found.verdict.name == verdict and index in (None, found.morse_index)
        right = right and (verdict != "DEGENERATE" or found.is_minimum is True)
        wrong += not right
        table.add_row(
            name,
            verdict + (f", {index}" if index else ""),
            found.verdict.name + ("" if right else " (!)"),
            str(found.morse_index),
            str(calls.total() or "–"),
            str(found.counts.nhvp or "–"),
            f"{seconds:.2f}",
        )
    console = Console(width=110)
    console.print(table)
    console.print(f"{options.variables} variables; {wrong} verdicts or indices are not the truth.")
