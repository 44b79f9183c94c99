"""Roots of a shooting map of several coordinates: Newton's iteration from many velocities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extremum.mechanics.shooting import ShootingMap
from extremum.objective import Vector

STARTS, MOST_ROUNDS = 128, 6
"""Of a round; rounds at most, and two at least."""

FEWEST = 3
"""The search ends when each root was found so often."""

SLOW = 1e-3
"""Speeds below this part of the fastest one are told apart no better than it is."""

ITERATIONS = 40

SHORTEST = 1 / 64
"""The least damping factor."""

CLOSE = 1e-7
"""A root is found where the next step is smaller, in parts of the speed."""

SAME = 1e-4
"""Roots nearer than this, in parts of the speed, are one."""

TRUE = 0.05
"""How far a root may be from the end with finer steps, in parts of the motion's extent."""

UNRESOLVED = 0.5
"""The part of the starts that the integration may resolve less well: many pass a singularity."""


@dataclass(frozen=True, eq=False)
class Roots:
    """What the iterations led to.

    Attributes
    ----------
    velocities : ndarray of shape (k, d)
        Distinct roots, those that were found most often first.
    hits : ndarray of shape (k,)
        How often each was found.
    starts : int
    """

    velocities: Vector
    hits: Vector
    starts: int

    @property
    def unseen(self) -> float:
        """The estimated chance that one more start that leads to a root would find a new one.

        The part of the finds that were made only once (I. J. Good, Biometrika 40 (1953) 237), with
        one more of either kind, so that it is never nothing.
        """
        return float(((self.hits == 1).sum() + 1) / (self.hits.sum() + 1))


def roots(shooting: ShootingMap, fastest: float) -> Roots:
    """Look for roots from random directions, at speeds evenly spread up to the fastest."""
    random = np.random.default_rng(0)
    starts = _starts(random, shooting, fastest)
    rough = shooting.resolved(starts, UNRESOLVED)
    found = np.empty((0, starts.shape[1]))
    for rounds in range(1, MOST_ROUNDS + 1):
        found = np.concatenate([found, _newton(rough, starts)])
        velocities, hits = _distinct(found, SLOW * fastest)
        true = _are_roots(shooting, velocities)
        if rounds > 1 and not (hits[true] < FEWEST).any():
            break
        starts = _starts(random, shooting, fastest)
    return Roots(velocities[true], hits[true], rounds * STARTS)


def _starts(random: np.random.Generator, shooting: ShootingMap, fastest: float) -> Vector:
    directions = random.normal(size=(STARTS, shooting.problem.start.size))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return np.asarray(directions * random.uniform(0, fastest, (STARTS, 1)))


def _are_roots(shooting: ShootingMap, velocities: Vector) -> NDArray[np.bool_]:
    """Which are roots of the map with finer steps too: a near miss of a singularity may not be."""
    if not len(velocities):
        return np.zeros(0, bool)
    found = shooting.resolved(velocities, 0.0)(velocities)
    missed = np.linalg.norm(found.q[:, -1] - shooting.problem.end, axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(missed <= TRUE * np.abs(found.q).max((1, 2)))


def _newton(shooting: ShootingMap, v: Vector) -> Vector:
    """The roots that damped iterations from velocities of shape (m, d) end at, of shape (k, d)."""
    end, found = shooting.problem.end, []
    at, missed, step = v, np.full(len(v), np.inf), np.zeros_like(v)
    length = np.ones(len(v))
    for _ in range(ITERATIONS):
        trial = at + length[:, None] * step
        shot = shooting(trial)
        missing = shot.q[:, -1] - end
        with np.errstate(all="ignore"):
            distance = np.linalg.norm(missing, axis=1)
        good = (distance < missed) & np.isfinite(shot.jacobian).all((1, 2))
        at, missed = np.where(good[:, None], trial, at), np.where(good, distance, missed)
        step[good] = _solved(shot.jacobian[good], -missing[good])
        length = np.where(good, np.minimum(1.0, 2 * length), length / 2)
        speed = np.linalg.norm(at, axis=1)
        done = good & (np.linalg.norm(step, axis=1) <= CLOSE * speed)
        found.append(at[done])
        going = ~done & (length >= SHORTEST) & np.isfinite(missed)
        at, missed, step, length = at[going], missed[going], step[going], length[going]
        if not len(at):
            break
    return np.concatenate(found)


def _solved(matrices: Vector, right: Vector) -> Vector:
    """Newton's steps; along directions in which the map hardly changes they are left short."""
    u, s, vt = np.linalg.svd(matrices)
    floor = 1e-8 * s[:, :1]
    parts = np.einsum("mji,mj->mi", u, right) * s / (s**2 + floor**2 + np.finfo(float).tiny)
    return np.asarray(np.einsum("mji,mj->mi", vt, parts))


def _distinct(found: Vector, least: float) -> tuple[Vector, Vector]:
    """One of each, and how many of each there are."""
    groups: list[list[Vector]] = []
    for v in found:
        scale = SAME * max(float(np.linalg.norm(v)), least)
        near = (g for g in groups if np.linalg.norm(g[0] - v) <= scale)
        group = next(near, None)
        if group is None:
            groups.append([v])
        else:
            group.append(v)
    groups.sort(key=len, reverse=True)
    d = found.shape[1]
    velocities = np.array([group[0] for group in groups]).reshape(-1, d)
    return velocities, np.array([len(group) for group in groups], int)
