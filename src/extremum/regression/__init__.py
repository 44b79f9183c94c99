"""Regressions that say whether the fit exists and can be trusted."""

from extremum.regression.design import ArrayRows, Block, RowBlocks
from extremum.regression.linear import LinearRegression
from extremum.regression.logistic import LogisticRegression
from extremum.regression.model_file import StoredModel, load_model, save_model
from extremum.regression.poisson import PoissonRegression
from extremum.regression.tables import TableRows, open_rows

__all__ = [
    "ArrayRows",
    "Block",
    "LinearRegression",
    "LogisticRegression",
    "PoissonRegression",
    "RowBlocks",
    "StoredModel",
    "TableRows",
    "load_model",
    "open_rows",
    "save_model",
]
