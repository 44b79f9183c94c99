"""Who passes: a logistic regression from a table in a file to predictions, step by step.

Run it with ``python examples/regression.py``. The table, the model and the pictures go to
``demo/regression/``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.console import Console

from extremum.plot import plot_loss, plot_regression, plot_steps, save, write_report
from extremum.regression import LogisticRegression, load_model, open_rows, save_model
from extremum.regression.predictions import predict_table, write_predictions

FOLDER = Path(__file__).resolve().parents[1] / "demo" / "regression"


def write_table(path: Path) -> None:
    """400 students: hours of study, hours of sleep, and whether they passed. No header line."""
    rng = np.random.default_rng(1)
    hours = rng.gamma(4, 5, 400)
    sleep = rng.normal(7, 1, 400)
    margin = 0.2 * (hours - 20) + 0.8 * (sleep - 7)
    passed = np.where(rng.random(400) < 1 / (1 + np.exp(-margin)), "yes", "no")
    lines = (f"{h:.1f} {s:.2f} {p}\n" for h, s, p in zip(hours, sleep, passed, strict=True))
    path.write_text("".join(lines))


def main(folder: Path = FOLDER) -> None:
    """Read, fit three ways, judge, draw, store, predict."""
    console = Console(highlight=False)
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / "students.txt")

    console.rule("The table")
    rows = open_rows(folder / "students.txt", target="2", target_kind="label")
    console.print(f"{rows.n_rows} rows, features {', '.join(rows.feature_names)}")
    console.print(*rows.notes)

    console.rule("The same fit three ways")
    runs = [
        LogisticRegression(solver=solver, step=step, standardize=True).fit_batches(rows)
        for solver, step in (
            ("gradient-descent", 1.0),
            ("gradient-descent", "exact"),
            ("newton", None),
        )
    ]
    for model in runs:
        step = "" if model.step is None else f", step {model.step}"
        console.print(f"{model.solver + step:28}{model.n_iter_:4} iterations  {model.coef_[0]}")
    save(plot_loss(*runs), folder / "loss.png")
    save(plot_steps(*runs), folder / "steps.png")

    console.rule("Can it be trusted")
    model = runs[-1]
    console.print(model.summary())
    seen = rows.sample(1000)
    pictures = plot_regression(model, seen.X, seen.y)
    save(pictures["decision"], folder / "decision.png")
    write_report(folder / "report.html", model, rows, pictures)

    console.rule("Stored, and read back to predict")
    save_model(model, folder / "model.json", encoding=rows.encoding, target="passed")
    (folder / "new.txt").write_text("10 6.5\n30 8\n")
    found = predict_table(load_model(folder / "model.json"), [folder / "new.txt"])
    write_predictions(found, folder / "predictions.csv")
    console.print((folder / "predictions.csv").read_text())
    console.print(f"written: {folder}")


if __name__ == "__main__":
    main()
