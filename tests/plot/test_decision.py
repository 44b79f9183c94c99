"""The boundary that is drawn is the one where the classes are equally probable."""

import numpy as np
import pandas as pd
import pytest

from extremum.outcomes import InvalidInput
from extremum.plot import plot_decision
from extremum.regression import LogisticRegression

RNG = np.random.default_rng(5)
X = RNG.standard_normal((200, 2)) * [2, 30] + [5, 100]
NOISY = (X - [5, 100]) / [2, 30] @ [1, 1] + RNG.standard_normal(200)


def boundary(axes):
    """The vertices of the solid contours."""
    contours = [c for c in axes.collections if hasattr(c, "levels") and len(c.levels) == 1]
    return [np.concatenate([p.vertices for p in c.get_paths()]) for c in contours]


def test_two_classes():
    model = LogisticRegression().fit(X, NOISY > 0)
    axes = plot_decision(model, X, NOISY > 0)
    (line,) = boundary(axes)
    p = model.predict_proba(line)[:, 1]
    np.testing.assert_allclose(p, 0.5, atol=2e-3)
    (dashed,) = (c for c in axes.collections if len(getattr(c, "levels", ())) == 2)
    p = model.predict_proba(np.concatenate([path.vertices for path in dashed.get_paths()]))[:, 1]
    np.testing.assert_allclose(np.minimum(p, 1 - p), 0.1, atol=5e-3)
    rows = {line.get_label(): line.get_xydata() for line in axes.lines}
    np.testing.assert_array_equal(rows["True"], X[NOISY > 0])
    assert axes.get_xlabel() == "$x_{0}$"


def test_several_classes():
    y = np.digitize(NOISY, [-1, 1])
    model = LogisticRegression().fit(X, y)
    axes = plot_decision(model, X, y)
    lines = np.concatenate(boundary(axes))
    p = np.sort(model.predict_proba(lines), axis=1)
    np.testing.assert_allclose(p[:, -1], p[:, -2], atol=5e-3)


def test_the_colour_is_the_predicted_class():
    model = LogisticRegression().fit(X, NOISY > 0)
    axes = plot_decision(model, X, NOISY > 0)
    (image,) = axes.images
    colours = np.asarray(image.get_array())
    assert colours[0, 0, 2] > colours[0, 0, 0]  # blue for False, at the lower left
    assert colours[-1, -1, 2] < colours[-1, -1, 0]  # vermillion for True


def test_names_are_those_of_the_table_and_no_mathematics():
    frame = pd.DataFrame(X, columns=["price ($)", "tax ($)"])
    axes = plot_decision(LogisticRegression().fit(frame, NOISY > 0), frame, NOISY > 0)
    assert axes.get_xlabel() == r"price (\$)"
    axes.figure.draw_without_rendering()


def test_two_features_are_needed():
    model = LogisticRegression().fit(X[:, :1], NOISY > 0)
    with pytest.raises(InvalidInput, match="two features, and the model has 1"):
        plot_decision(model, X[:, :1], NOISY > 0)
