"""Functions of a chain of variables, in closed form, in any storage of their Hessian."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import solve_banded

from extremum.linalg import DenseSymmetric, OperatorSymmetric, Pattern
from extremum.objective import Counts, Objective


@dataclass(eq=False)
class Chain(Objective):
    """φ(x) with a tridiagonal Hessian.

    `parts(x)` returns the value, the gradient, the Hessian's diagonal and what is beside it.
    """

    parts: Callable
    storage: str = "pattern"
    counts: Counts = field(default_factory=Counts)

    def value(self, x):
        self.counts.nfev += 1
        return float(self.parts(x)[0])

    def value_and_gradient(self, x):
        self.counts.nfev += 1
        self.counts.njev += 1
        value, gradient, *_ = self.parts(x)
        return float(value), gradient

    def hessian(self, x):
        self.counts.nhev += 1
        _, _, main, beside = self.parts(x)
        if self.storage == "dense":
            return DenseSymmetric(np.diag(main) + np.diag(beside, 1) + np.diag(beside, -1))
        values = np.empty(2 * x.size - 1)
        values[::2], values[1::2] = main, beside
        matrix = Pattern.tridiagonal(x.size).matrix(values)
        if self.storage == "operator":
            return OperatorSymmetric(x.size, lambda v: self._product(matrix, v))
        return matrix

    def _product(self, matrix, v):
        self.counts.nhvp += 1
        return matrix @ v

    def hessian_vector(self, x, v):
        return self._product(Chain(self.parts).hessian(x), v)


def springs(n, *, pinned=1.0, stiffness=1.0, level=0.0, quartic=0.0):
    """½ stiffness Σ(xᵢ₊₁ − xᵢ)² + ½ level Σxᵢ² + ¼ quartic Σxᵢ⁴, the ends pinned to 0 or free.

    At 0 its Hessian is a Laplacian plus the level: with pinned ends its eigenvalues are
    level + 4 stiffness sin²(kπ/(2(n + 1))), k = 1 … n; with free ends
    level + 4 stiffness sin²(kπ/(2n)), k = 0 … n − 1.
    """

    def parts(x):
        stretched = np.diff(x)
        ends = pinned * stiffness * np.array([x[0], x[-1]])
        value = stiffness / 2 * (stretched @ stretched) + (ends[0] * x[0] + ends[1] * x[-1]) / 2
        value += np.sum(level / 2 * x**2 + quartic / 4 * x**4)
        gradient = level * x + quartic * x**3
        gradient[:-1] -= stiffness * stretched
        gradient[1:] += stiffness * stretched
        gradient[[0, -1]] += ends
        main = 2 * stiffness + level + 3 * quartic * x**2
        main[[0, -1]] += (pinned - 1) * stiffness
        return value, gradient, main, np.full(x.size - 1, -float(stiffness))

    return parts


def laplacian_eigenvalues(n, k, pinned=True):
    """The k-th, k = 1 …, of a chain of unit springs."""
    angle = k * np.pi / (n + 1) if pinned else (k - 1) * np.pi / n
    return 4 * np.sin(angle / 2) ** 2


def rosenbrock(x):
    """Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²."""
    off, left = x[1:] - x[:-1] ** 2, 1 - x[:-1]
    gradient, main = np.zeros(x.size), np.zeros(x.size)
    gradient[:-1] = -400 * off * x[:-1] - 2 * left
    gradient[1:] += 200 * off
    main[:-1] = 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
    main[1:] += 200
    return 100 * (off @ off) + left @ left, gradient, main, -400 * x[:-1]


def action(duration=1.0, start=2.0):
    """Σ ½ (Δx)²/Δt − Δt x⁴/4 of the quartic oscillator, from `start` to 0; n inner points."""

    def parts(x):
        n = x.size
        dt = duration / (n + 1)
        path = np.concatenate([[start], x, [0.0]])
        speeds = np.diff(path) / dt
        value = dt * (speeds @ speeds) / 2 - dt * np.sum(path[:-1] ** 4) / 4
        gradient = -np.diff(speeds) - dt * x**3
        return value, gradient, 2 / dt - 3 * dt * x**2, np.full(n - 1, -1 / dt)

    return parts


def solved(parts, x, iterations=50):
    """Newton's iteration on the gradient by SciPy's banded solver."""
    for _ in range(iterations):
        _, gradient, main, beside = parts(x)
        band = np.zeros((3, x.size))
        band[0, 1:], band[1], band[2, :-1] = beside, main, beside
        step = solve_banded((1, 1), band, gradient)
        x = x - step
        if np.linalg.norm(step) <= 1e-15 * np.linalg.norm(x):
            break
    return x
