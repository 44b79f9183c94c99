"""The mean loss over the rows of a table, as an objective of the core."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from extremum.linalg import EPS, DenseSymmetric
from extremum.objective import ConvexObjective, Counts, Vector
from extremum.regression import block as sums
from extremum.regression.design import ArrayRows, Matrix, RowBlocks
from extremum.regression.losses import Loss, PoissonLoss
from extremum.regression.units import Units

PART = 1.0
"""The rows of a part of the Hessian are so many, per parameter, of all: they take much less time
than a gradient does."""

LEAST_PER_PARAMETER = 3
"""A part of the Hessian has at least so many rows per parameter, lest it be singular."""

QUICK = 1e7
"""A Hessian of so many multiplications takes a millisecond."""

ROUGH = 16 * float(np.finfo(np.float32).eps)
"""The relative error of products that are summed in single precision, block by block."""

ROUNDINGS = 4.0
"""A term of the gradient is rounded so often."""

POWER = 8.0
"""The largest of many numbers is bounded by a sum of so high a power of them that it counts nearly
alone."""


@dataclass(frozen=True, eq=False)
class MeanLoss(ConvexObjective):
    """φ(θ) = Σᵢ wᵢ ℓ(ηᵢ, yᵢ) / Σᵢ wᵢ + ½ l2 ‖w‖², with ηᵢ = xᵢ·w + b. Convex.

    Parameters
    ----------
    rows : RowBlocks
        With the target as the loss wants it: numbers, 0 and 1, or the numbers of classes.
    loss : Loss
    units : Units
        Those of the columns. They know whether there is a b; it is not penalized.
    l2 : float
    standardize : bool
        Whether θ are the coefficients of standardized columns. Those are penalized then.
    counts : Counts

    Notes
    -----
    θ is the array of shape (features + 1, outputs), row after row: the coefficients of each
    feature, and last the intercept where there is one. `unflatten` gives both, in the data's own
    units.
    """

    rows: RowBlocks
    loss: Loss
    units: Units
    l2: float = 0.0
    standardize: bool = False
    counts: Counts = field(default_factory=Counts)

    @property
    def fit_intercept(self) -> bool:
        """Whether there is a b."""
        return self.units.has_intercept

    @property
    def total_weight(self) -> float:
        """Σᵢ wᵢ."""
        return self.units.total_weight

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return (self.rows.n_features + self.fit_intercept) * self.loss.outputs

    @property
    def structure(self) -> str:
        """The storage of the Hessian."""
        return "dense"

    @property
    def source(self) -> str:
        """Where the derivatives come from."""
        return f"{type(self.loss).__name__}, written out"

    def sampled(self, size: int) -> MeanLoss:
        """The mean loss over about `size` of the rows, in the same units."""
        rows = self.rows.sample(size)
        weight = float(len(rows.y) if rows.weight is None else rows.weight.sum())
        return replace(self, rows=rows, units=self.units.of_others(weight), counts=Counts())

    def unflatten(self, theta: Vector) -> tuple[Vector, Vector]:
        """Coefficients of shape (features, outputs), and intercepts of shape (outputs,)."""
        table = self._table(theta)
        return table[:-1], table[-1]

    def flatten(self, coef: Vector, intercept: Vector) -> Vector:
        """The inverse of `unflatten`."""
        table = np.vstack([coef, intercept]) if self.fit_intercept else coef
        if self.standardize:
            table = self.units.standardized(table)
        return table.ravel()

    def margin(self, theta: Vector, X: Matrix) -> Vector:
        """η of rows X: of shape (rows,), or (rows, outputs) where there are several."""
        return sums.margin(self.loss, self._table(theta), X)

    def value(self, theta: Vector) -> float:
        """φ(θ)."""
        self.counts.nfev += 1
        table = self._table(theta)
        (value,) = self.rows.total(lambda block: sums.value_of(self.loss, table, block))
        return self._mean_value(theta, value)

    def value_and_gradient(self, theta: Vector) -> tuple[float, Vector]:
        """φ(θ) and ∇φ(θ), in one pass."""
        self.counts.nfev += 1
        self.counts.njev += 1
        table = self._table(theta)
        found = self._of_constant(table)
        if found is None:
            found = self.rows.total(lambda block: sums.gradient_of(self.loss, table, block))
        value, gradient = found
        return self._mean_value(theta, value), self._mean_gradient(theta, gradient)

    def hessian(self, theta: Vector) -> DenseSymmetric:
        """∇²φ(θ)."""
        return self.value_gradient_hessian(theta)[2]

    def value_gradient_hessian(self, theta: Vector) -> tuple[float, Vector, DenseSymmetric]:
        """φ(θ), ∇φ(θ) and ∇²φ(θ), in one pass."""
        self.counts.nfev += 1
        self.counts.njev += 1
        self.counts.nhev += 1
        table = self._table(theta)
        value, gradient, hessian = self.rows.total(
            lambda block: sums.hessian_of(self.loss, table, block), least_rows=self.size
        )
        return (
            self._mean_value(theta, value),
            self._mean_gradient(theta, gradient),
            DenseSymmetric(self._mean_hessian(hessian)),
        )

    def hessian_vector(self, theta: Vector, v: Vector) -> Vector:
        """∇²φ(θ)·v, in one pass."""
        self.counts.nhvp += 1
        table, change = self._table(theta), self._table(v)
        (product,) = self.rows.total(lambda block: sums.product_of(self.loss, table, change, block))
        return self._mean_gradient(v, product)

    def frame(self) -> sparse.csr_array:
        """The coordinates of standardized columns."""
        if self.standardize:
            return sparse.eye_array(self.size, format="csr")
        k, d = self.loss.outputs, self.units.scale.size
        data, columns = [np.repeat(1 / self.units.scale, k)], [np.arange(d * k)]
        ends = np.arange(d * k + 1)
        if self.fit_intercept:  # a row for each output: −centre/scale, and 1 for its own
            shift = np.append(-self.units.centre / self.units.scale, 1.0)
            data.append(np.tile(shift, k))
            columns.append((np.arange(d + 1) * k + np.arange(k)[:, None]).ravel())
            ends = np.append(ends, d * k + (d + 1) * np.arange(1, k + 1))
        entries = (np.concatenate(data), np.concatenate(columns), ends)
        return sparse.csr_array(entries, shape=(self.size, self.size))

    def rough_hessian(self, theta: Vector) -> DenseSymmetric:
        """∇²φ(θ) by the parameters of standardized columns, in single precision where it can be."""
        rows = self.rows
        if self.loss.outputs > 1 or not isinstance(rows, ArrayRows) or sparse.issparse(rows.X):
            return DenseSymmetric(self.hessian_to_standardized(self.hessian(theta).array))
        self.counts.nhev += 1
        table = self._table(theta)
        (total,) = rows.total(
            lambda block: sums.rough_hessian_of(self.loss, table, self.units.centre, block),
            least_rows=self.size,
        )
        scale = np.append(self.units.scale, 1.0)
        total = (total / scale / scale[:, None])[: self.size, : self.size] / self.total_weight
        per = 1.0 if self.standardize else self.units.scale**-2.0
        d = self.rows.n_features
        total[np.arange(d), np.arange(d)] += self.l2 * per
        return DenseSymmetric(total, ROUGH)

    def curvatures_below(self, theta: Vector) -> Iterator[DenseSymmetric]:
        """The part of ∇²φ(θ) from a sample of the rows, where all of them would take long."""
        size = int(max(PART * self.rows.n_rows / self.size, LEAST_PER_PARAMETER * self.size))
        if self.rows.n_rows * self.size**2 < QUICK or 2 * size >= self.rows.n_rows:
            return
        part = self.sampled(size)
        part = replace(part, units=self.units, counts=self.counts)  # a part of the same sum
        yield part.rough_hessian(theta)
        yield DenseSymmetric(part.hessian_to_standardized(part.hessian(theta).array))

    def curvature_drift(self, units: Vector) -> float:
        """That of the loss, times the length of the longest row."""
        if self.loss.drift == 0:
            return 0.0
        widest = units.reshape(-1, self.loss.outputs).max(axis=1)
        if self.fit_intercept:
            widest, intercept = widest[:-1], widest[-1]
        else:
            intercept = 0.0
        # A row's square times its weight is at most the sum of those of all rows.
        if self.standardize:
            squares = float(widest @ widest)
        else:
            squares = float((self.units.scale**2 + self.units.centre**2) @ widest**2)
        longest = self.total_weight / self.units.least_weight * (squares + intercept**2)
        return self.loss.drift * float(np.sqrt(longest))

    def value_gradient_drift(self, theta: Vector) -> tuple[float, Vector, float]:
        """φ, ∇φ, and the loss's drift times a bound of √(xᵢᵀ(∇²φ)⁻¹xᵢ), in one pass.

        The bound is from ∇²φ ≥ wᵢ ℓ″ᵢ xᵢ xᵢᵀ / Σ w.
        """
        if self.loss.drift == 0:
            return *self.value_and_gradient(theta), 0.0
        self.counts.nfev += 1
        self.counts.njev += 1
        table = self._table(theta)
        value, gradient, softness = self.rows.total(
            lambda block: sums.softness_of(self.loss, table, block, POWER)
        )
        return (
            self._mean_value(theta, value),
            self._mean_gradient(theta, gradient),
            self.loss.drift * float(np.sqrt(self.total_weight * softness ** (1 / POWER))),
        )

    def gradient_error(self, theta: Vector) -> Vector:
        """Of sums of terms each rounded, with margins rounded too, those of rows independently."""
        table = self._table(theta)
        size = np.append(np.hypot(self.units.scale, self.units.centre), 1.0)
        unit = self.loss.unit(self.units.target_mean, self.units.target_scale)
        margin = float(np.linalg.norm(size[:, None] * table)) / self.rows.n_rows**0.5
        if isinstance(self.loss, PoissonLoss):
            margin *= unit  # ℓ″ is the mean count, not at most one
        error = ROUNDINGS * EPS * (unit + margin) * size
        if self.standardize:
            error[:-1] = (error[:-1] + np.abs(self.units.centre) * error[-1]) / self.units.scale
        error = error if self.fit_intercept else error[:-1]
        return np.repeat(error, self.loss.outputs) + EPS * self.l2 * np.abs(theta)

    def to_standardized(self, gradient: Vector) -> Vector:
        """Derivatives by the parameters of standardized columns, of those by θ."""
        if self.standardize:
            return gradient
        return self.units.slopes(gradient.reshape(-1, self.loss.outputs)).ravel()

    def from_standardized(self, step: Vector) -> Vector:
        """A change of θ, of one of the parameters of standardized columns."""
        if self.standardize:
            return step
        return self.units.own(step.reshape(-1, self.loss.outputs)).ravel()

    def hessian_to_standardized(self, hessian: Vector) -> Vector:
        """Second derivatives by the parameters of standardized columns, of those by θ."""
        if self.standardize:
            return hessian
        k, size = self.loss.outputs, self.size
        half = self.units.slopes(hessian.reshape(-1, k, size)).reshape(size, size)
        return self.units.slopes(half.T.reshape(-1, k, size)).reshape(size, size)

    def scaled_gradient(self, gradient: Vector) -> Vector:
        """∇φ by the coefficients of standardized columns, in units of the target.

        It says the same of a fit whatever units the columns have, and wherever their zero is.
        """
        table = gradient.reshape(-1, self.loss.outputs)
        if not self.standardize:
            table = self.units.slopes(table)
        unit = self.loss.unit(self.units.target_mean, self.units.target_scale)
        return table.ravel() / unit

    def _table(self, theta: Vector) -> Vector:
        """Parameters in own units, of shape (features + 1, outputs), the intercepts last."""
        table = theta.reshape(-1, self.loss.outputs)
        if self.standardize:
            table = self.units.own(table)
        return table if self.fit_intercept else np.vstack([table, np.zeros(table.shape[1])])

    def _of_constant(self, table: Vector) -> tuple[float, Vector] | None:
        """Sums of the value and the gradient where all margins are the same, of the moments."""
        units = self.units
        if units.covariance is None or table[:-1].any():
            return None
        found = self.loss.of_constant(table[-1], units.target_mean, units.target_scale)
        if found is None:
            return None
        value, slope = found
        gradient = np.append(units.centre * slope - units.covariance, slope)
        return value * self.total_weight, gradient[:, None] * self.total_weight

    def _mean_value(self, theta: Vector, total: float) -> float:
        kept = self._penalized(theta)
        return total / self.total_weight + self.l2 / 2 * float(kept @ kept)

    def _mean_gradient(self, theta: Vector, total: Vector) -> Vector:
        """Of sums by the parameters in own units: the mean by θ, and the penalty's."""
        return self._by_theta(total / self.total_weight).ravel() + self.l2 * self._penalized(theta)

    def _mean_hessian(self, total: Vector) -> Vector:
        half = self._by_theta(total / self.total_weight)
        whole = self._by_theta(np.moveaxis(half, 2, 0))  # the other axis of parameters first
        hessian = np.moveaxis(whole, 0, 2).reshape(self.size, self.size)
        penalized = self._penalized(np.ones(self.size))
        hessian[np.diag_indices(self.size)] += self.l2 * penalized
        return hessian

    def _by_theta(self, table: Vector) -> Vector:
        """Derivatives by θ, of those by the parameters in own units, along the first axis."""
        table = table if self.fit_intercept else table[:-1]
        return self.units.slopes(table) if self.standardize else table

    def _penalized(self, theta: Vector) -> Vector:
        """θ with zeros for the intercepts."""
        if not self.fit_intercept:
            return theta
        kept = theta.copy()
        kept[-self.loss.outputs :] = 0
        return kept
