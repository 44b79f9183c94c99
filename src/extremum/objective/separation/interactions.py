"""Which pairs of variables interact: the nonzeros of a Hessian, collected."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse

from extremum.objective.separation.dependence import (
    Budget,
    Dependence,
    Indices,
    TooMuch,
    distinct,
    stacked,
)

PRODUCTS_AT_ONCE = 8_000_000
"""So many pairs are formed before the clock is looked at again."""


class Interactions:
    """Pairs of variables whose mixed second derivative may be nonzero.

    Parameters
    ----------
    variables : int
        How many variables there are.
    budget : Budget
        What may be spent.
    """

    def __init__(self, variables: int, budget: Budget) -> None:
        self._variables = variables
        self._budget = budget
        self._keys: list[Indices] = []
        self._factors: list[tuple[Dependence, Dependence]] = []
        self._seen: dict[tuple[int, int], tuple[Dependence, Dependence]] = {}
        self._products = 0

    def add(self, first: Dependence | None, second: Dependence | None) -> None:
        """Note that, element by element, what `first` depends on meets what `second` does."""
        if first is None or second is None:
            return
        identity = (min(id(first), id(second)), max(id(first), id(second)))
        if identity in self._seen:
            return
        self._seen[identity] = (first, second)  # kept, so that the identities stay theirs
        if first.starts is None and second.starts is None:
            if first is not second:
                a, b = first.columns, second.columns
                both = (a >= 0) & (b >= 0) & (a != b)
                self._keys.append(_key(a[both], b[both], self._variables))
            return
        products = int(first.lengths() @ second.lengths())
        self._products += products
        if self._products > self._budget.products:
            raise TooMuch(f"at least {self._products} pairs of variables would have to be formed")
        self._budget.check()
        self._factors.append((first, second))

    def pairs(self) -> tuple[Indices, Indices]:
        """The pairs (row, column), row ≥ column, distinct and sorted by column, then row.

        The whole diagonal is among them.
        """
        diagonal = np.arange(self._variables) * (self._variables + 1)
        found = distinct(np.concatenate([diagonal, *self._keys]))
        for keys in self._products_of_factors():
            self._budget.check()
            found = distinct(np.concatenate([found, keys]))
            if found.size > self._budget.entries:
                raise TooMuch(f"the Hessian has more than {self._budget.entries} nonzeros")
        columns = found // self._variables
        return found - columns * self._variables, columns

    def _products_of_factors(self) -> Iterator[Indices]:
        """Element k contributes the pairs (i, j), i in row k of one and j in row k of the other."""
        if not self._factors:
            return
        left = self._matrix([first for first, _ in self._factors])
        right = self._matrix([second for _, second in self._factors])
        work = np.cumsum(np.diff(left.indptr) * np.diff(right.indptr))
        start = 0
        while start < work.size:
            done = work[start - 1] if start else 0
            stop = max(int(np.searchsorted(work, done + PRODUCTS_AT_ONCE)), start + 1)
            product = (left[start:stop].T @ right[start:stop]).tocoo()
            below = product.row != product.col
            yield _key(product.row[below], product.col[below], self._variables)
            start = stop

    def _matrix(self, parts: list[Dependence]) -> scipy.sparse.csr_array:
        starts, columns = stacked([(part, part.size) for part in parts]).ragged()
        shape = (starts.size - 1, self._variables)
        return scipy.sparse.csr_array((np.ones(columns.size, bool), columns, starts), shape=shape)


def _key(a: Indices, b: Indices, variables: int) -> Indices:
    """Column · variables + row of the entry below the diagonal."""
    a, b = a.astype(np.int64, copy=False), b.astype(np.int64, copy=False)
    return np.minimum(a, b) * variables + np.maximum(a, b)
