"""A convex function's minimum, proved by the gradient and a part of the Hessian.

Let A ≤ ∇²φ(x), ν² = ∇φᵀA⁻¹∇φ, and let the curvature along a line that is t long in the norm of A,
or of ∇²φ(x), fall by no more than the factor e⁻ᴿᵗ. Then the slope along that line, at its end, is
at least −ν + (1 − e⁻ᴿᵗ)/R. Where R ν < 1 it is positive for t > −log(1 − R ν)/R, whatever the line:
so φ has one minimum, and it lies within that ellipsoid (after Bach, Electron. J. Statist. 4 (2010)
384-414, proposition 2). Where φ is constant along the null space of ∇²φ(x), the same holds for the
rest of the space.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy import sparse

from extremum.certify.certificate import Certificate
from extremum.certify.curvature import REPORTED
from extremum.certify.local import FARTHEST
from extremum.linalg import EPS, DenseSymmetric, Factorizable
from extremum.methods import value_floor
from extremum.objective import ConvexObjective, Vector
from extremum.outcomes import Verdict

REGULAR = 10.0
"""An eigenvalue of a matrix with a unit diagonal counts as positive above 10 n ε."""

SPECTRUM = 100
"""Up to so many variables the Hessian's eigenvalues are reported: a millisecond or two."""


def certify_convex(objective: ConvexObjective, x: Vector) -> Certificate | None:
    """The certificate of a minimum; None where this argument does not suffice for one.

    Parameters
    ----------
    objective : ConvexObjective
    x : ndarray of shape (n,)
    """
    fun, gradient, drift = objective.value_gradient_drift(x)
    error = objective.gradient_error(x)
    if not (np.isfinite(fun) and np.isfinite(gradient).all() and np.isfinite(error).all()):
        return None
    below, whole = (Inverse.below(objective, part) for part in objective.curvatures_below(x)), None
    inverse = next((found for found in below if found is not None), None)
    if inverse is None:
        whole = cast(Factorizable, objective.hessian(x))
        inverse = Inverse.of(objective, whole) or Inverse.beside_null_space(objective, whole)
    if inverse is None or not inverse.is_flat(objective, x, fun, gradient):
        return None
    decrement = inverse.decrement(gradient, error)
    if not len(inverse.null):
        drift = min(drift, inverse.drift(objective))
    if not drift * decrement < 1:
        return None
    reach = -np.log1p(-drift * decrement) / drift if drift > 0 else decrement
    scale = float(np.linalg.norm(x))
    radius = reach * inverse.longest + 2 * objective.eps * scale
    if not radius <= FARTHEST * max(1.0, scale):
        return None
    part = "a part of the Hessian that is no larger than the whole"
    if whole is not None:
        part = "the Hessian"
    evidence: tuple[str, ...] = (
        "The function is convex",
        f"By {part} the Newton decrement is at most {decrement:.2g}, and the curvature changes by "
        f"a factor of at most e^{drift:.2g} per unit of it: {drift * decrement:.2g} < 1",
    )
    reported = _eigenvalues(whole) if whole is not None and whole.n <= SPECTRUM else {}
    if flat := len(inverse.null):
        there = "is one direction" if flat == 1 else f"are {flat} directions"
        evidence = (*evidence, f"There {there} along which the function is constant")
        reported["flat_directions"] = inverse.null
    return Certificate(
        verdict=Verdict.DEGENERATE if flat else Verdict.MINIMUM,
        is_minimum=True,
        fun=fun,
        gradient=gradient,
        gradient_norm=float(np.abs(gradient).max()),
        gradient_floor=float(error.max()),
        morse_index=0,
        nullity=flat,
        radius=radius,
        hessian=None if whole is None else whole.to_scipy(),
        counts=objective.counts,
        source=objective.source,
        evidence=evidence,
        **reported,
    )


