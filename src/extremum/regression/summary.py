"""The table of a fit's coefficients and their statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from extremum.outcomes import Verdict
from extremum.regression.statistics import Statistics
from extremum.solve.sheet import Sheet


def summary_of(model: Any, found: Statistics | None, reason: str | None, alpha: float) -> Sheet:
    """The table.

    Parameters
    ----------
    model : estimator
    found : Statistics or None
        None where they would not be valid.
    reason : str or None
        Why they would not be.
    alpha : float
        1 less the level of the intervals.
    """
    verdict: Verdict = model.certificate_.verdict
    iterations = f"{model.n_iter_} iteration{'s' * (model.n_iter_ != 1)}"
    facts = [
        ("rows", f"{model._risk.total_weight:.12g}" if hasattr(model, "_risk") else ""),
        ("verdict", f"{verdict.name.lower().replace('_', ' ')}, {iterations}"),
    ]
    notes = [reason] if reason else []
    if found is None:
        header: tuple[str, ...] = ("", "coefficient")
        rows: list[tuple[str, ...]] = [
            (name, f"{value:.6g}") for name, value in _coefficients(model)
        ]
    else:
        facts += _quality(model, found)
        ratio = "z" if found.residual_df is None else "t"
        level = f"{100 * alpha / 2:.3g} %", f"{100 - 100 * alpha / 2:.3g} %"
        header = ("", "coefficient", "std. error", ratio, f"P(>|{ratio}|)", *level)
        rows = _rows(model, found, alpha)
        if model._is_firth():
            notes.append(
                "The classes are separated: estimates are those of Firth's penalized likelihood, "
                "with standard errors from the information."
            )
    colour = "green" if found is not None and model.result_.success else "yellow"
    return Sheet(type(model).__name__, colour, tuple(facts), header, tuple(rows), tuple(notes))


def _quality(model: Any, found: Statistics) -> list[tuple[str, str]]:
    facts = []
    if found.residual_df is None:
        facts.append(("McFadden's R²", f"{model.mcfadden_:.6g}"))
        facts.append(("deviance", f"{found.deviance:.7g} (constant: {found.null_deviance:.7g})"))
    else:
        facts.append(("R²", f"{model.rsquared_:.6g} (adjusted {model.rsquared_adj_:.6g})"))
        sigma = np.sqrt(found.deviance / found.residual_df)
        freedom = f"{found.residual_df:.12g} degrees of freedom"
        facts.append(("residual", f"{sigma:.6g} with {freedom}"))
    facts.append(("log-likelihood", f"{found.log_likelihood:.7g}"))
    facts.append(("AIC, BIC", f"{model.aic_:.7g}, {model.bic_:.7g}"))
    return facts


def _rows(model: Any, found: Statistics, alpha: float) -> list[tuple[str, ...]]:
    names = model.parameter_names_
    bounds = found.wald(alpha)
    rows: list[tuple[str, ...]] = []
    for k in range(len(found.estimates)):
        if len(found.estimates) > 1:
            classes = model.classes_.tolist()
            rows.append((f"{classes[k + 1]!r} against {classes[0]!r}", *[""] * 6))
        columns = (
            found.estimates[k],
            found.errors[k],
            found.ratios[k],
            found.pvalues[k],
            bounds[k, :, 0],
            bounds[k, :, 1],
        )
        for name, *numbers in zip(names, *columns, strict=True):
            rows.append((name, *(f"{number:.5g}" for number in numbers)))
    return rows


def _coefficients(model: Any) -> list[tuple[str, float]]:
    """Names and values, as the estimator has them."""
    coef, intercept = np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
    table = np.column_stack([intercept, coef]) if model.fit_intercept else coef
    names = model.parameter_names_
    if len(table) == 1:
        return list(zip(names, table[0].tolist(), strict=True))
    return [
        (f"{label!r}: {name}", value)
        for label, row in zip(model.classes_.tolist(), table, strict=True)
        for name, value in zip(names, row.tolist(), strict=True)
    ]
