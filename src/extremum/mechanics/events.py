"""What a user's call means: two events, a guess, a mesh; and what of it can't be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from extremum.mechanics.path import Path
from extremum.mechanics.rules import Rule
from extremum.mechanics.search import Guess, Straight
from extremum.mechanics.solution import Problem
from extremum.mechanics.system import Lagrangian, System
from extremum.objective import Vector
from extremum.outcomes import InvalidInput

SMALLEST_TOL = 1e-14
"""What 64 bits allow: some tens of their spacing."""

SAMPLES = 4097
"""A guess that is a function is called at so many times at most, and interpolated between them."""

SINGULAR = 1e-13
"""A mass matrix is singular where its reciprocal condition number is below this."""


def read_problem(system: Any, start: Any, end: Any, duration: Any) -> tuple[Problem, bool]:
    """The problem of a call, and whether its coordinates are numbers.

    Raises
    ------
    InvalidInput, Untraceable
    """
    if not isinstance(system, System):
        raise InvalidInput(
            f"The system is a {type(system).__name__}; give Particle(mass, potential) or "
            "Lagrangian(L)."
        )
    first, last = _event(start, "start"), _event(end, "end")
    if first.shape != last.shape:
        raise InvalidInput(
            f"The start has the shape {first.shape} and the end {last.shape}; they have to agree."
        )
    begin, finish = _times(duration, np.array_equal(first, last))
    velocity = (last - first) / (finish - begin)
    lagrangian = system.traced(begin, first, velocity)
    problem = Problem(lagrangian, begin, finish, np.atleast_1d(first), np.atleast_1d(last))
    return problem, first.ndim == 0


def _event(value: Any, name: str) -> Vector:
    """Coordinates as a new array of shape () or (d,)."""
    try:
        array = np.array(value)
    except ValueError as error:
        raise InvalidInput(f"The {name} is ragged; give a number or an array (d,).") from error
    if array.dtype.kind not in "fiub":
        raise InvalidInput(f"The {name} is {value!r}; give real numbers.")
    if array.ndim > 1 or not array.size:
        raise InvalidInput(
            f"The {name} has the shape {array.shape}; give a number, or an array of shape (d,) "
            "with the coordinates of all particles one after the other."
        )
    if not np.isfinite(array).all():
        raise InvalidInput(f"The {name} is {value}; it has to be finite.")
    return array.astype(np.float64)


def _times(duration: Any, at_rest: bool) -> tuple[float, float]:
    try:
        given = np.asarray(duration, np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            f"The duration is {duration!r}; give a number T or times (t0, t1)."
        ) from error
    if given.shape not in ((), (2,)) or not np.isfinite(given).all():
        raise InvalidInput(f"The duration is {duration!r}; give a number T or times (t0, t1).")
    begin, finish = (0.0, float(given)) if given.ndim == 0 else map(float, given)
    if finish == begin:
        raise InvalidInput(
            "The duration is zero"
            + (" and the start is the end: there is no path between." if at_rest else ".")
            + " Give a positive duration."
        )
    if finish < begin:
        raise InvalidInput(
            f"The duration is negative ({finish - begin:.6g}); exchange start and end, and the "
            "times."
        )
    return begin, finish


def read_points(points: Any, rule: Rule) -> int | None:
    """How many elements' ends there are."""
    if points is None:
        return None
    least = 3 if rule.degree == 1 else 2
    if not isinstance(points, int | np.integer) or isinstance(points, bool) or points < least:
        raise InvalidInput(
            f"points={points!r}; the rule {rule.name} needs a whole number, at least {least}."
        )
    return int(points)


def read_tol(tol: Any) -> float | None:
    """What the error may be."""
    if tol is None:
        return None
    if not isinstance(tol, int | float | np.number) or not np.isfinite(tol) or tol < SMALLEST_TOL:
        raise InvalidInput(f"tol={tol!r}; give a number of at least {SMALLEST_TOL:g}.")
    return float(tol)


