"""The curvature of a Hessian of which only products are known: bounds that hold probably."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

from extremum.certify.lanczos import FAILURE, SpectrumBounds, spectrum_bounds
from extremum.linalg import EPS, SymmetricMatrix
from extremum.objective import Vector

PRODUCTS = 1000
"""Products that one solution by conjugate gradients may take: its error falls by a digit in about
√κ of them, with κ the condition number."""

ACCURACY = 1e-6
"""The residual, relative to the right-hand side, at which a solution is good enough: what is left
enters the test of Newton and Kantorovich."""


@dataclass(frozen=True, eq=False)
class Products:
    """Of a Hessian known by products, Lanczos's bounds and solutions by conjugate gradients."""

    matrix: SymmetricMatrix
    eps: float = EPS

    @cached_property
    def bounds(self) -> SpectrumBounds:
        """Where the eigenvalues lie, with a stated probability."""
        return spectrum_bounds(self.matrix, self.eps)

    @property
    def size(self) -> float:
        """The larger of the bounds' sizes."""
        return max(abs(self.bounds.smallest), abs(self.bounds.largest))

    @property
    def rounding(self) -> float:
        """As for a dense matrix: n ε ‖H‖."""
        return self.matrix.n * self.eps * self.size

    @property
    def sentence(self) -> str:
        """The bounds and their probability."""
        return (
            f"The eigenvalues lie between {self.bounds.low:.3g} and {self.bounds.high:.3g}, with "
            f"probability 1 - {2 * FAILURE:.0e}, by Lanczos's iteration from a random start "
            f"({self.bounds.products} products)"
        )

    @property
    def gap(self) -> float:
        """The bound nearer to zero, less rounding, where all eigenvalues have one sign."""
        return max(max(self.bounds.low, -self.bounds.high) - self.rounding, 0.0)

    @property
    def morse_index(self) -> int:
        """All, none, or at least one where a Ritz value is negative beyond rounding."""
        if self.bounds.high < 0:
            return self.matrix.n
        return int(self.bounds.smallest < -self.rounding)

    @cached_property
    def softest(self) -> Vector:
        """What the inverse makes of a random vector, where there is a gap; else the leftmost."""
        if not self.gap > 0:
            return self.leftmost[1]
        vector = self.solve(np.random.default_rng(1).normal(size=self.matrix.n))
        return vector / np.linalg.norm(vector)

    @cached_property
    def leftmost(self) -> tuple[float, Vector]:
        """The matrix's own estimate, its value as the Rayleigh quotient."""
        _, vector = self.matrix.leftmost()
        vector = vector / np.linalg.norm(vector)
        return float(vector @ (self.matrix @ vector)), vector

    def solve(self, b: Vector) -> Vector:
        """By conjugate gradients on ±H, as exact as so many products make it."""
        sign = -1.0 if self.bounds.high < 0 else 1.0
        operator = LinearOperator(
            (b.size, b.size), matvec=lambda v: sign * (self.matrix @ v), dtype=np.float64
        )
        solution, _ = cg(operator, b, rtol=ACCURACY, atol=0.0, maxiter=PRODUCTS)
        return np.asarray(sign * solution)

    def downhill(self, gradient: Vector) -> Vector:
        """Newton's step where the Hessian is positive definite; else steepest descent."""
        return -self.solve(gradient) if self.bounds.low > 0 else -gradient

    def lowest(self) -> list[Vector]:
        """The leftmost."""
        return [self.leftmost[1]]

    def extremal(self) -> tuple[Vector, Vector]:
        """The outermost Ritz values, and how far the spectrum may reach beyond them."""
        b = self.bounds
        reach = np.array([b.smallest - b.low, b.high - b.largest])
        return np.array([b.smallest, b.largest]), reach + self.rounding

    def beyond_rounding(self) -> tuple[int, None]:
        """At least one where a curvature is negative."""
        return self.morse_index, None
