"""How a call may be written: options, SciPy's spellings, refusals, structures."""

import jax.numpy as jnp
import numpy as np
import pytest

import extremum as ex


def bowl(x):
    return np.sum((x - 1) ** 2) + np.sum(x**4)


X0 = [3.0, -1.0]


@pytest.mark.parametrize(
    ("keywords", "match"),
    [
        ({"bounds": [(0, 1)] * 2}, r"x = exp\(u\) for x > 0"),
        ({"constraints": [{"type": "eq"}]}, "Eliminate the variables"),
        ({"disp": True}, "print the result"),
        ({"options": {"disp": True}}, "print the result"),
        ({"metod": "newton"}, "Did you mean method"),
        ({"maxiters": 5}, "Did you mean maxiter"),
        ({"options": {"max_iter": 5}}, "Did you mean maxiter"),
        ({"options": {"gtols": 5}}, "Did you mean gtol"),
        ({"xyzzy": 1}, "xyzzy= is unknown"),
        ({"method": "newtom"}, "Did you mean 'newton'"),
        ({"method": "gradient descent"}, "Did you mean 'gradient-descent'"),
        ({"method": "simplex"}, "is unknown; there are"),
        ({"method": ex.Newton}, r"write Newton\(\)"),
        ({"method": 3}, "is not a method"),
        ({"tol": 1e-3, "stop": ex.GradientNorm(1e-3)}, "not both"),
        ({"stop": "gtol"}, "is not a stopping test"),
        ({"stop": ex.GradientNorm}, "is not a stopping test"),
        ({"stop": []}, "is not a stopping test"),
        ({"stop": [ex.GradientNorm(), 1e-8]}, "is not a stopping test"),
        ({"jac": "2-pont"}, "Did you mean '2-point'"),
        ({"jac": 5}, "is unknown"),
        ({"hess": "bfgs"}, "is not a function"),
    ],
)
def test_what_has_no_meaning_is_refused(keywords, match):
    with pytest.raises(ex.UnknownOption, match=match):
        ex.minimize(bowl, X0, **keywords)
    # It is an error of value too, for those who do not know this package.
    with pytest.raises(ValueError, match=match):
        ex.minimize(bowl, X0, **keywords)


def test_a_refusal_comes_before_the_function_is_called():
    def never(x):
        raise AssertionError("called")

    with pytest.raises(ex.UnknownOption):
        ex.minimize(never, X0, method="simplex")
    with pytest.raises(ex.UnknownOption):
        ex.minimize(never, X0, bounds=[(0, 1)])


def test_scipys_defaults_of_unused_options_are_let_pass():
    assert ex.minimize(bowl, X0, bounds=None, constraints=(), options={"disp": False}).success


@pytest.mark.parametrize(
    ("keywords", "match"),
    [
        ({"maxiter": -1}, "maxiter=-1"),
        ({"maxfev": "many"}, "maxfev='many'"),
        ({"tol": -1.0}, "not a number ≥ 0"),
        ({"tol": np.nan}, "not a number ≥ 0"),
        ({"callback": 3}, "a function is needed"),
    ],
)
def test_values_that_make_no_sense(keywords, match):
    with pytest.raises(ex.InvalidInput, match=match):
        ex.minimize(bowl, X0, **keywords)


@pytest.mark.parametrize(
    ("fun", "x0", "match"),
    [
        (bowl, [], "empty"),
        (bowl, [1.0, np.nan], "component 1 is nan"),
        (bowl, [1.0, np.inf], "not finite"),
        (bowl, [1j, 1.0], "complex"),
        (bowl, "here", "as numbers"),
        (bowl, None, "as numbers"),
        (3.0, X0, "a function of x is needed"),
        (lambda x: x, X0, "one real number is needed"),
        (lambda x: None, X0, "return"),
        (lambda x: (1.0, x), X0, "jac=True"),
        (lambda x: np.log(-np.sum(x**2)), X0, "Start where it is finite"),
    ],
)
def test_bad_inputs(fun, x0, match):
    with np.errstate(all="ignore"), pytest.raises(ex.InvalidInput, match=match):
        ex.minimize(fun, x0)


def test_limits_and_gtol_in_options():
    result = ex.minimize(bowl, X0, options={"maxiter": 2, "gtol": 1e-30})
    assert result.nit == 2
    assert ex.minimize(bowl, X0, maxiter=3, options={"maxiter": 2}).nit == 3
    loose = ex.minimize(bowl, X0, options={"gtol": 1e-1})
    assert 1e-8 < np.abs(loose.jac).max() <= 1e-1
    assert ex.minimize(bowl, X0, options={"maxfun": 3}).reason is ex.Reason.MAXFEV


