"""The subproblem in a Krylov space: against the dense solution, and products counted."""

import numpy as np
import pytest

from extremum.linalg import DenseSymmetric, OperatorSymmetric
from extremum.methods import krylov
from extremum.methods.krylov import FEW, MANY, STRICTER, solve_before_factoring, solve_by_products
from extremum.methods.lanczos import Lanczos
from extremum.methods.subproblem import CLOSE, Case, solve_subproblem
from tests.linalg.matrices import of_array


class Products:
    """A matrix given by counted products."""

    def __init__(self, array):
        self.array, self.count = array, 0
        self.matrix = OperatorSymmetric(len(array), self.product)

    def product(self, v):
        self.count += 1
        return self.array @ v


def rotated(values, seed=0):
    n = len(values)
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))[0]
    array = basis * np.asarray(values, float) @ basis.T
    return array / 2 + array.T / 2, basis


def decrease(array, gradient, step):
    return -gradient @ step - 0.5 * step @ array @ step


def residual(array, gradient, found):
    return np.linalg.norm(array @ found.step + found.multiplier * found.step + gradient)


def conjugate_gradients(array, gradient, tolerance):
    x, r = np.zeros_like(gradient), -gradient
    p, k = r, 0
    while np.linalg.norm(r) > tolerance:
        image = array @ p
        length = r @ r / (p @ image)
        x, new, k = x + length * p, r - length * image, k + 1
        p, r = new + (new @ new) / (r @ r) * p, new
    return x, k


@pytest.mark.parametrize("condition", [1e1, 1e3, 1e5])
@pytest.mark.parametrize("size", [1.0, 1e-5])
def test_inside_it_is_conjugate_gradients(condition, size):
    array, basis = rotated(np.geomspace(1 / condition, 1, 120))
    gradient = basis @ np.random.default_rng(1).normal(size=120) * size
    norm = np.linalg.norm(gradient)
    wanted = min(krylov.LOOSEST, norm**0.5) * norm
    counted = Products(array)
    found = solve_by_products(counted.matrix, gradient, 1e9)
    expected, k = conjugate_gradients(array, gradient, wanted)
    assert found.case is Case.INTERIOR
    assert found.multiplier == 0
    assert residual(array, gradient, found) <= wanted * (1 + 1e-9)
    assert counted.count <= k
    if counted.count == k and condition < 1e5:
        np.testing.assert_allclose(found.step, expected, rtol=1e-6, atol=1e-6 * abs(expected).max())
    assert found.decrease == pytest.approx(decrease(array, gradient, found.step), rel=1e-10)


OUTSIDE = {
    "definite": (np.linspace(1, 10, 80), 0.1),
    "ill-conditioned": (np.geomspace(1e-4, 1, 80), 100.0),
    "indefinite": (np.linspace(-2, 5, 80), 3.0),
    "one negative": (np.r_[-0.01, np.geomspace(1e-3, 1, 79)], 50.0),
    "negative definite": (-np.linspace(1, 10, 80), 2.0),
    "zero": (np.zeros(80), 2.0),
}


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("size", [1.0, 1e-6])
def test_on_the_boundary(name, size):
    values, radius = OUTSIDE[name]
    radius *= size if min(values) >= 0 else 1
    array, basis = rotated(values)
    gradient = basis @ np.random.default_rng(1).normal(size=80) * size
    counted = Products(array)
    found = solve_by_products(counted.matrix, gradient, radius)
    length = np.linalg.norm(found.step)
    assert found.case is not Case.INTERIOR
    assert abs(length - radius) <= CLOSE * radius * (1 + 1e-9)
    assert counted.count <= 81
    # H + λI ⪰ 0 as far as a part of the spectrum can tell.
    assert min(values) + found.multiplier >= -0.2 * abs(min(values)) - 1e-12
    assert found.decrease == pytest.approx(decrease(array, gradient, found.step), rel=1e-8)
    dense = solve_subproblem(DenseSymmetric(array), gradient, radius)
    assert found.decrease >= 0.75 * dense.decrease
    # The negative control: Cauchy's point does not do that where the matrix is ill-conditioned.
    if name in ("ill-conditioned", "one negative"):
        bend = gradient @ array @ gradient / (gradient @ gradient)
        short = min(1 / bend, radius / np.linalg.norm(gradient)) if bend > 0 else radius
        assert decrease(array, gradient, -short * gradient) < 0.75 * dense.decrease


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("radius", [1e-2, 10.0])
@pytest.mark.parametrize("lowest", [1.0, -1.0])
def test_an_invariant_space(k, radius, lowest):
    """g is made of k eigenvectors: k products find all there is to find."""
    values = np.r_[lowest, 2, 3, np.linspace(4, 9, 47)]
    array, basis = rotated(values)
    gradient = basis[:, :k] @ (1e-6 * np.ones(k))
    counted = Products(array)
    found = solve_by_products(counted.matrix, gradient, radius * 1e-6)
    assert counted.count <= k + 1
    small = DenseSymmetric(np.diag(values[:k]))
    best = solve_subproblem(small, np.full(k, 1e-6), radius * 1e-6)
    assert found.decrease >= 0.8 * best.decrease
    assert np.linalg.norm(found.step) <= radius * 1e-6 * (1 + CLOSE)


def test_the_hard_case_is_the_best_of_the_space():
    """The leftmost eigenvector is in no Krylov space of g: the step is optimal without it."""
    values = np.r_[-5.0, np.linspace(1, 10, 49)]
    array = np.diag(values)
    gradient = np.r_[0.0, np.random.default_rng(0).normal(size=49)]
    found = solve_by_products(Products(array).matrix, gradient, 100.0)
    assert found.case is Case.INTERIOR
    assert found.step[0] == 0
    assert residual(array, gradient, found) <= krylov.LOOSEST * np.linalg.norm(gradient)
    best = solve_subproblem(DenseSymmetric(array), gradient, 100.0)
    assert best.decrease > 100 * found.decrease


