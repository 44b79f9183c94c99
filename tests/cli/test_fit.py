"""`extremum fit` and `extremum predict` as a user runs them."""

import csv
import json
import math

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

from extremum.cli import main
from extremum.regression import LinearRegression, load_model


@pytest.fixture
def run(capfdbinary):
    """Run the command in this process; gives the exit code, stdout and stderr."""

    def command(*arguments):
        try:
            main([str(argument) for argument in arguments])
            code = 0
        except SystemExit as stop:
            code = stop.code
        out, err = (text.decode() for text in capfdbinary.readouterr())
        return code, out, err

    return command


@pytest.fixture
def line(tmp_path):
    """A hundred points near y = 2 + 3x, two columns without names."""
    rng = np.random.default_rng(0)
    x = np.linspace(0, 1, 100)
    table = np.column_stack([x, 2 + 3 * x + 0.1 * rng.standard_normal(100)])
    path = tmp_path / "line.txt"
    np.savetxt(path, table)
    return path, table


@pytest.fixture
def people(tmp_path):
    """Who passed, by age and group; text is quoted."""
    rng = np.random.default_rng(1)
    path = tmp_path / "people.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(["age", "group", "passed"])
        for age, group in zip(rng.uniform(18, 80, 200), rng.choice(["b", "a"], 200), strict=True):
            odds = (age - 50) / 10 + (group == "b")
            writer.writerow(
                [age, group, "yes" if rng.random() < 1 / (1 + math.exp(-odds)) else "no"]
            )
    return path


