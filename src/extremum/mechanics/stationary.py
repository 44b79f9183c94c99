"""The call a user makes: the path between two events that makes the action stationary."""

from __future__ import annotations

from typing import Any

from extremum.mechanics.path import Path
from extremum.mechanics.system import System


def stationary_path(
    system: System,
    start: Any,
    end: Any,
    duration: Any,
    *,
    guess: Any = None,
    points: int | None = None,
    tol: float | None = None,
    rule: str | None = None,
) -> Path:
    """Find a path between two fixed events that makes the action stationary, and say what it is.

    Parameters
    ----------
    system : System
        `Particle(mass, potential)` or `Lagrangian(L)`.
    start, end : float or array_like of shape (d,)
        Where the path begins and ends.
    duration : float or (float, float)
        T, from time 0; or (t₀, t₁).
    guess : callable, array_like of shape (k,) or (k, d), or Path, optional
        What the search begins with: a function of the time, or coordinates at times equally spaced
        from start to end. By default the straight line.
    points : int, optional
        How many times the path is given at, both ends included: for the higher rules the ends of
        the elements. The mesh is then uniform and stays as it is.
    tol : float, optional
        What the error of the path may be, as the largest |Δqᵢ| relative to max(1, |qᵢ|); 1e-8 where
        `points` is not given either. The mesh is chosen for it.
    rule : {"rectangle", "midpoint", "trapezoid", "lobatto4", "lobatto6", "lobatto8"}, optional
        By default "lobatto8".

    Returns
    -------
    Path

    Raises
    ------
    InvalidInput
        If the call makes no sense, L is not finite along the guess, its mass matrix is singular
        there, or no path reaches the end in that time.
    Untraceable
        If the function can't be differentiated.
    """
    raise NotImplementedError
