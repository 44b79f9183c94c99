"""Gaussian elimination for many small matrices at once; to be traced by JAX under `vmap`.

LAPACK's routines, as `jax.numpy.linalg` calls them for a batch, share it out among the threads of
the pool that the compiled program runs in too: two such calls at a time can wait for each other for
ever. Written out, elimination is arithmetic like any other, and for a few rows it is quicker.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

UNROLLED = 4
"""Matrices of more rows are eliminated in a loop: written out, they would take long to compile."""


def solved(matrix: Any, right: Any) -> Any:
    """Solve by LU with row pivots (Golub & Van Loan, Matrix Computations, algorithm 3.4.1).

    Parameters
    ----------
    matrix : JAX array of shape (d, d)
    right : JAX array of shape (d,)

    Returns
    -------
    JAX array of shape (d,)
        Not finite where a pivot is zero. Its derivative is solved for with the same factors.
    """
    if len(right) == 1:
        return right / matrix[0]
    factors, places = _factored(jax.lax.stop_gradient(matrix))

    def substituted(_: Any, right: Any) -> Any:
        return _substituted(factors, right[places])

    return jax.lax.custom_linear_solve(lambda x: (matrix * x).sum(1), right, substituted)


def _factored(matrix: Any) -> Any:
    """L below the diagonal and U, and which row of the matrix is each of theirs."""
    rows = jnp.arange(len(matrix))

    def eliminated(k: Any, carried: tuple[Any, Any]) -> tuple[Any, Any]:
        factors, places = carried
        sizes = jnp.where(rows < k, -1.0, jnp.abs(factors[:, k]))
        pivot = jnp.argmax(sizes)
        # Rows k and `pivot` change places.
        exchanged = jnp.where(rows == k, pivot, jnp.where(rows == pivot, k, rows))
        factors, places = factors[exchanged], places[exchanged]
        multipliers = jnp.where(rows > k, factors[:, k] / factors[k, k], 0.0)
        beyond = jnp.where(rows > k, factors[k], 0.0)
        factors = factors - multipliers[:, None] * beyond
        return jnp.where((rows[:, None] > k) & (rows == k), multipliers[:, None], factors), places

    return _for_each(eliminated, len(matrix), (matrix, rows))


def _substituted(factors: Any, right: Any) -> Any:
    d = len(right)
    rows = jnp.arange(d)

    def forward(k: Any, x: Any) -> Any:
        return x - jnp.where(rows > k, factors[:, k], 0.0) * x[k]

    def back(last: Any, x: Any) -> Any:
        k = d - 1 - last
        x = jnp.where(rows == k, x / factors[k, k], x)
        return x - jnp.where(rows < k, factors[:, k], 0.0) * x[k]

    return _for_each(back, d, _for_each(forward, d, right))


def _for_each(step: Any, d: int, first: Any) -> Any:
    return jax.lax.fori_loop(0, d, step, first, unroll=d <= UNROLLED)