def test_relative_gradient_tolerance():
    first = np.abs(2 * (np.array(X0) - 1) + 4 * np.array(X0) ** 3).max()
    result = ex.minimize(
        bowl, X0, stop=ex.GradientNorm(atol=0, rtol=1e-3), method="gradient-descent"
    )
    norms = result.trace["grad_norm"]
    assert norms[0] == first
    assert norms[-1] <= 1e-3 * first < norms[-2]


@pytest.mark.parametrize(
    "name", ["newton", "Newton", "gradient-descent", "gradient_descent", "auto"]
)
def test_methods_by_name(name):
    result = ex.minimize(bowl, X0, method=name)
    assert result.success
    assert result.method


def test_the_automatic_choice_says_why():
    assert "exact derivatives: the Hessian, dense, n = " in ex.minimize(bowl, X0).method
    many = ex.minimize(lambda x: np.sum((x - 1) ** 2), np.zeros(200))
    assert "the Hessian, tridiagonal, n = 200" in many.method
    products = ex.minimize(lambda x: np.sum((x - 1) ** 2), np.zeros(200), structure="operator")
    assert "products with the Hessian, n = 200" in products.method
    unfollowed = lambda x: sum((float(value) - 1) ** 2 for value in x)  # noqa: E731
    jac = lambda x: 2 * (x - 1)  # noqa: E731
    few = ex.minimize(unfollowed, X0, jac=jac)
    assert few.method == (
        "TrustRegion(), chosen since second derivatives by differences are affordable for n = 2"
    )
    for n, name in ((30, "BFGS("), (1001, "LBFGS(")):
        method = ex.minimize(unfollowed, np.zeros(n), jac=jac, maxiter=0).method
        assert method.startswith(name)
        assert "no exact second derivatives" in method


def test_scipys_functions():
    jac = lambda x: 2 * (x - 1) + 4 * x**3  # noqa: E731
    hess = lambda x: np.diag(2 + 12 * x**2)  # noqa: E731
    true = ex.minimize(bowl, X0).x
    for keywords in (
        {"jac": jac},
        {"jac": jac, "hess": hess},
        {"jac": jac, "hessp": lambda x, v: hess(x) @ v},
        {"hess": hess},
        {"jac": "2-point"},
        {"jac": "3-point"},
        {"jac": "cs"},
    ):
        result = ex.minimize(bowl, X0, **keywords, tol=1e-6)
        assert result.success
        np.testing.assert_allclose(result.x, true, atol=1e-6)
    both = ex.minimize(lambda x: (bowl(x), jac(x)), X0, jac=True)
    np.testing.assert_allclose(both.x, true, atol=1e-8)


# ---- structures --------------------------------------------------------------------------------


def test_a_number_stays_a_number():
    result = ex.minimize(lambda x: (x - 2) ** 2, 0)
    assert isinstance(result.x, float)
    assert isinstance(result.jac, float)
    assert result.x == pytest.approx(2)


def test_a_matrix_stays_a_matrix():
    target = np.arange(6.0).reshape(2, 3)
    result = ex.minimize(lambda x: np.sum((x - target) ** 2), np.zeros((2, 3)))
    assert result.x.shape == result.jac.shape == (2, 3)
    np.testing.assert_allclose(result.x, target, atol=1e-8)
    assert result.hess.shape == (6, 6)
    assert result.trace.x.shape[1] == 6


def test_a_tree_stays_a_tree():
    def fun(p):
        return (p["a"] - 1) ** 2 + np.sum((p["b"][0] - 2) ** 2) + np.sum((p["b"][1] + 3) ** 2)

    start = {"a": 0.0, "b": (np.zeros(2), np.zeros((1, 2)))}
    result = ex.minimize(fun, start)
    assert result.success
    assert result.x["a"] == pytest.approx(1)
    np.testing.assert_allclose(result.x["b"][0], [2, 2])
    np.testing.assert_allclose(result.x["b"][1], [[-3, -3]])
    assert result.jac["b"][1].shape == (1, 2)
    # The start is left as it was.
    np.testing.assert_array_equal(start["b"][0], 0)


def test_integers_and_jax_arrays_as_a_start():
    assert ex.minimize(bowl, np.array([3, -1])).x.dtype == np.float64
    assert isinstance(ex.minimize(bowl, jnp.array([3.0, -1.0])).x, np.ndarray)


def test_args():
    result = ex.minimize(lambda x, a, b: a * np.sum((x - b) ** 2), X0, (2.0, np.array([5.0, 6.0])))
    np.testing.assert_allclose(result.x, [5, 6])
    assert ex.minimize(lambda x, a: (x[0] - a) ** 2, [0.0], 3.0).x[0] == pytest.approx(3)


def test_the_start_is_not_written_into():
    start = np.array(X0)
    ex.minimize(bowl, start)
    np.testing.assert_array_equal(start, X0)
