"""Newton's iteration for closed paths, whose Hessian is singular.

A closed path may be begun anywhere, so ∇S = 0 has a family of solutions at the least, and none of
its members is preferred. The step is that of Levenberg and Marquardt, the shortest for its
accuracy, so that the iteration leads to a closed path near the guess whatever family it is of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import eye_array
from scipy.sparse.linalg import splu

from extremum.linalg import cyclic_block_tridiagonal
from extremum.mechanics.action import DiscreteAction
from extremum.mechanics.newton import Record
from extremum.mechanics.second_variation import chain
from extremum.objective import Vector
from extremum.objective.elements import ElementTerms

MOST_ITERATIONS = 100

FIRST, LEAST, MOST = 1e-1, 1e-5, 1e6
"""The damping at first, at least and at most, in parts of the stiffness M (2π/T)². What curves the
action less than the least is a flat direction to the iteration."""

EASIER, HARDER = 0.1, 4.0
"""What a good step multiplies the damping by, and a bad one."""

GOOD = 0.5
"""A step after which the next would be shorter than this part of it makes the damping smaller."""

ROUNDING = 1e-10
"""A step that changes the path by less than this part of its extent and is followed by none that is
shorter is lost in rounding: there is nothing better."""


@dataclass(frozen=True, eq=False)
class ClosedTerms:
    """The action to second order at a closed path, by nodes that all may move.

    Attributes
    ----------
    elements : ElementTerms
    gradient : ndarray of shape (n,)
        ∇S by all nodes but the last, which is the first one; times `units`.
    units : ndarray of shape (n,)
        In which ∫ |δ|² dt is a sum of squares.
    """

    elements: ElementTerms
    gradient: Vector
    units: Vector

    @classmethod
    def of(cls, action: DiscreteAction, nodes: Vector) -> ClosedTerms:
        """Evaluate it."""
        elements = action.elements(nodes)
        p = action.rule.degree
        slopes = elements.gradient
        gradient = slopes[:, :p].copy()
        gradient[:, 0] += np.roll(slopes[:, p], 1, axis=0)
        weights = action.node_weights[:-1].copy()
        weights[0] += action.node_weights[-1]
        units = np.repeat(1 / np.sqrt(weights), nodes.shape[1])
        return cls(elements, gradient.ravel() * units, units)

    @property
    def is_finite(self) -> bool:
        """Whether S, its gradient and its Hessian are."""
        return all(bool(np.isfinite(part.sum())) for part in self.elements)

    def damped(self, damping: float) -> Callable[[Vector], Vector]:
        """The map of g to the s that makes ‖H s + g‖² + damping² ‖s‖² least, both times `units`.

        H is symmetric, so s = -(H² + λ²)⁻¹ H g = -Re (H + iλ)⁻¹ g: one solution, no square.
        """
        m, p1, d = self.elements.gradient.shape
        blocks, below = chain(self.elements.hessian.reshape(m, p1 * d, p1 * d), d)
        units = self.units.reshape(m, -1)
        blocks *= units[:, :, None] * units[:, None, :]
        below *= np.roll(units, -1, axis=0)[:, :, None] * units[:, None, :]
        hessian = cyclic_block_tridiagonal(blocks, below).to_scipy()
        # Blocks are mostly zeros, which would fill the factors.
        hessian.eliminate_zeros()
        shifted = (hessian + 1j * damping * eye_array(len(self.gradient))).tocsc()
        factors = splu(shifted, permc_spec="MMD_AT_PLUS_A")
        return lambda gradient: -factors.solve(gradient.astype(complex)).real


@dataclass(frozen=True, eq=False)
class ClosedRun:
    """Where the iteration ended."""

    nodes: Vector
    converged: bool


def closed_newton(
    action: DiscreteAction,
    nodes: Vector,
    stiffness: float,
    resolution: float,
    record: Record,
    damping: float = FIRST,
) -> ClosedRun:
    """Find a closed path where ∇S = 0.

    Parameters
    ----------
    action : DiscreteAction
    nodes : ndarray of shape (N, d)
        The first iterate; its first and its last node are the same.
    stiffness : float
        What the damping is measured by.
    resolution : float
        A step that changes no coordinate by more, in parts of the path's extent, is the last.
    record : callable
    damping : float
        Of the first step.
    """
    now = ClosedTerms.of(action, nodes)
    record(action, nodes, None, np.nan, "")
    extent = float(np.abs(nodes).max())
    for _ in range(MOST_ITERATIONS):
        damped = now.damped(damping * stiffness)
        step = damped(now.gradient)
        change = (step * now.units).reshape(-1, nodes.shape[1])
        largest = float(np.abs(change).max())
        trial = nodes + np.vstack([change, change[:1]])
        new = ClosedTerms.of(action, trial)
        ratio = np.inf
        if new.is_finite:
            # The natural test, as in `newton`: is the next step shorter with the same Hessian?
            after = np.linalg.norm(damped(new.gradient))
            ratio = float(after / np.linalg.norm(step)) if step.any() else 0.0
        extent = max(extent, float(np.abs(trial).max()))
        if ratio >= 1 and largest > ROUNDING * extent:
            damping *= HARDER
            if damping > MOST:
                break
            continue
        nodes, now = trial, new
        record(action, nodes, None, 1.0, "damped" if damping > LEAST else "")
        if largest <= resolution * extent or ratio >= 1:
            # No step follows a force along a flat direction, so what is left of it is looked at. On
            # N nodes the largest eigenvalue of H is about the stiffness times N².
            size = extent * np.sqrt((action.t[-1] - action.t[0]) * nodes.shape[1])
            allowed = max(resolution, ROUNDING) * stiffness * len(nodes) ** 2 * size
            return ClosedRun(nodes, bool(np.linalg.norm(now.gradient) <= allowed))
        if ratio < GOOD:
            damping = max(damping * EASIER, LEAST)
    return ClosedRun(nodes, False)
