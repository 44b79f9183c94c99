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
"""Correlations in a sample whose mean square is at most so many times what chance gives are taken
for none."""

KURTOSIS = 3.0
"""The variance of a mean of squares over m rows is about this by m, relative to its square (2 for
normal variables, some more for what a curvature makes of them)."""


@dataclass(frozen=True, eq=False)
class InverseHessian:
    """H⁻¹, by Cholesky in the coordinates of standardized columns, each scaled to a unit diagonal.

    Where H is singular: the shortest solution in those coordinates.

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
    def of_rough(cls, risk: MeanLoss, hessian: DenseSymmetric, rows: int) -> Self | None:
        """Factor a `rough_hessian`; None where its rounding leaves it undetermined."""
        if not (hessian.is_finite and (hessian.diagonal > 0).all()):
            return None
        units, scaled = _unit_diagonal(hessian)
        factors = scaled.cholesky()
        if factors is None or factors.rcond < scaled.eps:
            return None
        return cls(risk, rows, units, factors, None)

    @classmethod
    def of(cls, risk: MeanLoss, hessian: DenseSymmetric, rows: int) -> Self:
        """Factor a Hessian by θ."""
        matrix = DenseSymmetric(risk.hessian_to_standardized(hessian.array))
        units, scaled = _unit_diagonal(matrix)
        factors = scaled.cholesky()
        if factors is not None and factors.rcond > scaled.n * EPS:
            return cls(risk, rows, units, factors, None)
        values, vectors = scaled.spectrum
        kept = values > scaled.rounding
        return cls(risk, rows, units, None, (values[kept], vectors[:, kept]))

    @classmethod
    def without_correlations(
        cls, risk: MeanLoss, hessian: DenseSymmetric, rows: int
    ) -> Self | None:
        """That of a `rough_hessian`'s diagonal, if chance makes the other entries as large.

        The sample then says less of the correlations in all rows than to leave them out.
        """
        units, scaled = _unit_diagonal(hessian)
        n = scaled.n
        squares = float((scaled.array**2).sum()) - n
        if squares > NOISE * n * (n - 1) / rows:
            return None
        spread = float(np.std(units**2) / np.mean(units**2))
        if spread**2 <= NOISE * KURTOSIS / rows:  # the diagonal's differences are by chance too
            units = np.full(n, np.mean(units**-2.0) ** -0.5)
        return cls(risk, rows, units, None, None)

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


def _unit_diagonal(hessian: DenseSymmetric) -> tuple[Vector, DenseSymmetric]:
    """Units of the standardized coordinates in which the diagonal is 1, and the Hessian in them."""
    units = 1 / np.sqrt(np.where(hessian.diagonal > 0, hessian.diagonal, 1.0))
    return units, hessian.scaled(units)
