"""Loops over the variables: rolled up, bounded, and what is said of those that are too long."""

import math
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import extremum as ex
from extremum.objective import Parameters, make, make_objective, recording
from extremum.objective.rolling import rolled
from extremum.objective.tracing import TracedArray, unwrap_result


def chained(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def looped(x):
    total = 0.0
    for i in range(x.size - 1):
        total += 100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2
    return total


def subtracted(x):
    total = 1.0
    for i in range(x.size):
        total -= np.sin(x[i]) - i * x[-i] / (1 + x[i] ** 2)
    return total


def grid(x):
    """A double loop over a matrix, with a border that is treated otherwise."""
    X, total = x.reshape(8, -1), 0.0
    for i in range(X.shape[0]):
        for j in range(X.shape[1]):
            below = X[i - 1, j] if i > 0 else 2.0
            total = total + (X[i, j] - below) ** 4 + np.exp(X[i, j] / (1 + j))
    return total


def rows(x):
    """Sums of sums: residuals, each of many terms."""
    total = 0.0
    for i in range(20):
        row = 0.0
        for j in range(x.size):
            row += math.cos(i * j) * x[j]
        total += (row - i) ** 2
    return total


def collected(x):
    y = np.zeros_like(x)
    for i in range(x.size):
        y[i] = x[i] ** 2 if i % 2 else x[i] ** 3
    return np.sum(y[1:] * y[:-1]) + x @ x


def listed(x):
    y = np.stack([3.0, *[np.tanh(x[i] - x[i - 1]) for i in range(x.size)]])
    return np.sum(y[1:] * y[:-1] ** 2) + x @ x


def recurrence(x):
    y = x[0]
    for _ in range(300):
        y = y + x[1] * np.sin(y)
    return y


FUNCTIONS = [looped, subtracted, grid, rows, collected, listed, recurrence]


def followed(fun, n):
    with jax.enable_x64(True):
        return jax.make_jaxpr(lambda x: unwrap_result(fun(TracedArray(x))))(np.zeros(n))


@pytest.mark.parametrize("fun", FUNCTIONS)
@pytest.mark.parametrize("n", [8, 64])
def test_the_value_and_the_gradient_are_those_of_the_function(fun, n):
    closed = followed(fun, n)
    with jax.enable_x64(True):
        short = rolled(closed, n)
        value = lambda x: jax.core.eval_jaxpr(short.jaxpr, short.consts, x)[0]  # noqa: E731
        before = lambda x: jax.core.eval_jaxpr(closed.jaxpr, closed.consts, x)[0]  # noqa: E731
        for seed in range(2):
            x = np.random.default_rng(seed).normal(size=n)
            np.testing.assert_allclose(value(x), fun(x), rtol=1e-12)
            if n == 8:  # run step by step, the derivative of a long program takes its time
                expected = jax.grad(before)(x)
                np.testing.assert_allclose(jax.grad(value)(x), expected, rtol=1e-9, atol=1e-12)
    assert short.jaxpr.invars[0].aval.shape == (n,)


@pytest.mark.parametrize("fun", [looped, subtracted, grid, listed])
def test_what_is_left_has_the_length_of_the_loops_body(fun):
    short, long = followed(fun, 64), followed(fun, 320)
    assert len(long.jaxpr.eqns) > 4 * len(short.jaxpr.eqns)
    with jax.enable_x64(True):
        lengths = [len(rolled(closed, n).jaxpr.eqns) for closed, n in ((short, 64), (long, 320))]
    assert lengths[1] <= lengths[0] + 10 < 100


@pytest.mark.parametrize("n", [300, 1000])
def test_a_loop_over_many_variables(n):
    made = make_objective(looped, Parameters.of(np.zeros(n)))
    assert made.source == "exact (NumPy traced by JAX)"
    assert made.structure == "tridiagonal"
    x, reference = np.sin(np.arange(n)), make_objective(chained, Parameters.of(np.zeros(n)))
    np.testing.assert_allclose(
        made.value_and_gradient(x)[1], reference.value_and_gradient(x)[1], rtol=1e-12, atol=1e-9
    )
    np.testing.assert_allclose(made.hessian(x).toarray(), reference.hessian(x).toarray(), atol=1e-9)


def test_a_loop_in_jax():
    def fun(x):
        total = 0.0
        for i in range(150):
            total = total + jnp.square(x[i] - i)
        return total

    result = ex.minimize(fun, np.zeros(150))
    assert result.source == "exact (JAX)"
    np.testing.assert_allclose(result.x, np.arange(150), atol=1e-7)


def test_a_recurrence_is_not_compiled_for_minutes():
    with pytest.warns(ex.DerivativeWarning, match=r"operations of single numbers.*slices.*np\.sum"):
        result = ex.minimize(lambda x: (recurrence(x) - 1) ** 2 + x[1] ** 2, [0.5, 0.1], maxiter=3)
    assert result.source == "central differences"


def test_following_is_bounded_in_time(monkeypatch):
    """In 100 000 variables: given up after its time, and refused, for differences take hours."""
    monkeypatch.setattr(recording, "MOST_SECONDS", 0.5)
    started = time.perf_counter()
    with pytest.raises(ex.Untraceable, match=r"slices.*One gradient by differences would take"):
        ex.minimize(looped, np.zeros(100_000))
    assert time.perf_counter() - started < 60  # not the hours of what was refused


def test_a_given_gradient_needs_no_following(monkeypatch):
    monkeypatch.setattr(recording, "MOST_SECONDS", 0.0)
    monkeypatch.setattr(make, "MOST_SECONDS", 0.0)
    by_hand = ex.minimize(chained, np.full(100, 0.5), maxiter=0).objective.value_and_gradient
    result = ex.minimize(looped, np.full(100, 0.5), jac=lambda x: by_hand(x)[1], maxiter=2)
    assert result.source == "the user's jac"


def test_the_bound_does_not_touch_functions_of_arrays(monkeypatch):
    monkeypatch.setattr(recording, "MOST_SECONDS", 0.0)
    made = make_objective(chained, Parameters.of(np.zeros(1000)))
    assert made.source == "exact (NumPy traced by JAX)"
