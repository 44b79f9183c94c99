"""Paths against closed forms and high-precision integrations; the textbook's tables."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import extremum as ex
from extremum.mechanics import Lagrangian, Particle, stationary_path

QUARTIC = Particle(1.0, lambda q: q**4 / 4)
HARMONIC = Particle(1.0, lambda q: q**2 / 2)
KEPLER = Particle(1.0, lambda q: -1 / np.sqrt(q[0] ** 2 + q[1] ** 2))
PENDULUM = Particle(1.0, lambda q: -np.cos(q))
MAGNETIC = Lagrangian(lambda t, q, v: (v[0] ** 2 + v[1] ** 2) / 2 + q[0] * v[1])


def test_the_quartic_table_of_the_textbook():
    path = stationary_path(QUARTIC, 2.0, 0.0, 1.0, points=101, rule="rectangle")
    assert path.success
    assert len(path.trace) == 7  # the start and six iterations
    steps = path.trace["relative_step"][1:]
    expected = [20.59, 5.507, 0.5893, 7.134e-3, 1.046e-6]
    np.testing.assert_allclose(steps[:5], expected, rtol=5e-4)
    assert steps[5] < 1e-12
    # Every point satisfies Newton's law in differences, Störmer's rule.
    x, dt = path.q, 0.01
    law = (x[2:] - 2 * x[1:-1] + x[:-2]) / dt**2 + x[1:-1] ** 3
    assert np.abs(law).max() < 1e-9
    assert np.abs(path.at(path.t) - path.q).max() < 1e-14


@pytest.mark.parametrize("tol", [1e-4, 1e-8, 1e-12])
def test_accuracy_on_request(tol):
    path = stationary_path(QUARTIC, 2.0, 0.0, 1.0, tol=tol)
    assert path.success
    assert path.error_estimate <= 2 * tol
    assert abs(path.at(0.5) - 1.4216004081837443) <= path.error_estimate
    # The action of this path, from mpmath's quadrature of the energy integral.
    assert abs(path.action - 0.93865051550480) <= 1e-5 * tol**0.5 + 1e-12
    assert path.energy_drift < 1e3 * tol


@pytest.mark.parametrize(
    ("rule", "order"),
    [
        ("rectangle", 2),
        ("midpoint", 2),
        ("trapezoid", 2),
        ("lobatto4", 4),
        ("lobatto6", 6),
        ("lobatto8", 8),
    ],
)
def test_orders_of_path_and_action(rule, order):
    T = 2.0
    points = (5, 9) if order > 4 else (17, 33)
    exact = 0.5 * np.cos(T) / np.sin(T)  # S = ½ [q v] at the ends
    errors, actions, speeds = [], [], []
    for m in points:
        path = stationary_path(HARMONIC, 0.0, 1.0, T, points=m, rule=rule)
        errors.append(np.abs(path.q - np.sin(path.t) / np.sin(T)).max())
        speeds.append(np.abs(path.v - np.cos(path.t) / np.sin(T)).max())
        actions.append(abs(path.action - exact))
        between = np.linspace(0, T, 200)
        largest = np.abs(path.at(between) - np.sin(between) / np.sin(T)).max()
        assert 0.8 * largest <= path.error_estimate <= 2 * largest + 1e-10
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.3)
    assert np.log2(speeds[0] / speeds[1]) > order - 0.5
    assert np.log2(actions[0] / actions[1]) > order - 0.3


def test_the_rectangle_rule_loses_an_order_where_q_and_v_couple():
    # With a field that depends on q, the sum over left ends is not symmetric in time.
    system = Lagrangian(lambda t, q, v: (1 + q**2) * v**2 / 2)
    errors = []
    accurate = stationary_path(system, 0.0, 1.0, 1.0, tol=1e-12)
    for m in (33, 65):
        path = stationary_path(system, 0.0, 1.0, 1.0, points=m, rule="rectangle")
        errors.append(np.abs(path.q - accurate.at(path.t)).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(1, abs=0.2)
    path = stationary_path(system, 0.0, 1.0, 1.0, tol=1e-2, rule="rectangle")
    assert path.success
    assert np.abs(path.q - accurate.at(path.t)).max() <= path.error_estimate <= 1e-2


def test_the_harmonic_homework():
    for duration in (1.0, (2.0, 3.0)):
        path = stationary_path(HARMONIC, 0.0, 1.0, duration, tol=1e-10)
        s = path.t - path.t[0]
        np.testing.assert_allclose(path.q, np.sin(s) / np.sin(1), atol=1e-10)
        np.testing.assert_allclose(path.momentum, np.cos(s) / np.sin(1), atol=1e-9)
        assert path.certificate.verdict is ex.Verdict.MINIMUM
        assert path.certificate.morse_index == 0


def integrated(force, path, t):
    """The motion from the path's first state, by an explicit method of order 8."""
    d = path.q.shape[1]
    state = np.concatenate([path.q[0], path.v[0]])

    def rate(t, y):
        return np.concatenate([y[d:], force(y[:d], y[d:])])

    return solve_ivp(rate, (t[0], t[-1]), state, "DOP853", t, rtol=1e-13, atol=1e-13).y[:d].T


