"""Newton's iteration on ∇S = 0 on one mesh, damped where it has to be.

The test is Deuflhard's natural monotonicity: a step is good if the next correction, with the same
Hessian, is shorter. Unlike ‖∇S‖ it doesn't depend on how the equations are scaled, and a saddle of
S is as good a goal as a minimum (P. Deuflhard, Newton Methods for Nonlinear Problems (2004),
algorithm NLEQ-ERR, section 3.3.3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from extremum.linalg.band_lu import BandLU, TridiagonalLU
from extremum.mechanics.action import ActionTerms, DiscreteAction
from extremum.mechanics.flat import Across, solver
from extremum.objective import Vector

SHORTEST = 0.02
"""The least damping factor: where it would have to be less, the Hessian is about to be singular,
and continuation gets there sooner."""

MUCH_LONGER = 4.0
"""A damping factor is tried again where what it shows allows one longer by so much."""

REACH = 1.0
"""The first step that is tried changes no coordinate by more than this part of the path's extent,
unless it were shorter than any: beyond, nothing is known."""

CAREFUL = 8.0
"""Quadratic convergence may leave so many times what is predicted by what was seen of it on another
mesh, or of smoother changes of the path."""

MOST_ITERATIONS = 50

Record = Callable[[DiscreteAction, Vector, ActionTerms | None, float, str], None]
"""What is told of each iterate: nodes, the action there if it was needed, the damping factor, an
event."""


def unrecorded(*iterate: object) -> None:
    """Tell nobody."""


@dataclass(frozen=True, eq=False)
class NewtonRun:
    """Where the iteration ended.

    Attributes
    ----------
    nodes : ndarray of shape (N, d)
    converged : bool
    first, last : float
        The largest change of a coordinate in the first and in the last step.
    iterations : int
    contraction : float
        The last seen ‖Δₖ₊₁‖/‖Δₖ‖² of undamped steps, which a finer mesh hardly changes.
    factored : TridiagonalLU, BandLU or Across
        The Hessian that the last step was solved with.
    """

    nodes: Vector
    converged: bool
    first: float
    last: float
    iterations: int
    contraction: float
    factored: TridiagonalLU | BandLU | Across = field(repr=False)

    @property
    def left(self) -> float:
        """The largest change of a coordinate that another step would make, as far as is known."""
        return self.last * min(1.0, CAREFUL * self.contraction * self.last)


def newton(
    action: DiscreteAction,
    nodes: Vector,
    resolution: float,
    record: Record,
    *,
    contraction: float | None = None,
    most: int = MOST_ITERATIONS,
    flat: int = 0,
) -> NewtonRun:
    """Find nodal values where ∇S = 0.

    Parameters
    ----------
    action : DiscreteAction
    nodes : ndarray of shape (N, d)
        The first iterate; its ends are fixed.
    resolution : float
        A step that changes no coordinate by more than this part of the path's extent is the last.
    record : callable
    contraction : float
        What is known of it from another mesh. Where it is given, a step is also the last if
        quadratic convergence leaves no more than `resolution` to change after it.
    most : int
        Iterations at most.
    flat : int
        How many null directions of the Hessian the steps leave out.
    """
    terms = action.terms(nodes)
    record(action, nodes, terms, np.nan, "")
    factored = solver(action, terms, flat)
    step = -factored.solve(terms.gradient)
    first, extent = _largest(step), _largest(nodes)
    last = first
    length, iterations, predicts = 1.0, 0, contraction is not None
    contraction = np.inf if contraction is None else contraction
    while iterations < most and np.isfinite(last):
        iterations += 1
        accepted, lengthened = None, False
        if last > REACH * extent > 0:
            length = min(length, max(REACH * extent / last, SHORTEST))
        while length >= SHORTEST:
            trial = nodes.copy()
            trial[1:-1] += (length * step).reshape(-1, nodes.shape[1])
            size = _largest(trial)
            if length == 1.0:
                most_left = resolution * size
                left = CAREFUL * contraction * last**2
                if last <= most_left or (predicts and left <= most_left):
                    record(action, trial, None, length, "")
                    return NewtonRun(trial, True, first, last, iterations, contraction, factored)
            new = action.terms(trial)
            if not new.is_finite:
                length, lengthened = length / 2, True
                continue
            if length == 1.0:
                new_factored = solver(action, new, flat)
                new_step = -new_factored.solve(new.gradient)
                ratio = _largest(new_step) / last
                if ratio < 1:
                    contraction, accepted = ratio / last, (new_factored, new_step, 1.0)
                    break
            simplified = -factored.solve(new.gradient)
            whole = max(_norm(step), float(np.finfo(float).tiny))
            ratio, bent = _norm(simplified) / whole, _norm(simplified - (1 - length) * step) / whole
            # What the curvature seen on the way would allow: equation 3.49.
            suggested = min(1.0, length**2 / (2 * bent)) if bent else 1.0
            if not ratio < 1:
                length, lengthened = min(suggested, length / 2), True
                continue
            if suggested >= MUCH_LONGER * length and not lengthened:
                length, lengthened = suggested, True
                continue
            new_factored = solver(action, new, flat)
            new_step = -new_factored.solve(new.gradient)
            change = _norm(simplified - new_step) * _norm(new_step)
            predicted = whole * _norm(simplified) / change * length if change else 1.0
            accepted = new_factored, new_step, min(1.0, predicted)
            break
        if accepted is None:
            break
        record(action, trial, new, length, "" if length == 1 else "damped")
        nodes, terms, extent = trial, new, size
        factored, step, length = accepted
        last = _largest(step)
    return NewtonRun(nodes, False, first, last, iterations, contraction, factored)


def _largest(step: Vector) -> float:
    return float(max(np.maximum.reduce(step, None), -np.minimum.reduce(step, None)))


def _norm(step: Vector) -> float:
    return float(np.sqrt(step @ step))
