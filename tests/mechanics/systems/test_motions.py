"""Motions in closed form against the integrated equations of motion."""

import numpy as np
import pytest

from extremum.mechanics import systems
from tests.mechanics.jacobi_problems import along

EIGHT = systems.ThreeBodies.figure_eight()
TRIANGLE, TURN = systems.ThreeBodies((1, 2, 3), 0.7).lagrange(1.3)


def quartic(q, v, strength=1.0):
    system = systems.Quartic(strength, 2.0)
    return system, system.motion(q, v), (q, v), 7.0


def well(q, v):
    system = systems.DoubleWell(0.6, 1.2, 1.5)
    return system, system.motion(q, v), (q, v), 9.0


def pendulum(q, v):
    system = systems.Pendulum(2.0, 3.0, 0.5)
    return system, system.motion(q, v), (q, v), 9.0


def kepler(q, v, duration):
    system = systems.Kepler(1.3, 0.5)
    return system, system.motion(q, v), (q, v), duration


MOTIONS = {
    "quartic": quartic(0.7, -1.1),
    "quartic, soft": quartic(-0.7, 0.0, 0.1),
    "in the right well, outwards": well(1.4, 0.3),
    "in the right well, inwards": well(1.4, -0.3),
    "in the left well": well(-0.9, 0.4),
    "above the barrier": well(-1.0, 2.5),
    "above the barrier, back": well(-1.0, -2.5),
    "swing": pendulum(0.5, 1.0),
    "swing back": pendulum(-2.0, -0.7),
    "swing, wound": pendulum(0.5 + 4 * np.pi, 1.0),
    "turning over": pendulum(0.5, 3.0),
    "turning over backwards": pendulum(2.5, -3.0),
    "ellipse": kepler([1.0, 0.2], [-0.3, 0.9], 9.0),
    "ellipse in space": kepler([1.0, 0.2, -0.5], [-0.3, 0.7, 0.4], 9.0),
    "parabola": kepler([1.3, 0.0], [0.0, np.sqrt(2.0)], 5.0),
    "hyperbola": kepler([1.0, 0.2], [-1.3, 1.9], 5.0),
}


@pytest.mark.parametrize("name", MOTIONS)
def test_motions_solve_the_equations_of_motion(name):
    system, motion, state, duration = MOTIONS[name]
    _, orbit = along(system, state, duration)
    t = np.linspace(0, duration, 40)
    d = np.size(state[0])
    found = motion(t)
    assert found.shape == (40, *np.shape(state[0]))
    np.testing.assert_allclose(found.reshape(40, d), orbit.sol(t)[:d].T, atol=2e-9)
    np.testing.assert_allclose(motion(0.0), state[0], atol=1e-12)


def test_the_separatrix_of_the_pendulum():
    """q = 2 arcsin tanh ωt: DLMF 22.5.4."""
    t = np.linspace(0, 3, 20)
    np.testing.assert_allclose(
        systems.Pendulum().motion(0.0, 2.0)(t), 2 * np.arcsin(np.tanh(t)), atol=1e-14
    )


@pytest.mark.parametrize(
    ("system", "rest"),
    [
        (systems.Pendulum(), 0.0),
        (systems.Pendulum(), np.pi),
        (systems.Quartic(), 0.0),
        (systems.DoubleWell(), 1.0),
        (systems.DoubleWell(), -1.0),
        (systems.DoubleWell(), 0.0),
    ],
)
def test_what_rests_stays(system, rest):
    np.testing.assert_array_equal(system.motion(rest, 0.0)(np.linspace(0, 5, 3)), np.full(3, rest))


def test_periods():
    assert systems.Pendulum(2.0, 3.0).period(1e-4) == pytest.approx(
        2 * np.pi * np.sqrt(2 / 3), rel=1e-8
    )
    for system in (systems.Pendulum(), systems.Quartic()):
        half = system.motion(0.8, 0.0)(system.period(0.8) / 2)
        assert half == pytest.approx(-0.8, abs=1e-12)
    # Γ(1/4)²/√(2π) · √2: the lemniscate's constant 2.622… is half the period over √2.
    assert systems.Quartic().period(1.0) == pytest.approx(2 * 2.622057554292119 * np.sqrt(2))


def test_the_figure_of_eight_closes():
    position, velocity, period = EIGHT
    _, orbit = along(systems.ThreeBodies(), (position, velocity), period)
    np.testing.assert_allclose(orbit.y[:, -1], np.r_[position, velocity], atol=1e-5)
    # After a third of the period each body is where another was.
    np.testing.assert_allclose(orbit.sol(period / 3)[:6], np.roll(position, 2), atol=1e-6)


def test_lagrange_s_triangle_turns():
    step = 1e-3
    velocity = (TRIANGLE(step) - TRIANGLE(-step)) / (2 * step)
    _, orbit = along(systems.ThreeBodies((1, 2, 3), 0.7), (TRIANGLE(0.0), velocity), TURN / 5)
    np.testing.assert_allclose(orbit.y[:6, -1], TRIANGLE(TURN / 5), atol=1e-5)
    assert TRIANGLE(np.array([0.0, TURN])).shape == (2, 6)
    np.testing.assert_allclose(TRIANGLE(TURN), TRIANGLE(0.0), atol=1e-13)
