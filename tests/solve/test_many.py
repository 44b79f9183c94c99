"""Many starts in one call: every end with its verdict, the distinct minima, what compiles."""

import pickle

import jax
import numpy as np
import pytest
from mpmath import mp

import extremum as ex
from extremum.certify import certify_point
from extremum.solve import many, many_runs
from extremum.solve.many_result import group_minima


def starts(m, n=2, seed=0, reach=5.0):
    return np.random.default_rng(seed).uniform(-reach, reach, (m, n))


def himmelblau(x):
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


def two_wells(x):
    return x[0] ** 2 - 2 * x[0] + x[1] ** 4 - 2 * x[1] ** 2 + x[1]


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def himmelblau_minima():
    """The four common zeros of its two squares, to 30 digits."""
    mp.dps = 30
    near = [(3, 2), (-2.8, 3.1), (-3.8, -3.3), (3.6, -1.8)]
    equations = [lambda x, y: x**2 + y - 11, lambda x, y: x + y**2 - 7]
    return np.array([[float(v) for v in mp.findroot(equations, p)] for p in near])


def test_himmelblaus_four_minima():
    result = ex.minimize_many(himmelblau, starts(700))
    assert result.success.all()
    assert set(result.verdicts) == {ex.Verdict.MINIMUM}
    assert len(result.minima) == 4
    for expected in himmelblau_minima():
        errors = [np.linalg.norm(found.x - expected) - found.radius for found in result.minima]
        assert sum(error <= 0 for error in errors) == 1
    assert sum(found.count for found in result.minima) == 700
    for label, found in enumerate(result.minima):
        assert (result.labels == label).sum() == found.count
        assert result.labels[found.index] == label
        assert np.linalg.norm(result.x[result.labels == label] - found.x, axis=1).max() < 1e-8
    # Every end is within its own radius of a minimum.
    errors = np.linalg.norm(result.x[:, None] - himmelblau_minima(), axis=2).min(axis=1)
    assert (errors <= result.radius).all()


def test_two_wells_and_the_saddle_between():
    roots = np.sort(np.roots([4, 0, -4, 1]))
    on_the_saddle = np.array([[1.0, roots[1]], [3.0, roots[1]], [-2.0, roots[1]]])
    result = ex.minimize_many(two_wells, np.concatenate([starts(100), on_the_saddle]))
    assert result.success.all()
    found = [minimum.x for minimum in result.minima]
    np.testing.assert_allclose(found, [[1, roots[0]], [1, roots[2]]], atol=1e-12)
    assert result.minima[0].fun < result.minima[1].fun
    np.testing.assert_array_equal(result.best, result.minima[0].x)


