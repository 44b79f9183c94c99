"""Inertias of every storage against dense eigenvalue counts, over many random matrices."""

import numpy as np
import pytest

from extremum import Verdict
from extremum.certify import certify_point
from extremum.linalg import DenseSymmetric, LowRankSum, Pattern
from extremum.objective import Counts, Objective
from tests.certify.counting import factorizations

MOST_FACTORIZATIONS = 3
STORAGES = ["tridiagonal", "banded", "grid", "graph", "arrow", "low rank", "dense"]


class Quadratic(Objective):
    """½ xᵀ H x + ¼ quartic Σ x⁴."""

    def __init__(self, matrix, quartic=0.0):
        self.matrix, self.quartic, self.counts = matrix, quartic, Counts()

    def value(self, x):
        return float(x @ (self.matrix @ x)) / 2 + self.quartic * float(np.sum(x**4)) / 4

    def value_and_gradient(self, x):
        return self.value(x), self.matrix @ x + self.quartic * x**3

    def hessian(self, x):
        return self.matrix  # asked at 0 and so near to it that the quartic's part is rounding


@pytest.fixture(name="factorizations")
def counted():
    with factorizations() as calls:
        yield calls


def edges(storage, n, rng):
    """The places below the diagonal."""
    if storage == "tridiagonal":
        return np.arange(1, n), np.arange(n - 1)
    if storage == "banded":
        pairs = [(i, i - k) for k in range(1, 13) for i in range(k, n)]
        return np.array(pairs).T
    if storage in ("grid", "low rank"):
        m = int(n**0.5)
        index = np.arange(m * m).reshape(m, m)
        high = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
        return high, np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    if storage == "graph":
        high = rng.integers(1, n, 2 * n)  # beside a path, which holds all together
        low = (high * rng.random(2 * n)).astype(int)
        return np.r_[np.arange(1, n), high], np.r_[np.arange(n - 1), low]
    return np.arange(1, n), np.zeros(n - 1, int)  # an arrow


def laplacian(storage, n, rng):
    """A random weighted Laplacian of a graph in its storage: semidefinite, singular."""
    if storage == "dense":
        turn, _ = np.linalg.qr(rng.normal(size=(n, n)))
        return DenseSymmetric((turn * np.r_[0.0, rng.uniform(0.01, 4, n - 1)]) @ turn.T)
    rows, cols = edges(storage, n, rng)
    pattern = Pattern.of(n, rows, cols)
    off = pattern.rows != pattern.cols
    values = np.where(off, -rng.uniform(0.5, 1.5, pattern.nnz), 0.0)
    for ends in (pattern.rows, pattern.cols):
        np.subtract.at(values, pattern.diagonal[ends[off]], values[off])
    matrix = pattern.matrix(values)
    if storage == "low rank":
        factors = rng.normal(size=(n, 2)) / n**0.5
        factors -= factors.mean(axis=0)
        return LowRankSum(matrix, factors, np.array([[2.0, 0.5], [0.5, -0.02]]))
    return matrix


def moved(matrix, shift):
    if isinstance(matrix, LowRankSum):
        return LowRankSum(matrix.base.shifted(shift), matrix.factors, matrix.core)
    if isinstance(matrix, DenseSymmetric):
        return DenseSymmetric(matrix.array + shift * np.eye(matrix.n))
    return matrix.shifted(shift)


def between(true, index):
    """A shift that leaves so many eigenvalues negative, halfway between two; 0: well definite."""
    if index == 0:
        return -true[0] + 0.1
    return -(true[index - 1] + true[index]) / 2


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("storage", STORAGES)
def test_the_inertia_is_the_dense_count(storage, seed, factorizations):
    n = 400
    matrix = laplacian(storage, n, np.random.default_rng(seed))
    true = np.linalg.eigvalsh(matrix.toarray())
    for index in (0, 1, 2, 3, 5, 37, n - 1, n):
        shifted = moved(matrix, -true[-1] - 1 if index == n else between(true, index))
        signs = np.linalg.eigvalsh(shifted.toarray())
        assert (signs < 0).sum() == index
        factorizations.clear()
        found = certify_point(Quadratic(shifted, quartic=1.0), np.zeros(n))
        expected = {0: Verdict.MINIMUM, n: Verdict.MAXIMUM}.get(index, Verdict.SADDLE)
        assert found.verdict in (expected, Verdict.UNDECIDED), found
        assert found.morse_index == index
        assert sum(factorizations.values()) <= MOST_FACTORIZATIONS


@pytest.mark.parametrize("condition", [1e6, 1e8])
@pytest.mark.parametrize("storage", STORAGES)
def test_ill_conditioned(storage, condition, factorizations):
    n = 400
    matrix = laplacian(storage, n, np.random.default_rng(9))
    true = np.linalg.eigvalsh(matrix.toarray())
    for smallest, verdict in ((1.0, Verdict.MINIMUM), (-1.0, Verdict.SADDLE)):
        shifted = moved(matrix, -true[0] + smallest * true[-1] / condition)
        index = int((np.linalg.eigvalsh(shifted.toarray()) < 0).sum())
        factorizations.clear()
        found = certify_point(Quadratic(shifted, quartic=1.0), np.zeros(n))
        assert found.verdict is verdict, found
        assert found.morse_index == index
        assert sum(factorizations.values()) <= MOST_FACTORIZATIONS


@pytest.mark.parametrize("quartic", [0.0, 1.0, -1.0])
@pytest.mark.parametrize("storage", [s for s in STORAGES if s != "low rank"])
def test_a_known_nullity_of_one(storage, quartic, factorizations):
    n = 400
    matrix = laplacian(storage, n, np.random.default_rng(2))
    assert (np.abs(np.linalg.eigvalsh(matrix.toarray())) < 1e-10).sum() == 1
    found = certify_point(Quadratic(matrix, quartic), np.zeros(n))
    assert (found.verdict, found.morse_index, found.nullity) == (Verdict.DEGENERATE, 0, 1)
    assert found.is_minimum is (quartic >= 0)
    # An uneven diagonal asks for the test in other units too.
    most = MOST_FACTORIZATIONS + 2 * (storage in ("arrow", "graph"))
    assert sum(factorizations.values()) <= most


@pytest.mark.parametrize("index", [0, 4])
def test_a_grid_of_a_hundred_thousand(index, factorizations):
    m = 316
    along = 2 - 2 * np.cos(np.pi * np.arange(m) / m)  # the free chain's eigenvalues
    true = np.sort(np.add.outer(along, along).ravel())
    rows, cols = edges("grid", m * m, None)
    pattern = Pattern.of(m * m, rows, cols)
    off = pattern.rows != pattern.cols
    values = np.where(off, -1.0, 0.0)
    for ends in (pattern.rows, pattern.cols):
        np.subtract.at(values, pattern.diagonal[ends[off]], values[off])
    shift = 1e-4 if index == 0 else between(true, index)
    found = certify_point(Quadratic(pattern.matrix(values + 0).shifted(shift)), np.zeros(m * m))
    assert found.verdict is (Verdict.MINIMUM if index == 0 else Verdict.SADDLE)
    assert found.morse_index == index
    assert sum(factorizations.values()) <= MOST_FACTORIZATIONS
