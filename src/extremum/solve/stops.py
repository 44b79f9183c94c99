"""When a run stops: the tests a user may choose, and the limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from extremum.methods import State
from extremum.objective import Counts, Vector
from extremum.outcomes import InvalidInput, Reason, Stop

MAXITER = 10_000
"""Iterations where the user sets no limit: enough for plain gradient descent on a moderately
conditioned problem; a second-order method needs far fewer."""

GRADIENT_TOLERANCE = 1e-8
"""The default of `GradientNorm`: about √ε, half of the digits of a gradient of size one."""

BOTTOM = 1e20
"""A value below −BOTTOM · max(1, |φ(x₀)|) is on its way to −∞."""


class StopTest(Protocol):
    """A test that ends a run when it is met."""

    def met(self, first: State, previous: State | None, state: State) -> Stop | None:
        """The stop, if the test is met at `state`."""


@dataclass(frozen=True)
class GradientNorm:
    """‖∇φ(x)‖∞ ≤ atol + rtol ‖∇φ(x₀)‖∞. The only test that means *converged*.

    Parameters
    ----------
    atol, rtol : float
        SciPy's ``gtol=g`` is ``atol=g``.
    """

    atol: float = GRADIENT_TOLERANCE
    rtol: float = 0.0

    def __post_init__(self) -> None:
        _check_tolerances(self, self.atol, self.rtol)

    def met(self, first: State, previous: State | None, state: State) -> Stop | None:
        """The stop, if the test is met at `state`."""
        norm, tolerance = state.gradient_norm, self.atol + self.rtol * first.gradient_norm
        if not norm <= tolerance:
            return None
        facts = {"grad_norm": norm, "tolerance": tolerance}
        return Stop(Reason.GRADIENT_NORM, facts)


@dataclass(frozen=True)
class RelativeStep:
    """Σᵢ |xᵢ⁺ − xᵢ| / |xᵢ⁺| < tol, with 0/0 = 0.

    Parameters
    ----------
    tol : float
    """

    tol: float

    def __post_init__(self) -> None:
        _check_tolerances(self, self.tol)

    def met(self, first: State, previous: State | None, state: State) -> Stop | None:
        """The stop, if the test is met at `state`."""
        if previous is None:
            return None
        step = relative_step(state.x - previous.x, state.x)
        if not step < self.tol:
            return None
        facts = {
            "relative_step": step,
            "tolerance": self.tol,
            "grad_norm": state.gradient_norm,
        }
        return Stop(Reason.RELATIVE_STEP, facts)


@dataclass(frozen=True)
class SquaredStep:
    """‖x⁺ − x‖² ≤ tol, in the 2-norm.

    Parameters
    ----------
    tol : float
    """

    tol: float

    def __post_init__(self) -> None:
        _check_tolerances(self, self.tol)

    def met(self, first: State, previous: State | None, state: State) -> Stop | None:
        """The stop, if the test is met at `state`."""
        if previous is None or not (step := float(np.sum((state.x - previous.x) ** 2))) <= self.tol:
            return None
        facts = {
            "squared_step": step,
            "tolerance": self.tol,
            "grad_norm": state.gradient_norm,
        }
        return Stop(Reason.SQUARED_STEP, facts)


@dataclass(frozen=True)
class ValueChange:
    """|φ(x⁺) − φ(x)| ≤ atol + rtol |φ(x⁺)|.

    Parameters
    ----------
    atol, rtol : float
    """

    atol: float
    rtol: float = 0.0

    def __post_init__(self) -> None:
        _check_tolerances(self, self.atol, self.rtol)

    def met(self, first: State, previous: State | None, state: State) -> Stop | None:
        """The stop, if the test is met at `state`."""
        if previous is None:
            return None
        change, tolerance = abs(state.fun - previous.fun), self.atol + self.rtol * abs(state.fun)
        if not change <= tolerance:
            return None
        facts = {"change": change, "tolerance": tolerance, "grad_norm": state.gradient_norm}
        return Stop(Reason.VALUE_CHANGE, facts)


@dataclass(frozen=True)
class Limits:
    """What a run may spend.

    Attributes
    ----------
    maxiter : int
    maxfev : int or None
        Evaluations of φ.
    max_seconds : float or None
        Looked at before each evaluation; one in Python is interrupted (see `alarm`).
    """

    maxiter: int = MAXITER
    maxfev: int | None = None
    max_seconds: float | None = None

    def __post_init__(self) -> None:
        for name in ("maxiter", "maxfev", "max_seconds"):
            value = getattr(self, name)
            kinds = int | float if name == "max_seconds" else int | np.integer
            right = isinstance(value, kinds) and not isinstance(value, bool) and value >= 0
            if value is not None and not right:
                kind = "number" if name == "max_seconds" else "whole number"
                raise InvalidInput(f"{name}={value!r}: a {kind} that is not negative is needed.")

    def spent(self, nit: int, counts: Counts, seconds: float, state: State) -> list[Stop]:
        """The limits that are reached."""
        checks = (
            (Reason.MAXITER, nit, self.maxiter),
            (Reason.MAXFEV, counts.nfev, self.maxfev),
            (Reason.MAX_SECONDS, seconds, self.max_seconds),
        )
        return [
            Stop(reason, {"limit": limit, "grad_norm": state.gradient_norm, "where": ""})
            for reason, used, limit in checks
            if limit is not None and used >= limit
        ]


def falls_to_minus_infinity(first: State, state: State) -> Stop | None:
    """Stop a run whose value has fallen below all bounds."""
    if state.fun > -BOTTOM * max(1.0, abs(first.fun)):
        return None
    distance = float(np.linalg.norm(state.x - first.x))
    return Stop(Reason.UNBOUNDED, {"fun": state.fun, "distance": distance})


def relative_step(step: Vector, after: Vector) -> float:
    """Σᵢ |stepᵢ| / |xᵢ⁺|, with 0/0 = 0."""
    moved = np.abs(step)
    sizes = np.abs(after)
    if sizes.all():
        return float((moved / sizes).sum())
    ratios = np.where(moved == 0, 0.0, np.inf)
    np.divide(moved, sizes, out=ratios, where=sizes > 0)
    return float(ratios.sum())


def _check_tolerances(test: object, *values: float) -> None:
    for value in values:
        number = isinstance(value, int | float | np.integer | np.floating)
        if not (number and 0 <= value < np.inf):
            raise InvalidInput(
                f"{type(test).__name__}: the tolerance {value!r} is not a number ≥ 0."
            )
