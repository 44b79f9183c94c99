"""The certificate: what a point is, and the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from extremum.objective import Counts, Vector
from extremum.outcomes import Verdict


@dataclass(frozen=True, eq=False)
class Ray:
    """A straight line from the point along which the function keeps decreasing.

    Attributes
    ----------
    direction : ndarray of shape (n,)
        Of length 1.
    lengths, values : ndarray of shape (k,)
        Distances from the point, and the function there.
    """

    direction: Vector
    lengths: Vector
    values: Vector


@dataclass(frozen=True, eq=False, kw_only=True)
class Certificate:
    """What a point is, computed afresh there, whatever a solver said.

    Attributes
    ----------
    verdict : Verdict
    is_minimum : bool or None
        Whether the point is a local minimum up to `radius`; None where that is undecided.
    fun : float
    gradient_norm : float
        ‖∇φ‖∞.
    gradient_floor : float
        The rounding error of ∇φ, measured at neighbouring points; ∞-norm.
    eigenvalues : ndarray of shape (k,)
        The extremal eigenvalues of the Hessian, ascending: all of them where n ≤ 6, else the three
        smallest and the three largest. Of a large Hessian those that were seen, of one known by
        products the outermost two.
    eigenvalue_error : ndarray of shape (k,) or None
        So near to each an eigenvalue is. By products: how far the spectrum may reach beyond it,
        but for the probability that the evidence states.
    morse_index : int or None
        How many eigenvalues are certainly negative; by products, a lower bound except at a minimum
        or a maximum.
    nullity : int or None
        How many are zero within their bound; a lower bound where the evidence says so.
    radius : float or None
        A ball of this radius about the point, in the 2-norm, holds the stationary point that the
        verdict speaks of: an error bar on x.
    distance : float or None
        For `NOT_STATIONARY`: the estimated distance to the nearest stationary point, the length of
        the Newton step.
    stationary_point : ndarray of shape (n,) or None
        For `NOT_STATIONARY` with a tiny gradient: the certified stationary point that Newton's
        iteration leads to. For `DEGENERATE`: the minimum next to a point that still curves down.
    flat_directions : ndarray of shape (nullity, n) or None
        Unit vectors without curvature.
    ray : Ray or None
    lower_point : ndarray of shape (n,) or None
        A point whose value is lower by more than rounding.
    lower_value : float or None
    hessian : ndarray, csc_array or LinearOperator of shape (n, n), or None
        In the Hessian's own storage, but that it is an ndarray up to n = 100.
    gradient : ndarray of shape (n,)
    counts : Counts
        What the certificate itself evaluated.
    seconds : float
    source : str
        The derivatives it was computed with.
    evidence : tuple of str
        The steps of the argument, in words.
    """

    verdict: Verdict
    is_minimum: bool | None
    fun: float
    gradient: Vector
    gradient_norm: float
    gradient_floor: float = float("nan")
    eigenvalues: Vector | None = None
    eigenvalue_error: Vector | None = None
    morse_index: int | None = None
    nullity: int | None = None
    radius: float | None = None
    distance: float | None = None
    stationary_point: Vector | None = None
    flat_directions: Vector | None = None
    ray: Ray | None = None
    lower_point: Vector | None = None
    lower_value: float | None = None
    hessian: Any = None
    counts: Counts
    seconds: float = 0.0
    source: str = ""
    evidence: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ". ".join((f"{self.verdict.name}: {self.verdict.value}", *self.evidence)) + "."

    __repr__ = __str__

    @property
    def smallest_eigenvalue(self) -> float:
        """The Hessian's smallest eigenvalue."""
        return float("nan") if self.eigenvalues is None else float(np.min(self.eigenvalues))
