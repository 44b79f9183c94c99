"""A symmetric operator in units in which its diagonal is about 1, in one of two bases.

Inertia does not change with the units (Sylvester), and Lanczos's iteration needs about √κ products
with the condition number κ of what it is given. In the variables' own basis that mends variables of
different scales, in Hartley's a coupling that is a convolution: a discretized derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import fft

from extremum.linalg import EPS, OperatorSymmetric, SymmetricMatrix
from extremum.objective import Vector

PROBES = 20
"""Products that estimate the diagonal: an entry is wrong by 1/√20 of the rest of its row."""


def unchanged(v: Vector) -> Vector:
    """In the variables' own basis."""
    return v


def hartley(v: Vector) -> Vector:
    """The discrete Hartley transform: orthogonal, and its own inverse.

    References
    ----------
    Bracewell, J. Opt. Soc. Am. 73 (1983) 1832-1835.
    """
    waves = fft.fft(v, norm="ortho")
    return np.asarray(waves.real - waves.imag)


BASES = (unchanged, hartley)


@dataclass(frozen=True, eq=False)
class Units:
    """x = Q D^(-1/2) y, with an orthogonal Q that is its own inverse.

    Attributes
    ----------
    basis : callable
        v ↦ Q v.
    diagonal : ndarray of shape (n,)
        D, positive.
    """

    basis: Callable[[Vector], Vector]
    diagonal: Vector

    @classmethod
    def of(cls, matrix: SymmetricMatrix, basis: Callable[[Vector], Vector]) -> Units:
        """With the size of the diagonal of Q H Q, estimated from products with random signs.

        References
        ----------
        Bekas, Kokiopoulou & Saad, Appl. Numer. Math. 57 (2007) 1214-1229.
        """
        random, total = np.random.default_rng(matrix.n), np.zeros(matrix.n)
        for _ in range(PROBES):
            signs = random.choice([-1.0, 1.0], size=matrix.n)
            total += signs * basis(matrix @ basis(signs))
        sizes = np.abs(total) / PROBES
        largest = float(sizes.max())
        return cls(basis, np.maximum(sizes, EPS * largest) if largest > 0 else np.ones(matrix.n))

    def of_y(self, y: Vector) -> Vector:
        """The variables that y stands for."""
        return self.basis(y / np.sqrt(self.diagonal))

    def solve(self, b: Vector) -> Vector:
        """Q D⁻¹ Q b: about what the inverse makes of b."""
        return self.basis(self.basis(b) / self.diagonal)

    def view(self, matrix: SymmetricMatrix) -> OperatorSymmetric:
        """D^(-1/2) Q H Q D^(-1/2)."""
        roots = np.sqrt(self.diagonal)
        return OperatorSymmetric(
            matrix.n, lambda y: self.basis(matrix @ self.basis(y / roots)) / roots
        )

    @property
    def least(self) -> float:
        """H ≥ μ Q D Q has no eigenvalue below μ times this."""
        return float(self.diagonal.min())
