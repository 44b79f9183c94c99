"""Where derivatives come from when the user says so, and exactly what they cost."""

import numpy as np
import pytest
import scipy.special
from scipy.optimize import rosen, rosen_der, rosen_hess, rosen_hess_prod

from extremum.objective import (
    CentralDifference,
    ComplexStep,
    Counts,
    ForwardDifference,
    Parameters,
    by_differences,
    make_objective,
)
from extremum.outcomes import DerivativeWarning, InvalidInput, UnknownOption

X = np.array([0.7, -0.4, 1.3])
N = X.size


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def objective(jac=None, hess=None, hessp=None, fun=rosenbrock, x=X, args=()):
    return make_objective(fun, Parameters.of(x), args, jac, hess, hessp)


def counts_of(made, *evaluations):
    for name in evaluations:
        arguments = (X, np.ones(N)) if name == "hessian_vector" else (X,)
        getattr(made, name)(*arguments)
    return made.counts


ALL = ("value", "value_and_gradient", "hessian", "hessian_vector")


@pytest.mark.parametrize(
    ("given", "gradient", "hessian"),
    [
        ({}, "exact (NumPy traced by JAX)", "exact (NumPy traced by JAX)"),
        ({"jac": rosen_der}, "the user's jac", "exact (NumPy traced by JAX)"),
        ({"jac": rosen_der, "hess": rosen_hess}, "the user's jac", "the user's hess"),
        ({"hess": rosen_hess}, "exact (NumPy traced by JAX)", "the user's hess"),
        ({"hessp": rosen_hess_prod}, "exact (NumPy traced by JAX)", "the user's hessp"),
        ({"jac": "2-point"}, "forward differences", "exact (NumPy traced by JAX)"),
        ({"jac": "3-point"}, "central differences", "exact (NumPy traced by JAX)"),
        ({"jac": "cs"}, "complex step, step 1e-20", "exact (NumPy traced by JAX)"),
        (
            {"jac": ForwardDifference(1e-6)},
            "forward differences, step 1e-06",
            "exact (NumPy traced by JAX)",
        ),
    ],
)
def test_sources_and_values(given, gradient, hessian):
    made = objective(**given)
    assert (made.gradients.name, made.hessians.name) == (gradient, hessian)
    expected = gradient if gradient == hessian else f"gradient: {gradient}; Hessian: {hessian}"
    assert made.source == expected
    value, slope = made.value_and_gradient(X)
    assert value == pytest.approx(rosen(X), rel=1e-14)
    tolerance = 1e-3 if "forward" in gradient else 1e-7
    np.testing.assert_allclose(slope, rosen_der(X), atol=tolerance)
    np.testing.assert_allclose(made.hessian(X).toarray(), rosen_hess(X), rtol=1e-12, atol=1e-11)
    np.testing.assert_allclose(made.hessian_vector(X, X), rosen_hess_prod(X, X), rtol=1e-12)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Counts(nfev=2, njev=1, nhev=1, nhvp=1)),
        ({"jac": rosen_der}, Counts(nfev=2, njev=1, nhev=1, nhvp=1)),
        ({"jac": rosen_der, "hess": rosen_hess}, Counts(nfev=2, njev=1, nhev=2, nhvp=0)),
        ({"jac": rosen_der, "hessp": rosen_hess_prod}, Counts(nfev=2, njev=1, nhvp=N + 1)),
        ({"jac": "2-point"}, Counts(nfev=1 + (N + 1), njev=1, nhev=1, nhvp=1)),
        ({"jac": "3-point"}, Counts(nfev=1 + (2 * N + 1), njev=1, nhev=1, nhvp=1)),
        ({"jac": "cs"}, Counts(nfev=1 + (N + 1), njev=1, nhev=1, nhvp=1)),
    ],
)
def test_counts(given, expected):
    made = objective(**given)
    assert made.counts == Counts()  # finding the source is not the run's
    assert counts_of(made, *ALL) == expected


