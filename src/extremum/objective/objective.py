"""The contract that methods speak to, and the objective made from a callable."""

from __future__ import annotations

import copy
import difflib
import math
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, Protocol, runtime_checkable

import numpy as np

from extremum.linalg import EPS, DenseSymmetric, OperatorSymmetric, SymmetricMatrix
from extremum.objective.agreement import check_agreement
from extremum.objective.compiled import CompiledDerivatives, Preparation
from extremum.objective.counts import Counts
from extremum.objective.differences import (
    SCHEMES,
    CentralDifference,
    ComplexStep,
    ForwardDifference,
    ValueDifferences,
)
from extremum.objective.exact import exact_derivatives
from extremum.objective.function import PlainFunction, show_point
from extremum.objective.parameters import Parameters, Vector
from extremum.objective.refusals import reason, refusals
from extremum.objective.structure import DENSE, FEW, choose_structure
from extremum.objective.supplied import SuppliedGradient, SuppliedHessian
from extremum.outcomes import DerivativeWarning, InvalidInput, UnknownOption, Untraceable

MOST_SECONDS = 60.0
"""A function of which one gradient by differences takes longer is refused."""


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
    def eps(self) -> float:
        """The spacing at 1 of the numbers that φ is computed with: by default that of 64 bits."""
        return EPS

    def rounded(self, x: Vector) -> Vector:
        """A point as φ sees it: as it is, unless φ is computed in fewer digits."""
        return x

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

    @property
    def structure(self) -> str:
        """The storage of the Hessian."""
        return "its own"

    @property
    def preparation(self) -> Preparation:
        """What it took to get the derivatives."""
        return Preparation()


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
    def hessian(self, x: Vector, counts: Counts) -> Vector | SymmetricMatrix: ...
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
    products_only: bool = False
    why_unstructured: str | None = None
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
        """∇²φ(x), in the storage that its structure asks for."""
        if self.products_only:
            return OperatorSymmetric(x.size, partial(self.hessian_vector, x))
        found = self.hessians.hessian(x, self.counts)
        matrix = DenseSymmetric(found, self.eps) if isinstance(found, np.ndarray) else found
        return self._mended_hessian(x, matrix)

    def value_gradient_hessian(self, x: Vector) -> tuple[float, Vector, SymmetricMatrix]:
        """φ(x), ∇φ(x) and ∇²φ(x), by one compiled call where there is one."""
        source: Any = self.gradients
        together = source is self.hessians and isinstance(source, CompiledDerivatives)
        if self.products_only or not together:
            return *self.value_and_gradient(x), self.hessian(x)
        value, gradient, hessian = source.value_gradient_hessian(x, self.counts)
        gradient = self._mended_gradient(x, value, gradient)
        return value, gradient, self._mended_hessian(x, hessian)

    def _mended_gradient(self, x: Vector, value: float, gradient: Vector) -> Vector:
        # The square is NaN where a component is; it costs less than to look at each.
        if math.isnan(gradient @ gradient) and self.gradients.exact and np.isfinite(value):
            there = self._differences.value_and_gradient(x, Counts())[1]
            return self._mended(gradient, there)
        return gradient

    def _mended_hessian(self, x: Vector, hessian: SymmetricMatrix) -> SymmetricMatrix:
        if not (self.hessians.exact and isinstance(hessian, DenseSymmetric)):
            return hessian
        if not math.isnan(np.vdot(hessian.array, hessian.array)):
            return hessian
        there = self._differences.hessian(x, Counts())
        return DenseSymmetric(self._mended(hessian.array, there), self.eps)

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
        """Whether second derivatives are exact up to rounding, or the user's own."""
        return self.hessians.exact or isinstance(self.hessians, SuppliedHessian)

    @property
    def eps(self) -> float:
        """The spacing at 1 of the numbers that φ is computed with."""
        return self.plain.parameters.eps

    def rounded(self, x: Vector) -> Vector:
        """A point as φ sees it."""
        return self.plain.parameters.rounded(x)

    @property
    def source(self) -> str:
        """Where the derivatives come from, in words."""
        if self.gradients.name == self.hessians.name:
            return self.gradients.name
        return f"gradient: {self.gradients.name}; Hessian: {self.hessians.name}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What was converted, and what a reader should know of the derivatives."""
        found = (*self.plain.parameters.notes, *self.gradients.notes, *self.hessians.notes)
        if self.why_inexact is not None:
            found += (f"not followed exactly: {self.why_inexact}",)
        if self.why_unstructured is not None:
            found += (f"the Hessian's structure is not used: {self.why_unstructured}",)
        found += tuple(self.mends)
        return tuple(dict.fromkeys(found))

    @property
    def structure(self) -> str:
        """The storage of the Hessian, and what it takes to fill it."""
        if self.products_only:
            return "operator"
        if isinstance(self.hessians, SuppliedHessian):
            return self.hessians.storage
        separation = getattr(self.hessians, "separation", None)
        if separation is None:
            return "dense"
        rank = f" + rank {separation.rank}" if separation.rank else ""
        return f"{separation.pattern.storage}{rank}"

    @property
    def preparation(self) -> Preparation:
        """What it took to get the derivatives."""
        for source in (self.hessians, self.gradients):
            if isinstance(source, CompiledDerivatives):
                return source.spent
        return Preparation()

    @cached_property
    def _best(self) -> FunctionObjective:
        """With exact derivatives, where they can be had."""
        if self.why_inexact is not None:  # tried before
            return self
        for source in (self.hessians, self.gradients):
            if source.exact:
                both: Any = source
                return replace(self, gradients=both, hessians=both)
        try:
            exact = exact_derivatives(self.plain, self.plain.parameters.start)
        except Untraceable:
            return self
        return _structured(replace(self, gradients=exact, hessians=exact), "auto")

    def at_best(self) -> FunctionObjective:
        """The same function with the most exact derivatives to be had and counts of its own.

        A certificate is computed with these.
        """
        return replace(self._best, counts=Counts())

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
    structure: Any = "auto",
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
    structure : "auto", "dense", "operator", "tridiagonal", int or array_like
        The Hessian's structure, where it is not to be looked for; an integer is a bandwidth, a
        matrix a pattern.

    Raises
    ------
    InvalidInput, UnknownOption
        If a derivative's spelling is unknown, or the value at the start is not a finite number.
    Untraceable
        If the function can't be followed, and differences would take too long.
    """
    if not callable(fun):
        raise InvalidInput(f"fun is a {type(fun).__name__}; a function of x is needed.")
    if not isinstance(args, tuple):
        args = (args,)
    plain = PlainFunction(fun, parameters, args, with_gradient=jac is True)
    plain, value = _first_value(plain)
    if not np.isfinite(value):
        raise InvalidInput(
            f"{plain.name} is {value} at the start, x = {show_point(parameters.start)}. "
            "Start where it is finite."
        )
    given = None if jac is None else _given_gradient(plain, jac)
    curvature = _given_hessian(plain, hess, hessp)
    if given is not None and curvature is not None:
        return _structured(FunctionObjective(plain, given, curvature), structure)
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
            _check_affordable(plain, why)
            warn_inexact(plain, why)
    objective = FunctionObjective(plain, given or found, curvature or found, why_inexact=why)
    return _structured(objective, structure)


def _first_value(plain: PlainFunction) -> tuple[PlainFunction, float]:
    """φ at the start, called with NumPy's arrays, or JAX's where it asks for those."""
    try:
        return plain, plain.value(plain.parameters.start, Counts())
    except Exception as error:
        if (in_jax := plain.called_in_jax(error)) is None:
            raise
        try:
            return in_jax, in_jax.value(plain.parameters.start, Counts())
        except Exception:
            raise error from None


def _structured(objective: FunctionObjective, structure: Any) -> FunctionObjective:
    """Give the Hessian the storage that it asks for."""
    x, source = objective.plain.parameters.start, objective.hessians
    if isinstance(structure, str) and structure in ("dense", "operator"):
        return replace(objective, products_only=structure == "operator")
    if isinstance(source, CompiledDerivatives):
        separated, products_only, why = choose_structure(source, structure, x)
        gradients = separated if objective.gradients is source else objective.gradients
        return replace(
            objective,
            gradients=gradients,
            hessians=separated,
            products_only=products_only,
            why_unstructured=why,
        )
    if not (isinstance(structure, str) and structure == "auto"):
        raise UnknownOption(
            f"structure={structure!r} is of use where the Hessian is found from the function; "
            f"here it comes from {source.name}. Leave it out, or say 'dense' or 'operator'."
        )
    by_products = isinstance(source, SuppliedHessian) and source.hess is None
    few = FEW if by_products else DENSE
    return replace(objective, products_only=(by_products or source.exact) and x.size > few)


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


def _check_affordable(plain: PlainFunction, why: str) -> None:
    """Refuse a function of which one gradient by differences would take too long."""
    started = time.perf_counter()
    plain.value(plain.parameters.start, Counts())
    seconds = 2 * plain.parameters.size * (time.perf_counter() - started)
    if seconds > MOST_SECONDS:
        raise Untraceable(
            f"{plain.name} can't be differentiated exactly: {why}. One gradient by differences "
            f"would take about {seconds:.0f} seconds; pass jac= or write the function so that it "
            "can be followed."
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
