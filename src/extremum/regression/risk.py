"""The mean loss over the rows of a table, as an objective of the core."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from extremum.linalg import DenseSymmetric
from extremum.objective import Counts, Objective, Vector
from extremum.regression.design import Block, Matrix, RowBlocks
from extremum.regression.losses import Loss
from extremum.regression.units import Units


@dataclass(frozen=True, eq=False)
class MeanLoss(Objective):
    """φ(θ) = Σᵢ wᵢ ℓ(ηᵢ, yᵢ) / Σᵢ wᵢ + ½ l2 ‖w‖², with ηᵢ = xᵢ·w + b. Convex.

    Parameters
    ----------
    rows : RowBlocks
        With the target as the loss wants it: numbers, 0 and 1, or the numbers of classes.
    loss : Loss
    fit_intercept : bool
        Whether there is a b. It is not penalized.
    l2 : float
    units : Units, optional
        Those of θ: where they are given, θ are the coefficients of standardized columns.

    Attributes
    ----------
    total_weight : float
        Σᵢ wᵢ.
    counts : Counts

    Notes
    -----
    θ is the array of shape (features + 1, outputs), row after row: the coefficients of each
    feature, and last the intercept where there is one. `unflatten` gives both, in the data's own
    units.
    """

    rows: RowBlocks
    loss: Loss
    fit_intercept: bool = True
    l2: float = 0.0
    units: Units | None = None
    total_weight: float = field(init=False)
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        total = sum(self.rows.map(_weight_of))
        object.__setattr__(self, "total_weight", float(total))

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return (self.rows.n_features + self.fit_intercept) * self.loss.outputs

    @property
    def convex(self) -> bool:
        """It is."""
        return True

    @property
    def structure(self) -> str:
        """The storage of the Hessian."""
        return "dense"

    @property
    def source(self) -> str:
        """Where the derivatives come from."""
        return f"{type(self.loss).__name__}, written out"

    def unflatten(self, theta: Vector) -> tuple[Vector, Vector]:
        """Coefficients of shape (features, outputs), and intercepts of shape (outputs,)."""
        table = theta.reshape(-1, self.loss.outputs)
        if self.units is not None:
            table = self.units.own(table, self.fit_intercept)
        if self.fit_intercept:
            return table[:-1], table[-1]
        return table, np.zeros(self.loss.outputs)

    def flatten(self, coef: Vector, intercept: Vector) -> Vector:
        """The inverse of `unflatten`."""
        table = np.vstack([coef, intercept]) if self.fit_intercept else coef
        if self.units is not None:
            table = self.units.standardized(table, self.fit_intercept)
        return table.ravel()

    def margin(self, theta: Vector, X: Matrix) -> Vector:
        """η of rows X: of shape (rows,), or (rows, outputs) where there are several."""
        coef, intercept = self.unflatten(theta)
        if self.loss.outputs == 1:
            return np.asarray(X @ coef[:, 0] + intercept[0])
        return np.asarray(X @ coef + intercept)

    def value(self, theta: Vector) -> float:
        """φ(θ)."""
        self.counts.nfev += 1
        total = sum(self.rows.map(lambda block: self._value(theta, block)))
        return self._mean_value(theta, float(total))

    def value_and_gradient(self, theta: Vector) -> tuple[float, Vector]:
        """φ(θ) and ∇φ(θ)."""
        self.counts.nfev += 1
        self.counts.njev += 1
        value, gradient = 0.0, np.zeros(theta.size)
        for part, slope in self.rows.map(lambda block: self._gradient(theta, block)):
            value += part
            gradient += slope
        return self._mean_value(theta, value), self._mean_gradient(theta, gradient)

    def hessian(self, theta: Vector) -> DenseSymmetric:
        """∇²φ(θ)."""
        return self.value_gradient_hessian(theta)[2]

    def value_gradient_hessian(self, theta: Vector) -> tuple[float, Vector, DenseSymmetric]:
        """φ(θ), ∇φ(θ) and ∇²φ(θ), in one pass."""
        self.counts.nfev += 1
        self.counts.njev += 1
        self.counts.nhev += 1
        value, gradient = 0.0, np.zeros(theta.size)
        hessian = np.zeros((theta.size, theta.size))
        for part, slope, curvature in self.rows.map(lambda block: self._hessian(theta, block)):
            value += part
            gradient += slope
            hessian += curvature
        hessian = self._pulled(self._pulled(hessian / self.total_weight).T)
        hessian[np.diag_indices(theta.size)] += self.l2 * self._penalized(np.ones(theta.size))
        return (
            self._mean_value(theta, value),
            self._mean_gradient(theta, gradient),
            DenseSymmetric(hessian),
        )

    def hessian_vector(self, theta: Vector, v: Vector) -> Vector:
        """∇²φ(θ)·v."""
        self.counts.nhvp += 1
        product = np.zeros(theta.size)
        for part in self.rows.map(lambda block: self._hessian_vector(theta, v, block)):
            product += part
        return self._pulled(product / self.total_weight) + self.l2 * self._penalized(v)

    def _mean_value(self, theta: Vector, total: float) -> float:
        return total / self.total_weight + self._penalty(theta)

    def _mean_gradient(self, theta: Vector, total: Vector) -> Vector:
        return self._pulled(total / self.total_weight) + self.l2 * self._penalized(theta)

    def _pulled(self, slopes: Vector) -> Vector:
        """Derivatives by θ, of those by the parameters in own units, along the first axis."""
        if self.units is None:
            return slopes
        table = slopes.reshape(-1, self.loss.outputs, *slopes.shape[1:])
        return self.units.slopes(table, self.fit_intercept).reshape(slopes.shape)

    def _penalized(self, theta: Vector) -> Vector:
        """θ with zeros for the intercepts."""
        kept = theta.copy()
        if self.fit_intercept:
            kept[-self.loss.outputs :] = 0
        return kept

    def _penalty(self, theta: Vector) -> float:
        kept = self._penalized(theta)
        return self.l2 / 2 * float(kept @ kept)

    def _value(self, theta: Vector, block: Block) -> float:
        value = self.loss.value(self.margin(theta, block.X), block.y)
        return float(value.sum() if block.weight is None else value @ block.weight)

    def _gradient(self, theta: Vector, block: Block) -> tuple[float, Vector]:
        value, slope = self.loss.derivative(self.margin(theta, block.X), block.y)
        slope = slope.reshape(len(block.y), -1)
        if block.weight is not None:
            value, slope = value * block.weight, slope * block.weight[:, None]
        return float(value.sum()), self._collected(block, slope)

    def _hessian(self, theta: Vector, block: Block) -> tuple[float, Vector, Vector]:
        value, slope, bend = self.loss.curvature(self.margin(theta, block.X), block.y)
        n, k = len(block.y), self.loss.outputs
        slope, bend = slope.reshape(n, k), bend.reshape(n, k, k)
        if block.weight is not None:
            value, slope = value * block.weight, slope * block.weight[:, None]
            bend = bend * block.weight[:, None, None]
        X = block.X.toarray() if hasattr(block.X, "toarray") else block.X
        X = np.asarray(X, dtype=np.float64)
        if self.fit_intercept:
            X = np.column_stack([X, np.ones(n)])
        hessian = np.einsum("ni,nkl,nj->ikjl", X, bend, X, optimize=True)
        size = X.shape[1] * k
        return float(value.sum()), self._collected(block, slope), hessian.reshape(size, size)

    def _hessian_vector(self, theta: Vector, v: Vector, block: Block) -> Vector:
        n, k = len(block.y), self.loss.outputs
        _, _, bend = self.loss.curvature(self.margin(theta, block.X), block.y)
        change = self.margin(v, block.X).reshape(n, k)
        slope = np.einsum("nkl,nl->nk", bend.reshape(n, k, k), change)
        if block.weight is not None:
            slope = slope * block.weight[:, None]
        return self._collected(block, slope)

    def _collected(self, block: Block, slope: Vector) -> Vector:
        """Σᵢ xᵢ ℓ′ᵢ, and Σᵢ ℓ′ᵢ for the intercept."""
        gradient = np.asarray(block.X.T @ slope)
        if self.fit_intercept:
            gradient = np.vstack([gradient, slope.sum(axis=0)])
        return gradient.ravel()


def _weight_of(block: Block) -> float:
    return float(len(block.y) if block.weight is None else block.weight.sum())