def test_counts_are_those_of_real_calls():
    calls = {"fun": 0, "jac": 0, "hess": 0}

    def fun(x):
        calls["fun"] += 1
        return rosen(x)

    def jac(x):
        calls["jac"] += 1
        return rosen_der(x)

    def hess(x):
        calls["hess"] += 1
        return rosen_hess(x)

    made = objective(jac, hess, fun=fun)
    calls.update(fun=0, jac=0, hess=0)
    counts = counts_of(made, *ALL)
    assert (counts.nfev, counts.njev, counts.nhev) == tuple(calls.values()) == (2, 1, 2)


@pytest.mark.parametrize("jac", ["2-point", "3-point"])
def test_the_counts_of_differences_are_those_of_real_calls(jac):
    calls = [0]

    def fun(x):
        calls[0] += 1
        return float(x[0]) ** 2 + rosen(x)

    made = objective(jac, lambda x: np.eye(N), fun=fun)
    calls[0] = 0
    assert counts_of(made, "value", "value_and_gradient").nfev == calls[0]


def test_hessians_by_differences_of_values_and_their_counts():
    with pytest.warns(DerivativeWarning, match="plain float"):
        made = objective(fun=lambda x: float(x[0]) ** 2 + rosenbrock(x))
    assert made.source == "central differences"
    expected = rosen_hess(X) + np.diag([2.0, 0, 0])
    np.testing.assert_allclose(made.hessian(X).toarray(), expected, atol=1e-3)
    assert made.counts == Counts(nfev=2 * N**2 + 1, nhev=1)
    product = made.hessian_vector(X, X)
    np.testing.assert_allclose(product, expected @ X, atol=1e-3)


def test_hessians_by_differences_of_the_user_s_gradient():
    def fun(x):
        return float(x[0]) ** 2 + rosenbrock(x)

    made = objective(lambda x: rosen_der(x) + np.array([2 * x[0], 0, 0]), fun=fun)
    assert made.source == "the user's jac"
    assert "plain float" in made.why_inexact
    hessian = made.hessian(X).toarray()
    np.testing.assert_allclose(hessian, rosen_hess(X) + np.diag([2.0, 0, 0]), atol=1e-6)
    assert made.counts == Counts(njev=2 * N, nhev=1)
    made.hessian_vector(X, X)
    assert made.counts == Counts(njev=2 * N + 2, nhev=1, nhvp=1)
    np.testing.assert_array_equal(made.hessian_vector(X, np.zeros(N)), 0)


def test_jac_true_calls_once_for_both():
    calls = [0]

    def fun(x):
        calls[0] += 1
        return rosenbrock(x), rosen_der(x)

    made = objective(True, fun=fun)
    assert made.gradients.name == "the user's jac"
    assert made.hessians.name == "exact (NumPy traced by JAX)"
    calls[0] = 0
    value, gradient = made.value_and_gradient(X)
    assert calls == [1]
    assert made.counts == Counts(nfev=1, njev=1)
    assert value == pytest.approx(rosen(X))
    np.testing.assert_allclose(gradient, rosen_der(X))
    np.testing.assert_allclose(made.hessian(X).toarray(), rosen_hess(X), rtol=1e-12, atol=1e-11)


def test_steps_are_honoured():
    def cubic(x):
        return np.sum(x**3)

    forward = objective(ForwardDifference(0.5), fun=cubic).value_and_gradient(X)[1]
    np.testing.assert_allclose(forward, ((X + 0.5) ** 3 - X**3) / 0.5)
    central = objective(CentralDifference(0.5), fun=cubic).value_and_gradient(X)[1]
    np.testing.assert_allclose(central, ((X + 0.5) ** 3 - (X - 0.5) ** 3) / 1.0)
    complex_step = objective(ComplexStep(0.5), fun=cubic).value_and_gradient(X)[1]
    np.testing.assert_allclose(complex_step, 3 * X**2 - 0.25)


def test_orders_of_the_schemes():
    def error(scheme):
        made = objective(scheme, fun=lambda x: np.sum(np.exp(x)))
        return np.abs(made.value_and_gradient(X)[1] - np.exp(X)).max()

    assert error(ForwardDifference(1e-3)) / error(ForwardDifference(1e-4)) == pytest.approx(
        10, 0.01
    )
    assert error(CentralDifference(1e-2)) / error(CentralDifference(1e-3)) == pytest.approx(
        100, 0.01
    )
    assert error(ComplexStep()) < 1e-15


