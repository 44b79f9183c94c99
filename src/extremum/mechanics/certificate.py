"""What a path is: the verdict on the continuous path, from second variations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from extremum.linalg import DenseSymmetric
from extremum.mechanics.action import ActionTerms
from extremum.mechanics.solution import Solution
from extremum.objective import Vector
from extremum.outcomes import Verdict

if TYPE_CHECKING:
    from extremum.mechanics.refine import Refined


@dataclass(frozen=True, eq=False, kw_only=True)
class PathCertificate:
    """What a path is.

    Attributes
    ----------
    verdict : Verdict
        `MINIMUM`, `SADDLE`, `DEGENERATE` or `UNDECIDED`; `NOT_STATIONARY` where none was found.
    is_minimum : bool or None
        Whether the action has a strict minimum there among neighbouring paths.
    morse_index : int or None
        How many independent variations lower the action: of the continuous functional.
    nullity : int or None
        How many leave it as it is, to second order.
    eigenvalues : ndarray of shape (k,)
        The smallest of the second variation relative to ∫ δ² dt.
    conjugate_times : ndarray of shape (k,)
    evidence : tuple of str
    """

    verdict: Verdict
    is_minimum: bool | None = None
    morse_index: int | None = None
    nullity: int | None = None
    eigenvalues: Vector = field(default_factory=lambda: np.zeros(0))
    conjugate_times: Vector = field(default_factory=lambda: np.zeros(0))
    evidence: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ". ".join((f"{self.verdict.name}: {self.verdict.value}", *self.evidence)) + "."

    __repr__ = __str__


LOWEST = 6
"""Eigenvalues that are reported."""


def certify_path(confirmed: Refined, success: bool) -> PathCertificate:
    """Say what a path is.

    Parameters
    ----------
    confirmed : Refined
        The path and its error.
    success : bool
        Whether it was found.
    """
    if not success:
        verdict = Verdict.UNDECIDED if np.isfinite(confirmed.error) else Verdict.NOT_STATIONARY
        return PathCertificate(verdict=verdict, evidence=("no path was confirmed by refinement",))
    coarse = _eigenvalues(confirmed.solution)
    action = confirmed.solution.action
    t = np.sort(np.concatenate([action.t, (action.t[1:] + action.t[:-1]) / 2]))
    finer = type(action)(action.lagrangian, action.rule, t, action.start, action.end)
    nodes = confirmed.solution.dense(finer.node_times)
    fine = _eigenvalues(Solution(finer, nodes, finer.terms(nodes)))
    k = min(len(coarse), len(fine))
    error = 2 * np.abs(coarse[:k] - fine[:k]) + 1e-9 * np.abs(fine).max()
    zero = np.abs(fine[:k]) <= error
    index, nullity = int((fine[:k] < -error).sum()), int(zero.sum())
    verdict = Verdict.DEGENERATE if nullity else Verdict.SADDLE if index else Verdict.MINIMUM
    return PathCertificate(
        verdict=verdict,
        is_minimum=None if nullity and not index else index == 0,
        morse_index=index,
        nullity=nullity,
        eigenvalues=fine[:LOWEST],
        evidence=(f"{index} eigenvalues are negative on two meshes",),
    )


def _eigenvalues(solution: Solution) -> Vector:
    """The mass-scaled Hessian's eigenvalues, ascending."""
    action, terms = solution.action, solution.terms
    masses = _masses(action.rule.element.weights, np.diff(action.t), action.rule.degree)
    units = np.repeat(1 / np.sqrt(masses[1:-1]), len(action.start))
    return DenseSymmetric(terms.hessian().scaled(units).toarray()).spectrum[0]


def _masses(weights: Vector, h: Vector, p: int) -> Vector:
    masses = np.zeros(len(h) * p + 1)
    for j in range(p + 1):
        masses[j : j + (len(h) - 1) * p + 1 : p] += h * weights[j]
    return masses


_ = ActionTerms
