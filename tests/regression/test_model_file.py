"""A model file gives the same predictions bit for bit, and what is no model file is refused."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extremum.outcomes import InvalidInput
from extremum.regression import (
    LinearRegression,
    LogisticRegression,
    PoissonRegression,
    load_model,
    save_model,
)
from extremum.regression.model_file import _checksum
from extremum.regression.tables import Encoding, Levels, Numbers

RNG = np.random.default_rng(3)
X = RNG.standard_normal((60, 2)) * [1, 1e-3]
NOISY = X @ [1, 2e3] + RNG.standard_normal(60)
NEW = RNG.standard_normal((500, 2)) * [3, 1e-2]
FITS = {
    "linear": (LinearRegression(), NOISY),
    "no intercept": (LinearRegression(fit_intercept=False, l2=0.1), NOISY),
    "poisson": (PoissonRegression(), RNG.poisson(2, 60)),
    "two classes": (LogisticRegression(standardize=True), NOISY > 0),
    "text classes": (LogisticRegression(), np.where(NOISY > 0, "späť", "no\nway")),
    "three classes": (LogisticRegression(), np.digitize(NOISY, [-1, 1])),
    "classes of numbers": (LogisticRegression(), np.digitize(NOISY, [-1, 1]) / 1.0),
}


@pytest.fixture(scope="module", params=FITS.values(), ids=FITS)
def fitted(request):
    estimator, y = request.param
    return estimator.fit(X, y)


def test_predictions_are_the_same_bit_for_bit(fitted, tmp_path):
    path = tmp_path / "model.json"
    save_model(fitted, path)
    again = load_model(path).estimator
    assert type(again) is type(fitted)
    assert again.get_params() == fitted.get_params()
    methods = [m for m in ("predict", "predict_proba", "decision_function") if hasattr(fitted, m)]
    for method in methods:
        here, there = getattr(fitted, method)(NEW), getattr(again, method)(NEW)
        assert here.dtype == there.dtype
        assert here.tobytes() == there.tobytes()
    second = tmp_path / "again.json"
    save_model(again, second)
    assert second.read_bytes() == path.read_bytes()


def test_statistics_are_not_stored_and_that_is_said(fitted, tmp_path):
    save_model(fitted, tmp_path / "model.json")
    again = load_model(tmp_path / "model.json").estimator
    for ask in (again.summary, again.conf_int):
        with pytest.raises(InvalidInput, match="a model file does not hold"):
            ask()


def test_encoding_and_names_are_kept(tmp_path):
    encoding = Encoding((Numbers("a"), Levels("colour", ("blue", "red"))))
    model = LinearRegression().fit(X, NOISY)
    path = tmp_path / "model.json"
    save_model(model, path, encoding=encoding, target="y")
    stored = load_model(path)
    assert (stored.encoding, stored.target) == (encoding, "y")


def test_names_of_a_frame_are_kept(tmp_path):
    frame = pd.DataFrame(X, columns=["a", "b"])
    path = tmp_path / "model.json"
    save_model(LinearRegression().fit(frame, NOISY), path)
    stored = load_model(path)
    assert stored.encoding.names == ("a", "b")
    assert stored.estimator.predict(frame).shape == (60,)


def test_what_is_not_fitted_or_no_regression_is_not_stored(tmp_path):
    for model in (LinearRegression(), object()):
        with pytest.raises(InvalidInput, match="fit"):
            save_model(model, tmp_path / "model.json")


@pytest.fixture(scope="module")
def content():
    """A valid content, for all that is to be done to it."""
    import tempfile
    from pathlib import Path

    path = Path(tempfile.mkdtemp(), "model.json")
    labels = np.where(NOISY > 0, "yes", "no")
    encoding = Encoding((Numbers("a"), Levels("colour", ("blue", "red"))))
    save_model(LogisticRegression().fit(X, labels), path, encoding=encoding)
    return path.read_text()


def refusal(path, text):
    if isinstance(text, bytes):
        path.write_bytes(text)
    else:
        path.write_text(text)
    with pytest.raises(InvalidInput) as error:
        load_model(path)
    return str(error.value)


def sealed(content, **changes):
    """A content with changes, and the checksum that fits it."""
    changed = {k: v for k, v in (json.loads(content) | changes).items() if k != "checksum"}
    changed = {k: v for k, v in changed.items() if v is not Ellipsis}
    return json.dumps(changed | {"checksum": _checksum(changed)})


def test_damage_is_found(content, tmp_path):
    path = tmp_path / "model.json"
    assert "damaged" in refusal(path, content[: len(content) // 2])
    digit = content.index("coef") + 20
    other = "1" if content[digit] != "1" else "2"
    assert "damaged" in refusal(path, content[:digit] + other + content[digit + 1 :])
    assert "damaged" in refusal(path, content.replace('"checksum"', '"sum"'))


def test_foreign_and_newer_files_are_refused(content, tmp_path):
    path = tmp_path / "model.json"
    for text in ("[]", "{}", '"extremum.regression"', '{"format": "other"}', "1"):
        assert "no model file of extremum" in refusal(path, text)
    assert "not text" in refusal(path, pickle.dumps(np.ones(3)))
    assert "no model file" in refusal(path, "coef_ = 3")
    assert "no model file" in refusal(path, "[" * 100_000)
    message = refusal(path, sealed(content, version=2, surplus=1))
    assert "newer version" in message
    assert "Upgrade" in message
    with pytest.raises(InvalidInput, match=r"nofile.json can't be read"):
        load_model(tmp_path / "nofile.json")


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "os.system"},
        {"model": ["linear"]},
        {"model": "linear"},
        {"parameters": {"solver": "rm -rf"}},
        {"parameters": {"__class__": "int"}},
        {"parameters": {"l2": "0"}},
        {"parameters": []},
        {"features": [{"column": "a"}]},
        {"features": [{"column": "a"}, {"column": 3}]},
        {"features": [{"column": "a"}, {"column": "b", "levels": ["u", "u"]}]},
        {"features": [{"column": "a"}, {"column": "b", "levels": ["u"]}]},
        {"features": "ab"},
        {"features": 2},
        {"feature_names": ["a"]},
        {"feature_names": [1, 2]},
        {"coef": [[1.0]]},
        {"coef": [["1", "x"]]},
        {"coef": [[1e999, 0.0]]},
        {"coef": [[float("nan"), 0.0]]},
        {"coef": [[10**400, 0.0]]},
        {"coef": None},
        {"intercept": 0.5},
        {"classes": {"kind": "text", "values": ["yes"]}},
        {"classes": {"kind": "text", "values": ["yes", "no"]}},
        {"classes": {"kind": "object", "values": ["no", "yes"]}},
        {"classes": {"kind": "integer", "values": [1, 2.5]}},
        {"n_iter": "many"},
        {"target": {}},
        {"version": 0},
        {"version": True},
        {"version": "1"},
        *({key: ...} for key in ("model", "parameters", "features", "coef", "classes", "n_iter")),
    ],
    ids=str,
)
def test_a_content_that_was_tampered_with_is_refused(content, changes, tmp_path):
    assert "damaged" in refusal(tmp_path / "model.json", sealed(content, **changes))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(data=st.data())
def test_any_value_in_any_place_is_read_or_refused(content, data, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "fuzzed.json"
    key = data.draw(st.sampled_from(sorted(set(json.loads(content)) - {"checksum"})))
    path.write_text(sealed(content, **{key: data.draw(JSON)}))
    try:
        estimator = load_model(path).estimator
    except InvalidInput:
        return
    assert np.isfinite(estimator.coef_).all()
    assert estimator.coef_.shape[1] == estimator.n_features_in_


@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_a_changed_byte_is_found(content, place, byte, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "flipped.json"
    raw = bytearray(content.encode())
    raw[int(place * len(raw))] = byte
    path.write_bytes(raw)
    try:
        estimator = load_model(path).estimator
    except InvalidInput:
        return
    # Blanks between the parts, or an escape in place of a letter, mean nothing.
    assert json.loads(raw) == json.loads(content)
    assert estimator.coef_.shape == (1, 2)
