"""Which columns of a design are combinations of others: its rank, and the combinations by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extremum.linalg import EPS
from extremum.outcomes import InvalidInput
from extremum.regression.design import ArrayRows, Block, RowBlocks
from extremum.regression.nullspace import NullSpace, null_space, tolerance

Vector = NDArray[np.float64]

SAMPLE = 3
"""Rows looked at first, as a multiple of the columns: their rank is seldom less than that of all,
and never more."""

WITNESSES = 4
"""Rows taken in for each combination that vanishes on the rows looked at, but not on all."""

MOST_COLUMNS = 3000
"""Columns that can be examined: the factorization takes the third power of their number."""

SHOWN = 8
"""Terms of a combination, and combinations, that are written out."""


@dataclass(frozen=True, eq=False)
class Dependency:
    """A combination of columns that vanishes on every row: Σ cⱼ xⱼ + c₀ = 0.

    Attributes
    ----------
    columns : tuple of str
        The columns that take part, in the table's order; the intercept is not among them.
    coefficients : ndarray of shape (len(columns),)
        Their cⱼ, in multiples of that one which makes the equation shortest.
    intercept : float
        c₀; zero where the constant takes no part.
    """

    columns: tuple[str, ...]
    coefficients: Vector
    intercept: float

    def __str__(self) -> str:
        """The combination as an equation, such as ``c = a + 2 b`` or ``d1 + d2 + d3 = 1``."""
        terms = list(zip(self.columns, self.coefficients, strict=True))
        left = [(name, c) for name, c in terms if c > 0]
        right = [(name, -c) for name, c in terms if c < 0]
        constant = -self.intercept
        if len(right) == 1 < len(left):
            left, right, constant = right, left, -constant
        return f"{_sum(left)} = {_sum(right, constant)}"


@dataclass(frozen=True, eq=False)
class ColumnRank:
    """The rank of a design, and what it lacks.

    Attributes
    ----------
    names : tuple of str
        The d columns.
    fit_intercept : bool
        Whether the design holds the constant besides.
    independent : ndarray of int, of shape (k,)
        Columns of which (and of the constant) the others are combinations.
    null_coef : ndarray of shape (nullity, d)
        A basis of the combinations that vanish.
    null_intercept : ndarray of shape (nullity,)
        What the constant contributes to each.
    """

    names: tuple[str, ...]
    fit_intercept: bool
    independent: NDArray[np.intp]
    null_coef: Vector
    null_intercept: Vector

    @property
    def nullity(self) -> int:
        """How many independent combinations vanish."""
        return len(self.null_coef)

    @property
    def columns(self) -> int:
        """The design's columns, the constant among them."""
        return len(self.names) + self.fit_intercept

    @property
    def rank(self) -> int:
        """The rank of the design, the constant's column included."""
        return self.columns - self.nullity

    @property
    def deficient(self) -> bool:
        """Whether coefficients are not determined by the data."""
        return self.nullity > 0

    @cached_property
    def dependencies(self) -> tuple[Dependency, ...]:
        """The combinations by name, each solved for the latest column it can."""
        found = []
        for coef, intercept in zip(self.null_coef, self.null_intercept, strict=True):
            support = np.flatnonzero(coef)
            names = tuple(self.names[j] for j in support)
            plain = _plainest(np.r_[coef[support], intercept])
            found.append(Dependency(names, plain[:-1], float(plain[-1])))
        return tuple(reversed(found))

    @property
    def collinear(self) -> tuple[str, ...]:
        """The columns that take part in some combination, in the table's order."""
        return tuple(self.names[j] for j in np.flatnonzero(self.null_coef.any(axis=0)))

    @property
    def message(self) -> str:
        """The sentence a user reads."""
        if not self.deficient:
            return f"The design has full rank {self.rank}."
        shown = [str(dependency) for dependency in self.dependencies[:SHOWN]]
        if self.nullity > SHOWN:
            shown.append(f"and {self.nullity - SHOWN} more")
        return (
            f"The design has rank {self.rank}, but {self.columns} columns"
            f"{' with the intercept' if self.fit_intercept else ''}: on every row, "
            f"{'; '.join(shown)}. Coefficients of {', '.join(self.collinear[: 3 * SHOWN])}"
            f"{', …' if len(self.collinear) > 3 * SHOWN else ''} are not determined by the data: "
            "leave out a column of each combination, or add a penalty (l2)."
        )

    def basic(self, coef: Vector, intercept: Any) -> tuple[Vector, Any]:
        """Move along the vanishing combinations to where the dependent columns have zeros.

        Parameters
        ----------
        coef : ndarray of shape (d,) or (k, d)
            Any coefficients that fit.
        intercept : float or ndarray of shape (k,)

        Returns
        -------
        coef, intercept
            Those with the same predictions for which the columns that are not `independent` are as
            if left out.
        """
        if not self.deficient:
            return coef, intercept
        dependent = np.setdiff1d(np.arange(len(self.names)), self.independent)
        moved = np.linalg.solve(self.null_coef[:, dependent].T, coef[..., dependent].T).T
        coef = coef - moved @ self.null_coef
        coef[..., dependent] = 0.0
        return coef, intercept - moved @ self.null_intercept

    def minimum_norm(self, coef: Vector, intercept: Any) -> tuple[Vector, Any]:
        """Move along the vanishing combinations to the coefficients of least 2-norm.

        Parameters
        ----------
        coef : ndarray of shape (d,) or (k, d)
            Any coefficients that fit.
        intercept : float or ndarray of shape (k,)

        Returns
        -------
        coef, intercept
            Those with the same predictions and the smallest ‖coef‖; the intercept is not counted.
        """
        if not self.deficient:
            return coef, intercept
        # coef + Nᵀ t is least where t solves the least-squares problem Nᵀ t ≈ -coef.
        moved = np.linalg.lstsq(self.null_coef.T, -coef.T, rcond=None)[0]
        return coef + moved.T @ self.null_coef, intercept + moved.T @ self.null_intercept


