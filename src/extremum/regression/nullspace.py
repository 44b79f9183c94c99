"""The combinations of a small matrix's columns that vanish, by a rank-revealing factorization."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack, qr, solve_triangular

from extremum.linalg import EPS

Vector = NDArray[np.float64]

TOLERANCE = 16.0
"""A combination Σ cⱼ aⱼ vanishes if its norm is at most this many roundings of Σ |cⱼ| ‖aⱼ‖.

Data that hold a combination exactly are a few roundings off; the columns' units don't matter.
"""

FACTORED = 64.0
"""Roundings of 64 bits allowed to the factorization besides, whatever the data's own dtype."""

SAFE = 1e-7
"""A factor whose reciprocal condition number exceeds this hides no combination that vanishes."""

INVERSE_ITERATIONS = 4
"""Steps of inverse iteration to the smallest singular vector: two are the rule (Chan 1987)."""

NAMED = 60
"""Vanishing combinations of which the plainest are looked for; of more, any basis is given."""


def tolerance(eps: float) -> float:
    """How small a combination must be, relative to its terms, in numbers of spacing `eps`."""
    return TOLERANCE * eps + FACTORED * EPS


@dataclass(frozen=True, eq=False)
class NullSpace:
    """What vanishes.

    Attributes
    ----------
    independent : ndarray of int, of shape (rank,)
        Columns, ascending, of which the others are combinations.
    combinations : ndarray of shape (nullity, p)
        A basis of the combinations that vanish. In each, one column that isn't among the
        `independent` has the coefficient 1 and the others of them 0.
    """

    independent: NDArray[np.intp]
    combinations: Vector


def null_space(a: Vector, eps: float = EPS) -> NullSpace:
    """Find the combinations of columns that vanish within the rounding of their terms.

    Parameters
    ----------
    a : ndarray of shape (m, p)
        Any matrix with the design's geometry: the design, rows of it, or its triangular factor.
    eps : float
        The spacing at 1 of the numbers that the columns were made with.

    References
    ----------
    Chan, Rank revealing QR factorizations, Linear Algebra Appl. 88/89 (1987) 67-82.
    """
    p = a.shape[1]
    units = column_units(np.abs(a).max(axis=0, initial=0.0))
    scaled = a / units
    if len(scaled) > p:
        scaled = np.triu(qr(scaled, mode="r", check_finite=False)[0][:p])
    norms = np.linalg.norm(scaled, axis=0)
    norms[norms == 0] = 1.0
    scaled = scaled / norms
    if len(scaled) == p and _well_conditioned(scaled):
        return NullSpace(np.arange(p), np.zeros((0, p)))
    order, factor, rank = _revealed(scaled, tolerance(eps))
    basis = np.zeros((p - rank, p))
    basis[:, order[rank:]] = np.eye(p - rank)
    within = solve_triangular(factor[:rank, :rank], factor[:rank, rank:], check_finite=False)
    basis[:, order[:rank]] = -within.T
    dependent = order[rank:]
    if p - rank <= NAMED:
        noise = tolerance(eps) / max(_rcond(factor[:rank, :rank]), EPS)
        basis, dependent = _echelon(basis, min(noise, 1e-3))
        basis = np.array(
            [_plain(scaled, row, j, eps) for row, j in zip(basis, dependent, strict=True)]
        ).reshape(-1, p)
    combinations = basis / (norms * units)
    combinations /= combinations[np.arange(len(dependent)), dependent][:, None]
    return NullSpace(np.setdiff1d(np.arange(p), dependent), combinations)


def column_units(largest: Vector) -> Vector:
    """Powers of 2 near the columns' largest entries: dividing by them rounds nothing."""
    return np.asarray(np.exp2(np.floor(np.log2(np.where(largest > 0, largest, 1.0)))))


def _rcond(factor: Vector) -> float:
    """Reciprocal condition number of a triangular factor, in the 1-norm."""
    return float(lapack.dtrcon(factor)[0]) if factor.size else 1.0


def _well_conditioned(factor: Vector) -> bool:
    """Whether a square matrix, if it is upper triangular, is far from singular."""
    upper = not np.tril(factor, -1).any()
    return upper and bool(factor.diagonal().all()) and _rcond(factor) > SAFE


def _revealed(a: Vector, small: float) -> tuple[NDArray[np.intp], Vector, int]:
    """Pivoted QR whose leading `rank` columns hide no vanishing combination, the others vanish.

    Returns
    -------
    order : ndarray of int, of shape (p,)
    factor : ndarray of shape (min(m, p), p)
    rank : int
    """
    factor, order = qr(a, mode="r", pivoting=True, check_finite=False)
    rank = int((np.abs(factor.diagonal()) > small).sum())
    while rank:
        leading = factor[:rank, :rank]
        vector = _weakest(leading)
        if np.linalg.norm(leading @ vector) > small * np.abs(vector).sum():
            break
        # The column that carries most of it goes behind the leading ones (Chan, section 3).
        j = int(np.abs(vector).argmax())
        turned = np.r_[0:j, j + 1 : rank, j, rank : len(order)]
        order = order[turned]
        factor = qr(factor[:, turned], mode="r", check_finite=False)[0]
        rank -= 1
    return order, factor, rank


def _weakest(factor: Vector) -> Vector:
    """The right singular vector of the smallest singular value of a triangular factor."""
    vector = np.ones(len(factor))
    for _ in range(INVERSE_ITERATIONS):
        for trans in ("T", "N"):
            vector = solve_triangular(factor, vector, trans=trans, check_finite=False)
            vector /= np.linalg.norm(vector)
    return np.asarray(vector)


def _echelon(basis: Vector, noise: float) -> tuple[Vector, NDArray[np.intp]]:
    """Row-reduce from the last column on: each combination solves for the latest column it can.

    Returns
    -------
    basis : ndarray of shape (k, p)
        Entries at the level of noise are zero.
    dependent : ndarray of int, of shape (k,)
        The column that each row solves for.
    """
    basis = basis.copy()
    dependent: list[int] = []
    for j in range(basis.shape[1] - 1, -1, -1):
        row = len(dependent)
        if row == len(basis):
            break
        candidate = row + int(np.abs(basis[row:, j]).argmax())
        if abs(basis[candidate, j]) <= noise * np.abs(basis[candidate]).max():
            continue
        basis[[row, candidate]] = basis[[candidate, row]]
        basis[row] /= basis[row, j]
        others = np.arange(len(basis)) != row
        basis[others] -= np.outer(basis[others, j], basis[row])
        basis[others, j] = 0.0
        dependent.append(j)
    largest = np.abs(basis).max(axis=1, initial=0.0, keepdims=True)
    basis[np.abs(basis) <= noise * largest] = 0.0
    return basis, np.array(dependent, dtype=np.intp)


def _plain(a: Vector, row: Vector, j: int, eps: float) -> Vector:
    """The combination of the same columns, solved for column `j` without the noise of others."""
    support = np.flatnonzero(row)
    others = support[support != j]
    fitted = np.zeros(len(row))
    fitted[j] = 1.0
    if len(others):
        fitted[others] = -np.linalg.lstsq(a[:, others], a[:, j], rcond=None)[0]
    holds = np.linalg.norm(a @ fitted) <= tolerance(eps) * np.abs(fitted).sum()
    return fitted if holds else row
