"""The call a user makes: the path between two events that makes the action stationary."""

from __future__ import annotations

from typing import Any

import numpy as np

from extremum.mechanics.action import DiscreteAction
from extremum.mechanics.events import (
    check_along,
    read_guess,
    read_points,
    read_problem,
    read_tol,
)
from extremum.mechanics.newton import newton, unrecorded
from extremum.mechanics.path import Path
from extremum.mechanics.recorder import Recorder
from extremum.mechanics.refine import Refined, refined
from extremum.mechanics.rules import RULES, Rule, rule_of
from extremum.mechanics.search import Guess, find
from extremum.mechanics.solution import Problem, Solution
from extremum.mechanics.system import Lagrangian, System
from extremum.objective import Vector
from extremum.outcomes import InvalidInput

TOL = 1e-8
"""What the error of a path may be where nothing else is said."""

CONFIRMING = 1e-11
"""The tolerance of the path that a path on a given mesh is compared with."""

FOUND = 0.05
"""A path on a given mesh is found if its error is at most this part of its extent."""

RESOLUTION = 1e-10
"""On a given mesh Newton's iteration goes on until a step changes no coordinate by more than this
part of the path's extent. As it converges quadratically, rounding is then all that is left."""

DIRECT = 20_000
"""On a given mesh of more nodes the iteration begins with the path found on coarser ones."""

COMPARED = 2000
"""Times at most at which a path on a given mesh is compared."""

BETWEEN = (0.25, 0.5, 0.75)
"""And where in its elements besides, unless there are too many."""

COARSEST, FINEST = 8, 64
"""Elements of the first mesh that confirms one."""

AT_FIRST, LOOKED_AT = 17, 65
"""Times at which a guess is looked at for what is not finite, or singular; and if none is found."""


def stationary_path(
    system: System,
    start: Any,
    end: Any,
    duration: Any,
    *,
    guess: Any = None,
    points: int | None = None,
    tol: float | None = None,
    rule: str = "lobatto8",
) -> Path:
    """Find a path between two fixed events that makes the action stationary, and say what it is.

    Parameters
    ----------
    system : System
        `Particle(mass, potential)` or `Lagrangian(L)`.
    start, end : float or array_like of shape (d,)
        Where the path begins and ends.
    duration : float or (float, float)
        T, from time 0; or (t₀, t₁).
    guess : callable, array_like of shape (k,) or (k, d), or Path, optional
        What the search begins with: a function of the time, or coordinates at times equally spaced
        from start to end. By default the straight line.
    points : int, optional
        How many times the path is given at, both ends included: for the higher rules the ends of
        the elements. The mesh is then uniform and stays as it is.
    tol : float, optional
        What the error of the path may be, as the largest |Δqᵢ|, relative to max(1, |q|); 1e-8 where
        `points` is not given either. Without `points`, the mesh is chosen for it.
    rule : {"rectangle", "midpoint", "trapezoid", "lobatto4", "lobatto6", "lobatto8"}
        How the action is made a sum; the number is the order of the path's error.

    Returns
    -------
    Path
        Its `success` says whether a path was found.

    Raises
    ------
    InvalidInput
        If the call makes no sense, L is not finite along the guess, its mass matrix is singular
        there, or no path reaches the end in that time.
    UnknownOption
        If the rule is unknown.
    Untraceable
        If the function can't be differentiated.

    Notes
    -----
    Newton's iteration on ∇S = 0 is damped where it has to be. Where that leads nowhere, the guess
    is taken as the path under a force of its own, which is then taken off by and by. The meshes are
    refined until the change from one to the next says that the path is accurate enough. Which of
    several paths is found depends on the guess.

    Examples
    --------
    >>> from extremum.mechanics import Particle, stationary_path
    >>> oscillator = Particle(1.0, lambda q: q**2 / 2)
    >>> path = stationary_path(oscillator, 0.0, 1.0, 1.0, tol=1e-10)
    >>> path.success, path.certificate.verdict.name
    (True, 'MINIMUM')
    >>> print(f"{path.at(0.5):.10f} {np.sin(0.5) / np.sin(1):.10f}")
    0.5697469637 0.5697469637

    The quartic oscillator of the textbook, 99 points between the ends, by Newton's iteration from
    the straight line:

    >>> quartic = Particle(1.0, lambda q: q**4 / 4)
    >>> path = stationary_path(quartic, 2.0, 0.0, 1.0, points=101, rule="rectangle")
    >>> for step in path.trace["relative_step"][1:6]:
    ...     print(f"{step:.4g}")
    20.59
    5.507
    0.5893
    0.007134
    1.046e-06
    """
    the_rule, tolerance = rule_of(rule), read_tol(tol)
    many = read_points(points, the_rule)
    problem, scalar = read_problem(system, start, end, duration)
    initial = read_guess(guess, problem, scalar)
    if isinstance(system, Lagrangian):
        check_along(problem, system, initial, problem.uniform(AT_FIRST - 1))
    record = Recorder()
    with np.errstate(all="ignore"):  # what is not finite is looked for
        if many is None:
            goal = tolerance or TOL
            found, confirmed = _accurate(problem, the_rule, initial, goal, record)
            path, error = found.solution, found.error
            allowed = goal * max(1.0, path.extent)
        else:
            path, confirmed, error = _on_mesh(problem, the_rule, many, initial, record)
            allowed = FOUND * path.extent
            if tolerance is not None:
                allowed = tolerance * max(1.0, path.extent)
    if not np.isfinite(error):  # perhaps L is not, along the guess
        check_along(problem, system, initial, problem.uniform(LOOKED_AT - 1))
    success = bool(error <= allowed)
    return Path(
        success=success,
        message=_message(error, allowed),
        error_estimate=error,
        recorder=record,
        system=system,
        problem=problem,
        solution=path,
        confirmed=confirmed,
        initial=initial(path.t),
        scalar=scalar,
    )


