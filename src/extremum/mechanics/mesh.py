"""Where elements are to end: short where the path changes quickly."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from extremum.mechanics.dense import DensePath
from extremum.mechanics.rules import Rule
from extremum.mechanics.solution import Solution
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
    return _shared(np.abs(dense.coefficients[-2:]).sum(0).max(1) ** (1 / 7))


def _shared(amount: Vector) -> Vector:
    """Neighbours share: one coefficient may vanish where the path changes all the same."""
    if not amount.any():
        return np.ones_like(amount)
    shared = amount.copy()
    np.maximum(shared[1:], amount[:-1], out=shared[1:])
    np.maximum(shared[:-1], amount[1:], out=shared[:-1])
    return shared


def is_even(solution: Solution) -> bool:
    """Whether equal elements, as the path's own are to be, suit it; told from its nodes alone."""
    if not _equal(solution.t[1:] - solution.t[:-1]):
        return False
    rule = solution.action.rule
    highest = np.abs(rule.coefficients[-1] @ solution.by_elements).max(1)
    amount = _shared(highest ** (1 / rule.degree))
    return bool(amount.max() * len(amount) <= UNEVEN * amount.sum())


def divided(solution: Solution, parts: int) -> Vector:
    """The nodes on elements of which so many make one, by the elements' own polynomials."""
    between = _dividing(solution.action.rule, parts)
    inner = (between @ solution.by_elements).reshape(-1, solution.nodes.shape[1])
    inner[0] = solution.nodes[0]
    return np.concatenate([inner, solution.nodes[-1:]])


@lru_cache
def _dividing(rule: Rule, parts: int) -> Vector:
    """From an element's nodal values to those of its parts, but the last one."""
    x = ((np.arange(parts)[:, np.newaxis] + rule.nodes[:-1]) / parts).ravel()
    return np.asarray(np.vander(x, rule.degree + 1, increasing=True) @ rule.coefficients)


def _equal(h: Vector) -> bool:
    return bool(h.max() - h.min() <= 1e-9 * h.max())


def equidistributed(dense: DensePath, elements: int) -> Vector:
    """The ends of so many elements that share what the path asks for; of shape (elements + 1,)."""
    t, h = dense.t, np.diff(dense.t)
    rate = density(dense) / h
    mean = float(rate @ h) / (t[-1] - t[0])
    if rate.max() <= UNEVEN * mean and _equal(h):
        return np.linspace(t[0], t[-1], elements + 1)
    rate = np.maximum(rate, SPARSEST * mean)
    amount = np.concatenate([[0.0], np.cumsum(rate * h)])
    mesh = np.interp(np.linspace(0.0, amount[-1], elements + 1), amount, t)
    mesh[0], mesh[-1] = t[0], t[-1]
    return mesh
