"""Paths between two events in closed form: they arrive, they move freely, their action is right."""

import numpy as np
import pytest
from scipy.integrate import quad

from extremum.mechanics import systems
from extremum.outcomes import InvalidInput
from tests.mechanics.jacobi_problems import along

PATHS = [
    (systems.Harmonic(1.3, 2.0), 0.4, -1.0, 2.0),
    (systems.Harmonic(1.3, 2.0), 0.4, -1.0, 9.0),
    (systems.Harmonic([1.0, 2.5], [1.0, 3.0]), [0.4, 1.0], [-1.0, 0.5], 2.0),
    (systems.Projectile(9.81, 0.3), 0.4, -1.0, 2.0),
    (systems.Projectile(9.81, 0.3), [0.4, 1.0], [-1.0, 0.5], 2.0),
    (systems.ChargedParticle(1.7, 0.6), [0.4, 1.0], [-1.0, 0.5], 2.0),
    (systems.ChargedParticle(-1.7, 0.6), [0.4, 1.0], [-1.0, 0.5], 9.0),
]


def state_of(path, t=0.0, h=1e-3):
    """Position, and velocity by a difference of sixth order."""
    slope = sum(c * (path(t + k * h) - path(t - k * h)) for c, k in ((45, 1), (-9, 2), (1, 3)))
    return path(t), slope / (60 * h)


@pytest.mark.parametrize(("system", "start", "end", "duration"), PATHS)
def test_paths(system, start, end, duration):
    path = system.path(start, end, duration)
    np.testing.assert_allclose(path(0.0), start, atol=1e-13)
    np.testing.assert_allclose(path(duration), end, atol=1e-12)
    _, orbit = along(system, state_of(path), duration)
    t = np.linspace(0, duration, 30)
    d = np.size(start)
    np.testing.assert_allclose(path(t).reshape(30, d), orbit.sol(t)[:d].T, atol=1e-8)

    traced = system.traced(0.0, *(np.asarray(part) for part in state_of(path)))

    def lagrangian(t):
        q, v = state_of(path, t)
        return traced.value(np.array([t]), q.reshape(1, d), v.reshape(1, d))[0]

    assert system.action(start, end, duration) == pytest.approx(
        quad(lagrangian, 0, duration)[0], abs=1e-8
    )


@pytest.mark.parametrize(
    ("system", "start", "duration"),
    [(systems.Harmonic(2.0), 0.0, 1.5 * np.pi), (systems.ChargedParticle(), [0.0, 0.0], 4 * np.pi)],
)
def test_no_path_where_all_come_together(system, start, duration):
    with pytest.raises(InvalidInput, match="choose another duration"):
        system.path(start, np.add(start, 1.0), duration)


@pytest.mark.parametrize("long_way", [False, True])
@pytest.mark.parametrize("duration", [0.3, 2.0, 30.0])
@pytest.mark.parametrize("end", [[-0.3, 1.1, 0.4], [1.0, 0.1, 0.5], [-1.0, 0.2, -0.6]])
def test_lambert(end, duration, long_way):
    system, start = systems.Kepler(1.3), np.array([1.0, 0.2, 0.5])
    velocity = system.lambert(start, end, duration, long_way)
    path = system.motion(start, velocity)
    np.testing.assert_allclose(path(duration), end, atol=1e-8)
    # It goes round to the one side or the other, and not more than once.
    sense = np.cross(start, velocity) @ np.cross(start, end)
    assert (sense < 0) == long_way
    axis = 1 / (2 / np.linalg.norm(start) - velocity @ velocity / 1.3)
    assert axis < 0 or system.period(axis) > duration


def test_lambert_s_textbook_case():
    """Vallado, Fundamentals of Astrodynamics, example 7-5: km and seconds."""
    earth = systems.Kepler(398600.4418)
    velocity = earth.lambert([15945.34, 0, 0], [12214.83899, 10249.46731, 0], 76 * 60)
    np.testing.assert_allclose(velocity, [2.058913, 2.915965, 0], atol=2e-6)


def test_lambert_refuses_an_open_plane():
    with pytest.raises(InvalidInput, match="planes"):
        systems.Kepler().lambert([1.0, 0, 0], [-2.0, 0, 0], 1.0)


def test_conjugate_times_in_closed_form():
    np.testing.assert_allclose(
        systems.Harmonic([1.0, 2.0]).conjugate_times(4.0),
        np.array([0.5, 1.0, 1.0]) * np.pi,
    )
    np.testing.assert_allclose(
        systems.ChargedParticle(-2.0).conjugate_times(7.0), np.array([1, 1, 2, 2]) * np.pi
    )


def test_the_double_pendulum_s_frequencies():
    """Equal rods and masses: ω² = (2 ± √2) g/l."""
    system = systems.DoublePendulum(gravity=2.0)
    np.testing.assert_allclose(
        system.frequencies**2, 2 * (2 + np.array([-1, 1]) * np.sqrt(2)), rtol=1e-13
    )
    # A swing in one mode keeps its period while it is small.
    mode, w = np.array([1.0, np.sqrt(2.0)]), system.frequencies[0]
    _, orbit = along(system, (1e-4 * mode, np.zeros(2)), np.pi / w)
    np.testing.assert_allclose(orbit.y[:2, -1], -1e-4 * mode, atol=1e-10)
