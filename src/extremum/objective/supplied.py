"""Derivatives that the user wrote, in SciPy's spellings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse

from extremum.linalg import Pattern, SymmetricMatrix
from extremum.objective.counts import Counts
from extremum.objective.differences import difference_along
from extremum.objective.function import PlainFunction
from extremum.objective.parameters import Vector
from extremum.outcomes import InvalidInput

SYMMETRY = 1e-8
"""The largest difference of a sparse Hessian from its transpose, relative to its largest entry."""


@dataclass(frozen=True)
class SuppliedGradient:
    """The user's ``jac``; second derivatives by its differences."""

    function: PlainFunction
    jac: Callable[..., Any] | None
    """None where the function itself returns its gradient (``jac=True``)."""
    notes: tuple[str, ...] = ()
    exact: bool = False
    name: str = "the user's jac"

    def value(self, x: Vector, counts: Counts) -> float:
        """φ at x."""
        return self.function.value(x, counts)

    def gradient(self, x: Vector, counts: Counts) -> Vector:
        """∇φ at x."""
        if self.jac is None:
            return self.function.value_and_gradient(x, counts)[1]
        counts.njev += 1
        given = PlainFunction(self.jac, self.function.parameters, self.function.args).call(x)
        return self.function.parameters.flatten(given, "The gradient that jac returned")

    def followed_gradient(self, x: Vector) -> Vector:
        """∇φ at x, uncounted."""
        return self.gradient(x, Counts())

    def value_and_gradient(self, x: Vector, counts: Counts) -> tuple[float, Vector]:
        """φ and ∇φ at x."""
        if self.jac is None:
            return self.function.value_and_gradient(x, counts)
        return self.function.value(x, counts), self.gradient(x, counts)

    def hessian(self, x: Vector, counts: Counts) -> Vector:
        """∇²φ at x by 2n gradients, made symmetric."""
        counts.nhev += 1
        columns = [self._along(x, e, counts) for e in np.eye(x.size)]
        hessian = np.stack(columns, axis=1)
        return (hessian + hessian.T) / 2

    def hessian_vector(self, x: Vector, v: Vector, counts: Counts) -> Vector:
        """∇²φ·v at x by two gradients."""
        counts.nhvp += 1
        return self._along(x, v, counts)

    def _along(self, x: Vector, v: Vector, counts: Counts) -> Vector:
        relative = self.function.parameters.eps ** (1 / 3)
        return difference_along(lambda y: self.gradient(y, counts), x, v, relative)


@dataclass(frozen=True)
class SuppliedHessian:
    """The user's ``hess`` or ``hessp``; each stands in for the other where that is missing."""

    function: PlainFunction
    hess: Callable[..., Any] | None
    hessp: Callable[..., Any] | None
    notes: tuple[str, ...] = ()
    exact: bool = False
    _layouts: list[_Layout | None] = field(default_factory=list, repr=False, compare=False)
    """That of the last Hessian, None if it was dense; nothing before the first."""

    @property
    def storage(self) -> str:
        """That of the last Hessian."""
        if not self._layouts:
            return "dense" if self.hess is None else "as hess returns it"
        layout = self._layouts[0]
        return "dense" if layout is None else layout.pattern.storage

    @property
    def name(self) -> str:
        """How the result names this source."""
        return "the user's hess" if self.hess else "the user's hessp"

    def hessian(self, x: Vector, counts: Counts) -> Vector | SymmetricMatrix:
        """∇²φ at x: an array, or stored by its structure where `hess` returns a sparse matrix."""
        if self.hess is None:
            return np.stack([self.hessian_vector(x, e, counts) for e in np.eye(x.size)], axis=1)
        counts.nhev += 1
        given = PlainFunction(self.hess, self.function.parameters, self.function.args).call(x)
        if sparse.issparse(given):
            return self._sparse(given, x.size)
        self._layouts[:] = [None]
        matrix: Vector = self.function.parameters.square(given, "The Hessian that hess returned")
        return matrix

    def hessian_vector(self, x: Vector, v: Vector, counts: Counts) -> Vector:
        """∇²φ·v at x."""
        if self.hessp is None:
            product: Vector = self.hessian(x, counts) @ v
            return product
        counts.nhvp += 1
        parameters = self.function.parameters
        given = PlainFunction(self.hessp, parameters, (parameters.restore(v), *self.function.args))
        return parameters.flatten(given.call(x), "The product that hessp returned")

    def _sparse(self, given: Any, n: int) -> SymmetricMatrix:
        """Store a sparse matrix by its pattern, which is analysed once while it stays the same."""
        what = "The Hessian that hess returned"
        if given.shape != (n, n):
            raise InvalidInput(f"{what} has the shape {given.shape}; ({n}, {n}) is needed.")
        if given.dtype.kind not in "fiub":
            raise InvalidInput(f"{what} has the dtype {given.dtype}; real numbers are needed.")
        given = sparse.csc_array(given)  # some formats have neither a maximum nor a transpose
        lower = sparse.csc_array(sparse.tril(given, format="csc"))
        lower.sum_duplicates()
        layout = self._layouts[0] if self._layouts else None
        if layout is None or not layout.is_of(lower):
            change, largest = abs(given - given.T).max(), abs(given).max()
            if change > SYMMETRY * largest:
                raise InvalidInput(
                    f"{what} is not symmetric: it differs from its transpose by {change:.3g}. "
                    "Return both triangles."
                )
            layout = _Layout.of(lower)
            self._layouts[:] = [layout]
        return layout.pattern.matrix(layout.values(lower))


@dataclass(frozen=True, eq=False)
class _Layout:
    """Where the entries of sparse matrices with the same indices go in a pattern.

    Attributes
    ----------
    pattern : Pattern
    places : ndarray of shape (nnz,)
        Of the lower triangle's entries, by columns, among the pattern's.
    indices, indptr : ndarray
        The lower triangle's own.
    """

    pattern: Pattern
    places: Vector
    indices: Vector
    indptr: Vector

    @classmethod
    def of(cls, lower: Any) -> _Layout:
        """Read the indices of a lower triangle, sorted and without duplicates."""
        n = lower.shape[0]
        columns = np.repeat(np.arange(n), np.diff(lower.indptr))
        pattern = Pattern.of(n, lower.indices, columns)
        order = pattern.cols.astype(np.int64) * n + pattern.rows
        places = np.searchsorted(order, columns * n + lower.indices)
        return cls(pattern, places, lower.indices.copy(), lower.indptr.copy())

    def is_of(self, lower: Any) -> bool:
        """Whether a matrix has the same indices."""
        return np.array_equal(self.indptr, lower.indptr) and np.array_equal(
            self.indices, lower.indices
        )

    def values(self, lower: Any) -> Vector:
        """The pattern's values; the diagonal is zero where the matrix stores none."""
        found = np.zeros(self.pattern.nnz)
        found[self.places] = lower.data
        return found
