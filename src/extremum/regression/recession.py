"""Linear programs for the directions along which a likelihood never falls.

Rows have classes, and a direction δ a vector for each class. Moving along it never lowers the
likelihood if on each row the margin of its own class rises at least as much as any other's:

    (δ_own - δ_other)·x ≥ 0 for each row x and each other class,

and raises it for ever if some of these *slacks* is positive. With two classes δ is that of the
second, with the first's zero.

References
----------
Albert & Anderson, On the existence of maximum likelihood estimates in logistic regression models,
Biometrika 71 (1984) 1-10. Konis, Linear programming algorithms for detecting separated data in
binary logistic regression models, thesis, Oxford (2007), section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import block_array, csr_array, eye_array

from extremum.linalg import EPS
from extremum.outcomes import ExtremumError
from extremum.regression.nullspace import column_units, null_space

Vector = NDArray[np.float64]
Labels = NDArray[np.intp]

ROUNDINGS = 64.0
"""A slack is zero if it is at most so many roundings of its terms."""

ACTIVE = 1e-6
"""Slacks below this are zero in a linear program's solution, where the others are about 1."""

FEASIBILITY = 1e-10
"""The linear programs' tolerance: the least that HiGHS takes."""


@dataclass(frozen=True, eq=False)
class LabelledRows:
    """Rows that a linear program sees.

    Attributes
    ----------
    X : ndarray of shape (m, p)
        With the constant, where there is an intercept, in front.
    own : ndarray of int, of shape (m,)
        The numbers of the classes.
    number : ndarray of int, of shape (m,)
        Which rows of the table they are; -1 where that isn't known.
    """

    X: Vector
    own: Labels
    number: Labels

    def __getitem__(self, chosen: NDArray[np.intp]) -> LabelledRows:
        return LabelledRows(self.X[chosen], self.own[chosen], self.number[chosen])

    def joined(self, other: LabelledRows) -> LabelledRows:
        """These rows, and those of the other that aren't among them."""
        new = ~np.isin(other.number, self.number[self.number >= 0])
        return LabelledRows(
            np.vstack([self.X, other.X[new]]),
            np.r_[self.own, other.own[new]],
            np.r_[self.number, other.number[new]],
        )


def slacks(margins: Vector, sizes: Vector, own: Labels) -> tuple[Vector, Vector]:
    """The slacks of rows, and how large they must be not to be rounding.

    Parameters
    ----------
    margins : ndarray of shape (m, classes)
        The products of the rows with the classes' vectors.
    sizes : ndarray of shape (m, classes)
        The same products of the entries' sizes.
    own : ndarray of int, of shape (m,)

    Returns
    -------
    slacks : ndarray of shape (m, classes)
        Infinite against a row's own class.
    rounding : ndarray of shape (m, classes)
    """
    at = np.arange(len(own))
    found = margins[at, own][:, None] - margins
    found[at, own] = np.inf
    return found, ROUNDINGS * EPS * (sizes[at, own][:, None] + sizes)


def inequalities(rows: LabelledRows, basis: Vector, classes: int) -> Vector:
    """The matrix whose products with a direction's coordinates are the slacks.

    Parameters
    ----------
    rows : LabelledRows
    basis : ndarray of shape (q, p)
        A class's vector is a combination of its rows, the first class's zero.

    Returns
    -------
    ndarray of shape (m (classes - 1), (classes - 1) q)
    """
    X = rows.X @ basis.T
    # What is left of terms that cancel would pass for a slack.
    X[np.abs(X) <= ROUNDINGS * EPS * (np.abs(rows.X) @ np.abs(basis).T)] = 0.0
    m, q = X.shape
    others = np.array([[j for j in range(classes) if j != own] for own in range(classes)])
    signs = np.zeros((m, classes - 1, classes))
    at = np.arange(m)[:, None], np.arange(classes - 1)[None, :]
    signs[(*at, rows.own[:, None])] = 1.0
    signs[(*at, others[rows.own])] = -1.0
    return (signs[:, :, 1:, None] * X[:, None, None, :]).reshape(-1, (classes - 1) * q)


