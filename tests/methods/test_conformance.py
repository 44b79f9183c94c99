"""The contract that every method keeps, on a grid of methods and problems."""

import dataclasses

import numpy as np
import pytest

import extremum as ex
from extremum.methods import State, value_floor
from extremum.outcomes import Reason
from tests.methods.problems import HARDER, PROBLEMS, Recorded

TOLERANCE = 1e-6

METHODS = {
    "fixed": ex.GradientDescent(1e-3),
    "descent, Armijo": ex.GradientDescent(),
    "descent, exact": ex.GradientDescent(ex.ExactStep()),
    "descent, Barzilai-Borwein": ex.GradientDescent(ex.BarzilaiBorwein()),
    "Newton": ex.Newton(),
    "Newton, pure": ex.Newton(step=1),
    "Newton, gradient": ex.Newton(ex.GradientNormDecrease()),
    "Newton, exact": ex.Newton(ex.ExactStep()),
    "BFGS": ex.BFGS(),
    "BFGS, Armijo": ex.BFGS(ex.Armijo()),
    "L-BFGS": ex.LBFGS(),
    "L-BFGS, memory 3": ex.LBFGS(memory=3, step=ex.StrongWolfe(curvature=0.5)),
    "Newton-CG": ex.NewtonCG(),
    "conjugate gradient": ex.ConjugateGradient(),
    "trust region": ex.TrustRegion(),
}

STEEPEST = {"fixed", "descent, Armijo", "descent, exact"}
"""Methods that crawl on a badly conditioned problem: linear convergence is all they promise."""
HARD = {"Rosenbrock 2", "Rosenbrock 10", "Wood", "Powell singular", "Beale"}
GRID = [(m, p) for m in METHODS for p in PROBLEMS]


def test_closed_forms_are_right(differences):
    gradient_of_values, hessian_of_values = differences
    for name, problem in PROBLEMS.items():
        x = np.array(problem.start) + 0.1
        np.testing.assert_allclose(
            problem.jac(x), gradient_of_values(problem.fun, x), rtol=1e-6, atol=1e-6, err_msg=name
        )
        np.testing.assert_allclose(
            problem.hess(x), hessian_of_values(problem.fun, x), rtol=1e-5, atol=1e-4, err_msg=name
        )
        for minimum in problem.minima:
            assert np.abs(problem.jac(np.array(minimum))).max() < 1e-12


def run(method, problem, most, objective=None):
    """Drive a method by hand: every state, the last one with a `stop` where there is one."""
    objective = objective or problem.objective()
    states = [method.initial_state(objective, np.array(problem.start))]
    while len(states) <= most and np.abs(states[-1].gradient).max() > TOLERANCE:
        new = method.next_state(objective, states[-1])
        states.append(new)
        if new.stop is not None:
            break
    return states, objective


@pytest.fixture(scope="module")
def runs():
    made = {}

    def get(method, problem):
        if (method, problem) not in made:
            most = {"fixed": 400, "descent, Barzilai-Borwein": 2500}.get(method, 300)
            made[method, problem] = run(METHODS[method], PROBLEMS[problem], most)
        return made[method, problem]

    return get


@pytest.mark.parametrize(("method", "problem"), GRID)
class TestContract:
    def test_ends_at_a_minimum_or_on_its_way(self, method, problem, runs):
        states, _ = runs(method, problem)
        last, known = states[-1], PROBLEMS[problem]
        if (method, problem) == ("Newton, gradient", "Rosenbrock 10"):
            # The gradient's norm has a minimum of its own where the Hessian is singular.
            assert last.stop.reason is Reason.NO_DECREASE
            assert np.linalg.cond(known.hess(last.x)) > 1e3
            return
        assert last.stop is None
        if method in STEEPEST and problem in HARD | {"quadratic"}:
            assert last.fun < states[0].fun
            return
        if method == "fixed":
            assert last.fun < states[0].fun
            return
        true = np.array(known.jac(last.x))
        assert np.abs(true).max() <= TOLERANCE
        if method not in ("Newton, pure", "Newton, gradient"):
            far = [np.linalg.norm(last.x - minimum) for minimum in known.minima]
            assert min(far) < (0.02 if problem == "Powell singular" else 1e-3)

    def test_states_tell_the_truth(self, method, problem, runs):
        known = PROBLEMS[problem]
        for state in runs(method, problem)[0]:
            assert state.fun == known.fun(state.x)
            np.testing.assert_array_equal(state.gradient, known.jac(state.x))

    def test_states_are_immutable(self, method, problem, runs):
        state = runs(method, problem)[0][-1]
        assert isinstance(state, State)
        with pytest.raises(dataclasses.FrozenInstanceError):
            state.fun = 0.0

    def test_no_point_is_evaluated_twice(self, method, problem, runs):
        _, objective = runs(method, problem)
        asked = objective.asked["gradient"]
        assert len(set(asked)) == len(asked)
        assert not objective.asked["value"]
        hessians = objective.asked["hessian"]
        assert len(set(hessians)) == len(hessians)

    def test_deterministic(self, method, problem, runs):
        states, _ = runs(method, problem)
        again, _ = run(METHODS[method], PROBLEMS[problem], 15)
        for one, other in zip(states[:16], again, strict=False):
            np.testing.assert_array_equal(one.x, other.x)
            assert one.step_length == other.step_length or np.isnan(one.step_length)


