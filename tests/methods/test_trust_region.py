"""The trust-region method: what the radius does, and what it can't go on from."""

import numpy as np
import pytest

import extremum as ex
from extremum.linalg import OperatorSymmetric
from extremum.methods.trust_region import GROWTH, TrustRegionState
from extremum.outcomes import InvalidInput, Reason
from tests.methods.problems import PROBLEMS, Recorded


class Operator(Recorded):
    """The same, with a Hessian of which only products are known."""

    def hessian(self, x):
        return OperatorSymmetric(x.size, lambda v: self.hessian_vector(x, v))


def states_of(method, objective, start, most=200):
    states = [method.initial_state(objective, np.array(start, float))]
    while len(states) < most and np.abs(states[-1].gradient).max() > 1e-8:
        states.append(method.next_state(objective, states[-1]))
        if states[-1].stop is not None:
            break
    return states


def quadratic(matrix, slope):
    return (
        lambda x: slope @ x + x @ matrix @ x / 2,
        lambda x: slope + matrix @ x,
        lambda x: matrix,
    )


@pytest.mark.parametrize("radius", [0, -1.0, np.inf, np.nan])
def test_a_radius_is_a_positive_number(radius):
    with pytest.raises(InvalidInput, match="radius must be a positive number"):
        ex.TrustRegion(radius)


def test_the_first_radius():
    objective = Recorded(*quadratic(np.eye(2), np.zeros(2)))
    for start, radius in (((0.1, 0), 1.0), ((30, -40), 40.0)):
        assert ex.TrustRegion().initial_state(objective, np.array(start)).radius == radius
    assert ex.TrustRegion(7.0).initial_state(objective, np.ones(2)).radius == 7


def test_a_good_step_on_the_boundary_lets_the_next_be_longer():
    states = states_of(ex.TrustRegion(0.01), Recorded(*quadratic(np.eye(2), np.zeros(2))), (3, 4))
    lengths = [np.linalg.norm(b.x - a.x) for a, b in zip(states, states[1:], strict=False)]
    for state, length in zip(states[1:], lengths, strict=True):
        assert state.radius == pytest.approx(max(GROWTH * length, state.radius), rel=1e-12)
    assert lengths[0] == pytest.approx(0.01, rel=0.11)
    np.testing.assert_allclose(np.divide(lengths[1:4], lengths[:3]), GROWTH, rtol=0.2)


def test_a_quadratic_within_the_region_is_one_step():
    objective = Recorded(*quadratic(np.diag([1.0, 100.0]), np.array([1.0, -5.0])))
    states = states_of(ex.TrustRegion(1e12), objective, (3, 4))
    assert len(states) == 2
    np.testing.assert_allclose(states[-1].x, [-1, 0.05])
    assert states[-1].multiplier == 0


def test_a_poor_step_shrinks_the_region():
    # The model at 0 is −x, the function turns at 0.1.
    fun = (
        lambda x: -x[0] + 50 * x[0] ** 4,
        lambda x: -1 + 200 * x**3,
        lambda x: 600 * x[None] ** 2,
    )
    states = states_of(ex.TrustRegion(100.0), Recorded(*fun), (0.0,))
    assert np.all(np.diff([s.fun for s in states]) < 0)
    assert states[1].radius < 100 / 5
    assert states[-1].x[0] == pytest.approx(200 ** (-1 / 3), rel=1e-8)


@pytest.mark.parametrize("kind", [Recorded, Operator])
@pytest.mark.parametrize("problem", ["Rosenbrock 2", "Wood", "Beale", "exponentials"])
def test_storages_lead_to_the_same_minimum(kind, problem):
    known = PROBLEMS[problem]
    objective = kind(known.fun, known.jac, known.hess)
    states = states_of(ex.TrustRegion(), objective, known.start)
    assert states[-1].stop is None
    far = min(np.linalg.norm(states[-1].x - minimum) for minimum in known.minima)
    assert far < 1e-6
    falls = np.diff([s.fun for s in states])
    assert (falls <= 1e-14 * np.abs([s.fun for s in states[1:]]) + 1e-25).all()


def test_products_only_never_ask_for_a_matrix():
    known = PROBLEMS["Rosenbrock 2"]
    objective = Operator(known.fun, known.jac, known.hess)
    states_of(ex.TrustRegion(), objective, known.start)
    assert objective.counts.nhev == 0
    assert objective.counts.nhvp > 0


