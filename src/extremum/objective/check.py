"""Check derivatives against differences, component by component."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from extremum.objective.counts import Counts
from extremum.objective.differences import EPS, CentralDifference, ValueDifferences
from extremum.objective.objective import make_objective
from extremum.objective.parameters import Parameters, Vector


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
    The differences are taken with two steps; by how much these disagree, plus rounding, is the
    error allowed for.
    """
    parameters = Parameters.of(x, "point")
    objective = make_objective(fun, parameters, args, jac, hess, hessp)
    at = parameters.start
    value, gradient = objective.value_and_gradient(at)
    hessian = objective.hessian(at).toarray()
    central = ValueDifferences(objective.plain, CentralDifference())
    scale = float(np.maximum(1.0, np.abs(at)).max())
    rough = CentralDifference(4 * EPS ** (1 / 3) * scale)
    by_differences = central.value_and_gradient(at, Counts())[1]
    roughly = rough.value_and_gradient(objective.plain, at, Counts())[1]
    error = np.abs(by_differences - roughly) + 1e2 * EPS ** (2 / 3) * (
        abs(value) + np.abs(by_differences).max(initial=0.0)
    )
    second = central.hessian(at, Counts())
    size = abs(value) + np.abs(by_differences).max(initial=0.0) + np.abs(second).max(initial=0.0)
    second_error = 1e2 * EPS**0.5 * size + 1e-5 * np.abs(second)
    wrong = np.flatnonzero(~(np.abs(gradient - by_differences) <= 10 * error))
    if wrong.size:
        i = int(wrong[0])
        message = (
            f"The gradient's component {i} is {gradient[i]:.10g}; differences give "
            f"{by_differences[i]:.10g}, with an error of about {error[i]:.1g} "
            f"({wrong.size} of {at.size} components disagree)."
        )
        return DerivativeCheck(False, message, gradient, by_differences, hessian, second)
    pairs = np.argwhere(~(np.abs(hessian - second) <= 10 * second_error))
    if pairs.size:
        i, j = (int(k) for k in pairs[0])
        message = (
            f"The gradient agrees, but the Hessian's component ({i}, {j}) is {hessian[i, j]:.10g}; "
            f"differences give {second[i, j]:.10g} ({len(pairs)} components disagree)."
        )
        return DerivativeCheck(False, message, gradient, by_differences, hessian, second)
    message = (
        f"All {at.size} components of the gradient and the Hessian agree with differences "
        f"(source: {objective.source})."
    )
    return DerivativeCheck(True, message, gradient, by_differences, hessian, second)
