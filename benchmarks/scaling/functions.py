"""The functions, as a user writes them: plain NumPy, of a vector of any length."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Function = Callable[[np.ndarray], float]


@dataclass(frozen=True)
class Scalable:
    """A family of functions, one for each number of variables."""

    subject: str
    make: Callable[[int], tuple[Function, np.ndarray]]
    """n ↦ the function of about n variables, and its start."""


def chained_rosenbrock(n: int) -> tuple[Function, np.ndarray]:
    """Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)², from ½ everywhere.

    (From the classical start, −1.2 and 1 in turn, one variable after the other has to come around
    the bend: about 1.8 n iterations, whatever n.)
    """

    def value(x: np.ndarray) -> float:
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    return value, np.full(n, 0.5)


def minimal_surface(n: int) -> tuple[Function, np.ndarray]:
    """The area of a graph over the unit square whose boundary is held at a saddle's heights.

    The heights at m × m inner points, m = √n rounded; the area of a cell by its two diagonals.
    """
    m = round(math.sqrt(n))
    t = np.linspace(-1.0, 1.0, m + 2)
    boundary = np.add.outer(t**2, -(t**2))
    boundary[1:-1, 1:-1] = 0.0
    spacing = 1 / (m + 1)

    def area(x: np.ndarray) -> float:
        u = boundary + np.pad(x.reshape(m, m), 1)
        slopes = (u[1:, 1:] - u[:-1, :-1]) ** 2 + (u[1:, :-1] - u[:-1, 1:]) ** 2
        return spacing**2 * np.sum(np.sqrt(1 + slopes / (2 * spacing**2)))

    return area, np.zeros(m * m)


def quartic_action(n: int) -> tuple[Function, np.ndarray]:
    """The action of a particle in V = x⁴/4 from x(0) = 2 to x(1) = 0, by the rectangle rule.

    Unit mass, n inner points, from the straight line.
    """
    step = 1 / (n + 1)
    straight = np.linspace(2.0, 0.0, n + 2)

    def action(x: np.ndarray) -> float:
        path = np.concatenate([straight[:1], x, straight[-1:]])
        return np.sum(np.diff(path) ** 2) / (2 * step) - step * np.sum(path[:-1] ** 4) / 4

    return action, straight[1:-1]


FUNCTIONS = {
    "chained Rosenbrock": Scalable("a tridiagonal Hessian", chained_rosenbrock),
    "minimal surface": Scalable("a Hessian with nine diagonals", minimal_surface),
    "quartic action": Scalable("a tridiagonal Hessian", quartic_action),
}
