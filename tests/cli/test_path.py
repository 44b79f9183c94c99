"""``extremum path``: what it prints, where, and its exit code."""

import json

import numpy as np
import pandas as pd
import pytest

from extremum.cli import main

QUARTIC = ["--potential", "x**4/4", "--from", "2", "--to", "0", "--duration", "1"]


@pytest.fixture
def run(capsys):
    """Run the command in this process; gives the exit code, stdout and stderr."""

    def command(*arguments):
        with pytest.raises(SystemExit) as stop:
            main(["path", *arguments])
        out, err = capsys.readouterr()
        return stop.value.code, out, err

    return command


def test_a_path_is_a_success_and_a_card(run):
    code, out, err = run(*QUARTIC)
    assert code == 0
    assert "MINIMUM" in out
    assert "Morse index  0, nullity 0" in out
    assert err == ""


def test_json_is_one_object_with_stable_names(run):
    code, out, _ = run(*QUARTIC, "--points", "101", "--rule", "rectangle", "--json")
    document = json.loads(out)
    assert code == 0
    assert document["schema"] == "extremum.path/1"
    assert document["nit"] == 6
    assert len(document["q"]) == 101
    names = (
        "schema success verdict is_minimum morse_index nullity eigenvalues conjugate_times action "
        "error_estimate energy_drift t q v momentum energy rule nit message evidence"
    )
    assert sorted(document) == sorted(names.split())


def test_tables_and_pictures_are_written(run, tmp_path):
    table, picture = tmp_path / "path.csv", tmp_path / "path.png"
    code, _, _ = run(*QUARTIC, "--tol", "1e-10", "--out", str(table), "--plot", str(picture))
    assert code == 0
    written = pd.read_csv(table)
    assert list(written) == ["t", "q", "v", "momentum", "energy"]
    # v²/2 + q⁴/4 all along.
    energy = written["v"] ** 2 / 2 + written["q"] ** 4 / 4
    np.testing.assert_allclose(energy, written["energy"], rtol=1e-12)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_several_coordinates_masses_and_a_guess(run, tmp_path):
    table = tmp_path / "path.parquet"
    code, out, _ = run(
        "--potential", "x0**2/2 + 4*x1**2", "--mass", "1,2", "--from", "1,0", "--to", "0,1",
        "--duration", "1", "--guess", "cos(t); t**2", "--out", str(table), "--json",
    )  # fmt: skip
    assert code == 0
    assert json.loads(out)["verdict"] == "MINIMUM"
    written = pd.read_parquet(table)
    t = written["t"]
    np.testing.assert_allclose(written["q0"], np.sin(1 - t) / np.sin(1), atol=1e-8)
    np.testing.assert_allclose(written["q1"], np.sin(2 * t) / np.sin(2), atol=1e-8)


def test_a_potential_that_depends_on_time(run):
    code, out, _ = run(
        "--potential", "-x*cos(t)", "--from", "0", "--to", "0", "--duration", "0,1", "--json"
    )
    document = json.loads(out)
    t = np.array(document["t"])
    assert code == 0
    np.testing.assert_allclose(document["q"], 1 - np.cos(t) - t * (1 - np.cos(1)), atol=1e-8)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"--duration": "0"}, ["duration is zero"]),
        ({"--to": "0,1"}, ["start has the shape"]),
        ({"--from": "a"}, ["--from", "'a'"]),
        ({"--mass": "0"}, ["singular"]),
        ({"--rule": "simpson"}, ["simpson", "lobatto8"]),
        ({"--points": "1"}, ["points"]),
        ({"--potential": "log(x)", "--to": "-1"}, ["not finite"]),
        ({"--potential": "__import__('os')"}, ["__import__"]),
        ({"--potential": "x.real"}, ["attribute"]),
        ({"--guess": "x"}, ["formula in t"]),
        ({"--guess": "t; t"}, ["2 formulas"]),
        ({"--out": "path.txt"}, [".csv or .parquet"]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_input_is_named_in_a_sentence_or_two(run, changed, words):
    options = dict(zip(QUARTIC[::2], QUARTIC[1::2], strict=True)) | changed
    code, out, err = run(*[part for pair in options.items() for part in pair])
    assert code == 2
    assert out == ""
    assert "Traceback" not in err
    for word in words:
        assert word in err