def column_rank(
    X: Any,
    sample_weight: Vector | None = None,
    *,
    fit_intercept: bool = True,
    names: Sequence[str] | None = None,
    eps: float | None = None,
) -> ColumnRank:
    """Find the combinations of a design's columns that vanish on every row.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n, d)
    sample_weight : ndarray of shape (n,), optional
        Rows of weight zero don't count; the rank doesn't depend on the other weights.
    fit_intercept : bool
    names : sequence of str, optional
        ``x0``, ``x1``, … by default.
    eps : float, optional
        The spacing at 1 of the numbers that the columns were made with; by default that of X.

    Returns
    -------
    ColumnRank

    Raises
    ------
    InvalidInput
        If there are more than 3000 columns.
    """
    X = X.tocsr() if hasattr(X, "tocsr") else X
    rows = ArrayRows(X, np.zeros(X.shape[0]), sample_weight)
    return rank_of_rows(rows, fit_intercept=fit_intercept, names=names, eps=eps)


def rank_of_rows(
    rows: RowBlocks,
    *,
    fit_intercept: bool = True,
    names: Sequence[str] | None = None,
    eps: float | None = None,
) -> ColumnRank:
    """Find the same, whatever the source of the rows.

    A few rows decide that a design has full rank; only what vanishes on them is looked for in the
    others, by products, and the rows where it doesn't vanish are taken in.

    Parameters
    ----------
    rows : RowBlocks
    fit_intercept, names, eps
        As for `column_rank`.
    """
    columns = rows.n_features + fit_intercept
    if columns > MOST_COLUMNS:
        raise InvalidInput(
            f"the rank of a design of {columns} columns can't be examined (at most "
            f"{MOST_COLUMNS}): add a penalty (l2), which makes the coefficients unique, or "
            "choose columns."
        )
    first = some_rows(rows, SAMPLE * columns + WITNESSES).X
    if eps is None:
        eps = float(np.finfo(first.dtype).eps) if first.dtype.kind == "f" else EPS
    seen = with_constant(first, fit_intercept)
    found = null_space(seen, eps)
    while len(found.combinations):
        witnesses = _witnesses(rows, found.combinations, fit_intercept, eps)
        if not len(witnesses):
            break
        seen = np.vstack([seen, witnesses])
        rank, found = len(found.independent), null_space(seen, eps)
        if len(found.independent) == rank:  # what is seen of them is rounding
            break
    return _named(found, fit_intercept, names)


