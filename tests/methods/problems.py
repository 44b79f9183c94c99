"""Problems with known minimizers, as objectives with closed-form derivatives that take notes."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from extremum.linalg import DenseSymmetric
from extremum.objective import Counts, Objective


@dataclass
class Recorded(Objective):
    """An objective that remembers where it was asked, and counts as the contract asks."""

    fun: Callable
    jac: Callable
    hess: Callable
    counts: Counts = field(default_factory=Counts)
    asked: dict[str, list] = field(
        default_factory=lambda: {"value": [], "gradient": [], "hessian": []}
    )

    def value(self, x):
        self.counts.nfev += 1
        self.asked["value"].append(tuple(x))
        return float(self.fun(x))

    def value_and_gradient(self, x):
        self.counts.nfev += 1
        self.counts.njev += 1
        self.asked["gradient"].append(tuple(x))
        return float(self.fun(x)), np.asarray(self.jac(x), float)

    def hessian(self, x):
        self.counts.nhev += 1
        self.asked["hessian"].append(tuple(x))
        return DenseSymmetric(np.asarray(self.hess(x), float))

    def value_gradient_hessian(self, x):
        return *self.value_and_gradient(x), self.hessian(x)

    def hessian_vector(self, x, v):
        self.counts.nhvp += 1
        return np.asarray(self.hess(x), float) @ v


@dataclass(frozen=True)
class Problem:
    """`minima` holds every minimizer that a method may end at."""

    fun: Callable
    jac: Callable
    hess: Callable
    start: tuple
    minima: tuple

    def objective(self):
        return Recorded(self.fun, self.jac, self.hess)


def of_residuals(residuals, jacobian, second, start, minima):
    """A sum of squares: second(x) gives the residuals' Hessians, of shape (m, n, n)."""

    def hess(x):
        r, j = np.array(residuals(x)), np.array(jacobian(x))
        return 2 * (j.T @ j + np.einsum("i,ijk->jk", r, np.array(second(x), float)))

    return Problem(
        lambda x: np.sum(np.array(residuals(x)) ** 2),
        lambda x: 2 * np.array(jacobian(x)).T @ np.array(residuals(x)),
        hess,
        start,
        minima,
    )


def rosenbrock_gradient(x):
    g = np.zeros_like(x)
    g[:-1] += -400 * x[:-1] * (x[1:] - x[:-1] ** 2) - 2 * (1 - x[:-1])
    g[1:] += 200 * (x[1:] - x[:-1] ** 2)
    return g


def rosenbrock_hessian(x):
    main = np.zeros(x.size)
    main[:-1] += 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
    main[1:] += 200
    return np.diag(main) + np.diag(-400 * x[:-1], 1) + np.diag(-400 * x[:-1], -1)


def rosenbrock(start, *more):
    return Problem(
        lambda x: np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2),
        rosenbrock_gradient,
        rosenbrock_hessian,
        start,
        ((1.0,) * len(start), *more),
    )


CONDITION = np.diag([1.0, 4.0, 9.0, 30.0])
MIX = np.linalg.qr(np.arange(16.0).reshape(4, 4) ** 1.3 % 7 + np.eye(4))[0]
MATRIX = MIX @ CONDITION @ MIX.T
TARGET = np.array([1.0, -2.0, 0.5, 3.0])
SCALES = np.array([1e-2, 1.0, 1e2, 1e4])
BEALE = (1.5, 2.25, 2.625)


def wood_residuals(x):
    a, b, c, d = x
    return [
        10 * (b - a**2), 1 - a, np.sqrt(90) * (d - c**2), 1 - c,
        np.sqrt(10) * (b + d - 2), (b - d) / np.sqrt(10),
    ]  # fmt: skip


def wood_jacobian(x):
    a, _, c, _ = x
    s, t, u = np.sqrt(90), np.sqrt(10), 1 / np.sqrt(10)
    return [
        [-20 * a, 10, 0, 0], [-1, 0, 0, 0], [0, 0, -2 * s * c, s], [0, 0, -1, 0],
        [0, t, 0, t], [0, u, 0, -u],
    ]  # fmt: skip


def wood_second(x):
    h = np.zeros((6, 4, 4))
    h[0, 0, 0], h[2, 2, 2] = -20, -2 * np.sqrt(90)
    return h


