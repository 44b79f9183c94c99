"""Four problems: each as a Lagrangian system, and as the first-order equations for `solve_bvp`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from extremum.mechanics import Lagrangian, Particle
from extremum.mechanics.system import System

Rate = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Problem:
    """A path between two events.

    Attributes
    ----------
    system : System
    start, end : list of float
        Of length d.
    duration : float
    velocity : list of float
        Roughly that at the start of the path that is meant.
    acceleration : callable
        Of q and v, of shape (d, k), written out by hand.
    jacobian : callable or None
        ∂(v, a)/∂(q, v) of shape (2d, 2d, k), for `solve_bvp`, which without it takes differences.
    """

    system: System
    start: list[float]
    end: list[float]
    duration: float
    velocity: list[float]
    acceleration: Callable[[np.ndarray, np.ndarray], np.ndarray]
    jacobian: Rate | None = field(default=None)

    def rate(self, y: np.ndarray) -> np.ndarray:
        """ẏ for y = (q, v), of shape (2d, k)."""
        d = len(self.start)
        return np.concatenate([y[d:], self.acceleration(y[:d], y[d:])])

    def events(self) -> tuple[object, object]:
        """Start and end as `stationary_path` takes them: numbers where d = 1."""
        if len(self.start) == 1:
            return self.start[0], self.end[0]
        return self.start, self.end


def _stiffness_to_jacobian(stiffness: Rate) -> Rate:
    """From ∂a/∂q, of shape (d, d, k)."""

    def jacobian(y: np.ndarray) -> np.ndarray:
        d = len(y) // 2
        found = np.zeros((2 * d, 2 * d, y.shape[1]))
        found[:d, d:] = np.eye(d)[:, :, None]
        found[d:, :d] = stiffness(y[:d])
        return found

    return jacobian


def _attraction(q: np.ndarray, v: np.ndarray) -> np.ndarray:
    return -q / np.sqrt((q**2).sum(0)) ** 3


def _tide(q: np.ndarray) -> np.ndarray:
    r = np.sqrt((q**2).sum(0))
    return 3 * q[:, None] * q[None] / r**5 - np.eye(len(q))[:, :, None] / r**3


def _double_pendulum(t: object, q: np.ndarray, v: np.ndarray) -> object:
    """Equal masses and lengths, g = 1 (Landau & Lifshitz, Mechanics, section 5, problem 1)."""
    kinetic = v[0] ** 2 + v[1] ** 2 / 2 + v[0] * v[1] * np.cos(q[0] - q[1])
    return kinetic + 2 * np.cos(q[0]) + np.cos(q[1])


def _double_pendulum_acceleration(q: np.ndarray, v: np.ndarray) -> np.ndarray:
    sine, cosine = np.sin(q[0] - q[1]), np.cos(q[0] - q[1])
    # [2 c; c 1] a = f.
    first = -2 * np.sin(q[0]) - sine * v[1] ** 2
    second = -np.sin(q[1]) + sine * v[0] ** 2
    determinant = 2 - cosine**2
    return np.stack(
        [
            (first - cosine * second) / determinant,
            (2 * second - cosine * first) / determinant,
        ]
    )


PROBLEMS = {
    "quartic": Problem(
        Particle(1.0, lambda q: q**4 / 4),
        [2.0],
        [0.0],
        1.0,
        [0.72],
        lambda q, v: -(q**3),
        _stiffness_to_jacobian(lambda q: -3 * q[None] ** 2),
    ),
    "pendulum": Problem(
        Particle(1.0, lambda q: -np.cos(q)),
        [0.0],
        [2.0],
        2.5,
        [1.7],
        lambda q, v: -np.sin(q),
        _stiffness_to_jacobian(lambda q: -np.cos(q)[None]),
    ),
    "Kepler": Problem(
        Particle(1.0, lambda q: -1 / np.sqrt(q[0] ** 2 + q[1] ** 2)),
        [1.0, 0.0],
        [0.0, 1.3],
        2.0,
        [0.15, 1.04],
        _attraction,
        _stiffness_to_jacobian(_tide),
    ),
    "double pendulum": Problem(
        Lagrangian(_double_pendulum),
        [0.0, 0.0],
        [0.8, -0.6],
        2.0,
        [0.8, -0.9],
        _double_pendulum_acceleration,
    ),
}
