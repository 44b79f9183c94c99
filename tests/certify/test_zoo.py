"""Points whose true kind is known in closed form, and what the certificate says of them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import sparse

import extremum as ex
from extremum import Verdict
from extremum.certify import certify_point
from extremum.objective import Parameters, make_objective

MINIMUM, SADDLE, MAXIMUM = Verdict.MINIMUM, Verdict.SADDLE, Verdict.MAXIMUM
DEGENERATE, UNBOUNDED, RECEDING = Verdict.DEGENERATE, Verdict.UNBOUNDED, Verdict.RECEDING
NOT_STATIONARY, NOT_FINITE = Verdict.NOT_STATIONARY, Verdict.NOT_FINITE

np_exp, np_log = np.exp, np.log


@dataclass
class Point:
    """A function at a point, and the truth.

    `true` is the stationary point that is meant; `hessian` is the closed form at x.
    """

    fun: Callable
    x: list
    verdict: Verdict
    is_minimum: bool | None = None
    true: list | None = None
    hessian: Callable | None = None
    index: int | None = None
    nullity: int | None = None


def diagonal(*entries):
    return lambda x: np.diag(entries)


def signed_squares(signs):
    signs = np.array(signs, float)
    return Point(
        lambda x: np.sum(signs * x**2) + np.sum(x**4),
        [0.0] * len(signs),
        {0: MINIMUM, len(signs): MAXIMUM}.get(int((signs < 0).sum()), SADDLE),
        bool((signs > 0).all()),
        [0.0] * len(signs),
        lambda x: np.diag(2 * signs + 12 * x**2),
        int((signs < 0).sum()),
        0,
    )


COSH = 2 * math.acosh(1.5)

ZOO = {
    # Strict minima, at the point and beside it.
    "square": Point(lambda x: x[0] ** 2, [0.0], MINIMUM, True, [0.0], diagonal(2.0), 0, 0),
    "square beside": Point(lambda x: x[0] ** 2, [1e-4], MINIMUM, True, [0.0], diagonal(2.0), 0, 0),
    "cosh": Point(
        lambda x: np.cosh(x[0]) - 1.5 * x[0] + (x[1] - 3) ** 2,
        [math.asinh(1.5) + 1e-6, 3.0],
        MINIMUM,
        True,
        [math.asinh(1.5), 3.0],
        lambda x: np.diag([np.cosh(x[0]), 2]),
        0,
        0,
    ),
    "tiny values": Point(
        lambda x: 1e-12 * ((x[0] - 1) ** 2 + np.cosh(x[1])),
        [1.0, 0.0],
        MINIMUM,
        True,
        [1.0, 0.0],
        diagonal(2e-12, 1e-12),
        0,
        0,
    ),
    "tiny values beside": Point(
        lambda x: 1e-12 * ((x[0] - 1) ** 2 + np.cosh(x[1])),
        [1.005, 0.005],
        MINIMUM,
        True,
        [1.0, 0.0],
        lambda x: np.diag([2e-12, 1e-12 * np.cosh(x[1])]),
        0,
        0,
    ),
    "huge values": Point(
        lambda x: 1e12 * ((x[0] - 1) ** 2 + np.cosh(x[1])),
        [1.0, 0.0],
        MINIMUM,
        True,
        [1.0, 0.0],
        diagonal(2e12, 1e12),
        0,
        0,
    ),
    "a large offset": Point(
        lambda x: 1e10 + (x[0] - 1) ** 2, [1.0 + 1e-5], MINIMUM, True, [1.0], diagonal(2.0), 0, 0
    ),
    "far from the origin": Point(
        lambda x: (x[0] - 1e8) ** 2 + np.cosh(x[0] - 1e8),
        [1e8 + 1e-3],
        MINIMUM,
        True,
        [1e8],
        lambda x: np.diag([2 + np.cosh(x[0] - 1e8)]),
        0,
        0,
    ),
    "nearly singular": Point(
        lambda x: x[0] ** 4 + 1e-6 * x[0] ** 2, [0.0], MINIMUM, True, [0.0], diagonal(2e-6), 0, 0
    ),
    "nearly singular beside": Point(
        lambda x: x[0] ** 4 + 1e-6 * x[0] ** 2, [1e-5], MINIMUM, True, [0.0]
    ),
    "a well in a plain": Point(
        lambda x: -1 / (1 + x[0] ** 2), [0.0], MINIMUM, True, [0.0], diagonal(2.0), 0, 0
    ),
    "badly scaled": Point(
        lambda x: 1e6 * x[0] ** 2 + 1e-6 * x[1] ** 2,
        [0.0, 1e-3],
        MINIMUM,
        True,
        [0.0, 0.0],
        diagonal(2e6, 2e-6),
        0,
        0,
    ),
    # Here the ratio of the curvatures, 1e16, is more than floating point tells apart in one norm.
    "very badly scaled": Point(
        lambda x: 1e8 * x[0] ** 2 + 1e-8 * x[1] ** 2,
        [0.0, 0.0],
        MINIMUM,
        True,
        [0.0, 0.0],
        diagonal(2e8, 2e-8),
        0,
        0,
    ),
    "very badly scaled beside": Point(
        lambda x: 1e8 * (x[0] - 1) ** 2 + 1e-8 * (x[1] - 2) ** 2,
        [1.0, 2.01],
        MINIMUM,
        True,
        [1.0, 2.0],
        diagonal(2e8, 2e-8),
        0,
        0,
    ),
    "a very badly scaled saddle": Point(
        lambda x: 1e8 * x[0] ** 2 - 1e-8 * x[1] ** 2,
        [0.0, 1e-3],
        SADDLE,
        False,
        [0.0, 0.0],
        diagonal(2e8, -2e-8),
        1,
        0,
    ),
    # Saddles and maxima.
    **{f"index {k} of 5": signed_squares([-1] * k + [1] * (5 - k)) for k in range(6)},
    "minus a square": Point(
        lambda x: -(x[0] ** 2), [0.0], MAXIMUM, False, [0.0], diagonal(-2.0), 1, 0
    ),
    "saddle beside": Point(
        lambda x: x[0] ** 2 - x[1] ** 2 + x[1] ** 4 / 4,
        [1e-4, -1e-4],
        SADDLE,
        False,
        [0.0, 0.0],
        lambda x: np.diag([2, -2 + 3 * x[1] ** 2]),
        1,
        0,
    ),
    "a tiny saddle": Point(
        lambda x: 1e-12 * (x[0] ** 2 - x[1] ** 2 + x[1] ** 4),
        [0.0, 0.0],
        SADDLE,
        False,
        [0.0, 0.0],
        diagonal(2e-12, -2e-12),
        1,
        0,
    ),
    # Degenerate ones.
    "fourth power": Point(lambda x: x[0] ** 4, [0.0], DEGENERATE, True, [0.0], diagonal(0.0), 0, 1),
    "fourth power beside": Point(lambda x: x[0] ** 4, [1e-3], DEGENERATE, True, [0.0]),
    "shifted fourth power": Point(
        lambda x: 7 + (x[0] - 0.3) ** 4, [0.3 + 1e-6], DEGENERATE, True, [0.3]
    ),
    "minus a fourth power": Point(lambda x: -(x[0] ** 4), [0.0], DEGENERATE, False, [0.0]),
    "third power": Point(lambda x: x[0] ** 3, [0.0], DEGENERATE, False, [0.0], diagonal(0.0), 0, 1),
    "third power beside": Point(lambda x: x[0] ** 3, [1e-5], DEGENERATE, False, [0.0]),
    "twentieth power": Point(lambda x: x[0] ** 20, [0.0], DEGENERATE, True, [0.0]),
    "twentieth power beside": Point(lambda x: x[0] ** 20, [0.3], DEGENERATE, True, [0.0]),
    "constant": Point(lambda x: 0 * x[0] + 3.0, [1.0], DEGENERATE, True, [1.0]),
    "trough": Point(
        lambda x: (x[0] ** 2 + x[1] ** 2 - 1) ** 2, [0.6, 0.8], DEGENERATE, True, [0.6, 0.8]
    ),
    "hyperbolic trough": Point(
        lambda x: (x[0] * x[1] - 1) ** 2, [0.3, 1 / 0.3], DEGENERATE, True, None, None, 0, 1
    ),
    "ridge": Point(lambda x: -((x[0] ** 2 + x[1] ** 2 - 1) ** 2), [0.6, 0.8], DEGENERATE, False),
    # Along every straight line through 0 Peano's function rises; along y = 2x² it falls.
    "Peano": Point(
        lambda x: (x[1] - x[0] ** 2) * (x[1] - 3 * x[0] ** 2),
        [0.0, 0.0],
        DEGENERATE,
        False,
        [0.0, 0.0],
        diagonal(0.0, 2.0),
        0,
        1,
    ),
    "a parabola's valley": Point(
        lambda x: (x[0] - x[1] ** 2) ** 2, [0.0, 0.0], DEGENERATE, True, [0.0, 0.0]
    ),
    "square and third power": Point(
        lambda x: x[0] ** 2 + x[1] ** 3, [0.0, 0.0], DEGENERATE, False, [0.0, 0.0]
    ),
    "square and fourth power": Point(
        lambda x: x[0] ** 2 + x[1] ** 4, [0.0, 0.0], DEGENERATE, True, [0.0, 0.0]
    ),
    "two fourth powers": Point(
        lambda x: x[0] ** 2 * x[1] ** 2, [0.0, 0.0], DEGENERATE, True, [0.0, 0.0], None, 0, 2
    ),
    "fourth powers that differ": Point(
        lambda x: x[0] ** 4 - x[1] ** 4, [0.0, 0.0], DEGENERATE, False, [0.0, 0.0], None, 0, 2
    ),
    "saddle and fourth power": Point(
        lambda x: x[0] ** 2 - x[1] ** 2 + x[2] ** 4, [0.0] * 3, DEGENERATE, False, [0.0] * 3
    ),
    # No minimum there, or none at all.
    "minus x": Point(lambda x: -x[0], [1.0], UNBOUNDED, False),
    "minus log": Point(lambda x: -np_log(x[0]), [1.0], UNBOUNDED, False),
    "minus a square beside": Point(lambda x: -(x[0] ** 2), [1.0], UNBOUNDED, False),
    "log to minus infinity": Point(lambda x: np_log(x[0]), [1.0], UNBOUNDED, False),
    "exponential": Point(lambda x: np_exp(-x[0]), [0.0], RECEDING, False),
    "exponential far out": Point(lambda x: np_exp(-x[0]), [40.0], RECEDING, False),
    "exponential very far out": Point(lambda x: np_exp(-x[0]), [200.0], RECEDING, False),
    "softplus": Point(lambda x: np_log(1 + np_exp(x[0])), [0.0], RECEDING, False),
    "softplus far out": Point(lambda x: np.log1p(np_exp(x[0])), [-30.0], RECEDING, False),
    "reciprocal": Point(lambda x: 1 / x[0], [1e5], RECEDING, False),
    "the branch of a hyperbola": Point(
        lambda x: np.sqrt(1 + x[0] ** 2) - x[0], [3.0], RECEDING, False
    ),
    "a slope": Point(lambda x: np.sin(x[0]), [0.0], NOT_STATIONARY, False),
    "far up a bowl": Point(lambda x: x[0] ** 2 + x[1] ** 2, [5.0, 1.0], NOT_STATIONARY, False),
    "far up a tiny bowl": Point(lambda x: 1e-12 * x[0] ** 4, [1.0], NOT_STATIONARY, False),
    "a wiggle": Point(lambda x: x[0] ** 3 - 1e-10 * x[0], [0.0], NOT_STATIONARY, False),
    "above a far well": Point(lambda x: -1 / (1 + x[0] ** 2), [1e6], NOT_STATIONARY, False),
    "an infinite curvature": Point(lambda x: np.abs(x[0]) ** 1.5, [0.0], NOT_FINITE, None),
    "an infinite slope": Point(lambda x: np.sqrt(x[0]), [0.0], NOT_FINITE, None),
}


@pytest.fixture(scope="module")
def certificates():
    made = {}

    def get(name):
        if name not in made:
            made[name] = ex.certify(ZOO[name].fun, ZOO[name].x)
        return made[name]

    return get


@pytest.mark.parametrize("name", ZOO)
def test_zoo(name, certificates):
    point, certificate = ZOO[name], certificates(name)
    x = np.array(point.x)
    assert certificate.verdict is point.verdict, certificate
    assert certificate.is_minimum is point.is_minimum
    if point.index is not None:
        assert certificate.morse_index == point.index
    if point.nullity is not None:
        assert certificate.nullity == point.nullity
    if point.hessian is not None:
        true = np.linalg.eigvalsh(point.hessian(x))
        off = np.abs(certificate.eigenvalues - true)
        # A compiler may add constants in another order, which costs rounding errors of x.
        slack = 8 * np.finfo(float).eps * max(1, np.linalg.norm(x))
        assert (off <= certificate.eigenvalue_error + slack * np.abs(true).max()).all()
    if point.true is not None:
        off = np.linalg.norm(x - np.array(point.true))
        assert off <= certificate.radius
        if point.verdict is not DEGENERATE:
            assert certificate.radius <= 2 * off + 1e-6 * max(1, np.linalg.norm(x))
    falls = {SADDLE, MAXIMUM, UNBOUNDED, RECEDING, NOT_STATIONARY}
    if point.verdict in falls or (point.verdict is DEGENERATE and point.is_minimum is False):
        assert point.fun(certificate.lower_point) < point.fun(x)
        assert certificate.lower_value == pytest.approx(
            point.fun(certificate.lower_point), rel=1e-12, abs=0
        )
    else:
        assert certificate.lower_point is None
    if certificate.ray is not None:
        ray = certificate.ray
        with np.errstate(all="ignore"):
            values = [point.fun(x + t * ray.direction) for t in ray.lengths]
        np.testing.assert_allclose(ray.values, values, rtol=1e-9)
        assert (np.diff(values) <= 0).all()
        assert np.linalg.norm(ray.direction) == pytest.approx(1)
    assert (certificate.ray is not None) == (point.verdict in {UNBOUNDED, RECEDING})


def test_the_zoo_is_large():
    assert len(ZOO) >= 35


@pytest.mark.parametrize("name", [n for n, p in ZOO.items() if p.verdict is DEGENERATE])
def test_flat_directions_have_no_curvature(name, certificates):
    point, certificate = ZOO[name], certificates(name)
    flat = certificate.flat_directions
    assert flat.shape == (certificate.nullity, len(point.x))
    np.testing.assert_allclose(flat @ flat.T, np.eye(len(flat)), atol=1e-12)
    # Half the second difference over a step is the curvature, up to higher order.
    x, h = np.array(point.true or point.x), 1e-3
    for v in flat:
        second = point.fun(x + h * v) - 2 * point.fun(x) + point.fun(x - h * v)
        assert abs(second) / h**2 < 1e-4


def test_a_negative_control_for_lower_points(certificates):
    """Where the point is a minimum there is no lower point to be found nearby."""
    rng = np.random.default_rng(1)
    for name, point in ZOO.items():
        if point.is_minimum and point.true is not None and "valley" not in name:
            x = np.array(point.true)
            for _ in range(20):
                near = x + 1e-3 * rng.normal(size=x.size)
                assert point.fun(near) >= point.fun(x)


@pytest.mark.parametrize("turn", [0.0, 1e-12, 1e-9, 1e-8, 1e-6, 0.1, 1.0, 2.5])
@pytest.mark.parametrize("off", [0.0, 1e-10, -3e-10])
def test_every_point_of_a_trough(turn, off):
    x = (1 + off) * np.array([np.cos(turn), np.sin(turn)])
    certificate = ex.certify(ZOO["trough"].fun, x)
    assert certificate.verdict is DEGENERATE
    assert certificate.is_minimum is True
    (flat,) = certificate.flat_directions
    assert abs(flat @ x) < 1e-6


def test_a_quadratic_whose_value_cancels():
    """Terms of size 10 cancel to zero along the valley: rounding is no fall."""
    root = np.array([[3.0, 2.0], [2.0, 4 / 3]])  # null direction (2, −3)
    certificate = ex.certify(lambda x: x @ root @ x, [2.0, -3.0])
    assert certificate.verdict is DEGENERATE
    assert certificate.is_minimum is True


# ---- by differences ----------------------------------------------------------------------------


def sum_of_cosh(x):
    return sum(math.cosh(float(t) - 0.2 * i) for i, t in enumerate(x))


def lopsided(x):
    return 1e-3 * (math.exp(10 * float(x[0])) - 2 * float(x[0]))


def lifted(x):
    return 1e3 + math.exp(float(x[0])) - 2 * float(x[0])


def cosh_saddle(x):
    return math.cosh(float(x[0]) - 1) - math.cosh(float(x[1]))


BY_DIFFERENCES = {
    "cosh": (sum_of_cosh, [0.0, 0.2, 0.4], MINIMUM, 0),
    "lopsided": (lopsided, [math.log(0.2) / 10], MINIMUM, 0),
    "lifted": (lifted, [math.log(2)], MINIMUM, 0),
    "saddle": (cosh_saddle, [1.0, 0.0], SADDLE, 1),
}


@pytest.mark.parametrize("off", [0.0, 1e-9, 1e-6, 1e-4])
@pytest.mark.parametrize("name", BY_DIFFERENCES)
def test_by_differences_the_radius_holds_the_point(name, off):
    fun, true, verdict, index = BY_DIFFERENCES[name]
    x = np.array(true) + off
    with pytest.warns(ex.DerivativeWarning):
        certificate = ex.certify(fun, x)
    assert (certificate.verdict, certificate.morse_index) == (verdict, index)
    assert np.linalg.norm(x - true) <= certificate.radius <= 2 * off * len(true) + 1e-6
    assert "differences" in certificate.source


# ---- large -------------------------------------------------------------------------------------


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_hessian(x):
    main = np.zeros(x.size)
    main[:-1] += 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
    main[1:] += 200
    return np.diag(main) + np.diag(-400 * x[:-1], 1) + np.diag(-400 * x[:-1], -1)


@pytest.mark.parametrize("off", [0.0, 1e-7])
def test_rosenbrock_in_a_thousand_variables(off):
    x = np.ones(1000) + off * np.sin(np.arange(1000))
    true = np.linalg.eigvalsh(rosenbrock_hessian(x))
    objective = make_objective(rosenbrock, Parameters.of(x), structure="dense")
    whole, factored = certify_point(objective, x), ex.certify(rosenbrock, x)
    for certificate in (whole, factored):
        assert certificate.verdict is MINIMUM
        assert np.linalg.norm(x - 1) <= certificate.radius < 1e-3
        assert abs(certificate.eigenvalues[0] - true[0]) <= certificate.eigenvalue_error[0]
    assert isinstance(whole.hessian, np.ndarray)
    nearest = np.abs(whole.eigenvalues[:, None] - true).min(axis=1)
    assert (nearest <= whole.eigenvalue_error).all()
    # Of a tridiagonal Hessian a few are seen: so near to each there is one, though not the k-th.
    assert sparse.issparse(factored.hessian)
    np.testing.assert_allclose(factored.hessian.toarray(), rosenbrock_hessian(x), atol=1e-9)
    assert (np.diff(factored.eigenvalues) > 0).all()
    distances = np.abs(true - factored.eigenvalues[:, None]).min(axis=1)
    assert (distances <= factored.eigenvalue_error).all()


@pytest.mark.parametrize("n", [101, 102, 500])
@pytest.mark.parametrize("curvatures", [(2.0,), (2.0, 6.0), (-2.0, 6.0)])
def test_few_distinct_eigenvalues_in_a_large_hessian(n, curvatures):
    """Krylov's space of one start is exhausted after as many products as there are of them."""
    weights = np.resize(curvatures, n)
    certificate = ex.certify(lambda x: np.sum(weights * (x - 1) ** 2) / 2, np.ones(n))
    assert certificate.verdict is (MINIMUM if min(curvatures) > 0 else SADDLE)
    assert certificate.morse_index == np.count_nonzero(weights < 0)
    # Each of the eigenspaces has more than three dimensions.
    expected = [min(curvatures)] * 3 + [max(curvatures)] * 3
    assert (np.abs(certificate.eigenvalues - expected) <= certificate.eigenvalue_error).all()
    assert (certificate.eigenvalue_error < 1e-12).all()


