"""Keys, clocks and exceptions: the best point comes back with its trace, soon."""

import os
import signal
import threading
import time

import numpy as np
import pytest

import extremum as ex
from extremum.solve import solver
from extremum.solve.alarm import TimeIsUp, alarm

START = [3.0, 4.0]


def quartic_that(does, after):
    """A function that does something else from some call on."""
    calls = []

    def fun(x):
        calls.append(x)
        if len(calls) > after:
            does()
        return float((x[0] - 1) ** 4 + x[1] ** 2)

    return fun


def gradient(x):
    return np.array([4 * (x[0] - 1) ** 3, 2 * x[1]])


def press():
    os.kill(os.getpid(), signal.SIGINT)


def spin():
    while True:
        pass


def minimized(fun, **options):
    return ex.minimize(fun, START, jac=gradient, method="gradient-descent", **options)


def assert_nothing_lost(result):
    assert len(result.trace) == result.nit + 1 == len(result.trace.x)
    assert result.fun == result.trace["fun"].min()
    np.testing.assert_array_equal(result.x, result.trace.x[np.argmin(result.trace["fun"])])
    assert not result.success


# ---- the key -----------------------------------------------------------------------------------


def test_inside_the_function():
    result = minimized(quartic_that(press, after=30))
    assert_nothing_lost(result)
    assert result.reasons[0] is ex.Reason.INTERRUPTED
    assert f"in the middle of iteration {result.nit + 1}" in result.message


def test_inside_the_certificate(monkeypatch):
    def certify(*args):
        press()
        time.sleep(60)

    monkeypatch.setattr(solver, "certify_point", certify)
    result = minimized(quartic_that(press, after=10**9))
    assert_nothing_lost(result)
    assert result.reasons == (ex.Reason.GRADIENT_NORM, ex.Reason.INTERRUPTED)
    assert result.certificate.verdict is ex.Verdict.UNDECIDED
    assert "while the point was judged" in result.message
    assert "UNDECIDED" in str(result)


def test_pressed_twice(monkeypatch):
    """Once in the run, and again in the certificate that follows."""
    result = minimized(quartic_that(press, after=30))
    assert result.reasons == (ex.Reason.INTERRUPTED,)
    assert_nothing_lost(result)


def test_before_there_is_a_point_it_is_pythons():
    with pytest.raises(KeyboardInterrupt):
        minimized(quartic_that(press, after=0))


def test_what_was_interrupted_can_be_resumed(tmp_path):
    path, mood = tmp_path / "run.ckpt", []
    fun = quartic_that(lambda: None if mood else press(), after=30)
    minimized(fun, checkpoint=path)
    mood.append("calm")
    again = minimized(fun, resume=path)
    np.testing.assert_array_equal(again.trace.x, minimized(fun).trace.x)


# ---- the clock ---------------------------------------------------------------------------------


@pytest.mark.parametrize("forever", [spin, lambda: time.sleep(1000)], ids=["spins", "sleeps"])
def test_a_function_that_never_ends(forever):
    before = signal.getsignal(signal.SIGALRM)
    result = minimized(quartic_that(forever, after=30), max_seconds=0.6)
    assert_nothing_lost(result)
    assert result.reasons[0] is ex.Reason.MAX_SECONDS
    assert "in the middle of iteration" in result.message
    assert result.certificate.verdict is ex.Verdict.UNDECIDED
    # What was borrowed is given back.
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_callback_that_never_ends():
    def fun(x):
        return x @ x

    ex.minimize(fun, START)  # compiles
    result = ex.minimize(fun, START, callback=lambda x: spin(), max_seconds=0.5)
    assert_nothing_lost(result)
    assert result.nit == 1
    assert result.certificate.verdict is ex.Verdict.NOT_STATIONARY


def test_an_exception_is_not_to_swallow_it():
    def stubborn():
        while True:
            try:
                time.sleep(1000)
            except Exception:
                continue

    result = minimized(quartic_that(stubborn, after=30), max_seconds=0.6)
    assert result.reasons[0] is ex.Reason.MAX_SECONDS


