"""Bounds of the spectrum from products alone, that hold with a stated probability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.special import betaincinv

from extremum.linalg import EPS, SymmetricMatrix
from extremum.objective import Vector

FAILURE = 1e-6
"""The probability with which a bound may be wrong, over random starts."""

TRIAL = 300
"""Products after which other units are tried: enough for a condition number of some hundreds."""

STEPS = 4000
"""Products spent on the bounds in the best units, at most: enough for a condition number of about
10⁵ there."""

LOOKED_EVERY = 10
"""Steps between two looks at the bounds; later a tenth of those taken."""

MARGINS = 400
"""Distances at which the polynomial is evaluated, in geometric progression."""

SHARP = 0.5
"""A lower bound is good enough once it is this part of the upper one."""


@dataclass(frozen=True)
class SpectrumBounds:
    """Where the eigenvalues lie.

    Attributes
    ----------
    smallest, largest : float
        Ritz values: some eigenvalue is at most `smallest`, some at least `largest`.
    low, high : float
        With probability 1 − `FAILURE` each, no eigenvalue is below `low`, none above `high`.
    products : int
    """

    smallest: float
    largest: float
    low: float
    high: float
    products: int

    @property
    def condition(self) -> float:
        """The Ritz values' ratio, where they have one sign."""
        sizes = sorted((abs(self.smallest), abs(self.largest)))
        return sizes[1] / sizes[0] if self.smallest * self.largest > 0 else float("inf")


def spectrum_bounds(
    matrix: SymmetricMatrix, eps: float = EPS, steps: int = STEPS
) -> SpectrumBounds:
    """Run Lanczos's iteration from a random start until the sign of the spectrum is known.

    The k-th Lanczos vector is p(H) v₁ with a polynomial p of degree k that grows monotonically
    beyond the Ritz values; of length one, it says |p(λ)| ≤ 1/|γ| at the smallest eigenvalue λ, with
    γ the start's component there. A random γ is below δ with probability `FAILURE`, so λ lies to
    the right of the t where |p(t)| = 1/δ.

    References
    ----------
    van Dorsselaer, Hochstenbach & van der Vorst, SIAM J. Matrix Anal. Appl. 22 (2000) 837-852,
    section 3: the bound. Its polynomial needs α and β alone, so no vectors are kept.
    """
    n = matrix.n
    # γ² of a direction uniform on the sphere has the distribution Beta(1/2, (n − 1)/2).
    delta = float(np.sqrt(betaincinv(0.5, (n - 1) / 2, FAILURE))) if n > 1 else 1.0
    v = np.random.default_rng(0).normal(size=n)
    v, last = v / np.linalg.norm(v), np.zeros(n)
    alphas: list[float] = []
    betas: list[float] = []
    look = LOOKED_EVERY
    while True:
        w = matrix @ v
        if betas:
            w = w - betas[-1] * last
        alphas.append(float(v @ w))
        w = w - alphas[-1] * v
        betas.append(float(np.linalg.norm(w)))
        k = len(alphas)
        size = max(map(abs, (*alphas, *betas)))
        rounding = n * eps * size
        ended = betas[-1] <= rounding or k >= min(n, steps) or not np.isfinite(size)
        if ended or k >= look:
            look = k + max(LOOKED_EVERY, k // 10)
            bounds = _bounds(np.array(alphas), np.array(betas), delta)
            if ended or is_settled(bounds, rounding):
                return bounds
        last, v = v, w / betas[-1]


def smallest_vector(matrix: SymmetricMatrix, products: int) -> Vector:
    """The unit vector of the smallest Ritz value after so many products.

    By the same iteration as `spectrum_bounds`, run twice: no vectors are kept.
    """
    alphas: list[float] = []
    betas: list[float] = []
    weights = np.zeros(0)
    for again in (False, True):
        v = np.random.default_rng(0).normal(size=matrix.n)
        v, last, found = v / np.linalg.norm(v), np.zeros(matrix.n), np.zeros(matrix.n)
        for k in range(products):
            if again:
                found += weights[k] * v
            w = matrix @ v
            if k:
                w = w - betas[k - 1] * last
            if not again:
                alphas.append(float(v @ w))
            w = w - alphas[k] * v
            if not again:
                betas.append(float(np.linalg.norm(w)))
            if betas[k] == 0:
                break
            last, v = v, w / betas[k]
        if not again:
            _, vectors = eigh_tridiagonal(
                np.array(alphas),
                np.array(betas[: len(alphas) - 1]),
                select="i",
                select_range=(0, 0),
            )
            weights = vectors[:, 0]
            products = len(alphas)
    return np.asarray(found / np.linalg.norm(found))


def is_settled(bounds: SpectrumBounds, rounding: float) -> bool:
    """Whether the signs are known: all positive, all negative, or both for certain."""
    return (
        bounds.low >= SHARP * bounds.smallest > 0
        or bounds.high <= SHARP * bounds.largest < 0
        or (bounds.smallest < -rounding and bounds.largest > rounding)
    )


def _bounds(alphas: Vector, betas: Vector, delta: float) -> SpectrumBounds:
    values = eigh_tridiagonal(alphas, betas[:-1], eigvals_only=True)
    smallest, largest = float(values[0]), float(values[-1])
    low = smallest - _margin(alphas - smallest, betas, delta)
    high = largest + _margin(largest - alphas, betas, delta)
    return SpectrumBounds(smallest, largest, low, high, len(alphas))


def _margin(alphas: Vector, betas: Vector, delta: float) -> float:
    """How far left of the smallest Ritz value, here 0, the polynomial reaches 1/δ.

    p_j / p_{j-1} = −d_j / β_j, with the pivots d_j = α_j − t − β²_{j-1} / d_{j-1} of T − tI.
    """
    unit = float(np.ptp(alphas) + betas.max())
    if unit == 0:
        return 0.0
    margins = np.geomspace(EPS * unit, 2 * unit / delta, MARGINS)
    size, pivot, beta = np.zeros(MARGINS), np.full(MARGINS, np.inf), 0.0
    for alpha, next_beta in zip(alphas, betas, strict=True):
        # The Ritz value is rounded: a pivot that is not positive is so by that alone.
        pivot = np.maximum(alpha + margins - beta**2 / pivot, EPS**2 * unit)
        beta = max(next_beta, EPS**2 * unit)
        size += np.log(pivot / beta)
    return float(margins[np.argmax(size >= -np.log(delta))])
