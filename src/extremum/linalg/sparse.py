"""Sparse symmetric matrices: LDLᵀ without pivoting, and what is done where that fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse.linalg import splu

from extremum.linalg.conditioning import reciprocal_condition, refined
from extremum.linalg.dense import DenseSymmetric
from extremum.linalg.patterned import PatternedSymmetric
from extremum.linalg.qdldl_pool import LDL
from extremum.linalg.symmetric import EPS, Factorization, Inertia, Vector

UNRELIABLE = 1e-4
"""The bound of ‖A - LDLᵀ‖ / ‖A‖ from which on unpivoted factors are not even tried.

The bound exceeds the error by the length of L's rows, so below it refinement mostly works, and what
it can't do shows in the residual.
"""

SOLVED = 1e4 * EPS
"""The backward error that a refined solution may have; else the matrix is factored with pivots."""

DENSE_PIVOTING = 500
"""Up to this n, what needs pivoting is factored dense: 10 ms, and its inertia is reliable."""


@dataclass(frozen=True, eq=False)
class SparseFactorization:
    """P A Pᵀ = L D Lᵀ with D diagonal.

    References
    ----------
    Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 10.1 and theorem 9.3.
    """

    positive_definite: bool
    inertia: Inertia
    _ldl: LDL = field(repr=False)
    _matrix: SparseSymmetric = field(repr=False)

    @cached_property
    def backward_error(self) -> float:
        """A bound of ‖A - LDLᵀ‖₂."""
        return _residual_bound(self._ldl)

    @cached_property
    def rcond(self) -> float:
        """An estimate of the reciprocal condition number in the 1-norm."""
        return reciprocal_condition(self._matrix.norm, self.solve, self._matrix.n)

    @cached_property
    def _pivoted(self) -> PivotedFactorization:
        return PivotedFactorization(self._matrix)

    def solve(self, b: Vector) -> Vector:
        """Solve for right-hand sides of shape (n,) or (n, k).

        Without pivoting, only a definite matrix is solved stably; for others the residual is looked
        at, and refined, and where that is not enough the matrix is factored anew with pivots.
        """
        if self.positive_definite:
            return self._ldl.solve(b)
        if b.ndim == 2:
            return np.column_stack([self.solve(column) for column in b.T]).reshape(b.shape)
        y, error = refined(self._matrix.__matmul__, self._ldl.solve, self._matrix.norm, b)
        return y if error <= SOLVED else self._pivoted.solve(b)


@dataclass(frozen=True, eq=False)
class PivotedFactorization:
    """A sparse indefinite matrix that needs pivots: SuperLU's to solve, perturbed shifts to count.

    A matrix that is singular to working precision is solved as its nearest neighbour A + τI.
    """

    _matrix: SparseSymmetric = field(repr=False)

    @property
    def positive_definite(self) -> bool:
        """No definite matrix needs pivots."""
        return False

    @cached_property
    def _lu(self) -> Any:
        matrix = self._matrix
        tiny = max(EPS * matrix.norm, float(np.finfo(float).tiny))
        for shift in (0.0, tiny, -3 * tiny):
            try:
                return splu(matrix.shifted(shift).to_scipy(), permc_spec="MMD_AT_PLUS_A")
            except RuntimeError:  # exactly singular
                continue
        raise ArithmeticError(f"a matrix of {matrix.n} rows is singular, and so are its neighbours")

    def solve(self, b: Vector) -> Vector:
        """Solve for right-hand sides of shape (n,) or (n, k)."""
        return np.asarray(self._lu.solve(b))

    @cached_property
    def rcond(self) -> float:
        """An estimate of the reciprocal condition number in the 1-norm."""
        return reciprocal_condition(self._matrix.norm, self.solve, self._matrix.n)

    @cached_property
    def _count(self) -> tuple[Inertia, float]:
        matrix = self._matrix
        if matrix.n <= DENSE_PIVOTING:
            dense = DenseSymmetric(matrix.toarray()).factor()
            return dense.inertia, dense.backward_error
        # Eigenvalues beyond ±τ are counted on A ∓ τI; a larger τ makes better pivots.
        for tau in matrix.norm * np.geomspace(matrix.n * EPS, EPS**0.5, 4):
            above, below = (_unpivoted(matrix.shifted(s)) for s in (tau, -tau))
            if above is not None and below is not None:
                error = max(above.backward_error, below.backward_error)
                if error <= tau:
                    positive, negative = below.inertia.positive, above.inertia.negative
                    zero = matrix.n - positive - negative
                    return Inertia(positive, negative, zero), float(tau + error)
        return Inertia(0, 0, matrix.n), np.inf

    @property
    def inertia(self) -> Inertia:
        """The signs of the eigenvalues; those whose sign is not certain are counted as zero."""
        return self._count[0]

    @property
    def backward_error(self) -> float:
        """How far an eigenvalue may be from zero whose sign is not certain."""
        return self._count[1]


@dataclass(frozen=True, eq=False)
class SparseSymmetric(PatternedSymmetric):
    """A symmetric matrix in the storage of its pattern's entries, factored by qdldl.

    Parameters
    ----------
    pattern
        Where the entries are.
    values : ndarray of shape (nnz,)
        The entries, in the pattern's order.
    """

    @property
    def storage(self) -> str:
        """The storage in words."""
        return "sparse"

    def cholesky(self, shift: float = 0.0) -> SparseFactorization | None:
        """Factor H + shift·I if it is positive definite; None if it is not."""
        matrix = self.shifted(shift)
        diagonal = matrix.diagonal
        if not (diagonal > 0).all():
            return None
        ldl = self.pattern.solvers.factor(matrix.values)
        _, pivots, order = ldl.factors()
        # A pivot that is smaller is what rounding left of the diagonal it came from.
        if not (pivots > EPS * diagonal[order]).all():
            return None
        return SparseFactorization(True, Inertia(self.n, 0, 0), ldl, matrix)

    def factor(self, shift: float = 0.0) -> Factorization:
        """Factor H + shift·I, whatever its inertia."""
        matrix = self.shifted(shift)
        found = _unpivoted(matrix)
        if found is not None and (
            found.positive_definite or found.backward_error <= UNRELIABLE * matrix.norm
        ):
            return found
        return PivotedFactorization(matrix)


def _unpivoted(matrix: SparseSymmetric) -> SparseFactorization | None:
    """LDLᵀ as it comes, however inaccurate; None where a pivot is zero."""
    ldl = matrix.pattern.solvers.factor(matrix.values)
    _, pivots, order = ldl.factors()
    positive, negative = int((pivots > 0).sum()), int((pivots < 0).sum())
    if positive + negative < matrix.n or not np.isfinite(pivots).all():
        return None
    definite = bool((pivots > EPS * np.abs(matrix.diagonal[order])).all())
    return SparseFactorization(definite, Inertia(positive, negative, 0), ldl, matrix)


def _residual_bound(ldl: LDL) -> float:
    """Bound ‖A - LDLᵀ‖₂ by γ ‖|L||D||Lᵀ|‖∞ (Higham, theorem 9.3).

    The theorem's constant counts the operations behind an entry: one more than L's longest row has.
    """
    lower, pivots, _ = ldl.factors()
    longest = np.bincount(lower.indices, minlength=1).max() if lower.nnz else 0
    size = abs(lower)
    ones = np.ones(len(pivots))
    half = np.abs(pivots) * (ones + size.T @ ones)
    return float((longest + 2) * EPS * (half + size @ half).max(initial=0.0))
