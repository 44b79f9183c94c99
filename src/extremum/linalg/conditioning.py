"""Norms of inverses, and solutions made better by their residuals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from extremum.linalg.symmetric import EPS, Vector

Solve = Callable[[Vector], Vector]

STEPS = 5
"""Steps of Hager's method: LAPACK's `dlacn2` takes as many."""

ROUNDS = 10
"""Rounds of refinement at most: each must at least halve the residual, so more never pays."""

ACCEPTED = 10.0
"""The backward error, in multiples of ε, at which refinement rests."""


def inverse_norm(solve: Solve, n: int) -> float:
    """Estimate ‖A⁻¹‖₁ of a symmetric A from solutions: a lower bound, seldom off by more than 3.

    References
    ----------
    Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., algorithm 15.1.
    """
    y = solve(np.full(n, 1.0 / n))
    estimate = float(np.abs(y).sum())
    signs = np.where(y < 0, -1.0, 1.0)
    for _ in range(STEPS):
        z = solve(signs)
        largest = int(np.abs(z).argmax())
        unit = np.zeros(n)
        unit[largest] = 1.0
        y = solve(unit)
        found = float(np.abs(y).sum())
        turned = np.where(y < 0, -1.0, 1.0)
        if not found > estimate or (turned == signs).all():
            estimate = max(estimate, found)
            break
        estimate, signs = found, turned
    # What catches matrices on which every step above is misled (the same page).
    alternating = (1 + np.arange(n) / max(n - 1, 1)) * np.where(np.arange(n) % 2, -1.0, 1.0)
    return max(estimate, float(2 * np.abs(solve(alternating)).sum() / (3 * n)))


def reciprocal_condition(norm: float, solve: Solve, n: int) -> float:
    """Estimate 1 / (‖A‖₁‖A⁻¹‖₁) from ‖A‖₁ and solutions; 0 for a singular matrix."""
    if norm == 0:
        return 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        size = norm * inverse_norm(solve, n)
    return 1 / size if np.isfinite(size) else 0.0


def refined(product: Solve, solve: Solve, norm: float, b: Vector) -> tuple[Vector, float]:
    """Solve A y = b with a factorization that may be poor, and tell how well it went.

    Parameters
    ----------
    product, solve
        v ↦ A v exactly, and v ↦ A⁻¹ v as the factorization has it.
    norm
        ‖A‖∞.
    b : ndarray of shape (n,)

    Returns
    -------
    y : ndarray of shape (n,)
    backward_error : float
        ‖b - A y‖∞ / (‖A‖∞‖y‖∞ + ‖b‖∞), the smallest relative change of A and b of which y is the
        solution (Higham, theorem 7.1); infinite where y is not finite.
    """
    y = kept = solve(b)
    error = np.inf
    for _ in range(ROUNDS):
        residual = b - product(y)
        size = norm * float(np.abs(y).max(initial=0.0)) + float(np.abs(b).max(initial=0.0))
        now = float(np.abs(residual).max(initial=0.0)) / size if size else 0.0
        if not now <= error / 2:
            return (y, now) if now < error else (kept, error)
        if now <= ACCEPTED * EPS:
            return y, now
        kept, error = y, now
        y = y + solve(residual)
    return kept, error
