"""Random functions whose stationary points an independent Newton iteration finds.

A verdict's `radius` is an error bar on x. Here it has to hold for points near and far from
stationary ones, where the Hessian varies a lot: this tests the estimate of that variation.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import extremum as ex

KINDS = {ex.Verdict.MINIMUM, ex.Verdict.SADDLE, ex.Verdict.MAXIMUM}


def wells(x, coupling, size, rate, phase):
    """A quadratic with a cosine in every variable."""
    return x @ coupling @ x / 2 + np.sum(size * np.cos(rate * x + phase))


def gradient(x, coupling, size, rate, phase):
    return coupling @ x - size * rate * np.sin(rate * x + phase)


def hessian(x, coupling, size, rate, phase):
    return coupling - np.diag(size * rate**2 * np.cos(rate * x + phase))


def stationary_point_near(x, *args):
    """Newton's iteration in closed form, to rounding; None where it does not settle."""
    for _ in range(60):
        step = np.linalg.solve(hessian(x, *args), gradient(x, *args))
        x = x - step
        if np.linalg.norm(step) <= 1e-14 * max(1, np.linalg.norm(x)):
            return x
    return None


@st.composite
def multi_wells(draw):
    n = draw(st.sampled_from([1, 2, 4]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    turn, _ = np.linalg.qr(rng.normal(size=(n, n)))
    spectrum = 10.0 ** rng.uniform(-1.5, 1.5, n)
    args = (
        turn @ np.diag(spectrum) @ turn.T,
        rng.uniform(0.2, 3, n),
        rng.uniform(0.5, 3, n),
        rng.uniform(0, 6, n),
    )
    return rng.uniform(-3, 3, n), args, rng


def check(certificate, x, args):
    if certificate.verdict not in KINDS:
        return False
    true = stationary_point_near(x, *args)
    assert true is not None
    slack = 1e-12 * max(1, np.linalg.norm(x))
    assert np.linalg.norm(x - true) <= certificate.radius + slack
    values = np.linalg.eigvalsh(hessian(true, *args))
    assert (values < 0).sum() == certificate.morse_index
    return True


@settings(max_examples=300)
@given(multi_wells(), st.floats(-7, -0.3))
def test_the_radius_holds_from_afar(problem, exponent):
    x, args, rng = problem
    near = stationary_point_near(x, *args)
    if near is None or np.linalg.norm(near) > 20:
        return
    offset = rng.normal(size=x.size)
    x = near + 10.0**exponent * offset / np.linalg.norm(offset)
    check(ex.certify(wells, x, args), x, args)


@settings(max_examples=120)
@given(multi_wells(), st.sampled_from([1e-1, 1e-2, 1e-3]))
def test_the_radius_holds_after_a_loose_run(problem, tol):
    x, args, _ = problem
    result = ex.minimize(wells, x, args, tol=tol)
    assert result.reason is ex.Reason.GRADIENT_NORM
    assert np.abs(gradient(result.x, *args)).max() <= tol * (1 + 1e-9)
    if result.success:
        assert result.certificate.is_minimum
        assert check(result.certificate, result.x, args)


@settings(max_examples=120)
@given(multi_wells())
def test_eigenvalues_are_numpys(problem):
    x, args, _ = problem
    certificate = ex.certify(wells, x, args)
    true = np.linalg.eigvalsh(hessian(x, *args))
    # Of the two terms, which may cancel.
    slack = 1e-13 * (np.linalg.norm(args[0], 2) + np.abs(args[1] * args[2] ** 2).max())
    assert (np.abs(certificate.eigenvalues - true) <= certificate.eigenvalue_error + slack).all()
    np.testing.assert_allclose(certificate.gradient, gradient(x, *args), rtol=1e-9, atol=1e-12)


def test_verdicts_are_given_at_all():
    """The negative control of the above: most points close by do get a verdict."""
    rng = np.random.default_rng(5)
    given_verdicts = 0
    for _ in range(20):
        args = (
            np.diag([1.0, 2.0]),
            rng.uniform(0.2, 3, 2),
            rng.uniform(0.5, 3, 2),
            rng.uniform(0, 6, 2),
        )
        true = stationary_point_near(rng.uniform(-2, 2, 2), *args)
        if true is not None:
            x = true + 1e-5
            given_verdicts += check(ex.certify(wells, x, args), x, args)
    assert given_verdicts >= 12


# ---- known minimizers --------------------------------------------------------------------------


def with_quartics(x, center, matrix, weight):
    z = x - center
    return z @ matrix @ z / 2 + np.sum(weight * z**4) / 4


def with_quartics_gradient(x, center, matrix, weight):
    z = x - center
    return matrix @ z + weight * z**3


def soft_maximum(x, center, matrix, weight):
    """The logarithm of a sum of exponentials, symmetric about its center."""
    z = matrix @ (x - center)
    return np.log(np.sum(np.exp(z) + np.exp(-z))) + weight[0] * np.sum((x - center) ** 2) / 2


def soft_maximum_gradient(x, center, matrix, weight):
    z = matrix @ (x - center)
    up, down = np.exp(z), np.exp(-z)
    return matrix.T @ (up - down) / (up + down).sum() + weight[0] * (x - center)


def chains(x, center, matrix, weight):
    return np.sum(weight * np.cosh(x - center))


def chains_gradient(x, center, matrix, weight):
    return weight * np.sinh(x - center)


FAMILIES = {
    "quartics": (with_quartics, with_quartics_gradient),
    "soft maximum": (soft_maximum, soft_maximum_gradient),
    "chains": (chains, chains_gradient),
}


@st.composite
def known_minimizers(draw):
    n = draw(st.sampled_from([1, 3, 6]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    turn, _ = np.linalg.qr(rng.normal(size=(n, n)))
    spectrum = 10.0 ** rng.uniform(-draw(st.floats(0, 3)), draw(st.floats(0, 3)), n)
    center = rng.uniform(-2, 2, n)
    args = (center, turn @ np.diag(spectrum) @ turn.T, rng.uniform(0.1, 2, n))
    return center + rng.uniform(-1, 1, n), args


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("method", ["newton", "gradient-descent"])
def test_known_minimizers(family, method):
    fun, slope = FAMILIES[family]

    @settings(max_examples=25)
    @given(known_minimizers(), st.sampled_from([1e-8, 1e-6, 1e-3]))
    def holds(problem, tol):
        x0, args = problem
        if family == "soft maximum":
            args = (args[0], args[1] / np.linalg.norm(args[1], 2), args[2])
        result = ex.minimize(fun, x0, args, method=method, tol=tol, maxiter=300)
        certificate = result.certificate
        if result.success and result.reason is ex.Reason.GRADIENT_NORM:
            size = np.abs(slope(result.x, *args)).max()
            assert size <= tol + certificate.gradient_floor + 1e-12 * np.abs(args[1]).max()
        if result.success:
            assert certificate.is_minimum is True
        if certificate.verdict is ex.Verdict.MINIMUM:
            off = np.linalg.norm(result.x - args[0])
            assert off <= certificate.radius + 1e-15 * np.linalg.norm(args[0])
        # These functions are convex: nothing else can be found.
        assert certificate.verdict in (ex.Verdict.MINIMUM, ex.Verdict.NOT_STATIONARY)
        if method == "newton" and tol == 1e-8:
            assert result.success

    holds()
