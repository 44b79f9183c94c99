"""The quadratures and polynomials against their definitions."""

import numpy as np
import pytest

import extremum as ex
from extremum.mechanics.rules import RULES, rule_of


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_polynomials_are_interpolated_and_differentiated(rule):
    element, p = rule.element, rule.degree
    for power in range(p + 1):
        at_nodes = rule.nodes**power
        np.testing.assert_allclose(element.values @ at_nodes, element.points**power, atol=1e-14)
        slope = power * element.points ** max(power - 1, 0)
        np.testing.assert_allclose(element.slopes @ at_nodes, slope, atol=1e-13)


@pytest.mark.parametrize(
    ("name", "exact"),
    [
        ("rectangle", 0),
        ("midpoint", 1),
        ("trapezoid", 1),
        ("lobatto4", 3),
        ("lobatto6", 5),
        ("lobatto8", 7),
    ],
)
def test_quadratures_are_exact_to_their_degree_and_no_further(name, exact):
    element = RULES[name].element
    errors = [element.weights @ element.points**k - 1 / (k + 1) for k in range(exact + 2)]
    assert np.abs(errors[:-1]).max() < 1e-15
    assert abs(errors[-1]) > 1e-5


def test_the_points_of_lobatto8_are_those_of_the_tables():
    # Abramowitz & Stegun, table 25.6, n = 5, on [-1, 1].
    np.testing.assert_allclose(2 * RULES["lobatto8"].nodes[3] - 1, np.sqrt(3 / 7), rtol=1e-15)
    np.testing.assert_allclose(
        2 * RULES["lobatto8"].element.weights[:3], [1 / 10, 49 / 90, 32 / 45]
    )


def test_an_unknown_rule_is_named():
    with pytest.raises(ex.UnknownOption, match="rule='simpson' is unknown; one of rectangle"):
        rule_of("simpson")
