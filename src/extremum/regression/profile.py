"""Confidence intervals from the profile of the likelihood."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from extremum.linalg import EPS
from extremum.objective import Objective, Vector
from extremum.outcomes import ExtremumError

ROUNDS = 100
"""Newton steps to a bound at most: five or six are the rule."""

CLOSE = 1e-12
"""A bound is reached when the value and the multiplier are so near, relative to the rise of φ."""

FARTHEST = 2.0
"""The longest step, in the distance over which the quadratic model rises as φ shall."""


def profile_bound(
    objective: Objective, theta: Vector, functional: Vector, rise: float, side: float
) -> float:
    """The farthest value of c·θ at which φ needs not exceed its minimum by more than `rise`.

    Parameters
    ----------
    objective : Objective
    theta : ndarray of shape (n,)
        Its minimizer.
    functional : ndarray of shape (n,)
        c.
    rise : float
    side : float
        -1 for the lower bound, 1 for the upper one.

    Returns
    -------
    float

    Raises
    ------
    ExtremumError
        If it is not found.

    Notes
    -----
    The bound is stationary: ∇φ = λ c, φ = φ* + rise. Each step goes where that is so for the
    quadratic model (Venzon & Moolgavkar, Applied Statistics 37 (1988) 87-94): δ = H⁻¹(λ c - ∇φ)
    with λ such that the model has the value wanted.
    """
    goal = objective.value(theta) + rise
    at = theta
    for _ in range(ROUNDS):
        value, gradient, hessian = objective.value_gradient_hessian(at)
        factor = cho_factor(hessian.toarray(), lower=True)
        toward, back = cho_solve(factor, functional), cho_solve(factor, gradient)
        excess = goal - value + float(gradient @ back) / 2
        variance = float(functional @ toward)
        multiplier = side * np.sqrt(max(2 * excess / variance, 0.0))
        step = multiplier * toward - back
        length = np.sqrt(float(step @ (hessian @ step)) / (2 * rise))
        scale = min(1.0, FARTHEST / length) if length > 0 else 1.0
        moved = at + scale * step
        while not objective.value(moved) <= goal + 100 * rise:
            scale /= 4
            moved = at + scale * step
        settled = length**2 <= CLOSE and abs(value - goal) <= CLOSE**0.5 * rise + EPS * abs(value)
        at = moved
        if settled:
            return float(functional @ at)
    raise ExtremumError(
        "a bound of the profile likelihood was not found: use conf_int(method='wald')."
    )
