"""The curvature of a Hessian of which only products are known: bounds that hold probably."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

from extremum.certify.lanczos import (
    FAILURE,
    TRIAL,
    SpectrumBounds,
    is_settled,
    smallest_vector,
    spectrum_bounds,
)
from extremum.certify.preconditioned import BASES, PROBES, Units
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
        return self._found[0]

    @cached_property
    def _found(self) -> tuple[SpectrumBounds, Units | None, int]:
        """The bounds; the units in which they were found; the products in these.

        Where the matrix as it stands does not settle the signs soon, the units are taken in which
        the Ritz values are nearest to each other.
        """
        plain = spectrum_bounds(self.matrix, self.eps, TRIAL)
        if self._settled(plain):
            return plain, None, plain.products
        tried: list[tuple[float, Units | None]] = [(plain.condition, None)]
        spent = plain.products
        for basis in BASES:
            units = Units.of(self.matrix, basis)
            there = spectrum_bounds(units.view(self.matrix), self.eps, TRIAL)
            spent += PROBES + there.products
            if self._settled(there):
                return self._combined(plain, there, units, spent), units, there.products
            tried.append((there.condition, units))
        _, best = min(tried, key=lambda pair: pair[0])
        view = self.matrix if best is None else best.view(self.matrix)
        there = spectrum_bounds(view, self.eps)
        bounds = self._combined(plain, there, best, spent + there.products)
        return bounds, best, there.products

    def _combined(
        self, plain: SpectrumBounds, there: SpectrumBounds, units: Units | None, products: int
    ) -> SpectrumBounds:
        """The bounds of H itself, from its own Ritz values and the bounds in other units.

        H ≥ μ Q D Q has no eigenvalue below μ min D where μ > 0, and likewise from above; of one
        that is not definite there, the curvature along what was found is H's own.
        """
        if units is None:
            return replace(there, products=products)
        if there.low > 0:
            return replace(plain, low=max(plain.low, there.low * units.least), products=products)
        if there.high < 0:
            return replace(plain, high=min(plain.high, there.high * units.least), products=products)
        curvature, _ = self._along(units, there.products)
        smallest = min(plain.smallest, curvature)
        return replace(plain, smallest=smallest, low=min(plain.low, smallest), products=products)

    def _along(self, units: Units | None, products: int) -> tuple[float, Vector]:
        """The curvature along the smallest Ritz value's vector in some units, and the vector."""
        if units is None:
            vector = smallest_vector(self.matrix, products)
        else:
            vector = units.of_y(smallest_vector(units.view(self.matrix), products))
            vector = vector / np.linalg.norm(vector)
        return float(vector @ (self.matrix @ vector)), vector

    def _settled(self, bounds: SpectrumBounds) -> bool:
        size = max(abs(bounds.smallest), abs(bounds.largest))
        return is_settled(bounds, self.matrix.n * self.eps * size)

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
        """That of the smallest Ritz value, and its Rayleigh quotient."""
        _, units, products = self._found
        return self._along(units, products)

    def solve(self, b: Vector) -> Vector:
        """By conjugate gradients on ±H, as exact as so many products make it."""
        sign = -1.0 if self.bounds.high < 0 else 1.0
        shape, units = (b.size, b.size), self._found[1]
        operator = LinearOperator(shape, matvec=lambda v: sign * (self.matrix @ v), dtype=b.dtype)
        inverse = None
        if units is not None:
            inverse = LinearOperator(shape, matvec=units.solve, dtype=b.dtype)
        solution, _ = cg(operator, b, rtol=ACCURACY, atol=0.0, maxiter=PRODUCTS, M=inverse)
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
