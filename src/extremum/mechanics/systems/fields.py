"""A particle in a uniform field: gravity's, or a magnetic one."""

from __future__ import annotations

from typing import Any

import numpy as np

from extremum.mechanics.system import Lagrangian, Particle
from extremum.mechanics.systems.oscillators import Motion, times_for
from extremum.objective import Vector
from extremum.outcomes import InvalidInput


class Projectile(Particle):
    """V = m g z, with z the last coordinate.

    Parameters
    ----------
    gravity, mass : float
    """

    gravity: float

    def __init__(self, gravity: float = 9.81, mass: float = 1.0) -> None:
        object.__setattr__(self, "gravity", float(gravity))
        super().__init__(mass, lambda q: mass * gravity * np.ravel(q)[-1])

    def path(self, start: Any, end: Any, duration: float) -> Motion:
        """The parabola between two events. No point of it is conjugate to another."""
        q0, q1 = np.asarray(start, float), np.asarray(end, float)
        upwards = np.arange(q0.size).reshape(q0.shape) == q0.size - 1
        down = np.where(upwards, self.gravity / 2, 0.0)
        velocity = (q1 - q0) / duration + down * duration

        def motion(t: Any) -> Vector:
            t = times_for(q0, t)
            return np.asarray(q0 + velocity * t - down * t**2)

        return motion

    def action(self, start: Any, end: Any, duration: float) -> float:
        """S of that path (Feynman, Lectures on Physics, vol. 2, chapter 19)."""
        q0, q1 = np.atleast_1d(start).astype(float), np.atleast_1d(end).astype(float)
        g, T = self.gravity, duration
        kinetic = float((q1 - q0) @ (q1 - q0)) / (2 * T)
        return float(self.mass * (kinetic - g * (q0[-1] + q1[-1]) * T / 2 - g**2 * T**3 / 24))


class ChargedParticle(Lagrangian):
    """L = ½ m |v|² + ½ m ω (q₀ v₁ - q₁ v₀): a charge in the plane across a magnetic field.

    It is not of the form T - V: the potential acts on the velocity.

    Parameters
    ----------
    frequency : float
        ω = eB/m, at which the charge goes round, clockwise where it is positive.
    mass : float
    """

    frequency: float
    mass: float

    def __init__(self, frequency: float = 1.0, mass: float = 1.0) -> None:
        object.__setattr__(self, "frequency", float(frequency))
        object.__setattr__(self, "mass", float(mass))

        def magnetic(t: Any, q: Any, v: Any) -> Any:
            kinetic = (v[0] ** 2 + v[1] ** 2) / 2
            return mass * (kinetic + frequency * (q[0] * v[1] - q[1] * v[0]) / 2)

        super().__init__(magnetic)

    def path(self, start: Any, end: Any, duration: float) -> Motion:
        """The arc between two events: the only one, unless ωT is a multiple of 2π.

        Raises
        ------
        InvalidInput
            If it is: every path is back at its start then.
        """
        w = self.frequency
        q0 = complex(*start)
        chord = complex(*end) - q0
        turned = 1 - np.exp(-1j * w * duration)
        if abs(turned) <= np.finfo(float).eps * abs(w * duration):
            raise InvalidInput(
                f"After {duration:g}, a multiple of the period, all paths are back at the start; "
                "choose another duration."
            )

        def motion(t: Any) -> Vector:
            z = q0 + chord * (1 - np.exp(-1j * w * np.asarray(t, float))) / turned
            return np.stack([z.real, z.imag], axis=-1)

        return motion

    def action(self, start: Any, end: Any, duration: float) -> float:
        """S of that path (Feynman & Hibbs, Quantum Mechanics and Path Integrals, problem 3-10)."""
        (x0, y0), (x1, y1) = start, end
        half = self.frequency / 2
        straight = ((x1 - x0) ** 2 + (y1 - y0) ** 2) * half / np.tan(half * duration) / 2
        return float(self.mass * (straight + half * (x0 * y1 - y0 * x1)))

    def conjugate_times(self, duration: float) -> Vector:
        """The multiples of the period before the end, each twice: all paths are back then."""
        period = 2 * np.pi / abs(self.frequency)
        return np.repeat(period * np.arange(1, np.ceil(duration / period)), 2)
