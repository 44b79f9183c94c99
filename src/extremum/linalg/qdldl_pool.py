"""Sparse LDLᵀ by qdldl, its symbolic part kept, each factorization owned by one holder."""

from __future__ import annotations

import copy
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import qdldl
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from extremum.linalg.symmetric import Vector

Indices = NDArray[np.integer[Any]]

IDLE = 3
"""How many workspaces are kept for later: a trust-region step holds at most that many at once."""


class SolverPool:
    """Workspaces for one pattern.

    A solver of qdldl is changed by its next matrix. So each factorization checks one out and holds
    it while it lives; then the solver comes back, with its ordering and elimination tree, for
    another matrix. Appending to and popping from a deque are atomic: threads may share a pool.

    Parameters
    ----------
    n
        The number of rows.
    places, rows, starts
        The upper triangle by columns: where its values are among the pattern's, their rows, and
        where each column begins.
    """

    def __init__(self, n: int, places: Indices, rows: Indices, starts: Indices) -> None:
        self._places = places
        self._empty = csc_matrix((np.zeros(len(places)), rows, starts), shape=(n, n))
        self._idle: deque[Any] = deque(maxlen=IDLE)

    def factor(self, values: Vector) -> LDL:
        """Factor the matrix with the pattern's `values`, of shape (nnz,)."""
        try:
            solver = self._idle.pop()
        except IndexError:
            solver = self._new()
        upper = copy.copy(self._empty)
        upper.data = values[self._places]
        solver.update(upper, upper=True)
        return LDL(solver, self._idle)

    def _new(self) -> Any:
        # A constructor that meets a zero pivot raises and loses its memory, so it is given the
        # identity; an update that meets one leaves it in D.
        identity = copy.copy(self._empty)
        identity.data = np.zeros(identity.nnz)
        identity.data[identity.indptr[1:] - 1] = 1.0  # the diagonal is last in each column
        return qdldl.Solver(identity, upper=True)


@dataclass(frozen=True, eq=False)
class LDL:
    """P A Pᵀ = (I + L) D (I + L)ᵀ as far as it went: a zero in D is where it stopped."""

    _solver: Any = field(repr=False)
    _home: deque[Any] = field(repr=False)

    def __del__(self) -> None:
        self._home.append(self._solver)

    def factors(self) -> tuple[csc_matrix, Vector, Indices]:
        """L strictly below its diagonal, D of shape (n,), and the order of the rows."""
        lower, pivots, order = self._solver.factors()
        return lower, pivots, order

    def solve(self, b: Vector) -> Vector:
        """Solve for right-hand sides of shape (n,) or (n, k)."""
        if b.ndim == 1:
            return np.asarray(self._solver.solve(b))
        return np.column_stack([self._solver.solve(column) for column in b.T]).reshape(b.shape)
