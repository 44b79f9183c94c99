"""Three bodies that attract each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from extremum.mechanics.system import Particle
from extremum.mechanics.systems.oscillators import Motion
from extremum.objective import Vector

FIGURE_EIGHT = ((0.97000436, -0.24308753), (-0.93240737, -0.86473146), 6.32591398)
"""Of three unit masses on one figure of eight: the position of the first when the third is at the
centre, the velocity of the third, and the period (Simó, in Chenciner & Montgomery, Annals of
Mathematics 152 (2000) 881)."""


class ThreeBodies(Particle):
    """V = -Σ G mᵢ mⱼ/|qᵢ - qⱼ| in the plane; q holds x and y of each body in turn, 6 numbers.

    Parameters
    ----------
    masses : (float, float, float)
    strength : float
        G.
    """

    masses: tuple[float, float, float]
    strength: float

    def __init__(
        self, masses: tuple[float, float, float] = (1.0, 1.0, 1.0), strength: float = 1.0
    ) -> None:
        m1, m2, m3 = (float(m) for m in masses)
        object.__setattr__(self, "masses", (m1, m2, m3))
        object.__setattr__(self, "strength", float(strength))

        def attraction(q: Any) -> Any:
            a, b, c = q[0:2], q[2:4], q[4:6]
            near = m1 * m2 / np.sqrt(((a - b) ** 2).sum())
            near = near + m2 * m3 / np.sqrt(((b - c) ** 2).sum())
            near = near + m3 * m1 / np.sqrt(((c - a) ** 2).sum())
            return -strength * near

        super().__init__(np.repeat([m1, m2, m3], 2), attraction)

    @staticmethod
    def figure_eight() -> tuple[Vector, Vector, float]:
        """Position and velocity, of shape (6,), and the period, to 8 digits, for unit masses."""
        (x, y), (u, v), period = FIGURE_EIGHT
        position = np.array([x, y, -x, -y, 0.0, 0.0])
        velocity = np.array([-u / 2, -v / 2, -u / 2, -v / 2, u, v])
        return position, velocity, period

    def lagrange(self, side: float = 1.0) -> tuple[Motion, float]:
        """Lagrange's equilateral triangle, turning about the centre of mass, and its period."""
        masses = np.array(self.masses)
        corners = side / np.sqrt(3) * np.exp(2j * np.pi * np.arange(3) / 3)
        corners = corners - masses @ corners / masses.sum()
        frequency = np.sqrt(self.strength * masses.sum() / side**3)

        def motion(t: Any) -> Vector:
            z = np.exp(1j * frequency * np.asarray(t, float))[..., None] * corners
            return np.stack([z.real, z.imag], axis=-1).reshape(*z.shape[:-1], 6)

        return motion, float(2 * np.pi / frequency)
