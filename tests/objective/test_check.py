"""check_derivatives: passes on what is right at every scale, and names what is wrong."""

import numpy as np
import pytest
from scipy.optimize import rosen_der, rosen_hess

from extremum.objective import check_derivatives
from extremum.outcomes import DerivativeWarning

X = np.array([0.7, -0.4, 1.3])


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


FUNCTIONS = {
    "Rosenbrock": (rosenbrock, X),
    "Rosenbrock at its minimum": (rosenbrock, np.ones(3)),
    "exponential": (lambda x: np.exp(3 * x).sum(), X),
    "large offset": (lambda x: 1e6 + np.sum(x**4), X),
    "huge offset": (lambda x: 1e12 + np.sum(x**4), X),
    "large scale": (lambda x: 1e8 * np.sum(x**4), X),
    "tiny scale": (lambda x: 1e-8 * np.sum(x**4), X),
    "tiny variables": (lambda x: np.sum(np.log(x) + 1 / x), np.array([1e-6, 2e-5, 1.0])),
    "large variables": (lambda x: np.sum((x / 1e6) ** 3), np.array([1e6, 2e6, -3e6])),
    "mixed scales": (lambda x: (1e4 * x[0]) ** 2 + np.sin(1e3 * x[1]) + 1e-6 * x[2] ** 3, X),
    "fast": (lambda x: np.sin(1e5 * x).sum(), X),
    "constant": (lambda x: 0 * x[0] + 1, X),
    "linear": (lambda x: np.array([1.0, 2.0, 3.0]) @ x, X),
    "flat minimum": (lambda x: np.sum(x**4), np.zeros(3)),
    "near the edge of its domain": (lambda x: np.sqrt(x).sum(), np.array([1e-8, 1.0])),
    "scalar": (lambda x: np.exp(x) - x, 0.3),
    "dict": (lambda p: p["a"] ** 2 * np.sum(p["b"] ** 3), {"a": 2.0, "b": np.array([1.0, -2.0])}),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_right_derivatives_pass(name):
    check = check_derivatives(*FUNCTIONS[name])
    assert check, check.message
    assert "agree" in str(check)
    assert "exact (NumPy traced by JAX)" in str(check)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("error", [1e-4, -1e-2, 1.0])
def test_the_first_wrong_component_of_the_gradient(scale, error):
    def wrong(x):
        gradient = rosen_der(x)
        gradient[1:] *= 1 + error
        return scale * gradient

    check = check_derivatives(lambda x: scale * rosenbrock(x), X, jac=wrong)
    assert not check
    assert "component 1 is" in check.message
    assert "2 of 3 components" in check.message
    np.testing.assert_allclose(check.gradient_by_differences, scale * rosen_der(X), rtol=1e-6)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("error", [1e-4, -1e-2, 1.0])
def test_the_first_wrong_component_of_the_hessian(scale, error):
    def wrong(x):
        hessian = rosen_hess(x)
        hessian[2, 1] = hessian[1, 2] = hessian[1, 2] + error
        return scale * hessian

    def fun(x):
        return scale * rosenbrock(x)

    check = check_derivatives(fun, X, jac=lambda x: scale * rosen_der(x), hess=wrong)
    assert not check
    assert "gradient agrees" in check.message
    assert "component (1, 2)" in check.message
    np.testing.assert_allclose(
        check.hessian_by_differences, scale * rosen_hess(X), rtol=1e-6, atol=scale * 1e-6
    )


def test_right_derivatives_of_the_user_pass():
    assert check_derivatives(rosenbrock, X, jac=rosen_der, hess=rosen_hess)
    assert check_derivatives(rosenbrock, X, jac=rosen_der)
    assert check_derivatives(rosenbrock, X, jac=rosen_der, hessp=lambda x, v: rosen_hess(x) @ v)


def test_a_sign_error_in_one_component_near_rounding():
    # The component is 1e-7 of the others, and still seen: it has a step of its own.
    def fun(x):
        return np.sum(x**2) + 1e-7 * np.sin(x[2])

    def wrong(x):
        return 2 * x - 1e-7 * np.array([0, 0, np.cos(x[2])])

    x = np.array([1.0, 2.0, 0.0])
    assert check_derivatives(fun, x)
    assert "component 2" in check_derivatives(fun, x, jac=wrong).message


@pytest.mark.parametrize("jac", ["2-point", "3-point", "cs"])
def test_schemes_are_allowed_their_own_error(jac):
    assert check_derivatives(rosenbrock, X, jac=jac)


def test_differences_of_a_function_that_cannot_be_followed():
    with pytest.warns(DerivativeWarning, match=r"math\.exp|plain float"):
        check = check_derivatives(lambda x: np.exp(float(x[0])) * x[1] ** 2, X[:2])
    assert check, check.message
    assert "central differences" in check.message


def test_a_kink_is_reported():
    check = check_derivatives(lambda x: np.sum(np.abs(x)) + x[0], np.array([1.0, 0.0]))
    assert not check
    assert "component 1" in check.message


def test_args_reach_everything():
    check = check_derivatives(
        lambda x, a: a * rosenbrock(x),
        X,
        args=(3.0,),
        jac=lambda x, a: a * rosen_der(x),
        hess=lambda x, a: a * rosen_hess(x),
    )
    assert check, check.message