def test_a_line_through_two_columns_of_text(run, line):
    path, table = line
    code, out, err = run("fit", path, "--target", "1", "--model", "linear", "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert document["schema"] == "extremum.fit/1"
    assert document["rows"] == 100
    slope, intercept = np.polyfit(*table.T, 1)
    assert document["coef"] == pytest.approx([slope], rel=1e-10)
    assert document["intercept"] == pytest.approx(intercept, rel=1e-10)
    assert document["verdict"] == "MINIMUM"
    assert "line 1 is data" in document["notes"][0]


def test_json_has_the_names_of_minimize_and_those_of_a_fit(run, line):
    _, fitted, _ = run("fit", line[0], "--target", "1", "--model", "linear", "--json")
    _, minimized, _ = run("minimize", "x**2", "--start", "1", "--json")
    more = {"model", "rows", "target", "features", "coef", "intercept", "classes"}
    assert set(json.loads(fitted)) == set(json.loads(minimized)) | more


def test_what_was_decided_about_the_table_is_said(run, line, people):
    code, out, _ = run("fit", line[0], "--target", "1", "--model", "linear")
    assert code == 0
    assert "line 1 is data" in " ".join(out.split())
    _, out, _ = run(
        "fit", people, "--target", "passed", "--model", "logistic", "--categorical", "group"
    )
    assert "line 1 names the columns" in " ".join(out.split())
    assert "'a' is the reference" in " ".join(out.split())
    assert "group=b" in out


def test_the_decision_about_the_header_is_overruled(run, tmp_path):
    path = tmp_path / "years.csv"
    path.write_text("2000,2001\n1,2.5\n2,3.5\n3,4.9\n")
    code, out, _ = run("fit", path, "--target", "1", "--model", "linear", "--json")
    assert json.loads(out)["rows"] == 4
    code, out, _ = run("fit", path, "--target", "2001", "--model", "linear", "--header", "--json")
    assert (code, json.loads(out)["rows"]) == (0, 3)


def test_the_textbook_descent(run, line):
    path, table = line
    _, out, _ = run(
        "fit", path, "--target", "1", "--model", "linear", "--solver", "gradient-descent",
        "--step", "0.03", "--stop", "squared-step:1e-8", "--json",
    )  # fmt: skip
    document = json.loads(out)
    # The distance to least squares is at most ‖Δθ‖/(step·λmin), of the mean of half squares.
    design = np.column_stack([table[:, 0], np.ones(100)])
    smallest = np.linalg.eigvalsh(design.T @ design / 100)[0]
    least = np.linalg.lstsq(design, table[:, 1], rcond=None)[0]
    assert "SQUARED_STEP" in document["reasons"]
    assert np.linalg.norm(document["x"] - least) <= 1e-4 / (0.03 * smallest)
    assert document["nit"] > 100


def test_a_model_is_stored_and_predicts(run, people, tmp_path):
    model, out = tmp_path / "model.json", tmp_path / "predictions.csv"
    code, _, _ = run(
        "fit", people, "--target", "passed", "--model", "logistic", "--categorical", "group",
        "--out", model,
    )  # fmt: skip
    assert code == 0
    code, printed, err = run("predict", model, people)
    assert (code, err) == (0, "")
    assert run("predict", model, people, "--out", out)[:2] == (0, "")
    assert out.read_text() == printed
    assert run("predict", model, people, "--out", out.with_suffix(".parquet"))[0] == 0
    table, stored = pd.read_csv(out), pd.read_parquet(out.with_suffix(".parquet"))
    pd.testing.assert_frame_equal(table, stored, check_dtype=False, check_exact=True)
    data = pd.read_csv(people)
    features = np.column_stack([data["age"], data["group"] == "b"])
    estimator = load_model(model).estimator
    margin = features @ estimator.coef_[0] + estimator.intercept_[0]
    np.testing.assert_allclose(table["probability of yes"], 1 / (1 + np.exp(-margin)), rtol=1e-14)
    np.testing.assert_array_equal(table["prediction"], np.where(margin > 0, "yes", "no"))


def test_predictions_need_only_the_features(run, people, tmp_path):
    model, new = tmp_path / "model.json", tmp_path / "new.csv"
    arguments = ("--target", "passed", "--model", "logistic", "--categorical", "group")
    run("fit", people, *arguments, "--out", model)
    new.write_text("group,age\na,30\nb,70\n")
    code, printed, _ = run("predict", model, new)
    assert code == 0
    assert [row.split(",")[0] for row in printed.splitlines()[1:]] == ['"no"', '"yes"']
    new.write_text("group,age\na,30\nc,70\n")
    code, _, err = run("predict", model, new)
    assert code == 2
    assert "'c' in line 3 of new.csv" in err
    new.write_text("age\n30\n")
    assert "no column 'group'" in run("predict", model, new)[2]


def test_several_classes(run, tmp_path):
    X, y = load_iris(return_X_y=True)
    path = tmp_path / "iris.csv"
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    with path.open("w") as stream:  # as the UCI repository has it: without a header line
        csv.writer(stream).writerows([*row, name] for row, name in zip(X, names, strict=True))
    code, out, _ = run(
        "fit", path, "--target", "4", "--features", "0,1", "--model", "logistic", "--l2", "1e-3",
        "--json",
    )  # fmt: skip
    document = json.loads(out)
    assert code == 0
    assert document["rows"] == 150
    assert document["classes"] == ["setosa", "versicolor", "virginica"]
    assert np.shape(document["coef"]) == (3, 2)


def test_a_table_beyond_the_limit_gives_the_same_coefficients(run, people, monkeypatch):
    from extremum.regression.tables import rows as rows_of_tables

    arguments = ("fit", people, "--target", "passed", "--model", "logistic", "--features", "age")
    whole = json.loads(run(*arguments, "--json")[1])
    monkeypatch.setattr(rows_of_tables, "IN_MEMORY", 0)
    streamed = json.loads(run(*arguments, "--json")[1])
    np.testing.assert_allclose(streamed["coef"], whole["coef"], rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--target", "paid", "--model", "linear"], ["'paid'", "Did you mean 'passed'?"]),
        (["--target", "age", "--model", "linear"], ["Line 2", "'group'", "--categorical group"]),
        (["--target", "passed", "--model", "linear", "--features", "age"], ["Line 2", "'passed'"]),
        (["--target", "age", "--model", "logistic", "--features", "age"], ["can't be a feature"]),
        (["--target", "age", "--model", "lin"], ["'lin'", "linear, logistic, poisson"]),
        (["--target", "age", "--model", "linear", "--features", "a,,b"], ["a name is empty"]),
        (["--target", "age", "--model", "linear", "--out", "m.txt"], ["--out", ".json"]),
        (["--target", "age", "--model", "linear", "--report", "r.pdf"], [".html"]),
        (
            ["--target", "passed", "--model", "logistic", "--features", "age", "--solver", "newtn"],
            ["'newtn'", "'newton'"],
        ),
        (
            ["--target", "passed", "--model", "logistic", "--features", "age", "--step", "0.1"],
            ["solver"],
        ),
    ],
    ids=lambda value: " ".join(value)[:60],
)
def test_bad_input_is_named_in_a_sentence_or_two(run, people, arguments, words):
    code, out, err = run("fit", people, *arguments)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    for word in words:
        assert word in err


