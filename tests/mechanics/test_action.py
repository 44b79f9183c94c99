"""The discrete action against its definition, and its derivatives against differences."""

import numpy as np
import pytest

import extremum as ex
from extremum.linalg import TridiagonalSymmetric
from extremum.mechanics import Lagrangian, Particle, discrete_action
from extremum.mechanics.action import DiscreteAction
from extremum.mechanics.rules import RULES

RNG = np.random.default_rng(5)


def pair(t, q, v):
    """Two coordinates whose velocities couple to each other, to the coordinates and to time."""
    kinetic = v[0] ** 2 + (1 + q[0] ** 2) * v[1] ** 2 / 2 + 0.3 * np.cos(q[1]) * v[0] * v[1]
    return kinetic + t * q[0] * v[1] - np.sin(q[0]) * q[1] ** 2


def quartic(q):
    return q**4 / 4


def plain(L, rule, t, nodes):
    """The sum as it is defined, element by element and point by point."""
    element, total = rule.element, 0.0
    for e in range(len(t) - 1):
        h = t[e + 1] - t[e]
        q = nodes[e * rule.degree : (e + 1) * rule.degree + 1]
        for c, w, N, D in zip(
            element.points, element.weights, element.values, element.slopes, strict=True
        ):
            total += h * w * L(t[e] + c * h, N @ q, D @ q / h)
    return total


def action_of(system, rule, t, start, end):
    traced = system.traced(0.0, np.asarray(start), np.asarray(end) - start)
    return DiscreteAction(traced, RULES[rule], t, np.atleast_1d(start), np.atleast_1d(end))


MESH = np.array([0.0, 0.2, 0.5, 0.6, 1.1])


@pytest.mark.parametrize(
    ("rule", "d"), [*((rule, 1) for rule in RULES), ("rectangle", 2), ("lobatto4", 2)]
)
def test_the_action_and_its_derivatives(rule, d, differences):
    if d == 1:
        action = action_of(Particle(2.0, quartic), rule, MESH, 0.5, -0.3)

        def L(t, q, v):
            return v[0] ** 2 - quartic(q[0])

    else:
        action, L = action_of(Lagrangian(pair), rule, MESH, [0.5, 0.1], [-0.3, 0.4]), pair
    x = RNG.normal(size=action.size)

    def plainly(x):
        return plain(L, action.rule, MESH, action.nodes(x))

    gradient, hessian = differences
    value, slope, matrix = action.value_gradient_hessian(x)
    np.testing.assert_allclose([value, action.value(x)], plainly(x), rtol=1e-13)
    np.testing.assert_allclose(slope, gradient(plainly, x), atol=1e-6)
    np.testing.assert_allclose(matrix.toarray(), hessian(plainly, x), atol=1e-4)
    np.testing.assert_array_equal(action.value_and_gradient(x)[1], slope)
    np.testing.assert_array_equal(action.hessian(x).toarray(), matrix.toarray())
    # What Newton's iteration solves with is the same matrix.
    b = RNG.normal(size=(action.size))
    solved = action.terms(action.nodes(x)).factored().solve(b)
    np.testing.assert_allclose(matrix @ solved, b, atol=1e-9)
    assert isinstance(matrix, TridiagonalSymmetric) == (d == 1 and action.rule.degree == 1)


@pytest.mark.parametrize("elements", [1, 2, 3])
@pytest.mark.parametrize("rule", ["rectangle", "lobatto4"])
def test_few_elements(elements, rule):
    t = np.linspace(0, 1, elements + 1)
    action = action_of(Particle(1.0, quartic), rule, t, 2.0, 0.0)
    if not action.size:
        return
    x = RNG.normal(size=action.size)
    terms = action.terms(action.nodes(x))
    np.testing.assert_allclose(
        terms.factored().solve(terms.gradient),
        np.linalg.solve(action.hessian(x).toarray(), action.value_and_gradient(x)[1]),
        rtol=1e-10,
    )


def test_other_meshes_and_other_data_compile_nothing(compilations):
    for elements in (8, 30):
        t = np.linspace(0, 1, elements + 1)
        action = action_of(Particle(1.0, quartic), "lobatto8", t, 2.0, 0.0)
        action.terms(action.nodes(np.zeros(action.size)))
    with compilations() as count:
        for elements in (9, 27, 31):
            t = np.linspace(0, 2, elements + 1) ** 2
            action = action_of(Particle(3.0, quartic), "lobatto8", t, 1.0, -1.0)
            action.terms(action.nodes(np.zeros(action.size)))
    assert count == [0]


def test_the_action_is_minimized_where_it_has_a_minimum():
    action = discrete_action(Particle(1.0, lambda q: q**2 / 2), 0.0, 1.0, 1.0, points=51)
    t = action.node_times
    result = ex.minimize(action, t[1:-1])
    assert result.success
    assert result.certificate.verdict is ex.Verdict.MINIMUM
    np.testing.assert_allclose(action.nodes(result.x)[:, 0], np.sin(t) / np.sin(1), atol=1e-5)
    with pytest.raises(ex.InvalidInput, match="number of them"):
        discrete_action(Particle(1.0, quartic), 0.0, 1.0, 1.0, points=None)


@pytest.mark.parametrize("method", ["auto", "l-bfgs"])
def test_the_action_of_a_well_over_a_long_time_is_unbounded_below(method):
    action = discrete_action(Particle(1.0, quartic), 0.0, 1.0, 8.0, points=81)
    result = ex.minimize(action, action.node_times[1:-1] / 8, method=method)
    assert not result.success
    assert result.certificate.verdict is ex.Verdict.UNBOUNDED
    assert any("stationary_path" in note for note in result.notes)