def test_the_first_evaluation_never_ends(monkeypatch):
    monkeypatch.setattr("extremum.solve.alarm.LEAST_BESIDE", 0.2)
    with pytest.raises(ex.OutOfTime, match=r"x = \[3, 4\] .* took longer than 0.2 seconds"):
        minimized(quartic_that(spin, after=0), max_seconds=0.1)
    assert issubclass(ex.OutOfTime, TimeoutError)


def test_beside_the_main_thread_it_is_looked_at_between_evaluations():
    found = []

    def slow(x):
        time.sleep(0.02)
        return float((x[0] - 1) ** 4 + x[1] ** 2)

    def run():
        found.append(minimized(slow, max_seconds=0.1))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found[0].reasons[0] is ex.Reason.MAX_SECONDS
    assert found[0].nfev < 12


def test_beside_the_main_thread_the_certificate_ends_too(monkeypatch):
    monkeypatch.setattr("extremum.solve.alarm.LEAST_BESIDE", 0.3)
    found = []

    def slow(x):
        time.sleep(0.02)
        return 2 * (x - 1)

    def run():  # a Hessian takes 80 gradients
        options = {"jac": slow, "method": "l-bfgs", "max_seconds": 0.3}
        found.append(ex.minimize(lambda x: float(np.sum((x - 1) ** 2)), np.ones(40), **options))

    began = time.monotonic()
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert time.monotonic() - began < 5
    assert found[0].reasons == (ex.Reason.GRADIENT_NORM, ex.Reason.MAX_SECONDS)
    assert not found[0].success
    assert "while the point was judged" in found[0].message


def test_an_alarm_of_somebody_elses_is_left_alone():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(True))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        result = minimized(lambda x: time.sleep(0.02) or float(x @ x), max_seconds=0.2, tol=0)
        time.sleep(0.06)
        assert rung
        assert result.nit >= 0
    finally:
        signal.signal(signal.SIGALRM, before)


def test_the_alarm_rings_until_it_is_heard():
    def deaf():
        try:
            time.sleep(5)
        except BaseException:
            time.sleep(5)

    with pytest.raises(TimeIsUp), alarm(0.01):
        deaf()
    with alarm(0.01, listening=lambda: False):
        time.sleep(0.1)


# ---- exceptions --------------------------------------------------------------------------------


def test_an_exception_carries_the_result_so_far():
    def fail():
        raise OSError("the license server is down")

    with pytest.raises(OSError, match="license") as caught:
        minimized(quartic_that(fail, after=30))
    result = caught.value.extremum_result
    assert_nothing_lost(result)
    assert result.reasons == (ex.Reason.RAISED,)
    assert "OSError: the license server is down" in result.message
    assert "not judged" in result.certificate.evidence[0]


def test_after_an_exception_the_run_can_go_on(tmp_path):
    path, servers = tmp_path / "run.ckpt", []

    def fail():
        if not servers:
            raise OSError("the license server is down")

    fun = quartic_that(fail, after=30)
    with pytest.raises(OSError, match="license"):
        minimized(fun, checkpoint=path)
    servers.append("up again")
    again = minimized(fun, resume=path)
    np.testing.assert_array_equal(again.trace.x, minimized(fun).trace.x)


def test_an_exception_in_the_certificate_loses_nothing(monkeypatch):
    def certify(*args):
        raise ZeroDivisionError("beyond the table")

    monkeypatch.setattr(solver, "certify_point", certify)
    result = minimized(quartic_that(press, after=10**9))
    assert_nothing_lost(result)
    assert result.reasons == (ex.Reason.GRADIENT_NORM, ex.Reason.RAISED)
    assert "beyond the table" in result.certificate.evidence[0]


