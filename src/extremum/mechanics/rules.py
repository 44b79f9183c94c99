"""The rules that make a sum of the action: polynomials on elements, and a quadrature.

A path that makes the sum stationary is that of a variational integrator (Marsden & West, Acta
Numerica 10 (2001) 357-514); the higher rules are Galerkin's, on Gauss-Lobatto points (Leok &
Shingel, Found. Comput. Math. 12 (2012) 503-528).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.polynomial import Legendre

from extremum.objective import Vector
from extremum.objective.elements import Element
from extremum.outcomes import UnknownOption


@dataclass(frozen=True, eq=False)
class Rule:
    """Polynomials on elements, and a quadrature of L over them.

    Attributes
    ----------
    name : str
    nodes : ndarray of shape (p + 1,)
        Where on [0, 1] the nodal values are.
    element : Element
    order : int
        Of the error of the path at the elements' ends, as a power of their length.
    coupled_order : int
        The same where q and v couple in L.
    """

    name: str
    nodes: Vector
    element: Element
    order: int
    coupled_order: int

    @property
    def degree(self) -> int:
        """The polynomials' degree p."""
        return self.element.degree

    @cached_property
    def coefficients(self) -> Vector:
        """Of an element's polynomial on [0, 1], ascending, by its nodal values."""
        powers = np.vander(self.nodes, increasing=True)
        return np.asarray(np.linalg.solve(powers, np.eye(len(powers))))


def _linear(name: str, points: list[float], weights: list[float], *orders: int) -> Rule:
    c = np.array(points)
    slopes = np.tile([-1.0, 1.0], (c.size, 1))
    element = Element(c, np.array(weights), np.column_stack([1 - c, c]), slopes)
    return Rule(name, np.array([0.0, 1.0]), element, *orders)


def _lobatto(degree: int) -> Rule:
    """Nodes and quadrature at the Gauss-Lobatto points, the zeros of (1 − x²) P′ₚ(x)."""
    legendre = Legendre.basis(degree)
    x = np.concatenate([[-1.0], np.sort(legendre.deriv().roots().real), [1.0]])
    x = (x - x[::-1]) / 2  # symmetric to the last digit
    at_nodes = legendre(x)
    weights = 2 / (degree * (degree + 1) * at_nodes**2)
    # Barycentric weights of Gauss-Lobatto points are ∝ 1/Pₚ (Berrut & Trefethen, section 5).
    gaps = x[:, None] - x + np.eye(degree + 1)
    slopes = at_nodes[:, None] / at_nodes / gaps
    np.fill_diagonal(slopes, 0.0)
    np.fill_diagonal(slopes, -slopes.sum(1))  # D·1 = 0
    order = 2 * degree
    element = Element((1 + x) / 2, weights / 2, np.eye(degree + 1), 2 * slopes)
    return Rule(f"lobatto{order}", (1 + x) / 2, element, order, order)


RULES = {
    rule.name: rule
    for rule in (
        # The sum over left ends is O(Δt), but its stationary paths for L = T − V are those of the
        # trapezoid rule, Störmer's: O(Δt²) (Marsden & West, section 2.7.1).
        _linear("rectangle", [0.0], [1.0], 2, 1),
        _linear("midpoint", [0.5], [1.0], 2, 2),
        _linear("trapezoid", [0.0, 1.0], [0.5, 0.5], 2, 2),
        _lobatto(2),
        _lobatto(3),
        _lobatto(4),
    )
}
"""All rules, by name."""


def rule_of(name: object) -> Rule:
    """Look up a rule.

    Raises
    ------
    UnknownOption
    """
    if not isinstance(name, str) or name not in RULES:
        raise UnknownOption(f"rule={name!r} is unknown; one of {', '.join(RULES)}.")
    return RULES[name]
