"""Newton's iteration in a bracket: growth, bisection, walls, and that it always ends."""

import numpy as np
import pytest

import extremum as ex
from extremum.outcomes import Reason
from tests.methods.problems import Recorded


def objective(fun, slope, curvature):
    return Recorded(
        lambda x: fun(x[0]),
        lambda x: np.array([slope(x[0])]),
        lambda x: np.array([[curvature(x[0])]]),
    )


FUNCTIONS = {
    "parabola": (lambda x: (x - 5) ** 2, lambda x: 2 * (x - 5), lambda x: 2.0, 5.0),
    "quartic": (
        lambda x: (x - 2) ** 4,
        lambda x: 4 * (x - 2) ** 3,
        lambda x: 12 * (x - 2) ** 2,
        2.0,
    ),
    "exponential": (lambda x: np.exp(x) - 3 * x, lambda x: np.exp(x) - 3, np.exp, np.log(3)),
    "arctangent": (
        lambda x: x * np.arctan(x) - np.log1p(x**2) / 2,
        np.arctan,
        lambda x: 1 / (1 + x**2),
        0.0,
    ),
    "square root": (
        lambda x: np.sqrt(1 + (x + 3) ** 2),
        lambda x: (x + 3) / np.sqrt(1 + (x + 3) ** 2),
        lambda x: (1 + (x + 3) ** 2) ** -1.5,
        -3.0,
    ),
    "asymmetric": (
        lambda x: np.exp(x - np.sqrt(x)) - x,
        lambda x: np.exp(x - np.sqrt(x)) * (1 - 0.5 / np.sqrt(x)) - 1,
        lambda x: np.exp(x - np.sqrt(x)) * ((1 - 0.5 / np.sqrt(x)) ** 2 + 0.25 * x**-1.5),
        1.8100198166186225,
    ),
}


def drive(parts, bracket, most=2000):
    o = objective(*parts)
    method = ex.BracketedNewton(bracket)
    states = [method.initial_state(o, np.array([bracket[0]]))]
    while states[-1].stop is None and states[-1].gradient[0] != 0 and len(states) <= most:
        states.append(method.next_state(o, states[-1]))
    return states, o


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("bracket", [(1, 3), (3, 1), (0.5, 0.6), (20, 21.5)])
def test_finds_the_minimum_wherever_the_bracket_is(name, bracket):
    *parts, true = FUNCTIONS[name]
    with np.errstate(all="ignore"):  # one is defined for x > 0 only, and growing may leave that
        states, o = drive(parts, bracket)
    last = states[-1]
    assert last.stop is None or last.stop.reason is Reason.NO_STEP_LEFT
    flat = 1e-4 if name == "quartic" else 4e-15 * max(1, abs(true))
    assert abs(last.x[0] - true) <= flat
    asked = o.asked["gradient"]
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_bracket_always_holds_the_minimum_and_shrinks(name):
    *parts, true = FUNCTIONS[name]
    states, _ = drive(parts, (1, 3))
    for before, after in zip(states, states[1:], strict=False):
        assert after.low <= true <= after.high or abs(after.x[0] - true) < 1e-4
        assert before.low <= after.low <= after.high <= before.high
        assert after.high - after.low < before.high - before.low or after.stop is not None


def test_growth_goes_downhill_to_either_side():
    *parts, _ = FUNCTIONS["parabola"]
    right, _ = drive(parts, (-10, -9))
    left, _ = drive(parts, (100, 101))
    # Each step is twice the last width: −9 → −7 → −3 → 5, where the slope is zero.
    assert (right[0].low, right[0].high) == (-3, 5)
    assert left[0].low < 5 < left[0].high


def test_the_bisection_branch_is_taken_and_named():
    """From far out Newton on the arctangent flies away; bisection brings it back."""
    *parts, _ = FUNCTIONS["arctangent"]
    states, _ = drive(parts, (-40, 30))
    first = states[1]
    assert first.event == "bisection"
    assert np.isnan(first.step_length)
    assert first.x[0] == -5
    assert states[-1].event == ""
    assert states[-1].step_length == 1
    # The negative control: the pure step from there leaves the bracket.
    x = states[0].x[0]
    assert not -40 < x - np.arctan(x) * (1 + x**2) < 30


@pytest.mark.parametrize(
    "bracket", [(1, 1), (np.nan, 1), (0, np.inf), (1, 2, 3), (1,), 5, ("a", "b")]
)
def test_bad_brackets(bracket):
    with pytest.raises(ValueError, match=r"two different numbers|could not convert"):
        ex.BracketedNewton(bracket)


def test_unbounded_below():
    states, _ = drive((lambda x: -x, lambda x: -1.0, lambda x: 0.0), (0, 1))
    assert states[-1].stop.reason is Reason.UNBOUNDED
    assert states[-1].x[0] > 1e15
    assert "unbounded below" in states[-1].stop.message


