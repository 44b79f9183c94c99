"""Standard errors and likelihoods of a fit, as numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.linalg import solve_triangular
from scipy.stats import norm, t

from extremum.linalg import EPS, DenseSymmetric
from extremum.objective import Counts, Objective, Vector
from extremum.outcomes import InvalidInput
from extremum.regression.design import Block
from extremum.regression.least_squares import corrected, triangular_factor
from extremum.regression.losses import PoissonLoss, Softmax
from extremum.regression.mapped import MappedRows
from extremum.regression.risk import MeanLoss
from extremum.regression.units import Units

ROUNDING = 1e4 * EPS
"""A mean loss may be wrong by so much, relatively: a step that raises it by less is no worse."""


@dataclass(frozen=True, eq=False)
class Statistics:
    """What is known of the estimates: parameters by outputs, the intercept first.

    A weight of k counts as k rows.

    Attributes
    ----------
    estimates : ndarray of shape (outputs, p)
        Of several classes those of each against the first one: differences of the margins.
    covariance : ndarray of shape (outputs p, outputs p)
    nobs : float
        Σ w.
    residual_df : float or None
        Of least squares: `nobs` less the parameters.
    log_likelihood, null_log_likelihood : float
        Of the fit, and of a constant alone.
    deviance, null_deviance : float
        For least squares the sums of squares; without an intercept the null model is zero.
    """

    estimates: Vector
    covariance: Vector
    nobs: float
    residual_df: float | None
    log_likelihood: float
    null_log_likelihood: float
    deviance: float
    null_deviance: float

    @cached_property
    def errors(self) -> Vector:
        """Standard errors, of shape (outputs, p)."""
        return np.sqrt(self.covariance.diagonal()).reshape(self.estimates.shape)

    @property
    def ratios(self) -> Vector:
        """The estimates in standard errors."""
        return self.estimates / self.errors

    @property
    def pvalues(self) -> Vector:
        """How probable so large a ratio is where the parameter is zero; both tails."""
        ratios = np.abs(self.ratios)
        tail = norm.sf(ratios) if self.residual_df is None else t.sf(ratios, self.residual_df)
        return np.asarray(2 * tail)

    def wald(self, alpha: float) -> Vector:
        """Confidence intervals, of shape (outputs, p, 2)."""
        if self.residual_df is None:
            quantile = norm.isf(alpha / 2)
        else:
            quantile = t.isf(alpha / 2, self.residual_df)
        reach = self.errors * quantile
        return np.stack([self.estimates - reach, self.estimates + reach], axis=-1)


@dataclass(frozen=True, eq=False)
class Likelihoods:
    """The likelihoods of a fit and of a constant alone; see `Statistics`."""

    log_likelihood: float
    null_log_likelihood: float
    deviance: float
    null_deviance: float


@dataclass(frozen=True, eq=False)
class Standardized:
    """The likelihood alone, over a table whose columns are centred and scaled beforehand.

    So sums over its rows lose no digits to columns that are far from zero.

    Attributes
    ----------
    risk : MeanLoss
    theta : ndarray of shape (n,)
        The estimate.
    functionals : ndarray of shape (outputs p, n)
        The map from θ to the parameters as they are reported, the intercept first; of several
        classes those of each against the first one.
    """

    risk: MeanLoss
    theta: Vector
    functionals: Vector

    @classmethod
    def of(cls, risk: MeanLoss, theta: Vector) -> Standardized:
        """The same estimate, whatever its coordinates were."""
        units = risk.units
        there = replace(risk, l2=0.0, standardize=True, counts=Counts())
        zeros, ones = np.zeros_like(units.centre), np.ones_like(units.scale)
        plain_units = replace(units.of_others(), centre=zeros, scale=ones)
        rows = MappedRows(risk.rows, lambda block: _centred(units, block))
        plain = replace(there, rows=rows, units=plain_units, standardize=False)
        return cls(plain, there.flatten(*risk.unflatten(theta)), parameters_of(there))


def _centred(units: Units, block: Block) -> Block:
    X = block.X.toarray() if hasattr(block.X, "toarray") else block.X
    return block._replace(X=(X - units.centre) / units.scale)


def parameters_of(risk: MeanLoss) -> Vector:
    """The map from θ to the parameters as they are reported; see `Standardized`."""
    columns = []
    for unit in np.eye(risk.size):
        coef, intercept = risk.unflatten(unit)
        table = np.vstack([intercept, coef]) if risk.fit_intercept else coef
        if isinstance(risk.loss, Softmax):
            table = table @ risk.loss.contrasts
            table = table[:, 1:] - table[:, :1]
        columns.append(table.T.ravel())
    return np.array(columns).T


def likelihoods(risk: MeanLoss, theta: Vector) -> Likelihoods:
    """The likelihood at θ, of classes or counts, without a penalty, and of a constant alone."""
    n = risk.total_weight
    loss = n * risk.value(theta)
    if isinstance(risk.loss, PoissonLoss):
        (saturated,) = risk.rows.total(_saturated)
        (null,) = risk.rows.total(lambda block: _constant_counts(risk.units.target_mean, block))
        return Likelihoods(saturated - loss, saturated - null, 2 * loss, 2 * null)
    classes = risk.loss.classes if isinstance(risk.loss, Softmax) else 2
    (counts,) = risk.rows.total(lambda block: _class_weights(classes, block))
    null = -float(counts[counts > 0] @ np.log(counts[counts > 0] / n))
    return Likelihoods(-loss, -null, 2 * loss, 2 * null)


def refined(objective: Objective, theta: Vector) -> Vector:
    """A Newton step from where a fit stopped: statistics want more digits than a tolerance asks."""
    _, gradient, hessian = objective.value_gradient_hessian(theta)
    factored = DenseSymmetric(hessian.toarray()).cholesky()
    if factored is None:
        return theta
    moved = theta - factored.solve(gradient)
    value, now = objective.value(theta), objective.value(moved)
    return moved if now <= value + ROUNDING * max(1.0, abs(value)) else theta


def by_information(at: Standardized, objective: Objective) -> Statistics:
    """Statistics of classes or counts, by the information.

    Parameters
    ----------
    at : Standardized
    objective : Objective
        What the estimate minimizes: the loss, or the loss with Firth's penalty.
    """
    risk, theta = at.risk, refined(objective, at.theta)
    information = risk.hessian(theta).toarray() * risk.total_weight
    units = 1 / np.sqrt(information.diagonal())
    factored = DenseSymmetric(information).scaled(units).cholesky()
    if factored is None:
        raise InvalidInput(
            "the information is singular to working precision, so there are no standard errors: "
            "look for columns that are nearly combinations of others."
        )
    scaled = at.functionals * units
    covariance = scaled @ factored.solve(scaled.T)
    return Statistics(
        estimates=(at.functionals @ theta).reshape(risk.loss.outputs, -1),
        covariance=(covariance + covariance.T) / 2,
        nobs=risk.total_weight,
        residual_df=None,
        **vars(likelihoods(risk, theta)),
    )


def by_factorization(risk: MeanLoss, theta: Vector) -> Statistics:
    """Statistics of least squares, by a QR factorization of the standardized table.

    Parameters
    ----------
    risk : MeanLoss
        Without a penalty.
    theta : ndarray of shape (n,)
        The estimate.
    """
    n, size = risk.total_weight, risk.size
    residual_df = n - size
    if not residual_df > 0:
        raise InvalidInput(
            f"{n:g} rows leave no degrees of freedom for the errors of {size} parameters: "
            "standard errors need more rows than parameters."
        )
    factor = triangular_factor(risk)
    squares = float(np.square(factor[size:, size]).sum())
    total = n * risk.units.target_scale**2
    functionals = parameters_of(replace(risk, standardize=True))
    half = solve_triangular(factor[:size, :size], functionals.T, trans="T")
    estimates = parameters_of(risk) @ corrected(risk, theta, factor)
    return Statistics(
        estimates=estimates.reshape(1, -1),
        covariance=half.T @ half * (squares / residual_df),
        nobs=n,
        residual_df=residual_df,
        log_likelihood=_of_squares(squares, n),
        null_log_likelihood=_of_squares(total, n),
        deviance=squares,
        null_deviance=total,
    )


def _of_squares(squares: float, n: float) -> float:
    """The normal log-likelihood, its variance at its own maximum: -n/2 (log 2π RSS/n + 1)."""
    if squares == 0:
        return float("inf")
    return -n / 2 * (float(np.log(2 * np.pi * squares / n)) + 1)


def _saturated(block: Block) -> tuple[float]:
    terms = PoissonLoss.saturated(block.y)
    return (float(terms.sum() if block.weight is None else terms @ block.weight),)


def _constant_counts(mean: float, block: Block) -> tuple[float]:
    terms = PoissonLoss().value(np.full(len(block.y), np.log(mean)), block.y)
    return (float(terms.sum() if block.weight is None else terms @ block.weight),)


def _class_weights(classes: int, block: Block) -> tuple[Vector]:
    return (np.bincount(block.y.astype(np.intp), block.weight, minlength=classes).astype(float),)