def test_quantities_are_no_classes(run, line):
    code, _, err = run("fit", line[0], "--target", "1", "--model", "logistic")
    assert code == 2
    assert "line 1 of line.txt" in err
    assert "--model linear" in err


def test_a_model_file_that_is_none_is_refused(run, line, tmp_path):
    for model in (line[0], tmp_path / "nofile.json"):
        code, out, err = run("predict", model, line[0])
        assert (code, out) == (2, "")
        assert model.name in err


def test_python_reads_what_the_command_wrote(run, line, tmp_path):
    path, table = line
    model = tmp_path / "model.json"
    run("fit", path, "--target", "1", "--model", "linear", "--out", model)
    stored = load_model(model)
    assert isinstance(stored.estimator, LinearRegression)
    assert stored.target == "1"
    frame = pd.DataFrame(table[:, :1], columns=["0"])
    _, printed, _ = run("predict", model, path)
    found = np.loadtxt(printed.splitlines(), skiprows=1)
    np.testing.assert_array_equal(found, stored.estimator.predict(frame))


def test_a_report_and_pictures_are_written(run, people, tmp_path):
    report, folder = tmp_path / "report.html", tmp_path / "new" / "pictures"
    code, _, err = run(
        "fit", people, "--target", "passed", "--model", "logistic", "--categorical", "group",
        "--report", report, "--plot", folder,
    )  # fmt: skip
    assert (code, err) == (0, "")
    names = {path.stem for path in folder.iterdir()}
    assert names == {"coefficients", "decision", "calibration", "loss", "steps"}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in folder.iterdir())
    assert report.read_text().count("data:image/png;base64,") == len(names)


def test_separated_classes_are_no_success_and_are_named(run, tmp_path):
    path = tmp_path / "separated.csv"
    path.write_text("dose,dead\n1,0\n2,0\n3,1\n4,1\n")
    arguments = ("fit", path, "--target", "dead", "--model", "logistic")
    code, out, err = run(*arguments, "--json")
    assert code == 1
    assert json.loads(out)["verdict"] == "RECEDING"
    assert "dose > 2.5" in err
    assert run(*arguments, "--separation", "raise")[0] == 2
    code, out, _ = run(*arguments, "--separation", "firth", "--json")
    assert (code, json.loads(out)["verdict"]) == (0, "MINIMUM")


def test_collinear_columns_are_named(run, tmp_path):
    path = tmp_path / "collinear.csv"
    path.write_text("a,b,c,y\n1,0,1,3\n0,1,1,2\n2,5,7,1\n3,1,4,4\n")
    arguments = ("fit", path, "--target", "y", "--model", "linear")
    _, _, err = run(*arguments)
    assert "c = a + b" in err
    code, _, err = run(*arguments, "--collinear", "raise")
    assert code == 2
    assert "c = a + b" in err
