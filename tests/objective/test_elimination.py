"""Elimination for many small matrices, against LAPACK's by way of NumPy."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

from extremum.mechanics import Lagrangian
from extremum.objective import motion, shots
from extremum.objective.elimination import UNROLLED, solved
from extremum.objective.local import LocalFunction

MANY = 64
SIZES = (1, 2, 3, UNROLLED, UNROLLED + 1, 9)


def many_solved(matrices: Any, right: Any) -> np.ndarray:
    with jax.enable_x64(True):
        return np.asarray(jax.jit(jax.vmap(solved))(matrices, right))


def problems(d: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Matrices of one kind, and right-hand sides."""
    random = np.random.default_rng(d)
    matrices, right = random.normal(size=(MANY, d, d)), random.normal(size=(MANY, d))
    if kind == "permuted":  # zeros where the first pivots would be
        orders = random.permuted(np.tile(np.arange(d), (MANY, 1)), axis=1)
        matrices = np.eye(d)[orders] * random.uniform(1, 2, (MANY, d, 1))
    if kind == "badly scaled":
        sizes = 10.0 ** random.uniform(-12, 12, (MANY, d, 1))
        matrices, right = sizes * matrices, sizes[..., 0] * right
    return matrices, right


@pytest.mark.parametrize("d", SIZES)
@pytest.mark.parametrize("kind", ["random", "permuted", "badly scaled"])
def test_solutions_are_those_of_lapack(d: int, kind: str) -> None:
    matrices, right = problems(d, kind)
    found = many_solved(matrices, right)
    # Relative to what rounding of the entries may do to each solution; rows may have any scale.
    sizes = np.abs(matrices).max(2, keepdims=True)
    level = np.linalg.cond(matrices / sizes) * np.finfo(float).eps
    exact = np.linalg.solve(matrices / sizes, (right / sizes[..., 0])[..., None])[..., 0]
    error = np.abs(found - exact).max(1) / np.abs(exact).max(1)
    assert (error <= 50 * d * level).all()


def test_pivots_are_needed() -> None:
    """Without row exchanges nothing would be left of the second equation."""
    matrix, right = np.array([[[1e-20, 1.0], [1.0, 1.0]]]), np.array([[1.0, 2.0]])
    np.testing.assert_allclose(many_solved(matrix, right), [[1.0, 1.0]], rtol=1e-15)


@pytest.mark.parametrize("d", SIZES)
def test_singular_matrices_give_nothing_finite(d: int) -> None:
    singular = np.zeros((MANY, d, d))
    singular[:, : d - 1, : d - 1] = np.eye(d - 1)
    singular[:, 0, d - 1] = 1.0 if d > 1 else 0.0
    assert not np.isfinite(many_solved(singular, np.ones((MANY, d)))).all(1).any()


@pytest.mark.parametrize("d", SIZES)
def test_derivative(d: int) -> None:
    """A dx = db − dA x."""
    matrices, right = problems(d, "random")
    ways = problems(d + 100, "random")
    d_matrices, d_right = ways[0][:, :d, :d], ways[1][:, :d]

    def moved(*arguments: Any) -> Any:
        return jax.jvp(solved, arguments[:2], arguments[2:])[1]

    with jax.enable_x64(True):
        found = np.asarray(jax.jit(jax.vmap(moved))(matrices, right, d_matrices, d_right))
    x = np.linalg.solve(matrices, right[..., None])
    exact = np.linalg.solve(matrices, d_right[..., None] - d_matrices @ x)[..., 0]
    level = np.linalg.cond(matrices) ** 2 * np.finfo(float).eps
    assert (np.abs(found - exact).max(1) <= 50 * d * level * np.abs(exact).max(1)).all()


@pytest.mark.parametrize("d", [2, UNROLLED + 1])
def test_motions_are_compiled_without_calls_of_lapack(d: int) -> None:
    """Two calls of LAPACK for a batch at a time can wait for each other for ever."""

    def coupled(t: Any, q: Any, v: Any) -> Any:
        return (1 + q[0] ** 2) * (v @ v) / 2 + v[0] * v[1] / 3 - q @ q

    local: LocalFunction = Lagrangian(coupled).traced(0.0, np.ones(d), np.ones(d)).local
    function, captured = local.program
    kernels, shot = motion._kernels(function, d), shots._kernel(function, d)
    rows, t, v = np.ones((4, 1 + 3 * d)), np.linspace(0, 1, 3), np.ones((4, d))
    with jax.enable_x64(True):
        texts = [
            kernels.of_velocity.lower(captured, rows[:, : 1 + 2 * d]).as_text(),
            kernels.of_momentum.lower(captured, rows).as_text(),
            shot.lower(captured, t, 2, np.ones(d), v).as_text(),
        ]
        lapack = jax.jit(jax.vmap(jax.numpy.linalg.solve)).lower(np.ones((4, d, d)), v).as_text()
    assert "lapack" in lapack
    assert not any("lapack" in text for text in texts)