@pytest.mark.parametrize(
    "scheme", [ForwardDifference, CentralDifference, ComplexStep], ids=lambda s: s.__name__
)
@pytest.mark.parametrize("step", [0.0, -1e-6, np.nan, np.inf])
def test_a_step_that_is_none_is_refused(scheme, step):
    with pytest.raises(InvalidInput, match="step"):
        scheme(step)


def test_at_best_is_exact_whatever_was_asked_for():
    made = objective("2-point")
    made.value_and_gradient(X)
    best = made.at_best()
    assert best.source == "exact (NumPy traced by JAX)"
    assert best.counts == Counts()
    best.value(X)
    assert made.counts.nfev == N + 1  # counts are apart
    np.testing.assert_allclose(best.value_and_gradient(X)[1], rosen_der(X), rtol=1e-12)
    supplied = objective(rosen_der, rosen_hess).at_best()
    assert supplied.source == "exact (NumPy traced by JAX)"


def test_by_differences_after_a_disagreement():
    made = objective()
    with pytest.warns(DerivativeWarning, match="because I say so"):
        fallen = by_differences(made, "because I say so")
    assert fallen.source == "central differences"
    assert fallen.why_inexact == "because I say so"
    assert fallen.counts is made.counts  # a run's counts go on
    assert fallen.at_best().source == "central differences"


@pytest.mark.parametrize(
    ("jac", "words"),
    [
        ("2point", "'2-point'"),
        ("3 point", "'3-point'"),
        ("CS", "one of 2-point, 3-point, cs"),
        ("exact", "jac='exact' is unknown"),
        (3, "jac=3 is unknown"),
        (False, "jac=False is unknown"),
    ],
)
def test_unknown_jac(jac, words):
    with pytest.raises(UnknownOption, match=words):
        objective(jac)


@pytest.mark.parametrize("name", ["hess", "hessp"])
def test_unknown_hessian(name):
    with pytest.raises(UnknownOption, match=f"{name}='2-point' is not a function"):
        objective(**{name: "2-point"})


@pytest.mark.parametrize("wrong", [np.ones(2), np.ones((3, 3)), 1.0, np.zeros(0)])
def test_a_gradient_of_another_length_is_named(wrong):
    made = objective(lambda x: wrong)
    with pytest.raises(InvalidInput, match=rf"jac returned has {np.size(wrong)} components.* 3"):
        made.value_and_gradient(X)


@pytest.mark.parametrize("wrong", [np.ones(3), np.ones((2, 2)), 1.0])
def test_a_hessian_of_another_shape_is_named(wrong):
    made = objective(rosen_der, lambda x: wrong)
    with pytest.raises(InvalidInput, match=r"hess returned has the shape .*\(3, 3\) is needed"):
        made.hessian(X)


@pytest.mark.parametrize("wrong", [None, "abc", [None, 1, 2], np.ones(3) * 1j, {"a": 1}])
def test_a_gradient_of_no_numbers_is_named(wrong):
    made = objective(lambda x: wrong)
    with pytest.raises(InvalidInput, match="jac returned"):
        made.value_and_gradient(X)


def test_a_hessian_of_no_numbers_is_named():
    made = objective(rosen_der, lambda x: None)
    with pytest.raises(InvalidInput, match="hess returned"):
        made.hessian(X)


def test_a_product_of_another_length_is_named():
    made = objective(rosen_der, hessp=lambda x, v: v[:2])
    with pytest.raises(InvalidInput, match="hessp returned has 2 components"):
        made.hessian_vector(X, X)


def test_jac_true_without_a_gradient_is_named():
    with pytest.raises(InvalidInput, match=r"must return \(value, gradient\)"):
        objective(True).value_and_gradient(X)


def test_gradients_in_other_shapes_are_taken():
    for jac in (lambda x: list(rosen_der(x)), lambda x: rosen_der(x)[:, None]):
        np.testing.assert_allclose(objective(jac).value_and_gradient(X)[1], rosen_der(X))


