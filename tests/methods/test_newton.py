"""Newton's method on Hessians that are factored as they are stored."""

import numpy as np
import pytest

import extremum as ex
from extremum.linalg import Pattern
from extremum.methods.newton import _downhill_by_factors, _stationary_by_factors

N = 300


def tridiagonal(diagonal, off):
    array = np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1)
    pattern = Pattern.tridiagonal(len(array))
    return pattern.matrix(array[pattern.rows, pattern.cols]), array


def hills(x):
    return np.sum(np.cos(x)) + 0.3 * np.sum((x[1:] - x[:-1]) ** 2)


def hills_gradient(x):
    slope = -np.sin(x)
    slope[1:] += 0.6 * (x[1:] - x[:-1])
    slope[:-1] -= 0.6 * (x[1:] - x[:-1])
    return slope


def singular(x):
    return np.sum((x[1:] - x[:-1]) ** 2) + x[0] - x[1]


@pytest.mark.parametrize("n", [N, 20_000])
def test_a_saddle_of_a_large_sparse_function(n):
    start = 0.1 + 0.05 * np.sin(np.arange(n))
    result = ex.stationary(hills, start)
    assert result.success
    assert result.structure == "tridiagonal"
    assert result.certificate.verdict.name == "SADDLE"
    assert np.abs(hills_gradient(result.x)).max() <= 1e-8
    below = ex.minimize(hills, start, method="newton")
    assert below.success
    assert below.certificate.verdict.name == "MINIMUM"
    assert np.abs(hills_gradient(below.x)).max() <= 1e-8
    assert below.fun == pytest.approx(-n)  # every variable at an odd multiple of π


def test_a_singular_hessian_is_left_out_of_the_step():
    start = np.sin(np.arange(N))
    result = ex.stationary(singular, start)
    assert result.success
    assert result.certificate.verdict.name == "DEGENERATE"
    assert result.x.mean() == pytest.approx(start.mean())  # nothing goes along the null direction
    stopped = ex.stationary(singular, start, method=ex.Newton(step=1))
    assert stopped.reasons[0].name == "SINGULAR_HESSIAN"


def test_only_products_are_refused_at_scale():
    with pytest.raises(ex.InvalidInput, match="only products are known"):
        ex.stationary(lambda x: np.sum(np.cosh(x)), np.ones(1001), structure="operator")
    few = ex.stationary(lambda x: np.sum(np.cosh(x)), np.ones(80), structure="operator")
    assert few.certificate.verdict.name == "MINIMUM"


@pytest.fixture
def gradient():
    return np.random.default_rng(1).normal(size=N)


def test_directions_of_a_regular_hessian_solve_newtons_equation(gradient):
    matrix, array = tridiagonal(np.full(N, 3.0), np.full(N - 1, -1.0))
    direction, event = _downhill_by_factors(matrix, gradient, 1e9, 1e-16)
    assert not event
    np.testing.assert_allclose(array @ direction, -gradient, atol=1e-12)
    direction, event = _stationary_by_factors(matrix, gradient, 1e-16)
    assert not event
    np.testing.assert_allclose(array @ direction, -gradient, atol=1e-12)


@pytest.mark.parametrize("middle", [-1.0, 0.0, 1.0, 2.0])
def test_an_indefinite_hessian_still_points_downhill(gradient, middle):
    matrix, array = tridiagonal(np.full(N, middle), np.full(N - 1, -1.0))
    direction, event = _downhill_by_factors(matrix, gradient, 5.0, 1e-16)
    assert direction @ gradient < 0
    assert np.linalg.norm(direction) <= 5.0 * (1 + 1e-12)
    assert event == ("indefinite Hessian" if np.linalg.eigvalsh(array)[0] < 0 else "")


def test_a_hessian_of_zeros(gradient):
    matrix, _ = tridiagonal(np.zeros(N), np.zeros(N - 1))
    direction, event = _downhill_by_factors(matrix, gradient, 5.0, 1e-16)
    assert event == "singular Hessian"
    np.testing.assert_allclose(direction, -5 * gradient / np.linalg.norm(gradient))
    assert _stationary_by_factors(matrix, gradient, 1e-16) == (None, "singular Hessian")
