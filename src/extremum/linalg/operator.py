"""A symmetric matrix of which only products are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.sparse.linalg import LinearOperator

from extremum.linalg.eigenpairs import BASIS_ENTRIES
from extremum.linalg.symmetric import EPS, Vector

STEPS = 120
"""Products that the leftmost eigenpair takes at most."""

LEAST_STEPS = 20
"""Products that it takes at least, however much memory their vectors want."""

FAILURE = 1e-6
"""The probability that the smallest eigenvalue lies farther off than `rounding` says."""

EXHAUSTED = 1e-12
"""A new direction this small, as part of ‖H‖, is rounding: the Krylov space is complete."""


@dataclass(frozen=True, eq=False)
class OperatorSymmetric:
    """A symmetric matrix given by its products with vectors.

    Parameters
    ----------
    n
        The number of rows.
    product
        v ↦ H v, for v of shape (n,).
    """

    n: int
    product: Callable[[Vector], Vector] = field(repr=False)

    @property
    def storage(self) -> str:
        """The storage in words."""
        return "operator"

    @cached_property
    def is_finite(self) -> bool:
        """Whether the product with a random vector is finite; a bad entry hides from few."""
        return bool(np.isfinite(self.product(_start(self.n))).all())

    def __matmul__(self, v: Vector) -> Vector:
        if v.ndim == 1:
            return np.asarray(self.product(v))
        return np.column_stack([self.product(column) for column in v.T]).reshape(v.shape)

    def toarray(self) -> Vector:
        """The whole matrix, of shape (n, n), by n products."""
        array = self @ np.eye(self.n)
        return array / 2 + array.T / 2

    def to_scipy(self) -> LinearOperator:
        """What a user is handed: a `LinearOperator`."""
        return LinearOperator(
            (self.n, self.n), matvec=self.__matmul__, matmat=self.__matmul__, dtype=np.float64
        )

    def leftmost(self) -> tuple[float, Vector]:
        """An upper bound of the smallest eigenvalue, and the unit vector whose curvature it is.

        By Lanczos' method from a random vector, the same each time. Except with probability
        `FAILURE`, the smallest eigenvalue is at most `rounding` below.
        """
        values, vector, _ = self._lanczos
        return float(values[0]), vector

    @property
    def rounding(self) -> float:
        """How far below the value of `leftmost` an eigenvalue may be, except with `FAILURE`.

        After k products from a random start, an eigenvalue lies by more than the part s of the
        spectrum's width below with a probability of at most 1.648 √n exp(-√s (2k - 1)). To it comes
        n ε ‖H‖ for rounding.

        References
        ----------
        Kuczyński & Woźniakowski, SIAM J. Matrix Anal. Appl. 13 (1992) 1094, theorem 4.2.
        """
        values, _, complete = self._lanczos
        floor = self.n * EPS * float(np.abs(values).max(initial=0.0))
        if complete:
            return floor
        exponent = np.log(1.648 * np.sqrt(self.n) / FAILURE)
        part = min((exponent / (2 * len(values) - 1)) ** 2, 0.5)
        # The theorem's width is the true one; the Ritz values fall short of it by the same part at
        # either end.
        return floor + float(part / (1 - 2 * min(part, 0.25)) * (values[-1] - values[0]))

    @cached_property
    def _lanczos(self) -> tuple[Vector, Vector, bool]:
        """Ritz values, ascending; the first one's vector; whether the Krylov space is complete."""
        steps = min(self.n, max(LEAST_STEPS, min(STEPS, BASIS_ENTRIES // self.n)))
        basis = np.empty((self.n, steps), order="F")
        alpha, beta = np.empty(steps), np.zeros(steps)
        complete = False
        vector = _start(self.n)
        vector /= np.linalg.norm(vector)
        for k in range(steps):
            basis[:, k] = vector
            image = np.asarray(self.product(vector))
            alpha[k] = vector @ image
            for _ in range(2):
                image = image - basis[:, : k + 1] @ (basis[:, : k + 1].T @ image)
            beta[k] = np.linalg.norm(image)
            size = max(np.abs(alpha[: k + 1]).max(), beta[: k + 1].max())
            if k + 1 == self.n or not beta[k] > EXHAUSTED * size:
                steps, complete = k + 1, True
                break
            vector = image / beta[k]
        projected = np.diag(alpha[:steps]) + np.diag(beta[: steps - 1], -1)
        values, weights = np.linalg.eigh(projected, UPLO="L")
        return values, basis[:, :steps] @ weights[:, 0], complete


def _start(n: int) -> Vector:
    """A direction uniform on the sphere, as the theorem wants it, and the same each time."""
    return np.asarray(np.random.default_rng(n).normal(size=n))
