"""The loop: every reason provoked on purpose, limits, callbacks, interruptions, errors."""

import time
import warnings

import numpy as np
import pytest

import extremum as ex
from extremum import Reason
from extremum.outcomes import ENDED_WELL, MET_TESTS


def bowl(x):
    return np.sum((x - 1) ** 2) + 0.1 * np.sum((x - 1) ** 4)


def rosenbrock(x):
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


START = [-1.2, 1.0]
SINGULAR = np.diag([2.0, 0.0])


def stop_after(k):
    calls = []

    def callback(x):
        calls.append(x)
        if len(calls) == k:
            raise StopIteration

    return callback


def interrupt_after(k):
    calls = []

    def callback(x):
        calls.append(x)
        if len(calls) == k:
            raise KeyboardInterrupt

    return callback


def raised_after(k):
    """The result that an exception of the function's carries."""
    values = []

    def fun(x):
        values.append(x)
        if len(values) > k:
            raise OverflowError("the tank is full")
        return float(rosenbrock(x))

    try:
        ex.minimize(fun, START, method="gradient-descent", jac="3-point", hess=no_hessian)
    except OverflowError as error:
        return error.extremum_result


scatter = np.random.default_rng(0)


def noisy(x):
    return float(bowl(x)) + 1 + 1e-4 * scatter.normal()


def bowl_gradient(x):
    return 2 * (x - 1) + 0.4 * (x - 1) ** 3


def bowl_hessian(x):
    return np.diag(2 + 1.2 * (x - 1) ** 2)


def no_hessian(x):
    return np.eye(2)


PROVOKED = {
    Reason.GRADIENT_NORM: lambda: ex.minimize(bowl, START),
    Reason.RELATIVE_STEP: lambda: ex.minimize(bowl, START, stop=ex.RelativeStep(1e-2)),
    Reason.SQUARED_STEP: lambda: ex.minimize(bowl, START, stop=ex.SquaredStep(1e-4)),
    Reason.VALUE_CHANGE: lambda: ex.minimize(bowl, START, stop=ex.ValueChange(1e-6)),
    Reason.ROUNDING_FLOOR: lambda: ex.minimize(
        lambda x: np.sum(np.exp(3 * x) - x / 7 + x**4), START, tol=0
    ),
    Reason.MAXITER: lambda: ex.minimize(rosenbrock, START, maxiter=3),
    Reason.MAXFEV: lambda: ex.minimize(rosenbrock, START, maxfev=5),
    Reason.MAX_SECONDS: lambda: ex.minimize(rosenbrock, START, max_seconds=0),
    Reason.CALLBACK: lambda: ex.minimize(rosenbrock, START, callback=stop_after(2)),
    Reason.INTERRUPTED: lambda: ex.minimize(rosenbrock, START, callback=interrupt_after(2)),
    Reason.UNBOUNDED: lambda: ex.minimize(lambda x: -np.sum(x**2), START),
    Reason.NO_DECREASE: lambda: ex.minimize(
        bowl, START, jac=lambda x: -2 * (x - 1) - 0.4 * (x - 1) ** 3, method="gradient-descent"
    ),
    Reason.NO_CURVATURE: lambda: ex.minimize(
        lambda x: x[0] + 0 * x[1], START, method=ex.GradientDescent(ex.ExactStep())
    ),
    Reason.SINGULAR_HESSIAN: lambda: ex.minimize(
        lambda x: x[0] ** 2 + x[1], START, method=ex.Newton(step=1)
    ),
    Reason.NO_STEP_LEFT: lambda: ex.minimize_scalar(lambda x: np.exp(x) - 3 * x),
    Reason.NOT_FINITE: lambda: ex.minimize(
        lambda x: x[0] - np.log(x[0]), [3.0], method=ex.GradientDescent(10.0)
    ),
    Reason.RAISED: lambda: raised_after(60),
    Reason.NOISE: lambda: ex.minimize(noisy, START, jac=bowl_gradient, hess=bowl_hessian, tol=0),
}


@pytest.fixture(scope="module")
def provoked():
    made = {}

    def get(reason):
        if reason not in made:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                made[reason] = PROVOKED[reason]()
        return made[reason]

    return get


def test_only_not_descent_needs_a_rule_by_hand():
    """`NOT_DESCENT` is provoked in tests/methods: no direction of the package points uphill."""
    assert set(Reason) - set(PROVOKED) == {Reason.NOT_DESCENT}


@pytest.mark.parametrize("reason", PROVOKED, ids=lambda reason: reason.name)
def test_every_reason_on_purpose(reason, provoked):
    result = provoked(reason)
    assert result.reason is reason
    assert result["reason"] is reason
    assert "{" not in result.message
    assert result.message.split(".")[0]
    if reason in ENDED_WELL:
        assert result.success
        assert result.status == 0
    else:
        assert not result.success
        assert result.status == 1 + list(Reason).index(reason)


