"""Which variables each element of an array depends on, and the work that may be spent on it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[Any]


class TooMuch(Exception):
    """The analysis would cost more than it was given; the message says what."""


@dataclass(frozen=True)
class Budget:
    """What an analysis may spend.

    Attributes
    ----------
    entries : int
        The most dependences that one array may have, and the most nonzeros of the Hessian.
    products : int
        The most pairs, counted with repetition, that may be formed.
    deadline : float
        When to give up, on the clock of `time.thread_time`.
    """

    entries: int
    products: int
    deadline: float

    def check(self, entries: int = 0) -> None:
        """Raise `TooMuch` if `entries` are too many, or time is up."""
        if entries > self.entries:
            raise TooMuch(f"an intermediate array has {entries} dependences on the variables")
        if time.thread_time() > self.deadline:
            raise TooMuch("the time for finding the structure is up")


@dataclass(frozen=True, eq=False, slots=True)
class Dependence:
    """The variables that each of m elements depends on.

    Attributes
    ----------
    starts : ndarray of shape (m + 1,) or None
        Element k depends on ``columns[starts[k]:starts[k + 1]]``, in ascending order. None:
        every element depends on at most one variable, ``columns[k]``, none where that is −1.
    columns : ndarray of int64
        The variables.
    """

    starts: Indices | None
    columns: Indices

    @classmethod
    def of_keys(cls, keys: Indices, m: int, variables: int) -> Dependence:
        """Collect element · variables + variable, in any order and with repetition."""
        keys = distinct(keys)
        rows = keys // variables
        starts = np.zeros(m + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=m), out=starts[1:])
        return cls(starts, keys - rows * variables)

    @property
    def size(self) -> int:
        """The number of elements, m."""
        return self.columns.size if self.starts is None else self.starts.size - 1

    @property
    def count(self) -> int:
        """The number of dependences (at most: absent ones may be counted)."""
        return int(self.columns.size)

    def lengths(self) -> Indices:
        """How many variables each element depends on."""
        if self.starts is None:
            return (self.columns >= 0).astype(np.int64)
        return np.diff(self.starts)

    def variables(self) -> Indices:
        """All variables that appear, in ascending order."""
        found = distinct(self.columns)
        return found[found >= 0]

    def ragged(self) -> tuple[Indices, Indices]:
        """Starts and columns, in the general form."""
        if self.starts is not None:
            return self.starts, self.columns
        present = self.columns >= 0
        starts = np.zeros(self.columns.size + 1, np.int64)
        np.cumsum(present, out=starts[1:])
        return starts, self.columns[present]

    def keys(self, labels: Indices | None, variables: int) -> Indices:
        """Element · variables + variable for every dependence; `labels` rename the elements."""
        if self.starts is None:
            rows = np.arange(self.columns.size) if labels is None else labels
            present = self.columns >= 0
            if present.all():
                return rows * variables + self.columns
            return rows[present] * variables + self.columns[present]
        rows = np.arange(self.size) if labels is None else labels
        return np.repeat(rows * variables, np.diff(self.starts)) + self.columns

    def take(self, source: Indices, budget: Budget) -> Dependence:
        """Element k of the result is element ``source[k]`` here; −1 depends on nothing."""
        absent = source < 0
        if self.starts is None:
            budget.check(source.size)
            columns = self.columns[source]
            if absent.any():
                columns[absent] = -1
            return Dependence(None, columns)
        lengths = np.diff(self.starts)[source]
        lengths[absent] = 0
        starts = np.zeros(source.size + 1, np.int64)
        np.cumsum(lengths, out=starts[1:])
        budget.check(int(starts[-1]))
        shift = self.starts[:-1][source] - starts[:-1]
        return Dependence(starts, self.columns[np.repeat(shift, lengths) + np.arange(starts[-1])])

    def merged(self, labels: Indices, m: int, variables: int, budget: Budget) -> Dependence:
        """The m unions of the elements with equal labels."""
        budget.check(self.count)
        if m == 1:
            found = self.variables()
            return Dependence(np.array([0, found.size]), found)
        return Dependence.of_keys(self.keys(labels, variables), m, variables)


def union(parts: Sequence[Dependence], variables: int, budget: Budget) -> Dependence:
    """Element by element, what any of the arrays depends on (all of one size)."""
    first, *others = parts
    others = [part for part in others if part is not first]
    if not others:
        return first
    budget.check(first.count + sum(part.count for part in others))
    if first.starts is None and len(others) == 1 and others[0].starts is None:
        a, b = first.columns, others[0].columns
        if np.array_equal(a, b):
            return first
        if a.min(initial=0) >= 0 and b.min(initial=0) >= 0 and (a != b).all():
            pairs = np.sort(np.stack([a, b], axis=1), axis=1)
            return Dependence(np.arange(0, pairs.size + 1, 2), pairs.ravel())
    if first.size == 1:
        found = distinct(np.concatenate([part.columns for part in parts]))
        found = found[found >= 0]
        return Dependence(np.array([0, found.size]), found)
    keys = np.concatenate([part.keys(None, variables) for part in parts])
    return Dependence.of_keys(keys, first.size, variables)


def stacked(parts: Sequence[tuple[Dependence | None, int]]) -> Dependence:
    """The elements of several arrays, of the sizes given, one after another."""
    known = [Dependence(None, np.full(size, -1)) if part is None else part for part, size in parts]
    if all(part.starts is None for part in known):
        return Dependence(None, np.concatenate([part.columns for part in known]))
    ragged = [part.ragged() for part in known]
    lengths = np.concatenate([np.diff(starts) for starts, _ in ragged])
    starts = np.zeros(lengths.size + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    return Dependence(starts, np.concatenate([columns for _, columns in ragged]))


def distinct(keys: Indices) -> Indices:
    """The distinct elements, in ascending order."""
    if keys.size < 2:
        return keys
    ordered = np.sort(keys)
    new = np.empty(ordered.size, bool)
    new[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered if new.all() else ordered[new]
