"""Closed paths: known orbits, their families by name, indices from the literature."""

import numpy as np
import pytest

from extremum.mechanics import Lagrangian, PeriodicPath, periodic_path, systems
from extremum.outcomes import InvalidInput, Verdict
from tests.mechanics.jacobi_problems import along

W = 2 * np.pi
SCALAR_TIME = "time translation"
FAMILY = "a family of closed paths"


def check(path, tol=1e-7):
    """It closes, and the equations of motion lead once round and back."""
    assert path.success, path.message
    assert isinstance(path, PeriodicPath)
    q, v = path.q, path.v
    np.testing.assert_allclose(q[-1], q[0], atol=1e-12)
    np.testing.assert_allclose(v[-1], v[0], atol=tol)
    duration = path.t[-1] - path.t[0]
    _, orbit = along(path.system, (q[0], v[0]), duration)
    d = np.size(q[0])
    np.testing.assert_allclose(orbit.y[:d, -1], np.ravel(q[0]), atol=tol)
    third = np.ravel(path.at(path.t[0] + duration / 3))
    np.testing.assert_allclose(orbit.sol(duration / 3)[:d], third, atol=tol)
    certificate = path.certificate
    assert certificate.nullity == len(certificate.flat_directions)
    index = certificate.index
    assert index.inertia == index.monodromy == (certificate.morse_index, certificate.nullity)
    check_flat(path)
    return certificate


def check_flat(path):
    """Flat directions have length 1 and are independent."""
    index = path.certificate.index
    flat = list(path.certificate.flat_directions.values())
    scale = np.sqrt(index.weights)[:, None]
    vectors = np.array([(delta * scale).ravel() for delta in flat])
    if not len(vectors):
        return
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-12)
    assert np.linalg.svd(vectors, compute_uv=False)[-1] > 1e-3


def test_the_harmonic_loop():
    """At the resonant period every orbit closes; at any other only rest does."""
    system = systems.Harmonic()
    path = periodic_path(system, W, lambda t: 1.3 * np.cos(t) + 0.2 * np.sin(2 * t))
    certificate = check(path)
    np.testing.assert_allclose(path.q, 1.3 * np.cos(path.t), atol=1e-9)
    assert list(certificate.flat_directions) == [SCALAR_TIME, FAMILY]
    # Modes e^{ikt}: k² - 1 is negative for k = 0 alone, zero for k = ±1.
    assert (certificate.verdict, certificate.morse_index) == (Verdict.SADDLE, 1)
    np.testing.assert_allclose(certificate.eigenvalues, [-1, 0, 0, 3, 3, 8], atol=1e-8)

    rest = periodic_path(system, 5.0, lambda t: 1.3 * np.cos(W * t / 5))
    assert rest.success
    assert "at rest" in rest.message
    assert np.abs(rest.q).max() < 1e-8
    assert (rest.certificate.morse_index, rest.certificate.nullity) == (1, 0)


@pytest.mark.parametrize("amplitude", [2.0, 3.0])
def test_the_pendulum_s_libration(amplitude):
    system = systems.Pendulum()
    period = system.period(amplitude)
    path = periodic_path(system, period, lambda t: 0.8 * amplitude * np.sin(W * t / period))
    certificate = check(path)
    assert np.abs(path.at(np.linspace(0, period, 2001))).max() == pytest.approx(amplitude, abs=1e-5)
    assert list(certificate.flat_directions) == [SCALAR_TIME]
    assert (certificate.verdict, certificate.morse_index) == (Verdict.SADDLE, 1)


def test_the_quartic_oscillator():
    system = systems.Quartic()
    period = system.period(1.5)
    path = periodic_path(system, period, np.sin(np.linspace(0, W, 41)))
    certificate = check(path)
    # Lamé's equation: as the period falls with the amplitude, one more than the pendulum has.
    assert (certificate.morse_index, certificate.nullity) == (2, 1)


