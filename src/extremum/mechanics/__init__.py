"""Paths that make an action stationary."""

from extremum.mechanics.all_paths import Paths, stationary_paths
from extremum.mechanics.path import Path
from extremum.mechanics.stationary import discrete_action, stationary_path
from extremum.mechanics.system import Lagrangian, Particle

__all__ = [
    "Lagrangian",
    "Particle",
    "Path",
    "Paths",
    "discrete_action",
    "stationary_path",
    "stationary_paths",
]
