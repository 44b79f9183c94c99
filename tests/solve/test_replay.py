"""A run done again from its manifest: no clock chooses, and nothing is taken for what it is not."""

import json
import time

import jax.numpy as jnp
import numpy as np
import pytest

import extremum as ex
from extremum.objective import Choices, Parameters, choices, make_objective, separation
from extremum.solve.description import KNOWN, read_description
from extremum.solve.options import METHODS
from tests.solve.traces import assert_same, chained, two_wells

START = np.full(5, -1.2)


def through_json(result):
    return json.loads(json.dumps(result.manifest, allow_nan=False))


@pytest.mark.parametrize("method", METHODS)
def test_every_method(method):
    for fun, x0 in ((chained, START), (two_wells, [0.0, 0.0])):
        first = ex.minimize(fun, x0, method=method, maxiter=60)
        assert_same(ex.replay(through_json(first), fun, x0), first)


CALLS = {
    "textbook": {
        "method": ex.GradientDescent(step=0.001),
        "jac": ex.ForwardDifference(1e-6),
        "stop": ex.RelativeStep(1e-4),
    },
    "several tests": {"stop": [ex.GradientNorm(1e-5), ex.ValueChange(1e-12)], "maxfev": 200},
    "a number of NumPy's": {"method": ex.GradientDescent(np.float64(0.001)), "maxiter": 20},
    "a rule in a method": {"method": ex.Newton(ex.Armijo(decrease=1e-3))},
    "declared": {"structure": "tridiagonal"},
    "a bandwidth": {"structure": np.int64(1)},
    "no points": {"keep_x": False},
}


@pytest.mark.parametrize("options", CALLS.values(), ids=CALLS)
def test_every_option(options):
    first = ex.minimize(chained, START, **options)
    again = ex.replay(through_json(first), chained, START)
    assert_same(again, first)
    assert again.manifest == first.manifest


def test_what_json_cannot_hold_is_given_again():
    jac, hess = (lambda x: 2 * (x - 1)), (lambda x: 2 * np.eye(x.size))

    def fun(x):
        return float(np.sum((x - 1) ** 2))

    first = ex.minimize(fun, START, jac=jac, hess=hess)
    with pytest.raises(ex.InvalidInput, match=r"jac= of its own"):
        ex.replay(first.manifest, fun, START)
    assert_same(ex.replay(first.manifest, fun, START, jac=jac, hess=hess), first)
    pattern = np.abs(np.subtract.outer(range(5), range(5))) < 2
    first = ex.minimize(chained, START, structure=pattern)
    with pytest.raises(ex.InvalidInput, match=r"structure= of its own"):
        ex.replay(first.manifest, chained, START)
    assert_same(ex.replay(first.manifest, chained, START, structure=pattern), first)


def test_a_test_of_the_users_own():
    class Enough:
        def met(self, first, previous, state):
            stop = ex.GradientNorm(1e-3).met(first, previous, state)
            return stop

    first = ex.minimize(chained, START, stop=Enough())
    with pytest.raises(ex.InvalidInput, match="describes nothing"):
        ex.replay(first.manifest, chained, START)
    assert_same(ex.replay(first.manifest, chained, START, stop=Enough()), first)


def test_stationary_and_a_bracket():
    first = ex.stationary(two_wells, [0.3, 0.2])
    assert_same(ex.replay(through_json(first), two_wells, [0.3, 0.2]), first)
    first = ex.minimize_scalar(lambda x: jnp.exp(x) - 3 * x, bracket=(0, 3))
    again = ex.replay(through_json(first), lambda x: jnp.exp(x) - 3 * x, 0.0)
    np.testing.assert_array_equal(again.trace.x, first.trace.x)


