"""The curvature of a dense Hessian: every eigenvalue."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from extremum.certify.curvature import REPORTED, FlatSpace
from extremum.linalg import EPS, DenseSymmetric
from extremum.objective import Vector


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Of a dense Hessian, every eigenvalue."""

    matrix: DenseSymmetric
    eps: float = EPS
    sentence = ""

    @cached_property
    def _sizes(self) -> Vector:
        return np.abs(self.matrix.spectrum[0])

    @cached_property
    def size(self) -> float:
        """The largest eigenvalue in size."""
        return float(self._sizes.max())

    @cached_property
    def rounding(self) -> float:
        """The bound n ε ‖H‖ (LAPACK, section 4.7)."""
        return self.matrix.n * self.eps * self.size

    @cached_property
    def gap(self) -> float:
        """The smallest eigenvalue in size, less its rounding error."""
        return max(float(self._sizes.min()) - self.rounding, 0.0)

    @cached_property
    def morse_index(self) -> int:
        """How many are negative."""
        return int(np.count_nonzero(self.matrix.spectrum[0] < 0))

    @property
    def softest(self) -> Vector:
        """The eigenvector of the smallest eigenvalue in size."""
        return self.matrix.spectrum[1][:, int(self._sizes.argmin())]

    @property
    def leftmost(self) -> tuple[float, Vector]:
        """The smallest eigenvalue and its unit vector."""
        return self.matrix.leftmost()

    def solve(self, b: Vector) -> Vector:
        """Divide by the eigenvalues."""
        values, vectors = self.matrix.spectrum
        return np.asarray(vectors @ ((vectors.T @ b) / values))

    def newton_step(self, gradient: Vector) -> Vector | None:
        """The pseudo-inverse, without the eigenvalues that rounding hides."""
        kept = self._sizes > self.rounding
        return -self._solve_in(kept, gradient) if kept.any() else None

    def downhill(self, gradient: Vector) -> Vector:
        """−|H|⁻¹∇φ, with no eigenvalue taken as smaller than √ε times the largest."""
        _, vectors = self.matrix.spectrum
        sizes = np.maximum(self._sizes, EPS**0.5 * self.size)
        return -gradient if self.size == 0 else -vectors @ ((vectors.T @ gradient) / sizes)

    def lowest(self) -> list[Vector]:
        """Three from the left, and the softest."""
        _, vectors = self.matrix.spectrum
        return [*vectors[:, :REPORTED].T, self.softest]

    def flat(self, bound: float) -> FlatSpace:
        """Every eigenvector within the bound."""
        values, vectors = self.matrix.spectrum
        flat = self._sizes <= bound
        rest = values[~flat]
        return FlatSpace(
            vectors[:, flat].T,
            int(np.count_nonzero(rest < 0)),
            True,
            float((1 / rest).max(initial=0.0)),
            lambda b: self._solve_in(~flat, b),
        )

    def _solve_in(self, kept: NDArray[np.bool_], b: Vector) -> Vector:
        values, vectors = self.matrix.spectrum
        vectors = vectors[:, kept]
        return np.asarray(vectors @ ((vectors.T @ b) / values[kept]))

    def extremal(self) -> tuple[Vector, Vector]:
        """Three from each end; all where there are no more than six."""
        values, _ = self.matrix.spectrum
        if values.size > 2 * REPORTED:
            values = np.concatenate([values[:REPORTED], values[-REPORTED:]])
        return values, np.full(values.size, self.rounding)

    def beyond_rounding(self) -> tuple[int, int]:
        """The counts on either side of rounding."""
        negative = int(np.count_nonzero(self.matrix.spectrum[0] < -self.rounding))
        return negative, int(np.count_nonzero(self._sizes <= self.rounding))
