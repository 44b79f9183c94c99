"""Standardized coefficients and coefficients in the data's own units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse

from extremum.objective import Vector
from extremum.regression.design import Block, RowBlocks


@dataclass(frozen=True, eq=False)
class Units:
    """The map from coefficients of (x − centre)/scale to those of x.

    Attributes
    ----------
    centre, scale : ndarray of shape (features,)
        The centre is zero where there is no intercept to take up the difference.
    """

    centre: Vector
    scale: Vector

    @classmethod
    def standard(cls, rows: RowBlocks, fit_intercept: bool) -> Units:
        """Weighted means and standard deviations; 1 for a column that does not vary.

        Without an intercept columns are not centred, and their root mean squares take the place of
        the deviations.
        """
        d = rows.n_features
        weight, mean, squares = 0.0, np.zeros(d), np.zeros(d)
        for part in rows.map(_moments):
            # Chan, Golub & LeVeque, The American Statistician 37 (1983) 242-247, equation 2.1.
            shift = part.mean - mean
            both = weight + part.weight
            if both == 0:
                continue
            squares += part.squares + shift**2 * (weight * part.weight / both)
            mean += shift * (part.weight / both)
            weight = both
        if not fit_intercept:
            squares, mean = squares + weight * mean**2, np.zeros(d)
        scale = np.sqrt(squares / weight)
        return cls(mean, np.where(scale > 0, scale, 1.0))

    def own(self, table: Vector, has_intercept: bool) -> Vector:
        """Parameters of the standardized columns, as a table, in the data's own units."""
        coef = table[: len(self.scale)] / self.scale[:, None]
        if not has_intercept:
            return coef
        return np.vstack([coef, table[-1] - self.centre @ coef])

    def standardized(self, table: Vector, has_intercept: bool) -> Vector:
        """The inverse of `own`."""
        coef = table[: len(self.scale)]
        if not has_intercept:
            return coef * self.scale[:, None]
        return np.vstack([coef * self.scale[:, None], table[-1] + self.centre @ coef])

    def slopes(self, table: Vector, has_intercept: bool) -> Vector:
        """Derivatives by the standardized parameters, of those by the own ones: `own` transposed.

        The first axis of the table is that of the parameters of an output.
        """
        d = len(self.scale)
        scale = self.scale.reshape(-1, *[1] * (table.ndim - 1))
        if not has_intercept:
            return table / scale
        centred = table[:d] - np.multiply.outer(self.centre, table[-1])
        return np.concatenate([centred / scale, table[d:]])


class _Moments(NamedTuple):
    weight: float
    mean: Vector
    squares: Vector


def _moments(block: Block) -> _Moments:
    """The weight of some rows, their mean, and the squares of the deviations from it."""
    X = block.X.astype(np.float64, copy=False)
    weight = np.ones(len(block.y)) if block.weight is None else block.weight
    total = float(weight.sum())
    if total == 0:
        return _Moments(0.0, np.zeros(X.shape[1]), np.zeros(X.shape[1]))
    mean = np.asarray(weight @ X) / total
    if sparse.issparse(X):
        squares = np.asarray(weight @ X.multiply(X)) - total * mean**2
        return _Moments(total, mean, np.maximum(squares, 0))
    return _Moments(total, mean, np.asarray(weight @ (X - mean) ** 2))