def test_only_one_reason_means_converged():
    assert MET_TESTS < ENDED_WELL
    assert {r for r in Reason if "within the tolerance" in r.value} == {Reason.GRADIENT_NORM}


@pytest.mark.parametrize("reason", PROVOKED, ids=lambda reason: reason.name)
def test_cut_short_the_best_point_is_returned(reason, provoked):
    result = provoked(reason)
    values = result.trace["fun"]
    if reason in ENDED_WELL:
        assert result.fun == values[-1]
    else:
        assert result.fun == np.nanmin(values)
        best = int(np.nanargmin(values))
        np.testing.assert_array_equal(np.ravel(result.x), result.trace.x[best])


def test_cut_short_stationary_returns_the_smallest_gradient():
    result = ex.stationary(rosenbrock, START, method=ex.Newton(step=1), maxiter=2)
    norms = result.trace["grad_norm"]
    assert np.abs(result.jac).max() == norms.min()
    # The negative control: the pure iteration's gradient grew on the way.
    assert (np.diff(norms) > 0).any()


@pytest.mark.parametrize("method", [ex.TrustRegion(radius=10.0), ex.Newton()], ids=repr)
def test_all_that_held_is_listed(method):
    """The whole step to the minimum of a quadratic form."""
    tests = [
        ex.GradientNorm(1e-4),
        ex.RelativeStep(10.0),
        ex.SquaredStep(100.0),
        ex.ValueChange(1e9),
    ]
    result = ex.minimize(
        lambda x: np.sum((x - 1) ** 2), START, method=method, stop=tests, maxiter=1
    )
    assert result.reasons == (
        Reason.GRADIENT_NORM,
        Reason.RELATIVE_STEP,
        Reason.SQUARED_STEP,
        Reason.VALUE_CHANGE,
        Reason.MAXITER,
    )
    assert result.success
    for words in ("gradient's norm", "relative step", "squared step", "value changed", "maxiter"):
        assert words in result.message


def test_the_start_itself_can_meet_the_test():
    result = ex.minimize(bowl, [1.0, 1.0])
    assert result.success
    assert (result.nit, result.nfev, len(result.trace)) == (0, 1, 1)


def test_limits_are_kept():
    result = ex.minimize(rosenbrock, START, maxiter=0)
    assert (result.nit, result.reason) == (0, Reason.MAXITER)
    np.testing.assert_array_equal(result.x, START)
    for most in (1, 4, 9):
        assert ex.minimize(rosenbrock, START, maxiter=most).nit == most
    # Looked at between iterations, so one iteration's trials may go beyond.
    result = ex.minimize(rosenbrock, START, maxfev=10)
    assert result.trace["nfev"][-2] < 10 <= result.nfev
    slow = ex.minimize(rosenbrock, START, max_seconds=0.05, callback=lambda x: time.sleep(0.03))
    assert slow.reason is Reason.MAX_SECONDS
    assert slow.nit <= 4


# ---- callbacks ---------------------------------------------------------------------------------


def test_callback_with_a_point():
    seen = []
    result = ex.minimize(rosenbrock, START, callback=lambda xk: seen.append(xk))
    np.testing.assert_array_equal(seen, result.trace.x[1:])


def test_callback_with_a_result():
    seen = []

    def callback(intermediate_result):
        seen.append(intermediate_result)

    result = ex.minimize(rosenbrock, START, callback=callback)
    assert [r.fun for r in seen] == list(result.trace["fun"][1:])
    assert [r.nit for r in seen] == list(range(1, result.nit + 1))
    np.testing.assert_array_equal([r.x for r in seen], result.trace.x[1:])
    assert "fun" in str(seen[0])


def test_a_callback_gets_the_users_structure():
    seen = []
    ex.minimize(lambda p: (p["a"] - 1) ** 2, {"a": 3.0}, callback=seen.append)
    assert set(seen[0]) == {"a"}


def test_a_callback_that_writes_into_its_point_disturbs_nothing():
    def spoil(x):
        x[:] = np.nan

    def spoil_result(intermediate_result):
        intermediate_result.x[:] = np.nan
        intermediate_result.jac[:] = np.nan

    plain = ex.minimize(rosenbrock, START)
    for callback in (spoil, spoil_result):
        result = ex.minimize(rosenbrock, START, callback=callback)
        np.testing.assert_array_equal(result.x, plain.x)
        np.testing.assert_array_equal(result.trace.x, plain.trace.x)


def test_stop_iteration_keeps_the_point():
    result = ex.minimize(rosenbrock, START, callback=stop_after(3))
    assert (result.nit, result.reason) == (3, Reason.CALLBACK)
    assert "after iteration 3" in result.message
    assert result.certificate.verdict is ex.Verdict.NOT_STATIONARY


