"""Hessians by storage: what is taken whole, how two are compared, who answers for which."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from scipy import sparse

from extremum.certify.curvature import Resolved
from extremum.certify.factored import Factored
from extremum.certify.products import Products
from extremum.certify.spectrum import Spectrum
from extremum.linalg import DenseSymmetric, Factorizable, OperatorSymmetric, SymmetricMatrix
from extremum.objective import Objective, Vector

WHOLE = 100
"""Up to this many variables every Hessian is taken whole, whatever its storage: n products, and an
eigendecomposition of a millisecond or two."""

WHOLE_BY_PRODUCTS = 1000
"""The same where only products are known, of which too little would be learnt otherwise."""

DECOMPOSED = 300
"""Up to this many variables every eigenvalue of a dense Hessian is computed; of a larger one, which
is factored in a tenth of the time, as many as the verdict needs."""

CHEAP = 50
"""Up to this many variables a 2-norm is computed."""

POWER_STEPS = 6
"""Power iterations for the size of a matrix of which only products are known."""


def hessian_at(objective: Objective, x: Vector) -> SymmetricMatrix:
    """∇²φ(x) in the storage that the certificate works with."""
    hessian = objective.hessian(x)
    most = WHOLE_BY_PRODUCTS if isinstance(hessian, OperatorSymmetric) else WHOLE
    if isinstance(hessian, DenseSymmetric) or hessian.n > most:
        return hessian
    return DenseSymmetric(hessian.toarray())


def farthest(matrices: Iterable[SymmetricMatrix], reference: SymmetricMatrix) -> float:
    """The largest of the distances of matrices from one."""
    if isinstance(reference, DenseSymmetric) and reference.n <= CHEAP:
        changes = np.stack([matrix.toarray() for matrix in matrices]) - reference.array
        if not np.isfinite(changes).all():
            return float("inf")
        return float(np.abs(np.linalg.eigvalsh(changes)).max())
    return max(distance(matrix, reference) for matrix in matrices)


def distance(a: SymmetricMatrix, b: SymmetricMatrix) -> float:
    """‖A − B‖: the 2-norm where that is cheap; else a norm that is no smaller.

    Where only products are known, the 2-norm is estimated by power iterations.
    """
    if isinstance(b, DenseSymmetric) and b.n <= CHEAP:
        return farthest([a], b)
    one, other = a.to_scipy(), b.to_scipy()
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        size = float(np.linalg.norm(one - other))
    elif sparse.issparse(one) and sparse.issparse(other):
        change = abs(one - other)
        size = min(float(np.linalg.norm(change.data)), float(change.sum(axis=1).max()))
    else:
        size = _power_iteration(lambda v: a @ v - b @ v, a.n)
    return size if np.isfinite(size) else float("inf")


def magnitude(matrix: SymmetricMatrix) -> float:
    """‖H‖: the largest absolute row sum, or by power iterations where only products are known."""
    if isinstance(matrix, Factorizable):
        return matrix.norm
    return _power_iteration(matrix.__matmul__, matrix.n)


def _power_iteration(product: Callable[[Vector], Vector], n: int) -> float:
    v, size = np.random.default_rng(0).normal(size=n), 0.0
    for _ in range(POWER_STEPS):
        length = float(np.linalg.norm(v))
        if not np.isfinite(length):
            return float("inf")
        if length == 0:
            return size
        v = product(v / length)
        size = max(size, float(np.linalg.norm(v)))
    return size if np.isfinite(size) else float("inf")


def rounding_of_x(matrix: SymmetricMatrix, x: Vector, size: float) -> Vector:
    """|H||x| but for ε: what the rounding of x does to the gradient; a bound where H is unseen."""
    whole = matrix.to_scipy()
    if isinstance(whole, np.ndarray) or sparse.issparse(whole):
        return np.asarray(abs(whole) @ np.abs(x))
    return np.full(x.size, size * float(np.linalg.norm(x)))


def curvature_of(matrix: SymmetricMatrix, eps: float) -> Resolved | Products:
    """The answers that the storage can give of a matrix whose entries are rounded to `eps`."""
    if isinstance(matrix, DenseSymmetric) and matrix.n <= DECOMPOSED:
        return Spectrum(matrix, eps)
    return Factored(matrix, eps) if isinstance(matrix, Factorizable) else Products(matrix, eps)
