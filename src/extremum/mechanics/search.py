"""From a guess, good or poor, to a path that refinement confirms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from extremum.mechanics.continuation import without_force
from extremum.mechanics.newton import NewtonRun, Record, newton
from extremum.mechanics.refine import Refined, refined
from extremum.mechanics.rules import RULES, Rule
from extremum.mechanics.solution import Problem, Solution
from extremum.objective import Vector
from extremum.outcomes import InvalidInput

Guess = Callable[[Vector], Vector]
"""Coordinates, of shape (k, d), at times of shape (k,)."""

ELEMENTS = 8
"""Of the first mesh at least."""

PER_TURN = 3
"""Elements for each time that a coordinate of the guess turns."""

TRIES = (1, 4, 8, 16)
"""How many times as many elements the meshes have that are tried one after the other. On the first,
Newton's iteration alone; on the others it is helped by continuation."""

SAMPLES = 257
"""Times at which a guess is looked at."""

COARSE = 1e-6
"""On the first mesh Newton's iteration need not know a path better, in parts of its extent: what
comes next corrects it."""

FAR = 1e4
"""A path of so many times the guess's extent, on each mesh another, is none: there is no path."""


def find(problem: Problem, guess: Guess, tol: float, record: Record) -> Refined | None:
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
    rule, elements = RULES["lobatto8"], _elements(problem, guess)
    for times in TRIES:
        action = problem.action(rule, problem.uniform(times * elements))
        nodes = guess(action.node_times)
        extent = float(np.abs(nodes).max())
        run: NewtonRun | None = newton(action, nodes, COARSE * extent, record, contraction=np.inf)
        assert run is not None
        last = Refined(Solution(action, run.nodes, run.terms), np.inf, run.contraction)
        if not run.converged:
            run = None if times == 1 else without_force(action, nodes, COARSE * extent, record)
        if run is not None:
            first = Refined(Solution(action, run.nodes, run.terms), np.inf, run.contraction)
            last = refined(problem, rule, first, tol, record)
            if np.isfinite(last.error):
                return last
            _check_reachable(problem, last.solution, extent)
    return last


def _check_reachable(problem: Problem, solution: Solution, extent: float) -> None:
    """Refuse an end that neighbouring paths from the start all miss alike."""
    if solution.extent > FAR * max(extent, 1.0):
        raise InvalidInput(
            f"No path goes from {_shown(problem.start)} to {_shown(problem.end)} in the duration "
            f"{problem.finish - problem.begin:.6g}: the end is conjugate to the start, where all "
            "paths from the start meet, and it is not where they do. Change the duration or an end."
        )


def _shown(q: Vector) -> str:
    return f"{q[0]:.6g}" if q.size == 1 else str(q)


def _elements(problem: Problem, guess: Guess) -> int:
    """How many elements a guess asks for."""
    sampled = guess(np.linspace(problem.begin, problem.finish, SAMPLES))
    slopes = np.diff(sampled, axis=0)
    turns = ((slopes[1:] * slopes[:-1]) < 0).sum(0).max(initial=0)
    return max(ELEMENTS, PER_TURN * int(turns))
