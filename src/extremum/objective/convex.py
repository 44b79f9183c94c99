"""Objectives of which their maker knows that they are convex, and how their curvature drifts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from scipy import sparse

from extremum.linalg import DenseSymmetric
from extremum.objective.objective import Objective
from extremum.objective.parameters import Vector


@runtime_checkable
class ConvexObjective(Objective, Protocol):
    """A convex φ whose curvature changes by a bounded factor per unit of distance.

    Then a gradient and a part of the Hessian prove a minimum, and bound its distance.
    """

    def frame(self) -> sparse.csr_array:
        """Better coordinates z, x = B z, in which to judge its curvature: B of shape (n, n)."""

    def curvatures_below(self, x: Vector) -> Iterator[DenseSymmetric]:
        """Matrices A with zᵀA z ≤ (B z)ᵀ∇²φ(x) B z for every z, but for their rounding.

        They may be those of some of the terms, where φ is a sum of convex ones; those that cost
        least first, and none that costs as much as ∇²φ(x) itself.
        """

    def curvature_drift(self, units: Vector) -> float:
        """A bound c of |D³φ(x)[d, d, d]| / (‖d / units‖ D²φ(x)[d, d]), over all x and d.

        So φ is self-concordant in the sense of Bach, Electron. J. Statist. 4 (2010) 384-414.
        """

    def value_gradient_drift(self, x: Vector) -> tuple[float, Vector, float]:
        """φ(x), ∇φ(x), and the same bound with √(dᵀ∇²φ(x) d) in place of ‖d / units‖."""

    def gradient_error(self, x: Vector) -> Vector:
        """A bound of the rounding errors of ∇φ(x), of shape (n,)."""
