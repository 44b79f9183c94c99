"""Conjugate points: where neighbouring stationary paths from the same start meet again.

The linearized Euler-Lagrange equation (Jacobi's) along a path, for a variation δ and its momentum
π = L_vv δ̇ + L_vq δ, reads

    δ̇ = L_vv⁻¹ (π - L_vq δ),    π̇ = L_qv δ̇ + L_qq δ.

The solutions with δ(t₀) = 0 are a Lagrangian plane that turns with t. A conjugate point is a time
at which some of them vanish: where the plane meets the plane δ = 0. While L_vv is positive definite
it passes through it in one direction only (Arnold, Funct. Anal. Appl. 1 (1967) 1), so the meetings
are counted from angles at the ends of short steps: none is missed, however close it is to another
or to the end, and no root need be found to count them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

from extremum.linalg import EPS
from extremum.mechanics.linearization import SAMPLES, Linearization, mesh
from extremum.objective import Vector
from extremum.outcomes import InvalidInput

STAGES = 4
"""Gauss's collocation of order 8. It is symplectic, so planes stay Lagrangian."""

TURN = 1.0
"""What the angles of a plane may turn in a step, in sum: below π/2 they are continued uniquely."""

ANGLE_ACCURACY = 1e-12
"""The change of the final angles under halved steps at which they count as known."""

STEPS = 20_000
"""Steps from which on no finer mesh is tried."""

ANGLE_ROUNDING = 8 * EPS
"""The size at which an angle is zero."""

NORMALIZED_EVERY = 8
"""Steps between normalizations of a plane's frame, which grows by e a step at most."""

BISECTIONS = 64
"""Steps of the search for a conjugate time at most: bisection alone takes 53."""


@dataclass(frozen=True, eq=False)
class ConjugatePoints:
    """The conjugate points of a path's start.

    Attributes
    ----------
    times : ndarray of shape (k,)
        Those between the ends, ascending, each as often as its multiplicity.
    index : int
        How many there are: the Morse index (Milnor, Morse Theory, theorem 15.1).
    nullity : int
        The multiplicity of the end as a conjugate point, within the error.
    end_angle : float
        The angle between the plane at the end and the nearest one that meets δ = 0.
    error : float
        The estimated error of this angle.
    """

    times: Vector
    index: int
    nullity: int
    end_angle: float
    error: float


def conjugate_points(flow: JacobiFlow, edges: Vector, error: float = 0.0) -> ConjugatePoints:
    """Find the conjugate points of a path's start.

    Parameters
    ----------
    flow
        Jacobi's equation along the path.
    edges : ndarray of shape (k + 1,)
        The times between which the path is smooth; its ends are the first and the last.
    error
        How far the flow's generator may be from the true path's, in the 2-norm.
    """
    turn, change = TURN / len(flow.coordinates), np.inf
    plane = PlaneAlong(flow, mesh(flow.rate, edges, turn))
    while change > ANGLE_ACCURACY and len(plane.times) <= STEPS:
        turn /= 2
        coarse, plane = plane, PlaneAlong(flow, mesh(flow.rate, edges, turn))
        change = plane.distance(coarse)
    bound = 2 * change + len(plane.times) * EPS + float(edges[-1] - edges[0]) * error
    end = plane.angles[-1]
    past, ahead = end <= bound, np.pi - end <= bound
    index = int(plane.crossings.sum() - past.sum())
    return ConjugatePoints(
        times=plane.conjugate_times()[:index],
        index=index,
        nullity=int((past | ahead).sum()),
        end_angle=float(np.minimum(end, np.pi - end).min()),
        error=float(bound),
    )


