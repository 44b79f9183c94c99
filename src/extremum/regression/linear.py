"""Linear regression."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from extremum.methods import Method
from extremum.objective import Vector
from extremum.regression.estimator import MOST_DENSE, Regression
from extremum.regression.least_squares import LeastSquares
from extremum.regression.losses import HalfSquared
from extremum.regression.risk import MeanLoss


class LinearRegression(RegressorMixin, Regression):  # type: ignore[misc]
    """Least squares: minimizes Σ wᵢ ½ (xᵢ·w + b − yᵢ)² / Σ wᵢ + ½ l2 ‖w‖².

    Parameters
    ----------
    solver : {"auto", "newton", "gradient-descent", "lbfgs"}
        ``"auto"``: by a QR factorization of the table, the most accurate way.
    step : float, {"exact", "armijo"} or StepRule, optional
        How far to go along a direction: always the same multiple of it; to the minimum along the
        ray by Newton's iteration in one dimension; or by backtracking. Not with ``"auto"``.
    fit_intercept : bool
    l2 : float
        **0 by default: nothing is penalized**, and the estimate is that of least squares.
    standardize : bool
        Whether the columns are centred and scaled to a standard deviation of 1 beforehand. The
        coefficients are in the data's own units in any case.
    stop : StopTest or sequence of them, optional
    max_iter : int
    warm_start : bool
        Whether a further fit starts from the last one's coefficients.
    callback : callable, optional
        As for `extremum.minimize`.
    collinear : {"warn", "raise", "minimum-norm"}
        What to do where columns are combinations of others, so that the data don't determine the
        coefficients: warn, and give those for which the later columns are left out; raise an
        error; or give those of least 2-norm, the intercept not counted.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
    intercept_ : float
    n_iter_ : int
    trace_ : Trace
    certificate_ : Certificate
    result_ : Result
    column_rank_ : ColumnRank or None
        Where columns are combinations of others: which ones.
    parameters_, bse_, tvalues_, pvalues_ : ndarray of shape (p,)
        With `covariance_`, `conf_int()`, `summary()` and more: statistics of the coefficients, the
        intercept first, computed when they are asked for; see `Inference`.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Where the columns had names.

    Examples
    --------
    >>> from extremum.regression import LinearRegression
    >>> model = LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> print(model.coef_.round(12), round(model.intercept_, 12))
    [2.] 1.0
    """

    def predict(self, X: Any) -> Vector:
        """The fitted line at rows X: of shape (n,)."""
        return np.asarray(self._checked(X) @ self.coef_ + self.intercept_)

    def _best(self, risk: MeanLoss) -> Method:
        return LeastSquares() if risk.size <= MOST_DENSE else super()._best(risk)

    def _loss(self) -> HalfSquared:
        return HalfSquared()
