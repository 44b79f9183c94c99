"""Patterns found, against the nonzeros of dense Hessians at random points."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy.special import logsumexp

from extremum.objective.function import sixty_four_bit
from extremum.objective.separation import structure_of

N = 8
MATRIX = np.random.default_rng(5).normal(size=(N, N))
SPARSE = np.where(np.arange(N)[:, None] - np.arange(N) == 2, MATRIX, 0.0)
HALF = np.arange(N) % 2 * 1.0
PLACES = np.array([3, 0, 5, 3])


def nonzeros(fun, n, low=0.3, high=1.7):
    """Where the dense Hessian is nonzero at any of several points."""
    found = np.zeros((n, n), bool)
    rng = np.random.default_rng(1)
    with sixty_four_bit():
        hessian = jax.jit(jax.hessian(fun))
        for _ in range(4):
            found |= np.asarray(hessian(rng.uniform(low, high, n))) != 0
    return found | np.eye(n, dtype=bool)


def pattern(fun, n):
    with sixty_four_bit():
        closed = jax.make_jaxpr(fun)(np.zeros(n))
        separation = structure_of(closed.jaxpr, closed.consts, n, 10.0)
    assert separation.reason == ""
    assert not separation.cuts
    found = np.zeros((n, n), bool)
    rows, cols = separation.pattern.rows, separation.pattern.cols
    assert (rows >= cols).all()
    assert (np.diff(cols.astype(np.int64) * n + rows) > 0).all()
    found[rows, cols] = found[cols, rows] = True
    return found


def looped(x):
    return jax.lax.fori_loop(0, N - 1, lambda i, s: s + x[i] ** 2 * x[i + 1], 0.0)


def scanned(x):
    def turn(carry, element):
        return carry + element, carry * element

    last, products = jax.lax.scan(turn, x[0], x[1:4])
    return jnp.sum(products) + last**2


def scanned_backwards(x):
    _, products = jax.lax.scan(lambda c, e: (e, c * e), x[0] * 0, x, reverse=True)
    return jnp.sum(products)


def branching(x):
    return jax.lax.cond(x[0] > 1, lambda y: y[1] * y[2], lambda y: jnp.sin(y[3]) + y[1], x)


def changed_in_place(x):
    y = x.at[2].add(x[5]).at[jnp.array([0, 1])].set(x[6:8])
    return jnp.sum(y**2)


def repeated_scatter(x):
    return jnp.sum(jnp.zeros(3).at[jnp.array([0, 0, 2, 1])].add(x[:4]) ** 2)


def wide_custom_rule(x):
    return jnp.sum(jax.nn.softplus(x[1:] - x[:-1])) + jnp.sum(jax.nn.relu(x) ** 3)


@jax.custom_vjp
def with_own_rule(x):
    return jnp.sin(x)


with_own_rule.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (g * jnp.cos(x),))

TIGHT = {
    "linear": lambda x: jnp.sum(3 * x - x[::-1]),
    "separable": lambda x: jnp.sum(jnp.exp(x) + x**3 + jnp.log(x)),
    "chained Rosenbrock": lambda x: jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2),
    "product": lambda x: x[0] * x[1] + x[3] * x[4] * x[5],
    "square as a product": lambda x: jnp.sum(x * x),
    "quotient": lambda x: x[0] / x[1] + 1 / x[2] + x[3] / 7,
    "powers": lambda x: x[0] ** x[1] + 2.0 ** x[2] + x[3] ** 1 + x[4] ** 1.5,
    "arctangent of two": lambda x: jnp.arctan2(x[0], x[1]),
    "broadcast": lambda x: jnp.sum(jnp.exp(x[:3, None] * x[None, 3:5]) / (x[5:8, None] - 9)),
    "where": lambda x: jnp.sum(jnp.where(x > 1, x**2, x)),
    "known zeros": lambda x: jnp.sum((HALF * x + jnp.roll(x, 1)) ** 2),
    "maximum": lambda x: jnp.sum(jnp.maximum(x[:4], x[4:]) + jnp.abs(x[:4])),
    "steps": lambda x: jnp.sum(jnp.floor(x) * jnp.sign(x) * jnp.roll(x, 1)),
    "differences": lambda x: jnp.sum(jnp.diff(x, 2) ** 2),
    "pad, reverse and stack": lambda x: jnp.sum(
        jnp.concatenate([jnp.pad(x, (1, 2)), x[::-3]])[2:9:2] ** 2
    ),
    "reshape and transpose": lambda x: jnp.sum(jnp.prod(x.reshape(2, 4).T, axis=1)),
    "repeat": lambda x: jnp.sum((jnp.repeat(x, 2) - jnp.tile(x, 2)) ** 2),
    "gather": lambda x: jnp.sum(x[PLACES] ** 2 * x[PLACES + 1]),
    "rows gathered": lambda x: jnp.sum(jnp.prod(x.reshape(4, 2)[jnp.array([1, 3])], axis=1)),
    "columns gathered": lambda x: jnp.sum(jnp.prod(x.reshape(2, 4)[:, jnp.array([1, 3])], axis=0)),
    "changed in place": changed_in_place,
    "repeated scatter": repeated_scatter,
    "sparse matrix": lambda x: jnp.sum((SPARSE @ x - x) ** 2),
    "bilinear form": lambda x: x @ (SPARSE @ x),
    "matrix product": lambda x: jnp.sum(x[:4].reshape(2, 2) @ x[4:].reshape(2, 2)),
    "batched product": lambda x: jnp.sum(
        jnp.einsum("bij,bjk->bik", x.reshape(2, 2, 2), x.reshape(2, 2, 2))
    ),
    "outer product by einsum": lambda x: jnp.sum(jnp.einsum("i,j->ij", x[:2], x[2:5])),
    "cumulative sum": lambda x: jnp.sum(jnp.cumsum(x[:4]) ** 2),
    "weighted convolution": lambda x: jnp.sum(
        jnp.convolve(x, jnp.array([1.0, 0, -2]), "same") ** 2
    ),
    "own convolution": lambda x: jnp.sum(jnp.convolve(x[:3], x[3:6], "full") * jnp.arange(1, 6)),
    "reduced product": lambda x: jnp.prod(x[:4]),
    "maximum of parts": lambda x: jnp.sum(jnp.max(x.reshape(4, 2), axis=1)),
    "sum of parts": lambda x: jnp.sum(jnp.sum(x.reshape(4, 2), axis=1) ** 2),
    "linear sort": lambda x: jnp.sum(jnp.sort(x) * jnp.arange(N)) + x[0] ** 2,
    "loop": looped,
    "scan": scanned,
    "scan backwards": scanned_backwards,
    "custom rules": wide_custom_rule,
    "own derivative rule": lambda x: jnp.sum(with_own_rule(x)),
    "nested jit": lambda x: jnp.sum(jax.jit(lambda y: jax.jit(jnp.sin)(y) * y)(x)),
    "checkpoint": lambda x: jnp.sum(jax.checkpoint(lambda y: y[1:] * y[:-1])(x)),
    "dead code": lambda x: (jnp.sum(x) ** 2, jnp.sum(x**2))[1],
    "stopped": lambda x: jnp.sum(jax.lax.stop_gradient(jnp.sum(x)) * x**2),
    "linear in the end": lambda x: (
        jnp.cumsum(jnp.sin(x))[-1] + jnp.fft.ifft(jnp.fft.fft(x)).real[0]
    ),
    "vmapped": lambda x: jnp.sum(jax.vmap(lambda a, b: jnp.sin(a * b))(x[:4], x[4:])),
    "dynamic slice": lambda x: jnp.sum(jax.lax.dynamic_slice(x, (jnp.array(2),), (3,)) ** 3),
    "dynamic update": lambda x: jnp.sum(
        jax.lax.dynamic_update_slice(x, x[:2], (jnp.array(3),)) ** 2
    ),
    "stack": lambda x: jnp.sum(jnp.prod(jnp.stack([x[:4], x[4:]], axis=1), axis=1)),
    "window": lambda x: jnp.sum(jnp.convolve(x, jnp.ones(3), "valid") ** 2),
    "split": lambda x: (lambda a, b: jnp.sum(a * b))(*jnp.split(x, 2)),
    "complex": lambda x: jnp.sum(jnp.abs(x[:4] + 1j * x[4:])),
}
"""Functions whose patterns are exactly their Hessians' nonzeros."""

