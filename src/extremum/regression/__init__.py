"""Regressions that say whether the fit exists and can be trusted."""

from extremum.regression.design import ArrayRows, Block, RowBlocks
from extremum.regression.linear import LinearRegression
from extremum.regression.logistic import LogisticRegression
from extremum.regression.poisson import PoissonRegression

__all__ = [
    "ArrayRows",
    "Block",
    "LinearRegression",
    "LogisticRegression",
    "PoissonRegression",
    "RowBlocks",
]
