"""The separated Hessian against the dense one, the guard, and what is given up."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse
from jax.scipy.special import logsumexp

from extremum.objective.function import sixty_four_bit
from extremum.objective.separation import (
    check_product,
    compressed,
    declared,
    structure_of,
)
from extremum.outcomes import InvalidInput

N = 90
FEW = np.random.default_rng(2).normal(size=(4, N))
WEIGHTS = np.random.default_rng(4).uniform(0.5, 1.5, N)


def rosenbrock(x):
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def nested(x):
    first = jnp.sum(x**2)
    second = jnp.sum(jnp.sin(x * jnp.sqrt(first)))
    return jnp.exp(second / N) * first + rosenbrock(x)


def trigonometric(x):
    i = jnp.arange(1, x.size + 1)
    return jnp.sum((x.size - jnp.sum(jnp.cos(x)) + i * (1 - jnp.cos(x)) - jnp.sin(x)) ** 2)


LOW_RANK = {
    # name: function, cut elements, rank, colours
    "square of the sum": (lambda x: jnp.sum(x) ** 2, 1, 1, 1),
    "square of the sum and Rosenbrock": (lambda x: rosenbrock(x) + jnp.sum(x) ** 2, 1, 1, 3),
    "exponential of the mean": (lambda x: jnp.exp(jnp.mean(x)), 1, 1, 1),
    "norm": (lambda x: jnp.sqrt(jnp.sum(x**2)), 1, 1, 1),
    "norm by NumPy's name": (jnp.linalg.norm, 1, 1, 1),
    "log-sum-exp": (lambda x: jnp.log(jnp.sum(jnp.exp(x))), 1, 1, 1),
    "stabilized log-sum-exp": (lambda x: logsumexp(x) + rosenbrock(x), 1, 1, 3),
    "variance": (lambda x: jnp.sum((x - jnp.mean(x)) ** 2), 1, 2, 1),
    "deviation": (lambda x: jnp.std(x) + rosenbrock(x), 2, 3, 3),
    "product of forms": (
        lambda x: (x @ (WEIGHTS * x)) * (x[1:] @ x[:-1]),
        2,
        2,
        3,
    ),
    "nested": (nested, 2, 3, 3),
    "few rows": (lambda x: jnp.sum(jnp.log1p((FEW @ x) ** 2)), 4, 4, 1),
    "cubic of a mean": (lambda x: jnp.mean(x) ** 3 * jnp.sum(x**2), 2, 2, 1),
    "Rayleigh's quotient": (lambda x: (x[1:] @ x[:-1]) / (x @ x), 2, 2, 3),
    "trigonometric": (trigonometric, 1, 2, 1),
    "arrow": (lambda x: jnp.sum(x[0] * x**2) + rosenbrock(x), 0, 0, 4),
    "no cut": (rosenbrock, 0, 0, 3),
}


def separated(fun, n, seconds=10.0):
    with sixty_four_bit():
        closed = jax.make_jaxpr(fun)(np.zeros(n))
    return closed, structure_of(closed.jaxpr, closed.consts, n, seconds)


def lower_entries(separation):
    rows, cols = separation.pattern.rows.tolist(), separation.pattern.cols.tolist()
    return set(zip(rows, cols, strict=True))


def evaluated(closed, separation, x):
    evaluator = compressed(closed.jaxpr, separation)
    with sixty_four_bit():
        found = jax.jit(evaluator.evaluate)(evaluator.arrays, closed.consts, x)
    return [np.asarray(part) for part in found]


def assembled(separation, entries, low_rank, core):
    rows, cols = separation.pattern.rows, separation.pattern.cols
    matrix = np.zeros((separation.n, separation.n))
    matrix[rows, cols] = matrix[cols, rows] = entries
    return matrix + low_rank @ core @ low_rank.T


@pytest.mark.parametrize("name", LOW_RANK)
def test_the_separated_hessian_is_the_dense_one(name):
    fun, cut, rank, colours = LOW_RANK[name]
    closed, separation = separated(fun, N)
    assert separation.reason == ""
    assert (separation.coupled.size, separation.rank) == (cut, rank)
    assert separation.colours <= colours
    x = np.random.default_rng(7).uniform(0.2, 1.2, N)
    value, gradient, entries, low_rank, core = evaluated(closed, separation, x)
    assert low_rank.shape == (N, rank)
    assert core.shape == (rank, rank)
    with sixty_four_bit():
        dense = np.asarray(jax.hessian(fun)(x))
        np.testing.assert_allclose(value, fun(x), rtol=1e-13)
        np.testing.assert_allclose(gradient, jax.grad(fun)(x), rtol=1e-9, atol=1e-11)
    found = assembled(separation, entries, low_rank, core)
    np.testing.assert_allclose(found, dense, rtol=1e-9, atol=1e-11 * abs(dense).max())
    v = np.random.default_rng(8).normal(size=N)
    assert check_product(separation, entries, (low_rank, core), v, dense @ v)


def test_captured_arrays_are_arguments():
    def fun(x):
        return jnp.sum((x[1:] - WEIGHTS[1:] * x[:-1]) ** 2) + (WEIGHTS @ x) ** 4

    closed, separation = separated(fun, N)
    assert closed.consts
    assert separation.used == {}
    others = [2 * np.asarray(constant) for constant in closed.consts]
    evaluator = compressed(closed.jaxpr, separation)
    x = np.linspace(0, 1, N)
    with sixty_four_bit():
        found = jax.jit(evaluator.evaluate)(evaluator.arrays, others, x)
        dense = jax.hessian(lambda x: jax.core.eval_jaxpr(closed.jaxpr, others, x)[0])(x)
    matrix = assembled(separation, *(np.asarray(part) for part in found[2:]))
    np.testing.assert_allclose(matrix, dense, rtol=1e-9, atol=1e-9)


def test_a_structure_that_rests_on_captured_values_says_so():
    places = np.array([3, 1, 4])
    factors = np.array([0.0, 1.0, 2.0])
    closed, separation = separated(lambda x: jnp.sum(factors * x[places]) ** 2, 5)
    assert separation.holds_for(closed.consts)
    assert not separation.holds_for([np.roll(c, 1) for c in closed.consts])
    entries = set(
        zip(separation.pattern.rows.tolist(), separation.pattern.cols.tolist(), strict=True)
    )
    assert entries == {(i, i) for i in range(5)} | {(4, 1)}


def test_a_missing_entry_is_caught():
    closed, separation = separated(rosenbrock, N)
    x, v = np.random.default_rng(1).normal(size=(2, N))
    _, _, entries, low_rank, core = evaluated(closed, separation, x)
    with sixty_four_bit():
        exact = np.asarray(jax.jvp(jax.grad(rosenbrock), (x,), (v,))[1])
    assert check_product(separation, entries, (low_rank, core), v, exact)
    broken = entries.copy()
    broken[41] = 0
    assert not check_product(separation, broken, (low_rank, core), v, exact)


@pytest.mark.parametrize(
    ("fun", "structure", "right"),
    [
        (rosenbrock, "tridiagonal", True),
        (rosenbrock, 1, True),
        (rosenbrock, 2, True),
        (rosenbrock, 0, False),
        (lambda x: rosenbrock(x) + x[0] * x[50], "tridiagonal", False),
        (rosenbrock, scipy.sparse.diags_array([1.0, 1.0], offsets=[0, 1], shape=(N, N)), True),
        (rosenbrock, np.eye(N, k=1, dtype=bool), True),
        (rosenbrock, np.eye(N, k=2, dtype=bool), False),
    ],
)
def test_a_wrong_declaration_is_caught(fun, structure, right):
    separation = declared(N, structure)
    with sixty_four_bit():
        closed = jax.make_jaxpr(fun)(np.zeros(N))
    x, v = np.random.default_rng(1).normal(size=(2, N))
    _, _, entries, low_rank, core = evaluated(closed, separation, x)
    with sixty_four_bit():
        exact = np.asarray(jax.jvp(jax.grad(fun), (x,), (v,))[1])
    assert check_product(separation, entries, (low_rank, core), v, exact) is right


@pytest.mark.parametrize(
    ("structure", "words"),
    [
        ("pentadiagonal", "is not known"),
        (-1, "between 0 and 4"),
        (5, "between 0 and 4"),
        (True, "has to be"),
        (2.5, "has to be"),
        (np.ones(5, bool), "has to be"),
        (np.ones((4, 4), bool), r"shape \(4, 4\)"),
        (scipy.sparse.eye_array(6), r"shape \(6, 6\)"),
        (np.full((5, 5), "x"), "has to be"),
    ],
)
def test_a_declaration_without_meaning_is_refused(structure, words):
    with pytest.raises(InvalidInput, match=words):
        declared(5, structure)


def test_a_dense_hessian_of_many_variables_is_given_up():
    n = 20_000
    _, separation = separated(lambda x: jnp.sum(jnp.cumsum(x) ** 2), n)
    assert separation.pattern is None
    assert separation.colouring is None
    assert "dependences" in separation.reason
    assert separation.seconds < 5


def test_a_search_without_time_is_given_up():
    _, separation = separated(rosenbrock, N, seconds=0.0)
    assert separation.pattern is None
    assert "time" in separation.reason or "pairs" in separation.reason


def test_an_unknown_primitive_is_taken_to_mix_everything():
    def fun(x):
        return jnp.sum(jnp.linalg.eigvalsh(jnp.diag(x[:3]) + jnp.ones((3, 3)))) + x[4] * x[5]

    _, separation = separated(fun, 6)
    entries = set(
        zip(separation.pattern.rows.tolist(), separation.pattern.cols.tolist(), strict=True)
    )
    assert {(1, 0), (2, 0), (2, 1), (5, 4)} <= entries
    assert (4, 0) not in entries
