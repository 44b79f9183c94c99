"""The contract that methods speak to, and the objective made from a callable."""

from __future__ import annotations

import copy
import difflib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np

from extremum.linalg import DenseSymmetric, SymmetricMatrix
from extremum.objective.agreement import check_agreement
from extremum.objective.compiled import CompiledDerivatives
from extremum.objective.counts import Counts
from extremum.objective.differences import (
    SCHEMES,
    CentralDifference,
    ComplexStep,
    ForwardDifference,
    ValueDifferences,
)
from extremum.objective.exact import ExactDerivatives, exact_derivatives
from extremum.objective.function import PlainFunction, show_point
from extremum.objective.parameters import Parameters, Vector
from extremum.objective.refusals import reason, refusals
from extremum.objective.supplied import SuppliedGradient, SuppliedHessian
from extremum.outcomes import DerivativeWarning, InvalidInput, UnknownOption, Untraceable


@runtime_checkable
class Objective(Protocol):
    """φ: ℝⁿ → ℝ with its derivatives. Points are ndarrays of shape (n,).

    A class that derives from this one writes `counts`, `value`, `value_and_gradient` and `hessian`,
    and `hessian_vector` where a product costs less than the matrix; the rest stands here.

    Attributes
    ----------
    counts : Counts
        Every evaluation so far.
    """

    counts: Counts

    def value(self, x: Vector) -> float:
        """φ(x)."""

    def value_and_gradient(self, x: Vector) -> tuple[float, Vector]:
        """φ(x) and ∇φ(x), of shape (n,)."""

    def hessian(self, x: Vector) -> SymmetricMatrix:
        """∇²φ(x)."""

    def hessian_vector(self, x: Vector, v: Vector) -> Vector:
        """∇²φ(x)·v, of shape (n,)."""
        return self.hessian(x) @ v

    def value_gradient_hessian(self, x: Vector) -> tuple[float, Vector, SymmetricMatrix]:
        """φ(x), ∇φ(x) and ∇²φ(x), where all are needed."""
        return *self.value_and_gradient(x), self.hessian(x)

    def at_best(self) -> Objective:
        """The same function with the most exact derivatives to be had and counts of its own.

        A certificate is computed with these.
        """
        afresh = copy.copy(self)
        object.__setattr__(afresh, "counts", Counts())
        return afresh

    def disagreement(self, x: Vector) -> str | None:
        """What is wrong with the derivatives at `x`, where that can be told."""
        return None

    @property
    def exact(self) -> bool:
        """Whether second derivatives are exact up to rounding."""
        return True

    @property
    def source(self) -> str:
        """Where the derivatives come from, in words."""
        return type(self).__name__

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of the derivatives."""
        return ()


class GradientSource(Protocol):
    """Where values and gradients come from."""

    @property
    def name(self) -> str: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    @property
    def exact(self) -> bool: ...
    def value(self, x: Vector, counts: Counts) -> float: ...
    def value_and_gradient(self, x: Vector, counts: Counts) -> tuple[float, Vector]: ...


class HessianSource(Protocol):
    """Where second derivatives come from."""

    @property
    def name(self) -> str: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    @property
    def exact(self) -> bool: ...
    def hessian(self, x: Vector, counts: Counts) -> Vector: ...
    def hessian_vector(self, x: Vector, v: Vector, counts: Counts) -> Vector: ...


@dataclass(frozen=True)
class FunctionObjective(Objective):
    """The objective of a callable: its values, its derivatives, and how often they were asked for.

    Made by `make_objective`.
    """

    plain: PlainFunction
    gradients: GradientSource
    hessians: HessianSource
    counts: Counts = field(default_factory=Counts)
    why_inexact: str | None = None
    mends: list[str] = field(default_factory=list, repr=False)
    """What was said, once, of points where exact derivatives are not a number."""

    def value(self, x: Vector) -> float:
        """φ(x)."""
        return self.gradients.value(x, self.counts)

    def value_and_gradient(self, x: Vector) -> tuple[float, Vector]:
        """φ(x) and ∇φ(x)."""
        value, gradient = self.gradients.value_and_gradient(x, self.counts)
        return value, self._mended_gradient(x, value, gradient)

    def hessian(self, x: Vector) -> SymmetricMatrix:
        """∇²φ(x)."""
        return self._mended_hessian(x, self.hessians.hessian(x, self.counts))

    def value_gradient_hessian(self, x: Vector) -> tuple[float, Vector, SymmetricMatrix]:
        """φ(x), ∇φ(x) and ∇²φ(x), by one compiled call where there is one."""
        source: Any = self.gradients
        if source is not self.hessians or not isinstance(source, CompiledDerivatives):
            return *self.value_and_gradient(x), self.hessian(x)
        value, gradient, hessian = source.value_gradient_hessian(x, self.counts)
        gradient = self._mended_gradient(x, value, gradient)
        return value, gradient, self._mended_hessian(x, hessian)

    def _mended_gradient(self, x: Vector, value: float, gradient: Vector) -> Vector:
        if self.gradients.exact and np.isnan(gradient).any() and np.isfinite(value):
            there = self._differences.value_and_gradient(x, Counts())[1]
            return self._mended(gradient, there)
        return gradient

    def _mended_hessian(self, x: Vector, hessian: Vector) -> SymmetricMatrix:
        if self.hessians.exact and np.isnan(hessian).any():
            hessian = self._mended(hessian, self._differences.hessian(x, Counts()))
        return DenseSymmetric(hessian)

    @property
    def _differences(self) -> ValueDifferences:
        return ValueDifferences(self.plain, CentralDifference())

    def _mended(self, exact: Vector, differences: Vector) -> Vector:
        """Where the chain rule is 0 · ∞ and the function smooth (‖x‖² at 0), take differences."""
        if not np.isfinite(differences).all():
            return exact
        if not self.mends:
            self.mends.append(
                f"{self.plain.name} has points where its exact derivatives are not a number, such "
                "as a norm or a square root at 0: central differences are used there. "
                "Write np.sum(x**2) for np.linalg.norm(x)**2"
            )
            warnings.warn(f"{self.mends[0]}.", DerivativeWarning, stacklevel=6)
        return differences

    def hessian_vector(self, x: Vector, v: Vector) -> Vector:
        """∇²φ(x)·v."""
        return self.hessians.hessian_vector(x, v, self.counts)

    def gradient_error(self, x: Vector) -> Vector:
        """How wrong ∇φ may be besides rounding: zero, but for differences."""
        if isinstance(self.gradients, ValueDifferences):
            return self.gradients.gradient_error(x, self.counts)
        return np.zeros_like(x)

    @property
    def exact(self) -> bool:
        """Whether second derivatives are exact up to rounding."""
        return self.hessians.exact

    @property
    def source(self) -> str:
        """Where the derivatives come from, in words."""
        if self.gradients.name == self.hessians.name:
            return self.gradients.name
        return f"gradient: {self.gradients.name}; Hessian: {self.hessians.name}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What was converted, and what a reader should know of the derivatives."""
        why = () if self.why_inexact is None else (f"not followed exactly: {self.why_inexact}",)
        found = (*self.plain.parameters.notes, *self.gradients.notes, *self.hessians.notes)
        found += (*why, *self.mends)
        return tuple(dict.fromkeys(found))

    @cached_property
    def _exact(self) -> ExactDerivatives | str:
        if self.why_inexact is not None:  # tried before
            return self.why_inexact
        for source in (self.gradients, self.hessians):
            if source.exact:
                return source  # type: ignore[return-value]
        try:
            return exact_derivatives(self.plain, self.plain.parameters.start)
        except Untraceable as error:
            return str(error)

    def at_best(self) -> FunctionObjective:
        """The same function with the most exact derivatives to be had and counts of its own.

        A certificate is computed with these.
        """
        exact = self._exact
        if isinstance(exact, str):
            return replace(self, counts=Counts())
        return replace(self, gradients=exact, hessians=exact, counts=Counts())

    def disagreement(self, x: Vector) -> str | None:
        """Compare a traced function with the plain one at `x`; None where they agree."""
        for source in (self.gradients, self.hessians):
            if source.exact:
                start = self.plain.parameters.start
                with refusals() as refused:
                    try:
                        return check_agreement(source, self.plain, start, start, x)
                    except Exception as error:  # a branch that can't be followed
                        return reason(error, refused)
        return None