def read_guess(guess: Any, problem: Problem, scalar: bool) -> Guess:
    """What the search begins with, as a function of times; its ends are the problem's."""
    if guess is None:
        return Straight(problem.begin, problem.finish, problem.start, problem.end)
    if isinstance(guess, Path):
        given: Callable[[Vector], Vector] = _of_path(guess, problem)
    elif callable(guess):
        given = _of_function(guess, problem, scalar)
    else:
        array = _rows(guess, problem, scalar)
        given = _between(np.linspace(problem.begin, problem.finish, len(array)), array)
    # What is missing at the ends is added along a straight line.
    found = given(np.array([problem.begin, problem.finish]))
    missing = problem.start - found[0], problem.end - found[1]
    if not np.any(missing):
        return given
    return _sum(given, Straight(problem.begin, problem.finish, *missing))


def _sum(first: Guess, second: Guess) -> Guess:
    return lambda t: first(t) + second(t)


def _between(times: Vector, q: Vector) -> Guess:
    """Straight lines between coordinates of shape (k, d)."""
    return lambda t: np.stack([np.interp(t, times, column) for column in q.T], 1)


def _of_path(path: Path, problem: Problem) -> Guess:
    """Another path, its times stretched to the problem's."""
    if path.solution.q.shape[1] != problem.start.size:
        raise InvalidInput(
            f"The guess has {path.solution.q.shape[1]} coordinates and the ends have "
            f"{problem.start.size}."
        )
    begin, rate = path.t[0], (path.t[-1] - path.t[0]) / (problem.finish - problem.begin)
    return lambda t: path.solution.dense(begin + (t - problem.begin) * rate)


def _of_function(function: Callable[..., Any], problem: Problem, scalar: bool) -> Guess:
    def called(t: Vector) -> Vector:
        return _rows([function(float(time)) for time in t], problem, scalar)

    def guess(t: Vector) -> Vector:
        if len(t) <= SAMPLES:
            return called(t)
        times = np.linspace(t[0], t[-1], SAMPLES)
        return _between(times, called(times))(t)

    return guess


def _rows(values: Any, problem: Problem, scalar: bool) -> Vector:
    """A guess's coordinates as an array of shape (k, d)."""
    try:
        array = np.asarray(values, np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            "The guess is not an array of numbers of shape (k,) or (k, d)."
        ) from error
    d = problem.start.size
    if array.ndim == 1 and (scalar or d == 1):
        array = array[:, np.newaxis]
    if array.ndim != 2 or array.shape[1] != d or len(array) < 2:
        shape = "(k,)" if scalar else f"(k, {d})"
        raise InvalidInput(
            f"The guess has the shape {array.shape}; {shape} is needed, k ≥ 2 times from the start "
            "to the end."
        )
    if not np.isfinite(array).all():
        raise InvalidInput("The guess is not finite everywhere.")
    return array


def check_along(problem: Problem, system: System, guess: Guess, t: Vector) -> None:
    """Refuse a guess along which L is not finite, or its mass matrix singular.

    Parameters
    ----------
    problem, system, guess
    t : ndarray of shape (k,)
        Where it is looked at.
    """
    q = guess(t)
    v = np.gradient(q, t, axis=0)
    derivatives = problem.lagrangian.derivatives(t, q, v)
    bad = np.flatnonzero(~np.isfinite(derivatives.L))
    if bad.size:
        k = bad[-1] if bad[-1] == len(t) - 1 else bad[0]
        what = "Lagrangian" if isinstance(system, Lagrangian) else "potential"
        where = f"t = {t[k]:.6g}, q = {_number(q[k])}" + (
            f", v = {_number(v[k])}" if what == "Lagrangian" else ""
        )
        place = {0: "the start", len(t) - 1: "the end"}.get(int(k), "the guess")
        raise InvalidInput(
            f"The {what} is not finite at {where}, on {place} of the path. "
            "Give a guess that stays where it is finite."
        )
    if not isinstance(system, Lagrangian):
        return
    sizes = np.abs(np.linalg.eigvalsh(derivatives.L_vv))
    bad = np.flatnonzero(~(sizes.min(1) > SINGULAR * sizes.max(1)))
    if bad.size:
        k = bad[0]
        raise InvalidInput(
            f"The mass matrix ∂²L/∂v² is singular at t = {t[k]:.6g}, q = {_number(q[k])}, "
            f"v = {_number(v[k])}: L leaves an acceleration undetermined there. Leave out "
            "coordinates whose velocity is not in L, or give a guess that goes elsewhere."
        )


def _number(q: Vector) -> str:
    return f"{q[0]:.6g}" if q.size == 1 else str(q)
