"""Conjugate points: closed forms, determinants by another integrator, ends next to one."""

import numpy as np
import pytest

from extremum.mechanics import Lagrangian, systems
from extremum.mechanics.jacobi import JacobiFlow, conjugate_points
from extremum.mechanics.linearization import mesh
from extremum.outcomes import InvalidInput
from tests.mechanics.jacobi_problems import along, conjugate_determinants, constant, moving

RNG = np.random.default_rng(7)


def points_of(linearization, duration, pieces=10, error=0.0):
    edges = np.linspace(0, duration, pieces + 1)
    return conjugate_points(JacobiFlow.of(linearization, edges), edges, error)


@pytest.mark.parametrize("pieces", [1, 7, 1000])
def test_one_oscillator(pieces):
    found = points_of(constant(1.0), 20.0, pieces)
    assert (found.index, found.nullity) == (6, 0)
    np.testing.assert_allclose(found.times, np.pi * np.arange(1, 7), rtol=1e-13)
    assert found.end_angle == pytest.approx(20 - 6 * np.pi, abs=found.error)
    assert found.error < 1e-11


@pytest.mark.parametrize("offset", [1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("k", [1, 4])
def test_ends_next_to_a_conjugate_point(k, offset):
    early = points_of(constant(1.0), k * np.pi * (1 - offset))
    assert (early.index, early.nullity) == (k - 1, 0)
    on = points_of(constant(1.0), k * np.pi)
    assert (on.index, on.nullity) == (k - 1, 1)
    assert on.times.size == k - 1
    late = points_of(constant(1.0), k * np.pi * (1 + offset))
    assert (late.index, late.nullity) == (k, 0)
    np.testing.assert_allclose(late.times, np.pi * np.arange(1, k + 1), rtol=1e-13)


def test_what_the_path_s_error_may_change_counts_as_zero():
    found = points_of(constant(1.0), np.pi * (1 + 1e-6), error=1e-5)
    assert (found.index, found.nullity) == (0, 1)


def test_several_frequencies_in_any_coordinates():
    """Double, and nearly double, conjugate points."""
    frequencies = np.array([1.0, 1.0, 1 + 1e-7, 2.5])
    basis = RNG.normal(size=(4, 4))
    linearization = constant(basis.T @ np.diag(frequencies**2) @ basis, mass=basis.T @ basis)
    found = points_of(linearization, 10.0)
    exact = np.concatenate([np.pi / w * np.arange(1, 10 * w // np.pi + 1) for w in frequencies])
    assert (found.index, found.nullity) == (len(exact), 0)
    np.testing.assert_allclose(found.times, np.sort(exact), rtol=1e-11)


def test_no_conjugate_points_where_the_potential_falls_or_is_flat():
    for stiffness in (0.0, -1.0, -40.0, np.diag([0.0, -3.0])):
        found = points_of(constant(stiffness), 10.0)
        assert (found.index, found.nullity, found.times.size) == (0, 0, 0)


def test_a_total_derivative_changes_nothing():
    """L + d(q·K q)/dt has other momenta and the same paths."""
    symmetric = np.array([[0.3, 2.0], [2.0, -1.0]])
    plain = points_of(constant(np.diag([1.0, 2.0])), 12.0)
    moved = points_of(constant(np.diag([1.0, 2.0]), coupling=symmetric), 12.0)
    assert plain.index == moved.index == 8
    np.testing.assert_allclose(plain.times, moved.times, rtol=1e-12)


@pytest.mark.parametrize("frequency", [1.7, -1.7])
def test_a_magnetic_field(frequency):
    system = systems.ChargedParticle(frequency, 0.6)
    field = 0.3 * frequency * np.array([[0, 1], [-1, 0]])
    linearization = constant(np.zeros((2, 2)), field, 0.6 * np.eye(2))
    found = points_of(linearization, 12.0)
    np.testing.assert_allclose(found.times, system.conjugate_times(12.0), rtol=1e-12)
    assert (found.index, found.nullity) == (6, 0)
    full = points_of(linearization, 2 * np.pi / 1.7)
    assert (full.index, full.nullity) == (0, 2)


def test_a_circular_kepler_orbit():
    """Hill's equations: sin t across the plane, 16 sin²(t/2) = 6 t sin(t/2) cos(t/2) in it."""
    linearization = known(systems.Kepler(), [1.0, 0, 0], [0, 1.0, 0])
    found = points_of(linearization, 18.0)
    late = []
    for low in (2 * np.pi, 4 * np.pi):
        # tan(t/2) = 3t/8 once in each (2πk, 2πk + π)
        a, b = low + 1e-6, low + np.pi - 1e-6
        for _ in range(80):
            middle = (a + b) / 2
            a, b = (middle, b) if np.tan(middle / 2) < 3 * middle / 8 else (a, middle)
        late.append(a)
    exact = np.sort(np.r_[np.pi * np.arange(1, 6), 2 * np.pi, 4 * np.pi, late])
    np.testing.assert_allclose(found.times, exact, rtol=1e-9)
    assert found.index == 9


def known(system, q, v):
    return moving(system, system.motion(q, v))


MOTIONS = {
    "ellipse": lambda: along(systems.Kepler(), ([1.0, 0.0], [0.3, 0.8]), 6.0)[0],
    "swing": lambda: known(systems.Pendulum(), 1.0, 1.2),
    "two wells": lambda: known(systems.DoubleWell(), 0.1, 1.2),
    "double pendulum": lambda: along(systems.DoublePendulum(), ([1.0, 1.5], [0.2, -0.4]), 6.0)[0],
    "time-dependent": lambda: along(
        Lagrangian(lambda t, q, v: v**2 / 2 - (1 + 0.5 * np.cos(2 * t)) * q**2), (1.0, 0.0), 6.0
    )[0],
    "varying field and mass": lambda: along(Lagrangian(entangled), ([0.4, 0.3], [0.5, -0.2]), 6.0)[
        0
    ],
}


def entangled(t, q, v):
    kinetic = (1 + q[0] ** 2) * (v[0] ** 2 + 2 * v[1] ** 2) / 2
    field = (1 + q[0] * t / 4) * (q[0] * v[1] - q[1] * v[0])
    return kinetic + field - q[0] ** 4 - q[1] ** 2


@pytest.mark.parametrize("name", MOTIONS)
def test_along_motions_against_the_zeros_of_the_determinant(name):
    linearization, duration = MOTIONS[name](), 6.0
    found = points_of(linearization, duration)
    d = linearization(np.zeros(1)).L_vv.shape[1]
    fine = np.linspace(0, duration, 3000)[10:]
    least = conjugate_determinants(linearization, duration, d, fine)[:, -1]
    near = np.flatnonzero((least[1:-1] < least[:-2]) & (least[1:-1] < least[2:])) + 1
    zeros = fine[near[least[near] < 3e-3]]
    assert found.index == len(zeros) > 0
    np.testing.assert_allclose(found.times, zeros, atol=2 * (fine[1] - fine[0]))
    at = conjugate_determinants(linearization, duration, d, found.times)[:, -1]
    assert at.max() < 1e-8


def test_a_pendulum_s_conjugate_points_are_zeros_of_the_derivative_by_its_velocity():
    system = systems.Pendulum()
    found = points_of(known(system, 0.0, 1.3), 15.0)

    def field(t):
        h = 1e-4
        return (system.motion(0.0, 1.3 + h)(t) - system.motion(0.0, 1.3 - h)(t)) / (2 * h)

    grid = field(np.linspace(1e-3, 15.0, 300))
    assert found.index == (grid[1:] * grid[:-1] < 0).sum() == 3
    before, after = field(found.times - 1e-3), field(found.times + 1e-3)
    assert (before * after < 0).all()
    assert np.abs(field(found.times)).max() < 1e-5


def test_a_pendulum_that_turns_over_has_none():
    """Its velocity is a solution of Jacobi's equation without zeros (Sturm)."""
    assert points_of(known(systems.Pendulum(), 0.0, 2.3), 30.0).index == 0


def test_legendre_s_condition():
    with pytest.raises(InvalidInput, match="not positive definite"):
        JacobiFlow.of(constant(np.eye(2), mass=np.diag([1.0, -1.0])), np.array([0.0, 1.0]))


def test_meshes():
    edges = np.linspace(0, 1, 1001)
    merged = mesh(np.ones_like, edges, 0.1)
    assert 10 <= len(merged) - 1 <= 20
    assert np.isin(merged, edges).all()
    assert (merged[0], merged[-1]) == (0, 1)
    split = mesh(lambda t: 1 + 99 * (t > 0.5), np.array([0, 0.5, 1.0]), 1.0)
    assert np.isin([0, 0.5, 1.0], split).all()
    assert np.diff(split)[split[:-1] >= 0.5].max() <= 0.01 + 1e-12
    assert len(split) <= 60
    one = mesh(np.ones_like, np.array([2.0, 3.0]), 10.0)
    np.testing.assert_array_equal(one, [2.0, 3.0])