# ---- the account -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["newton", "trust-region"])
def test_counts_are_the_certificates_own(method):
    result = ex.minimize(lambda x: np.cosh(x[0]) + x[0] ** 4, [2.0], method=method)
    own = result.certificate.counts
    assert own.nhev > 0
    # Newton's method takes a Hessian a step, the trust region one with each of its few values.
    assert result.nhev == (result.nit if method == "newton" else result.nfev)
    assert result.nhev == result.trace["nhev"][-1]
    assert own is not result.objective.counts
    again = ex.certify(lambda x: np.cosh(x[0]) + x[0] ** 4, result.x)
    assert again.counts == own


@pytest.mark.parametrize("name", [n for n, p in ZOO.items() if p.verdict in {MINIMUM, SADDLE}])
def test_a_nondegenerate_certificate_is_cheap(name, certificates):
    """Its cost doesn't grow with n: the probes of the Hessian, and no search."""
    most = 9 if name not in ("nearly singular beside", "far from the origin") else 13
    assert certificates(name).counts.nhev <= (12 if "very" in name else most)


def test_at_most_three_factorizations(monkeypatch):
    from extremum.linalg import DenseSymmetric, dense

    calls = []
    for name in ("factor", "cholesky"):
        original = getattr(DenseSymmetric, name)
        monkeypatch.setattr(
            DenseSymmetric, name, lambda self, *a, f=original: calls.append(1) or f(self, *a)
        )
    decompose = dense.lapack.dsyevd
    monkeypatch.setattr(
        dense.lapack, "dsyevd", lambda *a, **k: calls.append(1) or decompose(*a, **k)
    )
    for fun, x in ((rosenbrock, np.ones(5)), (ZOO["index 2 of 5"].fun, np.zeros(5))):
        calls.clear()
        ex.certify(fun, x)
        assert 1 <= len(calls) <= 3


