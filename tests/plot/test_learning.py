"""Loss and steps over the iterations: what is drawn is the trace."""

import numpy as np
import pytest

import extremum as ex
from extremum.outcomes import InvalidInput
from extremum.plot import plot_loss, plot_steps
from extremum.regression import LinearRegression

X = np.linspace(0, 1, 30)[:, None]
Y = 2 + 3 * X[:, 0] + np.cos(40 * X[:, 0]) / 3


@pytest.fixture(scope="module")
def descent():
    return LinearRegression(
        solver="gradient-descent", step=0.3, stop=ex.SquaredStep(1e-8), max_iter=5000
    ).fit(X, Y)


@pytest.fixture(scope="module")
def newton():
    return LinearRegression(solver="newton").fit(X, Y)


def test_the_loss_of_a_run_is_its_trace(descent):
    for run in (descent, descent.result_, descent.trace_):
        axes = plot_loss(run)
        (line,) = axes.lines
        trace = descent.trace_
        np.testing.assert_array_equal(line.get_xydata(), np.c_[trace["nit"], trace["fun"]])
    assert axes.get_xlabel() == "iteration"


def test_steps_and_the_one_to_stop_at(descent):
    axes = plot_steps(descent)
    drawn = {line.get_label(): line for line in axes.lines}
    steps = axes.lines[0].get_ydata()
    np.testing.assert_array_equal(steps[1:], descent.trace_["step_norm"][1:])
    assert drawn["tolerance"].get_ydata()[0] == pytest.approx(1e-4)
    assert steps[-1] <= 1e-4 < steps[-2]
    assert axes.get_yscale() == "log"


def test_several_runs_are_compared(descent, newton):
    axes = plot_loss(descent, newton)
    labels = axes.get_legend_handles_labels()[1]
    assert labels[0].startswith("gradient-descent, step 0.3: ")
    assert labels[1].startswith("newton: ")
    assert plot_loss(descent, newton, labels=["a", "b"]).get_legend_handles_labels()[1] == [
        "a",
        "b",
    ]


def test_axes_of_the_users_own(descent):
    from matplotlib.figure import Figure

    own = Figure().subplots()
    assert plot_loss(descent, ax=own) is own


def test_what_can_not_be_drawn_is_said(descent):
    with pytest.raises(InvalidInput, match="no run"):
        plot_loss()
    with pytest.raises(InvalidInput, match="no history"):
        plot_steps(LinearRegression())
    with pytest.raises(InvalidInput, match="2 labels for 1"):
        plot_loss(descent, labels=["a", "b"])