PROBLEMS = {
    "rosenbrock": (rosenbrock, 4),
    "beale": (
        lambda x: (
            (1.5 - x[0] + x[0] * x[1]) ** 2
            + (2.25 - x[0] + x[0] * x[1] ** 2) ** 2
            + (2.625 - x[0] + x[0] * x[1] ** 3) ** 2
        ),
        2,
    ),
    "trigonometric": (lambda x: np.sum(x**2) + 5 * np.sum(np.cos(2 * x)), 3),
    "tiny values": (lambda x: 1e-20 * ((x[0] - 1) ** 2 + x[1] ** 2), 2),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_it_finds_what_minimize_finds(name):
    fun, n = PROBLEMS[name]
    result = ex.minimize_many(fun, starts(40, n, reach=2.0))
    found = np.array([minimum.x for minimum in result.minima])
    assert result.success.sum() >= 25  # Beale's function also has a valley out to infinity
    for x in result.x[result.success][:8]:
        alone = ex.minimize(fun, x + 1e-5)
        assert alone.success
        apart = np.linalg.norm(found - alone.x, axis=1).min()
        assert apart <= alone.certificate.radius + 1e-12
        certificate = ex.certify(fun, x)
        assert certificate.verdict is ex.Verdict.MINIMUM


def test_the_verdicts_and_radii_are_those_of_single_certificates():
    result = ex.minimize_many(himmelblau, starts(12), tol=1e-3)
    for x, verdict, radius in zip(result.x, result.verdicts, result.radius, strict=True):
        certificate = ex.certify(himmelblau, x)
        assert verdict is certificate.verdict
        # The batch takes another norm of the Hessian's variation, which is at most √2 larger.
        assert certificate.radius <= radius * (1 + 1e-9)
        assert radius <= 1.1 * certificate.radius


def test_a_flat_minimum_costs_few_certificates(monkeypatch):
    judged = []

    def counted(*args):
        judged.append(args)
        return certify_point(*args)

    monkeypatch.setattr(many_runs, "certify_point", counted)
    result = ex.minimize_many(lambda x: x[0] ** 4, starts(500, 1))
    assert result.success.all()
    assert set(result.verdicts) == {ex.Verdict.DEGENERATE}
    assert (np.abs(result.x[:, 0]) <= result.radius).all()  # the balls hold the minimum, 0
    assert len(result.minima) == 1
    assert 0 < len(judged) <= 5


def test_an_inflection_is_no_minimum_and_a_flat_maximum_is_left():
    flat = ex.minimize_many(lambda x: x[0] ** 3, np.zeros((40, 1)))
    assert not flat.success.any()
    left = ex.minimize_many(lambda x: x[0] ** 6 - x[0] ** 4, np.zeros((40, 1)))
    assert left.success.all()
    np.testing.assert_allclose(np.abs(left.x), np.sqrt(2 / 3), rtol=1e-8)


def test_unbounded_from_some_starts():
    points = starts(600, 1)
    result = ex.minimize_many(lambda x: x[0] ** 3 - 3 * x[0], points)
    down = result.verdicts == ex.Verdict.UNBOUNDED
    assert (result.reasons[down] == ex.Reason.UNBOUNDED).all()
    assert down.any()
    assert not result.success[down].any()
    assert (result.verdicts[~down] == ex.Verdict.MINIMUM).all()
    np.testing.assert_allclose(result.x[~down], 1.0, rtol=1e-8)
    assert down[points[:, 0] < -1.1].all()


def test_walls_of_nan():
    result = ex.minimize_many(lambda x: x[0] * np.log(x[0]), np.linspace(-1, 3, 41)[:, None])
    outside = np.linspace(-1, 3, 41) < -1e-9
    assert (result.verdicts[outside] == ex.Verdict.NOT_FINITE).all()
    assert (result.reasons[outside] == ex.Reason.NOT_FINITE).all()
    inside = np.linspace(-1, 3, 41) > 1e-9
    assert result.success[inside].all()
    np.testing.assert_allclose(result.x[inside], np.exp(-1), rtol=1e-8)
    with pytest.raises(ex.InvalidInput, match="at the start"):
        ex.minimize_many(lambda x: np.log(x[0]), [[-1.0], [-2.0]])


def test_a_run_cut_short_is_no_success():
    result = ex.minimize_many(rosenbrock, starts(20), maxiter=2)
    assert set(result.reasons) == {ex.Reason.MAXITER}
    assert not result.success.any()
    assert result.minima == ()
    assert result.best is None
    assert (result.nit == 2).all()


def test_other_data_and_other_numbers_of_starts_compile_nothing(compilations):
    def fit(data):
        return lambda x: np.sum((data - x[0]) ** 2) + (x[1] - x[0]) ** 2

    ex.minimize_many(fit(np.array([1.0, 2.0, 4.0])), starts(20))
    with compilations() as count:
        result = ex.minimize_many(fit(np.array([5.0, 6.0, 10.0])), starts(20))
        ex.minimize_many(fit(np.array([0.0, 6.0, 10.0])), starts(173))
        ex.minimize_many(fit(np.array([0.0, 6.0, 10.0])), starts(700), tol=1e-6)
    assert count[0] == 0
    np.testing.assert_allclose(result.best, [7, 7])
    with compilations() as count:  # the negative control: another program
        ex.minimize_many(lambda x: np.cosh(x[0] - 1) + x[1] ** 2, starts(20))
    assert count[0] > 0


def test_args_and_jax_functions():
    def fun(x, a):
        return (x[0] - a) ** 2 + jax.numpy.cosh(x[1])

    np.testing.assert_allclose(ex.minimize_many(fun, starts(30), (2.5,)).best, [2.5, 0], atol=1e-9)


def test_a_function_that_cannot_be_compiled_is_run_by_minimize():
    def fun(x):
        if x[0] > 0:
            return (x[0] - 1) ** 2 + x[1] ** 2
        return (x[0] - 1) ** 2 + 2 * x[1] ** 2

    with pytest.warns(ex.DerivativeWarning, match=r"fun can't be run .* branches on values.*"):
        result = ex.minimize_many(fun, starts(6))
    assert result.success.all()
    np.testing.assert_allclose(result.x, np.tile([1.0, 0.0], (6, 1)), atol=1e-8)
    assert "one start after another" in result.method


def test_more_variables_than_a_batch_takes(monkeypatch):
    monkeypatch.setattr(many, "MOST_VARIABLES", 3)
    result = ex.minimize_many(rosenbrock, starts(3, 4, reach=1.0))
    assert "one start after another" in result.method
    assert result.success.all()


def test_too_many_open_ends_are_said(monkeypatch):
    monkeypatch.setattr(many_runs, "MOST_CERTIFICATES", 2)
    result = ex.minimize_many(lambda x: (x[0] ** 2 + x[1] ** 2 - 1) ** 2, starts(20))
    assert (result.verdicts == ex.Verdict.UNDECIDED).sum() == 18
    assert any("18 ends are not judged" in note for note in result.notes)


def test_starts_keep_their_structure():
    points = {"a": starts(30, 2), "b": starts(30, 1)[:, 0]}
    result = ex.minimize_many(lambda p: np.sum((p["a"] - 1) ** 2) + np.cosh(p["b"]), points)
    assert result.x["a"].shape == (30, 2)
    assert result.x["b"].shape == (30,)
    np.testing.assert_allclose(result.best["a"], 1.0)
    assert result.best["b"] == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([1.0, 2.0], "start a row"),
        (np.zeros((2, 2, 2)), "start a row"),
        ([[1.0, 2.0], [3.0]], "ragged"),
        ([[1.0, np.nan], [3.0, 4.0]], "not finite"),
        ([[1.0, 2.0], [3.0, np.inf]], "Start 1 is not finite: component 1"),
        (np.zeros((0, 2)), "leading axis"),
        (np.zeros((2, 0)), "empty"),
        ({"a": np.zeros((2, 2)), "b": np.zeros(3)}, "leading axis"),
        (3.0, "leading axis"),
        (np.zeros((2, 2), complex), "complex"),
    ],
)
def test_starts_that_cannot_be_read(points, message):
    with pytest.raises(ex.InvalidInput, match=message):
        ex.minimize_many(two_wells, points)


