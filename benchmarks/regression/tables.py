"""The tables: simulated ones on a grid, and real ones that packages ship."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SHAPES = (
    (1_000, 10),
    (20_000, 50),
    (100_000, 10),
    (10_000, 200),
    (500_000, 10),
    (100_000, 100),
    (20_000, 500),
    (500_000, 50),
    (100_000, 300),
    (50_000, 1_000),
    (2_000_000, 25),
)
"""Rows and columns of the simulated tables, by growing size up to 5·10⁷ numbers."""

CONDITIONS = (1.0, 1e2, 1e4, 1e6)
"""Condition numbers of the columns."""


@dataclass(frozen=True)
class Table:
    """A table to fit a model to.

    Attributes
    ----------
    name : str
    model : {"logistic", "poisson", "linear"}
    X, y : ndarray
    """

    name: str
    model: str
    X: Array
    y: Array

    @property
    def size(self) -> int:
        """Numbers in X."""
        return self.X.size


def simulated(model: str, n: int, d: int, condition: float) -> Table:
    """Normal columns, correlated so that their condition number is as given."""
    rng = np.random.default_rng(n + d)
    X = rng.standard_normal((n, d))
    if condition > 1:
        turn = np.linalg.qr(rng.standard_normal((d, d)))[0]
        X = X @ ((turn * np.geomspace(1, 1 / condition, d)) @ turn.T)
        X /= X.std(axis=0)
    w = rng.standard_normal(d)
    margin = X @ w
    margin *= (1.5 if model == "logistic" else 0.5) / margin.std()
    if model == "logistic":
        y = (rng.random(n) < 1 / (1 + np.exp(-margin - 0.5))).astype(float)
    elif model == "poisson":
        y = rng.poisson(np.exp(margin + 0.5)).astype(float)
    else:
        y = margin + rng.standard_normal(n)
    return Table(f"{model} {n}×{d} κ={condition:.0e}", model, X, y)


def real() -> Iterator[Callable[[], Table]]:
    """Tables that scikit-learn and statsmodels ship."""
    yield _breast_cancer
    yield _fair
    yield _fair_counts
    yield _randhie
    yield _diabetes
    yield _longley


def _breast_cancer() -> Table:
    from sklearn.datasets import load_breast_cancer

    X, y = load_breast_cancer(return_X_y=True)
    return Table("breast cancer, 5 columns", "logistic", X[:, [0, 1, 4, 8, 9]], y.astype(float))


def _fair() -> Table:
    import statsmodels.api as sm

    data = sm.datasets.fair.load_pandas()
    y = (data.endog > 0).to_numpy(float)
    return Table("affairs", "logistic", data.exog.to_numpy(float), y)


def _fair_counts() -> Table:
    import statsmodels.api as sm

    data = sm.datasets.fair.load_pandas()
    y = np.floor(data.endog.to_numpy(float))
    return Table("affairs, counts", "poisson", data.exog.to_numpy(float), y)


def _randhie() -> Table:
    import statsmodels.api as sm

    data = sm.datasets.randhie.load_pandas()
    return Table("visits to doctors", "poisson", data.exog.to_numpy(float), data.endog.to_numpy())


def _diabetes() -> Table:
    from sklearn.datasets import load_diabetes

    X, y = load_diabetes(return_X_y=True, scaled=False)
    return Table("diabetes", "linear", X, y)


def _longley() -> Table:
    import statsmodels.api as sm

    data = sm.datasets.longley.load_pandas()
    return Table("longley", "linear", data.exog.to_numpy(float), data.endog.to_numpy(float))