@dataclass(frozen=True, eq=False)
class Inverse:
    """The inverse of a positive matrix, in coordinates in which its diagonal is 1.

    Attributes
    ----------
    axes : csr_array of shape (n, n)
        Those coordinates' unit vectors, as columns.
    inverse : ndarray of shape (n, n)
        Zero on the null space.
    softness : float
        A bound of 1/√λ, λ the smallest eigenvalue beside the null space.
    null : ndarray of shape (k, n)
        An orthonormal basis of the null space, in the function's own coordinates.
    """

    axes: sparse.csr_array
    inverse: Vector
    softness: float
    null: Vector

    @classmethod
    def of(cls, objective: ConvexObjective, matrix: Factorizable) -> Inverse | None:
        """That of a regular matrix; None where it is not safely so."""
        found = _in_axes(objective, matrix)
        return None if found is None else cls._regular(*found)

    @classmethod
    def below(cls, objective: ConvexObjective, matrix: DenseSymmetric) -> Inverse | None:
        """That of a matrix in the coordinates of the frame, less what its rounding may be."""
        diagonal = matrix.diagonal
        # What is left of a column that does not vary in these terms is rounding, too.
        if not (matrix.is_finite and diagonal.min() > matrix.n * matrix.eps * diagonal.max()):
            return None
        units = 1 / np.sqrt(diagonal)
        return cls._regular(_scaled(objective.frame(), units), matrix.scaled(units))

    @classmethod
    def _regular(cls, axes: sparse.csr_array, scaled: DenseSymmetric) -> Inverse | None:
        """That of a matrix of unit diagonal, if it is safely regular."""
        rounding = scaled.n * scaled.eps if scaled.eps > EPS else 0.0
        factorization = scaled.cholesky(-rounding)
        if factorization is None:
            return None
        inverse = factorization.inverse()
        # 1/‖A⁻¹‖₁ is no larger than the smallest eigenvalue of A.
        size = float(np.abs(inverse).sum(axis=0).max())
        if not size * REGULAR * scaled.n * EPS < 1:
            return None
        return cls(axes, inverse, size**0.5, np.empty((0, scaled.n)))

    @classmethod
    def beside_null_space(cls, objective: ConvexObjective, matrix: Factorizable) -> Inverse | None:
        """That of a singular matrix, beside its null space."""
        found = _in_axes(objective, matrix)
        if found is None:
            return None
        axes, scaled = found
        values, vectors = scaled.spectrum
        kept = values > REGULAR * scaled.n * EPS * values[-1]
        if kept.all() or not kept.any():
            return None
        part = vectors[:, kept]
        null = np.linalg.qr(axes @ vectors[:, ~kept])[0].T
        return cls(axes, (part / values[kept]) @ part.T, float(values[kept].min()) ** -0.5, null)

    def decrement(self, gradient: Vector, error: Vector) -> float:
        """√(∇φᵀA⁻¹∇φ), with what the gradient's error may add."""
        slope = self.axes.T @ gradient
        most = float(np.linalg.norm(abs(self.axes).T @ error))
        return math.sqrt(max(float(slope @ self.inverse @ slope), 0.0)) + self.softness * most

    def drift(self, objective: ConvexObjective) -> float:
        """How fast the curvature changes per unit of length in the norm of A, at most."""
        # A move of length 1 in these coordinates moves xᵢ by no more than the length of row i.
        return objective.curvature_drift(sparse.linalg.norm(self.axes, axis=1)) * self.softness

    @property
    def longest(self) -> float:
        """No vector of length 1 in the norm of A is longer: the axes' squares summed."""
        return math.sqrt(float(self.axes.multiply(self.axes @ self.inverse).sum()))

    def is_flat(self, objective: ConvexObjective, x: Vector, fun: float, gradient: Vector) -> bool:
        """Whether φ and ∇φ do not change along a random direction of the null space."""
        if not len(self.null):
            return True
        move = np.random.default_rng(0).normal(size=len(self.null)) @ self.null
        there = x + move * (max(1.0, float(np.linalg.norm(x))) / float(np.linalg.norm(move)))
        value, slope = objective.value_and_gradient(there)
        error = objective.gradient_error(x) + objective.gradient_error(there)
        rounding = value_floor(fun, objective.eps) + float(error @ np.abs(there - x))
        return bool(
            abs(value - fun) <= rounding + abs(float(gradient @ (there - x)))
            and (np.abs(slope - gradient) <= 4 * error).all()
        )


def _in_axes(
    objective: ConvexObjective, matrix: Factorizable
) -> tuple[sparse.csr_array, DenseSymmetric] | None:
    """The axes, and a matrix in them."""
    if not matrix.is_finite:
        return None
    frame, own = objective.frame(), matrix.toarray()
    array = frame.T @ own @ frame
    # What is left of terms that cancel is no curvature, though its own unit would make it 1.
    terms = np.diag(abs(frame).T @ np.abs(own) @ abs(frame))
    flat = np.abs(np.diag(array)) <= REGULAR * len(own) * EPS * terms
    array[flat] = array[:, flat] = 0.0
    diagonal = np.diag(array)
    if not (diagonal >= 0).all():
        return None
    units = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    return _scaled(frame, units), DenseSymmetric(units[:, None] * array * units)


def _scaled(frame: sparse.csr_array, units: Vector) -> sparse.csr_array:
    """The frame's axes in units."""
    axes = frame.copy()
    axes.data *= units[axes.indices]
    return axes


def _eigenvalues(matrix: Factorizable) -> dict[str, Any]:
    values, _ = matrix.extremal(REPORTED)
    return {
        "eigenvalues": values,
        "eigenvalue_error": np.full(values.shape, matrix.rounding),
    }