def widest(a: Vector) -> tuple[Vector, NDArray[np.bool_]]:
    """A direction t with A t ≥ 0 for which as many slacks as possible are positive.

    Parameters
    ----------
    a : ndarray of shape (r, k)

    Returns
    -------
    t : ndarray of shape (k,)
    positive : ndarray of bool, of shape (r,)
        No direction makes another slack positive.

    Notes
    -----
    The program: maximize Σ sᵢ over 0 ≤ s ≤ 1, A t ≥ s. Directions can be added and multiplied, so
    at the optimum each sᵢ is 0 or 1.
    """
    units = column_units(np.abs(a).max(axis=0, initial=0.0))
    scaled = a / units
    scaled /= np.maximum(np.abs(scaled).max(axis=1, keepdims=True, initial=0.0), 1e-300)
    r, k = a.shape
    matrix = block_array([[csr_array(-scaled), eye_array(r)]]).tocsr()
    t = _solved(np.r_[np.zeros(k), -np.ones(r)], matrix, np.zeros(r), k, r)
    values = scaled @ t
    positive = values > ACTIVE * max(1.0, values.max(initial=0.0))
    if positive.any():
        t = _polished(scaled, t, positive)
    return t / units, positive


def plainest(a: Vector, positive: NDArray[np.bool_], basis: Vector, costs: Vector) -> Vector:
    """The direction of least Σ costs |δ| with slacks of at least 1 where they can be positive.

    Parameters
    ----------
    a, positive
        As of `widest`.
    basis : ndarray of shape (q, p)
    costs : ndarray of shape (p,)
        The units of the columns; 0 for the constant.

    Returns
    -------
    ndarray of shape (k,)
    """
    units = column_units(np.abs(a).max(axis=0, initial=0.0))
    scaled = a / units
    rows = np.maximum(np.abs(scaled).max(axis=1, initial=0.0), 1e-300)
    k = a.shape[1]
    # |δ| ≤ u, with δ = Bᵀ t for each class.
    charged = costs > 0
    spread = np.kron(np.eye(k // len(basis)), (basis * np.where(charged, costs, 1.0)).T[charged])
    spread = csr_array(spread / units)
    w = spread.shape[0]
    matrix = block_array(
        [
            [csr_array(-scaled / rows[:, None]), None],
            [spread, -eye_array(w)],
            [-spread, -eye_array(w)],
        ]
    ).tocsr()
    bound = np.r_[-positive.astype(float), np.zeros(2 * w)]
    t = _solved(np.r_[np.zeros(k), np.ones(w)], matrix, bound, k, w, most=None)
    return _polished(scaled, t, positive) / units


def _solved(
    costs: Vector, matrix: Any, bound: Vector, free: int, limited: int, most: float | None = 1.0
) -> Vector:
    """The free variables of the program's solution."""
    options = {
        "primal_feasibility_tolerance": FEASIBILITY,
        "dual_feasibility_tolerance": FEASIBILITY,
    }
    limits = [(None, None)] * free + [(0.0, most)] * limited
    for method in ("highs", "highs-ds", "highs-ipm"):
        solution = linprog(
            costs, A_ub=matrix, b_ub=bound, bounds=limits, method=method, options=options
        )
        if solution.status == 0:
            return np.asarray(solution.x[:free])
    raise ExtremumError(f"the linear program for separation was not solved: {solution.message}")


def _polished(a: Vector, t: Vector, positive: NDArray[np.bool_]) -> Vector:
    """The same direction with slacks that are zero to the last digits where they are zero."""
    zero = a[~positive]
    basis = null_space(zero).combinations if len(zero) else np.eye(len(t))
    if not len(basis):
        return t
    coordinates = np.linalg.lstsq(basis.T, t, rcond=None)[0]
    near = coordinates @ basis
    return near if (a[positive] @ near > 0).all() else t
