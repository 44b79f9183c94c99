"""The same function in variables whose second derivatives are of one size."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from extremum.certify.storages import hessian_at
from extremum.linalg import Factorizable
from extremum.objective import Counts, Objective, Vector


@dataclass(frozen=True, eq=False)
class Rescaled(Objective):
    """φ(D y) as a function of y, with D the diagonal matrix of `units`.

    Its Hessian D H D has the inertia of H (Sylvester), and eigenvalues that rounding may not hide
    where those of H span more than floating point does: 1e8 x² + 1e-8 y² (Demmel & Veselić, SIAM J.
    Matrix Anal. Appl. 13 (1992) 1204-1245).
    """

    objective: Objective
    units: Vector
    counts: Counts = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", self.objective.counts)

    @property
    def eps(self) -> float:
        """That of the function itself."""
        return self.objective.eps

    def rounded(self, y: Vector) -> Vector:
        """A point as the function itself sees it."""
        return self.objective.rounded(self.units * y) / self.units

    def value(self, y: Vector) -> float:
        """φ(D y)."""
        return self.objective.value(self.units * y)

    def value_and_gradient(self, y: Vector) -> tuple[float, Vector]:
        """φ and D ∇φ."""
        fun, gradient = self.objective.value_and_gradient(self.units * y)
        return fun, self.units * gradient

    def hessian(self, y: Vector) -> Factorizable:
        """D ∇²φ D."""
        hessian = hessian_at(self.objective, self.units * y)
        assert isinstance(hessian, Factorizable)  # others are not rescaled
        return hessian.scaled(self.units)

    def hessian_vector(self, y: Vector, v: Vector) -> Vector:
        """D ∇²φ D v."""
        return self.units * self.objective.hessian_vector(self.units * y, self.units * v)

    def gradient_error(self, y: Vector) -> Vector:
        """D times that of the function itself, where it has one."""
        error = getattr(self.objective, "gradient_error", None)
        return np.zeros_like(y) if error is None else self.units * error(self.units * y)
