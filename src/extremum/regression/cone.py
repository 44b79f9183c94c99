"""The search for a direction of recession among all rows of a table, a few rows at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from extremum.objective import Vector
from extremum.regression.design import Block, RowBlocks
from extremum.regression.losses import PoissonLoss, Softmax
from extremum.regression.mapped import MappedRows
from extremum.regression.nullspace import null_space
from extremum.regression.rank import rank_of_rows, some_rows, with_constant
from extremum.regression.recession import LabelledRows, inequalities, plainest, slacks, widest
from extremum.regression.risk import MeanLoss

ALL_AT_ONCE = 1000
"""Inequalities up to which a linear program takes in all rows from the beginning."""

TAKEN_IN = 2
"""Rows taken in after each linear program, as a multiple of its variables."""

LEAST = 50
"""They are at least so many."""

ROUNDS = 100
"""Linear programs at most: each takes in rows that the last one lacked."""

PLAIN = 3 * 10**5
"""Entries of the inequalities up to which the plainest direction is looked for."""


class Scan(NamedTuple):
    """What a direction does to the likelihoods of the rows.

    Attributes
    ----------
    passed : int
        All rows.
    rows, lowered, raised, parted : int
        Those that count; those whose own class falls behind some other; those whose own class
        gains on some other; and on every other.
    units : ndarray of shape (p,)
        The largest entry of each column.
    least : LabelledRows
        The rows of the least slacks.
    score : ndarray of shape (len(least),)
        Their slacks as multiples of rounding, ascending.
    """

    passed: int
    rows: int
    lowered: int
    raised: int
    parted: int
    units: Vector
    least: LabelledRows
    score: Vector

    @property
    def recedes(self) -> bool:
        """Whether the likelihood never falls along the direction, and rises."""
        return self.lowered == 0 < self.raised

    @property
    def complete(self) -> bool:
        """Whether each row's own class gains on every other."""
        return self.parted == self.rows


