"""`result.plot()` and `trace.plot()`; files; the user's backend."""

import subprocess
import sys
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.image import imread

import extremum as ex
from extremum.objective.function import PlainFunction
from extremum.objective.parameters import Parameters
from extremum.plot import Axes, plot_result, save
from extremum.regression import LinearRegression


def test_two_variables_are_drawn_over_their_function(two_wells, newton):
    assert newton.plot(fun=two_wells).get_xlabel() == "$x_0$"


def test_one_variable_is_drawn_on_its_curve():
    result = ex.minimize_scalar(np.cosh, bracket=(-1, 2))
    assert result.plot(fun=np.cosh).get_xlabel() == "$x$"


def test_three_variables_are_drawn_over_the_iterations():
    def fun(x):
        return ((x - 1) ** 4).sum()

    axes = ex.minimize(fun, np.zeros(3)).plot(fun=fun)
    assert axes.get_ylabel() == "$\\varphi$ − lowest $\\varphi$"


def test_a_regression_is_drawn_over_the_iterations():
    X, y = [[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 4.0, 8.0]
    axes = LinearRegression(solver="gradient-descent").fit(X, y).result_.plot()
    assert axes.get_ylabel() == "$\\varphi$ − lowest $\\varphi$"


def test_an_objective_that_the_result_knows_is_used(two_wells, newton):
    plain = PlainFunction(two_wells, Parameters.of([2, 0.25]))
    known = ex.Result({**newton, "objective": SimpleNamespace(plain=plain)})
    assert plot_result(known).get_xlabel() == "$x_0$"


def test_trace_plots_itself(newton):
    axes = newton.trace.plot()
    assert isinstance(axes, Axes)
    assert axes.figure.axes[-1].get_xlabel() == "iteration"


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_saved_files_hold_a_picture(tmp_path, two_wells, saddle, ending):
    path = save(saddle.plot(fun=two_wells), tmp_path / "folder" / f"saddle.{ending}")
    assert path.stat().st_size > 5_000
    if ending == "png":
        image = imread(path)
        assert min(image.shape[:2]) > 900
        assert image[..., :3].std() > 0.05


def test_rc_settings_are_left_alone(two_wells, newton):
    before = dict(mpl.rcParams)
    newton.plot(fun=two_wells)
    newton.trace.plot()
    assert dict(mpl.rcParams) == before


def test_no_backend_is_chosen_where_axes_are_given():
    script = """
import sys
import matplotlib
from matplotlib.figure import Figure
import extremum as ex
import extremum.plot
fun = lambda x: x[0] ** 2 + x[1] ** 2
result = ex.minimize(fun, [1.0, 2.0])
result.plot(fun=fun, ax=Figure().add_subplot())
result.trace.plot(ax=Figure().add_subplot())
assert "matplotlib.pyplot" not in sys.modules
assert matplotlib.get_backend(auto_select=False) is None
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
