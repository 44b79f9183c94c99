"""What the pictures of a fitted regression need to know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extremum.objective import Vector
from extremum.outcomes import InvalidInput
from extremum.plot.figure import literal

if TYPE_CHECKING:
    from extremum.regression.estimator import Regression


def feature_names(model: Regression) -> list[str]:
    """The names of the features as labels: those of the table, or x₀, x₁, …."""
    if hasattr(model, "feature_names_in_"):
        return [literal(name) for name in model.feature_names_in_]
    if model.n_features_in_ == 1:
        return ["$x$"]
    return [f"$x_{{{place}}}$" for place in range(model.n_features_in_)]


def with_names(model: Regression, X: Vector) -> Any:
    """Rows in the form that the model was fitted to: a frame where its columns had names."""
    if not hasattr(model, "feature_names_in_"):
        return X
    import pandas as pd

    return pd.DataFrame(X, columns=model.feature_names_in_)


def check_fitted(model: Any) -> None:
    """Refuse what is no fitted regression."""
    if not hasattr(model, "coef_"):
        raise InvalidInput(f"The {type(model).__name__} is no fitted regression; call fit first.")
