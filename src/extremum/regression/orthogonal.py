"""A fit seen in coordinates in which the columns of its table are orthonormal.

There the curvature is as well conditioned as the loss allows, whatever the table's own condition:
so a minimum can be certified that is hidden by rounding in the columns' coordinates.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from extremum.certify import Certificate
from extremum.certify.convex import certify_convex
from extremum.objective import Counts, Vector
from extremum.regression.design import Block
from extremum.regression.least_squares import triangular_factor
from extremum.regression.losses import HalfSquared
from extremum.regression.mapped import MappedRows
from extremum.regression.risk import MeanLoss
from extremum.regression.units import Units


def certified(risk: MeanLoss, theta: Vector, independent: NDArray[np.intp]) -> Certificate | None:
    """The certificate of a minimum over independent columns, in orthonormal coordinates.

    None where it is not one, or too far from one.

    Parameters
    ----------
    risk : MeanLoss
        Without a penalty.
    theta : ndarray of shape (n,)
        Zero for the columns that are not independent.
    independent : ndarray of int
        Columns of which (and of the constant) the others are combinations.
    """
    units = replace(
        risk.units.of_others(),
        centre=risk.units.centre[independent],
        scale=risk.units.scale[independent],
    )
    rows = MappedRows(
        risk.rows, lambda block: block._replace(X=block.X[:, independent]), len(independent)
    )
    coef, intercept = risk.unflatten(theta)
    among = replace(risk, rows=rows, units=units, standardize=True, counts=Counts())
    at = among.flatten(coef[independent], intercept).reshape(-1, risk.loss.outputs)
    p = len(at)
    table = replace(among, loss=HalfSquared())  # whose parameters are the columns' alone
    factor = triangular_factor(table)[:p, :p] / np.sqrt(risk.total_weight)
    orthonormal = MappedRows(rows, lambda block: _orthonormal(block, units, factor), p)
    own = replace(units, centre=np.zeros(p), scale=np.ones(p), has_intercept=False)
    return certify_convex(
        replace(among, rows=orthonormal, units=own, standardize=False), (factor @ at).ravel()
    )


def _orthonormal(block: Block, units: Units, factor: Vector) -> Block:
    X = block.X.toarray() if hasattr(block.X, "toarray") else block.X
    X = (X - units.centre) / units.scale
    if units.has_intercept:
        X = np.column_stack([X, np.ones(len(X))])
    return block._replace(X=solve_triangular(factor, X.T, trans="T", check_finite=False).T)
