"""The function over a region: where to look, its values there, the levels of its contours."""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from extremum.objective import Counts, Parameters, Vector
from extremum.objective.function import PlainFunction, sixty_four_bit
from extremum.outcomes import InvalidInput
from extremum.plot.track import Track

Limits = tuple[float, float]

MARGIN = 0.25
"""Free space on each side of what is shown, as a part of its extent."""

THIN = 1e-5
"""An extent below this part of the largest one is taken for none."""

SQUARE = 0.4
"""An extent below this part of the largest one is widened, up to `WIDER` times."""

WIDER = 8.0

SECONDS = 3.0
"""A grid that would take longer, point by point, is made coarser, down to `COARSEST`."""

COARSEST = 31
SAMPLES = 12
"""Points at which a vectorized call is compared with single ones."""


def plain_function(fun: Any, x: Any) -> PlainFunction:
    """φ, from a callable that takes `x` in the structure given here, or from an objective."""
    plain = getattr(fun, "plain", None)
    if isinstance(plain, PlainFunction):
        return plain
    if not callable(fun):
        raise InvalidInput(f"fun is a {type(fun).__name__}; a function of x is needed.")
    return PlainFunction(fun, Parameters.of(x))


def region(tracks: Sequence[Track], n: int) -> tuple[Limits, ...]:
    """The limits of each axis: all points that matter, with margins."""
    points = np.concatenate([track.points_to_show() for track in tracks] or [np.zeros((1, n))])
    low, high = points.min(axis=0), points.max(axis=0)
    extents = high - low
    largest = float(extents.max()) or max(1.0, float(np.abs(points).max()))
    widened = np.maximum(extents, np.minimum(SQUARE * largest, WIDER * extents))
    sizes = np.where(extents > THIN * largest, widened, 0.5 * largest)
    middle, half = low + extents / 2, sizes * (0.5 + MARGIN)
    return tuple((float(m - h), float(m + h)) for m, h in zip(middle, half, strict=True))


def read_limits(limits: Any, n: int) -> tuple[Limits, ...]:
    """Check limits that a user gives: (low, high) for each of the n axes."""
    try:
        pairs = np.asarray(limits, dtype=float).reshape(n, 2)
    except (TypeError, ValueError):
        pairs = np.full((n, 2), np.nan)
    if not (np.isfinite(pairs).all() and (pairs[:, 0] < pairs[:, 1]).all()):
        form = "(low, high)" if n == 1 else "((low, high), (low, high))"
        raise InvalidInput(f"limits={limits!r}: give {form} with low < high.")
    return tuple((float(low), float(high)) for low, high in pairs)


def values_on_grid(
    plain: PlainFunction, limits: Sequence[Limits], resolution: int | None, usual: int
) -> tuple[list[Vector], Vector]:
    """Evaluate φ on a regular grid.

    Parameters
    ----------
    plain : PlainFunction
    limits : sequence of (float, float)
        One pair an axis.
    resolution : int or None
        Points an axis; None for the usual number, or fewer where the function is slow.
    usual : int

    Returns
    -------
    axes : list of ndarray
        The coordinates along each axis.
    values : ndarray
        Of shape (points,) · n, the last axis first; NaN where φ is not finite or raises.
    """
    points = usual if resolution is None else resolution
    with _quiet():
        coordinates, grid = _grid(limits, points)
        values = _vectorized(plain, grid)
        if values is None:
            if resolution is None:
                coordinates, grid = _grid(limits, _affordable(plain, grid, usual, len(limits)))
            values = np.array([_single(plain, x) for x in grid.T])
    if not np.isfinite(values).any():
        with contextlib.suppress(ArithmeticError):
            plain.value(np.array([sum(pair) / 2 for pair in limits]), Counts())
        raise InvalidInput(f"{plain.name} has no finite value within {tuple(limits)}.")
    shape = [len(axis) for axis in reversed(coordinates)]
    return coordinates, np.where(np.isfinite(values), values, np.nan).reshape(shape)


