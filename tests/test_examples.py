"""The examples run, and write what they say."""

import importlib.util
from pathlib import Path

from matplotlib import pyplot as plt

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_regression(tmp_path, capsys):
    spec = importlib.util.spec_from_file_location("regression", EXAMPLES / "regression.py")
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    example.main(tmp_path)
    plt.close("all")
    assert {path.name for path in tmp_path.iterdir()} >= {
        "students.txt", "loss.png", "steps.png", "decision.png", "report.html", "predictions.csv",
    }  # fmt: skip
    out = capsys.readouterr().out
    assert "400 rows, features 0, 1" in out
    assert "probability of yes" in out
