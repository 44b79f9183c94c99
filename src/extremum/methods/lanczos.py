"""Lanczos' process: the Krylov space of a vector, in which a symmetric matrix is tridiagonal."""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg.blas import daxpy, dnrm2

from extremum.linalg import EPS, SymmetricMatrix
from extremum.objective import Vector

ORTHOGONAL = 2**19
"""The columns are kept orthogonal while they have no more entries than this, which fit a cache."""


class Lanczos:
    """H Q = Q T + β q eᵀ, a column more of Q and of T with every product.

    Each of the first columns is made orthogonal to all before it. Later ones come to lean on them
    where H is ill-conditioned: more products are needed then, but a residual that T tells is still
    H's own (Paige, Linear Algebra Appl. 34 (1980) 235-258).

    Parameters
    ----------
    hessian : SymmetricMatrix
    start : ndarray of shape (n,)
        Not zero; the first column is a multiple of it.
    most : int
        How many columns are asked for at most.

    Attributes
    ----------
    most : int
        As given.
    norm : float
        ‖start‖.
    basis : list of ndarray of shape (n,)
        The columns of Q.
    diagonal, beside : list of float
        T's diagonal, and β: the entries beside it, with the last one outside T.
    invariant : bool
        Whether the space is: β is nothing but rounding.
    """

    def __init__(self, hessian: SymmetricMatrix, start: Vector, most: int) -> None:
        self._hessian = hessian
        self._image = np.array(start, dtype=float)
        self._first = np.empty((min(most, ORTHOGONAL // start.size), start.size))
        self._size = 0.0
        self.most = most
        self.norm = float(dnrm2(start))
        self.basis: list[Vector] = []
        self.diagonal: list[float] = []
        self.beside: list[float] = []
        self.invariant = False

    def advance(self) -> tuple[float, float]:
        """Multiply once; return the new entry of the diagonal and the new β."""
        k, image = len(self.basis), self._image
        column = self._first[k] if k < len(self._first) else np.empty_like(image)
        last = self.beside[-1] if k else self.norm
        np.divide(image, last, out=column)
        # Copied, since a product may be its argument.
        image[:] = self._hessian @ column
        if k:
            daxpy(self.basis[-1], image, a=-last)
        alpha = float(column @ image)
        daxpy(column, image, a=-alpha)
        if 0 < k < len(self._first):
            known = self._first[: k + 1]
            image -= (known @ image) @ known
        beta = math.sqrt(image @ image)
        self._size = max(self._size, abs(alpha), beta)
        self.invariant = beta <= 10 * column.size**0.5 * EPS * self._size
        self.basis.append(column)
        self.diagonal.append(alpha)
        self.beside.append(beta)
        return alpha, beta
