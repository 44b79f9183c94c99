"""One variable: the curve is the function, the dots are the trace."""

import math

import numpy as np
import pytest

import extremum as ex
from extremum.outcomes import InvalidInput
from extremum.plot import plot_function


def well(x):
    return np.exp(x - np.sqrt(x)) - x


def lines(axes):
    return {line.get_label(): line.get_xydata() for line in axes.lines}


def end(axes, words):
    (found,) = (xy for label, xy in lines(axes).items() if label.startswith(words))
    return found


def test_curve_and_iterates():
    result = ex.minimize_scalar(well, bracket=(1, 3))
    axes = plot_function(well, result)
    x, y = lines(axes)["$\\varphi$"].T
    np.testing.assert_allclose(y, well(x), rtol=1e-14)
    dots = lines(axes)["BracketedNewton(bracket=(1, 3)), 5 iterations"]
    np.testing.assert_array_equal(dots, np.column_stack([result.trace.x, result.trace["fun"]]))
    np.testing.assert_array_equal(end(axes, "minimum"), [[result.x, result.fun]])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("$x$", "$\\varphi(x)$")


def test_a_vector_of_one_variable():
    def fun(x):
        return (x[0] - 1) ** 2

    axes = plot_function(fun, ex.minimize(fun, [3.0]))
    x, y = lines(axes)["$\\varphi$"].T
    np.testing.assert_allclose(y, (x - 1) ** 2, atol=1e-14)


def test_a_function_that_takes_only_numbers_and_raises_outside():
    axes = plot_function(lambda x: x - math.log(x), limits=(-1, 3))
    x, y = lines(axes)["$\\varphi$"].T
    assert np.isnan(y[x <= 0]).all()
    np.testing.assert_allclose(y[x > 0], x[x > 0] - np.log(x[x > 0]))


def test_maximum_shows_a_lower_point():
    def hill(x):
        return np.cos(x)

    result = ex.stationary(hill, 0.1)
    axes = plot_function(hill, result)
    (lower,) = end(axes, "lower point")
    np.testing.assert_allclose(lower[1], np.cos(lower[0]))
    assert end(axes, "maximum").shape == (1, 2)


def test_a_pole_does_not_flatten_the_rest():
    def fun(x):
        return x + 1 / x

    result = ex.minimize_scalar(fun, bracket=(0.5, 3))
    axes = plot_function(fun, result, limits=(1e-6, 4))
    assert axes.get_ylim()[1] < 100


def test_unbounded_run():
    def fun(x):
        return -(x**3)

    axes = plot_function(fun, ex.minimize(fun, 1.0))
    axes.figure.canvas.draw()
    assert end(axes, "unbounded below").shape == (1, 2)


def test_a_function_without_a_value_is_named():
    with pytest.raises(InvalidInput, match="no finite value"):
        plot_function(lambda x: np.nan, limits=(0, 1))


def test_the_error_of_a_function_that_always_raises_is_its_own():
    def broken(x):
        return undefined  # noqa: F821

    with pytest.raises(NameError, match="undefined"):
        plot_function(broken, limits=(0, 1))
