"""A convex function's minimum, proved by the gradient and a part of the Hessian.

Let A ≤ ∇²φ(x), ν² = ∇φᵀA⁻¹∇φ, and let the curvature along a line that is t long in the norm of A
fall by no more than the factor e⁻ᴿᵗ. Then the slope along that line, at its end, is at least
−ν + (1 − e⁻ᴿᵗ)/R. Where R ν < 1 it is positive for t > −log(1 − R ν)/R, whatever the line: so φ has
one minimum, and it lies within that ellipsoid (after Bach, Electron. J. Statist. 4 (2010) 384-414,
proposition 2).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from extremum.certify.certificate import Certificate
from extremum.certify.curvature import REPORTED
from extremum.certify.local import FARTHEST
from extremum.linalg import EPS, Factorizable
from extremum.objective import ConvexObjective, Vector
from extremum.outcomes import Verdict

REGULAR = 10.0
"""A matrix with a unit diagonal counts as regular where ‖A⁻¹‖₁ < 1/(10 n ε)."""

SPECTRUM = 100
"""Up to so many variables the Hessian's eigenvalues are reported: a millisecond or two."""


def certify_convex(objective: ConvexObjective, x: Vector) -> Certificate | None:
    """The certificate of a minimum; None where this argument does not suffice for one.

    Parameters
    ----------
    objective : ConvexObjective
    x : ndarray of shape (n,)
    """
    fun, gradient = objective.value_and_gradient(x)
    error = objective.gradient_error(x)
    if not (np.isfinite(fun) and np.isfinite(gradient).all() and np.isfinite(error).all()):
        return None
    below, whole = objective.curvature_below(x)
    if not (below.is_finite and (below.diagonal > 0).all()):
        return None
    units = 1 / np.sqrt(below.diagonal)
    inverse = _inverse(below.scaled(units))
    if inverse is None:
        return None
    slope = units * gradient
    # 1/‖A⁻¹‖₁ is no larger than the smallest eigenvalue of A.
    softness = float(np.sqrt(np.abs(inverse).sum(axis=0).max()))
    decrement = float(np.sqrt(slope @ inverse @ slope)) + softness * float(
        np.linalg.norm(units * error)
    )
    drift = objective.curvature_drift(units) * softness
    if not drift * decrement < 1:
        return None
    reach = -np.log1p(-drift * decrement) / drift if drift > 0 else decrement
    # The longest axis of the ellipsoid, squared, is at most the sum of all.
    radius = reach * float(np.sqrt(units**2 @ np.diag(inverse)))
    radius += 2 * objective.eps * float(np.linalg.norm(x))
    if not radius <= FARTHEST * max(1.0, float(np.linalg.norm(x))):
        return None
    part = "the Hessian" if whole else "a part of the Hessian that is no larger than the whole"
    evidence = (
        "The function is convex",
        f"By {part} the Newton decrement is at most {decrement:.2g}, and the curvature changes by "
        f"a factor of at most e^{drift:.2g} per unit of it: {drift * decrement:.2g} < 1",
    )
    reported = _eigenvalues(below) if whole and below.n <= SPECTRUM else {}
    return Certificate(
        verdict=Verdict.MINIMUM,
        is_minimum=True,
        fun=fun,
        gradient=gradient,
        gradient_norm=float(np.abs(gradient).max()),
        gradient_floor=float(error.max()),
        morse_index=0,
        nullity=0,
        radius=radius,
        hessian=below.to_scipy() if whole else None,
        counts=objective.counts,
        source=objective.source,
        evidence=evidence,
        **reported,
    )


def _inverse(matrix: Factorizable) -> Vector | None:
    """The inverse, wanted entry by entry; None where the matrix is not safely definite."""
    factorization = matrix.cholesky()
    if factorization is None:
        return None
    inverse = factorization.solve(np.eye(matrix.n))
    size = float(np.abs(inverse).sum(axis=0).max())
    return inverse if size * REGULAR * matrix.n * EPS < 1 else None


def _eigenvalues(matrix: Factorizable) -> dict[str, Any]:
    values, _ = matrix.extremal(REPORTED)
    return {
        "eigenvalues": values,
        "eigenvalue_error": np.full(values.shape, matrix.rounding),
    }