def test_certify_keeps_structures_and_refuses_nonsense():
    certificate = ex.certify(
        lambda p: (p["a"] - 1) ** 2 + np.sum(p["b"] ** 2), {"a": 1.0, "b": np.zeros(2)}
    )
    assert certificate.verdict is MINIMUM
    with pytest.raises(ex.InvalidInput, match="not finite"):
        ex.certify(lambda x: x[0] ** 2, [np.nan])
    with pytest.raises(ex.InvalidInput, match="nan"):
        ex.certify(lambda x: x[0] * np.nan, [1.0])


def test_the_certificate_in_words():
    text = str(ex.certify(lambda x: x[0] ** 2, [0.0]))
    assert text.startswith("MINIMUM: a strict local minimum")
    assert "h = " in text
    assert ex.certify(lambda x: -(x[0] ** 2), [0.0]).smallest_eigenvalue == -2


def test_a_point_that_curves_down_beside_a_flat_minimum():
    """(x - 1)²(y - 1)² is least on two lines; beside them its Hessian has a negative eigenvalue."""

    def crossing(x):
        return ((x[0] - 1) * (x[1] - 1)) ** 2 + x[2] ** 2

    start = [1.0001, 1.0001, 0.0]
    certificate = ex.certify(crossing, start)
    assert certificate.eigenvalues.min() < 0
    assert certificate.verdict is DEGENERATE
    assert certificate.stationary_point is not None
    result = ex.minimize(crossing, start)
    assert result.success
    assert np.linalg.eigvalsh(result.hess).min() >= -result.certificate.eigenvalue_error.max()
