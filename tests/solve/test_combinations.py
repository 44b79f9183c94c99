"""Options in any combination: a result or a clear refusal, and nothing else."""

import json
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import extremum as ex
from extremum.solve.options import METHODS
from tests.solve.traces import chained

NONSENSE = st.sampled_from([-1, "x", 1.5, float("nan"), float("inf"), [], {}, object(), b"x", True])
CHOICES = {
    "method": st.sampled_from(
        [*METHODS, "auto", ex.TrustRegion(0.1), ex.Newton(1), ex.GradientDescent(ex.ExactStep())]
    ),
    "jac": st.sampled_from([None, "2-point", "cs", ex.ForwardDifference(1e-6), True]),
    "hess": st.sampled_from([None, lambda x: np.eye(x.size), lambda x: np.eye(2)]),
    "hessp": st.sampled_from([None, lambda x, v: v]),
    "structure": st.sampled_from(["auto", "dense", "operator", "tridiagonal", 0, 1, np.eye(3)]),
    "stop": st.sampled_from([None, ex.RelativeStep(1e-3), [ex.GradientNorm(1), ex.ValueChange(0)]]),
    "tol": st.sampled_from([None, 0, 1e-3, 10]),
    "callback": st.sampled_from([None, lambda x: None]),
    "maxiter": st.integers(0, 6),
    "maxfev": st.none() | st.integers(0, 30),
    "max_seconds": st.sampled_from([None, 0, 5.0]),
    "keep_x": st.sampled_from([None, True, False]),
    "checkpoint": st.sampled_from([None, "run.ckpt", ex.Checkpoint("run.ckpt", iterations=2)]),
    "resume": st.sampled_from([None, False, True, "run.ckpt", "none.ckpt"]),
    "options": st.sampled_from([None, {}, {"gtol": 1e-3}, {"maxiter": 2}, {"what": 1}]),
}


@st.composite
def combinations(draw):
    names = draw(st.lists(st.sampled_from(list(CHOICES)), max_size=5, unique=True))
    found = {name: draw(CHOICES[name] if draw(st.integers(0, 7)) else NONSENSE) for name in names}
    return {"maxiter": 5, **found}


@settings(
    max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(options=combinations(), stationary=st.booleans())
def test_any_combination(options, stationary, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call = ex.stationary if stationary else ex.minimize
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            result = call(chained, np.array([-1.2, 1.0, 0.5]), **options)
        except ex.ExtremumError:
            return
    assert result.reasons
    assert "{" not in result.message
    assert len(result.trace) == result.nit + 1
    json.dumps(result.manifest, allow_nan=False)
    assert str(result)


@pytest.mark.parametrize("name", CHOICES)
def test_nonsense_is_refused_by_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if name in ("keep_x", "callback"):
        return
    with pytest.raises((ex.ExtremumError, TypeError)):
        ex.minimize(chained, np.array([-1.2, 1.0, 0.5]), **{name: object()})
