"""A cheap proof that the maximum-likelihood estimate exists, from a point near it.

Let A δ ≥ 0 be the inequalities of a direction along which the likelihood never falls (see
`recession`). By Stiemke's theorem none of them can be strict if positive weights λ exist with
Aᵀλ = 0. At any point the likelihood's gradient is such a sum: each row contributes its own
inequalities, with positive weights λ: the probability of the other class, or for a count of zero
its mean. Where the gradient g is not exactly zero, a multiple of the curvature h ≤ λ of some rows,
h (x·u) with u solving (Σ h x xᵀ) u = g, takes it away. So:

    if the Newton step u changes no margin by 1 or more, an estimate exists.

The curvature of a few rows suffices. (On separated data a Newton step never ceases to change some
margins by about 1.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from extremum.linalg import EPS, DenseSymmetric
from extremum.objective import Vector
from extremum.regression.design import Block
from extremum.regression.losses import PoissonLoss, Softmax
from extremum.regression.rank import some_rows, with_constant
from extremum.regression.risk import MeanLoss

ROWS = 10
"""Rows whose curvature is taken, as a multiple of the columns."""

AFFORDABLE = 10**8
"""Where these do not suffice, all rows' curvature is taken if it costs fewer multiplications."""

WITHIN = 0.5
"""The change of a margin, rounding included, that is taken for less than 1."""

ROUNDINGS = 8.0
"""Roundings of its terms by which a computed gradient may be wrong."""

WELL_CONDITIONED = 1e-9
"""The reciprocal condition number, in the columns' own scales, that the curvature must have."""


def overlap_is_shown(
    risk: MeanLoss, theta: Vector, independent: NDArray[np.intp] | None = None
) -> bool:
    """Whether the point proves that an estimate exists; if not, nothing is known.

    Parameters
    ----------
    risk : MeanLoss
        Without a penalty.
    theta : ndarray of shape (n,)
        Any point: the nearer to the estimate, the better the chances.
    independent : ndarray of int, optional
        Columns of which (and of the constant) the others are combinations; all by default.
    """
    if independent is None:
        independent = np.arange(risk.rows.n_features)
    constant = [0] if risk.fit_intercept else []
    columns = np.r_[constant, independent + risk.fit_intercept].astype(np.intp)
    slope, size = _gradient(risk, theta, columns)
    enough = ROWS * len(columns)
    if _step_is_short(risk, theta, columns, slope, size, some_rows(risk.rows, enough)):
        return True
    n = risk.rows.n_rows
    if n <= enough or n * (len(columns) * risk.loss.outputs) ** 2 > AFFORDABLE:
        return False
    return _step_is_short(risk, theta, columns, slope, size, some_rows(risk.rows, n))


def _gradient(risk: MeanLoss, theta: Vector, columns: NDArray[np.intp]) -> tuple[Vector, Vector]:
    """The total gradient by the columns' coefficients, of shape (p, outputs), and Σ |terms|.

    A slope is the difference of a mean and what was seen, each of which is a term: near 1 the mean
    of a class loses what is left to 1.
    """

    def part(block: Block) -> tuple[Vector, Vector]:
        _, slope = risk.loss.derivative(risk.margin(theta, block.X), block.y)
        slope = slope.reshape(len(block.y), -1)
        seen = block.y[:, None] if isinstance(risk.loss, PoissonLoss) else 1.0
        size = abs(slope) + seen
        if block.weight is not None:
            slope, size = slope * block.weight[:, None], size * block.weight[:, None]
        return _collected(risk, block.X, slope), _collected(risk, abs(block.X), size)

    slope, size = risk.rows.total(part)
    return slope[columns], size[columns]


def _collected(risk: MeanLoss, X: Any, slope: Vector) -> Vector:
    """Σᵢ xᵢ slopeᵢ, the constant's in front."""
    by_columns = np.asarray(X.T @ slope)
    return np.vstack([slope.sum(axis=0), by_columns]) if risk.fit_intercept else by_columns


def _step_is_short(
    risk: MeanLoss,
    theta: Vector,
    columns: NDArray[np.intp],
    slope: Vector,
    size: Vector,
    block: Block,
) -> bool:
    """Whether the Newton step with the curvature of some rows changes their margins little."""
    m, k = len(block.y), risk.loss.outputs
    _, _, bend = risk.loss.curvature(risk.margin(theta, block.X), block.y)
    bend = bend.reshape(m, k, k)
    if block.weight is not None:
        bend = bend * block.weight[:, None, None]
    X = with_constant(block.X, risk.fit_intercept)[:, columns]
    q = X.shape[1] * k
    hessian = np.einsum("ni,nkl,nj->ikjl", X, bend, X, optimize=True).reshape(q, q)
    if not (np.isfinite(hessian).all() and (hessian.diagonal() > 0).all()):
        return False
    scale = np.sqrt(hessian.diagonal())
    factored = DenseSymmetric(hessian / np.outer(scale, scale)).cholesky()
    if factored is None or factored.rcond < WELL_CONDITIONED:
        return False
    factor = np.linalg.cholesky(hessian / np.outer(scale, scale))
    step = factored.solve(slope.ravel() / scale) / scale
    rounding = np.diag(ROUNDINGS * EPS * size.ravel() / scale)
    uncertain = np.linalg.norm(solve_triangular(factor, rounding, lower=True))
    # |x·H⁻¹e| ≤ ‖L⁻¹x‖ ‖L⁻¹e‖.
    change = X @ step.reshape(-1, k)
    for output in range(k):
        spread = np.zeros((q, m))
        spread[output::k] = X.T
        spread = solve_triangular(factor, spread / scale[:, None], lower=True)
        within = uncertain * np.linalg.norm(spread, axis=0)
        if within.max(initial=0.0) > WITHIN / 4:
            return False
    if isinstance(risk.loss, Softmax):
        margins = change @ risk.loss.contrasts
        return bool(np.ptp(margins, axis=1).max() < WITHIN)
    return bool(np.abs(change).max() < WITHIN)
