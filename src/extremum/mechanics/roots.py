"""All roots of a shooting map of one coordinate: sampled until it is known between the samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extremum.mechanics.shooting import ShootingMap
from extremum.objective import Vector

Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]

FIRST = 33
"""Samples at first."""

UNRESOLVED = 0.1
"""The part of them that the integration may resolve less well."""

MOST_SAMPLES = 20_000

BEND = 0.05
"""How far the map may be from the cubic through two neighbours and their slopes at the middle, in
parts of what it varies by between them."""

FINEST = 1e-9
"""Neighbours nearer than this part of the range are not divided."""

POLISHING = 40
"""Steps at most to a root between two neighbours: bisection alone would take 30 to `FINEST`."""


@dataclass(frozen=True, eq=False)
class Scan:
    """The map in a range of velocities.

    Attributes
    ----------
    low, high : float
    roots : ndarray of shape (k,)
        Ascending.
    turns : ndarray of shape (m,)
        The numbers of conjugate points of all samples that end, by ascending velocity.
    shots : int
    unknown : float
        The part of the range in which the map is not known, or not finite.
    """

    low: float
    high: float
    roots: Vector
    turns: Vector
    shots: int
    unknown: float

    @property
    def is_plain(self) -> bool:
        """Whether the map is monotone and without a root, or all motions go off to one side."""
        turning = self.turns.size and np.ptp(self.turns)
        return not self.roots.size and not self.unknown and not turning


def scan(shooting: ShootingMap, low: float, high: float) -> Scan:
    """Find all roots between two velocities.

    Neighbouring samples are divided until the map between them is as the cubic through their values
    and slopes says, and turns at most once. Whether it does is known: ∂q(t₁)/∂v₀ changes its sign
    just where the number of conjugate points changes. Where a turning point may hide two roots it
    is looked up and divides its neighbours, so that each root is alone between two samples.
    """
    grid = np.linspace(low, high, FIRST)
    samples = _Samples.at(shooting.resolved(grid[:, None], UNRESOLVED), grid)
    while samples.v.size < MOST_SAMPLES:
        places, known = samples.divisions((high - low) * FINEST)
        if not places.any():
            break
        samples = samples.divided(places, known)
    known = samples.divisions(0.0)[1]
    return Scan(
        low=low,
        high=high,
        roots=samples.roots((high - low) * FINEST),
        turns=samples.turns[np.isfinite(samples.f)],
        shots=samples.v.size,
        unknown=float(np.diff(samples.v)[~known].sum() / (high - low)),
    )


@dataclass(frozen=True, eq=False)
class _Samples:
    """Values of the map at m velocities, ascending.

    Attributes
    ----------
    shooting : ShootingMap
    v, f, slope, turns : ndarray of shape (m,)
    known : ndarray of bool of shape (m - 1,)
        Whether the map between neighbours is.
    """

    shooting: ShootingMap
    v: Vector
    f: Vector
    slope: Vector
    turns: Vector
    known: Flags

    @classmethod
    def at(cls, shooting: ShootingMap, v: Vector) -> _Samples:
        """Sample; nothing is known between the samples."""
        found = shooting(v[:, None])
        f, slope = found.q[:, -1, 0] - shooting.problem.end[0], found.jacobian[:, 0, 0]
        return cls(shooting, v, f, slope, found.turns, np.zeros(v.size - 1, bool))

    def divisions(self, finest: float) -> tuple[Flags, Flags]:
        """Which intervals are to be divided, and which of all are known so far."""
        h, sign = np.diff(self.v), np.sign(self.f)
        least = np.minimum(np.abs(self.f[:-1]), np.abs(self.f[1:]))
        same, inside = sign[:-1] * sign[1:] > 0, np.isfinite(self.f)
        inside = inside[:-1] & inside[1:]
        away = same & np.isinf(least)
        turning = np.abs(np.diff(self.turns))
        known = (self.known & (turning <= 1) & inside) | away
        steepest = np.maximum(np.abs(self.slope[:-1]), np.abs(self.slope[1:]))
        with np.errstate(over="ignore"):
            hidden = inside & same & (turning == 1) & (least < h * steepest)
        # Where two neighbours are both lost, one look between them is enough.
        hopeless = self.known & ~inside
        return (~known & ~hopeless | hidden) & (h > finest), known

    def divided(self, places: Flags, known: Flags) -> _Samples:
        """Sample once more in some of the intervals."""
        h = np.diff(self.v)[places]
        left, right = np.flatnonzero(places), np.flatnonzero(places) + 1
        s = np.where(known[places], self._turning_point(left), 0.5)
        new = _Samples.at(self.shooting, self.v[left] + s * h)
        with np.errstate(all="ignore"):
            predicted = self._cubic(left, s)
            amount = np.abs(self.f[right] - self.f[left]) + h * (
                np.abs(self.slope[left]) + np.abs(self.slope[right])
            )
            good = np.abs(predicted - new.f) <= BEND * amount
        good |= ~np.isfinite(self.f[left]) & ~np.isfinite(self.f[right]) & ~np.isfinite(new.f)
        v = np.concatenate([self.v, new.v])
        order = np.argsort(v, kind="stable")
        f, slope, turns = (
            np.concatenate([mine, theirs])[order]
            for mine, theirs in (
                (self.f, new.f),
                (self.slope, new.slope),
                (self.turns, new.turns),
            )
        )
        told = known.copy()
        told[places] = good
        repeats = np.ones(len(known), int)
        repeats[places] = 2
        return _Samples(self.shooting, v[order], f, slope, turns, np.repeat(told, repeats))

    def _cubic(self, left: Indices, s: Vector) -> Vector:
        """The cubic through two neighbours and their slopes, at the part s of the way."""
        h = self.v[left + 1] - self.v[left]
        a, b = self.f[left], self.f[left + 1]
        p, q = h * self.slope[left], h * self.slope[left + 1]
        return np.asarray(
            a + s * p + s**2 * (3 * (b - a) - 2 * p - q) + s**3 * (2 * (a - b) + p + q)
        )

    def _turning_point(self, left: Indices) -> Vector:
        """Where its slope is zero, as a part of the way; not too near to either of the two."""
        p, q = self.slope[left], self.slope[left + 1]
        h = self.v[left + 1] - self.v[left]
        mean = (self.f[left + 1] - self.f[left]) / h
        with np.errstate(all="ignore"):
            # p + 2 s (3 mean − 2p − q) + 3 s² (p + q − 2 mean) = 0
            half, lead = 3 * mean - 2 * p - q, 3 * (p + q - 2 * mean)
            root = np.sqrt(np.maximum(half**2 - lead * p, 0))
            s = np.where(p > 0, -p / (half - root), -p / (half + root))
        return np.clip(np.where((s > 0) & (s < 1), s, 0.5), 0.05, 0.95)

    def roots(self, finest: float) -> Vector:
        """Where the map is zero: by Newton's steps between neighbours of different signs."""
        positive = self.f >= 0
        brackets = np.flatnonzero(self.known & (positive[:-1] != positive[1:]))
        low, high = self.v[brackets], self.v[brackets + 1]
        rises = positive[brackets + 1]
        v = (low + high) / 2
        for _ in range(POLISHING if brackets.size else 0):
            new = _Samples.at(self.shooting, v)
            above = (new.f >= 0) == rises
            low, high = np.where(above, low, v), np.where(above, v, high)
            with np.errstate(all="ignore"):
                newton = v - new.f / new.slope
            inside = (newton > low) & (newton < high)
            change = np.abs(np.where(inside, newton, (low + high) / 2) - v)
            v = np.where(inside, newton, (low + high) / 2)
            if (change <= finest).all():
                break
        return v
