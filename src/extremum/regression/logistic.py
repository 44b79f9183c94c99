"""Logistic regression, for two classes and for several."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import check_classification_targets

from extremum.methods import Newton
from extremum.objective import Vector
from extremum.outcomes import (
    InvalidInput,
    RankDeficient,
    Separated,
    SeparationWarning,
    UnknownOption,
)
from extremum.regression.design import RowBlocks
from extremum.regression.estimator import MAX_ITER, Encoded, Regression
from extremum.regression.firth import PenalizedLoss
from extremum.regression.judgement import Judgement
from extremum.regression.losses import LogLoss, Loss, Softmax
from extremum.regression.risk import MeanLoss
from extremum.regression.stopping import ScaledGradient
from extremum.solve import Result, minimize

SEPARATIONS = ("warn", "raise", "firth")
"""What may be done where the classes can be separated, so that no estimate exists."""


ADVICE = (
    "Add rows, leave out those columns, add a penalty (l2), or use Firth's penalized likelihood "
    "(separation='firth')."
)
"""What helps against separation."""


class LogisticRegression(ClassifierMixin, Regression):  # type: ignore[misc]
    """Class probabilities by logistic regression: minimizes the mean log loss + ½ l2 ‖w‖².

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
        (scikit-learn's estimator penalizes by default: its ``C`` is 1/(n·l2).)
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
    separation : {"warn", "raise", "firth"}
        What to do where the classes can be separated, so that no estimate exists: warn, and leave
        the fit where it stopped; raise an error; or fit Firth's penalized likelihood.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    coef_ : ndarray of shape (1, n_features), or (n_classes, n_features) of several classes
        Of several classes the rows sum to zero.
    intercept_ : ndarray of shape (1,) or (n_classes,)
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
    >>> from extremum.regression import LogisticRegression
    >>> model = LogisticRegression().fit([[0.0], [1.0], [1.0], [2.0]], ["no", "no", "yes", "no"])
    >>> print(model.predict_proba([[1.0]]).round(4))
    [[0.75 0.25]]
    """

    def __init__(
        self,
        *,
        solver: str = "auto",
        step: Any = None,
        fit_intercept: bool = True,
        l2: float = 0.0,
        standardize: bool = False,
        stop: Any = None,
        max_iter: int = MAX_ITER,
        warm_start: bool = False,
        callback: Any = None,
        collinear: str = "warn",
        separation: str = "warn",
    ) -> None:
        super().__init__(
            solver=solver,
            step=step,
            fit_intercept=fit_intercept,
            l2=l2,
            standardize=standardize,
            stop=stop,
            max_iter=max_iter,
            warm_start=warm_start,
            callback=callback,
            collinear=collinear,
        )
        self.separation = separation

    def decision_function(self, X: Any) -> Vector:
        """The margins: of shape (n,) for two classes, (n, n_classes) for several."""
        margins = np.asarray(self._checked(X) @ self.coef_.T + self.intercept_)
        return np.asarray(margins[:, 0]) if len(self.classes_) == 2 else margins

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class of each row."""
        margins = self.decision_function(X)
        chosen = (margins > 0).astype(int) if margins.ndim == 1 else margins.argmax(axis=1)
        return np.asarray(self.classes_[chosen])

    def predict_proba(self, X: Any) -> Vector:
        """The probabilities of the classes: of shape (n, n_classes)."""
        margins = self.decision_function(X)
        if margins.ndim == 1:
            return np.column_stack([LogLoss().mean(-margins), LogLoss().mean(margins)])
        loss = Softmax(len(self.classes_))
        return loss.mean(margins @ loss.contrasts.T)

    def predict_log_proba(self, X: Any) -> Vector:
        """The logarithms of the probabilities, without underflow."""
        margins = self.decision_function(X)
        if margins.ndim == 1:
            return -np.column_stack([np.logaddexp(0, margins), np.logaddexp(0, -margins)])
        return margins - np.logaddexp.reduce(margins, axis=1, keepdims=True)

    _numeric_target = False

    def _targets(self, y: NDArray[Any]) -> Vector:
        pair = _two_numbers(y)
        if pair is not None:
            self.classes_ = pair
            return np.asarray(y == pair[1], dtype=np.float64)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        self._check_classes()
        return codes.astype(np.float64)

    def _encoded(self, source: RowBlocks) -> RowBlocks:
        found: set[Any] = set()
        for block in source:
            found.update(np.unique(block.y).tolist())
        self.classes_ = np.array(sorted(found))
        self._check_classes()
        classes = self.classes_
        return Encoded(source, lambda y: np.searchsorted(classes, y).astype(np.float64))

    def _check_classes(self) -> None:
        if len(self.classes_) < 2:
            raise InvalidInput(
                f"The target has only one class, {self.classes_[0]!r}: "
                "there is nothing to tell apart."
            )

    def _loss(self) -> Loss:
        return LogLoss() if len(self.classes_) == 2 else Softmax(len(self.classes_))

    def _report(self, coef: Vector, intercept: Vector) -> None:
        if len(self.classes_) == 2:
            self.coef_, self.intercept_ = coef.T, intercept
        else:
            contrasts = Softmax(len(self.classes_)).contrasts
            self.coef_, self.intercept_ = (coef @ contrasts).T, intercept @ contrasts

    def _margin_parameters(self) -> tuple[Vector, Vector]:
        if len(self.classes_) == 2:
            return self.coef_.T, self.intercept_
        contrasts = Softmax(len(self.classes_)).contrasts
        return self.coef_.T @ contrasts.T, self.intercept_ @ contrasts.T

    def _separated(self, risk: MeanLoss, judgement: Judgement) -> Result:
        assert judgement.existence is not None
        message = f"{judgement.existence.message} {ADVICE}"
        if self.separation == "raise":
            raise Separated(message)
        if self.separation == "warn":
            warnings.warn(message, SeparationWarning, stacklevel=4)
            return judgement.result
        if judgement.rank is not None:
            raise RankDeficient(
                f"Firth's penalized likelihood needs independent columns. {judgement.rank.message}"
            )
        result = minimize(
            PenalizedLoss(risk),
            np.zeros(risk.size),
            method=Newton(),
            stop=ScaledGradient(risk) if self.stop is None else self.stop,
            maxiter=self.max_iter,
            callback=self.callback,
        )
        if not result.success:
            warnings.warn(result.message, ConvergenceWarning, stacklevel=4)
        return result

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.separation not in SEPARATIONS:
            names = ", ".join(map(repr, SEPARATIONS))
            raise UnknownOption(f"separation={self.separation!r} is unknown; there are {names}.")


def _two_numbers(y: NDArray[Any]) -> NDArray[Any] | None:
    """The classes where they are two whole numbers, found without sorting."""
    if y.dtype.kind not in "biuf":
        return None
    low, high = y.min(), y.max()
    whole = float(low).is_integer() and float(high).is_integer()
    if low == high or not whole or not ((y == low) | (y == high)).all():
        return None
    return np.array([low, high], dtype=y.dtype)
