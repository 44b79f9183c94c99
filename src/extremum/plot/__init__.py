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
from extremum.plot.modes import plot_action, plot_modes
from extremum.plot.path import plot_energy, plot_path, plot_phase_portrait, plot_trajectory
from extremum.plot.report import write_report
from extremum.plot.suited import plot_regression

__all__ = [
    "Axes",
    "plot_action",
    "plot_calibration",
    "plot_coefficients",
    "plot_contours",
    "plot_convergence",
    "plot_decision",
    "plot_energy",
    "plot_function",
    "plot_line",
    "plot_loss",
    "plot_modes",
    "plot_path",
    "plot_phase_portrait",
    "plot_regression",
    "plot_result",
    "plot_steps",
    "plot_trajectory",
    "save",
    "write_report",
]
