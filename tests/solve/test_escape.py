"""`minimize` does not stay at saddles and maxima, and gives up where there is no bottom."""

import numpy as np
import pytest

import extremum as ex
from extremum.solve.solver import MOST_ESCAPES


def two_wells(x):
    return x[0] ** 2 - x[1] ** 2 + x[1] ** 4 / 4


def events(result):
    return [text for text in result.trace["event"] if "left a" in text]


def test_two_wells_from_exactly_the_saddle():
    result = ex.minimize(two_wells, [0.0, 0.0])
    assert result.success
    np.testing.assert_allclose(np.abs(result.x), [0, np.sqrt(2)], atol=1e-8)
    assert result.certificate.verdict is ex.Verdict.MINIMUM
    assert events(result) == ["left a saddle point for a lower one"]


@pytest.mark.parametrize(
    "method",
    ["newton", "gradient-descent", "barzilai-borwein", ex.GradientDescent(0.1), ex.Newton(1)],
    ids=str,
)
def test_two_wells_by_every_method(method):
    result = ex.minimize(two_wells, [0.0, 0.0], method=method)
    assert result.success
    np.testing.assert_allclose(np.abs(result.x), [0, np.sqrt(2)], atol=1e-7)


@pytest.mark.parametrize("x0", [0.5, -1.0])
def test_two_wells_along_the_ridge(x0):
    """On y = 0 no gradient ever points away from the ridge."""
    result = ex.minimize(two_wells, [x0, 0.0], method=ex.GradientDescent(0.1))
    assert result.success
    np.testing.assert_allclose(np.abs(result.x), [0, np.sqrt(2)], atol=1e-7)
    assert len(events(result)) == 1


def test_stationary_stays_at_the_saddle():
    result = ex.stationary(two_wells, [0.1, 0.1])
    assert result.success
    assert events(result) == []
    certificate = result.certificate
    assert (certificate.verdict, certificate.morse_index) == (ex.Verdict.SADDLE, 1)
    assert certificate.is_minimum is False
    np.testing.assert_allclose(result.x, [0, 0], atol=1e-7)
    assert np.linalg.norm(result.x) <= certificate.radius


def test_a_maximum():
    result = ex.minimize(lambda x: np.cos(x[0]) + np.cos(x[1]), [0.0, 0.0])
    assert result.success
    assert result.fun == pytest.approx(-2)
    np.testing.assert_allclose(np.cos(result.x), [-1, -1])
    assert events(result)[0] == "left a maximum point for a lower one"


@pytest.mark.parametrize("x0", [[0.0, 0.0], [0.3, 0.4]])
def test_stationary_finds_the_maximum_near(x0):
    result = ex.stationary(lambda x: np.cos(x[0]) + np.cos(x[1]), x0)
    assert result.success
    assert (result.certificate.verdict, result.certificate.morse_index) == (ex.Verdict.MAXIMUM, 2)
    np.testing.assert_allclose(result.x, [0, 0], atol=1e-7)


def bounded_monkey(x):
    return x[0] ** 3 - 3 * x[0] * x[1] ** 2 + (x[0] ** 2 + x[1] ** 2) ** 2


def test_a_monkey_saddle_with_a_floor():
    """In polar coordinates r³ cos 3θ + r⁴: the minima are at r = 3/4, cos 3θ = −1."""
    result = ex.minimize(bounded_monkey, [0.0, 0.0], hess=monkey_hessian, jac=monkey_gradient)
    assert result.success
    assert np.linalg.norm(result.x) == pytest.approx(0.75)
    assert result.fun == pytest.approx(0.75**4 - 0.75**3)
    assert events(result) == ["left a degenerate point for a lower one"]


def monkey_gradient(x):
    r = x @ x
    return np.array([3 * x[0] ** 2 - 3 * x[1] ** 2, -6 * x[0] * x[1]]) + 4 * r * x


def monkey_hessian(x):
    cubic = np.array([[6 * x[0], -6 * x[1]], [-6 * x[1], -6 * x[0]]])
    return cubic + 4 * (x @ x) * np.eye(2) + 8 * np.outer(x, x)


def test_several_saddles_one_after_another():
    """Each double well is left by itself: the saddle is of index 3."""
    result = ex.minimize(lambda x: np.sum(x**4 / 4 - x**2), np.zeros(3))
    assert result.success
    np.testing.assert_allclose(np.abs(result.x), np.sqrt(2), atol=1e-8)
    assert 1 <= len(events(result)) <= MOST_ESCAPES


@pytest.mark.parametrize("method", ["newton", "gradient-descent", ex.Newton(1)], ids=str)
def test_escapes_are_bounded(method):
    """A staircase of wells along which every stationary point found lets itself be left."""
    result = ex.minimize(lambda x: np.cos(x[0]) - 1e-3 * x[0], [0.0], method=method, maxiter=300)
    assert len(events(result)) <= MOST_ESCAPES


def test_no_escape_once_the_run_was_cut_short():
    result = ex.minimize(two_wells, [0.0, 0.0], maxiter=0)
    assert (result.nit, events(result)) == (0, [])
    assert not result.success or ex.Reason.GRADIENT_NORM in result.reasons


@pytest.mark.parametrize("start", [[0.0, 0.0], [1.0, 1e-3], [0.0, 1.0]])
@pytest.mark.parametrize("method", ["newton", "gradient-descent"])
def test_a_saddle_without_a_floor_is_unbounded(start, method):
    fun = lambda x: x[0] ** 2 - x[1] ** 2  # noqa: E731
    result = ex.minimize(fun, start, method=method)
    assert not result.success
    assert result.reason is ex.Reason.UNBOUNDED
    assert result.certificate.verdict is ex.Verdict.UNBOUNDED
    ray = result.certificate.ray
    values = [fun(result.x + t * ray.direction) for t in ray.lengths]
    assert (np.diff(values) < 0).all()
    assert "decreases without bound" in result.message


@pytest.mark.parametrize("power", [3, 5])
def test_an_inflection_is_left_downhill(power):
    result = ex.minimize(lambda x: x[0] ** power, [1.0])
    assert not result.success
    assert result.certificate.verdict is ex.Verdict.UNBOUNDED
    assert result.x[0] < -1e3


def test_linear_functions_need_no_ten_thousand_steps():
    result = ex.minimize(lambda x: -x[0] + 0.5 * x[1], [1.0, 1.0])
    assert result.reason is ex.Reason.UNBOUNDED
    assert result.nit < 200
