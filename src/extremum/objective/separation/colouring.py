"""Seeds for compressing a sparse symmetric matrix: which columns share a product.

Curtis, Powell & Reid, "On the estimation of sparse Jacobian matrices", J. Inst. Maths Applics 13
(1974): columns that have no row in common can be told apart in the product with their sum. Dense
columns get a product each, and give their rows by symmetry, so that they don't count elsewhere.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from extremum.objective.separation.dependence import Indices, TooMuch, distinct

MOST_OFFSETS = 64
"""A pattern with at most so many diagonals is tried for a periodic colouring."""


@dataclass(frozen=True, eq=False)
class Colouring:
    """How a symmetric matrix is read from its products with seeds.

    Attributes
    ----------
    colours : ndarray of int, shape (n,)
        The seed that each column belongs to: seed c is the sum of the unit vectors of colour c.
    count : int
        The number of seeds.
    rows, seeds : ndarray of int, shape (nnz,)
        Entry k of the pattern is element ``rows[k]`` of the product with seed ``seeds[k]``.
    """

    colours: Indices
    count: int
    rows: Indices
    seeds: Indices


def colour(n: int, rows: Indices, columns: Indices, deadline: float) -> Colouring:
    """Colour the columns of a symmetric pattern, given by its lower triangle and diagonal.

    Parameters
    ----------
    n : int
        The order.
    rows, columns : ndarray of int, shape (nnz,)
        Entries with ``rows >= columns``, the whole diagonal among them, sorted by column.
    deadline : float
        When to give up, on the clock of `time.thread_time`.

    Raises
    ------
    TooMuch
        When the deadline has passed.
    """
    below = rows != columns
    degrees = np.bincount(rows, minlength=n) + np.bincount(columns[below], minlength=n)
    apart = _dense(degrees)
    kept = np.ones(n, bool)
    kept[apart] = False
    colours = np.empty(n, np.int64)
    colours[apart] = np.arange(apart.size)
    remaining = np.flatnonzero(kept)
    place = np.cumsum(kept) - 1
    inside = kept[rows] & kept[columns]
    found = _colour_sparse(remaining.size, place[rows[inside]], place[columns[inside]], deadline)
    colours[remaining] = apart.size + found
    count = apart.size + (int(found.max()) + 1 if found.size else 0)
    # The product with a column's seed holds the entry in the other's row; a dense column's seed
    # holds nothing else, and a dense row has many entries in a shared one.
    from_column = kept[rows]
    return Colouring(
        colours,
        count,
        np.where(from_column, rows, columns),
        colours[np.where(from_column, columns, rows)],
    )


def _dense(degrees: Indices) -> Indices:
    """The columns to set apart: k of them, where k + the largest degree left is smallest."""
    order = np.argsort(-degrees, kind="stable")
    cost = np.arange(degrees.size + 1) + np.append(degrees[order], 0)
    return np.sort(order[: int(np.argmin(cost))])


def _colour_sparse(n: int, rows: Indices, columns: Indices, deadline: float) -> Indices:
    """Colours of columns none of which is dense."""
    if not n:
        return np.zeros(0, np.int64)
    below = rows != columns
    rows, columns = rows[below], columns[below]
    degrees = 1 + np.bincount(rows, minlength=n) + np.bincount(columns, minlength=n)
    least = int(degrees.max())
    period = _period(rows - columns, least, n)
    if period is not None and period <= least + 1:
        return np.arange(n) % period
    first = _first_fit(n, rows, columns, deadline)
    if period is not None and period <= first.max() + 1:
        return np.arange(n) % period
    return first


def _period(offsets: Indices, least: int, n: int) -> int | None:
    """The smallest p for which j mod p is a colouring, where there are few diagonals.

    Columns j < k share a row only if k − j is a difference of two offsets: banded matrices and
    regular grids, numbered in order, have few of those.
    """
    diagonals = np.flatnonzero(np.bincount(offsets, minlength=1))
    if diagonals.size > MOST_OFFSETS:
        return None
    both = np.concatenate([-diagonals[::-1], [0], diagonals])
    differences = distinct((both[:, None] - both[None, :]).ravel())
    differences = differences[(differences > 0) & (differences < n)]
    for period in range(least, 2 * least + 1):
        if (differences % period).all():
            return period
    return None


def _first_fit(n: int, rows: Indices, columns: Indices, deadline: float) -> Indices:
    """Each column, in order, gets the first colour that is not in any of its rows.

    The colours present in a row are the bits of an integer.
    """
    ends = np.concatenate([rows, columns]), np.concatenate([columns, rows])
    order = np.argsort(ends[1], kind="stable")
    neighbours = ends[0][order].tolist()
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(ends[1], minlength=n), out=starts[1:])
    bounds = starts.tolist()
    present = [0] * n
    colours = [0] * n
    for column in range(n):
        if column % 1024 == 0 and time.thread_time() > deadline:
            raise TooMuch("the time for colouring the pattern is up")
        own = neighbours[bounds[column] : bounds[column + 1]]
        own.append(column)
        taken = 0
        for row in own:
            taken |= present[row]
        bit = ~taken & (taken + 1)
        for row in own:
            present[row] |= bit
        colours[column] = bit.bit_length() - 1
    return np.array(colours, np.int64)