def contour_levels(values: Vector, bands: int) -> Vector:
    """Levels that share the picture fairly, however unequally the values are spread.

    Evenly spaced in (φ − lowest)^p, with p such that the median value lies in the middle: even in φ
    for a plane, nearly so in the radius for a bowl, in log φ for a steep valley. The top
    hundredth of the values is left to the last band, so that a pole does not take all levels.

    Parameters
    ----------
    values : ndarray
        With NaN where there is none.
    bands : int
        About how many bands.

    Returns
    -------
    ndarray
        Ascending, rounded; at least two.
    """
    finite = values[np.isfinite(values)]
    low, first, middle, high = (float(q) for q in np.quantile(finite, [0.0, 0.01, 0.5, 0.99]))
    # A pole downwards: the same at the lower end.
    low = low if low > first - 3 * (high - first) else first
    extent = high - low
    if not extent > 1e-12 * max(abs(low), abs(high)):
        size = max(abs(high), 1.0)
        return np.array([low - size / 2, low + size / 2])
    share = min(max((middle - low) / extent, 1e-12), 1 - 1e-12)
    power = min(max(np.log(0.5) / np.log(share), 0.03), 2.0)
    levels = low + extent * np.linspace(0.0, 1.0, bands + 1) ** (1 / power)
    return _rounded(levels, low)


def _rounded(levels: Vector, low: float) -> Vector:
    """Round each level to a fifth of its distance from the next, or finer; the first one down."""
    gaps = np.diff(levels)
    around = np.minimum(np.append(gaps, gaps[-1]), np.insert(gaps, 0, gaps[0]))
    found = []
    for k, (level, gap) in enumerate(zip(levels, around, strict=True)):
        unit = 10.0 ** np.floor(np.log10(max(gap / 5, 1e-300)))
        scaled = np.floor(level / unit) if k == 0 else np.round(level / unit)
        found.append(float(scaled * unit) if np.isfinite(scaled) else float(level))
    unique = np.unique(found)
    return unique if len(unique) > 1 else np.array([low, levels[-1]])


def _grid(limits: Sequence[Limits], points: int) -> tuple[list[Vector], Vector]:
    coordinates = [np.linspace(low, high, points) for low, high in limits]
    # "xy": the first variable runs along the rows, as in a picture.
    mesh = np.meshgrid(*coordinates, indexing="xy")
    return coordinates, np.array([axis.ravel() for axis in mesh])


def _vectorized(plain: PlainFunction, grid: Vector) -> Vector | None:
    """All values by one call, if φ can be called so and agrees with single calls."""
    if not plain.parameters.is_flat and plain.parameters.size > 1:
        return None
    scalar = np.ndim(plain.parameters.restore(grid[:, 0])) == 0
    try:
        with sixty_four_bit():
            found = plain.fun(grid[0].copy() if scalar else grid.copy(), *plain.args)
        values = np.asarray(found[0] if plain.with_gradient else found, dtype=float)
    except Exception:
        return None
    if values.shape != grid[0].shape:
        return None
    chosen = np.random.default_rng(0).choice(grid.shape[1], min(SAMPLES, grid.shape[1]), False)
    single = np.array([_single(plain, grid[:, k]) for k in chosen])
    same = np.isclose(values[chosen], single, rtol=1e-5, atol=0.0, equal_nan=True)
    return values if same.all() else None


def _single(plain: PlainFunction, x: Vector) -> float:
    try:
        return plain.value(x, Counts())
    except Exception:
        return float("nan")


def _affordable(plain: PlainFunction, grid: Vector, usual: int, n: int) -> int:
    """How many points an axis can have within `SECONDS`."""
    chosen = grid[:, :: max(1, grid.shape[1] // SAMPLES)]
    started = time.perf_counter()
    for x in chosen.T:
        _single(plain, x)
    each = (time.perf_counter() - started) / chosen.shape[1]
    most = (SECONDS / max(each, 1e-9)) ** (1 / n)
    return int(min(usual, max(COARSEST, most)))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No warnings of a function that is evaluated where nobody asked for it."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
