"""Least squares by a QR factorization of the table, block by block."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.linalg import solve_triangular, svd

from extremum.linalg import EPS, DenseSymmetric
from extremum.methods import State
from extremum.methods.method import evaluate
from extremum.objective import Objective, Vector
from extremum.regression.design import Block
from extremum.regression.risk import MeanLoss

TALL = 4
"""A block has so many rows per column at least, so that the triangles cost little beside it."""

REFINEMENTS = 3
"""Corrections by residuals in extended precision; each gains as many digits as the condition number
leaves of 16. In double precision one gives what a backward stable method has."""

REGULAR = 1e-7
"""Where the reciprocal condition number of ZᵀZ, that of Z squared, is at least this, its Cholesky
factor has R's first nine digits, and the correction gives the others."""

NEGLIGIBLE = 8.0
"""A correction that changes the standardized coefficients by no more than so many ε, relative to
their norm, is left out."""

EXTENDED = 200_000
"""Up to so many entries a table's residuals are summed in extended precision, where the machine has
it: some milliseconds, and the correction mends what the rounding of the table itself cost."""


@dataclass(frozen=True, eq=False)
class _Triangle:
    """R of the standardized table, and its singular values where it is singular."""

    R: Vector
    parts: tuple[Vector, Vector, Vector] | None

    @classmethod
    def of(cls, R: Vector) -> _Triangle:
        """Look at the singular values where the diagonal says that R may be singular."""
        sizes = np.abs(np.diag(R))
        if len(R) == R.shape[1] and sizes.min() > EPS**0.5 * sizes.max():
            return cls(R, None)
        left, values, right = svd(R, full_matrices=False)
        kept = values > max(R.shape) * EPS * values[0]
        if kept.all() and len(R) == R.shape[1]:
            return cls(R, None)
        return cls(R, (left[:, kept], values[kept], right[kept]))

    def solve(self, b: Vector) -> Vector:
        """The shortest y with R y = b, as nearly as can be."""
        if self.parts is None:
            return np.asarray(solve_triangular(self.R, b))
        left, values, right = self.parts
        return np.asarray(right.T @ ((left.T @ b) / values))

    def solve_normal(self, b: Vector) -> Vector:
        """The shortest y with RᵀR y = b."""
        if self.parts is None:
            return self.solve(solve_triangular(self.R, b, trans="T"))
        _, values, right = self.parts
        return np.asarray(right.T @ ((right @ b) / values**2))


@dataclass(frozen=True)
class LeastSquares:
    """The minimum of the mean of half squares, in one step.

    The table is centred and scaled as it is read, so that neither the columns' units nor their
    means cost digits. Its R is found by Householder's reflections, one block after another, and the
    solution corrected by its residual (the corrected seminormal equations). A large table that is
    well-conditioned gives R by products, in half the time, and with the correction the same digits.
    Where R is singular the solution is the shortest in standardized coordinates.

    For `MeanLoss` objectives of `HalfSquared`.

    References
    ----------
    Demmel, Grigori, Hoemmen & Langou, SIAM J. Sci. Comput. 34 (2012) A206-A239 (TSQR); Björck,
    Linear Algebra Appl. 88/89 (1987) 31-48 (the correction).
    """

    def initial_state(self, objective: Objective, x: Vector) -> State:
        """Evaluate the value and the gradient."""
        return evaluate(objective, x)

    def next_state(self, objective: Objective, state: State) -> State:
        """Solve; a further step is a further correction."""
        assert isinstance(objective, MeanLoss)
        triangle: _Triangle | None = state.memory
        corrections = 1
        if triangle is None:
            small = _is_small(objective)
            found = None if small else _by_products(objective)
            triangle, solution = _by_reflections(objective) if found is None else found
            corrections = REFINEMENTS if small else 1
        else:
            solution = _standard_parameters(objective, state.x)
        for _ in range(corrections):
            squares, slope = _residual(objective, solution)
            step = triangle.solve_normal(slope)
            if corrections == 1 and _is_negligible(step, solution):
                return _state(objective, solution, squares, slope, triangle)
            solution = solution + step
        reached = evaluate(objective, _parameters(objective, solution))
        return replace(reached, step_length=1.0, memory=triangle)


def triangular_factor(objective: MeanLoss) -> Vector:
    """R of the standardized table, without a penalty, the target centred in the last column.

    Returns
    -------
    ndarray of shape (min(rows, p + 1), p + 1)
    """
    return objective.rows.reduce(
        lambda block: _triangular(_standardized(objective, block)),
        lambda one, other: _triangular(np.vstack([one, other])),
        least_rows=TALL * objective.size,
    )


def corrected(objective: MeanLoss, theta: Vector, R: Vector) -> Vector:
    """Parameters corrected by their residual, with the R of a table of full rank."""
    solution, p = _standard_parameters(objective, theta), objective.size
    return _parameters(
        objective,
        solution + _Triangle(R[:p, :p], None).solve_normal(_residual(objective, solution)[1]),
    )


