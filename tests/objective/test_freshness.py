"""Nothing goes stale, and what was compiled is used again: compilations are counted."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from extremum.objective import Parameters, make_objective
from extremum.outcomes import DerivativeWarning

X = np.array([0.7, -0.4, 1.3])
DATA = np.array([1.0, 2.0, 3.0])
WEIGHT = 2.0


def evaluate(fun, x=X, args=()):
    """Make an objective and ask it for everything; the gradient is what is returned."""
    objective = make_objective(fun, Parameters.of(x), args)
    assert objective.source.startswith("exact"), objective.source
    objective.value(x)
    gradient = objective.value_and_gradient(x)[1]
    objective.hessian(x)
    objective.hessian_vector(x, np.ones_like(x))
    return gradient


def of_global_array(x):
    return np.sum((x - DATA) ** 2) + np.prod(x)


def product_without(x):
    return np.array([x[1] * x[2], x[0] * x[2], x[0] * x[1]])


def test_the_counter_counts(compilations):
    # Negative control: a program that was never seen is compiled.
    with compilations() as count:
        evaluate(lambda x: np.sum(np.sin(x + 0.123456) ** 3))
    assert count[0] >= 4


def test_the_same_function_compiles_once(compilations):
    first = evaluate(of_global_array)
    with compilations() as count:
        second = evaluate(of_global_array)
        evaluate(of_global_array, X + 1)
    assert count == [0]
    np.testing.assert_array_equal(first, second)


def test_the_same_code_compiles_once(compilations):
    def make(a):
        return lambda x: np.sum(np.cos(x) * a)

    evaluate(make(DATA))
    with compilations() as count:
        gradient = evaluate(make(2 * DATA))
    assert count == [0]
    np.testing.assert_allclose(gradient, -2 * np.sin(X) * DATA)


def test_another_shape_compiles(compilations):
    def fun(x):
        return np.sum(x**4)

    evaluate(fun)
    with compilations() as count:
        evaluate(fun, np.ones(4))
    assert count[0] > 0


def test_a_global_array_replaced(compilations, monkeypatch):
    evaluate(of_global_array)
    monkeypatch.setitem(globals(), "DATA", np.array([5.0, 6.0, 7.0]))
    with compilations() as count:
        gradient = evaluate(of_global_array)
    assert count == [0]
    np.testing.assert_allclose(gradient, 2 * (X - DATA) + product_without(X))


def test_an_array_changed_in_place(compilations):
    data = DATA.copy()

    def fun(x):
        return np.sum((x - data) ** 4)

    evaluate(fun)
    data += 10
    with compilations() as count:
        gradient = evaluate(fun)
    assert count == [0]
    np.testing.assert_allclose(gradient, 4 * (X - data) ** 3)


def test_an_array_changed_during_a_run_is_found_at_its_end():
    data = np.arange(1000.0)
    x = np.zeros(1000)
    objective = make_objective(lambda x: np.sum((x - data) ** 2), Parameters.of(x))
    before = objective.value_and_gradient(x)[1]
    data += 1
    # What was traced does not change half-way...
    np.testing.assert_array_equal(objective.value_and_gradient(x)[1], before)
    # ...and that it is no longer the function is said.
    assert "the traced function gives" in objective.disagreement(x)


def test_a_closure_s_cell_changed():
    a = 2.0

    def fun(x):
        return a * np.sum(x**2)

    np.testing.assert_allclose(evaluate(fun), 4 * X)
    a = 3.0
    np.testing.assert_allclose(evaluate(fun), 6 * X)


def test_a_global_number_changed(monkeypatch):
    def fun(x):
        return WEIGHT * np.sum(x**2)

    np.testing.assert_allclose(evaluate(fun), 4 * X)
    monkeypatch.setitem(globals(), "WEIGHT", 2.0000000001)
    np.testing.assert_allclose(evaluate(fun), 2 * 2.0000000001 * X, rtol=1e-15)
    monkeypatch.setitem(globals(), "WEIGHT", -0.0)
    np.testing.assert_array_equal(evaluate(fun), 0 * X)


def test_a_small_integer_and_a_float_are_told_apart():
    def fun(x, power):
        return np.sum(x**power)

    positive = np.abs(X)
    np.testing.assert_allclose(evaluate(fun, positive, (2,)), 2 * positive)
    np.testing.assert_allclose(evaluate(fun, positive, (2.0,)), 2 * positive)
    np.testing.assert_allclose(evaluate(fun, positive, (3,)), 3 * positive**2)
    np.testing.assert_allclose(evaluate(fun, positive, (2.5,)), 2.5 * positive**1.5)


class Model:
    def __init__(self, matrix, squared=True):
        self.matrix = matrix
        self.squared = squared

    def energy(self, x):
        r = self.matrix @ x
        return np.sum(r**2) if self.squared else np.sum(r)


def test_an_attribute_changed(compilations):
    model = Model(np.diag(DATA))
    evaluate(model.energy)
    model.matrix = np.diag(2 * DATA)
    with compilations() as count:
        gradient = evaluate(model.energy)
    assert count == [0]
    np.testing.assert_allclose(gradient, 8 * DATA**2 * X)


def test_a_flag_changed(compilations):
    model = Model(np.diag(DATA))
    evaluate(model.energy)
    model.squared = False
    np.testing.assert_allclose(evaluate(model.energy), DATA)
    model.squared = True
    with compilations() as count:
        np.testing.assert_allclose(evaluate(model.energy), 2 * DATA**2 * X)
    assert count == [0]


def test_args_changed(compilations):
    def fun(x, a, options):
        return np.sum(a * x**2) + options["offset"] @ x

    evaluate(fun, args=(DATA, {"offset": 2 * DATA}))
    with compilations() as count:
        gradient = evaluate(fun, args=(3 * DATA, {"offset": -DATA}))
    assert count == [0]
    np.testing.assert_allclose(gradient, 6 * DATA * X - DATA)


def test_a_jitted_helper_of_the_user(compilations):
    helper = jax.jit(lambda x, a: jnp.sum(jnp.sin(x) * a))

    def fun(x, a):
        return helper(x, a) ** 2

    evaluate(fun, args=(DATA,))
    with compilations() as count:
        gradient = evaluate(fun, args=(2 * DATA,))
    assert count == [0]
    expected = 2 * np.sum(np.sin(X) * 2 * DATA) * np.cos(X) * 2 * DATA
    np.testing.assert_allclose(gradient, expected)


def test_a_custom_derivative_of_the_user():
    def make(slope):
        @jax.custom_jvp
        def f(x):
            return slope * x

        f.defjvp(lambda primals, tangents: (f(primals[0]), slope * tangents[0]))
        return lambda x: jnp.sum(f(x) ** 2)

    np.testing.assert_allclose(evaluate(make(2.0)), 8 * X)
    np.testing.assert_allclose(evaluate(make(3.0)), 18 * X)


def test_a_wrong_custom_derivative_of_the_user_is_found():
    @jax.custom_jvp
    def f(x):
        return 2 * x

    f.defjvp(lambda primals, tangents: (f(primals[0]), 3 * tangents[0]))
    with pytest.warns(DerivativeWarning, match="slope"):
        make_objective(lambda x: jnp.sum(f(x) ** 2), Parameters.of(X))


@pytest.mark.parametrize("array", [DATA.astype(np.float32), jnp.asarray(DATA, jnp.float32)])
def test_narrow_arrays_are_named(array):
    objective = make_objective(lambda x: np.sum((x - array) ** 2), Parameters.of(X))
    assert objective.source == "exact (NumPy traced by JAX)"
    assert any("float32" in note for note in objective.notes)


# ---- the user's own precision ------------------------------------------------------------------


@pytest.fixture(params=[False, True])
def x64(request):
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", request.param)
    yield request.param
    jax.config.update("jax_enable_x64", before)


def user_dtype():
    return jnp.zeros(1).dtype


def test_the_user_s_precision_stays(x64):
    expected = np.float64 if x64 else np.float32
    assert user_dtype() == expected
    objective = make_objective(lambda x: jnp.sum(jnp.sin(x) ** 2), Parameters.of(X))
    assert objective.source == "exact (JAX)"
    for evaluation in (
        objective.value,
        objective.value_and_gradient,
        objective.hessian,
        lambda x: objective.hessian_vector(x, x),
    ):
        evaluation(X)
        assert user_dtype() == expected
    np.testing.assert_allclose(objective.value_and_gradient(X)[1], np.sin(2 * X), rtol=1e-15)


def test_the_user_s_precision_stays_after_an_exception(x64):
    expected = np.float64 if x64 else np.float32

    def fun(x):
        if x[0] > 1:
            raise KeyError("mine")
        return jnp.sum(x**2)

    objective = make_objective(fun, Parameters.of(X))
    for evaluation in (objective.value, objective.value_and_gradient):
        with pytest.raises(KeyError, match="mine"):
            evaluation(X + 1)
        assert user_dtype() == expected


def test_the_plain_function_is_called_in_64_bits(x64):
    seen = []

    def fun(x):
        seen.append(user_dtype())
        return np.sum(x**2)

    make_objective(fun, Parameters.of(X)).plain.value(
        X, make_objective(fun, Parameters.of(X)).counts
    )
    assert set(seen) == {np.dtype(np.float64)}


def test_results_are_numpy_s():
    objective = make_objective(lambda x: jnp.sum(x**2), Parameters.of(X))
    value, gradient = objective.value_and_gradient(X)
    assert type(value) is float
    for array in (
        gradient,
        objective.hessian(X).toarray(),
        objective.hessian_vector(X, X),
    ):
        assert type(array) is np.ndarray
        assert array.dtype == np.float64
