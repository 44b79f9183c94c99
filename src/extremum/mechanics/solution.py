"""A problem, and a stationary path of its action on one mesh."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from extremum.mechanics.action import ActionTerms, DiscreteAction
from extremum.mechanics.dense import DensePath
from extremum.mechanics.rules import RULES, Rule
from extremum.mechanics.system import TracedLagrangian
from extremum.objective import Counts, Vector
from extremum.objective.elements import ChainTerms, ElementIntegral
from extremum.objective.motion import Motion, motion_of_momentum


@dataclass(frozen=True, eq=False)
class Problem:
    """Two events, and what moves between them.

    Attributes
    ----------
    lagrangian : TracedLagrangian
    begin, finish : float
        t₀ and t₁.
    start, end : ndarray of shape (d,)
    counts : Counts
        What all its discrete actions evaluate.
    """

    lagrangian: TracedLagrangian
    begin: float
    finish: float
    start: Vector
    end: Vector
    counts: Counts = field(default_factory=Counts)

    def uniform(self, elements: int) -> Vector:
        """The ends of so many elements of equal length, of shape (elements + 1,)."""
        return np.linspace(self.begin, self.finish, elements + 1)

    def action(self, rule: Rule, t: Vector) -> DiscreteAction:
        """The discrete action on a mesh."""
        return DiscreteAction(self.lagrangian, rule, t, self.start, self.end, self.counts)


@dataclass(frozen=True, eq=False)
class Solution:
    """Nodal values, such that ∇S = 0 if a search has ended, and the path that they stand for.

    Attributes
    ----------
    action : DiscreteAction
    nodes : ndarray of shape (N, d)
    """

    action: DiscreteAction
    nodes: Vector

    @cached_property
    def terms(self) -> ActionTerms:
        """The discrete action at the nodes."""
        return self.action.terms(self.nodes)

    @property
    def t(self) -> Vector:
        """The elements' ends, of shape (m + 1,)."""
        return self.action.t

    @property
    def q(self) -> Vector:
        """The coordinates there, of shape (m + 1, d)."""
        return self.nodes[:: self.action.rule.degree]

    @cached_property
    def by_elements(self) -> Vector:
        """The nodes of each element, of shape (m, p + 1, d)."""
        nodes, p = self.nodes, self.action.rule.degree
        inner = nodes[:-1].reshape(-1, p, nodes.shape[1])
        return np.concatenate([inner, nodes[p::p, np.newaxis]], 1)

    @cached_property
    def extent(self) -> float:
        """The largest coordinate in size."""
        return float(max(self.nodes.max(), -self.nodes.min()))

    @cached_property
    def value(self) -> float:
        """The action, as accurate as the path."""
        if self.action.rule is not RULES["rectangle"]:
            return self.terms.value
        return float(self._trapezoid.values(self.nodes).sum())

    @cached_property
    def motion(self) -> Motion:
        """Velocities, momenta and the like at the elements' ends."""
        return motion_of_momentum(
            self.action.lagrangian.local, self.t, self.q, self._momenta, self._slopes
        )

    @property
    def _momenta(self) -> Vector:
        """∂Sₑ by an element's ends, both elements' mean (Marsden & West, section 1.3).

        Of the rectangle rule they are O(Δt) off; of the trapezoid rule, whose paths are the same,
        O(Δt²).
        """
        terms = self.terms.terms
        if self.action.rule is RULES["rectangle"]:
            terms = self._trapezoid.band(self.nodes)
        elif isinstance(terms, ChainTerms):
            terms = self.action.integral.band(self.nodes)
        shared = terms.gradient[:: self.action.rule.degree]
        inner = terms.ends[:-1] - shared[1:] / 2
        return np.concatenate([-shared[:1], inner, terms.ends[-1:]])

    @property
    def _trapezoid(self) -> ElementIntegral:
        return replace(self.action.integral, element=RULES["trapezoid"].element)

    @property
    def _slopes(self) -> Vector:
        """Velocities at the elements' ends, roughly: by the nodes beside them."""
        t, p = self.action.node_times, self.action.rule.degree
        at = np.arange(0, len(t), p)
        after, before = np.minimum(at + 1, len(t) - 1), np.maximum(at - 1, 0)
        return (self.nodes[after] - self.nodes[before]) / (t[after] - t[before])[:, np.newaxis]

    @cached_property
    def dense(self) -> DensePath:
        """The path between the elements' ends."""
        return DensePath.of(self.t, self.q, self.motion)
