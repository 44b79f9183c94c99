"""Colourings: every entry is read where nothing else is added to it."""

import math

import numpy as np
import pytest

from extremum.objective.separation.colouring import colour
from extremum.objective.separation.dependence import TooMuch


def lower(n, rows, cols):
    """Distinct entries of the lower triangle with the diagonal, sorted by column."""
    diagonal = np.arange(n)
    low, high = np.minimum(rows, cols), np.maximum(rows, cols)
    keys = np.unique(np.concatenate([low * n + high, diagonal * (n + 1)]))
    return keys % n, keys // n


def banded(n, b):
    i, j = np.indices((n, n))
    return lower(n, *np.nonzero(abs(i - j) <= b))


def grid(width, height, reach):
    places = np.arange(width * height).reshape(height, width)
    pairs = [(places[1:], places[:-1]), (places[:, 1:], places[:, :-1])]
    if reach == "9-point":
        pairs += [(places[1:, 1:], places[:-1, :-1]), (places[1:, :-1], places[:-1, 1:])]
    rows = np.concatenate([a.ravel() for a, _ in pairs])
    cols = np.concatenate([b.ravel() for _, b in pairs])
    return lower(width * height, rows, cols)


def random(n, count):
    rng = np.random.default_rng(3)
    return lower(n, rng.integers(0, n, count), rng.integers(0, n, count))


def arrow(n):
    i = np.arange(n)
    rows, cols = np.concatenate([i, i[1:], i]), np.concatenate([i * 0 + 2, i[:-1], i * 0 + n - 1])
    return lower(n, rows, cols)


def recovered(n, rows, cols, colouring):
    """Whether a random matrix of the pattern is read off from its products with the seeds."""
    values = np.random.default_rng(0).normal(size=rows.size)
    matrix = np.zeros((n, n))
    matrix[rows, cols] = matrix[cols, rows] = values
    seeds = (colouring.colours[:, None] == np.arange(colouring.count)).astype(float)
    products = matrix @ seeds
    return np.allclose(products[colouring.rows, colouring.seeds], values, atol=1e-13)


PATTERNS = {
    "diagonal": (40, banded(40, 0), 1),
    "tridiagonal": (40, banded(40, 1), 3),
    "five diagonals": (40, banded(40, 2), 5),
    "narrower than its band": (3, banded(3, 2), 3),
    "dense": (30, banded(30, 29), 30),
    "arrow of two heads": (200, arrow(200), 5),
    "grid of 5 points": (15 * 11, grid(15, 11, "5-point"), 9),
    "grid of 9 points": (15 * 11, grid(15, 11, "9-point"), 13),
    "random": (150, random(150, 300), 25),
    "one variable": (1, banded(1, 0), 1),
}


@pytest.mark.parametrize("name", PATTERNS)
def test_every_entry_is_read_alone(name):
    n, (rows, cols), most = PATTERNS[name]
    colouring = colour(n, rows, cols, math.inf)
    assert colouring.count <= most
    assert recovered(n, rows, cols, colouring)


def test_two_columns_of_one_colour_that_share_a_row_are_noticed():
    n, (rows, cols), _ = PATTERNS["tridiagonal"]
    colouring = colour(n, rows, cols, math.inf)
    colouring.colours[5] = colouring.colours[6]
    assert not recovered(n, rows, cols, colouring)


def test_a_dense_column_does_not_cost_more_than_its_own_product():
    n = 5000
    i = np.arange(n)
    rows, cols = lower(n, np.concatenate([i, i[1:]]), np.concatenate([i * 0 + 17, i[:-1]]))
    assert colour(n, rows, cols, math.inf).count <= 4


def test_colouring_stops_when_time_is_up():
    n, (rows, cols), _ = PATTERNS["random"]
    with pytest.raises(TooMuch, match="time"):
        colour(n, rows, cols, -math.inf)
