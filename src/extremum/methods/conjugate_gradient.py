"""The nonlinear conjugate gradient method of Polak, Ribière and Polyak."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

from extremum.methods.descent import descend
from extremum.methods.line_search import LineSearchMethod
from extremum.methods.method import State
from extremum.objective import Objective, Vector


class LastDirection(NamedTuple):
    """The last direction, with the value, the gradient and the slope where it began."""

    direction: Vector
    fun: float
    gradient: Vector
    slope: float


@dataclass(frozen=True)
class ConjugateGradient(LineSearchMethod):
    """Go along directions that are conjugate where the function is quadratic.

    Parameters
    ----------
    step : None, float or StepRule
        None: ``StrongWolfe(curvature=0.1)``. A number is a fixed step.

    Notes
    -----
    It keeps two vectors, and no matrix. Where the last gradient and the new one are far from
    orthogonal the new direction is that of steepest descent (β = 0). So it is where no step is
    found along its own, and the event says so.

    Examples
    --------
    >>> import extremum as ex
    >>> method = ex.ConjugateGradient()
    >>> ex.minimize(lambda x: (x[0] - 3) ** 2 + 9 * x[1] ** 2, [0.0, 1.0], method=method).success
    True

    References
    ----------
    Polak & Ribière (1969); Polyak (1969); Gilbert & Nocedal, SIAM J. Optim. 2 (1992) 21-42;
    Nocedal & Wright, section 5.2.
    """

    curvature: ClassVar[float] = 0.1
    """Conjugacy wants a better search than a quasi-Newton direction does (Nocedal & Wright, section
    3.1)."""

    def next_state(self, objective: Objective, state: State) -> State:
        """Go along the new direction."""
        if not state.gradient.any():
            return replace(state, step_length=0.0)
        last: LastDirection | None = state.memory
        direction, trial = None, 0.0
        if last is not None:
            direction = _direction(last, state.gradient)
            trial = _first_trial(last, state, float(direction @ state.gradient))
        found, kept = descend(objective, state, self.rule, direction, trial)
        if found.stop is not None:
            return found
        if direction is None or not kept:
            direction = -state.gradient
        slope = float(direction @ state.gradient)
        return replace(found, memory=LastDirection(direction, state.fun, state.gradient, slope))


def _direction(last: LastDirection, gradient: Vector) -> Vector:
    """−∇φ + β d with the β of PRP+ (N&W, 5.44 and 5.45)."""
    change = gradient - last.gradient
    beta = float(change @ gradient) / float(last.gradient @ last.gradient)
    return max(beta, 0.0) * last.direction - gradient


def _first_trial(last: LastDirection, state: State, slope: float) -> float:
    """The length of a parabola that falls as much as the last step did (N&W, 3.60).

    Where that step did not fall, the one of equal change to first order.
    """
    if not slope < 0:
        return state.step_length
    fell = 2 * (state.fun - last.fun) / slope
    return fell if fell > 0 else state.step_length * (last.slope / slope)
