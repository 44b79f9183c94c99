"""Tables that are met block by block give the coefficients of those in memory."""

from itertools import pairwise

import numpy as np
import pytest

from extremum import InvalidInput
from extremum.regression import (
    ArrayRows,
    Block,
    LinearRegression,
    LogisticRegression,
    PoissonRegression,
    RowBlocks,
)

N = 30_000


class Pieces(RowBlocks):
    """A table in uneven pieces, as a file's; it counts how often it is read."""

    feature_names = ("a", "b", "c", "d")

    def __init__(self, X, y, weight=None):
        self.X, self.y, self.weight, self.reads = X, y, weight, 0
        self.n_rows, self.n_features = X.shape

    def __iter__(self):
        self.reads += 1
        for first, last in pairwise([0, 1, 7_000, 7_003, 21_000, self.n_rows]):
            part = slice(first, last)
            yield Block(
                self.X[part], self.y[part], None if self.weight is None else self.weight[part]
            )


def table(kind):
    rng = np.random.default_rng(0)
    X = rng.normal([0, 5, -1, 2], [1, 3, 0.2, 10], size=(N, 4))
    margin = (X - X.mean(axis=0)) / X.std(axis=0) @ [0.5, -0.3, 0.2, 0.1]
    if kind is LinearRegression:
        return X, margin + rng.normal(size=N)
    if kind is PoissonRegression:
        return X, rng.poisson(np.exp(margin)).astype(float)
    return X, np.array(["no", "yes"])[(margin + rng.logistic(size=N) > 0).astype(int)]


@pytest.mark.parametrize("kind", [LinearRegression, LogisticRegression, PoissonRegression])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_same_coefficients(kind, weighted):
    X, y = table(kind)
    weight = np.random.default_rng(1).uniform(0.5, 2, N) if weighted else None
    source = Pieces(X, y, weight)
    batches, memory = kind().fit_batches(source), kind().fit(X, y, weight)
    np.testing.assert_allclose(batches.coef_, memory.coef_, rtol=1e-9)
    np.testing.assert_allclose(batches.intercept_, memory.intercept_, rtol=1e-9)
    assert batches.result_.success
    assert batches.n_features_in_ == 4
    assert batches.feature_names_in_.tolist() == list("abcd")
    assert source.reads < 25


def test_several_classes():
    X, _ = table(LinearRegression)
    y = np.random.default_rng(0).integers(3, 6, N)
    batches, memory = (
        LogisticRegression().fit_batches(ArrayRows(X, y)),
        LogisticRegression().fit(X, y),
    )
    np.testing.assert_array_equal(batches.classes_, [3, 4, 5])
    np.testing.assert_allclose(batches.coef_, memory.coef_, atol=1e-10)


def test_a_missing_value_is_found():
    X, y = table(LinearRegression)
    X[25_000, 2] = np.nan
    with pytest.raises(InvalidInput, match="missing"):
        LinearRegression().fit_batches(Pieces(X, y))
    with pytest.raises(ValueError, match="NaN"):
        LinearRegression().fit(X, y)