@pytest.mark.parametrize("method", ["descent, Armijo", "Newton"])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_armijo_holds_at_every_accepted_step(method, problem, runs):
    states, _ = runs(method, problem)
    for before, after in zip(states, states[1:], strict=False):
        moved = after.x - before.x
        promised = 1e-4 * before.gradient @ moved
        assert promised < 0
        assert after.fun <= before.fun + promised + 2 * value_floor(before.fun)


def test_armijo_with_the_users_fraction():
    problem, rule = PROBLEMS["Rosenbrock 2"], ex.Armijo(decrease=0.4)
    states, _ = run(ex.GradientDescent(rule), problem, 50)
    for before, after in zip(states, states[1:], strict=False):
        assert after.fun <= before.fun + 0.4 * before.gradient @ (after.x - before.x)


@pytest.mark.parametrize("method", ["descent, exact", "Newton, exact"])
@pytest.mark.parametrize("problem", ["quadratic", "Rosenbrock 2", "exponentials", "Wood", "Beale"])
def test_an_exact_step_ends_where_the_slope_vanishes(method, problem, runs):
    states, _ = runs(method, problem)
    for before, after in zip(states[:50], states[1:51], strict=False):
        direction = after.x - before.x
        slope, start = after.gradient @ direction, before.gradient @ direction
        assert start < 0
        rounding = 1e-12 * np.linalg.norm(after.x) * np.abs(PROBLEMS[problem].hess(after.x)).max()
        assert abs(slope) <= 1e-7 * abs(start) + rounding * np.linalg.norm(direction)
        assert after.fun < before.fun


def test_an_exact_step_on_a_quadratic_is_cauchys(runs):
    states, objective = runs("descent, exact", "quadratic")
    a = PROBLEMS["quadratic"].hess(None)
    for before, after in zip(states[:20], states[1:21], strict=False):
        g = before.gradient
        assert after.step_length == pytest.approx(g @ g / (g @ a @ g), rel=1e-6)
    assert objective.counts.nhvp > 0


def test_barzilai_borwein_takes_its_own_length(runs):
    states, _ = runs("descent, Barzilai-Borwein", "quadratic")
    taken = 0
    for a, b, c in zip(states, states[1:], states[2:], strict=False):
        s, y = b.x - a.x, b.gradient - a.gradient
        taken += c.step_length == pytest.approx(s @ s / (s @ y), rel=1e-12)
    assert taken > len(states) / 2


def test_barzilai_borwein_does_without_curvature():
    """Where the gradient change says that the function bends down the step doubles instead."""
    objective = Recorded(
        lambda x: -np.log1p(x[0] ** 2),
        lambda x: -2 * x / (1 + x**2),
        lambda x: np.array([[0.0]]),
    )
    method = ex.GradientDescent(ex.BarzilaiBorwein())
    state = method.initial_state(objective, np.array([0.1]))
    first = method.next_state(objective, state)
    second = method.next_state(objective, first)
    s, y = first.x - state.x, first.gradient - state.gradient
    assert s @ y < 0
    assert second.step_length == pytest.approx(2 * first.step_length)
    assert second.stop is None