def _by_products(objective: MeanLoss) -> tuple[_Triangle, Vector] | None:
    """R by Cholesky's factorization of ZᵀZ; None where that would cost digits that count."""
    p = objective.size

    (gram,) = objective.rows.total(lambda block: _products(objective, block), least_rows=p)
    if objective.l2:
        penalty = _penalty(objective)
        gram += penalty.T @ penalty
    factors = DenseSymmetric(gram[:p, :p]).cholesky()
    if factors is None or factors.rcond < REGULAR:
        return None
    triangle = _Triangle(np.linalg.cholesky(gram[:p, :p]).T, None)
    return triangle, triangle.solve_normal(gram[:p, p])


def _by_reflections(objective: MeanLoss) -> tuple[_Triangle, Vector]:
    """R by Householder's reflections, one block after another."""
    p = objective.size
    R = triangular_factor(objective)
    R = _triangular(np.vstack([R, _penalty(objective)])) if objective.l2 else R
    triangle = _Triangle.of(R[:p, :p])
    return triangle, triangle.solve(R[: len(triangle.R), p])


def _products(objective: MeanLoss, block: Block) -> tuple[Vector]:
    """ZᵀZ of rows of the standardized table: scaled afterwards, where that costs nothing."""
    rows = _centred(objective, block)
    gram = rows.T @ rows
    scale = np.append(objective.units.scale, np.ones(len(gram) - objective.units.scale.size))
    gram /= scale
    gram /= scale[:, None]
    return (gram,)


def _standardized(objective: MeanLoss, block: Block, dtype: type = np.float64) -> Vector:
    """Rows of the standardized table, the intercept's column, and the target's, times √w."""
    rows = _centred(objective, block, dtype)
    rows[:, : objective.units.scale.size] /= objective.units.scale
    return rows


def _centred(objective: MeanLoss, block: Block, dtype: type = np.float64) -> Vector:
    """The same with the columns in their own units."""
    units = objective.units
    X = block.X.toarray() if sparse.issparse(block.X) else block.X
    rows: Vector = np.empty((len(block.y), objective.size + 1), dtype)
    np.subtract(X, units.centre, out=rows[:, : units.centre.size], dtype=dtype)
    if units.has_intercept:
        rows[:, -2] = 1
    np.subtract(block.y, _target_centre(objective), out=rows[:, -1], dtype=dtype)
    if block.weight is not None:
        rows *= np.sqrt(block.weight.astype(dtype))[:, None]
    return rows


def _is_small(objective: MeanLoss) -> bool:
    return objective.rows.n_rows * objective.size <= EXTENDED


def _target_centre(objective: MeanLoss) -> float:
    return objective.units.target_mean if objective.units.has_intercept else 0.0


def _penalty(objective: MeanLoss) -> Vector:
    """The rows whose squares are the penalty, as sums over the rows are taken."""
    d = objective.units.scale.size
    per = np.ones(d) if objective.standardize else 1 / objective.units.scale
    rows = np.zeros((d, objective.size + 1))
    rows[:, :d] = np.diag(np.sqrt(objective.l2 * objective.total_weight) * per)
    return rows


def _triangular(rows: Vector) -> Vector:
    return np.asarray(np.linalg.qr(rows, mode="r"))


def _residual(objective: MeanLoss, solution: Vector) -> tuple[float, Vector]:
    """‖y − Z θ‖² and Zᵀ(y − Z θ), of the penalty's rows too."""
    dtype = np.longdouble if _is_small(objective) else np.float64
    d, units = objective.units.scale.size, objective.units
    own = np.append(solution[:d] / units.scale.astype(dtype), solution[d:])

    def of(rows: Vector, coef: Vector) -> tuple[float, Vector]:
        rest = rows[:, -1] - rows[:, :-1] @ coef
        return float(rest @ rest), rest @ rows[:, :-1]

    squares, slope = objective.rows.total(lambda block: of(_centred(objective, block, dtype), own))
    slope[:d] /= units.scale
    if objective.l2:
        more, part = of(_penalty(objective), solution)
        squares, slope = squares + more, slope + part
    return squares, np.asarray(slope, dtype=np.float64)


def _is_negligible(step: Vector, solution: Vector) -> bool:
    return bool(np.linalg.norm(step) <= NEGLIGIBLE * EPS * np.linalg.norm(solution))


def _state(
    objective: MeanLoss, solution: Vector, squares: float, slope: Vector, triangle: _Triangle
) -> State:
    """What a residual says of the point: the value and the gradient by θ."""
    units, weight = objective.units, objective.total_weight
    gradient = -slope / weight
    if not objective.standardize:
        d = units.scale.size
        gradient[:d] *= units.scale
        if units.has_intercept:
            gradient[:d] += units.centre * gradient[d]
    x = _parameters(objective, solution)
    return State(x, squares / (2 * weight), gradient, step_length=1.0, memory=triangle)


def _parameters(objective: MeanLoss, solution: Vector) -> Vector:
    """θ of a solution in standardized coordinates and from the target's centre."""
    theta = solution.copy()
    if objective.fit_intercept:
        theta[-1] += objective.units.target_mean
    return objective.from_standardized(theta)


def _standard_parameters(objective: MeanLoss, theta: Vector) -> Vector:
    """The inverse of `_parameters`."""
    table = theta[:, None]
    solution = theta if objective.standardize else objective.units.standardized(table).ravel()
    solution = solution.copy()
    if objective.fit_intercept:
        solution[-1] -= objective.units.target_mean
    return solution
