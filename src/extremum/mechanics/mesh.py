"""Where elements are to end: short where the path changes quickly."""

from __future__ import annotations

import numpy as np

from extremum.mechanics.dense import DensePath
from extremum.objective import Vector

UNEVEN = 2.0
"""A mesh is left uniform where no element should be shorter than the mean by more than this."""

SPARSEST = 0.25
"""No element is longer than the mean by more than the inverse: what is estimated may be zero."""


def density(dense: DensePath) -> Vector:
    """How many elements a path asks for in each of its elements, up to a factor; of shape (m,).

    The error of an element is as the h-th power of its length over the time in which the path
    changes; that time is read from the highest coefficient of the element's polynomial, and errors
    are equal where the elements' lengths are in proportion to it (de Boor, A Practical Guide to
    Splines, chapter 12).
    """
    highest = np.abs(dense.coefficients[-2:]).sum(0).max(1)
    amount = highest ** (1 / 7)
    if not amount.any():
        return np.ones_like(amount)
    # Neighbours share: one coefficient may vanish where the path changes all the same.
    padded = np.concatenate([amount[:1], amount, amount[-1:]])
    return np.asarray(np.maximum(padded[:-2], np.maximum(padded[1:-1], padded[2:])))


def equidistributed(dense: DensePath, elements: int) -> Vector:
    """The ends of so many elements that share what the path asks for; of shape (elements + 1,)."""
    t, h = dense.t, np.diff(dense.t)
    rate = density(dense) / h
    mean = float(rate @ h) / (t[-1] - t[0])
    if rate.max() <= UNEVEN * mean and np.ptp(h) <= 1e-9 * h.max():
        return np.linspace(t[0], t[-1], elements + 1)
    rate = np.maximum(rate, SPARSEST * mean)
    amount = np.concatenate([[0.0], np.cumsum(rate * h)])
    mesh = np.interp(np.linspace(0.0, amount[-1], elements + 1), amount, t)
    mesh[0], mesh[-1] = t[0], t[-1]
    return mesh
