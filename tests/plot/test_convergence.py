"""Over the iterations: what is drawn is the trace, on scales that show it."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import extremum as ex
from extremum.outcomes import InvalidInput
from extremum.plot import plot_convergence


def panels(axes):
    return axes, axes.figure.axes[-1]


def labels(axes):
    return {line.get_label() for line in axes.lines}


def test_values_and_gradients_of_a_trace(descent):
    upper, lower = panels(plot_convergence(descent.trace))
    fun, norm = descent.trace["fun"], descent.trace["grad_norm"]
    rows = np.flatnonzero(fun > fun.min())
    np.testing.assert_array_equal(
        upper.lines[0].get_xydata(), np.column_stack([rows, fun[rows] - fun.min()])
    )
    np.testing.assert_array_equal(
        lower.lines[0].get_xydata(), np.column_stack([np.arange(51), norm])
    )
    assert upper.get_yscale() == lower.get_yscale() == "log"
    assert upper.get_ylabel() == "$\\varphi$ − lowest $\\varphi$"
    assert lower.get_xlabel() == "iteration"


def test_a_result_tells_tolerance_events_and_reason(newton):
    upper, lower = panels(plot_convergence(newton))
    (tolerance,) = (line for line in lower.lines if line.get_label() == "tolerance")
    assert tolerance.get_ydata()[0] == 1e-8
    (rings,) = (line for line in lower.lines if line.get_label() == "indefinite Hessian")
    at = np.flatnonzero(newton.trace["event"] == "indefinite Hessian")
    np.testing.assert_array_equal(rings.get_xdata(), at)
    title = upper.get_title(loc="left")
    assert title.startswith("Minimum after 10 iterations")
    assert "within the tolerance" in title


def test_the_certificates_own_gradient_is_marked(descent):
    _, lower = panels(plot_convergence(descent))
    (mark,) = (line for line in lower.lines if line.get_label().startswith("recomputed"))
    np.testing.assert_array_equal(mark.get_xydata(), [[50, descent.certificate.gradient_norm]])


def test_a_relative_tolerance_is_scaled_by_the_first_gradient():
    result = ex.minimize(lambda x: (x**4).sum(), np.ones(2), stop=ex.GradientNorm(0.0, rtol=1e-3))
    _, lower = panels(plot_convergence(result))
    (line,) = (line for line in lower.lines if line.get_label() == "tolerance")
    assert line.get_ydata()[0] == pytest.approx(4e-3)


@pytest.mark.parametrize(("method", "start"), [("auto", [0.0, 0.0]), ("newton", [1.0, 0.0])])
def test_restart_from_a_saddle_is_a_line_in_both_panels(method, start):
    result = ex.minimize(lambda x: x[0] ** 2 - x[1] ** 2 + x[1] ** 4, start, method=method)
    upper, lower = panels(plot_convergence(result))
    (restart,) = np.flatnonzero([e.startswith("left a saddle") for e in result.trace["event"]])
    for panel in (upper, lower):
        assert any(list(line.get_xdata()) == [restart, restart] for line in panel.lines)
    assert any(label.startswith("left a saddle") for label in labels(lower))
    zero = np.flatnonzero(result.trace["grad_norm"] == 0)
    (mark,) = (line for line in lower.lines if line.get_label() == "exactly zero")
    np.testing.assert_array_equal(mark.get_xdata(), zero)


def test_several_runs_share_the_lowest_value(descent, newton):
    upper, _ = panels(plot_convergence(descent, newton.trace, labels=["slow", "fast"]))
    assert [text.get_text() for text in upper.get_legend().get_texts()] == ["slow", "fast"]
    lowest = min(descent.trace["fun"].min(), newton.trace["fun"].min())
    np.testing.assert_array_equal(upper.lines[0].get_ydata(), descent.trace["fun"] - lowest)


def test_one_row(two_wells, newton):
    result = ex.minimize(two_wells, newton.x)
    upper, _ = panels(plot_convergence(result))
    np.testing.assert_array_equal(upper.lines[0].get_xydata(), [[0, result.fun]])
    assert upper.get_yscale() == "linear"
    upper.figure.canvas.draw()


def test_a_stationary_start_has_no_positive_gradient():
    result = ex.minimize(lambda x: (x**2).sum(), np.zeros(3))
    upper, lower = panels(plot_convergence(result))
    assert "exactly zero" in labels(lower)
    upper.figure.canvas.draw()


def test_unbounded_values_are_drawn_themselves():
    result = ex.minimize(lambda x: x[0] ** 2 - x[1] ** 3, [1.0, 1.0])
    upper, _ = panels(plot_convergence(result))
    assert upper.get_yscale() == "symlog"
    np.testing.assert_array_equal(upper.lines[0].get_ydata(), result.trace["fun"])
    upper.figure.canvas.draw()


@pytest.mark.parametrize("place", ["subplot", "free"])
def test_given_axes_are_divided(newton, place):
    figure = Figure()
    given = figure.add_subplot(1, 2, 1) if place == "subplot" else figure.add_axes((0, 0, 0.5, 1))
    right = figure.add_subplot(1, 2, 2)
    assert plot_convergence(newton.trace, ax=given) is given
    lower = figure.axes[-1]
    figure.canvas.draw()
    assert lower.get_position().y1 <= given.get_position().y0
    assert max(lower.get_position().x1, given.get_position().x1) <= 0.5
    assert right.get_position().x0 >= 0.5


def test_wrong_calls_are_refused(newton):
    with pytest.raises(InvalidInput, match="no run"):
        plot_convergence()
    with pytest.raises(InvalidInput, match="2 labels for 1 runs"):
        plot_convergence(newton, labels=["a", "b"])
