"""A problem's derivatives, compiled once and handed to every solver alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse

from benchmarks.cutest.problems import Problem

DENSE_UP_TO = 200
"""Variables up to which the Hessian is a full array without a look at its pattern."""

ENTRIES_A_ROW = 150
"""Mean nonzeros in a row above which a pattern is not coloured: the colouring can't be interrupted
and takes minutes on a dense pattern."""

FULL_UP_TO = 3000
"""Variables up to which a Hessian without a useful pattern is still computed as a full array."""

Vector = np.ndarray


@dataclass(frozen=True)
class Hessian:
    """∇²φ as the values of its lower triangle's entries, at fixed rows and columns."""

    n: int
    rows: np.ndarray
    cols: np.ndarray
    lower: Callable[[Vector], Vector]
    """x ↦ the values at (rows, cols), shape (nnz,)."""
    full: Callable[[Vector], np.ndarray | sparse.csc_matrix]
    """x ↦ the symmetric matrix, an ndarray or a CSC matrix."""
    storage: str


@dataclass(frozen=True)
class Derivatives:
    """φ, ∇φ, ∇²φ and ∇²φ·v, each compiled, of NumPy arrays in 64 bits."""

    name: str
    function: Callable[[Any], Any]
    x0: Vector
    value: Callable[[Vector], Any]
    value_and_gradient: Callable[[Vector], tuple[Any, Any]]
    gradient: Callable[[Vector], Any]
    hessian_vector: Callable[[Vector, Vector], Any]
    hessian: Hessian | None
    """None where only products can be afforded."""
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """The number of variables."""
        return self.x0.size

    @property
    def storage(self) -> str:
        """How the Hessian is stored."""
        return self.hessian.storage if self.hessian else "products"


def compile_derivatives(problem: Problem) -> Derivatives:
    """Compile and call each function once, so that no solver pays for compilation."""
    import jax

    function = problem.function
    seconds: dict[str, float] = {}

    def product(x: Any, v: Any) -> Any:
        return jax.jvp(jax.grad(function), (x,), (v,))[1]

    hessian = _hessian(function, problem.x0, seconds)
    derivatives = Derivatives(
        name=problem.name,
        function=function,
        x0=problem.x0,
        value=jax.jit(function),
        value_and_gradient=jax.jit(jax.value_and_grad(function)),
        gradient=jax.jit(jax.grad(function)),
        hessian_vector=jax.jit(product),
        hessian=hessian,
        seconds=seconds,
    )
    began = time.perf_counter()
    x = problem.x0
    for _ in range(2):  # The second call settles what the first has compiled.
        np.asarray(derivatives.value(x))
        np.asarray(derivatives.value_and_gradient(x)[1])
        np.asarray(derivatives.gradient(x))
        np.asarray(derivatives.hessian_vector(x, np.ones_like(x)))
        if hessian:
            hessian.lower(x)
            hessian.full(x)
    seconds["compilation"] = time.perf_counter() - began
    return derivatives


def _hessian(
    function: Callable[[Any], Any], x0: Vector, seconds: dict[str, float]
) -> Hessian | None:
    """The Hessian in the storage that its pattern asks for; None where it can't be afforded."""
    if x0.size <= DENSE_UP_TO:
        return _dense(function, x0.size)
    import asdex

    began = time.perf_counter()
    try:
        pattern = asdex.hessian_sparsity(function, x0)
    except NotImplementedError:
        pattern = None
    seconds["detection"] = time.perf_counter() - began
    if pattern is None or pattern.nnz > ENTRIES_A_ROW * x0.size or 4 * pattern.nnz > x0.size**2:
        return _dense(function, x0.size) if x0.size <= FULL_UP_TO else None
    began = time.perf_counter()
    coloring = asdex.hessian_coloring_from_sparsity(pattern)
    seconds["colouring"] = time.perf_counter() - began
    return _sparse(asdex.hessian_from_coloring(function, coloring), pattern)


def _dense(function: Callable[[Any], Any], n: int) -> Hessian:
    """A full array."""
    import jax

    compiled = jax.jit(jax.hessian(function))
    rows, cols = np.tril_indices(n)

    def full(x: Vector) -> np.ndarray:
        return np.asarray(compiled(x))

    return Hessian(n, rows, cols, lambda x: full(x)[rows, cols], full, "dense")


def _sparse(hessian: Callable[[Any], Any], pattern: Any) -> Hessian:
    """A CSC matrix, from the entries of its lower triangle."""
    import jax

    all_rows, all_cols = np.asarray(pattern.rows), np.asarray(pattern.cols)
    kept = np.flatnonzero(all_rows >= all_cols)
    rows, cols = all_rows[kept].astype(np.int32), all_cols[kept].astype(np.int32)
    compiled = jax.jit(lambda x: hessian(x).data[kept])
    n = pattern.n
    # Where each entry of the full matrix, in CSC order, is found among the lower triangle's.
    places = sparse.coo_matrix((np.arange(1, rows.size + 1), (rows, cols)), shape=(n, n))
    full_places = (places + sparse.tril(places, -1).T).tocsc()
    full_places.sort_indices()
    source = full_places.data.astype(np.int64) - 1

    def lower(x: Vector) -> Vector:
        return np.asarray(compiled(x))

    def full(x: Vector) -> sparse.csc_matrix:
        entries = lower(x)[source]
        return sparse.csc_matrix((entries, full_places.indices, full_places.indptr), shape=(n, n))

    return Hessian(n, rows, cols, lower, full, "sparse")