def powell_jacobian(x):
    a, b, c, d = x
    e, f = 2 * (b - 2 * c), 2 * np.sqrt(10) * (a - d)
    return [
        [1, 10, 0, 0], [0, 0, np.sqrt(5), -np.sqrt(5)], [0, e, -2 * e, 0], [f, 0, 0, -f],
    ]  # fmt: skip


def powell_second(x):
    h = np.zeros((4, 4, 4))
    v, w = np.array([0, 1, -2, 0]), np.array([1, 0, 0, -1])
    h[2], h[3] = 2 * np.outer(v, v), 2 * np.sqrt(10) * np.outer(w, w)
    return h


PROBLEMS = {
    "quadratic": Problem(
        lambda x: (x - TARGET) @ MATRIX @ (x - TARGET) / 2,
        lambda x: MATRIX @ (x - TARGET),
        lambda x: MATRIX,
        (0.0, 0.0, 0.0, 0.0),
        (tuple(TARGET),),
    ),
    "quartic": Problem(
        lambda x: np.sum((x - 1) ** 4 + (x - 1) ** 2),
        lambda x: 4 * (x - 1) ** 3 + 2 * (x - 1),
        lambda x: np.diag(12 * (x - 1) ** 2 + 2),
        (3.0, -1.0),
        ((1.0, 1.0),),
    ),
    "exponentials": Problem(
        lambda x: np.sum(np.exp(x) - x * np.array([1.0, 2.0, 5.0])),
        lambda x: np.exp(x) - [1.0, 2.0, 5.0],
        lambda x: np.diag(np.exp(x)),
        (1.0, -1.0, 0.0),
        (tuple(np.log([1.0, 2.0, 5.0])),),
    ),
    "Rosenbrock 2": rosenbrock((-1.2, 1.0)),
    # In ten variables it has a second minimum, near (−1, 1, …, 1).
    "Rosenbrock 10": rosenbrock((0.5,) * 10),
    "Beale": of_residuals(
        lambda x: [c - x[0] * (1 - x[1] ** (i + 1)) for i, c in enumerate(BEALE)],
        lambda x: [[x[1] ** i - 1, i * x[0] * x[1] ** (i - 1)] for i in (1, 2, 3)],
        lambda x: [
            [
                [0, i * x[1] ** (i - 1)],
                [i * x[1] ** (i - 1), i * (i - 1) * x[0] * (x[1] ** (i - 2) if i > 1 else 0)],
            ]
            for i in (1, 2, 3)
        ],
        (2.5, 0.2),
        ((3.0, 0.5),),
    ),
    "Himmelblau": of_residuals(
        lambda x: [x[0] ** 2 + x[1] - 11, x[0] + x[1] ** 2 - 7],
        lambda x: [[2 * x[0], 1], [1, 2 * x[1]]],
        lambda x: [[[2, 0], [0, 0]], [[0, 0], [0, 2]]],
        (3.5, 2.5),
        (
            (3.0, 2.0),
            (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.283185991286170),
            (3.584428340330492, -1.848126526964404),
        ),
    ),
    "Wood": of_residuals(
        wood_residuals, wood_jacobian, wood_second, (0.8, 0.7, 1.1, 1.2), ((1.0,) * 4,)
    ),
    "Powell singular": of_residuals(
        lambda x: [
            x[0] + 10 * x[1],
            np.sqrt(5) * (x[2] - x[3]),
            (x[1] - 2 * x[2]) ** 2,
            np.sqrt(10) * (x[0] - x[3]) ** 2,
        ],
        powell_jacobian,
        powell_second,
        (3.0, -1.0, 0.0, 1.0),
        ((0.0,) * 4,),
    ),
}

HARDER = {
    "Rosenbrock 50": rosenbrock((-1.2, 1.0) * 25, (-1.0, *(1.0,) * 49)),
    "badly scaled": Problem(
        lambda x: np.sum(SCALES * (x - 1) ** 2) / 2,
        lambda x: SCALES * (x - 1),
        lambda x: np.diag(SCALES),
        (2.0, -1.0, 3.0, 0.0),
        ((1.0,) * 4,),
    ),
}
"""For the methods that learn the curvature: steepest descent crawls on these."""
