"""Which storage a Hessian gets, found or declared, and that it is the Hessian's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import sparse

import extremum as ex
from extremum.linalg import DenseSymmetric, OperatorSymmetric
from extremum.objective import Parameters, make_objective
from extremum.outcomes import InvalidInput, UnknownOption


def chained(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def chained_hessian(x):
    n = x.size
    hessian = np.zeros((n, n))
    for i in range(n - 1):
        hessian[i, i] += 1200 * x[i] ** 2 - 400 * x[i + 1] + 2
        hessian[i + 1, i + 1] += 200
        hessian[i, i + 1] = hessian[i + 1, i] = -400 * x[i]
    return hessian


def arrow(x):
    return np.sum(x**4) + np.sum(x[0] * x[1:] ** 2)


def objective(fun, n, **keywords):
    return make_objective(fun, Parameters.of(np.full(n, 0.5)), **keywords)


def point(n):
    return np.sin(np.arange(1.0, n + 1))


def quadratic_form(n):
    root = np.random.default_rng(0).normal(size=(n, n))
    A = root @ root.T / n + np.eye(n)
    return A, lambda x: x @ A @ x / 2 - np.sum(x)


# ---- found -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fun", "n", "structure"),
    [
        (chained, 63, "dense"),
        (chained, 64, "tridiagonal"),
        (arrow, 63, "dense"),
        (arrow, 100, "sparse"),
        (lambda x: chained(x) + np.sum(x) ** 2, 200, "tridiagonal + rank 1"),
        (lambda x: np.sum(x**4), 100, "tridiagonal"),
    ],
)
def test_what_is_found(fun, n, structure):
    made = objective(fun, n)
    assert made.structure == structure
    x = point(n)
    reference = np.asarray(objective(fun, n, structure="dense").hessian(x).toarray())
    np.testing.assert_allclose(made.hessian(x).toarray(), reference, atol=1e-9)
    v = np.cos(np.arange(n))
    np.testing.assert_allclose(made.hessian_vector(x, v), reference @ v, atol=1e-8)


def test_a_tridiagonal_hessian_is_that_of_the_closed_form():
    x = point(100)
    found = objective(chained, 100).hessian(x)
    assert not isinstance(found, DenseSymmetric)
    np.testing.assert_allclose(found.toarray(), chained_hessian(x), atol=1e-9)


def test_a_dense_hessian_is_an_array_where_it_is_small_and_products_where_it_is_large():
    A, fun = quadratic_form(200)
    made = objective(fun, 200)
    assert made.structure == "dense"
    np.testing.assert_allclose(made.hessian(point(200)).toarray(), A, atol=1e-12)
    A, fun = quadratic_form(1500)
    made = objective(fun, 1500)
    assert made.structure == "operator"
    assert any("structure is not used" in note for note in made.notes)
    hessian = made.hessian(point(1500))
    assert isinstance(hessian, OperatorSymmetric)
    np.testing.assert_allclose(hessian @ point(1500), A @ point(1500), atol=1e-10)


def test_the_result_tells_the_structure():
    result = ex.minimize(chained, np.zeros(100))
    assert result.success
    assert result.structure == result.manifest["structure"] == "tridiagonal"
    assert "Hessian      tridiagonal" in str(result)
    assert sparse.issparse(result.hess) or isinstance(result.hess, np.ndarray)
    np.testing.assert_allclose(result.x, 1, atol=1e-6)


def test_other_data_with_other_zeros_get_another_structure():
    def fun(x, A):
        return np.sum((A @ x - 1) ** 2) + np.sum(x**4)

    n = 80
    diagonal, full = np.eye(n), np.eye(n)
    full[0] = 1.0
    full[3, :] = 2.0
    for A in (diagonal, full, diagonal):
        made = objective(fun, n, args=(A,))
        expected = 2 * A.T @ A + np.diag(12 * point(n) ** 2)
        np.testing.assert_allclose(made.hessian(point(n)).toarray(), expected, atol=1e-10)
        assert (made.structure == "tridiagonal") == (A is diagonal)


# ---- declared ----------------------------------------------------------------------------------


def pattern():
    return sparse.diags_array([np.ones(99), np.ones(100)], offsets=[-1, 0])


@pytest.mark.parametrize(
    ("structure", "name"),
    [
        ("tridiagonal", "tridiagonal"),
        (1, "tridiagonal"),
        (12, "banded"),
        (pattern(), "tridiagonal"),
        (pattern().toarray() != 0, "tridiagonal"),
        ("dense", "dense"),
        ("operator", "operator"),
    ],
)
def test_what_is_declared(structure, name):
    made = objective(chained, 100, structure=structure)
    assert made.structure == name
    assert made.preparation.detection == 0
    x, v = point(100), np.cos(np.arange(100))
    np.testing.assert_allclose(made.hessian(x) @ v, chained_hessian(x) @ v, atol=1e-8)
    result = ex.minimize(chained, np.zeros(100), structure=structure)
    np.testing.assert_allclose(result.x, 1, atol=1e-6)


def test_few_variables_may_be_declared_too():
    assert objective(chained, 5, structure="tridiagonal").structure == "tridiagonal"


@pytest.mark.parametrize("structure", ["tridiagonal", 1, pattern()])
def test_a_wrong_declaration_is_refused(structure):
    with pytest.raises(InvalidInput, match="entries outside of structure"):
        ex.minimize(arrow, np.full(100, 0.5), structure=structure)


@pytest.mark.parametrize(
    "structure", ["chain", -1, 100, 1.5, True, np.eye(3), np.array(["a"]), None]
)
def test_what_is_no_structure_is_refused(structure):
    with pytest.raises(InvalidInput):
        objective(chained, 100, structure=structure)


def test_of_a_hessian_by_differences_no_structure_can_be_declared():
    unfollowed = lambda x: sum(float(value) ** 2 for value in x)  # noqa: E731
    with pytest.raises(UnknownOption, match=r"it comes from the user's jac\. Leave it out"):
        ex.minimize(unfollowed, np.ones(100), jac=lambda x: 2 * x, structure="tridiagonal")
    with pytest.raises(UnknownOption, match="it comes from the user's hess"):
        ex.minimize(chained, np.ones(100), hess=chained_hessian, structure=1)


# ---- the user's own ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make", [sparse.csr_array, sparse.coo_matrix, sparse.lil_array, sparse.dia_array]
)
def test_a_sparse_hess_is_stored_sparse(make):
    n = 300
    made = objective(chained, n, hess=lambda x: make(chained_hessian(x)))
    assert made.structure == "as hess returns it"
    x = point(n)
    np.testing.assert_allclose(made.hessian(x).toarray(), chained_hessian(x), atol=1e-12)
    assert made.structure == "tridiagonal"
    result = ex.minimize(chained, np.zeros(n), hess=lambda x: make(chained_hessian(x)))
    assert result.success
    assert result.method.startswith("TrustRegion(), chosen")
    assert result.structure == result.manifest["structure"] == "tridiagonal"


def test_a_hess_may_leave_out_its_diagonal_and_change_its_pattern():
    def hess(x):
        return sparse.csc_array(np.array([[0.0, 1.0], [1.0, 0.0]] if x[0] < 0 else np.eye(2)))

    made = objective(lambda x: x[0] * x[1], 2, hess=hess)
    for start in (-1.0, 1.0, -1.0):
        x = np.array([start, 0.0])
        np.testing.assert_array_equal(made.hessian(x).toarray(), hess(x).toarray())


def test_the_pattern_is_analysed_once():
    made = objective(chained, 100, hess=lambda x: sparse.csr_array(chained_hessian(x)))
    patterns = {id(made.hessian(point(100) + k).pattern) for k in range(3)}
    assert len(patterns) == 1


@pytest.mark.parametrize(
    ("hess", "words"),
    [
        (lambda x: sparse.csr_array((3, 3)), r"shape \(3, 3\); \(2, 2\)"),
        (lambda x: sparse.csr_array(np.array([[1.0, 2.0], [0.0, 1.0]])), "Return both triangles"),
        (lambda x: sparse.csr_array(1j * np.eye(2)), "real numbers"),
    ],
)
def test_a_sparse_hess_that_is_none_is_refused(hess, words):
    with pytest.raises(InvalidInput, match=words):
        objective(lambda x: np.sum(x**2), 2, hess=hess).hessian(np.ones(2))


def test_hessp_alone_gives_products_where_there_are_many_variables():
    hessp = lambda x, v: 12 * x**2 * v  # noqa: E731
    few, many = (objective(lambda x: np.sum(x**4), n, hessp=hessp) for n in (64, 65))
    assert (few.structure, many.structure) == ("dense", "operator")
    hessian = many.hessian(point(65))
    np.testing.assert_array_equal(hessian @ np.ones(65), 12 * point(65) ** 2)
    result = ex.minimize(
        lambda x: np.sum((x - 1) ** 4 + x**2),
        np.zeros(200),
        hessp=lambda x, v: (12 * (x - 1) ** 2 + 2) * v,
    )
    assert result.nhvp > 0 == result.nhev
    np.testing.assert_allclose(4 * (result.x - 1) ** 3 + 2 * result.x, 0, atol=1e-7)


# ---- what it takes -----------------------------------------------------------------------------


def test_preparation_is_reported_and_paid_once():
    def fun(x):
        return np.sum(np.cosh(x[1:] - 0.37 * x[:-1]) + x[:-1] ** 2)

    first = ex.minimize(fun, np.ones(90))
    assert set(first.preparation) == {"tracing", "detection", "colouring", "compilation"}
    assert all(seconds >= 0 for seconds in first.preparation.values())
    for name in ("tracing", "detection", "colouring", "compilation"):
        assert first.preparation[name] > 0
    again = ex.minimize(fun, np.full(90, 2.0))
    assert again.structure == first.structure == "tridiagonal"
    assert again.preparation["tracing"] > 0
    for name in ("detection", "colouring", "compilation"):
        assert again.preparation[name] == 0


# ---- functions that ask for JAX's arrays when they are called -----------------------------------


@pytest.mark.parametrize(
    "fun",
    [
        lambda x: jnp.sum((x.at[0].add(1.0) - 2) ** 2),
        lambda x: jnp.sum(jax.vmap(lambda i: (x[i] - i) ** 2)(jnp.arange(3))),
    ],
)
def test_functions_of_jax_arrays(fun):
    result = ex.minimize(fun, np.zeros(3))
    assert result.success
    assert result.source == "exact (JAX)"
    assert isinstance(result.x, np.ndarray)
    assert np.abs(jax.grad(fun)(jnp.asarray(result.x))).max() < 1e-5


def test_a_declared_structure_is_compiled_once():
    def valley(x):
        return np.sum((x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    first, second = (
        ex.minimize(valley, np.full(90, 0.7), structure="tridiagonal") for _ in range(2)
    )
    assert first.preparation["compilation"] > 0
    assert second.preparation["compilation"] == 0
    assert second.structure == "tridiagonal"
