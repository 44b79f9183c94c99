"""What `stationary_path` returns."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from extremum.objective import Vector
from extremum.solve import Trace

if TYPE_CHECKING:
    from extremum.mechanics.system import System, TracedLagrangian
    from extremum.plot import Axes


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
        How far q may be from the exact path at any of the times, as the largest |Δqᵢ|.
    energy_drift : float
        The largest |E − E(t₀)|; not zero for an exact path where L depends on time.
    certificate : PathCertificate
        The verdict, the Morse index and the smallest eigenvalues; made when it is first asked for.
    conjugate_times : ndarray of shape (k,)
        Times at which neighbouring paths from the start meet this one again, ascending, each as
        often as its multiplicity.
    rule : str
        The quadrature and the polynomials of the elements.
    trace : Trace
        A row a Newton iteration; `event` names the mesh where it changes.
    guess : ndarray of shape (m, d)
        The path that the search began with, at the times t.
    notes : tuple of str
    system : System
    lagrangian : TracedLagrangian
    """

    t: Vector
    q: Vector
    v: Vector
    momentum: Vector
    energy: Vector
    action: float
    success: bool
    message: str
    error_estimate: float
    rule: str
    trace: Trace = field(repr=False)
    guess: Vector = field(repr=False)
    system: System = field(repr=False)
    lagrangian: TracedLagrangian = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def energy_drift(self) -> float:
        """The largest |E − E(t₀)|."""
        return float(abs(self.energy - self.energy[0]).max())

    def at(self, t: Any) -> Vector:
        """The coordinates at other times: () or (k,) gives (d,) or (k, d)."""
        raise NotImplementedError

    def plot(self, **options: Any) -> Axes:
        """Draw x(t) with the initial guess."""
        axes: Axes = importlib.import_module("extremum.plot").plot_path(self, **options)
        return axes
