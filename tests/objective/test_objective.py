"""An objective that its user wrote: what they write, what they get, what they can't say besides."""

import numpy as np
import pytest
from scipy import sparse

import extremum as ex
from extremum.linalg import DenseSymmetric, Pattern
from extremum.objective import Counts

N = 300


class Chain(ex.Objective):
    """Springs between neighbours, each in a quartic well of its own: Σ (x² − 1)² + ½ Σ (Δx)²."""

    def __init__(self):
        self.counts = Counts()
        self.pattern = Pattern.tridiagonal(N)

    def value(self, x):
        self.counts.nfev += 1
        return np.sum((x**2 - 1) ** 2) + np.sum(np.diff(x) ** 2) / 2

    def value_and_gradient(self, x):
        self.counts.njev += 1
        gradient = 4 * x * (x**2 - 1)
        gradient[1:] += np.diff(x)
        gradient[:-1] -= np.diff(x)
        return self.value(x), gradient

    def hessian(self, x):
        self.counts.nhev += 1
        diagonal = 12 * x**2 - 4 + 2
        diagonal[[0, -1]] -= 1
        values = np.full(self.pattern.nnz, -1.0)
        values[self.pattern.diagonal] = diagonal
        return self.pattern.matrix(values)


class Bowl(ex.Objective):
    """½ ‖x‖², with the least that has to be written."""

    def __init__(self):
        self.counts = Counts()

    def value(self, x):
        self.counts.nfev += 1
        return float(x @ x) / 2

    def value_and_gradient(self, x):
        return self.value(x), x.copy()

    def hessian(self, x):
        return DenseSymmetric(np.eye(x.size))


def start():
    return 0.9 + 0.05 * np.sin(np.arange(N))


def test_its_derivatives_are_those_of_its_value():
    x, chain = start(), Chain()
    chosen = ex.minimize(chain.value, x, maxiter=0)
    _, gradient = chain.value_and_gradient(x)
    np.testing.assert_allclose(gradient, chosen.jac, atol=1e-10)
    exact = chosen.objective.hessian(x).toarray()
    np.testing.assert_allclose(chain.hessian(x).toarray(), exact, atol=1e-10)


@pytest.mark.parametrize("call", [ex.minimize, ex.stationary])
def test_a_minimum_is_found_and_certified(call):
    chain = Chain()
    result = call(chain, start())
    assert result.success
    assert result.certificate.verdict is ex.Verdict.MINIMUM
    np.testing.assert_allclose(result.x, 1, atol=1e-8)
    assert np.linalg.norm(result.x - 1) <= result.certificate.radius
    assert sparse.issparse(result.hess)
    assert result.source == "Chain"
    assert result.structure == "its own"
    # The certificate's evaluations are counted apart.
    assert (result.nfev, result.njev, result.nhev) == (
        chain.counts.nfev,
        chain.counts.njev,
        chain.counts.nhev,
    )
    assert result.certificate.counts is not chain.counts
    assert result.certificate.counts.nhev > 0


def test_stationary_finds_its_maximum():
    result = ex.stationary(Chain(), np.full(N, 0.01))
    np.testing.assert_allclose(result.x, 0, atol=1e-8)
    # The springs' curvatures 2 − 2 cos(kπ/n) lie between 0 and 4, the wells' is −4.
    assert result.certificate.verdict is ex.Verdict.MAXIMUM


def test_what_is_not_written_is_there():
    bowl = Bowl()
    x, v = np.ones(3), np.arange(3.0)
    np.testing.assert_array_equal(bowl.hessian_vector(x, v), v)
    value, gradient, hessian = bowl.value_gradient_hessian(x)
    assert value == 1.5
    np.testing.assert_array_equal(gradient, x)
    np.testing.assert_array_equal(hessian.toarray(), np.eye(3))
    assert ex.minimize(bowl, x).certificate.verdict is ex.Verdict.MINIMUM


@pytest.mark.parametrize("method", ["newton", "bfgs", "l-bfgs", "newton-cg", "cg", "trust-region"])
def test_with_every_method(method):
    result = ex.minimize(Bowl(), np.ones(3), method=method)
    assert result.success
    np.testing.assert_allclose(result.x, 0, atol=1e-7)


@pytest.mark.parametrize(
    "keywords",
    [
        {"jac": lambda x: x},
        {"hess": np.diag},
        {"hessp": lambda x, v: v},
        {"args": (1,)},
        {"structure": "dense"},
    ],
    ids=lambda keywords: next(iter(keywords)),
)
def test_what_it_brings_itself_is_refused(keywords):
    (name,) = keywords
    with pytest.raises(ex.UnknownOption, match=f"{name}= has no meaning here"):
        ex.minimize(Bowl(), np.ones(3), **keywords)