SOUND = {
    "mask": lambda x: jnp.sum(jnp.where(HALF > 0, jnp.roll(x, 1) * x, x)),
    "branches": branching,
    "sort": lambda x: jnp.sum(jnp.sort(x[:4]) ** 2),
    "cumulative product": lambda x: jnp.sum(jnp.cumprod(x[:4])),
    "cumulative log-sum-exp": lambda x: jnp.sum(jax.lax.cumlogsumexp(x[:4])),
    "place that depends on x": lambda x: x[jnp.argmax(x[:3])] ** 2 + x[6] * x[7],
    "slice that depends on x": lambda x: jnp.sum(
        jax.lax.dynamic_slice(x, ((x[0] > 1).astype(int),), (3,)) ** 3
    ),
    "log-sum-exp": lambda x: logsumexp(x[:5]),
    "solution": lambda x: jnp.linalg.solve(MATRIX + jnp.diag(x), x)[0],
    "known matrix": lambda x: jnp.sum(jnp.linalg.solve(MATRIX, x) ** 2),
    "determinant": lambda x: jnp.linalg.slogdet(x[:4].reshape(2, 2) + 3 * jnp.eye(2))[1],
    "Cholesky": lambda x: jnp.sum(
        jnp.linalg.cholesky(x[:4].reshape(2, 2) @ x[:4].reshape(2, 2).T + jnp.eye(2))
    ),
    "eigenvalues": lambda x: jnp.linalg.eigvalsh(jnp.diag(x[:3]) + jnp.ones((3, 3)))[0],
    "transform": lambda x: jnp.sum(jnp.abs(jnp.fft.rfft(x)) ** 2),
    "interpolation": lambda x: jnp.sum(jnp.interp(x, jnp.arange(3.0), jnp.arange(3.0) ** 2)),
    "median": lambda x: jnp.median(x) ** 2 + jnp.var(x[:3]),
    "special functions": lambda x: jnp.sum(
        jax.scipy.special.gammaln(x) + jax.scipy.special.erf(x) + jax.scipy.special.i0e(x)
    ),
    "scatter by product": lambda x: jnp.sum(
        x.at[jnp.array([1, 2])].multiply(x[4:6], unique_indices=True)
    ),
    "top": lambda x: jnp.sum(jax.lax.top_k(x[:4], 2)[0] ** 2),
    "associative scan": lambda x: jnp.sum(jax.lax.associative_scan(jnp.multiply, x)),
    "top along an axis": lambda x: jnp.sum(jax.lax.top_k(x.reshape(4, 2), 2)[0] ** 2),
    "moving maximum": lambda x: (
        jnp.sum(jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (2,), (1,), "VALID")) + x[0] ** 2
    ),
    "barrier": lambda x: jnp.sum(
        jnp.prod(jnp.stack(jax.lax.optimization_barrier((x[:2], x[2:4]))))
    ),
    "map": lambda x: jnp.sum(jax.lax.map(lambda e: jnp.sin(e) * e, x)),
}
"""Functions whose patterns hold at least their Hessians' nonzeros."""


@pytest.mark.parametrize("name", TIGHT)
def test_the_pattern_is_exactly_the_nonzeros(name):
    fun = TIGHT[name]
    found, wanted = pattern(fun, N), nonzeros(fun, N)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("name", SOUND)
def test_no_nonzero_is_missed(name):
    fun = SOUND[name]
    assert not (nonzeros(fun, N) & ~pattern(fun, N)).any()