def test_an_interruption_keeps_the_best_point():
    result = ex.minimize(rosenbrock, START, callback=interrupt_after(4))
    assert (result.nit, result.reason) == (4, Reason.INTERRUPTED)
    assert result.fun == result.trace["fun"].min()


def test_an_error_in_a_callback_is_the_users_to_see():
    def callback(x):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        ex.minimize(rosenbrock, START, callback=callback)


# ---- errors and walls --------------------------------------------------------------------------


def test_an_exception_on_the_way_tells_where_it_was():
    calls = []

    def fun(x):
        calls.append(np.array(x, float))
        if len(calls) > 40:
            raise RuntimeError("the license server is down")
        return float((x[0] - 1) ** 4)

    with pytest.raises(RuntimeError, match="license") as caught:
        ex.minimize(fun, [3.0], jac="3-point", hess=lambda x: [[12 * (x[0] - 1) ** 2]])
    notes = " ".join(caught.value.__notes__)
    assert "Raised by fun at x = [" in notes
    assert "Raised after iteration" in notes
    assert "best point before it is x = [" in notes


def test_a_wall_is_never_crossed():
    with np.errstate(all="ignore"):
        result = ex.minimize(lambda x: x[0] - np.log(x[0]), [20.0])
    assert result.success
    assert result.x[0] == pytest.approx(1)
    assert (result.trace.x > 0).all()
    assert np.isfinite(result.trace["fun"]).all()
    first = result.trace["event"][1]
    assert first.startswith("shortened: The value is not finite at x = [")


def test_a_start_without_a_gradient():
    with np.errstate(all="ignore"):
        result = ex.minimize(lambda x: np.sqrt(x[0]), [0.0])
    assert not result.success
    assert result.reason is Reason.NOT_FINITE
    assert result.certificate.verdict is ex.Verdict.NOT_FINITE


def test_a_trace_that_was_wrong_is_found_out_and_done_again():
    """What JAX traced once is not what the plain function says later."""
    state = {"shift": 0.0}

    def fun(x):
        return (x[0] - state["shift"]) ** 2

    def later(x):
        state["shift"] = 5.0

    with pytest.warns(ex.DerivativeWarning):
        result = ex.minimize(fun, [3.0], callback=later)
    assert result.success
    assert result.x[0] == pytest.approx(5, abs=1e-6)
    assert "differences" in result.source


# ---- the table of success ----------------------------------------------------------------------

SUCCESS = [
    # function, start, keywords, verdict, success of minimize, success of stationary
    (lambda x: x[0] ** 2 + x[1] ** 2, [1.0, 1.0], "MINIMUM", True, True),
    (lambda x: x[0] ** 2 + x[1] ** 4, [0.0, 0.0], "DEGENERATE", True, True),
    (lambda x: x[0] - 2 * x[1], [0.0, 0.0], "UNBOUNDED", False, False),
    (lambda x: np.exp(x[0]) + x[1] ** 2, [0.0, 0.0], "RECEDING", False, False),
]


@pytest.mark.parametrize(("fun", "x0", "verdict", "minimum", "stationary"), SUCCESS)
def test_success(fun, x0, verdict, minimum, stationary):
    found = ex.minimize(fun, x0)
    assert (found.certificate.verdict.name, found.success) == (verdict, minimum)
    found = ex.stationary(fun, x0)
    assert (found.certificate.verdict.name, found.success) == (verdict, stationary)


@pytest.mark.parametrize(
    ("fun", "verdict"),
    [
        (lambda x: x[0] ** 2 - x[1] ** 2, "SADDLE"),
        (lambda x: -(x[0] ** 2) - x[1] ** 2, "MAXIMUM"),
        (lambda x: x[0] ** 2 - x[1] ** 4, "DEGENERATE"),
    ],
)
def test_what_is_not_a_minimum_succeeds_only_as_stationary(fun, verdict):
    found = ex.stationary(fun, [0.0, 0.0])
    assert (found.certificate.verdict.name, found.success) == (verdict, True)
    assert not ex.minimize(fun, [0.0, 0.0]).success


def test_a_loose_test_is_met_and_still_no_success():
    result = ex.minimize(rosenbrock, START, stop=ex.RelativeStep(0.5))
    assert result.reason is Reason.RELATIVE_STEP
    assert not result.success
    assert result.certificate.verdict is ex.Verdict.NOT_STATIONARY
    assert result.certificate.distance > 0
    assert "relative step" in result.message
    assert "not a stationary point" in result.message


def test_a_hopeless_tolerance_ends_soon():
    """A gradient that differences can't give to 1e-12 is not chased ten thousand times."""
    import math

    with pytest.warns(ex.DerivativeWarning):
        result = ex.minimize(lambda x: math.exp(float(x[0])) - 2 * float(x[0]), [0.3], tol=1e-13)
    assert result.nit < 100
    assert abs(result.x[0] - math.log(2)) <= result.certificate.radius
