"""Matplotlib figures: a result goes in, Axes come out.

Without ``ax=`` a figure is made by `matplotlib.pyplot`, so a notebook shows it by itself and a
script by ``matplotlib.pyplot.show()``. With ``ax=`` pyplot is not even imported.
"""

from matplotlib.axes import Axes

from extremum.plot.contours import plot_contours
from extremum.plot.convergence import plot_convergence
from extremum.plot.curve import plot_function
from extremum.plot.dispatch import plot_result
from extremum.plot.figure import save
from extremum.plot.modes import plot_action, plot_modes
from extremum.plot.path import plot_energy, plot_path, plot_phase_portrait, plot_trajectory

__all__ = [
    "Axes",
    "plot_action",
    "plot_contours",
    "plot_convergence",
    "plot_energy",
    "plot_function",
    "plot_modes",
    "plot_path",
    "plot_phase_portrait",
    "plot_result",
    "plot_trajectory",
    "save",
]
