"""The loss over a block of rows: value, gradient and Hessian, summed.

Parameters are a table of shape (features + 1, outputs), the intercepts last; so are the gradients.
Each function returns sums over the rows, weights included.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from extremum.objective import Vector
from extremum.regression.design import Block, Matrix
from extremum.regression.losses import Loss


def value_of(loss: Loss, table: Vector, block: Block) -> tuple[float]:
    """Σ wᵢ ℓ."""
    value = loss.value(margin(loss, table, block.X), block.y)
    return (_sum(value, block.weight),)


def gradient_of(loss: Loss, table: Vector, block: Block) -> tuple[float, Vector]:
    """Σ wᵢ ℓ and its gradient; the rows are read once."""
    X = _wide(block.X)
    value, slope = loss.derivative(margin(loss, table, X), block.y)
    return _sum(value, block.weight), _collected(X, _weighted(slope, block.weight))


def hessian_of(loss: Loss, table: Vector, block: Block) -> tuple[float, Vector, Vector]:
    """Σ wᵢ ℓ, its gradient, and its Hessian of shape (features + 1, outputs) twice."""
    X = _wide(block.X)
    value, slope, bend = loss.curvature(margin(loss, table, X), block.y)
    bend = _weighted(bend, block.weight)
    d, k = X.shape[1], loss.outputs
    hessian = np.empty((d + 1, k, d + 1, k))
    if k == 1:
        rooted = _scaled(X, np.sqrt(bend))
        hessian[:d, 0, :d, 0] = _dense(rooted.T @ rooted)  # BLAS' syrk, for an array
        hessian[:d, 0, d, 0] = hessian[d, 0, :d, 0] = X.T @ bend
        hessian[d, 0, d, 0] = bend.sum()
    else:
        for i in range(k):
            for j in range(i + 1):
                part = bend[:, i, j]
                hessian[:d, i, :d, j] = hessian[:d, j, :d, i] = _dense(X.T @ _scaled(X, part))
                edge = X.T @ part
                for a, b in ((i, j), (j, i)):
                    hessian[:d, a, d, b] = hessian[d, a, :d, b] = edge
                    hessian[d, a, d, b] = part.sum()
    return _sum(value, block.weight), _collected(X, _weighted(slope, block.weight)), hessian


def rough_hessian_of(loss: Loss, table: Vector, centre: Vector, block: Block) -> tuple[Any]:
    """The Hessian of a single output by the coefficients of centred columns, in 32 bits."""
    X, d = block.X, centre.size
    bend = _weighted(loss.softest(margin(loss, table, _wide(X))), block.weight)
    rows, root = np.empty((len(X), d), np.float32), np.sqrt(bend).astype(np.float32)
    hessian = np.empty((d + 1, d + 1), np.float32)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # then it is not used
        np.subtract(X, centre, out=rows, casting="same_kind")
        rows *= root[:, None]
        hessian[:d, :d] = rows.T @ rows
        hessian[:d, d] = hessian[d, :d] = root @ rows
        hessian[d, d] = root @ root
    return (hessian,)


def product_of(loss: Loss, table: Vector, change: Vector, block: Block) -> tuple[Vector]:
    """The Hessian times a table."""
    X = _wide(block.X)
    _, _, bend = loss.curvature(margin(loss, table, X), block.y)
    moved = margin(loss, change, X)
    slope = bend * moved if bend.ndim == 1 else np.einsum("nij,nj->ni", bend, moved)
    return (_collected(X, _weighted(slope, block.weight)),)


def softness_of(
    loss: Loss, table: Vector, block: Block, power: float
) -> tuple[float, Vector, float]:
    """Σ wᵢ ℓ, its gradient, and Σ (wᵢ times the smallest eigenvalue of ℓ″)⁻ᵖ over the wᵢ > 0."""
    X = _wide(block.X)
    margins = margin(loss, table, X)
    value, slope = loss.derivative(margins, block.y)
    softest = loss.softest(margins)
    if block.weight is not None:
        softest = (softest * block.weight)[block.weight > 0]
    with np.errstate(divide="ignore", over="ignore"):
        softness = float((softest**-power).sum())
    return _sum(value, block.weight), _collected(X, _weighted(slope, block.weight)), softness


def margin(loss: Loss, table: Vector, X: Matrix) -> Vector:
    """η = X w + b: of shape (rows,), or (rows, outputs) of several."""
    if loss.outputs == 1:
        products = np.asarray(X @ table[:-1, 0])
        products += table[-1, 0]
        return products
    return np.asarray(X @ table[:-1] + table[-1])


def _collected(X: Matrix, slope: Vector) -> Vector:
    """Σ xᵢ ℓ′ᵢ and, last, Σ ℓ′ᵢ."""
    if slope.ndim == 1:
        gradient = np.empty((X.shape[1] + 1, 1))
        gradient[:-1, 0] = slope @ X
        gradient[-1, 0] = slope.sum()
        return gradient
    return np.vstack([X.T @ slope, slope.sum(axis=0)])


def _wide(X: Matrix) -> Matrix:
    """The rows in 64 bits: sums of many terms want them, whatever the table is stored in."""
    return X if X.dtype == np.float64 else X.astype(np.float64)


def _sum(value: Vector, weight: Vector | None) -> float:
    return float(value.sum() if weight is None else value @ weight)


def _weighted(terms: Vector, weight: Vector | None) -> Vector:
    return terms if weight is None else terms * weight.reshape(-1, *[1] * (terms.ndim - 1))


def _scaled(X: Matrix, factor: Vector) -> Matrix:
    return X.multiply(factor[:, None]).tocsr() if sparse.issparse(X) else X * factor[:, None]


def _dense(matrix: Matrix) -> Vector:
    return np.asarray(matrix.toarray() if sparse.issparse(matrix) else matrix)
