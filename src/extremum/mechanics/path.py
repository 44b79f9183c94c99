"""What `stationary_path` returns: a path, and the evidence for it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from extremum.mechanics import card
from extremum.mechanics.certificate import PathCertificate, certify_path
from extremum.mechanics.recorder import Recorder
from extremum.mechanics.solution import Problem, Solution
from extremum.mechanics.system import System, TracedLagrangian
from extremum.objective import Vector
from extremum.outcomes import InvalidInput
from extremum.solve import Trace

if TYPE_CHECKING:
    from extremum.mechanics.refine import Refined
    from extremum.plot import Axes
    from extremum.solve.card import Card


@dataclass(frozen=True, eq=False, kw_only=True)
class Path:
    """A path between two fixed events, and the evidence for it.

    Where the ends are numbers, so are coordinates: the shape (m, d) is then (m,).

    Attributes
    ----------
    t : ndarray of shape (m,)
        Times, both ends included: the ends of the elements.
    q, v, momentum : ndarray of shape (m, d)
        Coordinates, velocities and momenta ∂L/∂v there.
    energy : ndarray of shape (m,)
        p·v − L.
    action : float
        S = ∫ L dt, as accurate as the path.
    success : bool
        Whether the path is found: stationary, and confirmed by refinement.
    message : str
        Why the search ended, and what to try where it failed.
    error_estimate : float
        How far q may be from the exact path at any of the times, as the largest |Δqᵢ|; infinite
        where refinement does not confirm the path.
    energy_drift : float
        The largest |E − E(t₀)|; not zero for an exact path where L depends on time.
    certificate : PathCertificate
        The verdict, the Morse index and the smallest eigenvalues of the continuous path; made when
        it is first asked for.
    conjugate_times : ndarray of shape (k,)
        Times at which neighbouring paths from the start meet this one again, ascending, each as
        often as its multiplicity.
    rule : str
        The quadrature and the polynomials of the elements.
    trace : Trace
        A row an iterate of Newton's; `event` names the mesh where one begins.
    system : System
    problem : Problem
        The two events.
    solution : Solution
        The path as arrays of shape (m, d), its nodes, its mesh and its discrete action.
    confirmed : Refined
        The path as refinement left it: the most accurate one that was computed.
    scalar : bool
        Whether coordinates are numbers.
    """

    success: bool
    message: str
    error_estimate: float
    recorder: Recorder = field(repr=False)
    system: System = field(repr=False)
    problem: Problem = field(repr=False)
    solution: Solution = field(repr=False)
    confirmed: Refined = field(repr=False)
    initial: Vector = field(repr=False)
    """The guess at the times, of shape (m, d)."""
    scalar: bool = field(repr=False)

    def _shaped(self, q: Vector) -> Vector:
        return q[:, 0] if self.scalar else q

    @property
    def t(self) -> Vector:
        """The times, of shape (m,)."""
        return self.solution.t

    @property
    def q(self) -> Vector:
        """The coordinates."""
        return self._shaped(self.solution.q)

    @property
    def v(self) -> Vector:
        """The velocities."""
        return self._shaped(self.solution.motion.velocity)

    @property
    def momentum(self) -> Vector:
        """The momenta ∂L/∂v."""
        return self._shaped(self.solution.motion.momentum)

    @property
    def energy(self) -> Vector:
        """The energy p·v − L, of shape (m,)."""
        return self.solution.motion.energy

    @property
    def action(self) -> float:
        """S = ∫ L dt."""
        return self.solution.value

    @property
    def guess(self) -> Vector:
        """The path that the search began with, at the times."""
        return self._shaped(self.initial)

    @property
    def trace(self) -> Trace:
        """The search, a row an iterate."""
        return self.recorder.trace

    @property
    def rule(self) -> str:
        """The rule's name."""
        return self.solution.action.rule.name

    @property
    def lagrangian(self) -> TracedLagrangian:
        """The Lagrangian's derivatives, over many rows."""
        return self.problem.lagrangian

    @property
    def energy_drift(self) -> float:
        """The largest |E − E(t₀)|."""
        return float(np.abs(self.energy - self.energy[0]).max())

    @cached_property
    def certificate(self) -> PathCertificate:
        """What the continuous path is."""
        return certify_path(self.lagrangian, self.confirmed)

    @property
    def conjugate_times(self) -> Vector:
        """Where neighbouring paths from the start meet this one again."""
        return self.certificate.conjugate_times

    def at(self, t: Any) -> Vector:
        """The coordinates at other times between the ends.

        Parameters
        ----------
        t : float or array_like of shape (k,)

        Returns
        -------
        ndarray of shape (d,) or (k, d)
            About as accurate as `q`.

        Raises
        ------
        InvalidInput
            If a time is not between the ends.

        Examples
        --------
        >>> from extremum.mechanics import Particle, stationary_path
        >>> path = stationary_path(Particle(1.0, lambda q: q**4 / 4), 2.0, 0.0, 1.0, tol=1e-12)
        >>> print(f"{path.at(0.5):.12f}")
        1.421600408184
        """
        times = np.asarray(t, np.float64)
        if not ((times >= self.t[0]) & (times <= self.t[-1])).all():
            raise InvalidInput(
                f"The path goes from t = {self.t[0]:.6g} to {self.t[-1]:.6g}; t = {t} is outside."
            )
        found = self._shaped(self.solution.dense(times.ravel()))
        return found.reshape(times.shape + found.shape[1:])[()]

    def __str__(self) -> str:
        return card.text(self)

    __repr__ = __str__

    def __rich__(self) -> Card:
        return card.panel(self)

    def _repr_html_(self) -> str:
        return card.html(self)

    def plot(self, **options: Any) -> Axes:
        """Draw x(t) with the initial guess, as `extremum.plot.plot_path` does."""
        axes: Axes = importlib.import_module("extremum.plot").plot_path(self, **options)
        return axes
