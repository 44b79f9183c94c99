"""The second variation of an action along a path, and times that resolve it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from extremum.objective import Vector


class SecondDerivatives(Protocol):
    """Those of L along a path.

    The second variation of the action is ∫ δ̇·L_vv δ̇ + 2 δ·L_qv δ̇ + δ·L_qq δ dt.
    """

    @property
    def L_qq(self) -> Vector:
        """Of shape (m, d, d)."""

    @property
    def L_qv(self) -> Vector:
        """Of shape (m, d, d); the coordinate's index before the velocity's."""

    @property
    def L_vv(self) -> Vector:
        """Of shape (m, d, d)."""


Linearization = Callable[[Vector], SecondDerivatives]
"""The second derivatives of L along a path, at times of shape (m,)."""

SAMPLES = 64
"""Times at least at which a path is looked at to choose a mesh, or coordinates."""


def mesh(rate: Callable[[Vector], Vector], edges: Vector, most: float) -> Vector:
    """Times between which the integral of `rate` is at most about `most`.

    Edges are left out where they are closer, and others put in where they are farther apart. Where
    none is left out, a function that is smooth between the edges is so between these times.

    Parameters
    ----------
    rate
        Takes times of shape (m,) to positive numbers of shape (m,).
    edges : ndarray of shape (k + 1,)
        Ascending.
    """
    k = len(edges) - 1
    samples = _divided(edges, np.full(k, -(-SAMPLES // k)))
    rates = rate(samples)
    passed = np.r_[0.0, np.cumsum(np.maximum(rates[1:], rates[:-1]) * np.diff(samples))]
    passed = passed[:: (len(samples) - 1) // k]
    # The last edge of each stretch of length `most`, so that what is left between is no longer.
    kept = np.flatnonzero(np.diff(np.floor(passed / most), append=np.inf))
    kept = np.unique(np.r_[0, kept])
    # A stretch that is longer by less than a quarter is left whole.
    parts = np.ceil(np.diff(passed[kept]) / most - 0.25).astype(int)
    return _divided(edges[kept], np.maximum(parts, 1))


def _divided(edges: Vector, parts: NDArray[np.int_]) -> Vector:
    """Each interval divided into so many equal parts."""
    first = np.repeat(np.cumsum(parts) - parts, parts)
    within = (np.arange(parts.sum()) - first) / np.repeat(parts, parts)
    left, width = np.repeat(edges[:-1], parts), np.repeat(np.diff(edges), parts)
    return np.asarray(np.r_[left + within * width, edges[-1]])
