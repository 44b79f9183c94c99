"""Refinement: meshes of which one divides the other, and what is estimated from them."""

import numpy as np
import pytest

from extremum.mechanics import Particle, stationary_path
from extremum.mechanics.mesh import divided, is_even
from extremum.mechanics.rules import RULES
from extremum.mechanics.solution import Problem, Solution

HARMONIC = Particle(1.0, lambda q: q**2 / 2)


def sampled(function, elements=6):
    """A function of time at the nodes of equal elements on [0, 3]."""
    zero = np.zeros(1)
    problem = Problem(HARMONIC.traced(0.0, np.array(0.0), np.array(1.0)), 0.0, 3.0, zero, zero)
    action = problem.action(RULES["lobatto8"], problem.uniform(elements))
    return Solution(action, function(action.node_times)[:, np.newaxis])


@pytest.mark.parametrize("parts", [2, 3, 4])
def test_a_polynomial_of_the_elements_degree_is_divided_exactly(parts):
    def polynomial(t):
        return 1 - 2 * t + t**2 / 3 - t**3 / 7 + t**4 / 5

    fine = sampled(polynomial, 6 * parts)
    found = divided(sampled(polynomial), parts)
    np.testing.assert_allclose(found, fine.nodes, rtol=1e-13, atol=1e-13)
    quintic = divided(sampled(lambda t: t**5), parts)
    assert np.abs(quintic[:, 0] - fine.action.node_times**5).max() > 1e-5


def test_equal_elements_suit_a_wave_and_not_a_pulse():
    assert is_even(sampled(lambda t: np.sin(2 * t), 12))
    assert not is_even(sampled(lambda t: 1 / (1 + (20 * (t - 1)) ** 2), 12))


@pytest.mark.parametrize("tol", [1e-2, 1e-4, 1e-6, 1e-8, 1e-10])
@pytest.mark.parametrize("duration", [1.0, 7.0, 20.0])
def test_no_error_is_larger_than_it_is_estimated(tol, duration):
    path = stationary_path(HARMONIC, 0.0, 1.0, duration, tol=tol)

    def exact(t):
        return np.sin(t) / np.sin(duration)

    assert path.success
    assert np.abs(path.q - exact(path.t)).max() <= path.error_estimate
    t = np.linspace(0.0, duration, 101)
    assert np.abs(path.at(t) - exact(t)).max() <= path.error_estimate <= tol * path.q.max() * 1.1


def test_a_loose_tolerance_takes_fewer_evaluations():
    quartic = Particle(1.0, lambda q: q**4 / 4)
    loose, tight = (stationary_path(quartic, 2.0, 0.0, 1.0, tol=tol) for tol in (1e-3, 1e-10))
    assert loose.trace["nhev"][-1] < tight.trace["nhev"][-1]
    # The last iterate of each mesh is not evaluated by the search, but by the trace.
    np.testing.assert_allclose(loose.trace["fun"][-1], loose.action, rtol=1e-14)
    assert loose.trace["grad_norm"][-1] < 1e-2 * loose.trace["grad_norm"][0]
