"""Certificates of a function that is computed in 32 bits, whatever the storage of its Hessian."""

import numpy as np
import pytest

from extremum import Verdict
from extremum.certify import certify_point
from tests.certify.chains import Chain, springs

EPS = float(np.finfo(np.float32).eps)
BOTTOM = np.float32(0.7)

storages = pytest.mark.parametrize(
    ("storage", "n"), [("dense", 150), ("pattern", 150), ("operator", 150), ("operator", 1200)]
)


class InSingle(Chain):
    """A chain whose parts are given and computed in 32 bits."""

    eps = EPS

    def __init__(self, parts, storage):
        super().__init__(lambda x: [np.float64(part) for part in parts(np.float32(x))], storage)

    def rounded(self, x):
        return x.astype(np.float32).astype(np.float64)


def around_the_bottom(parts):
    return lambda x: parts(x - x.dtype.type(BOTTOM))


@storages
@pytest.mark.parametrize("roundings", [0, 3])
def test_the_radius_holds_the_minimum_and_is_no_finer_than_32_bits(storage, n, roundings):
    chain = InSingle(around_the_bottom(springs(n, level=1.0, quartic=1.0)), storage)
    minimum = np.full(n, float(BOTTOM))
    x = chain.rounded(minimum * (1 + roundings * EPS * np.sin(np.arange(n))))
    certificate = certify_point(chain, x)
    assert certificate.verdict is Verdict.MINIMUM
    spacing = EPS * np.linalg.norm(x)
    assert np.linalg.norm(x - minimum) <= certificate.radius
    assert spacing <= certificate.radius <= 30 * spacing
    # Each eigenvalue is known to so many digits at best: it lies between 1 and 5.
    assert (certificate.eigenvalue_error >= EPS).all()


@storages
def test_a_curvature_that_32_bits_hide_is_none(storage, n):
    """Free ends and a level of 1e-9 beside eigenvalues up to 4: a minimum, but not in 32 bits."""
    parts, x = springs(n, pinned=0.0, level=1e-9), np.zeros(n)
    assert certify_point(InSingle(parts, storage), x).verdict is not Verdict.MINIMUM
    if n <= 1000:  # by products alone not even 64 bits tell
        assert certify_point(Chain(parts, storage), x).verdict is Verdict.MINIMUM
