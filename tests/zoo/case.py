"""A case of the zoo: a function, a start, and what is true of every point of it.

A case is judged by its `sites`, the stationary points known by hand, never by a certificate: what
is said of a point is true if a site of that kind lies within what was said of the distance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from extremum import Verdict

EPS = float(np.finfo(float).eps)

CLOSE = 1e-2
"""A success is false where no minimum lies within this times max(1, ‖x‖) of its end, however small
the gradient there."""


@dataclass(frozen=True, eq=False)
class Site:
    """A stationary point, or the nearest one of a continuum of them.

    Attributes
    ----------
    x : ndarray of shape (n,)
    verdicts : set of Verdict
        Each of which is true of it: one, unless the curvature is near what rounding hides.
    is_minimum : bool
    index : int or None
        The number of negative eigenvalues; None where it does not matter.
    """

    x: np.ndarray
    verdicts: frozenset[Verdict]
    is_minimum: bool
    index: int | None = None


def _site(x: Any, *verdicts: Verdict, is_minimum: bool, index: int | None = None) -> Site:
    return Site(np.atleast_1d(np.asarray(x, float)), frozenset(verdicts), is_minimum, index)


def minimum(*x: float) -> Site:
    """A strict minimum with a definite Hessian."""
    return _site(x, Verdict.MINIMUM, is_minimum=True, index=0)


def saddle(index: int, *x: float) -> Site:
    """A saddle with a regular Hessian."""
    return _site(x, Verdict.SADDLE, is_minimum=False, index=index)


def maximum(*x: float) -> Site:
    """A strict maximum with a definite Hessian."""
    return _site(x, Verdict.MAXIMUM, is_minimum=False, index=len(x))


def flat(*x: float) -> Site:
    """A minimum, strict or not, with a singular Hessian."""
    return _site(x, Verdict.DEGENERATE, is_minimum=True)


def turning(*x: float) -> Site:
    """A point with a singular Hessian that is no minimum: an inflection, a monkey saddle."""
    return _site(x, Verdict.DEGENERATE, is_minimum=False)


def soft(*x: float) -> Site:
    """A minimum whose Hessian is singular but for what rounding may hide."""
    return _site(x, Verdict.MINIMUM, Verdict.DEGENERATE, is_minimum=True)


def kink(*x: float) -> Site:
    """A minimum where derivatives do not exist: nothing is to be said of its curvature."""
    return _site(x, Verdict.NOT_FINITE, Verdict.NOT_STATIONARY, is_minimum=True)


def newton_site(
    x: np.ndarray,
    gradient: Callable[[np.ndarray], np.ndarray],
    hessian: Callable[[np.ndarray], np.ndarray],
) -> Site:
    """The stationary point to which Newton's iteration leads, by derivatives in closed form."""
    at = np.array(x, float)
    for _ in range(20):
        at = at - np.linalg.solve(hessian(at), gradient(at))
    if not np.abs(gradient(at)).max() <= 1e-9 * max(1.0, np.abs(hessian(at)).max()):
        return _site(np.full(x.size, np.inf), is_minimum=False)
    index = int((np.linalg.eigvalsh(hessian(at)) < 0).sum())
    if index == 0:
        return minimum(*at)
    return maximum(*at) if index == x.size else saddle(index, *at)


Sites = Sequence[Site] | Callable[[np.ndarray], Site]


@dataclass(frozen=True, eq=False)
class Case:
    """A function, a start and the truth.

    Attributes
    ----------
    name : str
    fun : callable
    start : array_like
    verdict : Verdict
        Where an honest run for a minimum ends.
    why : str
        The source of the truth, in a sentence.
    sites : sequence of Site, or callable
        Every stationary point; or a function that gives the one nearest to a point.
    unbounded, receding : bool
        Whether φ falls without bound along some ray; towards an infimum at infinity.
    derivatives : dict
        `jac` and `hess`, where they are the user's own.
    random : bool
        Whether a second call gives another value.
    unit : float
        The length that matters: what is close is measured in it.
    """

    name: str
    fun: Callable[[Any], Any]
    start: Any
    verdict: Verdict
    why: str
    sites: Sites = ()
    unbounded: bool = False
    receding: bool = False
    derivatives: dict[str, Any] = field(default_factory=dict)
    random: bool = False
    unit: float = 1.0

    def nearest(
        self, x: np.ndarray, wanted: Callable[[Site], bool] = lambda site: True
    ) -> tuple[Site, float] | None:
        """The nearest site, of those that are wanted, and its distance."""
        sites = [self.sites(x)] if callable(self.sites) else self.sites
        found = [(s, float(np.linalg.norm(x - s.x))) for s in sites if wanted(s)]
        return min(found, key=lambda pair: pair[1], default=None)

    def close(self, x: np.ndarray) -> float:
        """How near to a minimum a success has to be."""
        return CLOSE * max(self.unit, float(np.linalg.norm(x)))

    def value(self, x: np.ndarray) -> float:
        """φ(x), as it stands."""
        with np.errstate(all="ignore"):
            return float(self.fun(x))

    def is_false_success(self, x: Any) -> bool:
        """Whether a success claimed at `x` is false: no minimum is near, or another is nearer."""
        x = np.atleast_1d(np.asarray(x, float))
        if not np.isfinite(x).all():
            return True
        found = self.nearest(x)
        return found is None or not found[0].is_minimum or found[1] > self.close(x)
