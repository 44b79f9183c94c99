"""Systems whose motions are known: to learn from, to test with, to measure against.

Each is a `Particle` or a `Lagrangian`, so it goes where these go; beyond that it knows its own
answers, in closed form where there is one.
"""

from extremum.mechanics.systems.bodies import ThreeBodies
from extremum.mechanics.systems.double_pendulum import DoublePendulum
from extremum.mechanics.systems.fields import ChargedParticle, Projectile
from extremum.mechanics.systems.kepler import Kepler
from extremum.mechanics.systems.oscillators import DoubleWell, Harmonic, Pendulum, Quartic

__all__ = [
    "ChargedParticle",
    "DoublePendulum",
    "DoubleWell",
    "Harmonic",
    "Kepler",
    "Pendulum",
    "Projectile",
    "Quartic",
    "ThreeBodies",
]
