"""A pendulum that hangs from a pendulum."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import eigh

from extremum.mechanics.system import Lagrangian
from extremum.objective import Vector


class DoublePendulum(Lagrangian):
    """Two point masses on massless rods; q holds both angles from the vertical.

    Its motions are chaotic at higher energies; small ones about rest are known.

    Parameters
    ----------
    masses, lengths : (float, float)
        The upper one first.
    gravity : float
    """

    masses: tuple[float, float]
    lengths: tuple[float, float]
    gravity: float

    def __init__(
        self,
        masses: tuple[float, float] = (1.0, 1.0),
        lengths: tuple[float, float] = (1.0, 1.0),
        gravity: float = 1.0,
    ) -> None:
        (m1, m2), (l1, l2), g = masses, lengths, gravity
        object.__setattr__(self, "masses", (float(m1), float(m2)))
        object.__setattr__(self, "lengths", (float(l1), float(l2)))
        object.__setattr__(self, "gravity", float(g))

        def swinging(t: Any, q: Any, v: Any) -> Any:
            """Landau & Lifshitz, Mechanics, section 5, problem 1."""
            upper = (m1 + m2) * l1**2 * v[0] ** 2 / 2
            lower = m2 * l2**2 * v[1] ** 2 / 2
            both = m2 * l1 * l2 * v[0] * v[1] * np.cos(q[0] - q[1])
            height = (m1 + m2) * g * l1 * np.cos(q[0]) + m2 * g * l2 * np.cos(q[1])
            return upper + lower + both + height

        super().__init__(swinging)

    @property
    def frequencies(self) -> Vector:
        """Those of the two modes of small oscillations, of shape (2,), ascending."""
        (m1, m2), (l1, l2), g = self.masses, self.lengths, self.gravity
        mass = [[(m1 + m2) * l1**2, m2 * l1 * l2], [m2 * l1 * l2, m2 * l2**2]]
        stiffness = np.diag([(m1 + m2) * g * l1, m2 * g * l2])
        return np.asarray(np.sqrt(eigh(stiffness, mass, eigvals_only=True)))

    def conjugate_times(self, duration: float) -> Vector:
        """Those of the pendulum at rest: multiples of π over each frequency, before the end."""
        each = [np.pi / w * np.arange(1, np.ceil(duration * w / np.pi)) for w in self.frequencies]
        return np.sort(np.concatenate(each))
