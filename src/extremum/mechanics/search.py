"""From a guess, good or poor, to a path that refinement confirms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from extremum.mechanics.action import DiscreteAction
from extremum.mechanics.continuation import with_more_time, without_force
from extremum.mechanics.flat import Across, scaled_modes
from extremum.mechanics.newton import NewtonRun, Record, newton
from extremum.mechanics.refine import Refined, refined
from extremum.mechanics.rules import RULES
from extremum.mechanics.solution import Problem, Solution
from extremum.objective import Vector
from extremum.outcomes import InvalidInput

Guess = Callable[[Vector], Vector]
"""Coordinates, of shape (k, d), at times of shape (k,)."""


@dataclass(frozen=True, eq=False)
class Straight:
    """The guess that is made where none is given: the straight line between two events."""

    begin: float
    finish: float
    start: Vector
    end: Vector

    def __call__(self, t: Vector) -> Vector:
        """Coordinates of shape (k, d)."""
        share = ((t - self.begin) / (self.finish - self.begin))[:, np.newaxis]
        return self.start + share * (self.end - self.start)


ELEMENTS = 8
"""Of the first mesh at least."""

PER_TURN = 3
"""Elements for each time that a coordinate of the guess turns."""

STRAIGHT = 1e-12
"""What rounding may make of equal differences, in parts of the extent."""

REACHING = 32
"""Elements of the mesh on which it is asked whether the end can be reached."""

SAMPLES = 257
"""Times at which a guess is looked at."""

COARSE = 16.0
"""On the first mesh Newton's iteration need know a path no better than to this times the tolerance,
as a part of its extent: the next mesh corrects it, and the estimate of what is left then divides
the correction by 64."""

COARSEST, FINEST = 1e-2, 1e-8
"""But it has to be known so well, to be called a path; and need not be known better."""

CONJUGATE = 1e-9
"""An eigenvalue of the Hessian is zero at so small a part of the next one."""

SLOPE = 1e-6
"""The action has a slope along its mode, where that is more than this part of the whole slope, and
the whole is more than this part of what the path's own extent would make."""


def _as_it_stands(
    action: DiscreteAction, nodes: Vector, resolution: float, record: Record
) -> NewtonRun:
    return newton(action, nodes, resolution, record, contraction=np.inf)


def _from_straight(
    action: DiscreteAction, nodes: Vector, resolution: float, record: Record
) -> NewtonRun | None:
    straight = Straight(action.t[0], action.t[-1], action.start, action.end)
    return with_more_time(action, straight(action.node_times), resolution, record)


Way = Callable[[DiscreteAction, Vector, float, Record], NewtonRun | None]

TRIES: tuple[tuple[int, Way], ...] = (
    (1, _as_it_stands),
    (2, without_force),
    (2, _from_straight),
    (4, without_force),
    (8, without_force),
    (8, _from_straight),
    (16, without_force),
)
"""What is tried one after the other: how many times as many elements, and which way from a guess
to a path. The first is Newton's iteration alone; continuation asks for more of a mesh."""

TRIES_FROM_LINE: tuple[tuple[int, Way], ...] = (TRIES[0], (1, _from_straight), *TRIES[1:])
"""The same where the guess is the straight line: the path of a short duration."""


