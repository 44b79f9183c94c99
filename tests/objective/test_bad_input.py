"""Starts and functions that can't be used: each is refused with a sentence that names it."""

import jax.numpy as jnp
import numpy as np
import pytest

from extremum.objective import Parameters, make_objective
from extremum.outcomes import DerivativeWarning, InvalidInput

X = np.array([0.7, -0.4, 1.3])


def quadratic(x):
    return np.sum(x**2)


STARTS = [
    (None, "The start is None"),
    ("abc", "The start is 'abc'"),
    (["a", "b"], "dtype <U1"),
    ([None, 1], "dtype object"),
    ((None, 1.0), "None, 1.0"),
    ({"a": None}, "None"),
    ([], "empty"),
    ((), "empty"),
    ({}, "empty"),
    (np.zeros((0, 3)), "empty"),
    ([[1, 2], [3]], "ragged"),
    ({"a": [[1, 2], [3]]}, "ragged"),
    (np.array([object()]), "dtype object"),
    ({1.0, 2.0}, "dtype object"),
    (quadratic, "dtype object"),
    (10**400, "dtype object"),
    (np.array([1], "datetime64[s]"), "datetime64"),
    (1j, "complex"),
    ([1, 2j], "complex"),
    (np.array([1.0, 2], complex), "complex"),
    ([1, np.nan], "component 1 is nan"),
    (np.inf, "component 0 is inf"),
    ({"a": 1.0, "b": np.array([0, -np.inf])}, "component 2 is -inf"),
    (np.ma.array([1.0, 2.0], mask=[False, True]), "masked"),
]


@pytest.mark.parametrize(("start", "words"), STARTS, ids=[words for _, words in STARTS])
def test_starts_refused(start, words):
    with pytest.raises(InvalidInput, match=words):
        Parameters.of(start)


def test_the_name_of_the_start_is_the_caller_s():
    with pytest.raises(InvalidInput, match="The point is empty"):
        Parameters.of([], "point")


@pytest.mark.parametrize(
    ("start", "dtype"),
    [
        (np.array([1, 2]), "int64"),
        (np.array([True, False]), "bool"),
        (np.array([1, 2], np.float32), "float32"),
        (jnp.array([1.0, 2.0], jnp.float32), "float32"),
        (np.array([1, 2], np.longdouble), str(np.dtype(np.longdouble))),
    ],
)
def test_conversions_are_noted(start, dtype):
    parameters = Parameters.of(start)
    assert parameters.start.dtype == np.float64
    assert parameters.notes == (f"the start was converted from {dtype} to float64",)
    assert make_objective(quadratic, parameters).notes[0] == parameters.notes[0]


@pytest.mark.parametrize("start", [[1, 2], (1, 2.0), 3, 2.5, np.array([1.0]), np.array(2.0)])
def test_plain_numbers_need_no_note(start):
    assert Parameters.of(start).notes == ()


STRUCTURES = [
    (2.0, [2.0]),
    (np.array(2.0), [2.0]),
    ([1, 2], [1.0, 2.0]),
    ((1, 2), [1.0, 2.0]),
    ([[1, 2], [3, 4]], [1.0, 2.0, 3.0, 4.0]),
    (np.ones((2, 3)), [1.0] * 6),
    ({"b": [1, 2], "a": 3}, [3.0, 1.0, 2.0]),
    (([1, 2], [[3], [4]]), [1.0, 2.0, 3.0, 4.0]),
    (((1, 2), 3), [1.0, 2.0, 3.0]),
    ((0.5, np.ones(2)), [0.5, 1.0, 1.0]),
    ((np.ones(1),), [1.0]),
]


@pytest.mark.parametrize(("start", "vector"), STRUCTURES)
def test_structures_are_kept(start, vector):
    parameters = Parameters.of(start)
    np.testing.assert_array_equal(parameters.start, vector)
    restored = parameters.restore(parameters.start)
    if isinstance(start, dict):
        assert restored.keys() == start.keys()
    elif isinstance(start, tuple) and parameters.start.size != len(start):
        assert type(restored) is tuple
    else:
        assert np.shape(restored) == np.shape(start)
    np.testing.assert_array_equal(Parameters.of(restored).start, vector)
    np.testing.assert_array_equal(parameters.flatten(restored, "it"), vector)


def test_a_restored_array_is_the_user_s_to_change():
    x = X.copy()
    Parameters.of(x).restore(x)[0] = 5
    np.testing.assert_array_equal(x, X)


# ---- what functions return ---------------------------------------------------------------------

RESULTS = [
    (lambda x: None, "returned None: is its `return` missing"),
    (lambda x: x**2, r"an array of shape \(3,\).*np.sum"),
    (lambda x: (1.0, x), "returned a tuple.*jac=True"),
    (lambda x: (1.0, 2.0, 3.0), "returned a tuple"),
    (lambda x: {"a": 1}, "returned a dict"),
    (lambda x: "1.0", "returned a str"),
    (lambda x: 1j, "complex number"),
    (lambda x: np.sum(x * 1j), "complex number"),
    (lambda x: object(), "one real number"),
    (lambda x: [], "an array of shape"),
    (lambda x: [[1.0], [1.0, 2.0]], "ragged"),
    (lambda x: np.nan, "is nan at the start"),
    (lambda x: np.inf * x[0], "is inf at the start"),
]


