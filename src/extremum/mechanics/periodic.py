"""Closed paths: motions that repeat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from extremum.mechanics.certificate import PathCertificate, certify_closed_path
from extremum.mechanics.closed import FIRST, LEAST, closed_newton
from extremum.mechanics.events import check_along, read_guess, read_problem, read_tol
from extremum.mechanics.mesh import equidistributed
from extremum.mechanics.path import Path
from extremum.mechanics.recorder import Recorder
from extremum.mechanics.refine import FLOOR, SAFETY, Refined
from extremum.mechanics.rules import RULES
from extremum.mechanics.search import Guess
from extremum.mechanics.solution import Problem, Solution
from extremum.mechanics.system import System
from extremum.objective import Vector
from extremum.outcomes import InvalidInput

TOL = 1e-9
"""What the error of a path may be where nothing else is said."""

ELEMENTS = (16, 32, 64)
"""Of the first mesh: the next is tried where the iteration leads nowhere on the one before."""

DOUBLINGS = 8
"""Meshes after the first, each with twice as many elements."""

COARSE = 1e-6
"""How well a path is to be known on the first mesh, in parts of its extent."""

ANOTHER = 0.2
"""A path that a finer mesh changes by more than this part of its extent was another one."""

LOOKED_AT = 65
"""Times at which a guess is looked at for what is not finite."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PeriodicPath(Path):
    """A closed path, whose motion repeats; its certificate is among closed paths of its period."""

    @cached_property
    def certificate(self) -> PathCertificate:
        """What the path is, among closed paths of the same period.

        `flat_directions` names the variations that lead to other closed paths of the same action;
        the Morse index is that of what is left.
        """
        return certify_closed_path(self.lagrangian, self.confirmed)


def periodic_path(system: System, period: float, guess: Any, *, tol: float = TOL) -> PeriodicPath:
    """Find a closed path of a given period that makes the action stationary.

    Parameters
    ----------
    system : System
        `Particle(mass, potential)` or `Lagrangian(L)`. Where L depends on time, it should do so
        with the same period.
    period : float or (float, float)
        T, from time 0; or (t₀, t₁).
    guess : callable, array_like of shape (k,) or (k, d), or Path
        What the search begins with: a function of the time, or coordinates at equally spaced times,
        the last of them after a whole period. Where it does not close, a straight line closes it.
    tol : float
        What the error of the path may be, as the largest |Δqᵢ|, relative to max(1, |q|).

    Returns
    -------
    PeriodicPath
        Near the guess. Its `success` says whether it was found; `certificate.flat_directions` names
        the families that it belongs to: it might as well begin at another time, for one.

    Raises
    ------
    InvalidInput
        If the call makes no sense, or L is not finite along the guess.
    Untraceable
        If the function can't be differentiated.

    Notes
    -----
    A path at rest is closed with every period, so a guess should move about as far as the path that
    is looked for.

    Examples
    --------
    >>> from extremum.mechanics import Particle, periodic_path
    >>> pendulum = Particle(1.0, lambda q: -np.cos(q))
    >>> path = periodic_path(pendulum, 7.0, lambda t: 1.2 * np.cos(2 * np.pi * t / 7.0))
    >>> path.success, path.certificate.morse_index, list(path.certificate.flat_directions)
    (True, 1, ['time translation'])
    """
    tolerance = read_tol(tol) or TOL
    start = _start(guess, period)
    problem, scalar = read_problem(system, start, start, period)
    initial = read_guess(guess, problem, scalar)
    check_along(problem, system, initial, problem.uniform(LOOKED_AT - 1))
    record = Recorder()
    found = _refined(problem, initial, tolerance, record)
    allowed = tolerance * max(1.0, found.solution.extent)
    success = bool(found.error <= allowed)
    return PeriodicPath(
        success=success,
        message=_message(found, allowed),
        error_estimate=found.error,
        recorder=record,
        system=system,
        problem=problem,
        solution=found.solution,
        confirmed=found,
        initial=initial(found.solution.t),
        scalar=scalar,
    )


def _start(guess: Any, period: Any) -> Any:
    """Where a guess begins, as the user's coordinates."""
    if isinstance(guess, Path):
        return guess.q[0]
    if callable(guess):
        begin = 0.0 if np.ndim(period) == 0 else np.ravel(period)[0]
        return guess(float(begin))
    try:
        return np.asarray(guess, np.float64)[0]
    except (TypeError, ValueError, IndexError) as error:
        raise InvalidInput(
            "The guess is not a function of time, a path, or an array of shape (k,) or (k, d)."
        ) from error


def _refined(problem: Problem, guess: Guess, tol: float, record: Recorder) -> Refined:
    """Search on a coarse mesh, then refine until the change says that the path is accurate."""
    rule = RULES["lobatto8"]
    for elements in ELEMENTS:
        solution, converged = _closed(problem, problem.uniform(elements), guess, COARSE, record)
        if converged:
            break
    now = Refined(solution, np.inf, np.inf)
    extent = float(np.abs(guess(solution.t)).max())
    for _ in range(DOUBLINGS):
        if not converged:
            break
        before = now.solution
        extent = max(extent, before.extent)
        mesh = equidistributed(before.dense, 2 * (len(before.t) - 1))
        resolution = max(tol / 10, FLOOR)
        solution, converged = _closed(problem, mesh, before.dense, resolution, record, LEAST)
        change = float(np.abs(solution.nodes - before.dense(solution.action.node_times)).max())
        error = np.inf
        if converged and change <= ANOTHER * extent:
            error = max(change * SAFETY / 2**rule.order, FLOOR * solution.extent)
        now = Refined(solution, error, np.inf)
        if error <= tol * max(1.0, solution.extent):
            break
    return now


def _closed(
    problem: Problem,
    t: Vector,
    guess: Guess,
    resolution: float,
    record: Recorder,
    damping: float = FIRST,
) -> tuple[Solution, bool]:
    """A closed path on one mesh, and whether it was found."""
    action = problem.action(RULES["lobatto8"], t)
    nodes = guess(action.node_times)
    nodes[-1] = nodes[0]
    stiffness = _stiffness(problem, t, nodes)
    run = closed_newton(action, nodes, stiffness, resolution, record, damping)
    # The same action, with the ends where they are now.
    ends = replace(problem, start=run.nodes[0], end=run.nodes[0])
    return Solution(ends.action(RULES["lobatto8"], t), run.nodes), run.converged


def _stiffness(problem: Problem, t: Vector, nodes: Vector) -> float:
    """The mass times the square of the path's frequency."""
    q = nodes[:: (len(nodes) - 1) // (len(t) - 1)]
    v = np.gradient(q, t, axis=0)
    mass = problem.lagrangian.derivatives(t, q, v).L_vv
    return float(np.linalg.norm(mass.mean(axis=0), 2) * (2 * np.pi / (t[-1] - t[0])) ** 2)


def _message(found: Refined, allowed: float) -> str:
    if found.error > allowed:
        return (
            "No closed path was found that refinement confirms. Give a guess that is nearer, or "
            "another period, or a larger tolerance."
        )
    q = found.solution.q
    rests = " It is at rest: give another guess, or another period." if _rests(q) else ""
    return f"The path's estimated error, {found.error:.2g}, is within {allowed:.2g}.{rests}"


def _rests(q: Vector) -> bool:
    return bool(np.ptp(q, axis=0).max() <= COARSE * max(1.0, float(np.abs(q).max())))
