"""From a path on a coarse mesh to one that is as accurate as is asked for, with evidence.

Each mesh begins with the path of the one before. By how much Newton's iteration then changes it is
how wrong that path was; the new one's error follows by the rule's order (Richardson), or by what
the last changes show where that is slower. Where equal elements suit a path they are divided, and
it is known at the common ends how wrong it was without knowing it in between.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extremum.linalg import EPS
from extremum.mechanics.mesh import divided, equidistributed, is_even
from extremum.mechanics.newton import Record, newton
from extremum.mechanics.rules import Rule
from extremum.mechanics.solution import Problem, Solution
from extremum.objective import Vector

SAFETY = 4.0
"""An estimated error is this times what Richardson's extrapolation says."""

UNSEEN = 4.0
"""And this times that, where only the ends of elements were compared: between them it is larger."""

ASYMPTOTIC = 0.05
"""A change by more than this part of the path's extent says that the coarser path was another."""

GROWTH = (1.5, 4.0)
"""How many times as many elements the next mesh has, at least and at most."""

AMPLE = 1.5
"""And how many times as many as it seems to need: elements cost less than one mesh more."""

MOST_NODES = 4_000_000
"""Nodes of a mesh at most."""

MOST_IDLE = 4
"""Meshes in a row that need not make the estimated error smaller, by `STAGNANT` at least: beyond,
the path is another on each mesh, or rounding does not let it be known better."""

STAGNANT = 0.5
"""Of an error, what is no progress."""

SAMPLES = 64
"""States along a path at which it is looked at."""

FLOOR = 50 * EPS
"""What of a path's extent rounding may change: nothing smaller is asked of Newton's iteration."""


@dataclass(frozen=True, eq=False)
class Refined:
    """A path and its error.

    Attributes
    ----------
    solution : Solution
    error : float
        Estimated, the largest |Δqᵢ|; infinite where no finer mesh has confirmed the path.
    contraction : float
        Of Newton's iteration.
    """

    solution: Solution
    error: float
    contraction: float


def refined(
    problem: Problem,
    rule: Rule,
    first: Refined,
    tol: float,
    record: Record,
    elements: int | None = None,
    flat: int = 0,
) -> Refined:
    """Refine a path until its estimated error is at most tol · max(1, extent).

    Parameters
    ----------
    problem : Problem
    rule : Rule
        Of the new meshes.
    first : Refined
        What to begin with, on any mesh by any rule.
    tol : float
    record : callable
    elements : int, optional
        Of the first of the new meshes.
    flat : int
        As for `newton`.

    Returns
    -------
    Refined
        The last that was found: its error says whether it is what was asked for. It is infinite
        where the iteration led nowhere, or away.
    """
    now, last_change, last_ratio = first, np.inf, 1.0
    order, best, idle = _order(rule, first.solution), np.inf, 0
    while idle < MOST_IDLE:
        goal = tol * max(1.0, now.solution.extent)
        elements = elements or _more_elements(now, goal, order)
        if elements * rule.degree > MOST_NODES:
            break
        parts = _parts(rule, now.solution, elements)
        action = problem.action(rule, _mesh(rule, now.solution, elements, parts))
        if parts:
            before = divided(now.solution, parts)
        else:
            before = now.solution.dense(action.node_times)
            before[0], before[-1] = problem.start, problem.end
        resolution = max(goal / 10 / max(now.solution.extent, goal), FLOOR)
        run = newton(action, before, resolution, record, contraction=now.contraction, flat=flat)
        if not run.converged:
            return Refined(now.solution, np.inf, np.inf)
        solution = Solution(action, run.nodes)
        change = largest = float(np.abs(run.nodes - before).max())
        if parts:  # between the ends the polynomials are less accurate, and say nothing of them
            change = float(np.abs(solution.q[::parts] - now.solution.q).max())
        error, ratio = np.inf, (len(now.solution.t) - 1) / (len(solution.t) - 1)
        if largest <= ASYMPTOTIC * solution.extent:
            rate = min(1.0, SAFETY * (UNSEEN if parts else 1.0) * ratio**order)
            if change < last_change and last_ratio < 1:
                rate = max(rate, (change / last_change) ** (np.log(ratio) / np.log(last_ratio)))
            error = max(change * rate, FLOOR * solution.extent) + run.left
            last_change, last_ratio = change, ratio
        now, elements = Refined(solution, error, run.contraction), None
        if error <= goal:
            break
        idle = 0 if error < STAGNANT * best else idle + 1
        best = min(best, error)
    return now


def _order(rule: Rule, solution: Solution) -> int:
    """The rule's order along a path: some lose one where q and v couple in L."""
    if rule.order == rule.coupled_order:
        return rule.order
    every = max(1, len(solution.t) // SAMPLES)
    at = solution.t[::every], solution.q[::every], solution.motion.velocity[::every]
    couples = solution.action.lagrangian.derivatives(*at).L_qv.any()
    return rule.coupled_order if couples else rule.order


def _more_elements(now: Refined, goal: float, order: int) -> int:
    """How many elements the next mesh has."""
    growth = 2.0
    if 0 < now.error < np.inf:
        needed = (SAFETY * now.error / goal) ** (1 / order)
        growth = min(max(AMPLE * needed, GROWTH[0]), GROWTH[1])
    return int(np.ceil(growth * (len(now.solution.t) - 1)))


def _parts(rule: Rule, solution: Solution, elements: int) -> int:
    """Of how many of the next mesh's elements each is made, so that ends can be compared; or 0."""
    now = len(solution.t) - 1
    finer = solution.action.rule is rule and rule.degree > 1 and elements > now
    return -(-elements // now) if finer and is_even(solution) else 0


def _mesh(rule: Rule, solution: Solution, elements: int, parts: int) -> Vector:
    """The next mesh."""
    if parts:
        return np.linspace(solution.t[0], solution.t[-1], parts * (len(solution.t) - 1) + 1)
    if rule.degree == 1:  # the order of the rectangle rule is that of a uniform mesh
        return np.linspace(solution.t[0], solution.t[-1], elements + 1)
    return equidistributed(solution.dense, elements)
