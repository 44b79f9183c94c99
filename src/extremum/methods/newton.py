"""Newton's method: the pure iteration, and one made safe for minima and for stationary points."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from extremum.linalg import EPS, DenseSymmetric
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
    away from saddles along negative curvature. A singular Hessian never enters a pure step: the run
    stops and names the null direction.

    References
    ----------
    Nocedal & Wright, Numerical Optimization, 2nd ed., section 3.4; Dauphin et al., NeurIPS 2014.
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
        hessian = objective.hessian(state.x)
        if not isinstance(hessian, DenseSymmetric):
            hessian = DenseSymmetric(hessian.toarray(), objective.eps)
        if not hessian.is_finite:
            facts = {
                "what": "Hessian",
                "where": show_point(state.x),
                "cause": "it has a NaN or inf",
            }
            return replace(state, stop=Stop(Reason.NOT_FINITE, facts))
        rule = self.rule
        if isinstance(rule, FixedStep | GradientNormDecrease):
            direction, event = _stationary_direction(hessian, state.gradient)
            if direction is None or (event and isinstance(rule, FixedStep)):
                return replace(state, stop=_singular(hessian, state.gradient))
        else:
            longest = LONGEST_STEP * max(1.0, float(np.linalg.norm(state.x)))
            direction, event = _downhill_direction(hessian, state.gradient, longest)
        if not direction.any():
            return replace(state, stop=Stop(Reason.NO_STEP_LEFT, {"step_norm": 0.0}))
        found = rule.next_state(objective, state, direction, 1.0)
        return replace(found, event="; ".join(part for part in (event, found.event) if part))


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
    length = float(np.linalg.norm(direction))
    return (direction * (longest / length) if length > longest else direction), event


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


def _singular(hessian: DenseSymmetric, gradient: Vector) -> Stop:
    """Name the null direction, turned so that the function does not rise along it."""
    values, vectors = hessian.spectrum
    null = vectors[:, int(np.abs(values).argmin())]
    slope = float(null @ gradient)
    null, slope = (-null, -slope) if slope > 0 else (null, slope)
    facts = {"rcond": hessian.factor().rcond, "direction": show_point(null), "slope": slope}
    return Stop(Reason.SINGULAR_HESSIAN, facts)
