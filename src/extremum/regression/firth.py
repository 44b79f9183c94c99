"""Firth's penalized likelihood: Jeffreys' prior, under which estimates exist for separated classes.

References
----------
Firth, Bias reduction of maximum likelihood estimates, Biometrika 80 (1993) 27-38. Heinze and
Schemper, A solution to the problem of separation in logistic regression, Statist. Med. 21 (2002)
2409-2419.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.linalg import LinAlgError, cholesky, solve_triangular

from extremum.linalg import DenseSymmetric
from extremum.objective import Counts, Objective, Vector
from extremum.regression.design import ArrayRows
from extremum.regression.losses import Softmax
from extremum.regression.risk import MeanLoss


@dataclass(frozen=True, eq=False)
class PenalizedLoss(Objective):
    """φ(θ) = mean loss(θ) - log det I(θ) / (2 Σ w), with I the information of the whole table.

    Parameters
    ----------
    risk : MeanLoss
        Of classes, without a penalty; its columns independent. Its rows are brought into memory.
    counts : Counts
    """

    risk: MeanLoss
    counts: Counts = field(default_factory=Counts)

    @property
    def structure(self) -> str:
        """The storage of the Hessian."""
        return "dense"

    @property
    def source(self) -> str:
        """Where the derivatives come from."""
        return f"{self.risk.source}, with Firth's penalty"

    def value(self, theta: Vector) -> float:
        """φ(θ); infinite where the information is singular."""
        self.counts.nfev += 1
        outcomes = self._outcomes(theta)
        return self.risk.value(theta) - self._half(outcomes)

    def value_and_gradient(self, theta: Vector) -> tuple[float, Vector]:
        """φ(θ) and ∇φ(θ)."""
        self.counts.nfev += 1
        self.counts.njev += 1
        outcomes = self._outcomes(theta)
        value, gradient = self.risk.value_and_gradient(theta)
        return value - self._half(outcomes), gradient - self._slope(outcomes)

    def hessian(self, theta: Vector) -> DenseSymmetric:
        """∇²φ(θ)."""
        self.counts.nhev += 1
        outcomes = self._outcomes(theta)
        return DenseSymmetric(self.risk.hessian(theta).toarray() - self._bend(outcomes))

    @cached_property
    def _table(self) -> tuple[Vector, Vector]:
        """The rows in the coordinates of θ, the constant last, and their shares of the weight."""
        rows: ArrayRows = self.risk.rows.sample(self.risk.rows.n_rows)
        X = np.asarray(rows.X.toarray() if hasattr(rows.X, "toarray") else rows.X, dtype=float)
        if self.risk.standardize:
            X = (X - self.risk.units.centre) / self.risk.units.scale
        if self.risk.fit_intercept:
            X = np.column_stack([X, np.ones(len(X))])
        weight = np.ones(len(X)) if rows.weight is None else rows.weight
        counted = weight > 0
        return X[counted], weight[counted] / self.risk.total_weight

    def _outcomes(self, theta: Vector) -> _Outcomes:
        """The classes' probabilities and what they contribute to the information."""
        X, share = self._table
        loss, n = self.risk.loss, len(X)
        margin = X @ theta.reshape(-1, loss.outputs)
        if isinstance(loss, Softmax):
            p, places = loss.mean(margin), loss.contrasts.T
        else:
            above = loss.mean(margin[:, 0])
            p, places = np.column_stack([1 - above, above]), np.array([[0.0], [1.0]])
        # Each class's place about the mean place: their second moments are the curvature.
        apart = places - (p @ places)[:, None, :]
        rows = (X[:, None, :, None] * apart[:, :, None, :]).reshape(n * len(places), -1)
        p = share[:, None] * p
        try:
            factor = cholesky(rows.T @ (rows * p.reshape(-1, 1)), lower=True)
        except LinAlgError:
            factor = np.full((theta.size, theta.size), np.nan)
        whitened = solve_triangular(factor, rows.T, lower=True, check_finite=False).T
        return _Outcomes(X, share, p, apart, factor, whitened.reshape(n, len(places), -1))

    def _half(self, at: _Outcomes) -> float:
        """½ log det I / Σ w, up to a constant."""
        value = float(np.log(at.factor.diagonal()).sum()) / self.risk.total_weight
        return value if np.isfinite(value) else -np.inf

    def _slope(self, at: _Outcomes) -> Vector:
        """Its gradient: ½ tr(I⁻¹ ∂I/∂θ), by third cumulants (Firth, section 3.1)."""
        leverage = at.p * np.square(at.whitened).sum(axis=2)
        slope = at.X.T @ np.einsum("nk,nka->na", leverage, at.apart)
        return np.asarray(slope.ravel() / (2 * self.risk.total_weight))

    def _bend(self, at: _Outcomes) -> Vector:
        """Its Hessian: ½ tr(I⁻¹ ∂²I) - ½ tr(I⁻¹ ∂I I⁻¹ ∂I), by fourth and third cumulants."""
        n, classes, size = at.whitened.shape
        inner = np.einsum("nkp,nlp->nkl", at.whitened, at.whitened)
        leverage = np.einsum("nkk->nk", inner)
        mean = at.p / at.share[:, None]  # the probabilities
        curvature = np.einsum("nk,nka,nkb->nab", mean, at.apart, at.apart)
        fourth = np.einsum("nk,nka,nkb->nab", mean * leverage, at.apart, at.apart)
        fourth -= curvature * (mean * leverage).sum(axis=1)[:, None, None]
        pulled = np.einsum("nk,nka->nka", mean, at.apart)
        fourth -= 2 * np.einsum("nka,nkl,nlb->nab", pulled, inner, pulled)
        second = np.einsum("nr,nab,ns->rasb", at.X, fourth * at.share[:, None, None], at.X)
        flat = at.whitened.reshape(n * classes, size)
        third = np.empty((size, size * size))
        for u in range(size):
            column, output = divmod(u, at.apart.shape[2])
            along = at.p * at.apart[:, :, output] * at.X[:, column, None]
            third[u] = (flat.T @ (flat * along.reshape(-1, 1))).ravel()
        bend = second.reshape(size, size) - third @ third.T
        return np.asarray(bend / (2 * self.risk.total_weight))


class _Outcomes(NamedTuple):
    """At some θ, with rows n, classes k, outputs a, columns r and parameters p = (r, a).

    Attributes
    ----------
    X : ndarray of shape (n, r)
    share : ndarray of shape (n,)
    p : ndarray of shape (n, k)
        Share of the weight times probability.
    apart : ndarray of shape (n, k, a)
    factor : ndarray of shape (p, p)
        Cholesky's L of the mean information.
    whitened : ndarray of shape (n, k, p)
        L⁻¹ (x ⊗ apart).
    """

    X: Vector
    share: Vector
    p: Vector
    apart: Vector
    factor: Vector
    whitened: Vector
