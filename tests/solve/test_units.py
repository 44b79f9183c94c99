"""Problems in small units: the verdict and the success are of the function, not of its scale."""

import numpy as np
import pytest

import extremum as ex


def lennard_jones(r):
    sigma, epsilon = 3.4e-10, 1.65e-21
    return 4 * epsilon * ((sigma / r[0]) ** 12 - (sigma / r[0]) ** 6)


def morse(r):
    return 7e-19 * (1 - np.exp(-1.9e10 * (r[0] - 1.2e-10))) ** 2


@pytest.mark.parametrize(
    ("fun", "start", "true"),
    [
        (lennard_jones, 4e-10, 2 ** (1 / 6) * 3.4e-10),
        (morse, 1.5e-10, 1.2e-10),
        (lambda x: 1e-13 * (x[0] ** 4 - 2 * x[0] ** 2), 0.6, 1.0),
        (lambda x: (x[0] / 1e-9 - 1) ** 2, 3e-9, 1e-9),
        (lambda x: x[0] ** 4 + 1e-6 * x[0] ** 2, 1.0, 0.0),
    ],
)
def test_a_success_is_at_the_minimum(fun, start, true):
    """Met at once by a tiny gradient, the test is no success until the point is certified."""
    result = ex.minimize(fun, [start])
    assert result.success
    assert abs(result.x[0] - true) <= result.certificate.radius + 1e-9 * abs(true)
    assert result.certificate.radius <= 1e-6 * max(abs(true), 1e-3)


@pytest.mark.parametrize("start", [0.5, 3.0])
def test_a_tiny_gradient_far_from_the_minimum_is_no_success(start):
    fun = lambda x: 1e-13 * (x[0] ** 4 - 2 * x[0] ** 2)  # noqa: E731
    result = ex.minimize(fun, [start], stop=ex.GradientNorm(1e-8))
    assert not result.success or abs(result.x[0] - 1) <= result.certificate.radius
    asked = ex.minimize(fun, [start], stop=ex.GradientNorm(1e-7))
    assert not asked.success
    assert asked.certificate.verdict is ex.Verdict.NOT_STATIONARY
    assert asked.nit == 0


@pytest.mark.parametrize(
    ("fun", "point"),
    [
        (lambda x: -np.abs(x[0]), [0.0]),
        (lambda x: np.abs(x[0]) + 2 * x[0], [0.0]),
        (lambda x: np.abs(x[0] - 1) + 2 * x[0] + x[1] ** 2, [1.0, 0.0]),
    ],
)
def test_a_kink_is_never_a_minimum_by_rounding(fun, point):
    assert not ex.certify(fun, point).is_minimum


def test_a_run_goes_on_from_a_tiny_gradient_to_the_stationary_point():
    fun = lambda x: 1e-13 * (x[0] ** 4 - 2 * x[0] ** 2)  # noqa: E731
    found = ex.certify(fun, [0.6])
    assert found.verdict is ex.Verdict.NOT_STATIONARY
    assert found.stationary_point == pytest.approx([1.0])
    events = ex.minimize(fun, [0.6]).trace["event"]
    assert any("from the stationary point" in event for event in events)
