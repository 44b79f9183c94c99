"""What can't be followed is named, and differences give the right answer; never a wrong one."""

import math
import pickle

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
import scipy.sparse
import scipy.special

from extremum.objective import Parameters, make_objective
from extremum.outcomes import DerivativeWarning

X = np.array([0.7, -0.4, 1.3])
PLAIN_FLOAT = "turned into a plain float"
PLAIN_ARRAY = "turned into a plain one of dtype float64"
PLAIN_NUMBERS = "code that takes plain numbers only"

REFUSED = {
    "math.nextafter": (lambda x: math.nextafter(x[0], 9.0) + x[1] ** 2, PLAIN_FLOAT),
    "float": (lambda x: float(x[0]) ** 2 + x[1], PLAIN_FLOAT),
    "np.float64": (lambda x: np.float64(x[0]) ** 2 + x[1], PLAIN_FLOAT),
    "complex": (lambda x: abs(complex(x[0]) - 1j) ** 2, "plain complex"),
    "np.fromiter": (lambda x: np.fromiter((v**2 for v in x), float).sum(), PLAIN_FLOAT),
    "flat": (lambda x: sum(v**2 for v in x.flat), "the array's flat"),
    "tobytes": (lambda x: (np.frombuffer(x.tobytes()) ** 2).sum(), "the array's tobytes"),
    "a format": (lambda x: float(f"{x[0]}") ** 2, "could not convert string"),
    "a string": (lambda x: float(str(x[0])) ** 2, "could not convert string"),
    "pickle": (lambda x: (pickle.loads(pickle.dumps(x)) ** 2).sum(), "pickled"),
    "a set": (lambda x: sum({v**2 for v in x}), "used as a key"),
    "a method of floats": (lambda x: x[0].as_integer_ratio()[0] * 0.0 + x[1] ** 2, "integer_ratio"),
    "scipy.linalg": (lambda x: scipy.linalg.det(np.eye(3) + np.outer(x, x)), PLAIN_NUMBERS),
    "scipy.linalg.solve": (lambda x: scipy.linalg.solve(np.eye(3) + x, x).sum(), "plain"),
    "scipy.linalg.expm": (lambda x: scipy.linalg.expm(np.outer(x, x)).sum(), "plain"),
    "scipy.integrate.quad": (
        lambda x: scipy.integrate.quad(lambda t: np.exp(-(x[0] ** 2) * t), 0, 1)[0],
        PLAIN_FLOAT,
    ),
    "scipy.sparse": (lambda x: (scipy.sparse.csr_array(np.diag(X)) @ x).sum() ** 2, PLAIN_NUMBERS),
    "a ufunc without derivative": (lambda x: scipy.special.ellipk(x[0] ** 2), "ellipk"),
    "somebody's own ufunc": (lambda x: np.frompyfunc(lambda v: v**2, 1, 1)(x).sum(), "ufunc"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_expressions(name, differences):
    fun, words = REFUSED[name]
    assert_named(fun, words, differences)


def out_of_a_function(x):
    r = np.zeros_like(x)
    np.cumsum(x, out=r)
    return r @ r


def copyto(x):
    r = np.zeros(3)
    np.copyto(r, x)
    return r @ r


def put(x):
    r = x.copy()
    np.put(r, [0], 2.0)
    return r @ r


def fill_diagonal(x):
    m = np.outer(x, x)
    np.fill_diagonal(m, 1.0)
    return (m**2).sum()


def add_at(x):
    r = np.zeros_like(x)
    np.add.at(r, [0, 0, 1], x)
    return r @ r


def local_import(x):
    import math

    return math.sin(x[0])


def floats_from_elsewhere(x):
    r = np.array([0.0, 0.0, 0.0])
    for i in range(3):
        r[i] = x[i] ** 2
    return r.sum()


def slice_of_floats(x):
    r = X.copy()
    r[:] = x**2
    return r.sum()


def user_error_hidden(x):
    try:
        return float(x[0])
    except Exception:
        return np.cos(x[0])


REFUSED_FUNCTIONS = [
    (local_import, PLAIN_FLOAT),
    (floats_from_elsewhere, r"plain float.*r\[i\] = x\[i\] \*\* 2"),
    (slice_of_floats, PLAIN_ARRAY),
    (out_of_a_function, "out="),
    (copyto, "copyto"),
    (put, "put"),
    (fill_diagonal, "fill_diagonal"),
    (add_at, "np.add.at"),
    (user_error_hidden, "the traced function gives"),
]


@pytest.mark.parametrize(
    ("fun", "words"), REFUSED_FUNCTIONS, ids=lambda p: getattr(p, "__name__", "")
)
def test_statements(fun, words, differences):
    assert_named(fun, words, differences)


def assert_named(fun, words, differences):
    with pytest.warns(DerivativeWarning, match=words) as caught:
        objective = make_objective(fun, Parameters.of(X))
    assert len(caught) == 1
    assert objective.source == "central differences"
    assert objective.why_inexact in str(caught[0].message)
    gradient = differences[0](lambda y: float(fun(y.copy())), X)
    found = objective.value_and_gradient(X)[1]
    np.testing.assert_allclose(found, gradient, rtol=1e-7, atol=1e-7)


def test_a_large_array_of_objects_is_refused():
    def fun(x):
        import numpy  # not the module's own, so its asarray is NumPy's

        return numpy.sum(numpy.asarray(x) ** 2)

    few, many = np.ones(20), np.ones(1000)
    assert make_objective(fun, Parameters.of(few)).source == "exact (NumPy traced by JAX)"
    with pytest.warns(DerivativeWarning, match=r"an array of 1000 values.*np\.asarray"):
        make_objective(fun, Parameters.of(many))


# ---- a lost derivative: the values agree, so only the slope tells -------------------------------


class Smuggler:
    """Hides a value from the trace in its attribute: the plain function's own, of the same x."""

    def __init__(self):
        self.kept = None

    def __call__(self, x):
        if type(x) is np.ndarray:
            self.kept = float(x[0])
        return self.kept**2 + x[1] ** 2


def test_a_derivative_lost_where_the_values_agree():
    import jax

    def stopped(x):
        return jax.lax.stop_gradient(x[0]) ** 2 + x[1] ** 2

    with pytest.warns(DerivativeWarning, match=r"a derivative is lost on the way"):
        objective = make_objective(stopped, Parameters.of(X))
    np.testing.assert_allclose(objective.value_and_gradient(X)[1], [1.4, -0.8, 0], atol=1e-8)


def test_a_value_smuggled_past_the_trace():
    with pytest.warns(DerivativeWarning, match=r"a derivative is lost|the traced function gives"):
        objective = make_objective(Smuggler(), Parameters.of(X))
    np.testing.assert_allclose(objective.value_and_gradient(X)[1], [1.4, -0.8, 0], atol=1e-8)


KINKS = {
    "at a kink": (lambda x: np.sum(np.maximum(x, 0)), np.zeros(2)),
    "beside a kink": (lambda x: np.sum(np.abs(x)), np.array([1e-9, -1e-9])),
    "at a jump": (lambda x: np.sum(np.floor(x) * x**2), np.array([1.0, 2.0])),
    "at an exact minimum": (lambda x: np.sum((3 * x - 0.3) ** 2), np.array([0.1, 0.1])),
    "at a huge offset": (lambda x: 1e12 + np.sum(x**2), X),
    "at large variables": (lambda x: np.sum(x**2) * 1e-9, 1e9 * X),
    "fast": (lambda x: np.sin(1e6 * x).sum(), X),
    "at the edge of its domain": (lambda x: np.sum(np.sqrt(x)), np.zeros(2)),
    "infinite nearby": (lambda x: np.sum(np.exp(x)), np.array([709.5, 1.0])),
}


@pytest.mark.parametrize("name", KINKS)
def test_no_false_alarm(name):
    # Negative control of the test above: no warning (they are errors here).
    assert "exact" in make_objective(KINKS[name][0], Parameters.of(KINKS[name][1])).source


# ---- functions that change ---------------------------------------------------------------------


def test_a_counter_in_the_value_is_named():
    calls = [0]

    def fun(x):
        calls[0] += 1
        return np.sum(x**2) + calls[0]

    with pytest.warns(DerivativeWarning, match="not determined by its arguments"):
        assert make_objective(fun, Parameters.of(X)).source == "central differences"


def test_noise_is_named():
    noise = np.random.default_rng(0)
    with pytest.warns(DerivativeWarning, match="not determined by its arguments"):
        make_objective(lambda x: np.sum(x**2) + noise.normal(), Parameters.of(X))


def test_a_later_change_of_global_state_is_a_disagreement():
    data = X.copy()
    objective = make_objective(lambda x: np.sum((x - data) ** 2), Parameters.of(X))
    assert objective.disagreement(X + 1) is None
    data[0] = 5.0
    assert "the traced function gives" in objective.disagreement(X + 1)


# ---- another branch of an uncompiled function --------------------------------------------------


def other_branch(x):
    if x[0] > 0:
        return x @ x
    return np.exp(float(x[0])) + x @ x


def test_a_branch_that_cannot_be_followed_falls_back_there():
    objective = make_objective(other_branch, Parameters.of(X))
    assert objective.source == "exact (NumPy by JAX, uncompiled)"
    there = np.array([-1.0, 0.5, 0.5])
    expected = 2 * there + [np.exp(-1), 0, 0]
    with pytest.warns(DerivativeWarning, match="plain float"):
        value, gradient = objective.value_and_gradient(there)
    assert value == other_branch(there)
    np.testing.assert_allclose(gradient, expected, rtol=1e-8)
    with pytest.warns(DerivativeWarning, match="plain float"):
        hessian = objective.hessian(there).toarray()
    np.testing.assert_allclose(hessian, 2 * np.eye(3) + np.diag([np.exp(-1), 0, 0]), atol=1e-6)
    with pytest.warns(DerivativeWarning, match="plain float"):
        product = objective.hessian_vector(there, np.ones(3))
    np.testing.assert_allclose(product, hessian.sum(axis=1), atol=1e-6)
    assert "plain float" in objective.disagreement(there)
    assert objective.disagreement(X) is None
    np.testing.assert_allclose(objective.value_and_gradient(X)[1], 2 * X, rtol=1e-14)


def wrong_branch(x):
    y = np.lib.stride_tricks.as_strided(x) if type(x) is np.ndarray else x.copy()
    if x[0] < 0:
        y += 1  # an alias: seen by the plain function only
    return x @ x


def test_a_branch_that_is_followed_wrongly_falls_back_there():
    objective = make_objective(wrong_branch, Parameters.of(X))
    assert objective.source == "exact (NumPy by JAX, uncompiled)"
    there = np.array([-1.0, 0.5, 0.5])
    with pytest.warns(DerivativeWarning, match="the traced function gives"):
        value, gradient = objective.value_and_gradient(there)
    assert value == wrong_branch(there.copy())
    np.testing.assert_allclose(gradient, 2 * (there + 1), atol=1e-8)


def test_an_index_out_of_range_is_the_user_s_error():
    with pytest.raises(IndexError, match="out of bounds") as caught:
        make_objective(lambda x: x[3] ** 2, Parameters.of(X))
    assert "at x = [0.7, -0.4, 1.3]" in caught.value.__notes__[0]


def test_an_index_out_of_range_later_on():
    objective = make_objective(lambda x: x[int(x[0])] ** 2, Parameters.of(X))
    assert "uncompiled" in objective.source
    with pytest.raises(IndexError, match="out of bounds"):
        objective.value_and_gradient(np.array([5.0, 0, 0]))