def test_derivatives_keep_the_parameters_structure():
    start = {"b": np.array([1.0, 2.0]), "a": 3.0}

    def fun(p):
        return p["a"] ** 2 * np.sum(p["b"] ** 2)

    def jac(p):
        return {"a": 2 * p["a"] * np.sum(p["b"] ** 2), "b": 2 * p["a"] ** 2 * p["b"]}

    def hessp(p, v):
        a, b = p["a"], p["b"]
        return {
            "a": 2 * np.sum(b**2) * v["a"] + 4 * a * b @ v["b"],
            "b": 4 * a * b * v["a"] + 2 * a**2 * v["b"],
        }

    made = objective(jac, hessp=hessp, fun=fun, x=start)
    exact = objective(fun=fun, x=start)
    x = made.plain.parameters.start
    np.testing.assert_allclose(made.value_and_gradient(x)[1], exact.value_and_gradient(x)[1])
    np.testing.assert_allclose(made.hessian(x).toarray(), exact.hessian(x).toarray())


def test_complex_step_of_a_function_that_takes_no_complex_numbers():
    made = objective("cs", fun=lambda x: np.sum(np.abs(x) ** 2), x=X)
    with pytest.raises(InvalidInput, match="complex"):
        made.value_and_gradient(X)


def test_the_user_s_derivatives_get_copies():
    def jac(x):
        gradient = rosen_der(x)
        x[:] = 0
        return gradient

    x = X.copy()
    objective(jac).value_and_gradient(x)
    np.testing.assert_array_equal(x, X)


def test_a_result_that_the_user_reuses_is_copied():
    buffer = np.zeros(N)

    def jac(x):
        buffer[:] = rosen_der(x)
        return buffer

    made = objective(jac)
    first = made.value_and_gradient(X)[1]
    kept = first.copy()
    made.value_and_gradient(X + 1)
    np.testing.assert_array_equal(first, kept)


def test_differences_where_the_chain_rule_has_no_number():
    """‖x‖² is smooth at 0, but its derivative by the chain rule is 0 · ∞ there."""
    objective = make_objective(
        lambda x: np.linalg.norm(x) ** 2 + (x[0] - 1) ** 2, Parameters.of(np.zeros(2))
    )
    assert "exact" in objective.source
    with pytest.warns(DerivativeWarning, match="not a number"):
        gradient = objective.value_and_gradient(np.zeros(2))[1]
    hessian = objective.hessian(np.zeros(2)).toarray()  # it is said once: warnings are errors here
    np.testing.assert_allclose(gradient, [-2, 0], atol=1e-9)
    np.testing.assert_allclose(hessian, [[4, 0], [0, 2]], atol=1e-6)
    assert any("not a number" in note for note in objective.notes)
    # Negative control: elsewhere the derivatives are exact, and √x has none at 0 at all.
    np.testing.assert_allclose(objective.value_and_gradient(np.ones(2))[1], [2, 2], rtol=1e-15)
    edge = make_objective(lambda x: np.sum(np.sqrt(x)), Parameters.of(np.zeros(1)))
    assert not np.isfinite(edge.value_and_gradient(np.zeros(1))[1]).any()


def test_a_function_with_one_derivative_but_not_two_falls_back():
    with pytest.warns(DerivativeWarning, match="igamma"):
        objective = make_objective(
            lambda x: (scipy.special.gammainc(x[0], 2.0) - 0.5) ** 2, Parameters.of([1.5])
        )
    assert objective.source == "central differences"


def test_a_new_float_among_the_arguments_compiles_nothing(compilations):
    def fun(x, a):
        return np.sum((x - a) ** 2)

    make_objective(fun, Parameters.of(np.ones(2)), (1.5,)).value_and_gradient(np.ones(2))
    with compilations() as compiled:
        objective = make_objective(fun, Parameters.of(np.ones(2)), (2.5,))
        found = objective.value_and_gradient(np.ones(2))
    assert compiled == [0]
    np.testing.assert_allclose(found[1], [-3, -3], rtol=1e-15)


def test_a_float_argument_that_python_branches_on_is_still_compiled():
    def fun(x, a):
        return np.sum(x**2) if a > 0 else np.sum(x**4)

    for a, gradient in ((1.0, [2, 2]), (-1.0, [4, 4])):
        objective = make_objective(fun, Parameters.of(np.ones(2)), (a,))
        assert objective.source == "exact (NumPy traced by JAX)"
        np.testing.assert_allclose(objective.value_and_gradient(np.ones(2))[1], gradient)
