"""The trust-region subproblem where only products Hv are affordable: generalized Lanczos.

Lanczos' process builds an orthonormal basis Q of the Krylov space of g in which H is a tridiagonal
matrix T. The subproblem in that space is T's own, solved as any other; s = Qh. While T is positive
definite and the step within the region, these are the iterates of conjugate gradients; beyond, the
boundary is followed, where truncated conjugate gradients stop.

References
----------
Gould, Lucidi, Roma & Toint, SIAM J. Optim. 9 (1999) 504-525; Conn, Gould & Toint, section 7.5.4.
"""

from __future__ import annotations

import numpy as np

from extremum.linalg import EPS, Factorizable, Pattern, SymmetricMatrix
from extremum.methods.subproblem import ModelStep, solve_subproblem
from extremum.objective import Vector

MOST_VECTORS = 1000
"""The basis is no longer than this, nor than `MEMORY` allows."""

MEMORY = 2**26
"""The most numbers in the basis: half a gigabyte."""

LOOSEST = 0.1
"""The residual is brought down to min(LOOSEST, √‖g‖) ‖g‖, for superlinear convergence (Nocedal &
Wright, section 7.1)."""


def solve_by_products(hessian: SymmetricMatrix, gradient: Vector, radius: float) -> ModelStep:
    """Solve the subproblem in a Krylov space that is large enough.

    Parameters
    ----------
    hessian : SymmetricMatrix
    gradient : ndarray of shape (n,)
        Not zero.
    radius : float
        Δ.
    """
    n, norm = gradient.size, float(np.linalg.norm(gradient))
    most = min(n, MOST_VECTORS, max(MEMORY // n, 10))
    wanted = min(LOOSEST, norm**0.5) * norm
    basis = np.empty((min(most, 32), n))
    basis[0] = gradient / norm
    diagonal: list[float] = []
    beside: list[float] = []
    image = np.empty(n)
    solve_at = 1
    while True:
        k = len(diagonal)
        image = hessian @ basis[k]
        diagonal.append(float(basis[k] @ image))
        image = image - diagonal[k] * basis[k]
        if k:
            image -= beside[k - 1] * basis[k - 1]
        length = float(np.linalg.norm(image))
        invariant = length <= 10 * n**0.5 * EPS * max(map(abs, (*diagonal, *beside, length)))
        full = k + 1 == most or invariant
        if k + 1 >= solve_at or full:
            small = _tridiagonal(diagonal, beside)
            start = np.zeros(k + 1)
            start[0] = norm
            model = solve_subproblem(small, start, radius)
            # ‖(H + λI) s + g‖ is what leaves the space (equation 7.5.41).
            if full or length * abs(model.step[-1]) <= wanted:
                break
            solve_at = k + 2 + k // 4
        if k + 1 == len(basis):
            basis = np.concatenate([basis, np.empty((min(len(basis), most - len(basis)), n))])
        beside.append(length)
        basis[k + 1] = image / length
    step = model.step @ basis[: k + 1]
    return ModelStep(step, model.decrease, model.multiplier, model.case)


def _tridiagonal(diagonal: list[float], beside: list[float]) -> Factorizable:
    values = np.empty(2 * len(diagonal) - 1)
    values[0::2], values[1::2] = diagonal, beside
    return Pattern.tridiagonal(len(diagonal)).matrix(values)
