"""Calls that make no sense, or ask for what there is not, get an error that says so."""

import numpy as np
import pytest

import extremum as ex
from extremum.mechanics import Lagrangian, Particle, stationary_path

HARMONIC = Particle(1.0, lambda q: q**2 / 2)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((1.0, 1.0, 0.0), {}, "start is the end"),
        ((0.0, 1.0, 0.0), {}, "duration is zero"),
        ((0.0, 1.0, (2.0, 2.0)), {}, "duration is zero"),
        ((0.0, 1.0, -1.0), {}, "negative"),
        ((0.0, 1.0, np.nan), {}, "duration is nan"),
        ((0.0, 1.0, "long"), {}, "duration is 'long'"),
        ((0.0, 1.0, (0, 1, 2)), {}, "duration is"),
        ((0.0, [1.0, 2.0], 1.0), {}, "have to agree"),
        (([[0.0]], [[1.0]], 1.0), {}, "shape"),
        ((0.0, np.inf, 1.0), {}, "finite"),
        ((0.0, 1j, 1.0), {}, "real"),
        ((0.0, "b", 1.0), {}, "real"),
        ((0.0, 1.0, 1.0), {"points": 2, "rule": "rectangle"}, "at least 3"),
        ((0.0, 1.0, 1.0), {"points": 10.5}, "whole number"),
        ((0.0, 1.0, 1.0), {"tol": 0}, "tol=0"),
        ((0.0, 1.0, 1.0), {"tol": 1e-16}, "at least 1e-14"),
        ((0.0, 1.0, 1.0), {"rule": "simpson"}, "rule='simpson'"),
        ((0.0, 1.0, 1.0), {"guess": [[1.0, 2.0]] * 3}, r"shape \(3, 2\)"),
        ((0.0, 1.0, 1.0), {"guess": [0.0, np.nan, 1.0]}, "not finite"),
        ((0.0, 1.0, 1.0), {"guess": "straight"}, "not an array of numbers"),
    ],
)
def test_what_a_call_says(arguments, options, message):
    with pytest.raises(ex.InvalidInput, match=message):
        stationary_path(HARMONIC, *arguments, **options)


def test_what_is_no_system():
    with pytest.raises(ex.InvalidInput, match="give Particle"):
        stationary_path(lambda q: q**2, 0.0, 1.0, 1.0)


def test_a_potential_that_is_not_finite_on_the_way():
    with pytest.raises(ex.InvalidInput, match=r"not finite at t = 0\.5, q = 0, on the guess"):
        stationary_path(Particle(1.0, lambda q: -1 / np.abs(q)), 1.0, -1.0, 1.0)
    with pytest.raises(ex.InvalidInput, match="not finite at t = 1, q = -1, on the end"):
        stationary_path(Particle(1.0, lambda q: -np.log(q)), 1.0, -1.0, 1.0)
    with pytest.raises(ex.InvalidInput, match=r"Lagrangian is nan|not finite"):
        stationary_path(Lagrangian(lambda t, q, v: -np.sqrt(1 - v**2)), 0.0, 3.0, 1.0)


def test_a_singular_mass_matrix():
    with pytest.raises(ex.InvalidInput, match="mass matrix ∂²L/∂v² is singular at t = 0"):
        stationary_path(Lagrangian(lambda t, q, v: v - q**2), 1.0, 2.0, 1.0)
    with pytest.raises(ex.InvalidInput, match=r"singular at t = 0\.5, q = 0"):
        stationary_path(Lagrangian(lambda t, q, v: q * v**2 / 2), -1.0, 1.0, 1.0)
    with pytest.raises(ex.InvalidInput, match="mass matrix"):
        stationary_path(
            Lagrangian(lambda t, q, v: (v[0] + v[1]) ** 2 / 2 - q @ q), [0.0, 0], [1.0, 1], 1.0
        )


@pytest.mark.parametrize("options", [{}, {"points": 101, "rule": "rectangle"}])
def test_an_end_that_no_path_reaches(options):
    # After half a period every path from 0 is back at 0.
    with pytest.raises(ex.InvalidInput, match=r"No path goes from 0 to 1 in the duration 3\.14"):
        stationary_path(HARMONIC, 0.0, 1.0, np.pi, **options)
    assert stationary_path(HARMONIC, 0.0, 1.0, 3.14).success
