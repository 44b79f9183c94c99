"""A problem's derivatives, compiled once and handed to every solver alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

import numpy as np
from scipy import sparse

from benchmarks.cutest.problems import Problem
from extremum.linalg import SymmetricMatrix
from extremum.linalg.patterned import PatternedSymmetric
from extremum.objective import Counts, FunctionObjective, Parameters, make_objective
from extremum.objective.compiled import CompiledDerivatives
from extremum.objective.structure import MOST_PRODUCTS

FULL_UP_TO = 3000
"""Variables up to which a Hessian that has no useful pattern is still computed as a full array."""

Vector = np.ndarray


@dataclass(frozen=True)
class Hessian:
    """∇²φ as the values of its lower triangle's entries, at fixed rows and columns."""

    rows: np.ndarray
    cols: np.ndarray
    lower: Callable[[Vector], Vector]
    """x ↦ the values at (rows, cols), shape (nnz,)."""
    full: Callable[[Vector], np.ndarray | sparse.csc_array]
    """x ↦ the symmetric matrix, an ndarray or in CSC format."""
    storage: str


@dataclass(frozen=True)
class Derivatives:
    """φ, ∇φ, ∇²φ and ∇²φ·v, each compiled, of NumPy arrays in 64 bits."""

    name: str
    function: Callable[[Any], Any]
    x0: Vector
    value: Callable[[Vector], float]
    gradient: Callable[[Vector], Vector]
    value_and_gradient: Callable[[Vector], tuple[float, Vector]]
    hessian_vector: Callable[[Vector, Vector], Vector]
    hessian: Hessian | None
    """None where only products can be afforded."""
    symmetric: Callable[[Vector], SymmetricMatrix] | None = None
    """∇²φ in extremum's own storage; None where it would not form it."""
    together: Callable[[Vector], tuple[float, Vector, SymmetricMatrix]] | None = None
    """φ, ∇φ and ∇²φ by one compiled call, the last in extremum's own storage."""
    seconds: dict[str, float] | None = None
    """What it took: tracing, detection of the structure, colouring, compilation."""

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
    import jax.numpy as jnp

    function, x0 = problem.function, problem.x0
    began = time.perf_counter()
    objective = make_objective(function, Parameters.of(x0))
    # A function of jax.numpy has exact derivatives.
    source = cast(CompiledDerivatives, objective.hessians)

    def packed(x: Any) -> Any:
        # In one array: to hand over each array costs as much as a small function.
        value, gradient = jax.value_and_grad(function)(x)
        return jnp.append(gradient, value)

    def product(x: Any, v: Any) -> Any:
        return jax.jvp(jax.grad(function), (x,), (v,))[1]

    value, gradient = jax.jit(function), jax.jit(jax.grad(function))
    both, hessian_vector = jax.jit(packed), jax.jit(product)

    def value_and_gradient(x: Vector) -> tuple[float, Vector]:
        found = np.asarray(both(x))
        return float(found[-1]), found[:-1]

    formed = not objective.products_only
    derivatives = Derivatives(
        name=problem.name,
        function=function,
        x0=x0,
        value=lambda x: float(np.asarray(value(x))),
        gradient=lambda x: np.asarray(gradient(x)),
        value_and_gradient=value_and_gradient,
        hessian_vector=lambda x, v: np.asarray(hessian_vector(x, v)),
        hessian=_entries(objective, source, x0),
        symmetric=(lambda x: source.hessian(x, Counts())) if formed else None,
        together=(lambda x: source.value_gradient_hessian(x, Counts())) if formed else None,
    )
    _call_all(derivatives)
    seconds = asdict(source.spent) | {"all": time.perf_counter() - began}
    return replace(derivatives, seconds=seconds)


def _call_all(derivatives: Derivatives) -> None:
    """Compile by a first call; the second settles what the first has left."""
    x = derivatives.x0
    for _ in range(2):
        derivatives.value(x)
        derivatives.gradient(x)
        derivatives.value_and_gradient(x)
        derivatives.hessian_vector(x, np.ones_like(x))
        if derivatives.hessian:
            derivatives.hessian.lower(x)
        if derivatives.together:
            derivatives.together(x)


def _entries(
    objective: FunctionObjective, source: CompiledDerivatives, x0: Vector
) -> Hessian | None:
    """The Hessian's entries, by the structure that extremum finds; None where they are too many."""
    separation = source.separation
    if separation is None and objective.products_only:
        # A pattern that extremum finds too costly to factor may still serve others.
        found = source.detected(x0.size)
        if found.pattern is not None and found.colours <= MOST_PRODUCTS * x0.size:
            separation = found
    if separation is not None and separation.rank == 0:
        return _sparse(source.separated(separation))
    return _dense(source, x0.size) if x0.size <= FULL_UP_TO else None


def _dense(source: CompiledDerivatives, n: int) -> Hessian:
    """A full array, without the structure."""
    plain = replace(source, separation=None)
    rows, cols = np.tril_indices(n)

    def full(x: Vector) -> np.ndarray:
        return plain.hessian(x, Counts()).toarray()

    return Hessian(rows, cols, lambda x: full(x)[rows, cols], full, "dense")


def _sparse(source: CompiledDerivatives) -> Hessian:
    """The entries of its pattern, which extremum keeps in the order of its columns."""

    def matrix(x: Vector) -> PatternedSymmetric:
        return cast(PatternedSymmetric, source.hessian(x, Counts()))

    assert source.separation is not None
    pattern = source.separation.pattern
    assert pattern is not None
    return Hessian(
        pattern.rows,
        pattern.cols,
        lambda x: matrix(x).values,
        lambda x: matrix(x).to_scipy(),
        "sparse",
    )
