"""Negative eigenvalues, by each of the ways that find them, beside matrices that have none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from benchmarks.cutest import curvature
from benchmarks.cutest.curvature import least_curvature
from benchmarks.cutest.derivatives import Derivatives, Hessian

N = 100


def quadratic(matrix, storage: str) -> Derivatives:
    """½ xᵀAx: only its Hessian is looked at."""
    hessian = Hessian(np.empty(0), np.empty(0), np.ravel, lambda x: matrix, storage)
    return Derivatives(
        name="quadratic",
        function=np.sum,
        x0=np.zeros(N),
        value=np.sum,
        value_and_gradient=np.sum,
        gradient=np.ravel,
        hessian_vector=lambda x, v: matrix @ v,
        hessian=None if storage == "products" else hessian,
    )


def laplacian(least: float):
    """A matrix of second differences, moved so that its least eigenvalue is this one."""
    matrix = sparse.diags_array(
        [-np.ones(N - 1), 2 * np.ones(N), -np.ones(N - 1)], offsets=[-1, 0, 1]
    )
    smallest = 2 - 2 * np.cos(np.pi / (N + 1))
    return (matrix + (least - smallest) * sparse.eye_array(N)).tocsc()


@pytest.mark.parametrize("all_up_to", [1100, 10], ids=["small", "large"])
@pytest.mark.parametrize("storage", ["dense", "sparse", "products"])
@pytest.mark.parametrize("least", [-0.5, -1e-3, 1e-3, 0.5])
def test_the_sign_is_found(monkeypatch, all_up_to, storage, least):
    monkeypatch.setattr(curvature, "ALL_UP_TO", all_up_to)
    matrix = laplacian(least)
    found = least_curvature(
        quadratic(matrix.toarray() if storage == "dense" else matrix, storage), np.zeros(N)
    )
    assert found.negative is (least < 0)
    if found.least is not None:
        assert found.least == pytest.approx(least, abs=1e-4)


@pytest.mark.parametrize("least", [-1e-16, 0.0, 1e-16])
def test_rounding_is_not_negative(least):
    diagonal = np.ones(N)
    diagonal[7] = least
    found = least_curvature(quadratic(np.diag(diagonal), "dense"), np.zeros(N))
    assert found.negative is False


def test_nothing_is_said_of_what_is_not_finite():
    assert least_curvature(quadratic(np.full((N, N), np.nan), "dense"), np.zeros(N)) is None