def discrete_action(
    system: System,
    start: Any,
    end: Any,
    duration: Any,
    *,
    points: int,
    rule: str = "trapezoid",
) -> DiscreteAction:
    """Make the action of a path a function of its inner nodes, for `minimize`.

    Parameters
    ----------
    system, start, end, duration, points, rule
        As for `stationary_path`.

    Returns
    -------
    DiscreteAction
        An objective; its `nodes(x)` are the path, ends included, its `node_times` their times.

    Raises
    ------
    InvalidInput, UnknownOption, Untraceable
        As for `stationary_path`.

    Notes
    -----
    A short path minimizes its action, and a long one need not. The action of an anharmonic well is
    unbounded below over a long duration: a descent then goes to paths of ever higher speed, which
    no mesh resolves. `stationary_path` finds the paths all the same.

    Examples
    --------
    >>> import extremum as ex
    >>> from extremum.mechanics import Particle, discrete_action
    >>> oscillator = Particle(1.0, lambda q: q**2 / 2)
    >>> action = discrete_action(oscillator, 0.0, 1.0, 1.0, points=101)
    >>> result = ex.minimize(action, action.node_times[1:-1])
    >>> result.certificate.verdict.name, f"{result.fun:.4f}"
    ('MINIMUM', '0.3210')
    """
    the_rule = rule_of(rule)
    many = read_points(points, the_rule)
    if many is None:
        raise InvalidInput("points=None; a discrete action needs a number of them.")
    problem, _ = read_problem(system, start, end, duration)
    return problem.action(the_rule, problem.uniform(many - 1))


def _accurate(
    problem: Problem, rule: Rule, guess: Guess, tol: float, record: Recorder
) -> tuple[Refined, Refined]:
    """The path to a tolerance, on whatever mesh that takes; and the most accurate one known."""
    if rule is RULES["lobatto8"]:
        found = find(problem, guess, tol, record)
        return found, found
    known = find(problem, guess, min(tol, CONFIRMING), record)
    if not np.isfinite(known.error):
        return known, known
    return refined(problem, rule, known, tol, record, COARSEST), known


def _on_mesh(
    problem: Problem, rule: Rule, points: int, guess: Guess, record: Recorder
) -> tuple[Solution, Refined, float]:
    """The path on a uniform mesh, an accurate one, and how far they are from each other."""
    action = problem.action(rule, problem.uniform(points - 1))
    solution, known = None, None
    if (points - 1) * rule.degree <= DIRECT:
        run = newton(action, guess(action.node_times), RESOLUTION, record)
        solution = Solution(action, run.nodes)
        if run.converged:
            elements = min(max((points - 1) * rule.degree // 4, COARSEST), FINEST)
            first = Refined(solution, np.inf, run.contraction)
            known = refined(problem, RULES["lobatto8"], first, CONFIRMING, unrecorded, elements)
    if solution is None or known is None or not np.isfinite(known.error):
        # From a path that is known to be one.
        known = find(problem, guess, CONFIRMING, record)
        if not np.isfinite(known.error):
            return solution or known.solution, known, np.inf
        nodes = _sampled(known.solution, action.node_times)
        run = newton(action, nodes, RESOLUTION, record, contraction=known.contraction)
        solution = Solution(action, run.nodes)
    if not run.converged:
        return solution, known, np.inf
    return solution, known, _distance(solution, known.solution) + known.error


def _distance(solution: Solution, known: Solution) -> float:
    """How far a path is from a more accurate one, at its times and between."""
    every = max(1, len(solution.t) // COMPARED)
    t, q = solution.t[::every], solution.q[::every]
    if every == 1:
        between = (t[:-1, np.newaxis] + np.diff(t)[:, np.newaxis] * BETWEEN).ravel()
        t, q = np.concatenate([t, between]), np.concatenate([q, solution.dense(between)])
    return float(np.abs(q - known.dense(t)).max())


def _sampled(solution: Solution, t: Vector) -> Vector:
    """A path at many times, between which straight lines are near enough to begin with."""
    if len(t) <= DIRECT:
        nodes = solution.dense(t)
    else:
        few = np.linspace(t[0], t[-1], DIRECT)
        nodes = np.stack([np.interp(t, few, column) for column in solution.dense(few).T], 1)
    nodes[0], nodes[-1] = solution.action.start, solution.action.end
    return nodes


def _message(error: float, allowed: float) -> str:
    if error <= allowed:
        return f"The path's estimated error, {error:.2g}, is within {allowed:.2g}."
    if np.isfinite(error):
        return (
            f"The path's estimated error, {error:.2g}, is more than {allowed:.2g}: give more "
            "points, a higher rule or a larger tolerance."
        )
    return (
        "No path was found that refinement confirms. Give a guess that is nearer, or a shorter "
        "duration."
    )
