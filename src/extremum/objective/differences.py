"""Derivatives by differences, and the schemes a user can choose.

Steps: for a truncation error of order p and a relative rounding error ε, the best relative step is
ε^(1/(p+1)): ε^(1/2) forward, ε^(1/3) central, ε^(1/4) for second differences (Nocedal & Wright,
Numerical Optimization, 2nd ed., section 8.1). The step in the i-th variable is that times
max(1, |xᵢ|), unless the user sets one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from extremum.objective.counts import Counts
from extremum.objective.function import PlainFunction
from extremum.objective.parameters import Vector
from extremum.outcomes import InvalidInput


@dataclass(frozen=True)
class ForwardDifference:
    """∂ᵢφ ≈ (φ(x + h eᵢ) − φ(x)) / h, with n further values.

    Parameters
    ----------
    step : float, optional
        h, the same in every variable, in the units of x. Default: √ε max(1, |xᵢ|).
    """

    step: float | None = None

    def __post_init__(self) -> None:
        _check_step(self.step)

    def __str__(self) -> str:
        return "forward differences" + _step_text(self.step)

    def value_and_gradient(
        self, function: PlainFunction, x: Vector, counts: Counts
    ) -> tuple[float, Vector]:
        """φ and ∇φ at x."""
        value = function.value(x, counts)
        steps = _steps(function, x, self.step, 1 / 2)
        ahead = [function.value(_moved(x, i, h), counts) for i, h in enumerate(steps)]
        return value, (np.array(ahead) - value) / steps


@dataclass(frozen=True)
class CentralDifference:
    """∂ᵢφ ≈ (φ(x + h eᵢ) − φ(x − h eᵢ)) / 2h, with 2n further values.

    Parameters
    ----------
    step : float, optional
        h, the same in every variable, in the units of x. Default: ε^(1/3) max(1, |xᵢ|).
    """

    step: float | None = None

    def __post_init__(self) -> None:
        _check_step(self.step)

    def __str__(self) -> str:
        return "central differences" + _step_text(self.step)

    def value_and_gradient(
        self, function: PlainFunction, x: Vector, counts: Counts
    ) -> tuple[float, Vector]:
        """φ and ∇φ at x."""
        value = function.value(x, counts)
        steps = _steps(function, x, self.step, 1 / 3)
        gradient = [
            (function.value(_moved(x, i, h), counts) - function.value(_moved(x, i, -h), counts))
            / (2 * h)
            for i, h in enumerate(steps)
        ]
        return value, np.array(gradient)


@dataclass(frozen=True)
class ComplexStep:
    """∂ᵢφ ≈ Im φ(x + ih eᵢ) / h: exact to rounding, for functions that take complex numbers.

    Parameters
    ----------
    step : float
        h. Nothing is subtracted, so it can be as small as floating point allows.

    References
    ----------
    Squire & Trapp, SIAM Review 40 (1998) 110-112.
    """

    step: float = 1e-20

    def __post_init__(self) -> None:
        _check_step(self.step)

    def __str__(self) -> str:
        return "complex step" + _step_text(self.step)

    def value_and_gradient(
        self, function: PlainFunction, x: Vector, counts: Counts
    ) -> tuple[float, Vector]:
        """φ and ∇φ at x."""
        value = function.value(x, counts)
        gradient = np.empty(x.size)
        for i in range(x.size):
            z = x.astype(complex)
            z[i] += 1j * self.step
            gradient[i] = function.value_at_complex(z, counts).imag / self.step
        return value, gradient


Scheme = ForwardDifference | CentralDifference | ComplexStep
SCHEMES: dict[str, type[Scheme]] = {
    "2-point": ForwardDifference,
    "3-point": CentralDifference,
    "cs": ComplexStep,
}
"""SciPy's names of the schemes."""