def test_a_kepler_arc():
    end = [-0.5, 0.5]
    path = stationary_path(
        KEPLER,
        [1.0, 0.0],
        end,
        2.0,
        tol=1e-11,
        guess=lambda t: [1 - 0.75 * t, 0.25 * t + 0.5 * np.sin(t)],
    )
    assert path.success
    t = np.linspace(0, 2, 41)
    motion = integrated(lambda q, v: -q / np.hypot(*q) ** 3, path, t)
    np.testing.assert_allclose(path.at(t), motion, atol=1e-10)
    np.testing.assert_allclose(path.at(2.0), end, atol=1e-15)
    assert path.energy_drift < 1e-9


def test_a_charge_in_a_magnetic_field():
    path = stationary_path(MAGNETIC, [0.0, 0.0], [1.0, 0.0], 2.0, tol=1e-11)
    t = np.linspace(0, 2, 21)
    motion = integrated(lambda q, v: np.array([v[1], -v[0]]), path, t)
    np.testing.assert_allclose(path.at(t), motion, atol=1e-10)
    speeds = np.hypot(*path.v.T)
    np.testing.assert_allclose(speeds, speeds[0], rtol=1e-10)


def test_a_double_pendulum():
    def L(t, q, v):
        swing = np.cos(q[0] - q[1])
        return v[0] ** 2 + v[1] ** 2 / 2 + v[0] * v[1] * swing + 2 * np.cos(q[0]) + np.cos(q[1])

    def force(q, v):
        c, s = np.cos(q[0] - q[1]), np.sin(q[0] - q[1])
        right = [-2 * np.sin(q[0]) - v[1] ** 2 * s, -np.sin(q[1]) + v[0] ** 2 * s]
        return np.linalg.solve([[2, c], [c, 1]], right)

    path = stationary_path(Lagrangian(L), [0.5, 0.2], [-0.3, 1.0], 3.0, tol=1e-10)
    t = np.linspace(0, 3, 31)
    np.testing.assert_allclose(path.at(t), integrated(force, path, t), atol=1e-8)


def test_a_driven_oscillator():
    path = stationary_path(Particle(1.0, lambda t, q: q**2 / 2 - q * np.sin(2 * t)), 0.0, 0.0, 1.0)
    # q̈ + q = sin 2t.
    exact = (np.sin(2) * np.sin(path.t) / np.sin(1) - np.sin(2 * path.t)) / 3
    np.testing.assert_allclose(path.q, exact, atol=1e-9)


def test_a_given_mesh_of_many_points_is_as_good_as_one_of_few():
    path = stationary_path(QUARTIC, 2.0, 0.0, 1.0, points=100_001, rule="rectangle")
    assert path.success
    assert path.error_estimate < 1e-9
    assert abs(path.q[50_000] - 1.4216004081837443) < 1e-10


def test_a_coarse_mesh_says_how_wrong_it_is():
    path = stationary_path(QUARTIC, 2.0, 0.0, 1.0, points=4, rule="rectangle", tol=1e-3)
    assert not path.success
    assert path.error_estimate > 1e-3
    assert "more points" in path.message


def test_what_is_read_lazily_has_the_coordinates_shape():
    path = stationary_path(KEPLER, [1.0, 0.0], [0.0, 1.0], 1.5)
    m = len(path.t)
    assert path.q.shape == path.v.shape == path.momentum.shape == path.guess.shape == (m, 2)
    assert path.energy.shape == (m,)
    assert path.at(0.3).shape == (2,)
    assert path.at([0.3, 0.4, 0.5]).shape == (3, 2)
    path = stationary_path(HARMONIC, 0.0, 1.0, 1.0)
    assert path.q.shape == path.v.shape == path.t.shape
    assert np.ndim(path.at(0.3)) == 0
    with pytest.raises(ex.InvalidInput, match="outside"):
        path.at(1.1)


def test_the_card():
    text = str(stationary_path(HARMONIC, 0.0, 1.0, 4.0))
    for part in (
        "SADDLE: the action is a saddle, Morse index 1",
        "conjugate to",
        "3.14159",
        "lobatto8",
    ):
        assert part in text
