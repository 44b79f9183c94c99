"""What a path is: the verdict on the continuous path, from its second variation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from extremum.linalg import EPS
from extremum.mechanics.closed_index import ClosedIndex, closed_index
from extremum.mechanics.dense import DensePath
from extremum.mechanics.index import MorseIndex, morse_index
from extremum.mechanics.linearization import Linearization
from extremum.mechanics.symmetries import SYMMETRIES, named
from extremum.mechanics.system import LagrangianDerivatives, TracedLagrangian
from extremum.objective import Vector
from extremum.outcomes import InvalidInput, Verdict

if TYPE_CHECKING:
    from extremum.mechanics.refine import Refined


@dataclass(frozen=True, eq=False, kw_only=True)
class PathCertificate:
    """What a path is.

    Attributes
    ----------
    verdict : Verdict
        `MINIMUM`, `SADDLE` or `DEGENERATE`; `UNDECIDED` where the evidence does not suffice;
        `NOT_STATIONARY` where no path was found. An action has no maxima.
    is_minimum : bool or None
        Whether the action is least among neighbouring paths; None where that is undecided.
    morse_index : int or None
        How many independent variations lower the action: of the continuous functional, whatever
        mesh found the path. None where the two counts of it differ.
    nullity : int or None
        How many leave it as it is, to second order.
    eigenvalues, eigenvalue_error : ndarray of shape (k,)
        The smallest of Jacobi's operator, relative to ∫ |δ|² dt, and their estimated errors.
    flat_directions : dict of str to ndarray of shape (m, d)
        For a closed path: what leaves the action as it is, by name, as variations at `index.times`.
    conjugate_times : ndarray of shape (k,)
        Before the end, ascending, each as often as its multiplicity.
    index : MorseIndex or None
        All that was computed for it.
    evidence : tuple of str
        The steps of the argument, in words.
    """

    verdict: Verdict
    is_minimum: bool | None = None
    morse_index: int | None = None
    nullity: int | None = None
    eigenvalues: Vector = field(default_factory=lambda: np.zeros(0))
    eigenvalue_error: Vector = field(default_factory=lambda: np.zeros(0))
    flat_directions: Mapping[str, Vector] = field(default_factory=dict, repr=False)
    conjugate_times: Vector = field(default_factory=lambda: np.zeros(0))
    index: MorseIndex | ClosedIndex | None = field(default=None, repr=False)
    evidence: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ". ".join((f"{self.verdict.name}: {self.verdict.value}", *self.evidence)) + "."

    __repr__ = __str__

    @property
    def smallest_eigenvalue(self) -> float:
        """The smallest eigenvalue of Jacobi's operator."""
        return float(self.eigenvalues.min(initial=np.nan))


def certify_path(lagrangian: TracedLagrangian, confirmed: Refined) -> PathCertificate:
    """Say what a path is.

    Parameters
    ----------
    lagrangian : TracedLagrangian
    confirmed : Refined
        The most accurate path that is known, and its error.
    """
    if not np.isfinite(confirmed.error):
        return PathCertificate(
            verdict=Verdict.NOT_STATIONARY, evidence=("no path is confirmed by refinement",)
        )
    path = confirmed.solution.dense
    try:
        found = morse_index(along(lagrangian, path), path.t, _neighbour(lagrangian, confirmed))
    except InvalidInput as error:  # L_vv is not positive definite
        return PathCertificate(verdict=Verdict.UNDECIDED, evidence=(str(error).rstrip("."),))
    index, nullity = found.morse_index, found.nullity
    if index is None or nullity is None:
        verdict = Verdict.UNDECIDED
    elif nullity:
        verdict = Verdict.DEGENERATE
    else:
        verdict = Verdict.SADDLE if index else Verdict.MINIMUM
    return PathCertificate(
        verdict=verdict,
        is_minimum=None if verdict is Verdict.UNDECIDED or (nullity and not index) else not index,
        morse_index=index,
        nullity=nullity,
        eigenvalues=found.eigenvalues,
        eigenvalue_error=found.eigenvalue_error,
        conjugate_times=found.conjugate_points.times,
        index=found,
        evidence=found.evidence,
    )


def certify_closed_path(lagrangian: TracedLagrangian, confirmed: Refined) -> PathCertificate:
    """Say what a closed path is among those of the same period, but for its flat directions.

    Parameters
    ----------
    lagrangian, confirmed
        As for `certify_path`.
    """
    if not np.isfinite(confirmed.error):
        return PathCertificate(
            verdict=Verdict.NOT_STATIONARY, evidence=("no path is confirmed by refinement",)
        )
    path = confirmed.solution.dense
    try:
        found = closed_index(along(lagrangian, path), path.t, _neighbour(lagrangian, confirmed))
    except InvalidInput as error:  # L_vv is not positive definite
        return PathCertificate(verdict=Verdict.UNDECIDED, evidence=(str(error).rstrip("."),))
    index, nullity = found.morse_index, found.nullity
    flat = named(found.flat, found.weights, path(found.times), path.velocity(found.times))
    if index is None:
        verdict, is_minimum = Verdict.UNDECIDED, None
    elif index:
        verdict, is_minimum = Verdict.SADDLE, False
    elif nullity:
        # Paths that a symmetry makes of each other have the same action; of others who knows.
        known = all(name.startswith(SYMMETRIES) for name in flat)
        verdict, is_minimum = Verdict.DEGENERATE, True if known else None
    else:
        verdict, is_minimum = Verdict.MINIMUM, True
    return PathCertificate(
        verdict=verdict,
        is_minimum=is_minimum,
        morse_index=index,
        nullity=nullity,
        eigenvalues=found.eigenvalues,
        eigenvalue_error=found.eigenvalue_error,
        flat_directions=flat,
        conjugate_times=found.conjugate_points.times,
        index=found,
        evidence=(*found.evidence, *(f"flat: {name}" for name in flat)),
    )


def along(lagrangian: TracedLagrangian, path: DensePath) -> Linearization:
    """The second derivatives of L along a path."""

    def derivatives(t: Vector) -> LagrangianDerivatives:
        return lagrangian.derivatives(t, path(t), path.velocity(t))

    return derivatives


def _neighbour(lagrangian: TracedLagrangian, confirmed: Refined) -> Linearization:
    """The second derivatives along a path that is off by the error in every coordinate."""
    path, error = confirmed.solution.dense, confirmed.error
    span = path.t[-1] - path.t[0]
    speed = max(error / float(np.diff(path.t).min()), EPS * confirmed.solution.extent / span)

    def derivatives(t: Vector) -> LagrangianDerivatives:
        return lagrangian.derivatives(t, path(t) + error, path.velocity(t) + speed)

    return derivatives
