"""Poisson regression, for counts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from extremum.objective import Vector
from extremum.outcomes import InvalidInput
from extremum.regression.estimator import Regression
from extremum.regression.losses import PoissonLoss


class PoissonRegression(RegressorMixin, Regression):  # type: ignore[misc]
    """Counts with the mean exp(x·w + b): minimizes half the mean deviance + ½ l2 ‖w‖².

    Parameters
    ----------
    solver : {"auto", "newton", "gradient-descent", "lbfgs"}
        ``"auto"``: the fastest.
    step : float, {"exact", "armijo"} or StepRule, optional
        How far to go along a direction: always the same multiple of it; to the minimum along the
        ray by Newton's iteration in one dimension; or by backtracking. Not with ``"auto"``.
    fit_intercept : bool
    l2 : float
        **0 by default: nothing is penalized**, and the estimate is that of maximum likelihood.
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
    existence_ : Existence or None
        Where no maximum-likelihood estimate exists: along which direction it recedes.
    parameters_, bse_, zvalues_, pvalues_ : ndarray of shape (p,)
        With `covariance_`, `conf_int()`, `summary()` and more: statistics of the coefficients, the
        intercept first, computed when they are asked for; see `Inference`.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Where the columns had names.

    Examples
    --------
    >>> from extremum.regression import PoissonRegression
    >>> model = PoissonRegression().fit([[0.0], [1.0], [2.0]], [1, 2, 4])
    >>> print(model.predict([[3.0]]).round(6))
    [8.]
    """

    def predict(self, X: Any) -> Vector:
        """The mean of the count at rows X: of shape (n,)."""
        return np.asarray(np.exp(self._checked(X) @ self.coef_ + self.intercept_))

    def _loss(self) -> PoissonLoss:
        return PoissonLoss()

    def _targets(self, y: NDArray[Any]) -> Vector:
        counts = super()._targets(y)
        if (counts < 0).any():
            row = int(np.argmax(counts < 0))
            raise InvalidInput(
                f"The target of a Poisson regression is a count, and that of row {row} is "
                f"{counts[row]:g}. Is it the right column?"
            )
        return counts

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = False
        tags.target_tags.positive_only = True
        return tags
