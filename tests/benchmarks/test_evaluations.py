"""The rule of a hit, the counts and the time limit."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, sparse

from benchmarks.cutest.derivatives import Derivatives, compile_derivatives
from benchmarks.cutest.evaluations import Evaluations, TimeUp, hit_tolerance
from benchmarks.cutest.peers import load
from benchmarks.cutest.problems import Problem


def rosenbrock(x):
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


@pytest.fixture(scope="module")
def derivatives() -> Derivatives:
    import jax

    jax.config.update("jax_enable_x64", True)
    return compile_derivatives(Problem("ROSENBR", rosenbrock, np.array([-1.2, 1.0])))


@pytest.mark.parametrize(("start", "tolerance"), [(0.0, 1e-6), (50.0, 1e-6), (1e5, 1e-3)])
def test_tolerance(start, tolerance):
    assert hit_tolerance(start) == pytest.approx(tolerance, rel=1e-15)


def test_the_derivatives_are_those_of_scipy(derivatives):
    x, v = np.array([0.3, -0.7]), np.array([1.0, 2.0])
    value, gradient = derivatives.value_and_gradient(x)
    assert float(value) == pytest.approx(optimize.rosen(x))
    np.testing.assert_allclose(gradient, optimize.rosen_der(x))
    np.testing.assert_allclose(derivatives.hessian.full(x), optimize.rosen_hess(x))
    np.testing.assert_allclose(derivatives.hessian_vector(x, v), optimize.rosen_hess_prod(x, v))
    lower = [optimize.rosen_hess(x)[i, j] for i, j in ((0, 0), (1, 0), (1, 1))]
    order = [(0, 0), (1, 0), (1, 1)]
    assert list(zip(derivatives.hessian.rows, derivatives.hessian.cols, strict=True)) == order
    np.testing.assert_allclose(derivatives.hessian.lower(x), lower)
    _, _, matrix = derivatives.together(x)
    np.testing.assert_allclose(matrix.toarray(), optimize.rosen_hess(x))


def evaluations(derivatives, tolerance=1e-6, seconds=10.0, now=lambda: 0.0) -> Evaluations:
    return Evaluations(derivatives, tolerance, seconds, now)


def test_the_first_small_gradient_is_the_hit(derivatives):
    run = evaluations(derivatives)
    run.gradient(run.x0)
    run.value(np.ones(2))  # A value alone is not judged, even at the minimum.
    assert run.hit is None
    run.value_and_gradient(np.ones(2))
    assert run.hit.counts == {"values": 2, "gradients": 2, "hessians": 0, "products": 0}
    first = run.hit
    run.gradient(np.ones(2))
    assert run.hit is first
    assert run.counts.gradients == 3


def test_nan_is_no_hit(derivatives):
    run = evaluations(replace(derivatives, gradient=lambda x: np.array([np.nan, 0.0])))
    run.gradient(run.x0)
    assert run.hit is None


def test_time_is_up(derivatives):
    ticks = itertools.count()
    run = evaluations(derivatives, seconds=2.5, now=lambda: next(ticks))
    run.value(run.x0)
    run.gradient(run.x0)
    with pytest.raises(TimeUp):
        run.hessian(run.x0)
    assert run.time_is_up


def test_a_solver_is_judged_by_what_it_evaluates(derivatives):
    run = load("L-BFGS-B").prepare(derivatives, 1e-6, 10.0)
    evaluated = evaluations(derivatives)
    claim = run(evaluated)
    assert claim.success
    np.testing.assert_allclose(claim.x, 1, atol=1e-5)
    assert evaluated.hit.counts["gradients"] <= evaluated.counts.gradients


def chained(x):
    """A tridiagonal Hessian: its entries are those of the pattern that extremum finds."""
    return ((x[1:] - x[:-1] ** 2) ** 2).sum() + (x**4).sum()


def test_a_sparse_hessian_has_its_entries_in_order():
    n = 100
    found = compile_derivatives(Problem("chained", chained, np.linspace(-1, 1, n)))
    hessian = found.hessian
    assert hessian.storage == "sparse"
    x, v = np.linspace(0.5, 2, n), np.cos(np.arange(n))
    lower = sparse.coo_array((hessian.lower(x), (hessian.rows, hessian.cols)), shape=(n, n))
    full = (lower + sparse.tril(lower, -1).T) @ v
    np.testing.assert_allclose(full, found.hessian_vector(x, v))
    np.testing.assert_allclose(hessian.full(x) @ v, found.hessian_vector(x, v))
    assert hessian.rows.size == 2 * n - 1


def test_extremum_is_judged_as_its_peers(derivatives):
    run = load("extremum").prepare(derivatives, 1e-6, 10.0)
    evaluated = evaluations(derivatives)
    assert run(evaluated).success
    assert evaluated.hit.counts["hessians"] >= 1
    # The certificate's evaluations come after the hit.
    assert evaluated.hit.counts["gradients"] < evaluated.counts.gradients