def test_the_shape_of_the_answer_changes():
    calls = []

    def fun(x):
        calls.append(x)
        value = float(np.sum((x - 1) ** 4))
        return value if len(calls) < 30 else [value, value]

    with pytest.raises(ex.InvalidInput, match=r"shape \(2,\)") as caught:
        ex.minimize(fun, START, jac=lambda x: 4 * (x - 1) ** 3, method="gradient-descent")
    assert_nothing_lost(caught.value.extremum_result)
    with pytest.raises(ex.InvalidInput, match="3 components") as caught:
        ex.minimize(lambda x: x @ x, START, jac=lambda x: 2 * x if x[0] > 2 else np.zeros(3))
    assert_nothing_lost(caught.value.extremum_result)


# ---- functions that are not smooth, or lie -------------------------------------------------------


@pytest.mark.parametrize("method", ["trust-region", "newton", "bfgs", "gradient-descent", "cg"])
@pytest.mark.parametrize(
    "fun",
    [
        lambda x: np.abs(x[0] - 1) + x[1] ** 2,
        lambda x: np.sum(np.abs(x)),
        lambda x: np.sqrt(np.abs(x[0])) + x[1] ** 2,
        lambda x: np.where(x[0] > 1, x[0] + x[1] ** 2, 10 + x[1] ** 2 + x[0] ** 2),
        lambda x: np.sqrt(x[0] - 1) + x[1] ** 2,
    ],
    ids=["kink", "kinks", "cusp", "jump", "edge"],
)
def test_no_success_where_it_is_not_smooth(fun, method):
    with np.errstate(all="ignore"):
        result = ex.minimize(fun, [3.0, 2.0], method=method, maxiter=2000)
    smooth = result.x[0] < 1 and abs(result.x[0]) < 1e-6 and fun(result.x) >= 10  # beyond the jump
    assert not result.success or smooth
    assert result.message
    assert "{" not in result.message


LIES = {
    "sign": lambda x: -2 * (x - 1),
    "zero": lambda x: np.zeros(2),
    "shift": lambda x: 2 * (x - 1) + [0.5, 0.0],
    "swapped": lambda x: 2 * (x[::-1] - 2) * [1, 3],
}


@pytest.mark.parametrize("method", ["trust-region", "bfgs", "gradient-descent", "cg"])
@pytest.mark.parametrize("opaque", [False, True])
@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_gradient_that_lies_is_no_success(lie, opaque, method):
    def fun(x):
        total = np.sum((x - 1) ** 2)
        return float(total) if opaque else total

    result = ex.minimize(fun, START, jac=lie, method=method, maxiter=200)
    assert not result.success
    assert result.reasons


@pytest.mark.parametrize(
    ("lie", "point"), [("zero", START), ("shift", [0.75, 1.0]), ("swapped", [2.0, 2.0])]
)
@pytest.mark.parametrize("opaque", [False, True])
def test_where_a_lie_vanishes_nothing_is_stationary(lie, point, opaque):
    def fun(x):
        total = np.sum((x - 1) ** 2)
        return float(total) if opaque else total

    found = ex.certify(fun, point, jac=LIES[lie])
    assert found.verdict in (ex.Verdict.UNDECIDED, ex.Verdict.NOT_STATIONARY)
    assert found.is_minimum is not True


@pytest.mark.parametrize("opaque", [False, True])
def test_an_approximate_gradient_is_no_lie(opaque):
    def fun(x):
        total = np.sum((x - 1) ** 2)
        return float(total) if opaque else total

    def forward(x):
        return np.array([(fun(x + 1e-8 * e) - fun(x)) / 1e-8 for e in np.eye(2)])

    found = ex.certify(fun, [1.0, 1.0], jac=forward if not opaque else lambda x: 2 * (x - 1))
    assert found.verdict is ex.Verdict.MINIMUM


@pytest.mark.parametrize("method", ["trust-region", "bfgs"])
def test_noise_is_named(method):
    rng = np.random.default_rng(1)
    with pytest.warns(ex.DerivativeWarning):
        result = ex.minimize(
            lambda x: float(np.sum((x - 1) ** 2)) + 1e-4 * rng.normal(), START, method=method
        )
    assert result.reason in (ex.Reason.NOISE, ex.Reason.NO_DECREASE, ex.Reason.ROUNDING_FLOOR)
    assert not result.success
