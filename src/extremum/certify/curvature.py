"""What a certificate asks of a Hessian, whatever its storage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from extremum.objective import Vector

REPORTED = 3
"""So many eigenvalues are reported from each end of the spectrum."""


@dataclass(frozen=True, eq=False)
class FlatSpace:
    """The directions without curvature, and what is beside them.

    Attributes
    ----------
    basis : ndarray of shape (k, n)
        Orthonormal.
    morse_index : int
        How many eigenvalues are negative and not flat.
    complete : bool
        Whether there are no other flat directions.
    softness : float
        The largest 1/λ of the positive eigenvalues that are not flat; 0 where there is none.
    solve : callable
        The pseudo-inverse of H without the flat directions, times a vector.
    """

    basis: Vector
    morse_index: int
    complete: bool
    softness: float
    solve: Callable[[Vector], Vector]


class Curvature(Protocol):
    """The eigenvalues of a Hessian as far as a verdict needs them."""

    @property
    def size(self) -> float:
        """‖H‖, a bound of it, or an estimate where only products are known."""

    @property
    def rounding(self) -> float:
        """How far a computed eigenvalue may be from the true one, by the entries' errors too."""

    @property
    def gap(self) -> float:
        """No eigenvalue's size is smaller; 0 where that could not be shown."""

    @property
    def morse_index(self) -> int:
        """How many eigenvalues are negative, where the gap is positive; else at least so many."""

    @property
    def sentence(self) -> str:
        """How they were found, for the evidence; empty where every eigenvalue was computed."""

    @property
    def softest(self) -> Vector:
        """A unit vector along which there is little curvature."""

    @property
    def leftmost(self) -> tuple[float, Vector]:
        """The smallest eigenvalue and its unit vector."""

    def solve(self, b: Vector) -> Vector:
        """H⁻¹ b, where the gap is positive."""

    def downhill(self, gradient: Vector) -> Vector:
        """A direction that points downhill, by the Hessian where that is possible."""

    def lowest(self) -> list[Vector]:
        """Directions of the least curvature, and of the one nearest to zero."""

    def extremal(self) -> tuple[Vector, Vector]:
        """The ends of the spectrum, ascending, and how far each value may be off."""

    def beyond_rounding(self) -> tuple[int | None, int | None]:
        """How many eigenvalues are negative for certain, and how many are zero within rounding."""


class Resolved(Curvature, Protocol):
    """A curvature of which the part near zero is known too."""

    def newton_step(self, gradient: Vector) -> Vector | None:
        """The shortest d that makes H d + ∇φ small; None where H says nothing of it."""

    def flat(self, bound: float) -> FlatSpace:
        """The directions whose curvature is at most `bound` in size."""