def test_kepler_s_ellipse():
    system = systems.Kepler()

    def guess(t):
        return np.array([1.2 * np.cos(W * t / period) - 0.3, 0.7 * np.sin(W * t / period)])

    period = system.period(1.0)
    path = periodic_path(system, period, guess)
    certificate = check(path)
    # Kepler's third law; and the action depends on the period alone (Gordon, Am. J. Math. 99
    # (1977) 961): S = 3 E T with the sign changed, E = -1/2.
    np.testing.assert_allclose(path.energy, -0.5, atol=1e-8)
    assert path.action == pytest.approx(1.5 * period, rel=1e-9)
    # It is a minimum among loops round the centre (Gordon), in a family of three dimensions.
    assert (certificate.morse_index, certificate.nullity) == (0, 3)
    assert certificate.verdict is Verdict.DEGENERATE
    assert certificate.is_minimum is None
    assert list(certificate.flat_directions) == [
        SCALAR_TIME,
        "rotation of axis 0 to axis 1",
        FAMILY,
    ]


def test_a_circular_orbit_is_moved_in_time_as_it_is_rotated():
    system = systems.Kepler()
    path = periodic_path(system, W, lambda t: np.array([np.cos(t), np.sin(t)]))
    assert path.certificate.nullity == 3
    assert "rotation of axis 0 to axis 1" not in path.certificate.flat_directions


def test_a_driven_oscillator_is_moved_in_no_time():
    """q̈ = -4 q + cos t: q = cos t / 3, alone."""
    system = Lagrangian(lambda t, q, v: v**2 / 2 - 2 * q**2 + q * np.cos(t))
    path = periodic_path(system, (1.0, 1.0 + W), lambda t: 0.0)
    assert path.success
    np.testing.assert_allclose(path.q, np.cos(path.t) / 3, atol=1e-9)
    certificate = path.certificate
    # k² - 4 for k = 0, ±1, and ±2: a free oscillation of half the period.
    assert (certificate.morse_index, certificate.nullity) == (3, 2)
    assert SCALAR_TIME not in certificate.flat_directions


def test_the_figure_of_eight():
    system = systems.ThreeBodies()
    _, _, period = system.figure_eight()

    def guess(t):
        turn = W * (t / period + np.arange(3) / 3)
        return np.stack([1.1 * np.sin(turn), 0.35 * np.sin(2 * turn)], axis=1).ravel()

    path = periodic_path(system, period, guess)
    certificate = check(path, 1e-6)
    # Simó's energy, to the digits of his data.
    energy = path.energy[0]
    assert energy == pytest.approx(-1.287142, abs=2e-6)
    t = np.linspace(0, period, 13)
    np.testing.assert_allclose(path.at(t[4:]), np.roll(path.at(t[:9]), -2, axis=1), atol=1e-6)
    # Index 2: Fukuda, Fujiwara & Ozaki, J. Phys. A 51 (2018) 145201, arXiv:1710.04834.
    assert (certificate.morse_index, certificate.nullity) == (2, 4)
    assert list(certificate.flat_directions) == [
        SCALAR_TIME,
        "translation along axis 0",
        "translation along axis 1",
        "rotation of axis 0 to axis 1",
    ]


def test_bad_input():
    system = systems.Harmonic()
    with pytest.raises(InvalidInput, match="zero"):
        periodic_path(system, 0.0, np.cos)
    with pytest.raises(InvalidInput, match="guess"):
        periodic_path(system, 1.0, "round")
    with pytest.raises(InvalidInput, match="finite"):
        periodic_path(systems.Kepler(), 1.0, lambda t: np.array([t - 0.5, 0.0]) * t * (1 - t))


def test_no_closed_path():
    """A projectile never comes back with the same velocity."""
    path = periodic_path(systems.Projectile(), 1.0, np.cos)
    assert not path.success
    assert path.certificate.verdict is Verdict.NOT_STATIONARY
