"""Matplotlib figures: a result goes in, Axes come out.

Without ``ax=`` a figure is made by `matplotlib.pyplot`, so a notebook shows it by itself and a
script by ``matplotlib.pyplot.show()``. With ``ax=`` pyplot is not even imported.
"""

from matplotlib.axes import Axes

from extremum.plot.calibration import plot_calibration
from extremum.plot.coefficients import plot_coefficients
from extremum.plot.contours import plot_contours
from extremum.plot.convergence import plot_convergence
from extremum.plot.curve import plot_function
from extremum.plot.decision import plot_decision
from extremum.plot.dispatch import plot_result
from extremum.plot.figure import save
from extremum.plot.learning import plot_loss, plot_steps
from extremum.plot.line import plot_line
from extremum.plot.report import write_report
from extremum.plot.suited import plot_regression

__all__ = [
    "Axes",
    "plot_calibration",
    "plot_coefficients",
    "plot_contours",
    "plot_convergence",
    "plot_decision",
    "plot_function",
    "plot_line",
    "plot_loss",
    "plot_regression",
    "plot_result",
    "plot_steps",
    "save",
    "write_report",
]