def rank_of_factor(
    factor: Vector,
    *,
    fit_intercept: bool = True,
    names: Sequence[str] | None = None,
    eps: float = EPS,
) -> ColumnRank:
    """Find the same from a triangular factor of the design, without its rows.

    Parameters
    ----------
    factor : ndarray of shape (m, p)
        R of a QR factorization of the design, rows weighted or not; with the intercept, its first
        column is the constant's.
    fit_intercept, names, eps
        As for `column_rank`.
    """
    return _named(null_space(factor, eps), fit_intercept, names)


def with_constant(X: Any, fit_intercept: bool) -> Vector:
    """Rows as an array, with the constant in front where there is an intercept."""
    array = np.asarray(X.toarray() if hasattr(X, "toarray") else X, dtype=np.float64)
    return np.hstack([np.ones((len(array), 1)), array]) if fit_intercept else array


def some_rows(rows: RowBlocks, most: int) -> Block:
    """About so many of the rows, those of weight zero left out."""
    sample = rows.sample(most)
    block = Block(sample.X, sample.y, sample.weight)
    return block if block.weight is None else block.part(np.flatnonzero(block.weight))


def _named(found: NullSpace, fit_intercept: bool, names: Sequence[str] | None) -> ColumnRank:
    d = found.combinations.shape[1] - fit_intercept
    independent, combinations = found.independent, found.combinations
    if fit_intercept:
        independent = independent[independent > 0] - 1
    return ColumnRank(
        names=tuple(names) if names is not None else tuple(f"x{j}" for j in range(d)),
        fit_intercept=fit_intercept,
        independent=independent,
        null_coef=combinations[:, fit_intercept:],
        null_intercept=combinations[:, 0] if fit_intercept else np.zeros(len(combinations)),
    )


def _witnesses(rows: RowBlocks, combinations: Vector, fit_intercept: bool, eps: float) -> Vector:
    """The rows on which combinations differ most from zero; none if all vanish."""

    def examined(block: Block) -> tuple[Vector, Vector, Vector]:
        X = block.X if block.weight is None else block.X[np.flatnonzero(block.weight)]
        values = np.asarray(X @ combinations[:, fit_intercept:].T)
        if fit_intercept:
            values += combinations[:, 0]
        entries = X.multiply(X) if hasattr(X, "multiply") else np.square(X)
        squares = np.asarray(entries.sum(axis=0, dtype=float)).ravel()
        terms = np.r_[[X.shape[0]] * fit_intercept, squares]
        worst = with_constant(X[_largest(values)], fit_intercept)
        return (values**2).sum(axis=0), terms, worst

    def combined(
        one: tuple[Vector, Vector, Vector], other: tuple[Vector, Vector, Vector]
    ) -> tuple[Vector, Vector, Vector]:
        worst = np.vstack([one[2], other[2]])
        return one[0] + other[0], one[1] + other[1], worst[_largest(worst @ combinations.T)]

    squares, terms, worst = rows.reduce(examined, combined)
    bound = tolerance(eps) * (np.abs(combinations) @ np.sqrt(terms))
    return worst[:0] if (np.sqrt(squares) <= bound).all() else worst


def _largest(values: Vector) -> NDArray[np.intp]:
    """The rows that hold the largest values of some column."""
    order = np.argsort(-np.abs(values), axis=0, kind="stable")
    return np.unique(order[:WITNESSES])


def _plainest(coefficients: Vector) -> Vector:
    """The coefficients, the last one the constant's, as multiples of one: the shortest to write."""
    columns = np.flatnonzero(coefficients[:-1])[: -SHOWN - 1 : -1]
    ways = [coefficients / coefficients[j] for j in columns]
    return min(ways, key=lambda way: sum(len(f"{abs(c):.6g}") for c in way))


def _sum(terms: list[tuple[str, float]], constant: float = 0.0) -> str:
    """Terms with positive coefficients, and a constant, as a sum."""
    words = [name if f"{c:.6g}" == "1" else f"{c:.6g} {name}" for name, c in terms]
    if len(words) > SHOWN:
        words = [*words[: SHOWN - 1], f"… {len(words) - SHOWN} more …", words[-1]]
    text = " + ".join(words)
    if not text:
        return f"{constant + 0.0:.6g}"
    if constant:
        text += f" {'-' if constant < 0 else '+'} {abs(constant):.6g}"
    return text
