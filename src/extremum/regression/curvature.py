"""The inverse of a Hessian over many rows, or over a sample of them, as a preconditioner."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from extremum.linalg import EPS, DenseSymmetric
from extremum.linalg.dense import DenseFactorization
from extremum.objective import Vector
from extremum.regression.risk import MeanLoss

NOISE = 1.5
"""Correlations of a sample whose mean square is at most so many times what chance gives are taken
for none."""


@dataclass(frozen=True, eq=False)
class InverseHessian:
    """H⁻¹, by Cholesky in the coordinates of standardized columns, each scaled to a unit diagonal.

    Where H is singular: the shortest solution in those coordinates. Where H comes from a sample and
    its off-diagonal entries are no larger than chance makes them, those are left out: the sample
    would say less than nothing.

    Attributes
    ----------
    risk : MeanLoss
        Whose θ the solutions are of.
    rows : int
        Rows that the Hessian was summed over.
    """

    risk: MeanLoss
    rows: int
    _units: Vector
    _factors: DenseFactorization | None
    _part: tuple[Vector, Vector] | None

    @classmethod
    def of(cls, risk: MeanLoss, hessian: DenseSymmetric, rows: int) -> Self:
        """Factor a Hessian by θ."""
        matrix = risk.hessian_to_standardized(hessian.array)
        diagonal = np.diag(matrix)
        units = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
        scaled = DenseSymmetric(units[:, None] * matrix * units)
        if rows < risk.rows.n_rows and (diagonal > 0).all() and _by_chance(scaled.array, rows):
            return cls(risk, rows, units, None, None)
        factors = scaled.cholesky()
        if factors is not None and factors.rcond > scaled.n * EPS:
            return cls(risk, rows, units, factors, None)
        values, vectors = scaled.spectrum
        kept = values > scaled.rounding
        return cls(risk, rows, units, None, (values[kept], vectors[:, kept]))

    @property
    def diagonal(self) -> bool:
        """Whether the off-diagonal entries were left out."""
        return self._factors is None and self._part is None

    @property
    def singular(self) -> bool:
        """Whether the Hessian is."""
        return self._part is not None

    def solve(self, gradient: Vector) -> Vector:
        """H⁻¹∇φ, of shape (n,)."""
        slope = self._units * self.risk.to_standardized(gradient)
        if self._factors is not None:
            slope = self._factors.solve(slope)
        elif self._part is not None:
            values, vectors = self._part
            slope = vectors @ ((vectors.T @ slope) / values)
        return self.risk.from_standardized(self._units * slope)

    def decrement(self, gradient: Vector) -> float:
        """√(∇φᵀH⁻¹∇φ): its square is twice what a Newton step promises."""
        return math.sqrt(max(float(gradient @ self.solve(gradient)), 0.0))


def _by_chance(matrix: Vector, rows: int) -> bool:
    """Whether correlations are no larger than those of independent columns in so many rows."""
    n = len(matrix)
    squares = float((matrix**2).sum()) - n
    return squares <= NOISE * n * (n - 1) / rows
