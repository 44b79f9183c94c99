"""Textbook cases, each named, with what must come out by an independent route."""

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import brentq

import extremum as ex

# ---- the quartic in two variables --------------------------------------------------------------


def quartic(x):
    x0, x1 = x
    return x0**2 - 2 * x0 + x1**4 - 2 * x1**2 + x1


def quartic_gradient(x):
    return np.array([2 * x[0] - 2, 4 * x[1] ** 3 - 4 * x[1] + 1])


def quartic_hessian(x):
    return np.diag([2.0, 12 * x[1] ** 2 - 4])


def root_of_the_cubic(near):
    """A root of 4t³ − 4t + 1 to 40 digits, by Newton's iteration in decimals."""
    with localcontext() as context:
        context.prec = 50
        t = Decimal(near)
        for _ in range(20):
            t -= (4 * t**3 - 4 * t + 1) / (12 * t**2 - 4)
        assert abs(4 * t**3 - 4 * t + 1) < Decimal("1e-40")
        return float(t)


LOWER, SADDLE, UPPER = (root_of_the_cubic(near) for near in ("-1.1", "0.27", "0.84"))
RECIPE = {"jac": ex.ForwardDifference(1e-6), "stop": ex.RelativeStep(1e-8)}


def test_the_decimal_roots_are_numpys():
    np.testing.assert_allclose(np.sort(np.roots([4, 0, -4, 1])), [LOWER, SADDLE, UPPER], rtol=1e-12)


@pytest.fixture(scope="module")
def descent():
    return ex.minimize(quartic, [2, 0.25], method=ex.GradientDescent(step=0.15), **RECIPE)


class TestQuarticByFixedStepAndForwardDifferences:
    def test_fifty_iterations_by_the_users_test(self, descent):
        assert descent.nit == 50
        assert len(descent.trace) == 51
        assert descent.reasons == (ex.Reason.RELATIVE_STEP,)
        assert descent.success

    def test_point_and_value(self, descent):
        np.testing.assert_allclose(descent.x, [0.99999952, -1.10716037], atol=5e-9, rtol=0)
        assert abs(descent.fun - -3.0561728852428938) <= np.spacing(3.0561728852428938)

    def test_iteration_ten(self, descent):
        assert round(float(descent.trace["fun"][10]), 10) == -2.9309660541
        assert descent.trace[10]["nit"] == 10

    def test_the_rows_are_the_recipe_done_by_hand(self, descent):
        x, h = np.array([2.0, 0.25]), 1e-6
        for row in range(51):
            np.testing.assert_allclose(descent.trace.x[row], x, rtol=1e-13)
            here = quartic(x)
            gradient = [(quartic(x + h * e) - here) / h for e in np.eye(2)]
            x = x - 0.15 * np.array(gradient)

    def test_the_certificate_says_what_the_differences_cost(self, descent):
        true = np.abs(quartic_gradient(descent.x)).max()
        assert true == pytest.approx(5e-6, rel=0.1)
        certificate = descent.certificate
        assert certificate.gradient_norm == pytest.approx(true, rel=1e-9)
        # What the run itself saw is much smaller: the differences vanish elsewhere.
        assert descent.trace["grad_norm"][-1] < 1e-7
        assert certificate.verdict is ex.Verdict.MINIMUM
        assert np.linalg.norm(descent.x - [1, LOWER]) <= certificate.radius < 1e-5
        assert certificate.source != descent.source
        np.testing.assert_allclose(
            certificate.eigenvalues, np.linalg.eigvalsh(quartic_hessian(descent.x)), rtol=1e-12
        )

    def test_the_work_is_counted(self, descent):
        # A forward difference takes n + 1 values; 51 points were visited.
        assert (descent.nfev, descent.njev, descent.nhev) == (3 * 51, 51, 0)


@pytest.mark.parametrize("keywords", [{}, RECIPE], ids=["plain", "differences"])
def test_quartic_without_a_method(keywords):
    result = ex.minimize(quartic, [2, 0.25], **keywords)
    assert result.success
    assert result.certificate.verdict is ex.Verdict.MINIMUM
    assert result.njev < 15
    assert np.linalg.norm(result.x - [1, LOWER]) <= result.certificate.radius


@pytest.mark.parametrize(
    ("start", "end"),
    [(-2.0, LOWER), (0.1, LOWER), (SADDLE - 0.01, LOWER), (SADDLE + 0.01, UPPER), (2.0, UPPER)],
)
@pytest.mark.parametrize("method", [ex.GradientDescent(0.05), ex.GradientDescent()], ids=str)
def test_quartic_which_minimum_depends_on_the_start(start, end, method):
    result = ex.minimize(quartic, [0.5, start], method=method)
    assert result.success
    np.testing.assert_allclose(result.x, [1, end], atol=1e-8)