@dataclass(frozen=True)
class ValueDifferences:
    """A gradient by a scheme, and a Hessian by second differences of the values."""

    function: PlainFunction
    scheme: Scheme
    notes: tuple[str, ...] = ()
    exact: bool = False

    @property
    def name(self) -> str:
        """How the result names this source."""
        return str(self.scheme)

    def value(self, x: Vector, counts: Counts) -> float:
        """φ at x."""
        return self.function.value(x, counts)

    def value_and_gradient(self, x: Vector, counts: Counts) -> tuple[float, Vector]:
        """φ and ∇φ at x."""
        counts.njev += 1
        return self.scheme.value_and_gradient(self.function, x, counts)

    def gradient_error(self, x: Vector, counts: Counts) -> Vector:
        """What the steps cost: by how much ∇φ changes when they are doubled, and φ's rounding.

        A truncation error of order p grows by 2ᵖ − 1 ≥ 1 times itself.
        """
        scheme = self.scheme
        if isinstance(scheme, ComplexStep):
            return np.zeros_like(x)
        eps = self.function.parameters.eps
        relative = eps**0.5 if isinstance(scheme, ForwardDifference) else eps ** (1 / 3)
        step = relative * max(1.0, float(np.abs(x).max())) if scheme.step is None else scheme.step
        _, doubled = type(scheme)(2 * step).value_and_gradient(self.function, x, counts)
        value, gradient = scheme.value_and_gradient(self.function, x, counts)
        return np.abs(doubled - gradient) + eps * abs(value) / step

    def hessian(self, x: Vector, counts: Counts) -> Vector:
        """∇²φ at x: central second differences, 2n² + 1 values."""
        counts.nhev += 1
        h = _steps(self.function, x, None, 1 / 4)
        middle = self.function.value(x, counts)
        hessian = np.empty((x.size, x.size))

        def at(i: int, si: float, j: int, sj: float) -> float:
            return self.function.value(_moved(_moved(x, i, si * h[i]), j, sj * h[j]), counts)

        for i in range(x.size):
            hessian[i, i] = (
                self.function.value(_moved(x, i, h[i]), counts)
                - 2 * middle
                + self.function.value(_moved(x, i, -h[i]), counts)
            ) / h[i] ** 2
            for j in range(i):
                mixed = at(i, 1, j, 1) - at(i, 1, j, -1) - at(i, -1, j, 1) + at(i, -1, j, -1)
                hessian[i, j] = hessian[j, i] = mixed / (4 * h[i] * h[j])
        return hessian

    def hessian_vector(self, x: Vector, v: Vector, counts: Counts) -> Vector:
        """∇²φ·v at x: a central difference of the gradient along v."""
        counts.nhvp += 1
        relative = self.function.parameters.eps**0.25
        return difference_along(lambda y: self.value_and_gradient(y, counts)[1], x, v, relative)


def difference_along(
    gradient: Callable[[Vector], Vector], x: Vector, v: Vector, relative: float
) -> Vector:
    """∇²φ·v by a central difference of a gradient."""
    length = float(np.linalg.norm(v))
    if length == 0:
        return np.zeros_like(x)
    h = relative * max(1.0, float(np.linalg.norm(x, np.inf))) / length
    return (gradient(x + h * v) - gradient(x - h * v)) / (2 * h)


def _check_step(step: float | None) -> None:
    if step is not None and not 0 < step < np.inf:
        raise InvalidInput(f"A difference's step is {step!r}; a positive number is needed.")


def _steps(function: PlainFunction, x: Vector, step: float | None, power: float) -> Vector:
    """The user's step as it is; else εᵖ, relative to x and made exact: (x + h) − x = h."""
    if step is not None:
        return np.full(x.size, step)
    parameters = function.parameters
    return parameters.rounded(x + parameters.eps**power * np.maximum(1.0, np.abs(x))) - x


def _moved(x: Vector, i: int, h: float) -> Vector:
    moved = x.copy()
    moved[i] += h
    return moved


def _step_text(step: float | None) -> str:
    return f", step {step:g}" if step is not None else ""
