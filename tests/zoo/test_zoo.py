"""Every method on every case of the zoo: no success is false, no verdict wrong, nothing hangs."""

import warnings

import numpy as np
import pytest

import extremum as ex
from tests.zoo.cases import FAMILIES, ZOO
from tests.zoo.judge import untrue

METHODS = {
    name: name
    for name in (
        "auto newton newton-cg bfgs l-bfgs conjugate-gradient gradient-descent barzilai-borwein"
    ).split()
}
METHODS |= {
    "pure Newton": ex.Newton(step=1),
    "exact steps": ex.GradientDescent(ex.ExactStep()),
    "fixed steps": ex.GradientDescent(0.05),
    "stationary": None,
}
FIRST_ORDER = {"gradient-descent", "barzilai-borwein", "exact steps", "fixed steps"}

LARGE = [case.name for case in FAMILIES["large"]]
SMALL = [name for name in ZOO if name not in LARGE]
MOST_UNDECIDED = 0.1


def run(name, method):
    """One run, of at most so many iterations."""
    case = ZOO[name]
    limits = {"maxiter": 100 if method in FIRST_ORDER else 300, "max_seconds": 10.0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if method == "stationary":
            return ex.stationary(case.fun, case.start, **limits, **case.derivatives)
        return ex.minimize(
            case.fun, case.start, method=METHODS[method], **limits, **case.derivatives
        )


def falsehoods(name, method, result):
    case = ZOO[name]
    found = untrue(case, result.certificate, result.x)
    if method != "stationary" and result.success and case.is_false_success(result.x):
        found.append(f"the success at {result.x} is false")
    return found


@pytest.fixture(scope="module")
def results():
    """All small cases, each method; a case's function is compiled once for all of them."""
    return {(name, method): run(name, method) for name in SMALL for method in METHODS}


def test_the_zoo_is_large_and_its_truths_have_sources():
    assert len(ZOO) >= 80
    assert len(ZOO) == sum(map(len, FAMILIES.values()))
    assert all(case.why for case in ZOO.values())
    assert {np.size(case.start) for case in ZOO.values()} >= {1, 100_000}


def test_no_success_is_false_and_no_verdict_wrong(results):
    found = {key: untrue for key, r in results.items() if (untrue := falsehoods(*key, r))}
    assert not found


def test_few_are_undecided(results):
    undecided = [k for k, r in results.items() if r.certificate.verdict is ex.Verdict.UNDECIDED]
    assert len(undecided) <= MOST_UNDECIDED * len(results)


def test_every_ending_has_its_reason(results):
    for key, result in results.items():
        assert result.reasons, key
        assert result.message, key
        assert result.certificate.evidence, key
        assert len(result.trace) == result.nit + 1


@pytest.mark.parametrize("name", SMALL)
def test_the_automatic_method_ends_at_the_truth(name, results):
    case, result = ZOO[name], results[name, "auto"]
    allowed = {case.verdict, ex.Verdict.UNDECIDED}
    if result.success:  # a minimum that the case knows: judged above
        return
    assert result.certificate.verdict in allowed | {ex.Verdict.NOT_STATIONARY}


@pytest.mark.parametrize(
    ("name", "method"),
    [
        (name, method)
        for name in LARGE
        for method in METHODS
        if np.size(ZOO[name].start) <= 1000 or method != "bfgs"  # which keeps a dense matrix
    ],
)
def test_many_variables(name, method):
    assert not falsehoods(name, method, run(name, method))


def test_a_matrix_that_would_not_fit_is_refused():
    name = max(LARGE, key=lambda name: np.size(ZOO[name].start))
    with pytest.raises(ex.InvalidInput, match="l-bfgs"):
        run(name, "bfgs")


def test_the_judge_is_no_rubber_stamp():
    """The negative control: what SciPy's methods claim on the saddle is found out."""
    from scipy import optimize

    case = ZOO["saddle"]
    claimed = optimize.minimize(case.fun, case.start, method="BFGS", jac=lambda x: 0 * x)
    assert claimed.success
    assert case.is_false_success(claimed.x)
    wrong = ex.certify(lambda x: np.sum(x**2), np.zeros(2))
    assert untrue(case, wrong, np.zeros(2))
    assert not untrue(case, ex.certify(case.fun, [0.0, 0.0]), np.zeros(2))
