"""A body in the field of another that rests: ellipses, parabolas, hyperbolas."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import brentq

from extremum.mechanics.system import Particle
from extremum.mechanics.systems.oscillators import Motion
from extremum.objective import Vector
from extremum.outcomes import InvalidInput

SERIES_BELOW = 0.1
"""The size of ψ below which Stumpff's functions are summed: their closed forms cancel there."""

TERMS = 10
"""Of those sums: 0.1¹⁰/22! is far below rounding."""

ITERATIONS = 60
"""For the universal anomaly at most; five is usual."""


class Kepler(Particle):
    """V = -m μ/|q|, in any number of dimensions.

    Parameters
    ----------
    strength : float
        μ, the gravitational constant times the mass at the centre.
    mass : float
    """

    strength: float

    def __init__(self, strength: float = 1.0, mass: float = 1.0) -> None:
        object.__setattr__(self, "strength", float(strength))
        super().__init__(mass, lambda q: -mass * strength / np.sqrt((q**2).sum()))

    def period(self, semi_major_axis: float) -> float:
        """Kepler's third law."""
        return float(2 * np.pi * np.sqrt(semi_major_axis**3 / self.strength))

    def motion(self, q: Any, v: Any) -> Motion:
        """The motion that has position q and velocity v at time 0, by universal variables.

        Bate, Mueller & White, Fundamentals of Astrodynamics, sections 4.3-4.5.
        """
        q0, v0, mu = np.asarray(q, float), np.asarray(v, float), self.strength
        r0 = np.linalg.norm(q0)
        radial = q0 @ v0 / np.sqrt(mu)
        inverse_axis = 2 / r0 - v0 @ v0 / mu

        def motion(t: Any) -> Vector:
            t = np.asarray(t, float)
            goal = np.sqrt(mu) * t
            x = goal * (abs(inverse_axis) if inverse_axis else 1 / r0)
            low, high = np.where(t > 0, 0.0, -np.inf), np.where(t > 0, np.inf, 0.0)
            for _ in range(ITERATIONS):
                c, s = _stumpff(inverse_axis * x**2)
                sine, cosine = 1 - inverse_axis * x**2 * s, 1 - inverse_axis * x**2 * c
                late = x**3 * s + radial * x**2 * c + r0 * x * sine - goal
                r = x**2 * c + radial * x * sine + r0 * cosine
                bend = radial * cosine + (1 - inverse_axis * r0) * x * sine
                # Time passes with x, so the root is between the last x too late and too early.
                low, high = np.where(late < 0, x, low), np.where(late > 0, x, high)
                # Laguerre's step for a polynomial of degree 5 (Conway, Celestial Mechanics 39
                # (1986) 199).
                step = 5 * late / (r + np.sqrt(np.abs(16 * r**2 - 20 * late * bend)))
                inside = (x - step > low) & (x - step < high) | (late == 0)
                between = np.where(np.isfinite(high - low), (low + high) / 2, 2 * x)
                before, x = x, np.where(inside, x - step, between)
                if (np.abs(x - before) <= 4e-16 * np.abs(x)).all():
                    break
            c, s = _stumpff(inverse_axis * x**2)
            f = 1 - x**2 * c / r0
            g = t - x**3 * s / np.sqrt(mu)
            return np.asarray(f[..., None] * q0 + g[..., None] * v0)

        return motion

    def lambert(self, start: Any, end: Any, duration: float, long_way: bool = False) -> Vector:
        """The velocity at the start of the path to the end that takes less than one turn.

        Lambert's problem by universal variables (Bate, Mueller & White, section 5.3).

        Parameters
        ----------
        start, end : array_like of shape (d,)
            Not on one line through the centre.
        duration : float
        long_way : bool
            Whether it goes round the centre by more than half a turn.

        Raises
        ------
        InvalidInput
            If the centre is on a line with both ends, which leaves the plane open.
        """
        q0, q1 = np.asarray(start, float), np.asarray(end, float)
        r0, r1 = np.linalg.norm(q0), np.linalg.norm(q1)
        spread = np.sqrt(max(r0 * r1 + q0 @ q1, 0.0)) * (-1 if long_way else 1)
        if abs(spread) <= 1e-8 * np.sqrt(r0 * r1):
            raise InvalidInput(
                "The centre lies between start and end, so many planes contain both; move one."
            )

        def height(psi: float) -> float:
            c, s = _stumpff(np.asarray(psi))
            return float(r0 + r1 - spread * (1 - psi * s) / np.sqrt(c))

        def late(psi: float) -> float:
            """By how much the duration of the path with this ψ exceeds the one asked for."""
            c, s = _stumpff(np.asarray(psi))
            y = height(psi)
            if y < 0:
                return -duration
            return (
                float(((y / c) ** 1.5 * s + spread * np.sqrt(y)) / np.sqrt(self.strength))
                - duration
            )

        # One turn is completed at ψ = (2π)²; the duration grows with ψ from -∞ to there.
        below, above = -1.0, 4 * np.pi**2 * (1 - 1e-12)
        while late(below) > 0:
            below *= 4
        psi = brentq(late, below, above, xtol=1e-15, rtol=1e-15, maxiter=500)
        y = height(psi)
        f, g = 1 - y / r0, spread * np.sqrt(y / self.strength)
        return np.asarray((q1 - f * q0) / g)


def _stumpff(psi: Vector) -> tuple[Vector, Vector]:
    """C(ψ) = (1 - cos √ψ)/ψ and S(ψ) = (√ψ - sin √ψ)/√ψ³."""
    psi = np.asarray(psi, float)
    small = np.where(np.abs(psi) < SERIES_BELOW, psi, 0.0)
    c = s = np.zeros(psi.shape)
    for k in range(TERMS, 0, -1):
        c = (1 - small * c) / ((2 * k) * (2 * k - 1))
        s = (1 - small * s) / ((2 * k + 1) * (2 * k))
    large = np.where(np.abs(psi) < SERIES_BELOW, 1.0, psi)
    root = np.sqrt(np.abs(large))
    # 1 - cos and cosh - 1 through half the angle, where nothing cancels.
    closed_c = 2 * np.where(large > 0, np.sin(root / 2), np.sinh(np.minimum(root, 700) / 2)) ** 2
    closed_s = np.where(large > 0, root - np.sin(root), np.sinh(np.minimum(root, 700)) - root)
    series = np.abs(psi) < SERIES_BELOW
    return (
        np.where(series, c, closed_c / np.abs(large)),
        np.where(series, s, closed_s / root**3),
    )