def test_the_pure_newton_step_solves_the_system():
    problem = PROBLEMS["Wood"]
    objective = problem.objective()
    method = ex.Newton(step=1)
    state = method.initial_state(objective, np.array(problem.start))
    new = method.next_state(objective, state)
    residual = problem.hess(state.x) @ (new.x - state.x) + state.gradient
    assert np.abs(residual).max() < 1e-10
    half = ex.Newton(step=0.5).next_state(objective, state)
    np.testing.assert_allclose(half.x - state.x, (new.x - state.x) / 2)


def test_newton_converges_quadratically(runs):
    states, _ = runs("Newton", "exponentials")
    off = [np.linalg.norm(s.x - PROBLEMS["exponentials"].minima[0]) for s in states]
    assert off[-1] < 1e-9 or off[-1] < 2 * off[-2] ** 2


def test_gradient_norms_fall_for_stationary_points(runs):
    for problem in PROBLEMS:
        states = runs("Newton, gradient", problem)[0]
        norms = np.array([np.linalg.norm(s.gradient) for s in states if s.stop is None])
        assert (norms[1:] < norms[:-1] * (1 - 2e-16)).all()


def test_any_state_can_be_resumed():
    """In any order, and twice: what a state remembers is never changed by going on from it."""
    problem = PROBLEMS["Rosenbrock 2"]
    for method in METHODS.values():
        states, _ = run(method, problem, 20)
        fresh = problem.objective()
        for i in (len(states) // 2, 3, 1, 3):
            again = states[i]
            for then in states[i + 1 : i + 4]:
                again = method.next_state(fresh, again)
                np.testing.assert_array_equal(again.x, then.x)


@pytest.mark.parametrize("method", METHODS)
def test_the_start_is_not_changed(method):
    """Arrays that can't be written to are all that a method is handed."""
    problem = PROBLEMS["Wood"]
    objective, x = problem.objective(), np.array(problem.start)
    x.flags.writeable = False
    state = METHODS[method].initial_state(objective, x)
    for _ in range(15):
        state.x.flags.writeable = state.gradient.flags.writeable = False
        state = METHODS[method].next_state(objective, state)
    assert tuple(x) == problem.start


@pytest.mark.parametrize("method", METHODS)
def test_counts_match_the_calls(method, runs):
    _, objective = runs(method, "Rosenbrock 2")
    assert objective.counts.nfev == objective.counts.njev == len(objective.asked["gradient"])
    assert objective.counts.nhev == len(objective.asked["hessian"])


LEARNERS = ["BFGS", "L-BFGS", "L-BFGS, memory 3", "Newton-CG", "conjugate gradient"]


@pytest.mark.parametrize("problem", HARDER)
@pytest.mark.parametrize("method", LEARNERS)
def test_curvature_is_learnt(method, problem):
    known = HARDER[problem]
    states, objective = run(METHODS[method], known, 2000)
    last = states[-1]
    assert last.stop is None
    assert np.abs(np.array(known.jac(last.x))).max() <= TOLERANCE
    assert np.linalg.eigvalsh(known.hess(last.x))[0] > 0
    asked = objective.asked["gradient"]
    assert len(set(asked)) == len(asked)
    # The negative control.
    assert np.abs(run(METHODS["descent, Armijo"], known, 300)[0][-1].gradient).max() > TOLERANCE


@pytest.mark.parametrize("method", METHODS)
def test_a_zero_gradient_stays_where_it_is(method):
    """A saddle start: the method stands still and evaluates nothing; the loop deals with it."""
    objective = Recorded(lambda x: x[0] * x[1], lambda x: x[::-1], lambda x: np.eye(2)[::-1])
    state = METHODS[method].initial_state(objective, np.zeros(2))
    new = METHODS[method].next_state(objective, state)
    np.testing.assert_array_equal(new.x, state.x)
    assert objective.counts.nfev == 1
    # For few variables a trust region asks for all derivatives at once.
    assert objective.counts.nhev == (method == "trust region")


# ---- Newton where the Hessian is not positive definite -----------------------------------------

SHAPES = {
    "indefinite": np.diag([2.0, -1.0]),
    "negative definite": np.diag([-2.0, -1.0]),
    "singular": np.diag([2.0, 0.0]),
    "singular and negative": np.diag([0.0, -3.0]),
    "zero": np.zeros((2, 2)),
    "nearly singular": np.diag([1.0, 1e-18]),
    "rotated, indefinite": np.array([[0.0, 1.0], [1.0, 0.0]]),
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("slope", [(1.0, 0.5), (0.0, -1.0), (1e-9, 1.0)])
def test_newton_goes_downhill_from_any_hessian(name, slope):
    matrix, slope = SHAPES[name], np.array(slope)
    objective = Recorded(
        lambda x: slope @ x + x @ matrix @ x / 2, lambda x: slope + matrix @ x, lambda x: matrix
    )
    state = ex.Newton().initial_state(objective, np.zeros(2))
    new = ex.Newton().next_state(objective, state)
    assert new.stop is None
    assert new.fun < state.fun
    assert np.linalg.norm(new.x) <= 100 * (1 + 1e-12)
    assert ("Hessian" in new.event) == (np.linalg.eigvalsh(matrix)[0] < 1e-15)
    # The negative control: the plain Newton direction does not point downhill for all of these.
    if name == "negative definite":
        assert slope @ np.linalg.solve(matrix, -slope) > 0


def test_newton_names_the_branch():
    for name, event in (
        ("indefinite", "indefinite Hessian"),
        ("singular", "singular Hessian"),
        ("zero", "singular Hessian"),
    ):
        matrix = SHAPES[name]
        objective = Recorded(
            lambda x, m=matrix: x.sum() + x @ m @ x / 2,
            lambda x, m=matrix: 1 + m @ x,
            lambda x, m=matrix: m,
        )
        state = ex.Newton().initial_state(objective, np.zeros(2))
        assert ex.Newton().next_state(objective, state).event == event


# ---- every obstacle, provoked on purpose -------------------------------------------------------


def next_of(method, fun, jac, hess=lambda x: np.eye(x.size), start=(1.0,)):
    objective = Recorded(fun, jac, hess)
    return method.next_state(objective, method.initial_state(objective, np.array(start)))


def test_not_descent():
    """An exact step along Newton's direction can't happen uphill, so a rule is called by hand."""
    objective = Recorded(lambda x: x @ x, lambda x: 2 * x, lambda x: 2 * np.eye(1))
    state = ex.Newton().initial_state(objective, np.array([1.0]))
    for rule in (ex.Armijo(), ex.ExactStep(), ex.BarzilaiBorwein()):
        stop = rule.next_state(objective, state, np.array([1.0]), 1.0).stop
        assert stop.reason is Reason.NOT_DESCENT
        assert stop.message.startswith("The direction does not point downhill (slope 2)")


def test_no_curvature():
    method = ex.GradientDescent(ex.ExactStep())
    stop = next_of(method, lambda x: -x[0], lambda x: -np.ones(1), lambda x: np.zeros((1, 1))).stop
    assert stop.reason is Reason.NO_CURVATURE
    assert "no exact step exists" in stop.message


def test_no_decrease_with_a_wrong_gradient():
    """The user's gradient has the wrong sign, so no step ever decreases the value."""
    stop = next_of(ex.GradientDescent(), lambda x: x @ x, lambda x: -2 * x).stop
    assert stop.reason is Reason.NO_DECREASE
    assert "check_derivatives" in stop.message


def test_no_decrease_of_the_gradients_norm():
    """A gradient, wrong on purpose, whose norm rises in both directions."""
    stop = next_of(
        ex.Newton(ex.GradientNormDecrease()),
        lambda x: x[0] ** 2 + 1,
        lambda x: 1 + np.abs(x - 1),
        lambda x: np.ones((1, 1)),
    ).stop
    assert stop.reason is Reason.NO_DECREASE
    assert "gradient's norm" in stop.message


def test_rounding_floor():
    """The value does not move at all, whatever its gradient says."""
    stop = next_of(ex.GradientDescent(), lambda x: 1e16, lambda x: np.ones(1)).stop
    assert stop.reason is Reason.ROUNDING_FLOOR
    assert "rounding error of the function" in stop.message


def test_values_that_are_equal_are_no_place_to_wander():
    """Equal values with a gradient that does not fall: the step is refused, not taken for ever."""
    objective = Recorded(
        lambda x: 1.0, lambda x: 1e-9 * np.cos(1e10 * x) + 2e-9, lambda x: np.eye(1)
    )
    method, state = ex.Newton(), None
    state = method.initial_state(objective, np.array([1.0]))
    norms = [np.linalg.norm(state.gradient)]
    for _ in range(200):
        state = method.next_state(objective, state)
        if state.stop is not None:
            break
        norms.append(np.linalg.norm(state.gradient))
    assert state.stop.reason is Reason.ROUNDING_FLOOR
    assert (np.diff(norms) < 0).all()


def test_not_finite():
    stop = next_of(
        ex.GradientDescent(2.0), lambda x: np.inf if x[0] < 0 else x[0] ** 2, lambda x: 2 * x
    ).stop
    assert stop.reason is Reason.NOT_FINITE
    assert stop.message.startswith("The value is not finite at x = [-3]: it is inf")
    stop = next_of(
        ex.GradientDescent(2.0),
        lambda x: x @ x,
        lambda x: np.where(x < 0, np.nan, 2 * x),
        start=(1.0, 0.0),
    ).stop
    assert "gradient is not finite" in stop.message
    assert "component 0 is nan" in stop.message
    stop = next_of(
        ex.Newton(), lambda x: x @ x, lambda x: 2 * x, lambda x: np.full((1, 1), np.nan)
    ).stop
    assert stop.reason is Reason.NOT_FINITE
    assert "Hessian is not finite" in stop.message


@pytest.mark.parametrize("method", METHODS)
def test_a_start_without_a_gradient_is_not_finite(method):
    objective = Recorded(lambda x: 0.0, lambda x: np.full(1, np.nan), lambda x: np.eye(1))
    stop = METHODS[method].initial_state(objective, np.zeros(1)).stop
    assert stop.reason is Reason.NOT_FINITE


def test_a_wall_is_stepped_back_from():
    """φ = x − log x is not finite for x ≤ 0, where the first step would lead."""
    with np.errstate(all="ignore"):
        new = next_of(
            ex.Newton(),
            lambda x: x[0] - np.log(x[0]),
            lambda x: 1 - 1 / x,
            lambda x: np.diag(1 / x**2),
            start=(20.0,),
        )
    assert new.stop is None
    assert new.x[0] > 0
    assert new.event.startswith("shortened: The value is not finite at x = [")


def test_an_exact_step_behind_a_wall():
    """The minimum along the ray is at 1; beyond 1.5 the function is not finite."""
    new = next_of(
        ex.GradientDescent(ex.ExactStep()),
        lambda x: np.nan if x[0] > 1.5 else (x[0] - 1) ** 4 + (x[0] - 1) ** 2 / 1e3,
        lambda x: 4 * (x - 1) ** 3 + (x - 1) / 500,
        lambda x: (
            np.diag(12 * (x - 1) ** 2 + 1 / 500) * 1e-3
        ),  # so Newton along the ray is too long
        start=(0.0,),
    )
    assert new.stop is None
    assert new.x[0] == pytest.approx(1, abs=1e-3)


def test_singular_hessian():
    stop = next_of(
        ex.Newton(step=1),
        lambda x: x[0] ** 2 + x[1],
        lambda x: np.array([2 * x[0], 1.0]),
        lambda x: np.diag([2.0, 0.0]),
        start=(1.0, 1.0),
    ).stop
    assert stop.reason is Reason.SINGULAR_HESSIAN
    direction = stop.message.split("direction is [")[1].split("]")[0].split(",")
    np.testing.assert_allclose(np.array(direction, float), [0, -1], atol=1e-12)


def test_a_step_that_is_none_is_refused():
    with pytest.raises(ex.InvalidInput, match="positive"):
        ex.FixedStep(-1.0)
    with pytest.raises(ex.InvalidInput, match="positive"):
        ex.FixedStep(np.nan)
    with pytest.raises(ex.InvalidInput, match="neither a number nor a step rule"):
        _ = ex.GradientDescent(step=True).rule
    with pytest.raises(ex.InvalidInput, match="GradientDescent, not for Newton"):
        ex.Newton(ex.BarzilaiBorwein())


def test_descriptions_print_as_they_are_written():
    for method in METHODS.values():
        names = {name: getattr(ex, name) for name in ex.__all__}
        assert eval(repr(method), names) == method
