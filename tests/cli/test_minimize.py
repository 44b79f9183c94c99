"""The command as a user runs it: what it prints, where, and its exit code."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from extremum.cli import main

TWO_WELLS = "x0**2 - 2*x0 + x1**4 - 2*x1**2 + x1"
MINIMIZER = -1.1071598716887675937  # the least root of 4y³ - 4y + 1, by mpmath


@pytest.fixture
def run(capsys):
    """Run the command in this process; gives the exit code, stdout and stderr."""

    def command(*arguments):
        with pytest.raises(SystemExit) as stop:
            main(list(arguments))
        out, err = capsys.readouterr()
        return stop.value.code, out, err

    return command


def test_a_minimum_is_a_success_and_a_card(run):
    code, out, err = run("minimize", TWO_WELLS, "--start", "2,0.25")
    assert code == 0
    assert "MINIMUM" in out
    assert "-1.10715987" in out
    assert err == ""


def test_json_is_one_object_with_stable_names(run):
    code, out, _ = run("minimize", TWO_WELLS, "--start", "2,0.25", "--json")
    document = json.loads(out)
    assert code == 0
    assert document["schema"] == "extremum.minimize/1"
    assert document["verdict"] == "MINIMUM"
    assert document["x"] == pytest.approx([1, MINIMIZER], abs=document["radius"])
    assert document["reasons"] == ["GRADIENT_NORM"]
    assert document["njev"] < 15
    names = (
        "schema success verdict is_minimum x fun gradient_norm gradient_floor eigenvalues "
        "morse_index nullity radius distance lower_point lower_value flat_directions ray reasons "
        "message nit nfev njev nhev nhvp seconds method source notes"
    )
    assert sorted(document) == sorted(names.split())


def test_json_has_null_where_a_number_is_not_finite(run):
    code, out, _ = run("minimize", "-x**2", "--start", "1", "--json")
    document = json.loads(out, parse_constant=pytest.fail)
    assert code == 1
    assert document["verdict"] == "UNBOUNDED"
    assert document["radius"] is None


@pytest.mark.parametrize(
    ("expression", "start", "verdict"),
    [("exp(-x)", "0", "RECEDING"), ("x**3", "1", "DEGENERATE"), ("-x**2", "1", "UNBOUNDED")],
)
def test_what_is_no_minimum_exits_with_one(run, expression, start, verdict):
    code, out, _ = run("minimize", expression, "--start", start, "--maxiter", "60", "--json")
    document = json.loads(out)
    assert code == 1
    assert not document["success"]
    # x³ falls without bound on the other side of its inflection: both are true of the run.
    assert document["verdict"] in (verdict, "UNBOUNDED")


def test_the_textbook_run(run, tmp_path):
    table = tmp_path / "run.parquet"
    code, out, _ = run(
        "minimize", TWO_WELLS, "--start", "2,0.25", "--method", "gradient-descent",
        "--step", "0.15", "--jac", "2-point:1e-6", "--stop", "relative-step:1e-8",
        "--trace", str(table), "--json",
    )  # fmt: skip
    document = json.loads(out)
    assert code == 0
    assert document["nit"] == 50
    np.testing.assert_allclose(document["x"], [0.99999952, -1.10716037], atol=5e-9)
    assert document["fun"] == pytest.approx(-3.0561728852428938, rel=1e-15)
    trace = pd.read_parquet(table)
    assert len(trace) == 51
    assert trace["fun"][10] == pytest.approx(-2.9309660541, abs=5e-11)


def test_traces_and_pictures_are_written(run, tmp_path):
    table, picture = tmp_path / "run.csv", tmp_path / "run.png"
    code, _, _ = run(
        "minimize", TWO_WELLS, "--start", "2,0.25", "--trace", str(table), "--plot", str(picture)
    )
    assert code == 0
    assert pd.read_csv(table)["grad_norm"].iloc[-1] < 1e-8
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_function_in_a_file(run, tmp_path):
    source = tmp_path / "model.py"
    source.write_text("import numpy as np\ndef misfit(x):\n    return np.sum((x - 3) ** 2)\n")
    code, out, _ = run("minimize", f"{source}:misfit", "--start", "1,2", "--json")
    assert code == 0
    assert json.loads(out)["x"] == pytest.approx([3, 3])


def test_a_functions_own_exception_is_shown_with_the_point(run, tmp_path):
    source = tmp_path / "model.py"
    source.write_text("def misfit(x):\n    raise ZeroDivisionError('no mass')\n")
    code, out, err = run("minimize", f"{source}:misfit", "--start", "1,2")
    assert code == 2
    assert out == ""
    assert "ZeroDivisionError: no mass" in err
    assert "x = [1, 2]" in err


def test_derivatives_by_differences_are_said_on_stderr(run, tmp_path):
    source = tmp_path / "model.py"
    source.write_text("def misfit(x):\n    return (float(x[0]) - 1) ** 2\n")
    code, out, err = run("minimize", f"{source}:misfit", "--start", "2", "--json")
    assert code == 0
    assert json.loads(out)["source"] == "central differences"
    assert "plain float" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["x**2", "--start", "a"], ["'a'", "--start 2,0.25"]),
        (["x**2", "--start", ""], ["''"]),
        (["x**2", "--start", "nan"], ["not finite"]),
        (["x**2", "--start", "1,2"], ["returned an array"]),
        (["x.__class__", "--start", "1"], ["x.__class__", "attribute"]),
        (["__import__('os')", "--start", "1"], ["__import__"]),
        (["x0 + x1", "--start", "1"], ["2 component"]),
        (["x**2", "--start", "1", "--method", "newtn"], ["newtn", "Did you mean 'newton'"]),
        (["x**2", "--start", "1", "--step", "0.1"], ["--step", "--method"]),
        (
            ["x**2", "--start", "1", "--method", "newton", "--step", "armjo"],
            ["Did you mean armijo"],
        ),
        (["x**2", "--start", "1", "--jac", "2point"], ["2point", "Did you mean 2-point"]),
        (["x**2", "--start", "1", "--jac", "2-point:0"], ["positive"]),
        (["x**2", "--start", "1", "--stop", "gradient-norm"], ["needs a tolerance"]),
        (["x**2", "--start", "1", "--stop", "gradientnorm:1"], ["Did you mean gradient-norm"]),
        (["x**2", "--start", "1", "--trace", "run.txt"], [".parquet or .csv"]),
        (["x**2", "--start", "1", "--plot", "nowhere/run.png"], ["no folder nowhere"]),
        (["nofile.py:f", "--start", "1"], ["no file nofile.py"]),
        (["log(x)", "--start", "-1"], ["nan at the start"]),
    ],
    ids=lambda value: " ".join(value)[:40],
)
def test_bad_input_is_named_in_a_sentence_or_two(run, arguments, words):
    code, out, err = run("minimize", *arguments)
    assert code == 2
    assert out == ""
    assert "Traceback" not in err
    assert err.count(". ") <= 2
    for word in words:
        assert word in err


def test_a_file_without_the_function_offers_the_near_one(run, tmp_path):
    source = tmp_path / "model.py"
    source.write_text("def misfit(x):\n    return x @ x\n")
    code, _, err = run("minimize", f"{source}:misfti", "--start", "1")
    assert code == 2
    assert "Did you mean misfit?" in err


def test_the_installed_command_is_silent_on_a_pipe():
    command = Path(sys.executable).with_name("extremum")
    done = subprocess.run(
        [command, "minimize", "(x - 2)**2", "--start", "0", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert json.loads(done.stdout)["x"] == pytest.approx([2])
