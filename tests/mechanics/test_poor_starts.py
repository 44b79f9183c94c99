"""Starts from which Newton's iteration alone leads nowhere."""

import numpy as np
import pytest

from extremum.mechanics import Particle, stationary_path
from extremum.mechanics.action import DiscreteAction
from extremum.mechanics.newton import newton, unrecorded
from extremum.mechanics.rules import RULES

QUARTIC = Particle(1.0, lambda q: q**4 / 4)
DURATION = 8.0


@pytest.mark.parametrize("k", [1, 4, 7, 10])
@pytest.mark.parametrize("a", [0.5, 2.0, 5.0])
def test_the_quartic_oscillator_over_a_long_time(k, a):
    path = stationary_path(
        QUARTIC,
        0.0,
        1.0,
        DURATION,
        guess=lambda t: t / DURATION + a * np.sin(k * np.pi * t / DURATION),
    )
    assert path.success
    # Newton's law, by differences of sixth order of the path between its points.
    t, h = np.linspace(0.1, 7.9, 50), 1e-2
    steps = np.arange(-3, 4)
    weights = np.array([2, -27, 270, -490, 270, -27, 2]) / 180
    acceleration = sum(w * path.at(t + s * h) for w, s in zip(weights, steps, strict=True)) / h**2
    force = -(path.at(t) ** 3)
    assert np.abs(acceleration - force).max() < 1e-5 * np.abs(force).max()
    assert path.energy_drift < 1e-6 * path.energy[0]


def test_newton_alone_is_what_fails():
    t = np.linspace(0, DURATION, 33)
    traced = QUARTIC.traced(0.0, np.array(0.0), np.array(1.0))
    action = DiscreteAction(traced, RULES["lobatto8"], t, np.zeros(1), np.ones(1))
    s = action.node_times[:, np.newaxis]
    guess = s / DURATION + 2 * np.sin(np.pi * s / DURATION)
    assert not newton(action, guess, 1e-8, unrecorded).converged


def test_a_line_past_an_attracting_center():
    kepler = Particle(1.0, lambda q: -1 / np.sqrt(q[0] ** 2 + q[1] ** 2))
    path = stationary_path(kepler, [1.0, 0.0], [-0.5, 0.5], 2.0)
    assert path.success
    momentum = path.q[:, 0] * path.v[:, 1] - path.q[:, 1] * path.v[:, 0]
    np.testing.assert_allclose(momentum, momentum[0], rtol=1e-8)
