"""How many directions decrease an action: the Morse index, counted in two ways that must agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extremum.mechanics.jacobi import ConjugatePoints, JacobiFlow, conjugate_points
from extremum.mechanics.linearization import SAMPLES, Linearization
from extremum.mechanics.spectrum import Spectrum
from extremum.objective import Vector


@dataclass(frozen=True, eq=False)
class MorseIndex:
    """The signs of the second variation of the action at a path, whatever mesh found it.

    Attributes
    ----------
    morse_index : int or None
        The dimension of the variations that decrease the action in second order; None where the
        two counts differ.
    nullity : int or None
        The dimension of those that leave it unchanged, within the errors.
    inertia : (int, int) or None
        Both, by the inertia of discrete Hessians under refinement; None where it is not certain.
    conjugate_points : ConjugatePoints
        Both, by Jacobi's equation, and the times.
    eigenvalues : ndarray of shape (k,)
        The smallest of Jacobi's operator, with respect to ∫ |δ|² dt.
    eigenvalue_error : ndarray of shape (k,)
        Their estimated errors.
    times : ndarray of shape (m,)
        At which the modes are given.
    modes : ndarray of shape (k, m, d)
        The variations that belong to the eigenvalues, with ∫ |δ|² dt = 1.
    evidence : tuple of str
        The steps of the argument, in words.
    """

    morse_index: int | None
    nullity: int | None
    inertia: tuple[int, int] | None
    conjugate_points: ConjugatePoints
    eigenvalues: Vector
    eigenvalue_error: Vector
    times: Vector
    modes: Vector
    evidence: tuple[str, ...]


def morse_index(
    linearization: Linearization, edges: Vector, neighbour: Linearization | None = None
) -> MorseIndex:
    """Count the directions that decrease an action, by inertia and by conjugate points.

    Parameters
    ----------
    linearization
        The second derivatives of L along the path.
    edges : ndarray of shape (k + 1,)
        The times between which the path is smooth, ascending; its ends are the first and the last.
    neighbour
        The second derivatives along a path as far from this one as the true path may be. What the
        difference can change counts as zero.

    Raises
    ------
    InvalidInput
        If L_vv is not positive definite along the path.
    """
    flow = JacobiFlow.of(linearization, edges)
    error = 0.0
    if neighbour is not None:
        error = flow.distance(neighbour, np.linspace(edges[0], edges[-1], SAMPLES))
    points = conjugate_points(flow, edges, error)
    spectrum = Spectrum.refined(flow, edges, error)
    inertia = spectrum.inertia()
    agreed = inertia == (points.index, points.nullity)
    low, low_error, modes = spectrum.lowest()
    return MorseIndex(
        morse_index=points.index if agreed else None,
        nullity=points.nullity if agreed else None,
        inertia=inertia,
        conjugate_points=points,
        eigenvalues=low,
        eigenvalue_error=low_error,
        times=spectrum.fine.times,
        modes=modes,
        evidence=_evidence(points, inertia, spectrum),
    )


def _evidence(
    points: ConjugatePoints, inertia: tuple[int, int] | None, spectrum: Spectrum
) -> tuple[str, ...]:
    by_points = (
        f"{points.index} conjugate points before the end, which is {points.end_angle:.2g} ± "
        f"{points.error:.1g} from one as an angle"
    )
    if inertia is None:
        by_inertia = f"the inertia of a Hessian of {spectrum.fine.scaled.n} rows is not certain"
    else:
        by_inertia = (
            f"{inertia[0]} eigenvalues below -{spectrum.error:.1g} and {inertia[1]} within it, of "
            f"a Hessian of {spectrum.fine.scaled.n} rows and of one of half as many"
        )
    if inertia != (points.index, points.nullity):
        return by_points, by_inertia, "the counts differ, so the index is undecided"
    return by_points, by_inertia
