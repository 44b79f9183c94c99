"""The same function in variables whose second derivatives are of one size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from extremum.linalg import DenseSymmetric
from extremum.objective import Counts, Objective, Vector, dtype_of, precision


@dataclass(frozen=True, eq=False)
class Rescaled:
    """φ(D y) as a function of y, with D the diagonal matrix of `units`.

    Its Hessian D H D has the inertia of H (Sylvester), and eigenvalues that rounding may not hide
    where those of H span more than floating point does: 1e8 x² + 1e-8 y² (Demmel & Veselić, SIAM J.
    Matrix Anal. Appl. 13 (1992) 1204-1245).
    """

    objective: Objective
    units: Vector

    @property
    def counts(self) -> Counts:
        """Those of the function itself."""
        return self.objective.counts

    @property
    def dtype(self) -> np.dtype[Any]:
        """That of the function itself."""
        return dtype_of(self.objective)

    def value(self, y: Vector) -> float:
        """φ(D y)."""
        return self.objective.value(self.units * y)

    def value_and_gradient(self, y: Vector) -> tuple[float, Vector]:
        """φ and D ∇φ."""
        fun, gradient = self.objective.value_and_gradient(self.units * y)
        return fun, self.units * gradient

    def hessian(self, y: Vector) -> DenseSymmetric:
        """D ∇²φ D."""
        return self.of(self.objective.hessian(self.units * y).toarray())

    def hessian_vector(self, y: Vector, v: Vector) -> Vector:
        """D ∇²φ D v."""
        return self.units * self.objective.hessian_vector(self.units * y, self.units * v)

    def of(self, hessian: Vector) -> DenseSymmetric:
        """A Hessian of φ in these variables."""
        return DenseSymmetric(hessian * np.outer(self.units, self.units), precision(self))

    def gradient_error(self, y: Vector) -> Vector:
        """D times that of the function itself, where it has one."""
        error = getattr(self.objective, "gradient_error", None)
        return np.zeros_like(y) if error is None else self.units * error(self.units * y)
