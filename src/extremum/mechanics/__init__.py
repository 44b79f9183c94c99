"""Paths that make an action stationary."""

from extremum.mechanics.all_paths import Paths, stationary_paths
from extremum.mechanics.path import Path
from extremum.mechanics.periodic import PeriodicPath, periodic_path
from extremum.mechanics.stationary import discrete_action, stationary_path
from extremum.mechanics.system import Lagrangian, Particle

__all__ = [
    "Lagrangian",
    "Particle",
    "Path",
    "Paths",
    "PeriodicPath",
    "discrete_action",
    "periodic_path",
    "stationary_path",
    "stationary_paths",
]
