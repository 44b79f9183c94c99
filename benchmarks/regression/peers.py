"""Each solver as a function of a table and a tolerance: coefficients, and last the intercept."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable

import numpy as np

from benchmarks.regression.tables import Array, Table

Solver = Callable[[Table, float], Array]

MAX_ITER = 10_000


def solvers(model: str) -> dict[str, Solver]:
    """Those that fit a model; packages that are not installed are left out."""
    found = {"extremum": _extremum}
    if model == "linear":
        found["sklearn"] = _sklearn_linear
    else:
        names = ("lbfgs", "newton-cholesky", *(("newton-cg",) if model == "logistic" else ()))
        found |= {f"sklearn {name}": _sklearn(name) for name in names}
    if importlib.util.find_spec("glum"):
        found["glum"] = _glum
    if importlib.util.find_spec("statsmodels"):
        found["statsmodels"] = _statsmodels
    return found


def _extremum(table: Table, tolerance: float) -> Array:
    from extremum.regression import LinearRegression, LogisticRegression, PoissonRegression

    kinds = {
        "linear": LinearRegression,
        "logistic": LogisticRegression,
        "poisson": PoissonRegression,
    }
    model = kinds[table.model]().fit(table.X, table.y)
    return np.append(model.coef_, model.intercept_)


def _sklearn(name: str) -> Solver:
    def solve(table: Table, tolerance: float) -> Array:
        from sklearn import linear_model

        if table.model == "logistic":
            model = linear_model.LogisticRegression(
                C=np.inf, solver=name, tol=tolerance, max_iter=MAX_ITER
            )
        else:
            model = linear_model.PoissonRegressor(
                alpha=0, solver=name, tol=tolerance, max_iter=MAX_ITER
            )
        model.fit(table.X, table.y)
        return np.append(model.coef_, model.intercept_)

    return solve


def _sklearn_linear(table: Table, tolerance: float) -> Array:
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit(table.X, table.y)
    return np.append(model.coef_, model.intercept_)


def _glum(table: Table, tolerance: float) -> Array:
    from glum import GeneralizedLinearRegressor

    family = {"linear": "normal", "logistic": "binomial", "poisson": "poisson"}[table.model]
    model = GeneralizedLinearRegressor(
        family=family, alpha=0, gradient_tol=tolerance, max_iter=MAX_ITER
    )
    model.fit(table.X, table.y)
    return np.append(model.coef_, model.intercept_)


def _statsmodels(table: Table, tolerance: float) -> Array:
    import statsmodels.api as sm

    X = sm.add_constant(table.X, prepend=False, has_constant="add")
    if table.model == "linear":
        return np.asarray(sm.OLS(table.y, X).fit().params)
    kind = sm.Logit if table.model == "logistic" else sm.Poisson
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = kind(table.y, X).fit(method="newton", disp=0, maxiter=100, tol=tolerance)
    return np.asarray(fit.params)
