"""Whether the Hessian at the point that a solver returned has a negative eigenvalue.

Computed with NumPy and SciPy alone, so that no solver is its own judge.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.linalg import eigvalsh
from scipy.sparse import linalg

from benchmarks.cutest.derivatives import Derivatives, Vector

EPS = float(np.finfo(np.float64).eps)

SAFETY = 10.0
"""An eigenvalue counts as negative below −SAFETY · n ε ‖H‖: n ε ‖H‖ bounds what a backward stable
eigenvalue routine may err (Golub and Van Loan, Matrix Computations, 4th ed., section 8.3)."""

ALL_UP_TO = 1100
"""Variables up to which the least eigenvalue is always computed."""

LANCZOS_STEPS = 300
"""Restarts of the Lanczos iteration that looks for the least eigenvalue."""


@dataclass(frozen=True)
class Curvature:
    """What was found at one point."""

    least: float | None
    """The least eigenvalue; for larger problems a Rayleigh quotient, so an upper bound of it."""
    norm: float
    threshold: float
    negative: bool | None
    """None where nothing could be decided."""
    how: str


def least_curvature(derivatives: Derivatives, x: Vector) -> Curvature | None:
    """Look for a negative eigenvalue of ∇²φ(x); None where the Hessian is not finite."""
    hessian = derivatives.hessian
    if hessian is None:
        return _by_products(derivatives, x)
    matrix = hessian.full(x)
    entries = matrix.data if sparse.issparse(matrix) else matrix
    if not np.all(np.isfinite(entries)):
        return None
    norm = float(abs(matrix).sum(axis=0).max())
    threshold = SAFETY * derivatives.n * EPS * norm
    if sparse.issparse(matrix) and derivatives.n > ALL_UP_TO:
        return _sparse(matrix, norm, threshold)
    full = matrix.toarray() if sparse.issparse(matrix) else matrix
    if derivatives.n > ALL_UP_TO and _is_definite(full, threshold):
        return Curvature(None, norm, threshold, False, "Cholesky")
    least = float(eigvalsh(full, subset_by_index=(0, 0))[0])
    return Curvature(least, norm, threshold, least < -threshold, "LAPACK")


def _is_definite(matrix: np.ndarray, shift: float) -> bool:
    """Whether H + shift·I has a Cholesky factor."""
    try:
        np.linalg.cholesky(matrix + shift * np.eye(len(matrix)))
    except np.linalg.LinAlgError:
        return False
    return True


def _sparse(matrix: sparse.csc_array, norm: float, threshold: float) -> Curvature:
    """By inertia; the least eigenvalue itself by Lanczos, where there is a negative one."""
    count = _negative_pivots(matrix, threshold)
    if count == 0:
        return Curvature(None, norm, threshold, False, "inertia")
    least = _lanczos(linalg.aslinearoperator(matrix), norm)
    if least is not None and least < -threshold:
        return Curvature(least, norm, threshold, True, "Lanczos")
    negative = None if count is None else True
    return Curvature(least, norm, threshold, negative, "inertia")


def _negative_pivots(matrix: sparse.csc_array, shift: float) -> int | None:
    """Count the negative eigenvalues of H + shift·I by Sylvester's law.

    None where the factorization exchanged rows, or where its own error exceeds the shift.
    """
    n = matrix.shape[0]
    shifted = (matrix + shift * sparse.eye_array(n)).tocsc()
    try:
        factors = linalg.splu(
            shifted,
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
    except RuntimeError:  # exactly singular
        return None
    order = factors.perm_c
    if not np.array_equal(factors.perm_r, order):
        return None
    # Without row exchanges U = D Lᵀ, and D has the signs of the eigenvalues. SciPy's convention:
    # L U = A[p][:, p] with p the inverse of perm_c.
    probe = np.random.default_rng(0).standard_normal(n)
    permuted = np.empty(n)
    permuted[order] = probe
    error = factors.L @ (factors.U @ permuted) - (shifted @ probe)[np.argsort(order)]
    if not np.linalg.norm(error) <= shift * np.linalg.norm(probe):
        return None
    return int(np.sum(factors.U.diagonal() < 0))


def _by_products(derivatives: Derivatives, x: Vector) -> Curvature | None:
    """The same from products ∇²φ·v alone."""
    n = derivatives.n

    def product(v: Vector) -> Vector:
        return derivatives.hessian_vector(x, np.ravel(v))

    if not np.all(np.isfinite(product(np.ones(n)))):
        return None
    operator = linalg.LinearOperator((n, n), matvec=product, dtype=np.float64)
    norm = abs(_extreme(operator, "LM") or 0.0)
    threshold = SAFETY * n * EPS * norm
    least = _lanczos(operator, norm)
    negative = None if least is None else least < -threshold
    return Curvature(least, norm, threshold, negative, "Lanczos")


def _lanczos(operator: linalg.LinearOperator, norm: float) -> float | None:
    """The least eigenvalue, found as the one of H − norm·I that is largest in magnitude."""
    n = operator.shape[0]
    lowered = linalg.LinearOperator(
        (n, n), matvec=lambda v: operator.matvec(v) - norm * v, dtype=np.float64
    )
    found = _extreme(lowered, "LM")
    return None if found is None else found + norm


def _extreme(operator: linalg.LinearOperator, which: str) -> float | None:
    start = np.random.default_rng(0).standard_normal(operator.shape[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return float(
                linalg.eigsh(
                    operator,
                    k=1,
                    which=which,
                    v0=start,
                    maxiter=LANCZOS_STEPS,
                    tol=1e-6,
                    return_eigenvectors=False,
                )[0]
            )
        except linalg.ArpackNoConvergence as unfinished:
            found = unfinished.eigenvalues
            return float(found[0]) if len(found) else None
