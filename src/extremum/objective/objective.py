"""The contract that methods speak to, and the objective made from a callable."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np

from extremum.linalg import DenseSymmetric, SymmetricMatrix
from extremum.objective.agreement import check_agreement
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

_SIXTY_FOUR_BITS = np.dtype(np.float64)


@runtime_checkable
class Objective(Protocol):
    """φ: ℝⁿ → ℝ with its derivatives. Points are ndarrays of shape (n,)."""

    @property
    def counts(self) -> Counts:
        """Every evaluation so far."""

    def value(self, x: Vector) -> float:
        """φ(x)."""

    def value_and_gradient(self, x: Vector) -> tuple[float, Vector]:
        """φ(x) and ∇φ(x), of shape (n,)."""

    def hessian(self, x: Vector) -> SymmetricMatrix:
        """∇²φ(x)."""

    def hessian_vector(self, x: Vector, v: Vector) -> Vector:
        """∇²φ(x)·v, of shape (n,)."""


def dtype_of(objective: Objective) -> np.dtype[Any]:
    """What φ is computed in: 64 bits for an objective that does not say."""
    dtype: np.dtype[Any] = getattr(objective, "dtype", _SIXTY_FOUR_BITS)
    return dtype


def precision(objective: Objective) -> float:
    """The spacing ε at 1 of the numbers that φ is computed with."""
    return float(np.finfo(dtype_of(objective)).eps)


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
class FunctionObjective:
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
        if self.gradients.exact and np.isfinite(value) and np.isnan(gradient).any():
            return value, self._mended(
                gradient, self._differences.value_and_gradient(x, Counts())[1]
            )
        return value, gradient

    def hessian(self, x: Vector) -> DenseSymmetric:
        """∇²φ(x), dense."""
        hessian = self.hessians.hessian(x, self.counts)
        if self.hessians.exact and np.isnan(hessian).any():
            hessian = self._mended(hessian, self._differences.hessian(x, Counts()))
        return DenseSymmetric(hessian, self.plain.parameters.eps)

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
    def dtype(self) -> np.dtype[Any]:
        """What φ is computed in."""
        return self.plain.parameters.dtype

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
        ``fun(x, *args) -> float``, plain NumPy or `jax.numpy`, or PyTorch where the start is
        of tensors.
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
        if given is None and parameters.library == "torch":
            raise InvalidInput(
                f"{plain.name} can't be differentiated by PyTorch: {why}. Mend that, or "
                "pass jac= ('3-point' for differences)."
            ) from error
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
