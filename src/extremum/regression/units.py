"""Where the columns lie and how far they spread; coefficients standardized and in own units."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from extremum.objective import Vector
from extremum.regression.design import Block, RowBlocks, Sums

POWER = 16.0
"""The smallest weight is bounded by a sum of so high a power of 1/w that it counts nearly alone."""


@dataclass(frozen=True, eq=False)
class Units:
    """The columns' means and standard deviations, weighted.

    Parameters of an output are columns of tables here: a row for each feature, and one last for the
    intercept where there is one.

    Attributes
    ----------
    centre, scale : ndarray of shape (features,)
        Where there is no intercept to take up a change of the centre it is zero, and the scale the
        root mean square. The scale of a column that does not vary is 1.
    target_mean, target_scale : float
        The same of the target.
    total_weight : float
        Σᵢ wᵢ.
    least_weight : float
        A lower bound of the weights that are not zero, seldom by more than a factor of two.
    has_intercept : bool
    covariance : ndarray of shape (features,), optional
        The columns' covariances with the target, where there is an intercept; of the table that
        these are the units of, and of no other.
    """

    centre: Vector
    scale: Vector
    target_mean: float
    target_scale: float
    total_weight: float
    least_weight: float
    has_intercept: bool
    covariance: Vector | None = None

    @property
    def are_finite(self) -> bool:
        """Whether all values of the table are."""
        return bool(np.isfinite(self.scale).all() and np.isfinite(self.target_scale))

    @classmethod
    def of(cls, rows: RowBlocks, has_intercept: bool) -> Units:
        """Find them in one pass."""
        # Sums of squares about a point near the mean lose no digits to a mean that is large.
        near = _means(next(iter(rows)))
        near[~np.isfinite(near)] = 0
        with np.errstate(invalid="ignore", over="ignore"):  # looked at in `are_finite`
            weight, inverse, sums, squares, products = rows.total(
                lambda block: _moments(block, near)
            )
        shift = sums / weight
        centre, variance = near + shift, squares / weight - shift**2
        if not has_intercept:
            variance, centre = variance + centre**2, np.zeros_like(centre)
        scale = np.sqrt(np.maximum(variance, 0))
        # What is left of a constant column is rounding.
        flat = scale <= 4 * np.finfo(np.float64).eps * np.abs(near + shift)
        scale = np.where(flat, 1.0, scale)
        return cls(
            centre[:-1],
            scale[:-1],
            float((near + shift)[-1]),
            float(scale[-1]),
            float(weight),
            1.0 if inverse == 0 else float(inverse) ** (-1 / POWER),
            has_intercept,
            products / weight - shift[:-1] * shift[-1] if has_intercept else None,
        )

    def of_others(self, total_weight: float | None = None) -> Units:
        """The same units, to be used for other rows, of another weight."""
        weight = self.total_weight if total_weight is None else total_weight
        return replace(self, total_weight=weight, covariance=None)

    def own(self, table: Vector) -> Vector:
        """Parameters of the standardized columns, in the data's own units."""
        coef = table[: len(self.scale)] / self.scale[:, None]
        if not self.has_intercept:
            return coef
        return np.vstack([coef, table[-1] - self.centre @ coef])

    def standardized(self, table: Vector) -> Vector:
        """The inverse of `own`."""
        coef = table[: len(self.scale)]
        if not self.has_intercept:
            return coef * self.scale[:, None]
        return np.vstack([coef * self.scale[:, None], table[-1] + self.centre @ coef])

    def slopes(self, table: Vector) -> Vector:
        """Derivatives by the standardized parameters, of those by the own ones: `own` transposed.

        The first axis of the table is that of an output's parameters; others may follow.
        """
        d = len(self.scale)
        scale = self.scale.reshape(-1, *[1] * (table.ndim - 1))
        if not self.has_intercept:
            return np.asarray(table / scale)
        centred = table[:d] - np.multiply.outer(self.centre, table[-1])
        return np.concatenate([centred / scale, table[d:]])


def _means(block: Block) -> Vector:
    """The means of a block's columns and, last, of its target."""
    X = np.asarray(block.X.mean(axis=0, dtype=np.float64)).ravel()
    return np.append(X, np.mean(block.y))


def _moments(block: Block, near: Vector) -> Sums:
    """Σ w, Σ w⁻ᵖ (0 without weights), and by columns Σ w (x − near), its squares, and products.

    The last column is the target; the products are those of the others with it.
    """
    n, target = len(block.y), block.y - near[-1]
    weight = np.ones(n) if block.weight is None else block.weight
    total = float(weight.sum())
    counted = weight[weight > 0] if block.weight is not None else weight[:0]
    weighted = weight * target
    if sparse.issparse(block.X):
        plain = np.asarray(weight @ block.X)
        sums = plain - total * near[:-1]
        products = np.asarray(weighted @ block.X) - weighted.sum() * near[:-1]
        squares = np.asarray(weight @ block.X.multiply(block.X))
        squares += near[:-1] * (total * near[:-1] - 2 * plain)
    else:
        X = np.subtract(block.X, near[:-1])
        sums, products = np.stack([weight, weighted]) @ X  # together: X is read once
        X *= X
        squares = weight @ X
    return (
        total,
        float(np.sum(counted**-POWER)),
        np.append(sums, weighted.sum()),
        np.append(squares, weighted @ target),
        products,
    )
