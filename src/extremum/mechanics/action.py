"""The discrete action: a function of the nodes of a path, with a banded Hessian.

The path is a polynomial on each element (see `rules`), its ends fixed. Everything here is linear in
the number of elements, in time and in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite

import numpy as np

from extremum.linalg import Factorizable, Pattern
from extremum.linalg.band_lu import BandLU, TridiagonalLU
from extremum.mechanics.rules import Rule
from extremum.mechanics.system import TracedLagrangian
from extremum.objective import Counts, Objective, Vector
from extremum.objective.elements import BandTerms, ChainTerms, ElementIntegral, ElementTerms


@dataclass(frozen=True, eq=False)
class ActionTerms:
    """The discrete action to second order at one path.

    Attributes
    ----------
    value : float
        S.
    gradient : ndarray of shape (n,)
        ∇S by the inner nodes.
    """

    terms: BandTerms | ChainTerms
    value: float
    gradient: Vector

    @classmethod
    def of(cls, terms: BandTerms | ChainTerms) -> ActionTerms:
        """Add up what the elements contribute."""
        # NumPy adds pairwise: at a million elements a plain sum would lose six digits.
        value = float(terms.value.sum())
        if isinstance(terms, ChainTerms):
            return cls(terms, value, terms.gradient)
        return cls(terms, value, terms.gradient[1:].ravel())

    @property
    def is_finite(self) -> bool:
        """Whether S, its gradient and its Hessian are."""
        terms = self.terms
        parts = (terms.diagonal, terms.off) if isinstance(terms, ChainTerms) else (terms.band,)
        return isfinite(self.value) and all(isfinite(part.sum()) for part in parts)

    def factored(self) -> TridiagonalLU | BandLU:
        """The Hessian, ready to solve with."""
        if isinstance(self.terms, ChainTerms):
            return TridiagonalLU.of(self.terms.diagonal, self.terms.off)
        return BandLU.of(self.terms.band, len(self.terms.band) // 3)

    def hessian(self) -> Factorizable:
        """∇²S by the inner nodes, in its storage."""
        terms = self.terms
        if isinstance(terms, ChainTerms):
            values = np.empty(2 * terms.diagonal.size - 1)
            values[::2], values[1::2] = terms.diagonal, terms.off
            return Pattern.tridiagonal(terms.diagonal.size).matrix(values)
        band, b = terms.band, len(terms.band) // 3
        pattern = Pattern.with_bandwidth(band.shape[1], min(b, band.shape[1] - 1))
        return pattern.matrix(band[2 * b + pattern.rows - pattern.cols, pattern.cols])


@dataclass(frozen=True, eq=False)
class DiscreteAction(Objective):
    """S of the inner nodes of a path whose ends are fixed.

    Parameters
    ----------
    lagrangian : TracedLagrangian
    rule : Rule
    t : ndarray of shape (m + 1,)
        The elements' ends.
    start, end : ndarray of shape (d,)

    Notes
    -----
    A point x has (m p − 1) d components: node by node, in the order of time. `discrete_action`
    makes one for `minimize`.
    """

    lagrangian: TracedLagrangian
    rule: Rule
    t: Vector
    start: Vector
    end: Vector
    counts: Counts = field(default_factory=Counts)

    @property
    def size(self) -> int:
        """How many inner nodes' coordinates there are."""
        return ((len(self.t) - 1) * self.rule.degree - 1) * self.start.size

    @cached_property
    def integral(self) -> ElementIntegral:
        """∫ L dt, element by element."""
        return ElementIntegral(self.lagrangian.local, self.rule.element, self.t)

    @cached_property
    def node_times(self) -> Vector:
        """The times of all nodes, of shape (m p + 1,)."""
        inner = self.t[:-1, None] + np.diff(self.t)[:, None] * self.rule.nodes[:-1]
        return np.append(inner, self.t[-1])

    @cached_property
    def node_weights(self) -> Vector:
        """The quadrature's weights of the nodes, of shape (m p + 1,): the Hessian's scale."""
        p, m = self.rule.degree, len(self.t) - 1
        shares = np.diff(self.t)[:, None] * (self.rule.element.weights @ self.rule.element.values)
        weights = np.zeros(m * p + 1)
        for j in range(p + 1):
            weights[j : j + (m - 1) * p + 1 : p] += shares[:, j]
        return weights

    def nodes(self, x: Vector) -> Vector:
        """All nodal values, of shape (m p + 1, d)."""
        whole = np.concatenate([self.start, x, self.end])
        return whole.reshape(-1, self.start.size)

    def terms(self, nodes: Vector) -> ActionTerms:
        """The action to second order at nodal values of shape (m p + 1, d)."""
        self._count()
        return self._terms(nodes)

    def elements(self, nodes: Vector) -> ElementTerms:
        """The same element by element, for a closed path, whose ends may move."""
        self._count()
        return self.integral.elements(nodes)

    def _count(self) -> None:
        self.counts.nfev += 1
        self.counts.njev += 1
        self.counts.nhev += 1

    def _terms(self, nodes: Vector) -> ActionTerms:
        if nodes.shape[1] == 1 and self.rule.degree == 1:
            return ActionTerms.of(self.integral.chain(nodes))
        return ActionTerms.of(self.integral.band(nodes))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a descent may meet."""
        return (
            "an action need not have a minimum: that of an anharmonic well is unbounded below over "
            "a long duration; stationary_path finds the paths all the same",
        )

    def value(self, x: Vector) -> float:
        """S."""
        self.counts.nfev += 1
        return float(self.integral.values(self.nodes(x)).sum())

    def value_and_gradient(self, x: Vector) -> tuple[float, Vector]:
        """S and ∇S."""
        self.counts.nfev += 1
        self.counts.njev += 1
        terms = self._terms(self.nodes(x))
        return terms.value, terms.gradient

    def hessian(self, x: Vector) -> Factorizable:
        """∇²S."""
        self.counts.nhev += 1
        return self._terms(self.nodes(x)).hessian()

    def value_gradient_hessian(self, x: Vector) -> tuple[float, Vector, Factorizable]:
        """S, ∇S and ∇²S by one call."""
        terms = self.terms(self.nodes(x))
        return terms.value, terms.gradient, terms.hessian()
