"""All paths between two events: where every initial velocity leads, then each root made a path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np

from extremum.mechanics import card
from extremum.mechanics.events import read_problem
from extremum.mechanics.multistart import roots
from extremum.mechanics.path import Path
from extremum.mechanics.roots import Scan, scan
from extremum.mechanics.shooting import ShootingMap
from extremum.mechanics.solution import Problem
from extremum.mechanics.stationary import TOL, stationary_path
from extremum.mechanics.system import System
from extremum.objective import Vector
from extremum.outcomes import InvalidInput
from extremum.solve.card import Card

MAX_INDEX = 5
"""Paths of a higher index are left out where nothing else is said."""

DOUBLINGS = 16
"""Of the range of initial velocities at most."""

PLAIN = 2
"""After so many doublings that add nothing but a monotone map the search ends."""

REACH = 4.0
"""The first range: the problem's typical speeds, times this."""

AROUND = 2.0
"""The same for several coordinates, where one range is searched at random."""

SAME = 1e-5
"""Paths nearer to each other than this part of their extent are one."""

POINTS = 513
"""Of the mesh on which a motion that was lost is made a path."""

NEAR = 0.01
"""A path has to begin with its root's velocity, up to this part of it."""

COMPARED = 65
"""Times at which paths are compared."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Paths(Sequence[Path]):
    """Distinct paths between two events, by ascending action.

    Attributes
    ----------
    paths : tuple of Path
    complete : bool
        Whether there is no other path within `speed` and `max_index`: known only of systems with
        one coordinate, whose map of initial velocities was resolved.
    completeness : str
        How complete the search was, in words.
    speed : float
        The largest initial speed that was looked at.
    max_index : int
    """

    paths: tuple[Path, ...] = field(repr=False)
    complete: bool
    completeness: str
    speed: float
    max_index: int

    @overload
    def __getitem__(self, k: int) -> Path: ...
    @overload
    def __getitem__(self, k: slice) -> tuple[Path, ...]: ...
    def __getitem__(self, k: int | slice) -> Path | tuple[Path, ...]:
        return self.paths[k]

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[Path]:
        return iter(self.paths)

    def __str__(self) -> str:
        return card.paths_text(self)

    __repr__ = __str__

    def __rich__(self) -> Card:
        return card.paths_panel(self)

    def _repr_html_(self) -> str:
        return card.paths_html(self)


def stationary_paths(
    system: System,
    start: Any,
    end: Any,
    duration: Any,
    *,
    max_index: int = MAX_INDEX,
    speed: float | None = None,
    tol: float = TOL,
) -> Paths:
    """Find all paths between two fixed events that make the action stationary.

    Parameters
    ----------
    system, start, end, duration
        As for `stationary_path`.
    max_index : int
        Paths with more conjugate points are left out; many systems have infinitely many.
    speed : float, optional
        Up to which initial speed to look; by default as far as there may be paths.
    tol : float
        Of each path, as for `stationary_path`.

    Returns
    -------
    Paths
        A sequence, by ascending action; `completeness` says how complete it is.

    Raises
    ------
    InvalidInput
        As for `stationary_path`.

    Notes
    -----
    A path is a root of v₀ ↦ q(t₁; v₀) − end. For one coordinate the map is sampled until it is
    known between the samples, in a range that is doubled until there is nothing more to find; so
    none is missed in that range, as far as sampling can tell. For several coordinates Newton's
    iteration is begun at many random velocities: how often each root was found says how likely it
    is that one is missing. Each root is then found again by `stationary_path`, from the motion.

    Examples
    --------
    The quartic oscillator:

    >>> from extremum.mechanics import Particle, stationary_paths
    >>> quartic = Particle(1.0, lambda q: q**4 / 4)
    >>> found = stationary_paths(quartic, 0.0, 1.0, 8.0, max_index=3)
    >>> [(path.certificate.morse_index, round(float(path.v[0]), 6)) for path in found]
    [(2, 0.860873), (3, 1.088353), (3, -1.612435)]
    """
    if max_index != int(max_index) or max_index < 0:
        raise InvalidInput(f"max_index={max_index!r}; give a whole number, 0 or more.")
    if speed is not None and not 0 < speed < np.inf:
        raise InvalidInput(f"speed={speed!r}; give a positive number.")
    problem, scalar = read_problem(system, start, end, duration)
    shooting = ShootingMap(problem)
    if problem.start.size == 1:
        velocities, reached, known, words = _scanned(shooting, max_index, speed)
    else:
        velocities, reached, known, words = _from_many_starts(shooting, speed)

    def find(motion: Vector, points: int | None) -> Path:
        guess = motion[:, 0] if scalar else motion
        return stationary_path(system, start, end, duration, guess=guess, tol=tol, points=points)

    found, lost = _polished(shooting, velocities, max_index, find)
    if lost:
        words += f". {lost} of the roots were not confirmed as a path"
    kept = [path for path in found if (path.certificate.morse_index or 0) <= max_index]
    kept.sort(key=lambda path: path.action)
    return Paths(
        paths=tuple(kept),
        complete=known and not lost,
        completeness=words + ".",
        speed=reached,
        max_index=int(max_index),
    )


def _scanned(
    shooting: ShootingMap, max_index: int, speed: float | None
) -> tuple[Vector, float, bool, str]:
    """Roots in one coordinate; the range; whether these are all in it; and that in words."""
    reach = REACH * max(_speeds(shooting.problem)) if speed is None else speed
    scans, why = [scan(shooting, -reach, reach)], "as asked"
    if speed is None:
        why = f"{DOUBLINGS} doublings of the range"
        plain = 0
        for _ in range(DOUBLINGS):
            outer = [scan(shooting, -2 * reach, -reach), scan(shooting, reach, 2 * reach)]
            scans, reach = [outer[0], *scans, outer[1]], 2 * reach
            if all(_beyond(part, max_index) for part in outer):
                why = f"faster ones have an index above {max_index}"
                break
            plain = plain + 1 if all(part.is_plain for part in outer) else 0
            if plain == PLAIN:
                why = "beyond, q(t₁) only grows with the initial velocity"
                break
    unknown = sum(part.unknown * (part.high - part.low) for part in scans) / (2 * reach)
    shots = sum(part.shots for part in scans)
    known = unknown <= UNKNOWN
    found = f"with |v(t₀)| ≤ {reach:.4g} ({why}), on a scan of {shots} motions"
    words = f"All {found} that resolves the map"
    if not known:
        words = f"Those {found}; in {unknown:.2%} of the range the map is not resolved"
    return np.concatenate([part.roots for part in scans])[:, None], reach, known, words


UNKNOWN = 1e-6
"""The part of the range at which motions go off to infinity may be this large."""


def _beyond(part: Scan, max_index: int) -> bool:
    """Whether all motions of a scan have more conjugate points than are asked for."""
    return bool(part.turns.size) and part.turns.min() > max_index


def _from_many_starts(
    shooting: ShootingMap, speed: float | None
) -> tuple[Vector, float, bool, str]:
    """The same for several coordinates, where one can't know that these are all."""
    speeds = _speeds(shooting.problem)
    fastest = AROUND * max(speeds) if speed is None else speed
    found = roots(shooting, fastest)
    fewest = min(found.hits, default=0)
    words = (
        f"Of {found.starts} random initial velocities with |v(t₀)| ≤ {fastest:.4g}, "
        f"{sum(found.hits)} led to one of {len(found.hits)} paths, to each of them {fewest} times "
        f"or more; the chance that one more find is new is about {found.unseen:.1%}"
    )
    return found.velocities, fastest, False, words


