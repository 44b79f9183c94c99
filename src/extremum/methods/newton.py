"""Newton's method: the pure iteration, and one made safe for minima and for stationary points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from extremum.linalg import EPS, DenseSymmetric, Factorizable, SymmetricMatrix
from extremum.methods.method import State, evaluate
from extremum.methods.steps import (
    Armijo,
    BarzilaiBorwein,
    FixedStep,
    GradientNormDecrease,
    StepRule,
    step_rule,
)
from extremum.objective import Objective, Vector, show_point
from extremum.outcomes import InvalidInput, Reason, Stop

LONGEST_STEP = 10.0
"""A step is at most this times max(1, ‖x‖) long, lest a small curvature leads far away from the
minimum next to the start (the stepmax of Dennis & Schnabel, appendix A)."""

SMALLEST_CURVATURE = EPS**0.5
"""An eigenvalue's absolute value is taken as at least this times the largest one's."""

WHOLE = 100
"""Up to so many variables a Hessian that can be factored as it is stored is taken whole: some
milliseconds, and every eigenvalue is known."""

WHOLE_BY_PRODUCTS = 1000
"""The same where only products are known; beyond, there is nothing to solve with."""

ROUNDINGS = 32
"""A Hessian of short rows is singular where its reciprocal condition is below so many ε."""

MOST_NULL = 16
"""So many null directions are set apart from a step to a stationary point, less one."""

REFINEMENTS = 3
"""Solutions for such a step; each gains many digits."""

SHIFT_GROWTH = 10.0
"""A shift that did not make the Hessian positive definite grows by this factor."""


@dataclass(frozen=True)
class Newton:
    """The step solves H d = −∇φ.

    Parameters
    ----------
    step : None, float or StepRule
        None: globalized for minima, with `Armijo()`. A number: the pure iteration times that, for
        whatever stationary point is near. `GradientNormDecrease()`: the same made to converge from
        farther away. `ExactStep()`: to the minimum along the ray.

    Notes
    -----
    For minima, where the Hessian is not safely positive definite its eigenvalues are replaced by
    their absolute values, none below √ε times the largest: the direction then points downhill, and
    away from saddles along negative curvature. Beyond 100 variables a Hessian that is not dense is
    factored as it is stored, and shifted until it is positive definite instead. A singular Hessian
    never enters a pure step: the run stops and names the null direction.

    References
    ----------
    Nocedal & Wright, Numerical Optimization, 2nd ed., section 3.4, the shift algorithm 3.3;
    Dauphin et al., NeurIPS 2014.
    """

    step: float | StepRule | None = None

    def __post_init__(self) -> None:
        _ = self.rule  # refuses what is no rule
        if isinstance(self.step, BarzilaiBorwein):
            raise InvalidInput("BarzilaiBorwein() is a rule for GradientDescent, not for Newton.")

    @property
    def rule(self) -> StepRule:
        """How far it goes."""
        return Armijo() if self.step is None else step_rule(self.step)

    def initial_state(self, objective: Objective, x: Vector) -> State:
        """Evaluate the value and the gradient."""
        return evaluate(objective, x)

    def next_state(self, objective: Objective, state: State) -> State:
        """Solve for the direction and go along it."""
        if not state.gradient.any():
            return replace(state, step_length=0.0)
        hessian = _solvable(objective.hessian(state.x), objective.eps)
        if not hessian.is_finite:
            facts = {
                "what": "Hessian",
                "where": show_point(state.x),
                "cause": "it has a NaN or inf",
            }
            return replace(state, stop=Stop(Reason.NOT_FINITE, facts))
        rule = self.rule
        if isinstance(rule, FixedStep | GradientNormDecrease):
            direction, event = (
                _stationary_direction(hessian, state.gradient)
                if isinstance(hessian, DenseSymmetric)
                else _stationary_by_factors(hessian, state.gradient, objective.eps)
            )
            if direction is None or (event and isinstance(rule, FixedStep)):
                return replace(state, stop=_singular(hessian, state.gradient))
        else:
            longest = LONGEST_STEP * max(1.0, float(np.linalg.norm(state.x)))
            direction, event = (
                _downhill_direction(hessian, state.gradient, longest)
                if isinstance(hessian, DenseSymmetric)
                else _downhill_by_factors(hessian, state.gradient, longest, objective.eps)
            )
        if not direction.any():
            return replace(state, stop=Stop(Reason.NO_STEP_LEFT, {"step_norm": 0.0}))
        found = rule.next_state(objective, state, direction, 1.0)
        return replace(found, event="; ".join(part for part in (event, found.event) if part))


def _solvable(hessian: SymmetricMatrix, eps: float) -> DenseSymmetric | Factorizable:
    """The Hessian in a storage that can be solved with."""
    factorizable = isinstance(hessian, Factorizable)
    if isinstance(hessian, DenseSymmetric) or (factorizable and hessian.n > WHOLE):
        return cast(Factorizable, hessian)
    if not factorizable and hessian.n > WHOLE_BY_PRODUCTS:
        raise InvalidInput(
            f"Newton needs a Hessian that can be factored, and of this one, of {hessian.n} "
            "variables, only products are known. For a minimum use TrustRegion() or NewtonCG(); "
            "else declare the structure, if only structure='dense'."
        )
    return DenseSymmetric(hessian.toarray(), eps)


def _downhill_by_factors(
    hessian: Factorizable, gradient: Vector, longest: float, eps: float
) -> tuple[Vector, str]:
    """−(H + σI)⁻¹∇φ with a shift σ that makes H safely positive definite; at most `longest` long.

    It is zero where H is so by itself (algorithm 3.3).
    """
    if hessian.norm == 0:  # nothing says how far to go
        return gradient * (-longest / float(np.linalg.norm(gradient))), "singular Hessian"
    least = SMALLEST_CURVATURE * hessian.norm
    found, event = hessian.cholesky(), ""
    if found is None or not found.rcond > ROUNDINGS * eps:
        event = "indefinite Hessian" if found is None else "singular Hessian"
        shift = max(least - min(float(hessian.diagonal.min()), 0.0), least)
        while (found := hessian.cholesky(shift)) is None:
            shift *= SHIFT_GROWTH
    return _no_longer_than(longest, -found.solve(gradient)), event


def _no_longer_than(longest: float, direction: Vector) -> Vector:
    length = float(np.linalg.norm(direction))
    return direction * (longest / length) if length > longest else direction


def _stationary_by_factors(
    hessian: Factorizable, gradient: Vector, eps: float
) -> tuple[Vector | None, str]:
    """As `_stationary_direction`; None also where H has too many null directions to be named.

    Beside the null directions a shift of the size of rounding makes H regular, and refinement mends
    what it changes.
    """
    event = "singular Hessian"
    factorization = hessian.factor()
    if factorization.rcond > ROUNDINGS * eps:
        return -factorization.solve(gradient), ""
    if hessian.norm == 0:
        return None, event
    rounding = ROUNDINGS * eps * hessian.norm
    values, vectors = hessian.nearest_zero(MOST_NULL)
    null = vectors[:, np.abs(values) <= rounding]
    rest = gradient - null @ (null.T @ gradient)
    nothing = np.linalg.norm(rest) <= EPS**0.5 * np.linalg.norm(gradient)
    if nothing or null.shape[1] == MOST_NULL:
        return None, event
    shifted, direction = hessian.factor(2 * rounding), np.zeros_like(gradient)
    for _ in range(REFINEMENTS):
        residual = rest + hessian @ direction
        correction = shifted.solve(residual - null @ (null.T @ residual))
        direction = direction - (correction - null @ (null.T @ correction))
    return direction, event


def _downhill_direction(
    hessian: DenseSymmetric, gradient: Vector, longest: float
) -> tuple[Vector, str]:
    """−|H|⁻¹∇φ, which is −H⁻¹∇φ where H is safely positive definite; at most `longest` long.

    Along an eigenvector without curvature nothing says how far to go, so it is gone as far as is
    allowed, if the function falls that way at all.
    """
    factorization = hessian.factor()
    if factorization.positive_definite and factorization.rcond > hessian.n * hessian.eps:
        direction, event = -factorization.solve(gradient), ""
    else:
        values, vectors = hessian.spectrum
        slopes = vectors.T @ gradient
        flat = np.abs(values) <= hessian.rounding
        sizes = np.maximum(np.abs(values), SMALLEST_CURVATURE * np.abs(values).max())
        falling = np.abs(slopes) > EPS**0.5 * np.abs(slopes).max()
        sizes[flat] = np.where(falling, np.abs(slopes) / longest, np.inf)[flat]
        direction = -vectors @ (slopes / sizes)
        event = "indefinite Hessian" if values[0] < -hessian.rounding else "singular Hessian"
    return _no_longer_than(longest, direction), event


def _stationary_direction(hessian: DenseSymmetric, gradient: Vector) -> tuple[Vector | None, str]:
    """−H⁻¹∇φ; where H is singular the shortest least-squares step, or None where there is none."""
    factorization = hessian.factor()
    if factorization.rcond > hessian.n * hessian.eps:
        return -factorization.solve(gradient), ""
    values, vectors = hessian.spectrum
    kept = np.abs(values) > hessian.rounding
    coefficients = vectors[:, kept].T @ gradient
    if np.linalg.norm(coefficients) <= EPS**0.5 * np.linalg.norm(gradient):
        return None, "singular Hessian"
    return -vectors[:, kept] @ (coefficients / values[kept]), "singular Hessian"


def _singular(hessian: Factorizable, gradient: Vector) -> Stop:
    """Name the null direction, turned so that the function does not rise along it."""
    null = hessian.nearest_zero(1)[1][:, 0]
    slope = float(null @ gradient)
    null, slope = (-null, -slope) if slope > 0 else (null, slope)
    facts = {"rcond": hessian.factor().rcond, "direction": show_point(null), "slope": slope}
    return Stop(Reason.SINGULAR_HESSIAN, facts)