@dataclass(frozen=True, eq=False)
class Cone:
    """The directions that no row forbids.

    Attributes
    ----------
    rows : RowBlocks
        Their targets the numbers of classes; rows of weight zero don't count.
    fit_intercept : bool
    classes : int
    basis : ndarray of shape (q, p)
        The vector of each class is a combination of these, which are independent on the rows.
    """

    rows: RowBlocks
    fit_intercept: bool
    classes: int
    basis: Vector

    @classmethod
    def of(cls, risk: MeanLoss, independent: NDArray[np.intp]) -> Cone:
        """The cone of a likelihood.

        Parameters
        ----------
        risk : MeanLoss
        independent : ndarray of int
            Columns of which (and of the constant) the others are combinations.
        """
        constant = [0] if risk.fit_intercept else []
        columns = np.r_[constant, independent + risk.fit_intercept].astype(np.intp)
        basis = np.eye(risk.rows.n_features + risk.fit_intercept)[columns]
        classes = risk.loss.classes if isinstance(risk.loss, Softmax) else 2
        if not isinstance(risk.loss, PoissonLoss):
            return cls(risk.rows, risk.fit_intercept, classes, basis)
        # No margin of a positive count may move; then those rows count no more. The rest are of
        # the first class: their margins must not rise.
        positive = MappedRows(
            risk.rows,
            lambda block: _where(lambda y: y > 0, block._replace(X=block.X[:, independent])),
            len(independent),
        )
        still = rank_of_rows(positive, fit_intercept=risk.fit_intercept)
        vanishing = still.null_coef
        if risk.fit_intercept:
            vanishing = np.column_stack([still.null_intercept, vanishing])
        zero = MappedRows(risk.rows, lambda block: _where(lambda y: y == 0, block))
        return cls(zero, risk.fit_intercept, 2, vanishing @ basis)

    @property
    def variables(self) -> int:
        """How many coordinates a direction has."""
        return (self.classes - 1) * len(self.basis)

    def search(self, first: Vector | None = None) -> tuple[Vector, Scan] | None:
        """A direction of recession, complete if any is; None if there is none.

        Parameters
        ----------
        first : ndarray of shape (classes, p), optional
            A direction that may be one.

        Returns
        -------
        direction : ndarray of shape (classes, p)
        scan : Scan
        """
        rows = self._first_rows()
        if first is not None:
            scan = self.scan(first)
            rows = rows.joined(scan.least)
            if scan.complete:
                return self._plainer(first, scan, rows, None)
        for _ in range(ROUNDS):
            t, positive = widest(inequalities(rows, self.basis, self.classes))
            if positive.any():
                direction = self.direction(t)
                scan = self.scan(direction)
                if scan.recedes and (scan.complete or not positive.all()):
                    return self._plainer(direction, scan, rows, positive)
                more = scan.least
            else:
                # No row seen so far tells of these directions; others do.
                unseen = null_space(rows.X @ self.basis.T).combinations
                if not len(unseen):
                    return None
                direction = np.zeros((self.classes, self.basis.shape[1]))
                direction[1] = unseen[0] @ self.basis
                more = self.scan(direction).least.joined(self.scan(-direction).least)
            before, rows = len(rows.own), rows.joined(more)
            if len(rows.own) == before:
                break
        return None  # none that stands up to rounding

    def direction(self, t: Vector) -> Vector:
        """A direction of shape (classes, p) from its coordinates."""
        free = t.reshape(self.classes - 1, -1) @ self.basis
        return np.vstack([np.zeros(free.shape[1]), free])

    def scan(self, direction: Vector) -> Scan:
        """Go through all rows with a direction of shape (classes, p)."""
        most = max(LEAST, TAKEN_IN * self.variables)
        return self.rows.reduce(
            lambda block: self._scanned(block, direction, most),
            lambda one, other: _combined(one, other, most),
        )

    def _scanned(self, block: Block, direction: Vector, most: int) -> Scan:
        number = np.arange(len(block.y)) if block.weight is None else np.flatnonzero(block.weight)
        X, own = block.X[number], block.y[number].astype(np.intp)
        entries = abs(X)
        margins, sizes = self._products(X, direction), self._products(entries, abs(direction))
        found, rounding = slacks(margins, sizes, own)
        low, high = found < -rounding, (found > rounding) & np.isfinite(found)
        score = (found / np.where(rounding > 0, rounding, 1.0)).min(axis=1, initial=np.inf)
        order = np.argsort(score, kind="stable")[:most]
        least = LabelledRows(with_constant(X[order], self.fit_intercept), own[order], number[order])
        largest = entries.max(axis=0) if len(own) else np.zeros(X.shape[1])
        largest = np.ravel(largest.toarray() if hasattr(largest, "toarray") else largest)
        return Scan(
            passed=len(block.y),
            rows=len(own),
            lowered=int(low.any(axis=1).sum()),
            raised=int(high.any(axis=1).sum()),
            parted=int((high.sum(axis=1) == self.classes - 1).sum()),
            units=np.r_[1.0, largest] if self.fit_intercept else largest,
            least=least,
            score=score[order],
        )

    def _products(self, X: Any, direction: Vector) -> Vector:
        if not self.fit_intercept:
            return np.asarray(X @ direction.T)
        return np.asarray(X @ direction[:, 1:].T) + direction[:, 0]

    def _first_rows(self) -> LabelledRows:
        inequalities = (self.classes - 1) * self.rows.n_rows
        few = max(LEAST, TAKEN_IN * self.variables)
        block = some_rows(self.rows, ALL_AT_ONCE if inequalities <= ALL_AT_ONCE else few)
        unknown = np.full(len(block.y), -1)
        X = with_constant(block.X, self.fit_intercept)
        return LabelledRows(X, block.y.astype(np.intp), unknown)

    def _plainer(
        self,
        direction: Vector,
        scan: Scan,
        rows: LabelledRows,
        positive: NDArray[np.bool_] | None,
    ) -> tuple[Vector, Scan]:
        """A direction that does the same with fewer columns, where it is cheap to find."""
        units = np.abs(rows.X).max(axis=0, initial=0.0)
        if self.fit_intercept:
            units[0] = 0.0
        for _ in range(ROUNDS):
            a = inequalities(rows, self.basis, self.classes)
            if a.size > PLAIN:
                break
            if positive is None:
                _, positive = widest(a)
            plain = self.direction(plainest(a, positive, self.basis, units))
            found = self.scan(plain)
            if found.recedes and found.complete >= scan.complete:
                return plain, found
            before, rows, positive = len(rows.own), rows.joined(found.least), None
            if len(rows.own) == before:
                break
        return direction, scan


def _combined(one: Scan, other: Scan, most: int) -> Scan:
    """The scan of some rows and of those that follow them."""
    least = other.least
    behind = LabelledRows(least.X, least.own, least.number + one.passed)
    score = np.r_[one.score, other.score]
    order = np.argsort(score, kind="stable")[:most]
    return Scan(
        one.passed + other.passed,
        one.rows + other.rows,
        one.lowered + other.lowered,
        one.raised + other.raised,
        one.parted + other.parted,
        np.maximum(one.units, other.units),
        one.least.joined(behind)[order],
        score[order],
    )


def _where(keep: Callable[[Vector], NDArray[np.bool_]], block: Block) -> Block:
    """The block with the weight zero where a target isn't kept."""
    kept = keep(block.y).astype(float)
    return block._replace(weight=kept if block.weight is None else kept * block.weight)
