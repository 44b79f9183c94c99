"""Oscillators: harmonic, quartic, with two wells, and the pendulum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import ellipj, ellipk, ellipkinc

from extremum.mechanics.system import Particle
from extremum.objective import Vector
from extremum.outcomes import InvalidInput

Motion = Callable[[Any], Vector]
"""The coordinates at times: () or (k,) gives (), (k,), (d,) or (k, d)."""


def times_for(q: Vector, t: Any) -> Vector:
    """Times of shape () or (k,) in an array that multiplies coordinates of the shape of q."""
    t = np.asarray(t, float)
    return np.asarray(t[..., None] if q.ndim else t)


class Harmonic(Particle):
    """V = ½ Σ mᵢ ωᵢ² qᵢ²: an oscillator, or as many as there are frequencies.

    Parameters
    ----------
    frequency : float or array_like of shape (d,)
        ω, in radians a unit of time.
    mass : float or array_like of shape (d,)
    """

    frequency: Any

    def __init__(self, frequency: Any = 1.0, mass: Any = 1.0) -> None:
        stiffness = np.asarray(mass, np.float64) * np.asarray(frequency, np.float64) ** 2
        object.__setattr__(self, "frequency", np.asarray(frequency, np.float64)[()])
        super().__init__(mass, lambda q: (stiffness * q**2).sum() / 2)

    def path(self, start: Any, end: Any, duration: float) -> Motion:
        """The path between two events: the only one, unless ωT is a multiple of π.

        Raises
        ------
        InvalidInput
            If it is: every path from the start, or none, arrives at the end then.
        """
        w, q0, q1 = self.frequency, np.asarray(start, float), np.asarray(end, float)
        crossing = np.sin(w * duration)
        if np.any(np.abs(crossing) <= np.finfo(float).eps * w * duration):
            raise InvalidInput(
                f"After {duration:g}, a multiple of half a period, all paths from the start are at "
                "the same place; choose another duration."
            )

        def motion(t: Any) -> Vector:
            t = times_for(q0, t)
            return np.asarray((q0 * np.sin(w * (duration - t)) + q1 * np.sin(w * t)) / crossing)

        return motion

    def action(self, start: Any, end: Any, duration: float) -> float:
        """S of that path (Feynman & Hibbs, Quantum Mechanics and Path Integrals, problem 2-2)."""
        w, q0, q1 = self.frequency, np.asarray(start, float), np.asarray(end, float)
        turned = w * duration
        parts = (q0**2 + q1**2) * np.cos(turned) - 2 * q0 * q1
        return float(np.sum(self.mass * w / (2 * np.sin(turned)) * parts))

    def conjugate_times(self, duration: float) -> Vector:
        """The multiples of each π/ω before the end, ascending."""
        half_periods = np.pi / np.atleast_1d(self.frequency)
        each = [h * np.arange(1, np.ceil(duration / h)) for h in half_periods]
        return np.sort(np.concatenate(each))


class DoubleWell(Particle):
    """V = a (q² - b²)²: wells at ±b with a barrier of height a b⁴ between them.

    Parameters
    ----------
    strength : float
        a.
    half_distance : float
        b.
    mass : float
    """

    strength: float
    half_distance: float

    def __init__(
        self, strength: float = 1.0, half_distance: float = 1.0, mass: float = 1.0
    ) -> None:
        object.__setattr__(self, "strength", float(strength))
        object.__setattr__(self, "half_distance", float(half_distance))
        super().__init__(mass, lambda q: strength * (q**2 - half_distance**2) ** 2)

    def motion(self, q: float, v: float) -> Motion:
        """The motion that has position q and velocity v at time 0.

        Below the barrier A dn(Ωt + φ), above it A cn(Ωt + φ), for the outer turning point A
        (Whittaker, Analytical Dynamics, section 34; DLMF 22.13.2 and 22.13.3).
        """
        a, b, mass = self.strength, self.half_distance, float(self.mass)
        # The turning points are where q² is one of these.
        spread = np.hypot(q**2 - b**2, np.sqrt(mass / (2 * a)) * v)
        outer, inner = b**2 + spread, b**2 - spread
        if v == 0 and q * (q**2 - b**2) == 0:
            return lambda t: np.full(np.shape(t), float(q))
        size = np.sqrt(outer) if q >= 0 or inner <= 0 else -np.sqrt(outer)
        if inner > 0:
            m, rate = (outer - inner) / outer, np.sqrt(2 * a * outer / mass)
            sine = np.sqrt(np.clip((outer - q**2) / (outer - inner), 0, 1))
            angle = np.arcsin(sine) * (-1 if v * size > 0 else 1)
        else:
            m, rate = outer / (outer - inner), np.sqrt(2 * a * (outer - inner) / mass)
            angle = np.arccos(np.clip(q / size, -1, 1)) * (-1 if v > 0 else 1)
        phase = ellipkinc(angle, m)

        def motion(t: Any) -> Vector:
            _, cn, dn, _ = ellipj(rate * np.asarray(t, float) + phase, m)
            return np.asarray(size * (dn if inner > 0 else cn))

        return motion


class Quartic(DoubleWell):
    """V = λ q⁴/4.

    Parameters
    ----------
    strength : float
        λ.
    mass : float
    """

    def __init__(self, strength: float = 1.0, mass: float = 1.0) -> None:
        super().__init__(strength / 4, 0.0, mass)

    def period(self, amplitude: float) -> float:
        """That of oscillations between ±amplitude: inversely proportional to it."""
        rate = amplitude * np.sqrt(4 * self.strength / float(self.mass))
        return float(4 * ellipk(0.5) / rate)


class Pendulum(Particle):
    """V = -m g l cos q, with q the angle from the lowest position.

    Parameters
    ----------
    length, gravity, mass : float
        l, g and m; the mass of the coordinate q is m l².
    """

    frequency: float

    def __init__(self, length: float = 1.0, gravity: float = 1.0, mass: float = 1.0) -> None:
        weight = mass * gravity * length
        object.__setattr__(self, "frequency", float(np.sqrt(gravity / length)))
        super().__init__(mass * length**2, lambda q: -weight * np.cos(q))

    def motion(self, q: float, v: float) -> Motion:
        """The motion that has the angle q and the angular velocity v at time 0.

        It swings, sin(q/2) = k sn(ωt + φ, k), or turns over, q/2 = am(kωt + φ, 1/k) (Whittaker,
        Analytical Dynamics, section 44). The angle is not wound back into [-π, π].
        """
        w = self.frequency
        turns = np.round(q / (2 * np.pi))
        half = q / 2 - turns * np.pi
        m = np.sin(half) ** 2 + (v / (2 * w)) ** 2
        if v == 0 and m in (0, 1):
            return lambda t: np.full(np.shape(t), float(q))
        k = np.sqrt(m)
        if m < 1:
            angle = np.arcsin(np.clip(np.sin(half) / k, -1, 1))
            phase = ellipkinc(angle if v >= 0 else np.pi - angle, m)

            def swing(t: Any) -> Vector:
                sn, _, _, _ = ellipj(w * np.asarray(t, float) + phase, m)
                return np.asarray(2 * np.arcsin(k * sn) + 2 * np.pi * turns)

            return swing
        sense = 1.0 if v >= 0 else -1.0
        phase = ellipkinc(sense * half, 1 / m)

        def turn_over(t: Any) -> Vector:
            _, _, _, angle = ellipj(k * w * np.asarray(t, float) + phase, 1 / m)
            return np.asarray(2 * sense * angle + 2 * np.pi * turns)

        return turn_over

    def period(self, amplitude: float) -> float:
        """That of swings between ±amplitude < π: 4K(sin(amplitude/2))/ω."""
        return float(4 * ellipk(np.sin(amplitude / 2) ** 2) / self.frequency)