@pytest.mark.parametrize("how", ["clock", "callback", "key", "exception"])
def test_what_was_cut_short_ends_at_the_same_iteration(how):
    def callback(intermediate_result):
        if how == "clock":
            time.sleep(0.02)
        elif intermediate_result.nit == 4:
            raise {"callback": StopIteration, "key": KeyboardInterrupt}.get(how, OverflowError)

    limit = 0.1 if how == "clock" else None
    try:
        first = ex.minimize(chained, START, callback=callback, max_seconds=limit)
    except OverflowError as error:
        first = error.extremum_result
    again = ex.replay(through_json(first), chained, START)
    assert again.reasons == (ex.Reason.MAXITER,)
    np.testing.assert_array_equal(again.trace.x, first.trace.x)


def test_no_clock_chooses(monkeypatch):
    """A search for structure that ran out of time is not begun again, nor is one cut short."""
    x0 = np.full(80, -1.2)

    def fun(x):
        return chained(x) + 0 * np.sum(x[::3] ** 2)

    with monkeypatch.context() as hurried:
        hurried.setattr(separation.separation, "deadline", lambda seconds: 0.0)
        first = ex.minimize(fun, x0)
    assert first.structure == "dense"
    assert_same(ex.replay(through_json(first), fun, x0), first)
    second = ex.minimize(chained, x0)
    assert second.structure == "tridiagonal"
    with choices.made_before(Choices(structured=True)):
        assert choices.deadline(10.0) == np.inf
    assert choices.deadline(10.0) < np.inf


def test_a_function_that_was_given_up_is_not_followed_again():
    def fun(x):
        return np.sum((x - 1) ** 2)

    parameters = Parameters.of([3.0, 4.0])
    why = "it takes too long"
    with pytest.warns(ex.DerivativeWarning, match=why):
        objective = make_objective(fun, parameters, choices=Choices(why_inexact=why))
    assert objective.source == "central differences"
    assert objective.choices.why_inexact == why


def test_memory_that_is_short_costs_the_structure_and_nothing_else(monkeypatch):
    def short(*args):
        raise MemoryError

    monkeypatch.setattr(separation.separation, "analyse", short)
    result = ex.minimize(lambda x: chained(x) + 0 * x[1] ** 2, np.full(90, -1.2))
    assert result.structure == "dense"
    assert any("memory is too short" in note for note in result.notes)
    assert result.success


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ({}, "no manifest"),
        (None, "no manifest"),
        ("text", "no manifest"),
        ({"schema": "extremum.run/1"}, "not whole"),
    ],
)
def test_what_is_no_manifest(manifest, words):
    with pytest.raises(ex.InvalidInput, match=words):
        ex.replay(manifest, chained, START)


def test_another_start_is_another_run():
    first = ex.minimize(chained, START)
    with pytest.raises(ex.InvalidInput, match="of another run: its start"):
        ex.replay(first.manifest, chained, START + 1)


def test_another_place_is_said():
    manifest = through_json(ex.minimize(chained, START))
    manifest["versions"]["numpy"] = "1.0"
    assert any("in place of 1.0" in note for note in ex.replay(manifest, chained, START).notes)
    manifest = through_json(ex.minimize(chained, START))
    manifest["machine"]["cpus"] = 4096
    assert any("another machine" in note for note in ex.replay(manifest, chained, START).notes)


@pytest.mark.parametrize("name", KNOWN)
def test_descriptions_are_read_back(name):
    arguments = {"BracketedNewton": ((1.0, 3.0),), "ValueChange": (1e-9,)}
    needs_one = ("FixedStep", "RelativeStep", "SquaredStep")
    made = KNOWN[name](*arguments.get(name, (0.25,) if name in needs_one else ()))
    assert read_description(repr(made)) == made


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('ls')",
        "Newton(step=__import__('os'))",
        "Newton",
        "Newton(1)",
        "Newton(stp=1)",
        "np.float64('nan')",
        "open('x')",
        "Newton(**{})",
        "(lambda: 0)()",
        "[].append(1)",
        "(" * 300,
        "",
        "\0",
    ],
)
def test_texts_are_read_and_never_evaluated(text):
    with pytest.raises(ex.InvalidInput):
        read_description(text)
