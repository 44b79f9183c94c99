"""Value, gradient and the separated Hessian in one program, from few products.

Cut quantities u = g(x, u) become variables of their own. With L(x, u) = F(x, u) + λᵀg(x, u), where
F is φ with u given and λ = ∂F/∂u + (∂g/∂u)ᵀλ is the derivative of φ by u, and with W = ∇²L made of
the blocks S, B = ∂²L/∂x∂u and D = ∂²L/∂u², J = du/dx (k × n), the chain rule gives
∇φ = ∂L/∂x and ∇²φ = S + B J + Jᵀ Bᵀ + Jᵀ D J = S + U C Uᵀ, U = [Jᵀ, B], C = [[D, I], [I, 0]].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from extremum.objective.parameters import Vector
from extremum.objective.separation.products import in_turns
from extremum.objective.separation.program import Program
from extremum.objective.separation.separation import Separation

ROW_TOLERANCE = np.finfo(float).eps ** 0.5
"""A product may differ by this from the exact one, relative to the sum of moduli in its row."""

FLOOR = np.finfo(float).eps ** 0.75
"""… and by this, relative to the largest such sum."""


@dataclass(frozen=True, eq=False)
class Compressed:
    """The evaluator of a separation.

    Attributes
    ----------
    arrays : dict
        What the program reads besides: the seeds, and where the entries are in the products.
    evaluate : callable
        ``evaluate(arrays, captured, x) -> (value, gradient, entries, U, C)`` for JAX to compile:
        the gradient of shape (n,), the pattern's entries of shape (nnz,), U of shape (n, r) and
        C of shape (r, r).
    """

    arrays: dict[str, Any]
    evaluate: Callable[..., tuple[Any, Any, Any, Any, Any]]


def compressed(jaxpr: Any, separation: Separation) -> Compressed:
    """Build the evaluator; the separation has to have a pattern."""
    colouring = separation.colouring
    assert colouring is not None
    arrays = {
        "colours": colouring.colours.astype(np.int32),
        "rows": colouring.rows.astype(np.int32),
        "seeds": colouring.seeds.astype(np.int32),
    }
    return Compressed(arrays, partial(_evaluate, Program.of(jaxpr), separation))


def _evaluate(
    program: Program,
    separation: Separation,
    arrays: dict[str, Any],
    captured: Sequence[Any],
    x: Any,
) -> tuple[Any, Any, Any, Any, Any]:
    n, k = separation.n, separation.coupled.size
    value, u = _outputs(program, separation.cuts, captured, x)

    def substituted(z: Any) -> tuple[Any, Any]:
        """F and g at z = (x, u)."""
        return _outputs(program, separation.cuts, captured, z[:n], z[n:])

    z = jnp.concatenate([x, u])
    if k:
        # ∂F/∂z and ∂g/∂z; the latter is a few rows.
        _, back = jax.vjp(substituted, z)
        (slope,) = back((jnp.ones_like(value), jnp.zeros(k)))
        (rows,) = jax.vmap(lambda e: back((jnp.zeros_like(value), e)))(jnp.eye(k))
        later = jnp.eye(k) - rows[:, n:]  # I − ∂g/∂u, unit lower triangular
        solve = partial(jax.scipy.linalg.solve_triangular, lower=True, unit_diagonal=True)
        multipliers = solve(later, slope[n:], trans=1)
        jacobian = solve(later, rows[:, :n])
    else:
        multipliers, jacobian = jnp.zeros(0), jnp.zeros((0, n))

    def gradient(z: Any) -> Any:
        def lagrangian(z: Any) -> Any:
            objective, definitions = substituted(z)
            return objective + multipliers @ definitions

        return jax.grad(lagrangian)(z)

    total, product = jax.linearize(gradient, z)
    colours = jnp.concatenate([arrays["colours"], separation.colours + jnp.arange(k)])

    def compress(seed: Any) -> Any:
        return product((colours == seed).astype(z.dtype))

    products = in_turns(compress, separation.colours + k, program)
    entries = products[arrays["seeds"], arrays["rows"]]
    if not k:
        return value, total[:n], entries, jnp.zeros((n, 0)), jnp.zeros((0, 0))
    coupled = np.flatnonzero(separation.coupled)
    cross = products[separation.colours + coupled, :n]  # Bᵀ, its rows that aren't zero
    curvature = products[separation.colours :, n:]  # D
    unit = jnp.eye(k)[:, coupled]
    return (
        value,
        total[:n],
        entries,
        jnp.concatenate([jacobian, cross]).T,
        jnp.block([[curvature, unit], [unit.T, jnp.zeros((coupled.size, coupled.size))]]),
    )


def _outputs(
    program: Program, cuts: tuple[int, ...], captured: Sequence[Any], x: Any, given: Any = None
) -> tuple[Any, Any]:
    """φ and the cut quantities at x; with those `given` in their places, F and g."""
    found = []
    place = 0

    def exchange(array: int, value: Any) -> Any:
        nonlocal place
        if array not in cuts:
            return value
        found.append(jnp.ravel(value))
        if given is None:
            return value
        part = given[place : place + value.size].reshape(value.shape)
        place += value.size
        return part

    (value,) = program.evaluate([*captured, x], exchange)
    return value, jnp.concatenate(found) if found else jnp.zeros(0)


def check_product(
    separation: Separation,
    entries: Vector,
    factors: tuple[Vector, Vector],
    v: Vector,
    product: Vector,
) -> bool:
    """Whether ∇²φ·v in the separated form is what it is exactly: the guard against a mistake.

    Parameters
    ----------
    separation : Separation
        The structure.
    entries : ndarray of shape (nnz,)
        The entries of S at a point.
    factors : tuple of ndarray of shapes (n, r) and (r, r)
        U and C there.
    v : ndarray of shape (n,)
        A vector in general position: one drawn at random.
    product : ndarray of shape (n,)
        ∇²φ·v there, by a product that knows nothing of structure.
    """
    assert separation.pattern is not None
    rows, cols = separation.pattern.rows, separation.pattern.cols
    low_rank, core = factors

    def multiply(entries: Vector, low_rank: Vector, core: Vector, v: Vector) -> Vector:
        n, below = separation.n, rows != cols
        result = np.bincount(rows, entries * v[cols], n)
        result += np.bincount(cols[below], (entries * v[rows])[below], n)
        return np.asarray(result + low_rank @ (core @ (low_rank.T @ v)))

    found = multiply(entries, low_rank, core, v)
    scale = multiply(abs(entries), abs(low_rank), abs(core), abs(v))
    allowed = ROW_TOLERANCE * scale + FLOOR * scale.max(initial=0)
    return bool(np.all(abs(found - product) <= allowed))
