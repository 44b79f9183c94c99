"""What the regressions share: checking the data, running the core, reporting in own units."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from extremum.certify import Certificate
from extremum.methods import (
    LBFGS,
    Armijo,
    ExactStep,
    GradientDescent,
    Method,
    Newton,
    StepRule,
)
from extremum.objective import Vector
from extremum.outcomes import (
    InvalidInput,
    RankDeficient,
    RankWarning,
    SeparationWarning,
    UnknownOption,
)
from extremum.regression.design import ArrayRows, Block, Matrix, RowBlocks
from extremum.regression.inference import Inference
from extremum.regression.judgement import Judgement, judge
from extremum.regression.losses import Loss
from extremum.regression.rank import ColumnRank
from extremum.regression.risk import MeanLoss
from extremum.regression.sampled_newton import SampledNewton
from extremum.regression.stopping import ScaledGradient
from extremum.regression.threads import own_threads
from extremum.regression.units import Units
from extremum.solve import Result, Trace, minimize
from extremum.solve.stops import MAXITER

T = TypeVar("T")

SOLVERS: dict[str, Callable[[Any], Method]] = {
    "newton": lambda step: Newton(step),
    "gradient-descent": lambda step: GradientDescent(Armijo() if step is None else step),
    "lbfgs": lambda step: LBFGS(step=step),
}
"""The solvers that a user names; each is told the step."""

STEPS: dict[str, Callable[[], StepRule]] = {"exact": ExactStep, "armijo": Armijo}
"""The steps by name."""

COLLINEAR = ("warn", "raise", "minimum-norm")
"""What may be done where columns are combinations of others."""

MOST_DENSE = 5000
"""Up to so many parameters a Hessian is worth its n² numbers (200 MB)."""

MAX_ITER = MAXITER
"""The default limit of iterations: that of the core."""


class Regression(Inference, BaseEstimator):  # type: ignore[misc]
    """The common part of the estimators.

    Attributes
    ----------
    result_ : Result
        The run, in the coordinates of `_risk`.
    trace_ : Trace
    certificate_ : Certificate
    n_iter_ : int
    column_rank_ : ColumnRank or None
        Where columns are combinations of others: which ones.
    existence_ : Existence or None
        Where no maximum-likelihood estimate exists: along which direction it recedes.
    _risk : MeanLoss
        The mean loss over the rows that it was fitted to, kept by reference; it is left out when
        the estimator is pickled.
    """

    def __init__(
        self,
        *,
        solver: str = "auto",
        step: float | str | StepRule | None = None,
        fit_intercept: bool = True,
        l2: float = 0.0,
        standardize: bool = False,
        stop: Any = None,
        max_iter: int = MAX_ITER,
        warm_start: bool = False,
        callback: Any = None,
        collinear: str = "warn",
    ) -> None:
        self.solver = solver
        self.step = step
        self.fit_intercept = fit_intercept
        self.l2 = l2
        self.standardize = standardize
        self.stop = stop
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.callback = callback
        self.collinear = collinear

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit to a table in memory.

        Parameters
        ----------
        X : array_like, sparse matrix or frame of shape (n, d)
        y : array_like of shape (n,)
        sample_weight : array_like of shape (n,), optional
            A weight of k means the same as k repetitions of the row.

        Returns
        -------
        self
        """
        self._check_parameters()
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            y_numeric=self._numeric_target,
            ensure_all_finite=False,  # found out by the first sums
        )
        weight = None
        if sample_weight is not None:
            weight = _check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
            X, y, weight = _counted(X, y, weight)
        with own_threads():
            rows = ArrayRows(X, self._targets(y), weight)
            units = Units.of(rows, bool(self.fit_intercept))
            if not units.are_finite:
                assert_all_finite(X, input_name="X", estimator_name=type(self).__name__)
            return self._fit(rows, units)

    def fit_batches(self, source: RowBlocks) -> Self:
        """Fit to a table that is read block by block, and never as a whole.

        Parameters
        ----------
        source : RowBlocks
            Read several times. Where it has `feature_names`, they become `feature_names_in_`.

        Returns
        -------
        self
        """
        self._check_parameters()
        self.n_features_in_ = source.n_features
        names = getattr(source, "feature_names", None)
        if names is not None:
            self.feature_names_in_ = np.asarray(names, dtype=object)
        with own_threads():
            rows = self._encoded(source)
            return self._fit(rows, Units.of(rows, bool(self.fit_intercept)))

    _numeric_target: ClassVar[bool] = True
    """Whether the target is a number, not a label."""

    def _targets(self, y: NDArray[Any]) -> Vector:
        """The target as the loss wants it."""
        return np.asarray(y, dtype=np.float64)

    def _encoded(self, source: RowBlocks) -> RowBlocks:
        """A source whose targets are as the loss wants them."""
        return Encoded(source, self._targets)

    def _loss(self) -> Loss:
        """The loss of a row."""
        raise NotImplementedError

    def _fit(self, rows: RowBlocks, units: Units) -> Self:
        if not units.are_finite:
            raise InvalidInput(
                "A column has a value that is missing, infinite, or so large that its square is: "
                "leave such rows out, or scale the column."
            )
        risk = MeanLoss(rows, self._loss(), units, float(self.l2), bool(self.standardize))
        names = getattr(self, "feature_names_in_", None)
        classes = getattr(self, "classes_", None)
        judgement = judge(
            risk,
            self._solve(risk),
            names=None if names is None else names.tolist(),
            classes=None if classes is None else classes.tolist(),
        )
        result = judgement.result
        if judgement.existence is not None:
            result = self._separated(risk, judgement)
        elif not result.success:
            warnings.warn(result.message, ConvergenceWarning, stacklevel=3)
        self.__dict__.pop("_computed", None)
        self._risk, self.result_ = risk, result
        self.trace_: Trace = result.trace
        self.certificate_: Certificate = result.certificate
        self.n_iter_: int = result.nit
        self.column_rank_, self.existence_ = judgement.rank, judgement.existence
        self._report(*self._determined(judgement.rank, *risk.unflatten(np.asarray(result.x))))
        return self

    def _separated(self, risk: MeanLoss, judgement: Judgement) -> Result:
        """What to report where no estimate exists."""
        assert judgement.existence is not None
        warnings.warn(judgement.existence.message, SeparationWarning, stacklevel=4)
        return judgement.result

    def _determined(
        self, rank: ColumnRank | None, coef: Vector, intercept: Vector
    ) -> tuple[Vector, Vector]:
        """One of the many sets of coefficients that columns of deficient rank allow."""
        if rank is None:
            return coef, intercept
        if self.collinear == "raise":
            raise RankDeficient(rank.message)
        if self.collinear == "minimum-norm":
            moved, constant = rank.minimum_norm(coef.T, intercept)
        else:
            warnings.warn(rank.message, RankWarning, stacklevel=4)
            moved, constant = rank.basic(coef.T, intercept)
        return moved.T, constant

    def _solve(self, risk: MeanLoss) -> Result:
        """Run the core."""
        return minimize(
            risk,
            self._start(risk),
            method=self._method(risk),
            stop=ScaledGradient(risk) if self.stop is None else self.stop,
            maxiter=self.max_iter,
            callback=self.callback,
        )

    def _method(self, risk: MeanLoss) -> Method:
        """The method that the parameters name."""
        if self.solver == "auto":
            return self._best(risk)
        step = STEPS[self.step]() if isinstance(self.step, str) else self.step
        return SOLVERS[self.solver](step)

    def _best(self, risk: MeanLoss) -> Method:
        """What ``solver="auto"`` is."""
        return SampledNewton() if risk.size <= MOST_DENSE else LBFGS()

    def _start(self, risk: MeanLoss) -> Vector:
        """That of the loss, or the last fit's parameters."""
        if self.warm_start and hasattr(self, "coef_"):
            last, offset = self._margin_parameters()
            if last.shape == (risk.rows.n_features, risk.loss.outputs):
                return risk.flatten(last, offset)
        intercept = risk.loss.start(risk.units.target_mean) if self.fit_intercept else 0.0
        outputs = risk.loss.outputs
        return risk.flatten(np.zeros((risk.rows.n_features, outputs)), np.full(outputs, intercept))

    def _report(self, coef: Vector, intercept: Vector) -> None:
        """Set `coef_` and `intercept_` from arrays of shapes (features, outputs) and (outputs,)."""
        self.coef_: Vector = coef[:, 0]
        self.intercept_: Any = float(intercept[0])

    def _margin_parameters(self) -> tuple[Vector, Vector]:
        """The inverse of `_report`."""
        return self.coef_[:, None], np.array([self.intercept_])

    def _check_parameters(self) -> None:
        if self.solver not in ("auto", *SOLVERS):
            names = ", ".join(map(repr, ("auto", *SOLVERS)))
            raise UnknownOption(f"solver={self.solver!r} is unknown; there are {names}.")
        if isinstance(self.step, str) and self.step not in STEPS:
            names = " and ".join(map(repr, STEPS))
            raise UnknownOption(
                f"step={self.step!r} is unknown; there are {names}, or a number for a fixed step."
            )
        if self.step is not None and self.solver == "auto":
            raise InvalidInput(
                "step= says how far to go along a direction, and solver='auto' chooses its own: "
                "name a solver too, for instance solver='gradient-descent'."
            )
        if self.collinear not in COLLINEAR:
            names = ", ".join(map(repr, COLLINEAR))
            raise UnknownOption(f"collinear={self.collinear!r} is unknown; there are {names}.")
        if not (np.isreal(self.l2) and 0 <= self.l2 < np.inf):
            raise InvalidInput(f"l2={self.l2!r}: a number that is not negative is needed.")

    def _checked(self, X: Any) -> Matrix:
        """Rows to predict for."""
        check_is_fitted(self)
        return validate_data(
            self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False
        )

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        state.pop("_risk", None)
        return state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class Encoded(RowBlocks):
    """A source whose targets are turned into what the loss wants, block by block.

    Parameters
    ----------
    source : RowBlocks
    encode : callable
        From the targets of a block to numbers.
    """

    def __init__(self, source: RowBlocks, encode: Callable[[NDArray[Any]], Vector]) -> None:
        self.source, self.encode = source, encode
        self.n_rows, self.n_features = source.n_rows, source.n_features

    def __iter__(self) -> Iterator[Block]:
        return map(self._encoded, self.source)

    def reduce(
        self, task: Callable[[Block], T], combine: Callable[[T, T], T], least_rows: int = 1
    ) -> T:
        """What the task makes of each block, combined."""
        return self.source.reduce(lambda block: task(self._encoded(block)), combine, least_rows)

    def sample(self, size: int) -> ArrayRows:
        """About `size` rows."""
        rows = self.source.sample(size)
        return ArrayRows(rows.X, self.encode(rows.y), rows.weight)

    def _encoded(self, block: Block) -> Block:
        return block._replace(y=self.encode(block.y))


def _counted(X: Matrix, y: NDArray[Any], weight: Vector) -> tuple[Matrix, NDArray[Any], Vector]:
    """The rows whose weight is not zero: the others are as if they were not there."""
    kept = weight > 0
    if kept.all():
        return X, y, weight
    if not kept.any():
        raise InvalidInput("All sample weights are zero, so no row is left to fit to.")
    return X[kept], y[kept], weight[kept]
