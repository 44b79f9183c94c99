"""Paths that make an action stationary."""

from extremum.mechanics.path import Path
from extremum.mechanics.stationary import discrete_action, stationary_path
from extremum.mechanics.system import Lagrangian, Particle

__all__ = ["Lagrangian", "Particle", "Path", "discrete_action", "stationary_path"]
