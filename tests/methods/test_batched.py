"""The vectorized trust region: its subproblem by optimality conditions, its lanes by their ends."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from extremum.methods.batched import (
    WIDTHS,
    Rules,
    batch_of,
    subproblem,
)
from extremum.objective import Parameters, make_objective
from extremum.outcomes import Reason

RULES = Rules(atol=1e-8, rtol=0.0, maxiter=1000, most_escapes=10, bottom=1e20)


def solve(hessian, gradient, radius):
    """The subproblem's answer as NumPy arrays."""
    with jax.enable_x64(True):
        values, vectors = jnp.linalg.eigh(jnp.asarray(hessian))
        found = jax.jit(subproblem)(values, vectors, jnp.asarray(gradient), radius)
        return type(found)(*map(np.asarray, found))


def violations(hessian, gradient, radius, step, shift):
    """How far the conditions that a global minimizer satisfies are from being satisfied."""
    n = len(gradient)
    size = np.linalg.norm(hessian, 2) + np.linalg.norm(gradient) / radius
    length = np.linalg.norm(step)
    return {
        "stationary": np.linalg.norm((hessian + shift * np.eye(n)) @ step + gradient)
        / (size * radius),
        "definite": -min(0.0, np.linalg.eigvalsh(hessian + shift * np.eye(n))[0]) / size,
        "complementary": abs(shift * (radius - length)) / (size * radius),
        "inside": max(0.0, length / radius - 1),
    }


def rotated(values, seed=0):
    rng = np.random.default_rng(seed)
    vectors, _ = np.linalg.qr(rng.normal(size=(len(values), len(values))))
    return (vectors * values) @ vectors.T, vectors


