"""The trust-region subproblem by products Hv, all or the cheapest there is: generalized Lanczos.

In the Krylov space of g, with an orthonormal basis Q, H is a tridiagonal matrix T. The subproblem
in that space is T's own, solved as any other; s = Qh. While T is positive definite and the step
within the region, these are the iterates of conjugate gradients; beyond, the boundary is followed,
where truncated conjugate gradients stop. In the hard case the eigenvectors that g has no part of
are in no Krylov space: the step is the best one in the space, not the global one.

References
----------
Gould, Lucidi, Roma & Toint, SIAM J. Optim. 9 (1999) 504-525; Conn, Gould & Toint, section 7.5.4.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.linalg.blas import daxpy

from extremum.linalg import Pattern, SparseSymmetric, SymmetricMatrix
from extremum.methods.lanczos import Lanczos
from extremum.methods.subproblem import ModelStep, solve_subproblem
from extremum.objective import Vector

MOST_VECTORS = 1000
"""The basis is no longer than this, nor than `MEMORY` allows."""

MEMORY = 2**26
"""The most numbers in the basis: half a gigabyte."""

LOOSEST = 0.1
"""The residual is brought down to min(LOOSEST, √‖g‖) ‖g‖, for superlinear convergence (Nocedal &
Wright, section 7.1)."""

STRICTER = 0.01
"""What stands for LOOSEST where H is stored: products with it cost much less than new values of φ,
and in curved valleys a loose step makes many more of those."""

FEW, MANY = 10, 50
"""A sparse factorization with little fill takes about as long as FEW products; none is put off for
more than MANY."""

OUTSIDE = 1.2
"""λ is computed anew where it lets the step grow to so many times Δ."""

SELDOM = 8
"""λ is computed anew no sooner than when the basis is longer by one part in so many."""


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
    n = gradient.size
    lanczos = Lanczos(hessian, gradient, min(n, MOST_VECTORS, max(MEMORY // n, 10)))
    model = _solve(lanczos, radius, LOOSEST) or _in_krylov_space(lanczos, radius, 0.0)
    return _in_full_space(lanczos, model)


def solve_before_factoring(
    hessian: SparseSymmetric, gradient: Vector, radius: float
) -> ModelStep | None:
    """Solve the subproblem by no more products than a factorization would cost, if that does.

    Parameters
    ----------
    hessian : SparseSymmetric
    gradient : ndarray of shape (n,)
        Not zero.
    radius : float
        Δ.
    """
    pattern = hessian.pattern
    worth = FEW + pattern.factor_flops / (2 * pattern.rows.size)
    lanczos = Lanczos(hessian, gradient, int(min(worth, MANY, gradient.size)))
    model = _solve(lanczos, radius, STRICTER)
    return None if model is None else _in_full_space(lanczos, model)


def _solve(lanczos: Lanczos, radius: float, loosest: float) -> ModelStep | None:
    """The solution in T's coordinates, or None where the residual is too large for it."""
    wanted = min(loosest, lanczos.norm**0.5) * lanczos.norm
    iterate, solve_from = _Iterate(lanczos.norm), 1
    while True:
        iterate.advance(*lanczos.advance())
        k = len(lanczos.basis)
        full = k == lanczos.most or lanczos.invariant
        limit = radius if iterate.shift == 0 else OUTSIDE * radius
        going = iterate.is_within(limit) and iterate.residual > wanted
        if not full and (going or k < solve_from):
            continue
        model = _in_krylov_space(lanczos, radius, iterate.shift)
        # ‖(H + λI) s + g‖ is what leaves the space (equation 7.5.41).
        if lanczos.invariant or lanczos.beside[-1] * abs(model.step[-1]) <= wanted:
            return model
        if full:
            return None
        iterate, solve_from = _Iterate(lanczos.norm, model.multiplier), k + 1 + k // SELDOM
        for alpha, beta in zip(lanczos.diagonal, lanczos.beside, strict=True):
            iterate.advance(alpha, beta)


def _in_full_space(lanczos: Lanczos, model: ModelStep) -> ModelStep:
    step = np.zeros(lanczos.basis[0].size)
    for part, column in zip(model.step, lanczos.basis, strict=True):
        step = daxpy(column, step, a=part)
    return replace(model, step=step)


def _in_krylov_space(lanczos: Lanczos, radius: float, guess: float) -> ModelStep:
    k = len(lanczos.basis)
    values = np.empty(2 * k - 1)
    values[0::2], values[1::2] = lanczos.diagonal, lanczos.beside[:-1]
    slopes = np.zeros(k)
    slopes[0] = lanczos.norm
    return solve_subproblem(Pattern.tridiagonal(k).matrix(values), slopes, radius, guess)


class _Iterate:
    """What is known of (T + λI) h = −‖g‖ e₁ without solving it, a column of T after the other.

    With T + λI = L D Lᵀ and l = β/d in L's last column, h grows by (r/d) p, where the residual r
    (with a sign) is multiplied by −l every time and p = e − l p: ‖h‖ and ‖(H + λI) Qh + g‖ follow
    from products of numbers (Conn, Gould & Toint, section 7.5.1, do so for conjugate gradients).
    """

    def __init__(self, norm: float, shift: float = 0.0) -> None:
        self.shift = shift
        self.definite = True
        self._signed = -norm
        self._below, self._beta = 0.0, 0.0  # l and β
        self._square, self._along, self._direction = 0.0, 0.0, 0.0  # ‖h‖², hᵀp, ‖p‖²

    def advance(self, alpha: float, beta: float) -> None:
        """Take in the next entry of T's diagonal and the one that will stand beside it."""
        pivot = alpha + self.shift - self._below * self._beta
        if not (self.definite and pivot > 0):
            self.definite = False
            return
        along = -self._below * self._along
        self._direction = 1 + self._below**2 * self._direction
        growth = self._signed / pivot
        self._square += growth * (2 * along + growth * self._direction)
        self._along = along + growth * self._direction
        self._below, self._beta = beta / pivot, beta
        self._signed *= -self._below

    @property
    def residual(self) -> float:
        """‖(H + λI) Qh + g‖."""
        return abs(self._signed)

    def is_within(self, radius: float) -> bool:
        """Whether H is positive definite as far as is known, and ‖h‖ not larger."""
        return self.definite and self._square <= radius**2