def test_a_wall_ends_the_growth():
    with np.errstate(all="ignore"):
        states, _ = drive(
            (np.log, lambda x: 1 / x if x > 0 else np.nan, lambda x: -1 / x**2), (1, 2)
        )
    assert states[-1].stop.reason is Reason.NOT_FINITE
    assert "x = [0]: it is -inf" in states[-1].stop.message


@pytest.mark.parametrize("bracket", [(5, 6), (0.1, 0.2), (1.5, 40)])
def test_growth_that_meets_a_wall_comes_back_from_it(bracket):
    """φ = x − log x has its minimum at 1; the bracket would leave x > 0."""
    with np.errstate(all="ignore"):
        states, _ = drive(
            (lambda x: x - np.log(x), lambda x: 1 - 1 / x, lambda x: 1 / x**2), bracket
        )
    assert states[-1].stop is None or states[-1].stop.reason is Reason.NO_STEP_LEFT
    assert abs(states[-1].x[0] - 1) < 1e-7


def test_an_end_that_is_not_finite_is_refused():
    with np.errstate(all="ignore"), pytest.raises(ex.InvalidInput, match="not finite"):
        drive((np.log, lambda x: 1 / x, lambda x: -1 / x**2), (0, 2))


@pytest.mark.parametrize(
    "parts",
    [
        (lambda x: np.exp(-x), lambda x: -np.exp(-x), lambda x: np.exp(-x)),
        (np.tanh, lambda x: 1 / np.cosh(min(abs(x), 300)) ** 2, lambda x: 0.0),
        (lambda x: 1.0, lambda x: 0.0, lambda x: 0.0),
        (abs, np.sign, lambda x: 0.0),
        (lambda x: max(x, 0.0) ** 2, lambda x: 2 * max(x, 0.0), lambda x: 2.0 * (x > 0)),
        (np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)),
        (lambda x: 0.0, lambda x: np.where(x < 1 / 3, -1e-300, 1e-300), lambda x: np.nan),
        (lambda x: x**2, lambda x: 2 * x, lambda x: -1.0),
        (lambda x: x**2, lambda x: 2 * x, lambda x: 1e-300),
        (lambda x: x**2, lambda x: 2 * x, lambda x: 1e300),
    ],
)
@pytest.mark.parametrize("bracket", [(-1, 2), (0.5, 1)])
def test_it_always_ends(parts, bracket):
    """Even for derivatives that are wrong on purpose."""
    states, o = drive(parts, bracket)
    assert len(states) < 2000
    assert o.counts.nfev < 3000


# ---- as a user calls it ------------------------------------------------------------------------


def test_a_function_that_only_recedes_is_no_success():
    result = ex.minimize_scalar(lambda x: np.exp(-x), bracket=(0, 1))
    assert not result.success
    assert result.certificate.verdict is ex.Verdict.RECEDING
    assert result.certificate.is_minimum is False


def test_a_plain_that_begins_at_a_point_is_a_minimum():
    """The negative control of the above: the slope is zero from 1 on, and large before."""
    result = ex.minimize_scalar(lambda x: np.maximum(1 - x, 0.0) ** 2, bracket=(-3, -2))
    assert result.success
    assert result.x >= 1
    assert result.certificate.verdict is ex.Verdict.DEGENERATE


def test_unbounded_as_a_user_sees_it():
    result = ex.minimize_scalar(lambda x: -x)
    assert not result.success
    assert result.certificate.verdict is ex.Verdict.UNBOUNDED


def test_both_ends_at_a_maximum():
    result = ex.minimize_scalar(np.cos, bracket=(-1, 1))
    assert result.success
    assert np.cos(result.x) == -1
    # The start is a maximum exactly: its slope vanishes at the middle of the bracket.
    result = ex.minimize_scalar(lambda x: -(x**2) + x**4, bracket=(-0.1, 0.1))
    assert result.success
    assert abs(result.x) == pytest.approx(np.sqrt(0.5), abs=1e-8)


def test_constants_and_kinks():
    assert ex.minimize_scalar(lambda x: 0 * x + 1).certificate.verdict is ex.Verdict.DEGENERATE
    result = ex.minimize_scalar(lambda x: np.abs(x - 0.3), bracket=(-1, 2))
    assert result.x == pytest.approx(0.3, abs=1e-12)


def test_args_tol_and_limits():
    result = ex.minimize_scalar(lambda x, a: (x - a) ** 4, (0, 1), (3.0,), tol=1e-4)
    assert result.reason is ex.Reason.GRADIENT_NORM
    assert abs(4 * (result.x - 3) ** 3) <= 1e-4
    result = ex.minimize_scalar(lambda x, a: (x - a) ** 4, (0, 0.7), (3.0,), maxiter=2)
    assert (result.nit, result.reason) == (2, ex.Reason.MAXITER)
    assert not result.success
    with pytest.raises(ex.InvalidInput, match="two different"):
        ex.minimize_scalar(lambda x: x**2, bracket=(1, 1))