CASES = {
    "interior": ([1.0, 2.0, 5.0], [0.1, -0.2, 0.3], 10.0, "inside"),
    "boundary, convex": ([1.0, 2.0, 5.0], [10.0, -20.0, 3.0], 0.5, "boundary"),
    "indefinite": ([-3.0, 0.5, 4.0], [1.0, 1.0, 1.0], 1.0, "boundary"),
    "hard": ([-2.0, 1.0, 3.0], [0.0, 1.0, 1.0], 5.0, "boundary"),
    "hard, the smallest twice": ([-2.0, -2.0, 3.0], [0.0, 0.0, 1.0], 5.0, "boundary"),
    "hard, no gradient": ([-2.0, 1.0, 3.0], [0.0, 0.0, 0.0], 0.7, "boundary"),
    "nearly hard": ([-2.0, 1.0, 3.0], [1e-14, 1.0, 1.0], 5.0, "boundary"),
    "orthogonal, yet not hard": (
        [-2.0, 1.0, 3.0],
        [0.0, 9.0, 9.0],
        1.0,
        "boundary",
    ),
    "singular": ([0.0, 1.0, 3.0], [1e-3, 1.0, 1.0], 5.0, "boundary"),
    "singular, solvable": ([0.0, 1.0, 3.0], [0.0, 1.0, 1.0], 5.0, "inside"),
    "badly scaled": ([-1e-8, 1.0, 1e8], [1e-6, 1.0, 1e5], 1e-3, "boundary"),
    "all negative": ([-3.0, -2.0, -1.0], [1.0, 0.0, 0.0], 2.0, "boundary"),
    "one variable": ([-3.0], [0.5], 2.0, "boundary"),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("turned", [False, True])
def test_the_subproblem_satisfies_its_optimality_conditions(name, turned):
    values, slopes, radius, where = CASES[name]
    # Unrotated, zeros are exact and the hard case is really met.
    hessian, vectors = rotated(values) if turned else (np.diag(values), np.eye(len(values)))
    gradient = vectors @ slopes
    found = solve(hessian, gradient, radius)
    for condition, size in violations(hessian, gradient, radius, found.step, found.shift).items():
        assert size < 1e-12, condition
    if not (turned and name.startswith("singular")):  # rounding decides there
        assert found.on_boundary == (where == "boundary")
    model = gradient @ found.step + found.step @ hessian @ found.step / 2
    assert found.decrease == pytest.approx(-model, rel=1e-10, abs=1e-12 * radius**2)
    assert found.decrease >= 0


def test_the_hard_case_goes_to_the_boundary_along_the_leftmost_vector():
    found = solve(np.diag([-2.0, 1.0, 3.0]), np.array([0.0, 1.0, 1.0]), 5.0)
    # (H + 2I) s = -g fixes the last two components; the first takes up what is left of Δ.
    np.testing.assert_allclose(found.step[1:], [-1 / 3, -1 / 5], rtol=1e-15)
    assert abs(found.step[0]) == pytest.approx(np.sqrt(25 - 1 / 9 - 1 / 25), rel=1e-14)
    assert found.shift == 2


def test_no_other_step_is_better():
    rng = np.random.default_rng(1)
    for name, (values, slopes, radius, _) in CASES.items():
        hessian, gradient = np.diag(values), np.array(slopes)
        found = solve(hessian, gradient, radius)
        steps = rng.normal(size=(2000, len(values)))
        steps *= radius * rng.uniform(size=(2000, 1)) / np.linalg.norm(steps, axis=1, keepdims=True)
        near = found.step + 1e-3 * steps
        near *= np.minimum(1, radius / np.linalg.norm(near, axis=1, keepdims=True))
        for s in (steps, near):
            model = s @ gradient + np.einsum("ki,ij,kj->k", s, hessian, s) / 2
            assert (model >= -found.decrease * (1 + 1e-9) - 1e-15).all(), name


def test_the_conditions_notice_a_wrong_sign():
    hessian, gradient = np.diag([-3.0, 0.5, 4.0]), np.ones(3)
    found = solve(hessian, gradient, 1.0)
    wrong = violations(hessian, gradient, 1.0, -found.step, found.shift)
    assert wrong["stationary"] > 0.1
    assert violations(hessian, gradient, 1.0, found.step, 1.0)["definite"] > 0.1


def batch(fun, starts):
    objective = make_objective(fun, Parameters.of(starts[0]))
    return batch_of(objective, len(starts))


def two_wells(x):
    return x[0] ** 2 - 2 * x[0] + x[1] ** 4 - 2 * x[1] ** 2 + x[1]


@pytest.mark.parametrize("m", [1, WIDTHS[0], WIDTHS[0] + 1, WIDTHS[1] + 7])
def test_every_start_has_its_own_end(m):
    starts = np.random.default_rng(2).uniform(-3, 3, (m, 2))
    ends = batch(two_wells, starts).minimize(starts, RULES)
    assert all(reason is Reason.GRADIENT_NORM for reason in ends.reasons)
    gradient = np.stack([2 * ends.x[:, 0] - 2, 4 * ends.x[:, 1] ** 3 - 4 * ends.x[:, 1] + 1], 1)
    assert np.abs(gradient).max() <= 1e-8
    alone = np.concatenate(
        [batch(two_wells, starts[:1]).minimize(s[None], RULES).x for s in starts[:20]]
    )
    np.testing.assert_allclose(ends.x[:20], alone, rtol=1e-12)


def test_evaluations_are_those_of_the_function(differences):
    gradient_of, hessian_of = differences
    points = np.random.default_rng(3).uniform(-2, 2, (WIDTHS[0] + 3, 2))
    fun, gradient, hessian = batch(two_wells, points).evaluate(points)
    for i, point in enumerate(points):
        assert fun[i] == pytest.approx(two_wells(point), rel=1e-14)
        np.testing.assert_allclose(gradient[i], gradient_of(two_wells, point), atol=1e-8)
        np.testing.assert_allclose(hessian[i], hessian_of(two_wells, point), atol=1e-7)


def test_a_step_over_a_wall_is_shortened():
    starts = np.array([[0.2], [3.0], [1e-6]])
    ends = batch(lambda x: x[0] * np.log(x[0]), starts).minimize(starts, RULES)
    np.testing.assert_allclose(ends.x[:, 0], np.exp(-1), rtol=1e-8)


def test_each_ending_has_its_name():
    def fun(x):  # a minimum at 1, a wall below -1, no bound to the right
        return jnp.where(x[0] < 4, (x[0] - 1) ** 2, 9 - 6 * (x[0] - 4)) + 0 * jnp.sqrt(x[0] + 1)

    starts = np.array([[0.0], [50.0], [-3.0]])
    ends = batch(fun, starts).minimize(starts, RULES)
    assert list(ends.reasons) == [Reason.GRADIENT_NORM, Reason.UNBOUNDED, Reason.NOT_FINITE]
    spent = batch(fun, starts).minimize(starts, RULES._replace(maxiter=2))
    assert list(spent.reasons) == [Reason.GRADIENT_NORM, Reason.MAXITER, Reason.NOT_FINITE]
    assert spent.nit[1] == 2


def test_a_tolerance_that_cannot_be_met_ends_at_the_rounding_floor():
    def fun(x):
        return (x[0] - 1 / 3) ** 2 * (2 + np.sin(x[0])) + np.exp(x[0]) + 1e3

    starts = np.array([[2.0], [-1.0]])
    ends = batch(fun, starts).minimize(starts, RULES._replace(atol=0.0))
    floors = {Reason.ROUNDING_FLOOR, Reason.NO_STEP_LEFT, Reason.GRADIENT_NORM}
    assert set(ends.reasons) <= floors
    met = batch(fun, starts).minimize(starts, RULES)
    np.testing.assert_allclose(ends.x, met.x, atol=1e-8)


def test_from_a_saddle_and_from_its_stable_manifold():
    # 4x³ - 4x + 1 = 0 between the wells; the saddle's stable manifold is the line through it.
    saddle = np.sort(np.roots([4, 0, -4, 1]))[1]
    starts = np.array([[1.0, saddle], [3.0, saddle], [-2.0, saddle]])
    ends = batch(two_wells, starts).minimize(starts, RULES)
    assert all(reason is Reason.GRADIENT_NORM for reason in ends.reasons)
    assert (12 * ends.x[:, 1] ** 2 - 4 > 0).all()
    kept = batch(two_wells, starts).minimize(starts[:1], RULES._replace(most_escapes=0))
    np.testing.assert_array_equal(kept.x, starts[:1])  # the negative control
