"""The trust-region subproblem: minimize gᵀs + ½ sᵀHs where ‖s‖ ≤ Δ, H factored.

s is the global solution exactly where some λ ≥ 0 satisfies (H + λI) s = −g, H + λI ⪰ 0 and
λ (Δ − ‖s‖) = 0 (Conn, Gould & Toint, Trust-Region Methods, corollary 7.2.2). The *hard case* is the
one where g has no component along the leftmost eigenvectors and H + λI becomes singular before s
is Δ long: the rest of the way is then gone along such an eigenvector.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np

from extremum.linalg import EPS, DenseSymmetric, Factorizable, Factorization
from extremum.objective import Vector

EIGENDECOMPOSED = 40
"""Up to so many rows a dense matrix's eigendecomposition costs no more than the few factorizations
that stand in for it."""

CLOSE = 0.1
"""A step on the boundary may be longer or shorter than Δ by this fraction (ibid., section 7.3.10):
Δ itself is only a guess."""

NEGLIGIBLE = 0.1
"""In the hard case the model's value is within this fraction of its least one (Moré & Sorensen,
SIAM J. Sci. Stat. Comput. 4 (1983) 553-572, equation 3.12)."""

MOST_FACTORIZATIONS = 50
"""The bracket of λ shrinks geometrically; in practice three or four factorizations do."""


class Case(Enum):
    """Which of the branches the solution lies on."""

    INTERIOR = "the Newton step, within the region"
    BOUNDARY = "on the boundary"
    HARD = "on the boundary, the hard case"


@dataclass(frozen=True, eq=False)
class ModelStep:
    """A step that makes the quadratic model small.

    Attributes
    ----------
    step : ndarray of shape (n,)
    decrease : float
        −gᵀs − ½ sᵀHs, which is positive.
    multiplier : float
        λ.
    case : Case
    """

    step: Vector
    decrease: float
    multiplier: float
    case: Case

    @classmethod
    def of(
        cls, hessian: Factorizable, gradient: Vector, step: Vector, multiplier: float, case: Case
    ) -> ModelStep:
        """Compute the decrease of the model along `step`."""
        decrease = -float(gradient @ step) - 0.5 * float(step @ (hessian @ step))
        return cls(step, decrease, multiplier, case)


def solve_subproblem(
    hessian: Factorizable, gradient: Vector, radius: float, guess: float = 0.0
) -> ModelStep:
    """Solve the subproblem: exactly for small dense matrices, else to a few percent.

    Parameters
    ----------
    hessian : Factorizable
    gradient : ndarray of shape (n,)
        Not zero.
    radius : float
        Δ; positive, or infinite for a positive definite matrix.
    guess : float
        An estimate of λ, such as that of the last subproblem.
    """
    small = isinstance(hessian, DenseSymmetric) and hessian.n <= EIGENDECOMPOSED
    if guess == 0.0 or small:
        factorization = hessian.cholesky()
        if factorization is not None:
            step = -factorization.solve(gradient)
            if np.sqrt(step @ step) <= radius:
                return ModelStep.of(hessian, gradient, step, 0.0, Case.INTERIOR)
    if small:
        assert isinstance(hessian, DenseSymmetric)
        return _by_eigenvectors(hessian, gradient, radius)
    return _by_factorizations(hessian, gradient, radius, guess)


def _by_eigenvectors(hessian: DenseSymmetric, gradient: Vector, radius: float) -> ModelStep:
    """The secular equation ‖s(λ)‖ = Δ in the eigenbasis, as a function of μ = λ + λ₁ ≥ 0.

    From the left of the solution Newton's iteration on 1/‖s‖ = 1/Δ converges monotonically
    (Conn, Gould & Toint, section 7.3.3), and |γᵢ|/Δ − (λᵢ − λ₁) ≤ μ for every i.
    """
    values, vectors = hessian.spectrum
    slopes = gradient @ vectors
    gaps = values - values[0]
    mu = max(float((np.abs(slopes) / radius - gaps).max()), float(values[0]), 0.0)
    if mu == 0.0:
        # No slope along the leftmost eigenvectors: λ = −λ₁, if that is long enough.
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = np.where(gaps > 0, -slopes / gaps, 0.0)
        missing = radius**2 - float(parts @ parts)
        if missing >= 0:
            parts[0] = np.sqrt(missing)
            return ModelStep.of(hessian, gradient, vectors @ parts, -float(values[0]), Case.HARD)
    for _ in range(MOST_FACTORIZATIONS):
        shifted = gaps + mu
        parts = slopes / shifted
        square = float(parts @ parts)
        if square <= (radius * (1 + 1e-9)) ** 2:
            break
        length = square**0.5
        new = mu + (length / radius - 1) * square / float(parts @ (parts / shifted))
        if new <= mu:
            break
        mu = new
    step = vectors @ (-slopes / (gaps + mu))
    return ModelStep.of(hessian, gradient, step, mu - float(values[0]), Case.BOUNDARY)


def _by_factorizations(
    hessian: Factorizable, gradient: Vector, radius: float, guess: float
) -> ModelStep:
    """Newton's iteration for λ on factorizations of H + λI, in a bracket that always shrinks.

    References
    ----------
    Moré & Sorensen (1983); Conn, Gould & Toint, algorithm 7.3.4.
    """
    wanted = float(np.linalg.norm(gradient)) / radius
    low = max(0.0, -float(hessian.diagonal.min()), wanted - hessian.norm)
    high = wanted + hessian.norm
    shift = guess if low <= guess <= high else low
    best: ModelStep | None = None
    for _ in range(MOST_FACTORIZATIONS):
        factorization = hessian.cholesky(shift)
        if factorization is None:
            low = max(low, shift)
            shift = _between(low, high)
            continue
        step = -factorization.solve(gradient)
        square = float(step @ step)
        length = square**0.5
        if shift == 0.0 and length <= radius:
            return ModelStep.of(hessian, gradient, step, 0.0, Case.INTERIOR)
        if abs(length - radius) <= CLOSE * radius:
            return ModelStep.of(hessian, gradient, step, shift, Case.BOUNDARY)
        if length < radius:
            high = min(high, shift)
            null, curvature = _nearly_null(factorization, hessian, shift)
            low = max(low, shift - curvature)
            best = _to_boundary(hessian, gradient, radius, step, null, shift)
            extra = float((best.step - step) @ (best.step - step))
            bound = float(-gradient @ step) + shift * radius**2
            if extra * curvature <= NEGLIGIBLE * bound or high - low <= 4 * EPS * high:
                return best
        else:
            low = max(low, shift)
        growth = float(step @ factorization.solve(step))
        shift = shift + (length / radius - 1) * square / growth
        if not low < shift < high:
            shift = _between(low, high) if low > 0 or shift > high else 0.0
    if best is not None:
        return best
    shift = high
    while (factorization := hessian.cholesky(shift)) is None:
        shift *= 2
    return ModelStep.of(hessian, gradient, -factorization.solve(gradient), shift, Case.BOUNDARY)


def _between(low: float, high: float) -> float:
    """A new λ in the bracket: near its lower end, where the solution mostly is."""
    return max(math.sqrt(low * high), low + 0.01 * (high - low))


def _nearly_null(
    factorization: Factorization, hessian: Factorizable, shift: float
) -> tuple[Vector, float]:
    """A unit vector z that makes zᵀ(H + λI)z small, and that number, by inverse iteration."""
    null = np.sin(np.arange(1.0, hessian.n + 1) ** 2)
    for _ in range(3):
        null = factorization.solve(null / np.linalg.norm(null))
    null = null / np.linalg.norm(null)
    return null, max(float(null @ (hessian @ null)) + shift, 0.0)


def _to_boundary(
    hessian: Factorizable,
    gradient: Vector,
    radius: float,
    step: Vector,
    null: Vector,
    shift: float,
) -> ModelStep:
    """Go on from s along z to the boundary, the way that makes the model smaller.

    The two lengths τ solve τ² + 2τ sᵀz − (Δ² − ‖s‖²) = 0; the smaller one in size is the better
    (Conn, Gould & Toint, section 7.3.6).
    """
    along = float(step @ null)
    missing = radius**2 - float(step @ step)
    root = (along**2 + missing) ** 0.5
    tau = missing / (along + root) if along >= 0 else missing / (along - root)
    return ModelStep.of(hessian, gradient, step + tau * null, shift, Case.HARD)
