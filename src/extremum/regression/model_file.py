"""A fitted regression in a file of JSON: numbers and names, nothing that could be executed.

Numbers are written with as many digits as make them the same when they are read, so predictions are
the same bit for bit. A checksum over the content finds damage.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from extremum.outcomes import InvalidInput
from extremum.regression.estimator import Regression
from extremum.regression.linear import LinearRegression
from extremum.regression.logistic import LogisticRegression
from extremum.regression.poisson import PoissonRegression
from extremum.regression.tables.encoding import Encoding, Levels, Numbers

FORMAT = "extremum.regression"

VERSION = 1
"""Of the file's layout; files of higher versions are refused."""

MODELS: dict[str, type[Regression]] = {
    "linear": LinearRegression,
    "logistic": LogisticRegression,
    "poisson": PoissonRegression,
}
"""The estimators by the names that files and the command use."""

_PLAIN = (bool, int, float, str, type(None))
_LABELS: dict[str, tuple[type, type]] = {
    "text": (str, np.str_),
    "integer": (int, np.int64),
    "number": (float, np.float64),
    "truth": (bool, np.bool_),
}


class StoredModel(NamedTuple):
    """What a model file holds.

    Attributes
    ----------
    estimator : LinearRegression, LogisticRegression or PoissonRegression
        Fitted. It predicts; statistics need the table, and are not stored.
    encoding : Encoding
        How columns of a table become its features.
    target : str or None
        The name of what it explains.
    """

    estimator: Regression
    encoding: Encoding
    target: str | None


