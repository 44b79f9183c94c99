"""The result and its trace: fields, arithmetic, files, cards."""

import copy
import io
import pickle

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from scipy.optimize import OptimizeResult

import extremum as ex
from extremum.solve.trace import COLUMNS


def rosenbrock(x):
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def rosenbrock_gradient(x):
    return np.array([-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)])


@pytest.fixture(scope="module")
def result():
    return ex.minimize(rosenbrock, [-1.2, 1.0])


@pytest.fixture(scope="module")
def newton():
    return ex.minimize(rosenbrock, [-1.2, 1.0], method="newton")


class TestTrace:
    def test_columns(self, result):
        expected = (
            "nit fun grad_norm step_norm relative_step step_length radius nfev njev nhev nhvp "
            "seconds event"
        )
        assert tuple(expected.split()) == COLUMNS
        assert list(result.trace.to_pandas().columns) == [*COLUMNS, "x0", "x1"]

    @pytest.mark.parametrize("run", ["result", "newton"])
    def test_every_number_recomputed(self, run, request):
        result = request.getfixturevalue(run)
        trace = result.trace
        x = trace.x
        assert len(trace) == result.nit + 1 == len(x)
        np.testing.assert_array_equal(trace["nit"], np.arange(len(trace)))
        np.testing.assert_allclose(trace["fun"], [rosenbrock(p) for p in x], rtol=1e-9, atol=1e-25)
        norms = [np.abs(rosenbrock_gradient(p)).max() for p in x]
        np.testing.assert_allclose(trace["grad_norm"], norms, rtol=1e-9, atol=1e-12)
        moved = np.diff(x, axis=0)
        np.testing.assert_allclose(trace["step_norm"][1:], np.linalg.norm(moved, axis=1))
        np.testing.assert_allclose(
            trace["relative_step"][1:], np.sum(np.abs(moved / x[1:]), axis=1)
        )
        for name in ("step_norm", "relative_step", "step_length"):
            assert np.isnan(trace[name][0])
        assert (np.diff(trace["seconds"]) >= 0).all()

    def test_the_radius_bounds_the_next_step(self, result, newton):
        trace = result.trace
        assert (trace["step_norm"][1:] <= (1 + 1e-9) * trace["radius"][:-1]).all()
        assert np.isnan(newton.trace["radius"]).all()

    def test_no_extra_evaluations(self, result):
        trace = result.trace
        assert trace["nfev"][0] == trace["njev"][0] == trace["nhev"][0] == 1
        assert (result.nfev, result.njev, result.nhev) == tuple(
            trace[-1][n] for n in ("nfev", "njev", "nhev")
        )
        assert result.nfev == result.njev == result.nhev  # by one call, for few variables
        silent = ex.minimize(rosenbrock, [-1.2, 1.0], keep_x=False)
        assert silent.nfev == result.nfev

    def test_newton_takes_a_hessian_a_step(self, newton):
        trace = newton.trace
        assert trace["nhev"][0] == 0
        assert (trace["nhev"] == trace["nit"]).all()
        assert newton.nhev == newton.nit

    def test_rows_and_columns(self, result):
        trace = result.trace
        assert trace[2]["fun"] == trace["fun"][2]
        assert trace[-1]["nit"] == result.nit
        with pytest.raises(KeyError, match="no column"):
            trace["funn"]
        assert f"{result.nit} iterations" in repr(trace)

    def test_keep_x(self, result):
        assert ex.minimize(rosenbrock, [-1.2, 1.0], keep_x=False).trace.x is None
        fun = lambda x: np.sum(x**2)  # noqa: E731
        assert ex.minimize(fun, np.ones(101)).trace.x is None
        assert ex.minimize(fun, np.ones(101), keep_x=True).trace.x.shape[1] == 101

    def test_parquet_round_trip(self, result, tmp_path):
        result.trace.to_parquet(tmp_path / "trace.parquet")
        pd.testing.assert_frame_equal(
            pd.read_parquet(tmp_path / "trace.parquet"), result.trace.to_pandas()
        )

    def test_csv_keeps_every_digit(self, result, tmp_path):
        result.trace.to_csv(tmp_path / "trace.csv")
        table = pd.read_csv(tmp_path / "trace.csv")
        np.testing.assert_array_equal(table["fun"], result.trace["fun"])
        np.testing.assert_array_equal(table["x1"], result.trace.x[:, 1])

    def test_in_a_notebook(self, result):
        assert "<table" in result.trace._repr_html_()