def test_options_that_have_no_meaning():
    for options in ({"stop": ex.RelativeStep(1e-8)}, {"bounds": [(0, 1)]}, {"metod": 1}):
        with pytest.raises(ex.UnknownOption):
            ex.minimize_many(two_wells, starts(2), **options)
    with pytest.raises(ex.InvalidInput):
        ex.minimize_many(two_wells, starts(2), maxiter=-1)


def test_minima_are_grouped_by_their_balls():
    x = np.array([[0.0], [1e-6], [1.0], [1.0 + 5e-11]])
    radius = np.array([1e-9, 2e-6, 1e-12, 1e-12])
    groups = group_minima(x, np.array([1.0, 1.0, 0.0, 0.0]), radius)
    assert [sorted(group) for group in groups] == [[2, 3], [0, 1]]
    apart = group_minima(x, np.zeros(4), np.full(4, 1e-9))  # the negative control
    assert len(apart) == 3


def test_the_card_the_table_and_the_pickle():
    result = ex.minimize_many(two_wells, starts(50))
    text = str(result)
    assert "2 distinct minima from 50 starts" in text
    assert "50 MINIMUM" in text
    assert "-1.10715987" in result._repr_html_()
    table = result.to_pandas()
    assert len(table) == 50
    np.testing.assert_array_equal(table[["x0", "x1"]], result.x)
    assert set(table["verdict"]) == {"MINIMUM"}
    again = pickle.loads(pickle.dumps(result))
    np.testing.assert_array_equal(again.x, result["x"])
    assert "minima" in dir(result)
    with pytest.raises(AttributeError):
        _ = result.nothing
