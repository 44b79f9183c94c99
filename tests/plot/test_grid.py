"""The function over a region: its values by whatever way, levels that share the picture."""

import numpy as np
import pytest

from extremum.plot.grid import contour_levels, plain_function, values_on_grid

SQUARE = ((-1.0, 1.0), (-2.0, 2.0))


def rosenbrock(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def norm(x):
    return float(np.linalg.norm(x))


def with_branch(x):
    return x[0] if x[0] > 0 else -x[1]


def mean_removed(x):
    # One call on the whole grid gives an array of the right shape and the wrong values.
    return x[0] - np.mean(x)


@pytest.mark.parametrize("fun", [rosenbrock, norm, with_branch, mean_removed])
def test_values_are_those_of_single_calls(fun):
    plain = plain_function(fun, np.zeros(2))
    (x0, x1), values = values_on_grid(plain, SQUARE, 9, 9)
    expected = [[fun(np.array([a, b])) for a in x0] for b in x1]
    np.testing.assert_allclose(values, expected, rtol=1e-12)


def test_elementwise_functions_are_called_a_few_times_only():
    calls = []

    def counted(x):
        calls.append(1)
        return rosenbrock(x)

    values_on_grid(plain_function(counted, np.zeros(2)), SQUARE, None, 161)
    assert len(calls) < 30


def test_a_slow_function_gets_a_coarser_grid(monkeypatch):
    monkeypatch.setattr("extremum.plot.grid.SECONDS", 0.0)
    (x0, _), _ = values_on_grid(plain_function(norm, np.zeros(2)), SQUARE, None, 161)
    assert len(x0) == 31


@pytest.mark.parametrize("spread", [1.0, 1e8])
@pytest.mark.parametrize("shift", [0.0, -1e3])
def test_bands_share_the_picture(spread, shift):
    x, y = np.meshgrid(np.linspace(-2, 2, 101), np.linspace(-1, 3, 101))
    values = shift + spread * rosenbrock(np.array([x, y]))
    levels = contour_levels(values, 18)
    shares = np.histogram(values, levels)[0] / values.size
    assert (np.diff(levels) > 0).all()
    assert len(levels) >= 15
    assert shares.max() < 0.2


def test_a_bowl_gets_rings_almost_evenly_apart():
    x, y = np.meshgrid(np.linspace(-1, 1, 201), np.linspace(-1, 1, 201))
    radii = np.sqrt(contour_levels(x**2 + y**2, 10))
    assert np.diff(radii).max() < 3 * np.diff(radii).min()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_pole_takes_not_all_levels(sign):
    x, y = np.meshgrid(np.linspace(-1, 1, 200), np.linspace(-1, 1, 200))
    levels = contour_levels(sign / (x**2 + y**2), 18)
    assert np.abs(levels).max() < 1e3
    assert len(levels) > 10


def test_a_constant_has_two_levels_around_it():
    low, high = contour_levels(np.full((5, 5), 3.0), 18)
    assert low < 3 < high
