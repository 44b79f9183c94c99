"""The Morse index by both counts: closed forms, published indices, degenerate ends."""

import numpy as np
import pytest
from scipy.special import ellipk

from extremum.mechanics import Lagrangian, spectrum, systems
from extremum.mechanics.index import morse_index
from extremum.outcomes import InvalidInput
from tests.mechanics.jacobi_problems import along, constant, moving


def index_of(linearization, duration, pieces=10, neighbour=None):
    found = morse_index(linearization, np.linspace(0, duration, pieces + 1), neighbour)
    points = found.conjugate_points
    if found.morse_index is not None:
        assert found.inertia == (points.index, points.nullity)
        assert found.inertia == (found.morse_index, found.nullity)
    return found


DURATIONS = [
    *(0.3, 1.0, 2.0, 3.0, 4.5, 6.0, 8.0, 10.0, 14.0, 17.0, 20.0),
    *(np.pi * (1 + part) for part in (-1e-2, -1e-3, 1e-6, 1e-3)),
    *(4 * np.pi * (1 + part) for part in (-1e-2, -1e-6, 1e-3)),
    *(6 * np.pi * (1 + part) for part in (-1e-3, 1e-6)),
]


@pytest.mark.parametrize("duration", DURATIONS)
def test_the_harmonic_oscillator_at_twenty_durations(duration):
    """#{k ≥ 1: k < ωT/π}."""
    found = index_of(constant(1.0), duration)
    assert (found.morse_index, found.nullity) == (int(duration / np.pi), 0)
    exact = (np.pi * np.arange(1, 7) / duration) ** 2 - 1
    np.testing.assert_array_less(
        np.abs(found.eigenvalues - exact), found.eigenvalue_error + 1e-7 * np.abs(exact)
    )
    assert found.eigenvalue_error[0] <= 1e-6


@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_harmonic_oscillator_at_multiples_of_half_its_period(k):
    found = index_of(constant(4.0), k * np.pi / 2)
    assert (found.morse_index, found.nullity) == (k - 1, 1)


def test_the_modes_of_a_free_particle():
    found = index_of(constant(0.0, mass=2.0), 3.0)
    assert (found.morse_index, found.nullity) == (0, 0)
    k = np.arange(1, 4)[:, None]
    np.testing.assert_allclose(found.eigenvalues[:3], 2 * (k[:, 0] * np.pi / 3) ** 2, rtol=1e-6)
    exact = np.sqrt(2 / 3) * np.sin(k * np.pi * found.times / 3)
    signs = np.sign((found.modes[:3, :, 0] * exact).sum(axis=1))[:, None]
    np.testing.assert_allclose(signs * found.modes[:3, :, 0], exact, atol=1e-5)


def test_in_two_dimensions_the_indices_add_up():
    for duration in (1.0, 5.0, 7.3):
        found = index_of(constant(np.diag([1.0, 6.0])), duration)
        each = [int(w * duration / np.pi) for w in (1.0, np.sqrt(6.0))]
        assert (found.morse_index, found.nullity) == (sum(each), 0)
    found = index_of(constant(np.eye(3)), 2 * np.pi)
    assert (found.morse_index, found.nullity) == (3, 3)


def test_a_magnetic_field():
    system = systems.ChargedParticle(1.7)
    linearization = moving(system, system.path([0.0, 0.0], [1.0, 0.5], 1.0))
    assert index_of(linearization, 9.0).morse_index == 4
    full = index_of(linearization, 4 * np.pi / 1.7)
    assert (full.morse_index, full.nullity) == (2, 2)


@pytest.mark.parametrize(("turns", "expected"), [(0.4, 0), (0.9, 0), (1.1, 1), (1.8, 2), (2.2, 3)])
def test_circular_kepler_orbits_in_the_plane(turns, expected):
    """One at each turn, one where tan(t/2) = 3t/8: at 1.4065 turns, 2.44, …"""
    duration = 2 * np.pi * turns
    system = systems.Kepler()
    found = index_of(moving(system, system.motion([1.0, 0], [0, 1.0])), duration)
    assert (found.morse_index, found.nullity) == (expected, 0)


