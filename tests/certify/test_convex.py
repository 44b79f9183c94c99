"""The proof of a minimum from convexity: what it claims, and where it must not speak."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy import sparse

import extremum as ex
from extremum import Verdict
from extremum.certify import certify_point
from extremum.certify.convex import certify_convex
from extremum.linalg import DenseSymmetric
from extremum.objective import ConvexObjective, Counts


@dataclass(frozen=True)
class LogCosh(ConvexObjective):
    """Σ aᵢ log cosh(xᵢ − cᵢ), of which |φ‴| ≤ 2 φ″ in each variable."""

    weight: np.ndarray
    centre: np.ndarray
    share: float = 1.0
    counts: Counts = field(default_factory=Counts)

    def value(self, x):
        d = np.abs(x - self.centre)
        return float(self.weight @ (d + np.log1p(np.exp(-2 * d)) - np.log(2)))

    def value_and_gradient(self, x):
        return self.value(x), self.weight * np.tanh(x - self.centre)

    def hessian(self, x):
        return DenseSymmetric(np.diag(self.weight / np.cosh(x - self.centre) ** 2))

    def frame(self):
        return sparse.eye_array(self.centre.size, format="csr")

    def curvatures_below(self, x):
        if self.share < 1:
            yield DenseSymmetric(self.share * self.hessian(x).array)

    def curvature_drift(self, units):
        return 2 * float(units.max())

    def value_gradient_drift(self, x):
        bends = self.hessian(x).diagonal
        return *self.value_and_gradient(x), 2 / np.sqrt(bends[self.weight > 0].min())

    def gradient_error(self, x):
        return np.finfo(float).eps * self.weight


CENTRE = np.array([1.0, -2.0, 0.5])


@pytest.mark.parametrize("share", [1.0, 0.2])
@pytest.mark.parametrize("offset", [0.0, 1e-9, 1e-3, 0.01])
def test_the_minimum_is_within_the_radius(share, offset):
    phi = LogCosh(np.array([1.0, 10.0, 0.1]), CENTRE, share)
    x = CENTRE + offset * np.array([1.0, -1.0, 0.5])
    found = certify_point(phi, x)
    assert found.verdict is Verdict.MINIMUM
    assert "convex" in str(found)
    distance = np.linalg.norm(x - CENTRE)
    assert distance <= found.radius
    assert found.radius <= 20 * distance / share + 1e-12
    assert (found.hessian is None) == (share < 1)


def test_it_does_not_speak_far_from_the_minimum():
    phi = LogCosh(np.ones(3), CENTRE)
    assert certify_convex(phi, CENTRE + 3) is None
    assert certify_point(phi, CENTRE + 3).verdict is Verdict.NOT_STATIONARY


def test_a_minimum_that_is_a_line():
    phi = LogCosh(np.array([1.0, 0.0, 1.0]), CENTRE)
    found = certify_point(phi, CENTRE + np.array([1e-9, 5.0, 0.0]))
    assert found.verdict is Verdict.DEGENERATE
    assert found.is_minimum
    np.testing.assert_allclose(np.abs(found.flat_directions), [[0, 1, 0]], atol=1e-12)
    assert found.radius < 1e-8


def test_a_vanishing_curvature_is_no_flat_direction():
    phi = LogCosh(np.array([1.0, 1.0, 1.0]), CENTRE)
    x = CENTRE + np.array([0.0, 40.0, 0.0])  # 1/cosh² is below rounding there, and the slope is 1
    assert certify_convex(phi, x) is None
    assert certify_point(phi, x).verdict is Verdict.NOT_STATIONARY


def test_one_factorization_is_enough():
    phi = LogCosh(np.ones(3), CENTRE)
    result = ex.minimize(phi, np.zeros(3))
    assert result.success
    assert result.certificate.counts.nhev == 0  # the test's own hessian counts nothing
    np.testing.assert_allclose(result.x, CENTRE, atol=1e-8)
