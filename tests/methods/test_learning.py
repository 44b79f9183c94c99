"""What BFGS, L-BFGS, conjugate gradients and Newton-CG learn, and when they begin again."""

from dataclasses import replace

import numpy as np
import pytest

import extremum as ex
from extremum.methods.conjugate_gradient import LastDirection
from extremum.methods.descent import RESTART
from extremum.methods.lbfgs import Pair
from extremum.outcomes import Reason
from extremum.solve.options import METHODS as NAMES
from tests.methods.problems import MATRIX, PROBLEMS, TARGET, Recorded


def states_of(method, objective, start, number):
    states = [method.initial_state(objective, np.array(start, float))]
    for _ in range(number):
        states.append(method.next_state(objective, states[-1]))
    return states


def full(lower):
    return np.tril(lower) + np.tril(lower, -1).T


def test_bfgs_is_the_textbooks_update():
    """Against equation 6.17 of Nocedal & Wright as it stands."""
    states = states_of(ex.BFGS(), PROBLEMS["Wood"].objective(), PROBLEMS["Wood"].start, 8)
    inverse = None
    for before, after in zip(states, states[1:], strict=False):
        s, y = after.x - before.x, after.gradient - before.gradient
        rho = 1 / (y @ s)
        if inverse is None:
            inverse = np.eye(4) * (y @ s) / (y @ y)  # equation 6.20
        left = np.eye(4) - rho * np.outer(s, y)
        inverse = left @ inverse @ left.T + rho * np.outer(s, s)
        np.testing.assert_allclose(full(after.memory), inverse, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(full(after.memory) @ y, s, rtol=1e-8)  # the secant equation
        assert np.linalg.eigvalsh(full(after.memory))[0] > 0
    for before, after in zip(states[1:], states[2:], strict=False):
        along = -full(before.memory) @ before.gradient * after.step_length
        np.testing.assert_allclose(after.x - before.x, along, rtol=1e-6)


def test_lbfgs_is_bfgs_with_all_its_steps():
    """The two loops against the matrix of 6.17 with the newest scaling, made of the same pairs."""
    problem = PROBLEMS["Rosenbrock 10"]
    states = states_of(ex.LBFGS(memory=5), problem.objective(), problem.start, 12)
    for before, after in zip(states[1:], states[2:], strict=False):
        pairs = before.memory
        assert len(pairs) <= 5
        inverse = np.eye(10) * pairs[-1].bend / (pairs[-1].change @ pairs[-1].change)
        for s, y, bend in pairs:
            left = np.eye(10) - np.outer(s, y) / bend
            inverse = left @ inverse @ left.T + np.outer(s, s) / bend
        direction = -inverse @ before.gradient
        np.testing.assert_allclose(after.x - before.x, after.step_length * direction, rtol=1e-6)


def test_conjugate_gradients_are_conjugate_on_a_quadratic():
    """With a tight search, directions are A-conjugate and four steps reach the minimum."""
    method = ex.ConjugateGradient(ex.StrongWolfe(1e-10, 1e-9))
    states = states_of(method, PROBLEMS["quadratic"].objective(), np.zeros(4), 4)
    steps = np.diff([state.x for state in states], axis=0)
    products = steps @ MATRIX @ steps.T
    sizes = np.sqrt(np.diag(products))
    assert np.abs(products / np.outer(sizes, sizes) - np.eye(4)).max() < 1e-6
    np.testing.assert_allclose(states[-1].x, TARGET, atol=1e-6)


def test_newton_cg_meets_its_residual():
    problem = PROBLEMS["Wood"]
    states = states_of(ex.NewtonCG(), problem.objective(), problem.start, 6)
    for before, after in zip(states, states[1:], strict=False):
        step = (after.x - before.x) / after.step_length
        residual = problem.hess(before.x) @ step + before.gradient
        forcing = after.memory.forcing
        assert 0 < forcing <= 0.5
        bound = forcing * np.linalg.norm(before.gradient)
        assert np.linalg.norm(residual) <= bound * (1 + 1e-6)


@pytest.mark.parametrize("start", [(1.0, 1e-3), (1e-8, 0.1), (0.5, 0.5)])
def test_newton_cg_goes_down_negative_curvature(start):
    """x² − y² + y⁴/4: from near the saddle, the event is told and the minimum found."""
    objective = Recorded(
        lambda x: x[0] ** 2 - x[1] ** 2 + x[1] ** 4 / 4,
        lambda x: np.array([2 * x[0], -2 * x[1] + x[1] ** 3]),
        lambda x: np.diag([2, -2 + 3 * x[1] ** 2]),
    )
    method, state = ex.NewtonCG(), None
    state, events = method.initial_state(objective, np.array(start)), []
    while np.abs(state.gradient).max() > 1e-6:
        new = method.next_state(objective, state)
        assert new.stop is None
        assert new.fun < state.fun
        events.append(new.event)
        state = new
    assert any("negative curvature" in event for event in events)
    np.testing.assert_allclose(np.abs(state.x), [0, np.sqrt(2)], atol=1e-6)


def test_newton_cg_names_a_hessian_that_is_not_finite():
    objective = Recorded(lambda x: x @ x, lambda x: 2 * x, lambda x: np.full((2, 2), np.nan))
    stop = states_of(ex.NewtonCG(), objective, (1.0, 2.0), 1)[-1].stop
    assert stop.reason is Reason.NOT_FINITE
    assert "Hessian" in stop.message


UPHILL = {
    "BFGS": (ex.BFGS(), -np.eye(4, order="F")),
    "L-BFGS": (ex.LBFGS(), (Pair(np.ones(4), -np.ones(4), -4.0),)),
    "conjugate gradient": (
        ex.ConjugateGradient(),
        LastDirection(-10 * MATRIX @ TARGET, 1e3, 0.1 * MATRIX @ TARGET, -1.0),
    ),
}


@pytest.mark.parametrize("name", UPHILL)
def test_a_bad_memory_is_forgotten(name):
    """What points uphill is replaced by steepest descent, and the event says so."""
    method, memory = UPHILL[name]
    objective = PROBLEMS["quadratic"].objective()
    state = replace(method.initial_state(objective, np.zeros(4)), memory=memory, step_length=1.0)
    new = method.next_state(objective, state)
    assert new.stop is None
    assert new.event == RESTART
    moved = new.x - state.x
    np.testing.assert_allclose(moved, -new.step_length * state.gradient, rtol=1e-12)
    fresh = method.next_state(objective, replace(state, memory=None))
    np.testing.assert_array_equal(fresh.x, new.x)
    assert fresh.event == ""


@pytest.mark.parametrize("method", [ex.BFGS(1e-3), ex.LBFGS(step=1e-3)])
def test_a_step_without_curvature_is_not_learnt_from(method):
    """A fixed step where the function bends down: sᵀy < 0."""
    objective = Recorded(lambda x: -x @ x, lambda x: -2 * x, lambda x: -2 * np.eye(2))
    new = states_of(method, objective, (1.0, 2.0), 1)[-1]
    assert new.event == "update skipped: no curvature along the step"
    assert not new.memory


@pytest.mark.parametrize("name", ["BFGS", "L-BFGS", "L-BFGS-B", "Newton-CG", "CG", "newton_cg"])
def test_scipys_names(name):
    found = ex.minimize(PROBLEMS["Beale"].fun, PROBLEMS["Beale"].start, method=name)
    assert found.success
    np.testing.assert_allclose(found.x, (3.0, 0.5), atol=1e-6)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_names_make_methods(name):
    assert hasattr(NAMES[name](), "next_state")


def test_what_is_no_description_is_refused():
    for kind in (ex.BFGS, ex.NewtonCG, ex.ConjugateGradient):
        with pytest.raises(ex.InvalidInput, match=f"not for {kind.__name__}"):
            kind(ex.BarzilaiBorwein())
        with pytest.raises(ex.InvalidInput, match="neither a number nor a step rule"):
            kind(True)
    for memory in (0, -1, 2.5, True, None):
        with pytest.raises(ex.InvalidInput, match="whole number from 1 on"):
            ex.LBFGS(memory)