@pytest.mark.parametrize("kind", [Recorded, Operator])
def test_negative_curvature_is_used(kind):
    """Next to a saddle the step leaves along negative curvature, not into the saddle."""
    fun = (
        lambda x: x[0] ** 2 - x[1] ** 2 + x[1] ** 4,
        lambda x: np.array([2 * x[0], -2 * x[1] + 4 * x[1] ** 3]),
        lambda x: np.diag([2.0, -2 + 12 * x[1] ** 2]),
    )
    states = states_of(ex.TrustRegion(0.5), kind(*fun), (1.0, 1e-3))
    np.testing.assert_allclose(np.abs(states[-1].x), [0, 0.5**0.5], atol=1e-8)
    assert states[1].multiplier >= 2 * (1 - 1e-5)


def test_the_hard_case_leaves_the_line():
    """The gradient has no part along the negative curvature: Newton's line ends in the saddle."""
    fun = (
        lambda x: x[0] ** 2 - x[1] ** 2 + x[1] ** 4,
        lambda x: np.array([2 * x[0], -2 * x[1] + 4 * x[1] ** 3]),
        lambda x: np.diag([2.0, -2 + 12 * x[1] ** 2]),
    )
    states = states_of(ex.TrustRegion(), Recorded(*fun), (0.5, 0.0))
    np.testing.assert_allclose(np.abs(states[-1].x), [0, 0.5**0.5], atol=1e-8)


def test_a_wall_of_what_is_not_finite():
    fun = (
        lambda x: x[0] - np.log(x[0]) if x[0] > 0 else np.nan,
        lambda x: 1 - 1 / x if x[0] > 0 else np.full(1, np.nan),
        lambda x: 1 / x[None] ** 2 if x[0] > 0 else np.full((1, 1), np.nan),
    )
    states = states_of(ex.TrustRegion(1e3), Recorded(*fun), (10.0,))
    assert any(state.event.startswith("shortened: ") for state in states)
    assert states[-1].stop is None
    assert states[-1].x[0] == pytest.approx(1, rel=1e-8)


def test_nothing_but_walls():
    fun = (
        lambda x: 0.0 if x[0] == 1 else np.inf,
        lambda x: np.ones(1),
        lambda x: np.eye(1),
    )
    states = states_of(ex.TrustRegion(), Recorded(*fun), (1.0,))
    assert states[-1].stop.reason is Reason.NOT_FINITE


def test_a_hessian_that_is_not_finite():
    fun = (lambda x: x[0], lambda x: np.ones(1), lambda x: np.full((1, 1), np.nan))
    states = states_of(ex.TrustRegion(), Recorded(*fun), (1.0,))
    assert states[-1].stop.reason is Reason.NOT_FINITE
    assert "Hessian is not finite" in states[-1].stop.message


def test_the_rounding_floor():
    fun = (lambda x: 1e16, lambda x: np.ones(1), lambda x: np.eye(1))
    states = states_of(ex.TrustRegion(), Recorded(*fun), (1.0,))
    assert states[-1].stop.reason is Reason.ROUNDING_FLOOR


def test_a_state_is_resumed_with_its_region():
    known = PROBLEMS["Wood"]
    method = ex.TrustRegion(0.1)
    states = states_of(method, known.objective(), known.start)
    assert all(isinstance(state, TrustRegionState) for state in states)
    for state, after in zip(states[::3], states[1::3], strict=False):
        again = method.next_state(known.objective(), state)
        np.testing.assert_array_equal(again.x, after.x)
        assert again.radius == after.radius


def test_a_scaled_region_knows_no_units():
    """The iterates in other units are the same points; without the scaling they are others."""
    known, units = PROBLEMS["Wood"], 2.0 ** np.array([0, 10, -7, 3])

    def in_units():
        plain = known.objective()
        return Recorded(
            lambda y: plain.value(units * y),
            lambda y: units * plain.value_and_gradient(units * y)[1],
            lambda y: units[:, None] * plain.hessian(units * y).toarray() * units,
        )

    start = np.array(known.start)
    for scaled in (True, False):
        here = states_of(ex.TrustRegion(scaled=scaled), known.objective(), start)
        there = states_of(ex.TrustRegion(scaled=scaled), in_units(), start / units)
        k = min(len(here), len(there), 12) - 1
        same = np.allclose(units * there[k].x, here[k].x, rtol=1e-8, atol=0)
        assert same is scaled
    assert max(np.abs(known.objective().value_and_gradient(here[-1].x)[1])) < 1e-6


def test_a_scaled_region_needs_a_diagonal():
    with pytest.raises(ex.InvalidInput, match="diagonal"):
        ex.minimize(
            lambda x: np.sum(x**4),
            np.ones(3),
            method=ex.TrustRegion(scaled=True),
            structure="operator",
        )
