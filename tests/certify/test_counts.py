"""Inertias of large Hessians against dense eigenvalues, and what they cost."""

import numpy as np
import pytest

from extremum import Verdict
from extremum.certify import certify_point
from extremum.linalg import Pattern
from extremum.objective import Counts, Objective
from tests.certify.chains import Chain, laplacian_eigenvalues, springs
from tests.certify.counting import factorizations

MOST_FACTORIZATIONS = 3


class Grid(Objective):
    """½ xᵀ(L + level) x with the Laplacian L of an m × m grid: a sparse Hessian."""

    def __init__(self, m, level):
        index = np.arange(m * m).reshape(m, m)
        across = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
        beside = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
        diagonal = np.arange(m * m)
        self.pattern = Pattern.of(
            m * m, np.concatenate([diagonal, across]), np.concatenate([diagonal, beside])
        )
        on = self.pattern.rows == self.pattern.cols
        self.matrix = self.pattern.matrix(np.where(on, 4 + level, -1.0))
        self.counts = Counts()

    def value(self, x):
        return float(x @ (self.matrix @ x)) / 2

    def value_and_gradient(self, x):
        product = self.matrix @ x
        return float(x @ product) / 2, product

    def hessian(self, x):
        return self.matrix


@pytest.fixture(name="factorizations")
def counted():
    with factorizations() as calls:
        yield calls


def judged(objective, x, index, calls):
    certificate = certify_point(objective, x)
    expected = {0: Verdict.MINIMUM, x.size: Verdict.MAXIMUM}.get(index, Verdict.SADDLE)
    assert certificate.verdict is expected, certificate
    assert certificate.morse_index == index
    assert 1 <= calls.total() <= MOST_FACTORIZATIONS, calls


@pytest.mark.parametrize("index", [0, 1, 5, 400])
def test_tridiagonal_against_a_dense_count(index, factorizations):
    n = 400
    ends = np.concatenate([[0.0], laplacian_eigenvalues(n, np.arange(1, n + 1)), [4.1]])
    chain = Chain(springs(n, level=-(ends[index] + ends[index + 1]) / 2))
    true = np.linalg.eigvalsh(chain.hessian(np.zeros(n)).toarray())
    assert (true < 0).sum() == index
    judged(chain, np.zeros(n), index, factorizations)


@pytest.mark.parametrize("level", [0.1, -0.5, -3.3, -9.0])
def test_sparse_against_a_dense_count(level, factorizations):
    grid = Grid(18, level)
    true = np.linalg.eigvalsh(grid.matrix.toarray())
    judged(grid, np.zeros(18 * 18), int((true < 0).sum()), factorizations)


@pytest.mark.parametrize("index", [3])
def test_a_hundred_thousand_by_factors(index, factorizations):
    n = 100_000
    ends = np.concatenate([[-1e-3], laplacian_eigenvalues(n, np.arange(1, n + 1))])
    chain = Chain(springs(n, level=-(ends[index] + ends[index + 1]) / 2))
    judged(chain, np.zeros(n), index, factorizations)


@pytest.mark.parametrize("condition", [1e2, 1e4])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_operators_of_a_large_condition(condition, sign):
    n = 1100
    parts = springs(n, stiffness=sign, level=sign * 4 / condition)
    certificate = certify_point(Chain(parts, "operator"), np.zeros(n))
    true = np.linalg.eigvalsh(Chain(parts, "dense").hessian(np.zeros(n)).toarray())
    assert certificate.verdict is (Verdict.MINIMUM if sign > 0 else Verdict.MAXIMUM)
    assert certificate.morse_index == (true < 0).sum()
    assert abs(certificate.eigenvalues[0] - true[0]) <= certificate.eigenvalue_error[0]