def save_model(
    estimator: Regression,
    path: str | Path,
    *,
    encoding: Encoding | None = None,
    target: str | None = None,
) -> None:
    """Write a fitted estimator to a file of JSON.

    Parameters
    ----------
    estimator : LinearRegression, LogisticRegression or PoissonRegression
        Parameters that are no plain values (`callback`, `stop`) are not stored.
    path : str or Path
    encoding : Encoding, optional
        Of the table that it was fitted to; by default its features are columns of numbers, named
        as in `feature_names_in_` or else by position.
    target : str, optional

    Raises
    ------
    InvalidInput
        If it is not fitted, or its classes are of mixed types.

    Examples
    --------
    >>> import tempfile
    >>> from extremum.regression import LinearRegression, load_model, save_model
    >>> model = LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 6.0])
    >>> path = f"{tempfile.mkdtemp()}/model.json"
    >>> save_model(model, path)
    >>> bool((load_model(path).estimator.coef_ == model.coef_).all())
    True
    """
    names = [name for name, kind in MODELS.items() if type(estimator) is kind]
    if not names or not hasattr(estimator, "coef_"):
        raise InvalidInput("Only a regression that has been fitted can be stored; call fit first.")
    named = getattr(estimator, "feature_names_in_", None)
    if encoding is None:
        columns = range(estimator.n_features_in_) if named is None else named
        encoding = Encoding(tuple(Numbers(str(column)) for column in columns))
    content = {
        "format": FORMAT,
        "version": VERSION,
        "written_by": f"extremum {importlib.metadata.version('extremum')}",
        "model": names[0],
        "parameters": {
            name: value
            for name, value in estimator.get_params(deep=False).items()
            if isinstance(value, _PLAIN)
        },
        "target": target,
        "features": [_described(column) for column in encoding.columns],
        "feature_names": None if named is None else list(map(str, named)),
        "coef": np.asarray(estimator.coef_).tolist(),
        "intercept": np.asarray(estimator.intercept_).tolist(),
        "n_iter": int(estimator.n_iter_),
    }
    if isinstance(estimator, LogisticRegression):
        content["classes"] = _labelled(estimator.classes_)
    content["checksum"] = _checksum(content)
    Path(path).write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def load_model(path: str | Path) -> StoredModel:
    """Read a fitted estimator from a file of JSON.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    StoredModel

    Raises
    ------
    InvalidInput
        If the file is damaged, is of another kind, or was written by a newer version.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} can't be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is no model file: it is not text.") from None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path} is no model file, or damaged: {error}.") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InvalidInput(
            f"{path} is no model file of extremum; `extremum fit … --out model.json` writes one."
        )
    version = content.get("version")
    if type(version) is not int:
        raise InvalidInput(f"{path} is damaged: {version!r} is no version. Write it anew.")
    if version > VERSION:
        raise InvalidInput(
            f"{path} was written by a newer version, {content.get('written_by')}: its layout is "
            f"{version}, and this one reads up to {VERSION}. Upgrade extremum."
        )
    try:
        if version != VERSION or content.pop("checksum") != _checksum(content):
            raise ValueError("its checksum does not fit its content")
        return _restored(content)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else error
        raise InvalidInput(f"{path} is damaged: {what}. Write it anew.") from None


def _checksum(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _described(column: Numbers | Levels) -> dict[str, Any]:
    if isinstance(column, Levels):
        return {"column": column.column, "levels": list(column.levels)}
    return {"column": column.column}


def _labelled(classes: NDArray[Any]) -> dict[str, Any]:
    values = classes.tolist()
    for kind, (type_, _) in _LABELS.items():
        if all(type(value) is type_ for value in values):
            return {"kind": kind, "values": values}
    raise InvalidInput("Classes of mixed types can't be stored; make all of them text.")


def _restored(content: Mapping[str, Any]) -> StoredModel:
    """Make an estimator of a content, of which nothing is taken on trust."""
    kind = MODELS.get(content["model"])
    if kind is None:
        raise ValueError(f"{content['model']!r} is no model")
    estimator = kind(**content["parameters"])
    estimator._check_parameters()
    encoding = Encoding(tuple(_column(each) for each in content["features"]))
    names = content["feature_names"]
    outputs: tuple[int, ...] = ()
    if isinstance(estimator, LogisticRegression):
        estimator.classes_ = _classes(content["classes"])
        k = len(estimator.classes_)
        outputs = (1 if k == 2 else k,)
    estimator.coef_ = _numbers(content["coef"], (*outputs, len(encoding.names)))
    intercept = _numbers(content["intercept"], outputs)
    estimator.intercept_ = intercept if outputs else float(intercept)
    estimator.n_features_in_ = len(encoding.names)
    estimator.n_iter_ = int(content["n_iter"])
    if names is not None:
        are_texts = type(names) is list and all(type(name) is str for name in names)
        if not are_texts or len(names) != len(encoding.names):
            raise ValueError("the names of its features don't fit")
        estimator.feature_names_in_ = np.array(names, dtype=object)
    target = content["target"]
    if target is not None and type(target) is not str:
        raise ValueError("the name of its target is no text")
    return StoredModel(estimator, encoding, target)


def _numbers(values: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    numbers = np.array(values, dtype=np.float64)
    if numbers.shape != shape:
        raise ValueError(f"its numbers have the shape {numbers.shape} in place of {shape}")
    if not np.isfinite(numbers).all():
        raise ValueError("it holds a number that is not finite")
    return numbers


def _column(described: Any) -> Numbers | Levels:
    name = described["column"]
    levels = described.get("levels")
    texts = [name] if levels is None else [name, *levels]
    if not all(type(text) is str for text in texts):
        raise ValueError(f"{name!r} does not describe a feature")
    if levels is None:
        return Numbers(name)
    if len(set(levels)) != len(levels) or len(levels) < 2:
        raise ValueError(f"the levels of {name!r} are not distinct")
    return Levels(name, tuple(levels))


def _classes(labelled: Any) -> NDArray[Any]:
    type_, dtype = _LABELS[labelled["kind"]]
    values = labelled["values"]
    if len(values) < 2 or not all(type(value) is type_ for value in values):
        raise ValueError("its classes are not what they are said to be")
    if not all(a < b for a, b in pairwise(values)):
        raise ValueError("its classes are not in order")
    return np.array(values, dtype=dtype)
