"""Where a path is one of a family: steps that stay away from the directions that connect them.

If the end is conjugate to the start and reached all the same, neighbouring paths reach it too: the
Hessian has zero eigenvalues, along which nothing says how far to go. Of the family the path is
looked for that is nearest to the guess.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extremum.linalg.band_lu import BandLU, TridiagonalLU
from extremum.mechanics.action import ActionTerms, DiscreteAction
from extremum.objective import Vector


@dataclass(frozen=True, eq=False)
class Across:
    """Solves with a singular Hessian, without the part along its null directions.

    Attributes
    ----------
    factored : TridiagonalLU or BandLU
    units : ndarray of shape (n,)
        What scales the nodes' coordinates to those in which the modes are orthonormal.
    modes : ndarray of shape (n, k)
    """

    factored: TridiagonalLU | BandLU
    units: Vector
    modes: Vector

    def solve(self, b: Vector) -> Vector:
        """Solve for a right-hand side of shape (n,)."""
        found = self.factored.solve(self._without(b * self.units) / self.units)
        return self._without(found / self.units) * self.units

    def _without(self, vector: Vector) -> Vector:
        return np.asarray(vector - self.modes @ (self.modes.T @ vector))


def scaled_modes(
    action: DiscreteAction, terms: ActionTerms, k: int
) -> tuple[Vector, Vector, Vector]:
    """The k eigenvalues of the Hessian nearest to zero, their modes, and the units.

    The Hessian is scaled by the nodes' weights, so that eigenvalues are those of the continuous
    second variation, relative to ∫ |δ|² dt.
    """
    units = 1 / np.sqrt(np.repeat(action.node_weights[1:-1], action.start.size))
    values, modes = terms.hessian().scaled(units).nearest_zero(k)
    return values, modes, units


def solver(
    action: DiscreteAction, terms: ActionTerms, flat: int
) -> TridiagonalLU | BandLU | Across:
    """What solves with the Hessian; with so many null directions left out."""
    if not flat:
        return terms.factored()
    _, modes, units = scaled_modes(action, terms, flat)
    return Across(terms.factored(), units, modes)
