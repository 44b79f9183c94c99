"""A path between its times, as accurate as at them.

On each element it is the polynomial of degree seven that has q, q̇, q̈ and the third derivative at
both ends. The ends of the elements are where a variational integrator is most accurate, and the
polynomial is as accurate as they are: to h⁸/(8!·2⁸) max|q⁽⁸⁾| (Birkhoff & Priver, J. Math. Phys. 46
(1967) 440-447).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extremum.objective import Vector
from extremum.objective.motion import Motion

_POWERS = np.arange(8)


def _of_ends() -> Vector:
    """The coefficients, by q, h q̇, h² q̈ and h³ times the third derivative at both ends."""
    conditions = np.zeros((8, 8))
    for k in range(4):
        # The k-th derivative of sⁿ is n!/(n − k)! sⁿ⁻ᵏ.
        slopes = [np.prod(np.arange(n, n - k, -1.0)) for n in _POWERS]
        conditions[k, k], conditions[4 + k] = slopes[k], slopes
    return np.asarray(np.linalg.solve(conditions, np.eye(8)), np.float64)


_OF_ENDS = _of_ends()


@dataclass(frozen=True, eq=False)
class DensePath:
    """Polynomials in s = (t − tₖ)/hₖ on the elements.

    Attributes
    ----------
    t : ndarray of shape (m + 1,)
    coefficients : ndarray of shape (8, m, d)
        By ascending powers of s.
    """

    t: Vector
    coefficients: Vector

    @classmethod
    def of(cls, t: Vector, q: Vector, motion: Motion) -> DensePath:
        """Interpolate states at times of shape (m + 1,)."""
        h = np.diff(t)[:, None]
        states = q, motion.velocity, motion.acceleration, motion.jerk
        both, power = np.empty((8, *q[1:].shape)), np.ones_like(h)
        for k, state in enumerate(states):
            both[k], both[4 + k] = power * state[:-1], power * state[1:]
            power = power * h
        return cls(t, (_OF_ENDS @ both.reshape(8, -1)).reshape(both.shape))

    def __call__(self, t: Vector) -> Vector:
        """The coordinates at times of shape (k,), of shape (k, d)."""
        element, s, _ = self._place(t)
        return _horner(self.coefficients[:, element], s)

    def velocity(self, t: Vector) -> Vector:
        """The velocities at times of shape (k,), of shape (k, d)."""
        element, s, h = self._place(t)
        slope = _horner(_POWERS[1:, None, None] * self.coefficients[1:, element], s)
        return np.asarray(slope / h)

    def _place(self, t: Vector) -> tuple[NDArray[np.intp], Vector, Vector]:
        """The elements that times are in, s there, and the elements' lengths."""
        element = np.clip(np.searchsorted(self.t, t, "right") - 1, 0, len(self.t) - 2)
        begin, h = self.t[element], self.t[element + 1] - self.t[element]
        return element, ((t - begin) / h)[:, None], h[:, None]


def _horner(coefficients: Vector, s: Vector) -> Vector:
    value: Vector = coefficients[-1].copy()
    for coefficient in coefficients[-2::-1]:
        value *= s
        value += coefficient
    return value