@dataclass(frozen=True, eq=False)
class JacobiFlow:
    """Jacobi's equation in coordinates in which positions and momenta turn into each other evenly.

    Attributes
    ----------
    linearization : Linearization
    coordinates : ndarray of shape (d, d)
        Its columns, in the original coordinates.
    stiffness : float
        The mass, the largest of the mean L_vv, times the square of the path's typical frequency.
    frequency : float
    """

    linearization: Linearization
    coordinates: Vector
    stiffness: float
    frequency: float

    @classmethod
    def of(cls, linearization: Linearization, edges: Vector) -> JacobiFlow:
        """Choose the coordinates.

        Raises
        ------
        InvalidInput
            If L_vv is not positive definite along the path (Legendre's condition): no finite number
            of directions decreases the action then, or none increases it.
        """
        times = np.linspace(edges[0], edges[-1], SAMPLES)
        along = linearization(times)
        least = np.linalg.eigvalsh(along.L_vv)[:, 0]
        if not (least > 0).all():
            where = int(least.argmin())
            raise InvalidInput(
                f"The mass matrix ∂²L/∂v² is not positive definite at t = {times[where]:.6g} "
                f"(smallest eigenvalue {least[where]:.3g}), so the action has no Morse index. "
                "Is L = T - V, with the kinetic energy first?"
            )
        masses, directions = np.linalg.eigh(along.L_vv.mean(axis=0))
        unit = directions / np.sqrt(masses)
        curvature = np.linalg.norm(unit.T @ along.L_qq @ unit, 2, axis=(1, 2))
        frequency = max(float(np.sqrt(np.median(curvature))), 1.0 / float(edges[-1] - edges[0]))
        stiffness = float(masses[-1]) * frequency**2
        return cls(linearization, unit / np.sqrt(frequency), stiffness, frequency)

    def generator(self, t: Vector) -> Vector:
        """The matrix F of ẋ = F x for x = (δ, π), of shape (m, 2d, 2d)."""
        along, c = self.linearization(t), self.coordinates
        mass, coupling, force = (c.T @ part @ c for part in (along.L_vv, along.L_qv, along.L_qq))
        d = len(c)
        # L_vv⁻¹ (π - L_vq δ): what multiplies δ, and what multiplies π.
        right = np.concatenate(
            [-coupling.transpose(0, 2, 1), np.broadcast_to(np.eye(d), mass.shape)], axis=2
        )
        velocity = np.linalg.solve(mass, right)
        momentum = coupling @ velocity
        momentum[:, :, :d] += force
        return np.concatenate([velocity, momentum], axis=1)

    def distance(self, other: Linearization, t: Vector) -> float:
        """How far the generator would be from this one along another path, at most, at times t."""
        there = replace(self, linearization=other).generator(t)
        return float(np.linalg.norm(there - self.generator(t), 2, axis=(1, 2)).max())

    def rate(self, t: Vector) -> Vector:
        """A bound of the speed at which each of the angles of any plane turns."""
        return np.asarray(np.linalg.norm(self.generator(t), 2, axis=(1, 2)))

    def transfer(self, start: Vector, end: Vector) -> Vector:
        """The linear maps from x(start) to x(end), of shape (m, 2d, 2d).

        Hairer, Lubich & Wanner, Geometric Numerical Integration, section II.1.3.
        """
        nodes, integrals, weights = _gauss()
        width = end - start
        at = start[:, None] + width[:, None] * nodes
        generator = self.generator(at.ravel())
        n = generator.shape[1]
        generator = (generator * np.repeat(width, STAGES)[:, None, None]).reshape(-1, STAGES, n, n)
        system = -np.einsum("ij,kiab->kiajb", integrals, generator)
        system = system.reshape(-1, STAGES * n, STAGES * n) + np.eye(STAGES * n)
        slopes = np.linalg.solve(system, generator.reshape(-1, STAGES * n, n))
        slopes = slopes.reshape(-1, STAGES, n, n)
        return np.asarray(np.eye(n) + np.einsum("i,kiab->kab", weights, slopes))


@lru_cache(1)
def _gauss() -> tuple[Vector, Vector, Vector]:
    """Gauss's nodes in [0, 1], the integrals of their cardinal functions up to each, and to 1."""
    nodes, weights = legendre.leggauss(STAGES)
    # Cardinal functions by Legendre's polynomials, integrated from -1.
    coefficients = np.linalg.inv(legendre.legvander(nodes, STAGES - 1))
    integrals = legendre.legval(nodes, legendre.legint(coefficients, lbnd=-1)).T
    return (nodes + 1) / 2, integrals / 2, weights / 2


