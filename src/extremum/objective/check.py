"""Check derivatives against differences, component by component."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extremum.objective.counts import Counts
from extremum.objective.differences import ValueDifferences
from extremum.objective.make import make_objective
from extremum.objective.parameters import Parameters, Vector
from extremum.objective.supplied import SuppliedGradient

ALLOWED = 10.0
"""How many times its estimated error a difference may be off."""

SURE = 1e-3
"""Relative error below which a difference is known not to be rounding alone."""

OWN_ERROR = 1e-5
"""Relative error allowed to derivatives that are differences themselves."""


@dataclass(frozen=True)
class DerivativeCheck:
    """What `check_derivatives` found.

    Attributes
    ----------
    ok : bool
        Whether every component agrees within the error of the differences.
    message : str
        A sentence; it names the first wrong component.
    gradient, gradient_by_differences : ndarray of shape (n,)
    hessian, hessian_by_differences : ndarray of shape (n, n)
    """

    ok: bool
    message: str
    gradient: Vector
    gradient_by_differences: Vector
    hessian: Vector
    hessian_by_differences: Vector

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return self.message


def check_derivatives(
    fun: Callable[..., Any],
    x: Any,
    *,
    args: tuple[Any, ...] = (),
    jac: Any = None,
    hess: Any = None,
    hessp: Any = None,
) -> DerivativeCheck:
    """Compare the gradient and the Hessian that a run would use with differences of the values.

    Parameters
    ----------
    fun, args, jac, hess, hessp
        As for `minimize`.
    x : array_like, float or pytree
        Where to compare.

    Returns
    -------
    DerivativeCheck
        True where all agree; its message names the first component that does not.

    Notes
    -----
    The gradient is compared with central differences of the values, then the Hessian with those
    of the gradient. Each is taken with a ladder of steps, each a tenth of the one before; where
    two neighbours differ least, that is the result, and by how much they differ, plus rounding,
    is the error allowed for. So neither the function's scale nor that of x has to be known.
    """
    parameters = Parameters.of(x, "point")
    objective = make_objective(fun, parameters, args, jac, hess, hessp)
    at = parameters.start
    gradient = objective.value_and_gradient(at)[1]
    hessian = objective.hessian(at).toarray()
    slopes, slope_errors = _jacobian(
        lambda y: np.array([objective.plain.value(y, Counts())]), at, parameters
    )
    bends, bend_errors = _jacobian(lambda y: objective.value_and_gradient(y)[1], at, parameters)
    # A gradient is known no better than it changes when x is rounded.
    slope_errors += parameters.eps * np.abs(bends) @ np.maximum(1.0, np.abs(at))
    rough_gradient = isinstance(objective.gradients, ValueDifferences)
    rough_hessian = isinstance(objective.hessians, ValueDifferences | SuppliedGradient)
    slope_errors += (OWN_ERROR if rough_gradient else 0.0) * np.abs(slopes).max()
    bend_errors += (OWN_ERROR if rough_gradient or rough_hessian else 1e-11) * np.abs(bends).max()
    wrong = _disagreeing(gradient, slopes[0], slope_errors[0])
    wrong_pairs = _disagreeing(hessian, bends, bend_errors)
    if len(wrong):
        i = int(wrong[0, 0])
        message = (
            f"The gradient's component {i} is {gradient[i]:.10g}; differences give "
            f"{slopes[0, i]:.10g}, with an error of about {slope_errors[0, i]:.1g} "
            f"({len(wrong)} of {at.size} components disagree)."
        )
    elif len(wrong_pairs):
        i, j = (int(k) for k in wrong_pairs[0])
        message = (
            f"The gradient agrees, but the Hessian's component ({i}, {j}) is {hessian[i, j]:.10g}; "
            f"differences give {bends[i, j]:.10g}, with an error of about {bend_errors[i, j]:.1g} "
            f"({len(wrong_pairs)} of {at.size**2} components disagree)."
        )
    else:
        message = (
            f"All {at.size} components of the gradient and all of the Hessian agree with "
            f"differences (source: {objective.source})."
        )
    ok = not len(wrong) and not len(wrong_pairs)
    return DerivativeCheck(ok, message, gradient, slopes[0], hessian, bends)


def _disagreeing(given: Vector, differences: Vector, errors: Vector) -> NDArray[np.intp]:
    """The indices of the components that differ by more than the error allows, NaN included."""
    return np.argwhere(~(np.abs(given - differences) <= ALLOWED * errors))


def _jacobian(
    function: Callable[[Vector], Vector], x: Vector, parameters: Parameters
) -> tuple[Vector, Vector]:
    """Derivatives of a function of n variables with m values, and their errors: (m, n) both."""
    columns = [_derivative(function, x, i, parameters) for i in range(x.size)]
    return np.stack([c[0] for c in columns], axis=1), np.stack([c[1] for c in columns], axis=1)


def _derivative(
    function: Callable[[Vector], Vector], x: Vector, i: int, parameters: Parameters
) -> tuple[Vector, Vector]:
    """∂ᵢ of a function with m values, and its error: two arrays of shape (m,)."""
    ladder = (_quotient(function, x, i, h, parameters) for h in _ladder(x[i]))
    quotients, roundings = zip(*ladder, strict=True)
    quotient, rounding = np.array(quotients), np.array(roundings)
    errors = np.abs(np.diff(quotient, axis=0)) + rounding[1:]
    errors[np.isnan(errors)] = np.inf
    # A step across a pole may have neighbours like itself: what is relatively sure is preferred.
    with np.errstate(all="ignore"):
        relative = np.where(errors == 0, 0.0, errors / np.abs(quotient[1:]))
    relative[np.isnan(relative)] = np.inf
    surest, smallest = relative.argmin(axis=0), errors.argmin(axis=0)
    best = np.where(relative.min(axis=0) < SURE, surest, smallest)[None]
    return (
        np.take_along_axis(quotient[1:], best, 0)[0],
        np.take_along_axis(errors, best, 0)[0],
    )


def _quotient(
    function: Callable[[Vector], Vector], x: Vector, i: int, h: float, parameters: Parameters
) -> tuple[Vector, Vector]:
    """A central difference and its rounding error, each of shape (m,)."""
    ahead, behind = x.copy(), x.copy()
    ahead[i] += h
    behind[i] -= h
    ahead, behind = parameters.rounded(ahead), parameters.rounded(behind)
    with np.errstate(all="ignore"):
        after, before = _or_nan(function, ahead), _or_nan(function, behind)
    width = ahead[i] - behind[i]
    # At a step that is lost in rounding, nothing is known.
    if width == 0:
        return np.full_like(after, np.nan), np.full_like(after, np.nan)
    rounding = 4 * parameters.eps * np.maximum(np.abs(after), np.abs(before)) / width
    return (after - before) / width, rounding


def _or_nan(function: Callable[[Vector], Vector], x: Vector) -> Vector:
    try:
        return function(x)
    except (ArithmeticError, ValueError):  # outside of the function's domain
        return np.array([np.nan])


def _ladder(x: float) -> Vector:
    """Steps from a tenth of the variable's scale down to rounding."""
    scale = max(1.0, abs(x))
    lowest = -9 if x == 0 or abs(x) >= 1 else min(-9, int(np.floor(np.log10(abs(x)))) - 7)
    return np.array([scale * 10.0**k for k in range(-1, max(lowest, -300) - 1, -1)])
