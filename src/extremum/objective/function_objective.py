"""The objective made from a callable: its sources of derivatives, and its Hessian's storage."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, Protocol

import numpy as np

from extremum.linalg import DenseSymmetric, OperatorSymmetric, SymmetricMatrix
from extremum.objective.agreement import check_agreement, lost_slope, near
from extremum.objective.choices import Choices
from extremum.objective.compiled import CompiledDerivatives
from extremum.objective.counts import Counts
from extremum.objective.differences import CentralDifference, ValueDifferences
from extremum.objective.exact import exact_derivatives
from extremum.objective.function import PlainFunction, show_point
from extremum.objective.objective import Objective
from extremum.objective.parameters import Vector
from extremum.objective.preparation import Preparation
from extremum.objective.refusals import reason, refusals
from extremum.objective.structure import DENSE, FEW, choose_structure
from extremum.objective.supplied import SuppliedGradient, SuppliedHessian
from extremum.outcomes import DerivativeWarning, UnknownOption, Untraceable

MOST_DIFFERENCED = 100
"""Up to so many variables a certificate takes second derivatives by differences of values: 2n² of
them for each Hessian, and it asks for seven."""


UNTRUE = 1e-3
"""A gradient of the user's may be wrong by this part of the one at the start, no more."""


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
    disagreed: bool = False
    """Whether what was followed turned out to compute something else."""
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
        if math.isnan(np.vdot(gradient, gradient)) and self.gradients.exact and np.isfinite(value):
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
    def has_curvature(self) -> bool:
        """Whether second derivatives can be had at a price worth paying."""
        n = self.plain.parameters.size
        return n <= MOST_DIFFERENCED or not isinstance(self.hessians, ValueDifferences)

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

    def with_structure(self, structure: Any) -> FunctionObjective:
        """Give the Hessian the storage that it asks for."""
        x, source = self.plain.parameters.start, self.hessians
        if isinstance(structure, str) and structure in ("dense", "operator"):
            return replace(self, products_only=structure == "operator")
        if isinstance(source, CompiledDerivatives):
            separated, products_only, why = choose_structure(source, structure, x)
            gradients = separated if self.gradients is source else self.gradients
            return replace(
                self,
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
        return replace(self, products_only=(by_products or source.exact) and x.size > few)

    @property
    def choices(self) -> Choices:
        """What was chosen when it was made, and since."""
        return Choices(
            why_inexact=self.why_inexact,
            disagreed=self.disagreed,
            structured=getattr(self.hessians, "separation", None) is not None,
            products_only=self.products_only,
            why_unstructured=self.why_unstructured,
        )

    def as_chosen(self, choices: Choices, structure: Any) -> FunctionObjective:
        """What choices made before say of the structure, and of derivatives that disagreed."""
        automatic = isinstance(structure, str) and structure == "auto"
        made = self.with_structure(choices.structure if automatic else structure)
        made = replace(made, why_unstructured=choices.why_unstructured)
        if not choices.disagreed:
            return made
        source = self._differences
        return replace(made, gradients=source, hessians=source, disagreed=True)

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
        return replace(self, gradients=exact, hessians=exact).with_structure("auto")

    def at_best(self) -> FunctionObjective:
        """The same function with the most exact derivatives to be had and counts of its own.

        A certificate is computed with these.
        """
        return replace(self._best, counts=Counts())

    def untrue_gradient(self, x: Vector) -> str | None:
        """Compare a gradient of the user's at `x` with the exact one, or else with differences.

        None where they agree, to `UNTRUE` of the gradient at the start or beside it: it may be
        approximate, and a start may be stationary.
        """
        given, best = self.gradients, self._best.gradients
        if not isinstance(given, SuppliedGradient):
            return None
        if isinstance(best, SuppliedGradient):
            return lost_slope(given, self.plain, x)
        start = self.plain.parameters.start
        slopes = [best.value_and_gradient(y, Counts())[1] for y in (x, start, near(start))]
        exact, scale = slopes[0], float(np.nanmax(np.abs(slopes)))
        found = given.followed_gradient(x)
        if np.abs(found - exact).max() <= UNTRUE * scale:
            return None
        i = int(np.abs(found - exact).argmax())
        return (
            f"at x = {show_point(x)} its component {i} is {found[i]:.6g}, and {exact[i]:.6g} by "
            "following the function"
        )

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
