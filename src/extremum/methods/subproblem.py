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
from scipy.linalg.blas import dnrm2

from extremum.linalg import (
    EPS,
    DenseSymmetric,
    Factorizable,
    Factorization,
    TridiagonalSymmetric,
)
from extremum.methods.lanczos import Lanczos
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

SECULAR = 1e-5
"""Where the secular equation is this nearly solved, one more step of Newton's solves it."""

SOLVED = EPS**0.5
"""Where H is singular to rounding, Hs = −g is solvable if its residual is less than this times ‖g‖.
"""

GLANCES = 8
"""Products that it takes to see how far below zero the spectrum that matters reaches."""

BEYOND = 0.02
"""How far, as a fraction, λ is tried above what it is known to exceed."""

HASTE = 8.0
"""So many times farther it is tried after each failure."""


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


def solve_subproblem(
    hessian: Factorizable, gradient: Vector, radius: float, guess: float = 0.0
) -> ModelStep:
    """Solve the subproblem: exactly for small dense matrices, else to a few percent.

    Of a singular H's many minimizers within the region it is the shortest, to a few digits.

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
    if not isinstance(hessian, DenseSymmetric) or hessian.n > EIGENDECOMPOSED:
        return _by_factorizations(hessian, gradient, radius, guess)
    factorization = hessian.cholesky()
    if factorization is not None:
        step = -factorization.solve(gradient)
        if dnrm2(step) <= radius:
            return _solution(gradient, step, 0.0, Case.INTERIOR)
    return _by_eigenvectors(hessian, gradient, radius)


def _solution(gradient: Vector, step: Vector, multiplier: float, case: Case) -> ModelStep:
    """A step with (H + λI) s = −g: it makes the model less by ½ (−gᵀs + λ‖s‖²)."""
    decrease = -0.5 * float(gradient @ step)
    if multiplier:
        decrease += 0.5 * multiplier * float(step @ step)
    return ModelStep(step, decrease, multiplier, case)


def _by_eigenvectors(hessian: DenseSymmetric, gradient: Vector, radius: float) -> ModelStep:
    """The secular equation ‖s(λ)‖ = Δ in the eigenbasis, as a function of μ = λ + λ₁ ≥ 0.

    From the left of the solution Newton's iteration on 1/‖s‖ = 1/Δ converges monotonically
    (Conn, Gould & Toint, section 7.3.3), and |γᵢ|/Δ − (λᵢ − λ₁) ≤ μ for every i.
    """
    values, vectors = hessian.spectrum
    leftmost = float(values[0])
    rounding = hessian.n * EPS * max(-leftmost, float(values[-1]))
    slopes = gradient @ vectors
    if leftmost >= -rounding:
        # Singular to rounding: of the solutions of Hs = −g, if there are any, the shortest.
        flat = values <= rounding
        if dnrm2(slopes * flat) <= SOLVED * dnrm2(slopes):
            parts = np.where(flat, 0.0, slopes / np.where(flat, 1.0, values))
            if dnrm2(parts) <= radius:
                return _solution(gradient, -(vectors @ parts), 0.0, Case.INTERIOR)
    gaps = values - leftmost
    # A part without slope is zero, whatever H + λI does there.
    gaps[slopes == 0] = np.inf
    mu = max(float((np.abs(slopes) / radius - gaps).max()), leftmost, 0.0)
    while True:
        shifted = gaps + mu
        parts = slopes / shifted
        length = float(dnrm2(parts))
        excess = length / radius - 1
        if excess <= 0:
            break
        unit = parts / length
        new = mu + excess / float(unit @ (unit / shifted))
        if new <= mu:
            break
        mu = new
        if excess <= SECULAR:
            parts = slopes / (gaps + mu)
            break
    case = Case.HARD if mu <= rounding else Case.BOUNDARY
    if mu == 0:
        parts[0] = (max(radius - length, 0.0) * (radius + length)) ** 0.5
    return _solution(gradient, -(vectors @ parts), mu - leftmost, case)


def _by_factorizations(
    hessian: Factorizable, gradient: Vector, radius: float, guess: float
) -> ModelStep:
    """Newton's iteration for λ on factorizations of H + λI, in a bracket that always shrinks.

    References
    ----------
    Moré & Sorensen (1983); Conn, Gould & Toint, algorithm 7.3.4.
    """
    size = float(dnrm2(gradient))
    wanted = size / radius
    rounding = hessian.n * EPS * hessian.norm
    low = max(0.0, -float(hessian.diagonal.min()), wanted - hessian.norm)
    high = wanted + hessian.norm + 4 * rounding
    shift = guess if low <= guess <= high else low
    null: Vector | None = None
    best: ModelStep | None = None
    glanced, beyond = False, BEYOND
    for _ in range(MOST_FACTORIZATIONS):
        factorization = hessian.cholesky(shift)
        if factorization is None:
            low = max(low, shift)
            if not glanced:
                glanced, low = True, max(low, rounding, _glance(hessian, gradient, radius))
                beyond = BEYOND if low > rounding else math.inf
            if low > shift:
                shift = low
            else:
                shift, beyond = _above(low, high, beyond), HASTE * beyond
            continue
        step = -factorization.solve(gradient)
        length = float(dnrm2(step))
        if length <= radius and shift <= rounding and shift * length <= SOLVED * size:
            return _solution(gradient, step, 0.0, Case.INTERIOR)
        if abs(length - radius) <= CLOSE * radius:
            return _solution(gradient, step, shift, Case.BOUNDARY)
        # 1/‖s‖ is concave, so Newton's iterate is at most λ wherever it starts from.
        unit = step / length
        newton = shift + (length / radius - 1) / float(unit @ factorization.solve(unit))
        if length > radius:
            low = max(low, shift)
        else:
            high = shift
            null, curvature = _nearly_null(factorization, null, hessian.n)
            low, beyond = max(low, shift - curvature), BEYOND
            if low > 0:  # else H may be positive definite, and its Newton step is wanted
                best, lost = _to_boundary(gradient, radius, shift, step, null, curvature)
                if lost <= NEGLIGIBLE or high - low <= 4 * EPS * high:
                    return best
        shift = max(newton, 0.0) if newton > low or low == 0 else _above(low, high, beyond)
        low = max(low, newton)
    assert best is not None
    return best


def _above(low: float, high: float, beyond: float) -> float:
    """A new λ in the bracket: near its lower end, where the solution mostly is."""
    return min(low * (1 + beyond), math.sqrt(low * high))


def _glance(hessian: Factorizable, gradient: Vector, radius: float) -> float:
    """A lower bound of λ: that of the same problem in a small Krylov space.

    References
    ----------
    Lukšan, Matonoha & Vlček, BIT 48 (2008) 763-768.
    """
    if isinstance(hessian, TridiagonalSymmetric):
        return 0.0  # a factorization costs no more than products
    lanczos = Lanczos(hessian, gradient, GLANCES)
    while len(lanczos.basis) < GLANCES and not lanczos.invariant:
        lanczos.advance()
    k = len(lanczos.basis)
    small = np.diag(lanczos.diagonal)
    small.flat[k :: k + 1] = small.flat[1 :: k + 1] = lanczos.beside[:-1]
    slopes = np.zeros(k)
    slopes[0] = lanczos.norm
    return _by_eigenvectors(DenseSymmetric(small), slopes, radius).multiplier


def _nearly_null(
    factorization: Factorization, start: Vector | None, n: int
) -> tuple[Vector, float]:
    """A unit vector z that makes zᵀ(H + λI)z small, and that number, by inverse iteration."""
    null = np.sin(np.arange(1.0, n + 1) ** 2) if start is None else start
    null = null / dnrm2(null)
    for _ in range(3):
        before = null
        null = factorization.solve(before)
        size = float(dnrm2(null))
        null = null / size
    return null, max(float(null @ before) / size, 0.0)


def _to_boundary(
    gradient: Vector, radius: float, shift: float, step: Vector, null: Vector, curvature: float
) -> tuple[ModelStep, float]:
    """Go on from s along z to the boundary, the way that makes the model smaller.

    The two lengths τ solve τ² + 2τ sᵀz − (Δ² − ‖s‖²) = 0; the smaller one in size is the better,
    since ½ τ² zᵀ(H + λI)z is what is lost of the bound ½ (−gᵀs + λΔ²) of the model's decrease
    (Conn, Gould & Toint, section 7.3.6; Moré & Sorensen, lemma 3.4). The fraction lost is returned.
    """
    along = float(step @ null)
    missing = radius**2 - float(step @ step)
    root = (along**2 + missing) ** 0.5
    tau = missing / (along + root) if along >= 0 else missing / (along - root)
    bound = 0.5 * (shift * radius**2 - float(gradient @ step))
    lost = 0.5 * tau**2 * curvature
    return ModelStep(step + tau * null, bound - lost, shift, Case.HARD), lost / bound
