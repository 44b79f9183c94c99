"""Statistics of a fit, computed when they are asked for."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from scipy.stats import chi2
from sklearn.utils.validation import check_is_fitted

from extremum.objective import Objective, Vector
from extremum.outcomes import InvalidInput, NoStatistics, UnknownOption
from extremum.regression.firth import PenalizedLoss
from extremum.regression.losses import HalfSquared
from extremum.regression.profile import profile_bound
from extremum.regression.risk import MeanLoss
from extremum.regression.statistics import (
    Standardized,
    Statistics,
    by_factorization,
    by_information,
    refined,
)
from extremum.regression.summary import summary_of
from extremum.solve.sheet import Sheet


class Inference:
    """Statistics of an estimator's coefficients, the intercept first where there is one.

    A weight of k counts as k rows. For linear regression they are those of independent errors of
    equal variance; else those of maximum likelihood at the Fisher information. They are refused,
    with the reason, where they aren't valid: with a penalty, for columns that are combinations of
    others, where no estimate exists, and for a fit that did not converge.

    Attributes
    ----------
    parameter_names_ : list of str
        ``"intercept"`` and the columns.
    parameters_ : ndarray of shape (p,), or (n_classes - 1, p) of more than two classes
        In the latter case those of each class against the first one.
    covariance_ : ndarray of shape (p, p), or ((n_classes - 1) p, (n_classes - 1) p)
    bse_ : ndarray in the shape of `parameters_`
        Standard errors.
    tvalues_, zvalues_ : ndarray in the shape of `parameters_`
        Parameters in standard errors: t of linear regression, z of the others.
    pvalues_ : ndarray in the shape of `parameters_`
        Both tails.
    log_likelihood_, null_log_likelihood_ : float
        Of the fit, and of a constant alone.
    deviance_, null_deviance_ : float
        Of linear regression the residual and the total sum of squares.
    aic_, bic_ : float
        Akaike's and Schwarz's criterion; as for statsmodels an error variance isn't counted.
    rsquared_, rsquared_adj_ : float
        Of linear regression; without an intercept about zero.
    mcfadden_ : float
        1 - log-likelihood / null log-likelihood, of the others.
    """

    _risk: MeanLoss
    result_: Any

    @property
    def parameter_names_(self) -> list[str]:
        """Names of the parameters."""
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", None)
        d: int = self.n_features_in_  # type: ignore[attr-defined]
        columns = [f"x{j}" for j in range(d)] if names is None else [str(name) for name in names]
        return ["intercept", *columns] if self.fit_intercept else columns  # type: ignore[attr-defined]

    @property
    def parameters_(self) -> Vector:
        """The estimates."""
        return self._shaped(self._statistics().estimates)

    @property
    def covariance_(self) -> Vector:
        """The covariance of the parameters."""
        return self._statistics().covariance

    @property
    def bse_(self) -> Vector:
        """Standard errors."""
        return self._shaped(self._statistics().errors)

    @property
    def tvalues_(self) -> Vector:
        """Parameters in standard errors, of linear regression."""
        if self._statistics().residual_df is None:
            raise NoStatistics("maximum likelihood has z-values: ask for zvalues_.")
        return self._shaped(self._statistics().ratios)

    @property
    def zvalues_(self) -> Vector:
        """Parameters in standard errors, of maximum likelihood."""
        if self._statistics().residual_df is not None:
            raise NoStatistics("linear regression has t-values: ask for tvalues_.")
        return self._shaped(self._statistics().ratios)

    @property
    def pvalues_(self) -> Vector:
        """Both tails' probabilities."""
        return self._shaped(self._statistics().pvalues)

    @property
    def log_likelihood_(self) -> float:
        """The logarithm of the likelihood."""
        return self._statistics().log_likelihood

    @property
    def null_log_likelihood_(self) -> float:
        """That of a constant alone."""
        return self._statistics().null_log_likelihood

    @property
    def deviance_(self) -> float:
        """Twice what the log-likelihood lacks of that of a perfect fit."""
        return self._statistics().deviance

    @property
    def null_deviance_(self) -> float:
        """That of a constant alone."""
        return self._statistics().null_deviance

    @property
    def aic_(self) -> float:
        """Akaike's criterion."""
        found = self._statistics()
        return 2 * (found.estimates.size - found.log_likelihood)

    @property
    def bic_(self) -> float:
        """Schwarz's criterion."""
        found = self._statistics()
        return float(np.log(found.nobs)) * found.estimates.size - 2 * found.log_likelihood

    @property
    def rsquared_(self) -> float:
        """The part of the target's variance that is explained."""
        found = self._statistics()
        if found.residual_df is None:
            raise NoStatistics("R² is that of linear regression: ask for mcfadden_.")
        return 1 - found.deviance / found.null_deviance

    @property
    def rsquared_adj_(self) -> float:
        """R² adjusted for the degrees of freedom."""
        found, unexplained = self._statistics(), 1 - self.rsquared_
        assert found.residual_df is not None
        null_df = found.nobs - self._risk_or_refuse().fit_intercept
        return 1 - unexplained * null_df / found.residual_df

    @property
    def mcfadden_(self) -> float:
        """McFadden's pseudo-R²."""
        found = self._statistics()
        if found.residual_df is not None:
            raise NoStatistics("McFadden's R² is that of maximum likelihood: ask for rsquared_.")
        return 1 - found.log_likelihood / found.null_log_likelihood

    def conf_int(
        self, alpha: float = 0.05, *, method: Literal["wald", "profile"] = "wald"
    ) -> Vector:
        """Confidence intervals of level 1 - alpha.

        Parameters
        ----------
        alpha : float
        method : {"wald", "profile"}
            Estimates and their standard errors; or the range of values that the likelihood, all
            other parameters at their best, does not reject. With Firth's penalty that of the
            penalized likelihood.

        Returns
        -------
        ndarray of shape (p, 2), or (n_classes - 1, p, 2) of more than two classes

        Raises
        ------
        NoStatistics
            If they would not be valid.
        """
        if not 0 < alpha < 1:
            raise InvalidInput(f"alpha={alpha!r}: a number between 0 and 1 is needed.")
        if method not in ("wald", "profile"):
            raise UnknownOption(f"method={method!r} is unknown; there are 'wald' and 'profile'.")
        found = self._statistics()
        bounds = found.wald(alpha) if method == "wald" else self._profile(found, alpha)
        return bounds[0] if len(bounds) == 1 else bounds

    def summary(self, alpha: float = 0.05) -> Sheet:
        """A table of the coefficients and their statistics, for a terminal or a notebook."""
        reason = self._why_not()
        return summary_of(self, None if reason else self._statistics(), reason, alpha)

    def _profile(self, found: Statistics, alpha: float) -> Vector:
        quantile = float(chi2.isf(alpha, 1))
        if found.residual_df is not None:
            # n log(RSS(b)/RSS) = χ², and RSS(b) = RSS + (b - b̂)²/c: in closed form.
            growth = np.expm1(quantile / found.nobs)
            reach = found.errors * np.sqrt(growth * found.residual_df)
            return np.stack([found.estimates - reach, found.estimates + reach], axis=-1)
        at = Standardized.of(self._risk_or_refuse(), np.asarray(self.result_.x))
        objective = self._minimized(at)
        theta, rise = refined(objective, at.theta), quantile / (2 * at.risk.total_weight)
        bounds = [
            [profile_bound(objective, theta, functional, rise, side) for side in (-1.0, 1.0)]
            for functional in at.functionals
        ]
        return np.array(bounds).reshape(*found.estimates.shape, 2)

    def _statistics(self) -> Statistics:
        """All of them, computed once."""
        check_is_fitted(self)
        known: Statistics | None = self.__dict__.get("_computed")
        if known is None:
            reason = self._why_not()
            if reason is not None:
                raise NoStatistics(reason)
            risk, theta = self._risk_or_refuse(), np.asarray(self.result_.x)
            if isinstance(risk.loss, HalfSquared):
                known = by_factorization(risk, theta)
            else:
                at = Standardized.of(risk, theta)
                known = by_information(at, self._minimized(at))
            self._computed = known
        return known

    def _minimized(self, at: Standardized) -> Objective:
        """What the estimate minimizes."""
        return PenalizedLoss(at.risk) if self._is_firth() else at.risk

    def _why_not(self) -> str | None:
        """Why statistics would not be valid."""
        check_is_fitted(self)
        if not hasattr(self, "result_"):
            raise NoStatistics(
                "Statistics need the data, which a model file does not hold: fit again."
            )
        rank, existence = self.column_rank_, self.existence_  # type: ignore[attr-defined]
        if self.l2 > 0:  # type: ignore[attr-defined]
            return (
                "There are no valid standard errors with a penalty, which pulls the coefficients "
                "toward zero: fit with l2=0."
            )
        if rank is not None:
            return f"There are no standard errors. {rank.message}"
        if not self.result_.success:
            reason = self.result_.message if existence is None else existence.message
            return f"There are no standard errors. {reason}"
        return None

    def _risk_or_refuse(self) -> MeanLoss:
        risk: MeanLoss | None = self.__dict__.get("_risk")
        if risk is None:
            raise NoStatistics(
                "Statistics need the data, which were left out when the estimator was pickled: "
                "ask for them beforehand, or fit again."
            )
        return risk

    def _is_firth(self) -> bool:
        return self.existence_ is not None  # type: ignore[attr-defined]

    def _shaped(self, table: Vector) -> Vector:
        return table[0] if len(table) == 1 else table
