"""Where initial velocities lead: the map v₀ ↦ q(t₁), whose roots are the paths to an end."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from extremum.mechanics.solution import Problem
from extremum.objective import Vector
from extremum.objective.shots import Shots, shots

LEGS = 256
"""Times between which a motion is kept, as the guess of a path."""

STEPS = 1
"""Steps in a leg at first; doubled until ACCURACY, up to MOST_STEPS."""

MOST_STEPS = 32

ACCURACY = 1e-5
"""Of the map, in parts of its extent or, where it is steep, of the velocities: enough to tell its
roots apart, which are polished."""

FAR = 1e3
"""Motions that go further away than this, in parts of the problem's extent, do not come back."""


@dataclass(frozen=True, eq=False)
class ShootingMap:
    """The map from initial velocities to the place at the final time.

    Attributes
    ----------
    problem : Problem
    steps : int
        Of the integration, in each of the legs.
    """

    problem: Problem
    steps: int = STEPS

    def __call__(self, v: Vector) -> Shots:
        """Shoot with velocities of shape (m, d).

        A motion that goes off is at ±inf from there on.
        """
        problem = self.problem
        found = shots(problem.lagrangian.local, problem.uniform(LEGS), problem.start, v, self.steps)
        far = FAR * max(1.0, float(np.abs([problem.start, problem.end]).max()))
        with np.errstate(invalid="ignore"):
            off = np.abs(found.q) > far
        gone = np.any(off, axis=(1, 2))
        if not gone.any():
            return found
        q = found.q.copy()
        legs = np.any(off, axis=2).argmax(1)
        for shot in np.flatnonzero(gone):
            q[shot, legs[shot] :] = np.sign(q[shot, legs[shot]]) * np.inf
        return found._replace(q=q)

    def resolved(self, v: Vector, unresolved: float) -> ShootingMap:
        """The map with as many steps as velocities of shape (m, d) need.

        A part of them may need more: those that pass a singularity closely.
        """
        now, found, spread = self, self(v), float(np.ptp(v))
        while now.steps < MOST_STEPS:
            finer = replace(now, steps=2 * now.steps)
            better = finer(v)
            stays = np.isfinite(better.q).all((1, 2)) & np.isfinite(found.q).all((1, 2))
            change = np.abs(better.q[stays, -1] - found.q[stays, -1]).max(1)
            extent = np.abs(better.q[stays]).max((1, 2))
            steepness = np.abs(better.jacobian[stays]).max((1, 2)) * spread
            poor = (change > ACCURACY * (extent + steepness)) | (better.turns != found.turns)[stays]
            if poor.sum() <= unresolved * stays.sum():
                return finer
            now, found = finer, better
        return now