def test_quartic_saddle_between_the_minima():
    result = ex.stationary(quartic, [0.5, 0.3])
    assert result.success
    np.testing.assert_allclose(result.x, [1, SADDLE], atol=1e-8)
    certificate = result.certificate
    assert (certificate.verdict, certificate.morse_index) == (ex.Verdict.SADDLE, 1)
    assert np.linalg.norm(result.x - [1, SADDLE]) <= certificate.radius
    assert quartic(certificate.lower_point) < quartic(result.x)
    assert LOWER < SADDLE < UPPER
    # The negative control: `minimize` does not call it a minimum.
    assert not np.allclose(ex.minimize(quartic, [1, SADDLE]).x, [1, SADDLE], atol=0.1)


# ---- one variable ------------------------------------------------------------------------------


def one_variable(x):
    return np.exp(x - np.sqrt(x)) - x


def test_minimize_scalar_exponential():
    result = ex.minimize_scalar(one_variable, bracket=(1, 3))
    assert result.success
    assert isinstance(result.x, float)
    assert abs(result.x - 1.8100198166186225) <= 1e-15 * 2
    slope = lambda x: np.exp(x - np.sqrt(x)) * (1 - 0.5 / np.sqrt(x)) - 1  # noqa: E731
    assert abs(result.x - brentq(slope, 1.5, 2.2, xtol=1e-15)) <= 4e-15
    x = result.x
    curvature = np.exp(x - np.sqrt(x)) * ((1 - 0.5 / np.sqrt(x)) ** 2 + 0.25 * x**-1.5)
    assert curvature > 0
    assert result.certificate.verdict is ex.Verdict.MINIMUM
    assert result.certificate.eigenvalues[0] == pytest.approx(curvature, rel=1e-12)


def test_minimize_scalar_does_not_return_the_zeros():
    zeros = [brentq(one_variable, 0.5, 1.5), brentq(one_variable, 2.0, 3.0)]
    x = ex.minimize_scalar(one_variable, bracket=(1, 3)).x
    assert min(abs(x - zero) for zero in zeros) > 0.3
    for zero in zeros:
        assert ex.certify(one_variable, zero).verdict is ex.Verdict.NOT_STATIONARY


# ---- the singular quadratic --------------------------------------------------------------------

B = np.array([1.0, 3.0, 5.0])
A = np.array([[-5, -3, -0.5], [-3, -2, 0], [-0.5, 0, -0.5]])
NULL = np.array([2.0, -3.0, -2.0])


def singular_quadratic(x):
    return B @ x + x @ A @ x / 2


def determinant(matrix):
    (a, b, c), (d, e, f), (g, h, i) = [[Fraction(float(v)) for v in row] for row in matrix]
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def test_singular_quadratic_is_singular():
    assert determinant(A) == 0
    assert all(sum(Fraction(float(a)) * int(v) for a, v in zip(row, NULL)) == 0 for row in A)  # noqa: B905
    values = np.linalg.eigvalsh(A)
    assert (values < -1e-10).sum() == 2
    # The slope along the null direction is not zero: there is no stationary point at all.
    assert B @ NULL != 0


def test_singular_quadratic_stops_the_pure_newton_iteration():
    result = ex.minimize(singular_quadratic, [0.0, 0, 0], method=ex.Newton(step=1))
    assert not result.success
    assert result.reason is ex.Reason.SINGULAR_HESSIAN
    assert result.nit == 0
    shown = result.message.split("null direction is [")[1].split("]")[0]
    direction = np.array([float(text) for text in shown.split(",")])
    np.testing.assert_allclose(direction / direction[0], NULL / NULL[0], rtol=1e-8)
    assert B @ direction < 0


@pytest.mark.parametrize("method", ["auto", ex.Newton(step=1), "gradient-descent"], ids=str)
def test_singular_quadratic_is_unbounded(method):
    result = ex.minimize(singular_quadratic, [0.0, 0, 0], method=method)
    assert not result.success
    certificate = result.certificate
    assert certificate.verdict is ex.Verdict.UNBOUNDED
    assert (certificate.morse_index, certificate.nullity) == (2, 1)
    ray = certificate.ray
    assert np.linalg.norm(ray.direction) == pytest.approx(1)
    values = [singular_quadratic(result.x + t * ray.direction) for t in ray.lengths]
    np.testing.assert_allclose(ray.values, values, rtol=1e-9)
    assert (np.diff(values) < 0).all()
    assert singular_quadratic(certificate.lower_point) < singular_quadratic(result.x)


def test_singular_quadratic_without_its_slope_is_degenerate():
    """The negative control: with b = 0 and the signs turned there are minima, not one of them."""
    certificate = ex.certify(lambda x: -x @ A @ x / 2, NULL)
    assert certificate.verdict is ex.Verdict.DEGENERATE
    assert certificate.is_minimum is True
    (flat,) = certificate.flat_directions
    np.testing.assert_allclose(np.abs(flat @ NULL), np.linalg.norm(NULL), rtol=1e-9)