class TestResult:
    def test_scipys_fields(self, result):
        theirs = OptimizeResult
        assert issubclass(theirs, dict)
        names = "x fun jac hess success status message nit nfev njev nhev".split()
        for name in names:
            assert name in result
            assert getattr(result, name) is result[name] or getattr(result, name) == result[name]
            assert name in dir(result)
        assert result.status == 0
        assert type(result.success) is bool
        assert isinstance(result.x, np.ndarray)

    def test_attributes_of_our_own(self, result):
        for name in "trace certificate reasons source structure manifest method notes".split():
            assert name in result
        with pytest.raises(AttributeError, match="funn"):
            _ = result.funn
        with pytest.raises(KeyError):
            result["funn"]
        changed = copy.copy(result)
        changed.note = "mine"
        assert changed["note"] == "mine"

    def test_value_and_gradient_are_those_at_x(self, result):
        assert result.fun == pytest.approx(rosenbrock(result.x), rel=1e-9, abs=1e-25)
        np.testing.assert_allclose(result.jac, rosenbrock_gradient(result.x), atol=1e-11)

    def test_hess_inv_on_demand(self, result):
        np.testing.assert_allclose(result.hess_inv @ result.hess, np.eye(2), atol=1e-9)
        np.testing.assert_array_equal(result["hess_inv"], result.hess_inv)
        singular = ex.minimize(lambda x: x[0] ** 2 + x[1] ** 4, [0.0, 0.0])
        assert singular.hess_inv is None

    def test_manifest(self, result):
        manifest = result.manifest
        assert manifest["method"] == "TrustRegion(radius=None, scaled=False)"
        assert manifest["structure"] == result.structure == "dense"
        assert set(manifest["versions"]) >= {"python", "numpy", "jax", "extremum"}

    def test_pickles_without_its_function(self, result):
        again = pickle.loads(pickle.dumps(result))
        assert "objective" not in again
        np.testing.assert_array_equal(again.x, result.x)
        assert again.certificate.verdict is ex.Verdict.MINIMUM
        assert str(again) == str(result)

    def test_copies(self, result):
        assert dict(result).keys() == result.keys()
        assert isinstance(copy.copy(result), ex.Result)


class TestCards:
    def test_in_a_terminal(self, result):
        text = str(result)
        assert "MINIMUM: a strict local minimum" in text
        for label in (
            "success",
            "value",
            "gradient",
            "eigenvalues",
            "within",
            "stopped",
            "derivatives",
        ):
            assert label in text
        assert max(map(len, text.splitlines())) <= 88
        assert repr(result) == text

    def test_with_rich(self, result):
        console = Console(width=100, record=True, file=io.StringIO())
        console.print(result)
        assert "MINIMUM" in console.export_text()

    def test_in_a_notebook_nothing_is_markup(self):
        page = ex.minimize(rosenbrock, [-1.2, 1.0], stop=ex.RelativeStep(0.5))._repr_html_()
        assert page.startswith("<div")
        fake = ex.minimize(lambda x: np.sum(x**2), [1.0, 2.0])
        fake["message"] = "<script>alert(1)</script> & more"
        page = fake._repr_html_()
        assert "<script>" not in page
        assert "&lt;script&gt;" in page

    @pytest.mark.parametrize(
        ("fun", "x0", "words"),
        [
            (lambda x: x[0] ** 2 - x[1] ** 2, [0.0, 0.0], "SADDLE: a saddle point, Morse index 1"),
            (lambda x: x[0] ** 2 + x[1] ** 4, [0.0, 0.0], "flat along"),
            (lambda x: x[0] ** 2 - x[1] ** 4, [0.0, 0.0], "not a minimum"),
            (lambda x: -x[0], [0.0], "ray"),
            (lambda x: x**2, 0.0, "MINIMUM"),
        ],
    )
    def test_other_verdicts(self, fun, x0, words):
        result = ex.stationary(fun, x0)
        assert words in str(result)
        assert words.split(":")[0] in result._repr_html_()

    def test_many_variables_are_shortened(self):
        result = ex.minimize(lambda x: np.sum((x - 1) ** 2), np.zeros(20))
        text = str(result)
        assert "(20 in all)" in text
        assert len(text.splitlines()) < 30
