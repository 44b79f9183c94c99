"""Paths whose end is conjugate to their start, where neighbouring paths reach it too."""

import numpy as np
import pytest

import extremum as ex
from extremum.mechanics import Particle, stationary_path

HARMONIC = Particle(1.0, lambda q: q**2 / 2)


@pytest.mark.parametrize("sine", [0.0, 2.0])
def test_the_member_nearest_to_the_guess(sine):
    # All paths from 1/2 are at -1/2 after half a period.
    def member(t):
        return np.cos(t) / 2 + sine * np.sin(t)

    path = stationary_path(HARMONIC, 0.5, -0.5, np.pi, guess=member)
    assert path.success
    np.testing.assert_allclose(path.q, member(path.t), atol=1e-12)
    certificate = path.certificate
    assert certificate.verdict is ex.Verdict.DEGENERATE
    assert (certificate.morse_index, certificate.nullity) == (0, 1)


def test_a_family_of_two_parameters():
    isotropic = Particle(1.0, lambda q: np.sum(q**2) / 2)
    path = stationary_path(isotropic, [1.0, 0.0], [-1.0, 0.0], np.pi)
    assert path.success
    # Each coordinate is a cosine and a sine.
    coefficients = np.linalg.lstsq(np.stack([np.cos(path.t), np.sin(path.t)], 1), path.q)[0]
    np.testing.assert_allclose(coefficients[0], [1.0, 0.0], atol=1e-9)
    shown = np.stack([np.cos(path.t), np.sin(path.t)], 1) @ coefficients
    np.testing.assert_allclose(path.q, shown, atol=1e-9)
    assert path.certificate.nullity == 2


def test_an_end_beside_the_conjugate_point_is_missed():
    isotropic = Particle(1.0, lambda q: np.sum(q**2) / 2)
    with pytest.raises(ex.InvalidInput, match="conjugate"):
        stationary_path(isotropic, [1.0, 0.0], [-1.0, 1.0], np.pi)