def test_a_kepler_ellipse_is_a_minimum_for_less_than_a_turn_from_its_pericentre():
    system = systems.Kepler()
    for share, expected in ((0.98, (0, 0)), (1.0, (0, 1)), (1.02, (1, 0))):
        duration = share * system.period(1.0)
        linearization = moving(system, system.motion([0.4, 0], [0, 2.0]))
        # What differences leave of its velocity.
        neighbour = moving(system, system.motion([0.4, 0], [0, 2.0 + 1e-10]))
        found = index_of(linearization, duration, neighbour=neighbour)
        assert (found.morse_index, found.nullity) == expected


@pytest.mark.parametrize("share", [0.2, 0.45, 0.55, 0.8, 1.3])
def test_a_pendulum_from_its_turning_point(share):
    """From rest at the amplitude: the derivative by it vanishes once in each half-period but the
    first (Sturm: between zeros of the velocity, which solves Jacobi's equation too)."""
    system = systems.Pendulum()
    duration = share * system.period(2.0)
    assert system.period(2.0) == pytest.approx(4 * ellipk(np.sin(1.0) ** 2))
    found = index_of(moving(system, system.motion(2.0, 0.0)), duration)

    def field(t):
        return (system.motion(2 + 1e-5, 0.0)(t) - system.motion(2 - 1e-5, 0.0)(t)) / 2e-5

    assert field(0.0) == pytest.approx(1.0)
    # δ = ∂q/∂a has δ(0) = 1, δ̇(0) = 0; the field with δ(0) = 0 is the velocity.
    assert found.morse_index == int(np.ceil(2 * share)) - 1


def test_the_top_of_a_barrier_is_a_minimum_and_the_bottom_of_a_well_is_not():
    system = systems.DoubleWell(1.0, 1.0)
    for rest, expected in ((0.0, 0), (1.0, int(10 * np.sqrt(8.0) / np.pi))):
        linearization = moving(system, system.motion(rest, 0.0))
        assert index_of(linearization, 10.0).morse_index == expected


def test_a_time_dependent_potential():
    """Mathieu's equation; the index is the number of zeros of its sine-like solution."""
    system = Lagrangian(lambda t, q, v: v**2 / 2 - (3 + 2 * np.cos(2 * t)) * q**2 / 2)
    linearization, orbit = along(system, (0.0, 1.0), 12.0)
    found = index_of(linearization, 12.0)
    solution = orbit.sol(np.linspace(1e-6, 12.0, 5000))[0]
    assert found.morse_index == (solution[1:] * solution[:-1] < 0).sum() > 3


def test_many_oscillations():
    found = index_of(constant(1.0), 300.5)
    assert (found.morse_index, found.nullity) == (95, 0)
    np.testing.assert_allclose(found.eigenvalues[0], (np.pi / 300.5) ** 2 - 1, atol=1e-6)


def test_undecided_where_the_path_is_not_known_well_enough():
    duration = np.pi * (1 + 1e-4)
    near = index_of(constant(1.0), duration, neighbour=constant(1.0 + 1e-3))
    assert near.nullity != 0
    known = index_of(constant(1.0), duration, neighbour=constant(1.0 + 1e-7))
    assert (known.morse_index, known.nullity) == (1, 0)


def test_undecided_where_the_counts_differ(monkeypatch):
    """A mesh that is kept coarse misses eigenvalues, and is caught."""
    monkeypatch.setattr(spectrum, "ELEMENT", 40.0)
    monkeypatch.setattr(spectrum, "HALVINGS", 1)
    found = morse_index(constant(1.0), np.linspace(0, 60.0, 2))
    assert found.conjugate_points.index == 19
    assert found.morse_index is None
    assert found.nullity is None
    assert "undecided" in found.evidence[-1]


def test_kinetic_energy_without_a_lower_bound_is_refused():
    with pytest.raises(InvalidInput, match="no Morse index"):
        morse_index(constant(1.0, mass=-1.0), np.linspace(0, 1, 5))