def make_objective(
    fun: Callable[..., Any],
    parameters: Parameters,
    args: Any = (),
    jac: Any = None,
    hess: Any = None,
    hessp: Any = None,
) -> FunctionObjective:
    """Make an objective of a callable, finding what derivatives the user does not give.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float``, plain NumPy or `jax.numpy`.
    parameters : Parameters
        The start in the user's own structure.
    args : tuple
        Further arguments of `fun`, `jac`, `hess` and `hessp`; if only one, it may stand alone.
    jac : callable, True, {"2-point", "3-point", "cs"} or a scheme, optional
        The gradient. True: `fun` returns ``(value, gradient)``.
    hess : callable, optional
        ``hess(x, *args) -> (n, n) array``.
    hessp : callable, optional
        ``hessp(x, v, *args) -> (n,) array``.

    Raises
    ------
    InvalidInput, UnknownOption
        If a derivative's spelling is unknown, or the value at the start is not a finite number.
    """
    if not callable(fun):
        raise InvalidInput(f"fun is a {type(fun).__name__}; a function of x is needed.")
    if not isinstance(args, tuple):
        args = (args,)
    plain = PlainFunction(fun, parameters, args, with_gradient=jac is True)
    value = plain.value(parameters.start, Counts())
    if not np.isfinite(value):
        raise InvalidInput(
            f"{plain.name} is {value} at the start, x = {show_point(parameters.start)}. "
            "Start where it is finite."
        )
    given = None if jac is None else _given_gradient(plain, jac)
    curvature = _given_hessian(plain, hess, hessp)
    if given is not None and curvature is not None:
        return FunctionObjective(plain, given, curvature)
    why = None
    try:
        found: Any = exact_derivatives(plain, parameters.start)
    except Untraceable as error:
        why = str(error)
        found = given or ValueDifferences(plain, CentralDifference())
        if given is None:
            warn_inexact(plain, why)
    return FunctionObjective(plain, given or found, curvature or found, why_inexact=why)