def test_one_variable():
    for value, radius, step in ((2.0, 10.0, -0.5), (2.0, 0.25, -0.25), (-1.0, 3.0, -3.0)):
        found = solve_by_products(
            OperatorSymmetric(1, lambda v, a=value: a * v), np.ones(1), radius
        )
        assert found.step[0] == pytest.approx(step, rel=CLOSE)


def test_a_product_that_returns_its_argument():
    gradient = np.array([3.0, 4.0])
    found = solve_by_products(OperatorSymmetric(2, lambda v: v), gradient, 10.0)
    np.testing.assert_allclose(found.step, [-3, -4])
    np.testing.assert_array_equal(gradient, [3, 4])


@pytest.mark.parametrize("size", [1e-200, 1e100])
def test_slopes_of_any_size(size):
    gradient = np.full(5, size)
    found = solve_by_products(Products(np.diag(np.arange(1.0, 6))).matrix, gradient, 2 * size)
    assert found.case is Case.INTERIOR
    np.testing.assert_allclose(found.step, -gradient / np.arange(1, 6), rtol=0.2)


def test_ill_conditioned_bases_stay_orthogonal(monkeypatch):
    n = 500
    array, basis = rotated(np.geomspace(1e-8, 1, n))
    gradient = basis @ np.random.default_rng(1).normal(size=n) * 1e-4
    counted = Products(array)
    found = solve_by_products(counted.matrix, gradient, 1e9)
    best = 0.5 * np.sum((basis.T @ gradient) ** 2 / np.geomspace(1e-8, 1, n))
    assert counted.count < n
    assert decrease(array, gradient, found.step) >= 0.99 * best
    # The negative control: without, as many products as there are variables do not suffice.
    monkeypatch.setattr("extremum.methods.lanczos.ORTHOGONAL", 0)
    lost = solve_by_products(Products(array).matrix, gradient, 1e9)
    assert decrease(array, gradient, lost.step) < 0.5 * best


def test_the_basis_is_bounded(monkeypatch):
    array, basis = rotated(np.geomspace(1e-6, 1, 100))
    gradient = basis @ np.ones(100) * 1e-6
    monkeypatch.setattr(krylov, "MOST_VECTORS", 7)
    counted = Products(array)
    found = solve_by_products(counted.matrix, gradient, 1e9)
    assert counted.count == 7
    assert found.decrease > 0
    assert found.decrease == pytest.approx(decrease(array, gradient, found.step), rel=1e-10)


def test_lanczos_relation():
    array, basis = rotated(np.linspace(-1, 3, 30))
    lanczos = Lanczos(DenseSymmetric(array), basis @ np.ones(30), 10)
    for _ in range(10):
        lanczos.advance()
    columns = np.array(lanczos.basis).T
    np.testing.assert_allclose(columns.T @ columns, np.eye(10), atol=1e-13)
    off = lanczos.beside[:-1]
    tridiagonal = np.diag(lanczos.diagonal) + np.diag(off, 1) + np.diag(off, -1)
    rest = array @ columns - columns @ tridiagonal
    np.testing.assert_allclose(rest[:, :-1], 0, atol=1e-13)
    assert np.linalg.norm(rest[:, -1]) == pytest.approx(lanczos.beside[-1])


def ring(diagonal, beside):
    """A sparse matrix: the cyclic tridiagonal one."""
    array = np.diag(diagonal)
    n = len(diagonal)
    places = np.arange(n)
    array[places, (places + 1) % n] = array[(places + 1) % n, places] = beside
    return of_array(array), array


def test_before_factoring_a_well_conditioned_step_is_accurate():
    matrix, array = ring(np.linspace(4, 5, 200), 1.0)
    gradient = np.cos(np.arange(200.0))
    found = solve_before_factoring(matrix, gradient, 1e3)
    assert found.case is Case.INTERIOR
    assert residual(array, gradient, found) <= STRICTER * np.linalg.norm(gradient)
    assert decrease(array, gradient, found.step) == pytest.approx(found.decrease, rel=1e-10)


def test_before_factoring_the_boundary_is_followed():
    matrix, array = ring(np.linspace(-2, 2, 200), 0.5)
    gradient = np.cos(np.arange(200.0))
    found = solve_before_factoring(matrix, gradient, 0.1)
    assert found.case is Case.BOUNDARY
    assert np.linalg.norm(found.step) == pytest.approx(0.1, rel=CLOSE)
    assert residual(array, gradient, found) <= STRICTER * np.linalg.norm(gradient)
    assert np.linalg.eigvalsh(array)[0] < -1 < 0 <= found.multiplier


def test_what_takes_more_products_than_a_factorization_costs_is_left_to_it():
    matrix, array = ring(np.full(200, 2.0), -1.0)  # a discrete Laplacian
    array[0, 0] = array[0, 0] + 1e-3
    matrix = of_array(array)
    gradient = np.cos(np.arange(200.0) / 30)
    products = []
    original = type(matrix).__matmul__
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(matrix), "__matmul__", lambda m, v: products.append(1) or original(m, v))
        assert solve_before_factoring(matrix, gradient, 1e9) is None
    assert FEW <= len(products) <= MANY
    found = solve_subproblem(matrix, gradient, 1e9)
    assert found.case is Case.INTERIOR
    assert residual(array, gradient, found) <= 1e-8 * np.linalg.norm(gradient)
