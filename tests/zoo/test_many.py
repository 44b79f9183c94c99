"""Cases of the zoo from several starts at once: what is said of their ends is true.

Each function is compiled anew for the batch, which takes a second: all that is rough, and some of
the rest. `python -m benchmarks zoo` runs every one.
"""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import extremum as ex
from tests.zoo.cases import FAMILIES, ZOO
from tests.zoo.judge import untrue

SMOOTH = [case for name in ("curved", "flat", "endless", "scales") for case in FAMILIES[name]][::6]
CASES = [
    case
    for case in (*FAMILIES["rough"], *SMOOTH)
    if not case.derivatives and np.ndim(case.start) <= 1
]
MOST_UNDECIDED = 0.1


def said(result, i):
    """What a result says of one end, as a certificate would."""
    return SimpleNamespace(
        verdict=result.verdicts[i],
        radius=None if np.isnan(result.radius[i]) else result.radius[i],
        is_minimum=True if result.success[i] else None,
        morse_index=result.morse_index[i],
        lower_point=None,
    )


@pytest.fixture(scope="module")
def results():
    found = {}
    for case in CASES:
        start = np.atleast_1d(np.asarray(case.start, float))
        starts = np.stack([start, 1.001 * start + 1e-3 * case.unit])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found[case.name] = ex.minimize_many(case.fun, starts, maxiter=300)
    return found


def test_most_run_as_one_batch(results):
    batches = [name for name, r in results.items() if "compiled" in r.method]
    assert len(batches) >= 0.6 * len(CASES)


def test_no_success_is_false_and_no_verdict_wrong(results):
    wrong = {}
    for name, result in results.items():
        for i, x in enumerate(result.x):
            found = untrue(ZOO[name], said(result, i), x)
            if result.success[i] and ZOO[name].is_false_success(x):
                found.append("the success is false")
            if found:
                wrong[name, i] = found
    assert not wrong


def test_few_of_the_smooth_are_undecided(results):
    verdicts = [verdict for case in SMOOTH for verdict in results[case.name].verdicts]
    assert verdicts.count(ex.Verdict.UNDECIDED) <= MOST_UNDECIDED * len(verdicts)