def by_differences(objective: FunctionObjective, why: str) -> FunctionObjective:
    """The same function by differences, after what was traced proved to be wrong."""
    warn_inexact(objective.plain, why)
    source = ValueDifferences(objective.plain, CentralDifference())
    return replace(objective, gradients=source, hessians=source, why_inexact=why)


def warn_inexact(plain: PlainFunction, why: str) -> None:
    """Say in a warning that derivatives are taken by differences, and why."""
    warnings.warn(
        f"{plain.name} can't be differentiated exactly: {why}. Central differences are used; "
        "pass jac= or write the function so that it can be followed.",
        DerivativeWarning,
        stacklevel=5,
    )


def _given_gradient(plain: PlainFunction, jac: Any) -> Any:
    if jac is True:
        return SuppliedGradient(plain, None)
    if isinstance(jac, str):
        if jac not in SCHEMES:
            near = difflib.get_close_matches(jac, SCHEMES, n=1, cutoff=0.3)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise UnknownOption(f"jac={jac!r} is unknown; one of {', '.join(SCHEMES)}.{hint}")
        return ValueDifferences(plain, SCHEMES[jac]())
    if isinstance(jac, ForwardDifference | CentralDifference | ComplexStep):
        return ValueDifferences(plain, jac)
    if callable(jac):
        return SuppliedGradient(plain, jac)
    raise UnknownOption(
        f"jac={jac!r} is unknown; give a function, True, '2-point', '3-point', 'cs' or a scheme "
        "like ForwardDifference(1e-6), or leave it out for exact derivatives."
    )


def _given_hessian(plain: PlainFunction, hess: Any, hessp: Any) -> SuppliedHessian | None:
    for name, value in (("hess", hess), ("hessp", hessp)):
        if value is not None and not callable(value):
            raise UnknownOption(
                f"{name}={value!r} is not a function; leave it out and it is found by itself."
            )
    return None if hess is None and hessp is None else SuppliedHessian(plain, hess, hessp)