def _speeds(problem: Problem) -> list[float]:
    """Speeds that are typical of a problem: of the straight path, and of the forces at its ends."""
    duration = problem.finish - problem.begin
    t = np.array([problem.begin, problem.finish])
    q = np.stack([problem.start, problem.end])
    chord = (problem.end - problem.start) / duration
    terms = problem.lagrangian.derivatives(t, q, np.stack([chord, chord]))
    force = float(np.abs(np.linalg.solve(terms.L_vv, terms.L_q[..., None])).max())
    turning = float(np.sqrt(np.abs(np.linalg.solve(terms.L_vv, terms.L_qq)).max()))
    extent = max(1.0, float(np.abs(q).max()))
    found = [float(np.linalg.norm(chord)), np.sqrt(force * extent), turning * extent]
    return [speed for speed in found if speed > 0] or [extent / duration]


def _polished(
    shooting: ShootingMap,
    velocities: Vector,
    max_index: int,
    find: Callable[[Vector, int | None], Path],
) -> tuple[list[Path], int]:
    """Make the motions paths; distinct ones, and how many did not lead to theirs."""
    found: list[Path] = []
    if not len(velocities):
        return found, 0
    slow = min(_speeds(shooting.problem))
    motions = shooting.resolved(velocities, 0.0)(velocities)
    # For several coordinates the number of conjugate points is not known yet.
    low = motions.turns <= max_index
    for velocity, motion in zip(velocities[low], motions.q[low], strict=True):
        if not np.isfinite(motion).all():
            continue
        near = NEAR * max(float(np.linalg.norm(velocity)), slow)
        # On the coarse mesh that the search begins with, another path may be nearer.
        for points in (None, POINTS):
            path = find(motion, points)
            if path.success and np.linalg.norm(np.ravel(path.v[0]) - velocity) <= near:
                if not any(_same(path, other) for other in found):
                    found.append(path)
                break
    return found, int(low.sum()) - len(found)


def _same(one: Path, other: Path) -> bool:
    t = np.linspace(one.t[0], one.t[-1], COMPARED)
    q, extent = one.at(t), max(1.0, float(np.abs(one.q).max()))
    return bool(np.abs(q - other.at(t)).max() <= SAME * extent)
