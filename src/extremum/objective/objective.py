"""The contract that methods speak to."""

from __future__ import annotations

import copy
from typing import Protocol, runtime_checkable

from extremum.linalg import EPS, SymmetricMatrix
from extremum.objective.choices import Choices
from extremum.objective.counts import Counts
from extremum.objective.parameters import Vector
from extremum.objective.preparation import Preparation


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
    def has_curvature(self) -> bool:
        """Whether second derivatives can be had at a price worth paying."""
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
    def choices(self) -> Choices | None:
        """What was chosen when it was made, where something was."""
        return None

    @property
    def preparation(self) -> Preparation:
        """What it took to get the derivatives."""
        return Preparation()