def find(problem: Problem, guess: Guess, tol: float, record: Record) -> Refined:
    """Search for a path near a guess.

    Parameters
    ----------
    problem : Problem
    guess : callable
    tol : float
        As for `refined`.
    record : callable

    Returns
    -------
    Refined
        Its error is infinite where refinement does not confirm it.

    Raises
    ------
    InvalidInput
        If no path reaches the end.
    """
    rule, (elements, straight) = RULES["lobatto8"], _looked_at(problem, guess)
    coarse = min(max(COARSE * tol, FINEST), COARSEST)
    for times, helped in TRIES_FROM_LINE if straight else TRIES:
        action = problem.action(rule, problem.uniform(times * elements))
        nodes = guess(action.node_times)
        run = helped(action, nodes, coarse, record)
        if run is None or not run.converged:
            if run is not None and not np.isfinite(run.last):
                break
            continue
        if _is_singular(run) and (nearby := _in_family(problem, guess, tol, record)):
            return nearby
        first = Refined(Solution(action, run.nodes), np.inf, run.contraction)
        found = refined(problem, rule, first, tol, record)
        if found.error <= tol * max(1.0, found.solution.extent):
            return found
        if np.isfinite(found.error):
            nearby = _in_family(problem, found.solution.dense, tol, record)
            return found if nearby is None else nearby
    nowhere = Solution(action, nodes)
    nearby = _in_family(problem, guess, tol, record) if nowhere.terms.is_finite else None
    return nearby or Refined(nowhere, np.inf, np.inf)


def _is_singular(run: NewtonRun) -> bool:
    """Whether a pivot of the Hessian is so small that the path may be one of a family."""
    assert not isinstance(run.factored, Across)
    # Compared with those of the same coordinate: masses may differ by any factor.
    pivots = np.abs(run.factored.pivots.reshape(-1, run.nodes.shape[1]))
    return bool((pivots.min(0) <= CONJUGATE * pivots.max(0)).any())


def _in_family(problem: Problem, guess: Guess, tol: float, record: Record) -> Refined | None:
    """The path nearest to a guess, where paths with the same ends are a family."""
    flat = _null_directions(problem, guess)
    action = problem.action(RULES["lobatto8"], problem.uniform(REACHING))
    run = newton(action, guess(action.node_times), FINEST, record, flat=flat) if flat else None
    if run is None or not run.converged:
        return None
    first = Refined(Solution(action, run.nodes), np.inf, run.contraction)
    found = refined(problem, RULES["lobatto8"], first, tol, record, flat=flat)
    return found if np.isfinite(found.error) else None


def _null_directions(problem: Problem, guess: Guess) -> int:
    """How many null directions the Hessian has at a guess: the end is then conjugate to the start.

    Raises
    ------
    InvalidInput
        If S has a slope along one: the paths from the start, to first order, all miss the end.
    """
    action = problem.action(RULES["lobatto8"], problem.uniform(REACHING))
    nodes = guess(action.node_times)
    terms = action.terms(nodes)
    # One mode more than there can be null directions: its eigenvalue is the scale.
    values, modes, units = scaled_modes(action, terms, problem.start.size + 1)
    null = np.abs(values) <= CONJUGATE * np.abs(values).max()
    slope = terms.gradient * units
    size = float(np.linalg.norm(slope))
    bent = float(np.abs(values).max()) * float(np.linalg.norm(nodes[1:-1].ravel() / units))
    along = np.abs(modes[:, null].T @ slope).max(initial=0.0)
    if along > SLOPE * size and size > SLOPE * bent:
        raise InvalidInput(
            f"No path goes from {_shown(problem.start)} to {_shown(problem.end)} in the duration "
            f"{problem.finish - problem.begin:.6g}: the end is conjugate to the start, where all "
            "paths from the start meet, and it is not where they do. Change the duration or an end."
        )
    return int(null.sum())


def _shown(q: Vector) -> str:
    return f"{q[0]:.6g}" if q.size == 1 else str(q)


def _looked_at(problem: Problem, guess: Guess) -> tuple[int, bool]:
    """How many elements a guess asks for, and whether it is the straight line."""
    if isinstance(guess, Straight):
        return ELEMENTS, True
    sampled = guess(np.linspace(problem.begin, problem.finish, SAMPLES))
    slopes = np.diff(sampled, axis=0)
    turns = ((slopes[1:] * slopes[:-1]) < 0).sum(0).max(initial=0)
    straight = np.ptp(slopes, axis=0).max() <= STRAIGHT * np.abs(sampled).max()
    return max(ELEMENTS, PER_TURN * int(turns)), bool(straight)
