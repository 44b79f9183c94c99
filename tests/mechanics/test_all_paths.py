"""All paths between two events: their number against shooting by SciPy, and closed forms."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from extremum.mechanics import Particle, stationary_paths
from extremum.mechanics.multistart import Roots
from extremum.mechanics.systems import Harmonic, Kepler, Pendulum, Quartic
from extremum.outcomes import InvalidInput


def shoot(force, start, duration, velocities):
    """Where each velocity leads, and how often its Jacobi field has vanished, by DOP853."""

    def rate(t, y):
        q, v, dq, dv = y.reshape(4, -1)
        f, slope = force(q)
        return np.concatenate([v, f, dv, slope * dq])

    v = np.atleast_1d(velocities)
    begin = np.concatenate([np.full(v.size, start), v, np.zeros(v.size), np.ones(v.size)])
    times = np.linspace(0, duration, 801)
    found = solve_ivp(rate, (0, duration), begin, "DOP853", times, rtol=1e-10, atol=1e-10)
    q, _, dq, _ = found.y.reshape(4, v.size, -1)
    return q[:, -1], (np.diff(np.sign(dq[:, 1:]), axis=1) != 0).sum(axis=1)


def roots_by_shooting(force, start, end, duration, reach, max_index):
    """Initial velocities and indices of all paths, by a fine uniform scan."""
    v = np.linspace(-reach, reach, 600)
    missed = shoot(force, start, duration, v)[0] - end
    places = np.flatnonzero(missed[:-1] * missed[1:] < 0)
    found = [
        brentq(lambda w: shoot(force, start, duration, w)[0][0] - end, v[k], v[k + 1], xtol=1e-8)
        for k in places
    ]
    indices = shoot(force, start, duration, found)[1]
    return [(w, int(i)) for w, i in zip(found, indices, strict=True) if i <= max_index]


def velocities_and_indices(paths):
    return sorted((float(path.v[0]), path.certificate.morse_index) for path in paths)


def test_the_harmonic_oscillator_has_one_path():
    found = stationary_paths(Harmonic(), 0.0, 1.0, 8.0)
    assert len(found) == 1
    assert found.complete
    assert found[0].v[0] == pytest.approx(1 / np.sin(8.0), rel=1e-8)
    assert found[0].certificate.morse_index == 2
    assert "All with" in str(found)


def test_the_quartic_oscillator():
    found = stationary_paths(Quartic(), 0.0, 1.0, 8.0, max_index=3)
    expected = roots_by_shooting(lambda q: (-(q**3), -3 * q**2), 0.0, 1.0, 8.0, 3.0, 3)
    assert len(expected) == 3
    assert found.complete
    np.testing.assert_allclose(velocities_and_indices(found), expected, atol=1e-7)
    assert [path.action for path in found] == sorted(path.action for path in found)
    for path in found:
        assert path.energy[0] == pytest.approx(path.v[0] ** 2 / 2, rel=1e-12)


def test_the_pendulum_swings_and_turns_over():
    found = stationary_paths(Pendulum(), 0.0, 1.0, 8.0)
    expected = roots_by_shooting(lambda q: (-np.sin(q), -np.cos(q)), 0.0, 1.0, 8.0, 3.0, 5)
    assert len(expected) == 5
    assert found.complete
    np.testing.assert_allclose(velocities_and_indices(found), expected, atol=1e-7)


def test_a_range_that_is_asked_for_is_the_range_that_is_named():
    found = stationary_paths(Quartic(), 0.0, 1.0, 8.0, speed=1.0)
    assert found.speed == 1.0
    assert "as asked" in found.completeness
    assert [round(float(path.v[0]), 6) for path in found] == [0.860873]


def test_motions_that_go_off_to_infinity_hide_nothing():
    found = stationary_paths(Particle(1.0, lambda q: -(q**4) / 4), 0.0, 1.0, 8.0)
    assert found.complete
    assert len(found) == 1
    # t = ∫ dq/√(2E + q⁴/2), E the energy.
    energy = found[0].energy[0]
    q = (np.arange(20_000) + 0.5) / 20_000
    assert np.mean(1 / np.sqrt(2 * energy + q**4 / 2)) == pytest.approx(8.0, rel=1e-5)


def energies_of_lamberts_problem(start, end, duration, revolutions):
    """All solutions with so many revolutions: Izzo, Celest. Mech. Dyn. Astr. 121 (2015), eq. 18."""
    r0, r1, chord = (np.linalg.norm(q) for q in (start, end, np.subtract(end, start)))
    s = (r0 + r1 + chord) / 2
    x = np.linspace(-0.999, 0.999, 20_001)
    found = []
    for sense in (1, -1):
        ratio = sense * np.sqrt(1 - chord / s)
        y = np.sqrt(1 - ratio**2 * (1 - x**2))
        psi = np.arccos(x * y + ratio * (1 - x**2)) + np.pi * revolutions
        late = (psi / np.sqrt(1 - x**2) - x + ratio * y) / (1 - x**2) - np.sqrt(2 / s**3) * duration
        for k in np.flatnonzero(late[:-1] * late[1:] < 0):
            root = x[k] - late[k] * (x[k + 1] - x[k]) / (late[k + 1] - late[k])
            found.append(-(1 - root**2) / s)
    return found


def test_lamberts_problem_direct_and_retrograde_with_up_to_one_revolution():
    kepler, start, end, duration = Kepler(), [1.0, 0.0], [-0.5, 0.8], 12.0
    found = stationary_paths(kepler, start, end, duration)
    counts = [energies_of_lamberts_problem(start, end, duration, n) for n in range(3)]
    assert [len(each) for each in counts] == [2, 4, 0]
    expected = sorted(energy for each in counts for energy in each)
    np.testing.assert_allclose(sorted(path.energy[0] for path in found), expected, rtol=1e-6)
    for long_way in (False, True):
        expected = kepler.lambert(start, end, duration, long_way)
        assert any(np.allclose(path.v[0], expected, atol=1e-7) for path in found)
    # Each revolution adds conjugate points, one for the faster of its two paths and one more.
    assert sorted(path.certificate.morse_index for path in found) == [0, 0, 1, 1, 2, 2]
    assert not found.complete
    assert "random initial velocities" in found.completeness


def test_the_chance_of_a_new_root():
    assert Roots(np.zeros((3, 2)), np.array([8, 1, 1]), 20).unseen == pytest.approx(3 / 11)
    assert Roots(np.zeros((0, 2)), np.zeros(0, int), 20).unseen == 1


@pytest.mark.parametrize("options", [{"max_index": -1}, {"max_index": 0.5}, {"speed": 0.0}])
def test_bad_options(options):
    with pytest.raises(InvalidInput, match=next(iter(options))):
        stationary_paths(Harmonic(), 0.0, 1.0, 1.0, **options)
