"""The exponent p of cost ∝ nᵖ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

FROM = 10_000
"""Sizes below this one are left out of the fit: there the cost of a call dominates."""


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float | None:
    """The slope of log cost over log n by least squares; None where there are fewer than two."""
    if len(sizes) < 2:
        return None
    slope = np.polynomial.Polynomial.fit(np.log(sizes), np.log(costs), 1).convert().coef[1]
    return float(slope)


def exponents(rows: Sequence[dict[str, Any]]) -> dict[str, float | None]:
    """The exponents of one function's successful measurements.

    None of the time in all: compilation takes most of it up to n = 10⁵, and does not grow.
    """
    large = [row for row in rows if row.get("success") and row["n"] >= FROM]
    sizes = [row["n"] for row in large]
    return {
        "per_iteration": exponent(sizes, [row["per_iteration"] for row in large]),
        "megabytes": exponent(
            sizes, [max(row["megabytes"] - row["megabytes_before"], 1.0) for row in large]
        ),
    }