@pytest.mark.parametrize(("fun", "words"), RESULTS, ids=[words for _, words in RESULTS])
def test_results_refused(fun, words):
    with pytest.raises(InvalidInput, match=words):
        make_objective(fun, Parameters.of(X))


@pytest.mark.parametrize(
    "fun",
    [
        lambda x: np.array([np.sum(x**2)]),
        lambda x: np.array([[np.sum(x**2)]]),
        lambda x: [np.sum(x**2)],
        lambda x: np.sum(x**2).item(),
        lambda x: jnp.sum(x**2),
        lambda x: x[None, :] @ x[:, None],
    ],
)
def test_one_number_in_any_wrapping(fun):
    objective = make_objective(fun, Parameters.of(X))
    assert objective.source.startswith("exact")
    value, gradient = objective.value_and_gradient(X)
    assert value == pytest.approx(X @ X, rel=1e-15)
    np.testing.assert_allclose(gradient, 2 * X)


def test_constants_and_integers():
    objective = make_objective(lambda x: 3, Parameters.of(X))
    np.testing.assert_array_equal(objective.value_and_gradient(X)[1], 0)
    assert make_objective(lambda x: np.sum(x > 0), Parameters.of(X)).value(X) == 2.0
    assert make_objective(lambda x: x[0] > 0, Parameters.of(X)).value(X) == 1.0


@pytest.mark.parametrize("fun", [None, 3, "x**2", X])
def test_what_is_not_a_function(fun):
    with pytest.raises(InvalidInput, match="a function of x is needed"):
        make_objective(fun, Parameters.of(X))


def test_args_that_are_no_tuple_are_one_argument():
    objective = make_objective(lambda x, a: np.sum(a * x), Parameters.of(X), np.array([1.0, 2, 3]))
    np.testing.assert_array_equal(objective.value_and_gradient(X)[1], [1, 2, 3])


# ---- the user's own exceptions -----------------------------------------------------------------


class MineError(Exception):
    pass


def raising(x):
    if x[0] > 1:
        raise MineError("too far")
    return np.sum(x**2)


def raising_where_traced_values_are_not_looked_at(x):
    if type(x) is np.ndarray and x[0] > 1:
        raise MineError("too far")
    return np.sum(x**2)


def test_an_exception_at_the_start():
    with pytest.raises(MineError, match="too far") as caught:
        make_objective(raising, Parameters.of(X + 1))
    assert caught.value.args == ("too far",)
    assert caught.value.__notes__ == ["Raised by raising at x = [1.7, 0.6, 2.3]"]


def test_an_exception_of_an_uncompiled_function():
    objective = make_objective(raising, Parameters.of(X))
    assert "uncompiled" in objective.source
    for ask in (objective.value, objective.value_and_gradient, objective.hessian):
        with pytest.raises(MineError, match="too far") as caught:
            ask(X + 1)
        assert caught.value.__notes__ == ["Raised by raising at x = [1.7, 0.6, 2.3]"]
    with pytest.raises(MineError):
        objective.hessian_vector(X + 1, X)


def test_an_exception_of_a_function_by_differences():
    def fun(x):
        if x[0] > 1:
            raise MineError("too far")
        return np.exp(float(x[0])) + x @ x

    with pytest.warns(DerivativeWarning, match="plain float"):
        objective = make_objective(fun, Parameters.of(X))
    with pytest.raises(MineError, match="too far") as caught:
        objective.value_and_gradient(X + 1)
    assert caught.value.__notes__ == ["Raised by fun at x = [1.7, 0.6, 2.3]"]


def test_an_exception_of_the_user_s_derivative():
    def jac(x):
        raise MineError("no gradient")

    objective = make_objective(quadratic, Parameters.of(X), jac=jac)
    with pytest.raises(MineError, match="no gradient") as caught:
        objective.value_and_gradient(X)
    assert "Raised by jac at x" in caught.value.__notes__[0]


def test_a_long_point_is_shortened_in_the_note():
    def fun(x):
        raise MineError

    with pytest.raises(MineError) as caught:
        make_objective(fun, Parameters.of(np.ones(100)))
    assert caught.value.__notes__ == ["Raised by fun at x = [1, 1, 1, 1, 1, 1, …] (n = 100)"]


def test_a_keyboard_interrupt_passes():
    calls = [0]

    def fun(x):
        calls[0] += 1
        if calls[0] > 1:
            raise KeyboardInterrupt
        return np.sum(x**2)

    with pytest.raises(KeyboardInterrupt):
        make_objective(fun, Parameters.of(X))