class PlaneAlong:
    """The plane of solutions with δ = 0 at the start, at the times of a mesh.

    Attributes
    ----------
    flow : JacobiFlow
    times : ndarray of shape (m + 1,)
    frames : ndarray of shape (m + 1, 2d, d)
        Orthonormal bases of the plane.
    angles : ndarray of shape (m + 1, d)
        Those between it and δ = 0, in [0, π], ascending.
    """

    def __init__(self, flow: JacobiFlow, times: Vector) -> None:
        self.flow, self.times = flow, times
        steps = flow.transfer(times[:-1], times[1:])
        d = len(flow.coordinates)
        frame = np.eye(2 * d, d, -d)
        frames = [frame]
        for k, step in enumerate(steps, start=1):
            frame = step @ frame
            if k % NORMALIZED_EVERY == 0:
                frame = np.linalg.qr(frame)[0]
            frames.append(frame)
        self.frames = np.linalg.qr(np.stack(frames))[0]
        self.angles = _angles(self.frames)

    @cached_property
    def crossings(self) -> NDArray[np.int_]:
        """How often the plane met δ = 0 in each step, of shape (m,)."""
        return _crossings(self.angles[:-1], self.angles[1:])

    def distance(self, other: PlaneAlong) -> float:
        """The largest difference of the angles at the end."""
        ours, theirs = self.angles[-1:], other.angles[-1:]
        return float(np.abs(_continued(theirs, ours) - theirs).max())

    def conjugate_times(self) -> Vector:
        """The times at which the plane meets δ = 0, ascending, with multiplicities.

        In a step with c crossings the c largest angles pass π. Where each does is found by regula
        falsi in the Illinois variant, for all of them at once.
        """
        step = np.repeat(np.arange(len(self.crossings)), np.maximum(self.crossings, 0))
        if not step.size:
            return np.empty(0)
        rank = self.angles.shape[1] - 1 - (np.arange(step.size) - np.searchsorted(step, step))
        low, high = self.times[step], self.times[step + 1]
        at_low, at_high = self.angles[step, rank] - np.pi, self._beyond(step, rank, high)
        side = np.zeros(step.size)
        for _ in range(BISECTIONS):
            fraction = at_low / np.where(at_low < at_high, at_low - at_high, -1.0)
            t = low + np.clip(fraction, 0.0, 1.0) * (high - low)
            found = self._beyond(step, rank, t)
            past = found >= 0
            # A bound that stays twice is given half its weight.
            at_low = np.where(past, np.where(side > 0, at_low / 2, at_low), found)
            at_high = np.where(past, found, np.where(side < 0, at_high / 2, at_high))
            low, high = np.where(past, low, t), np.where(past, t, high)
            side = np.where(past, 1.0, -1.0)
            if (np.abs(found) <= ANGLE_ROUNDING).all():
                break
        return np.sort(t)

    def _beyond(self, step: NDArray[np.int_], rank: NDArray[np.int_], t: Vector) -> Vector:
        """By how much the angle of this rank, as continued from the step's start, exceeds π."""
        frames = self.flow.transfer(self.times[step], t) @ self.frames[step]
        angles = _continued(self.angles[step], _angles(np.linalg.qr(frames)[0]))
        return np.asarray(angles[np.arange(step.size), rank] - np.pi)


def _angles(frames: Vector) -> Vector:
    """The angles in [0, π] between planes and δ = 0, ascending.

    With U = π + i δ of an orthonormal frame, U Uᵀ depends on the plane alone (Souriau), and its
    eigenvalues are exp(2iθ).
    """
    d = frames.shape[2]
    unitary = frames[:, d:] + 1j * frames[:, :d]
    values = np.linalg.eigvals(unitary @ unitary.transpose(0, 2, 1))
    return np.sort(np.mod(np.angle(values) / 2, np.pi), axis=1)


def _crossings(before: Vector, after: Vector) -> NDArray[np.int_]:
    """How many angles passed π from one to the next: each takes π off their sum."""
    return np.asarray(np.rint((before.sum(axis=1) - after.sum(axis=1)) / np.pi), int)


def _continued(before: Vector, after: Vector) -> Vector:
    """The angles after, each continued from the angle before of the same rank."""
    d = before.shape[1]
    place = np.arange(d) + _crossings(before, after)[:, None]
    return np.asarray(np.take_along_axis(after, place % d, axis=1) + np.pi * (place // d))
