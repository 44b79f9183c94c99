"""The functions against their definitions, written out; the fit against known powers."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.scaling.figure import draw_scaling
from benchmarks.scaling.fit import exponent, exponents
from benchmarks.scaling.functions import FUNCTIONS
from benchmarks.scaling.measure import measure


def test_chained_rosenbrock():
    fun, x0 = FUNCTIONS["chained Rosenbrock"].make(3)
    assert x0.size == 3
    assert fun(np.ones(3)) == 0
    assert fun(np.array([2.0, 3.0, 5.0])) == 100 * (3 - 4) ** 2 + 1 + 100 * (5 - 9) ** 2 + 4


def test_the_area_of_a_flat_graph_is_one():
    # The boundary's heights t² − s² are those of a saddle surface; added to it, a plane's area.
    fun, x0 = FUNCTIONS["minimal surface"].make(100)
    assert x0.size == 100
    assert fun(x0) > 1
    m = 10
    t = np.linspace(-1, 1, m + 2)
    saddle = np.add.outer(t**2, -(t**2))
    cells = 0.0
    for i in range(m + 1):
        for j in range(m + 1):
            d = saddle[i + 1, j + 1] - saddle[i, j]
            e = saddle[i + 1, j] - saddle[i, j + 1]
            cells += np.sqrt(1 + (d**2 + e**2) * (m + 1) ** 2 / 2) / (m + 1) ** 2
    assert fun(saddle[1:-1, 1:-1].ravel()) == pytest.approx(cells, rel=1e-13)


def test_quartic_action():
    fun, x0 = FUNCTIONS["quartic action"].make(3)
    np.testing.assert_allclose(x0, [1.5, 1.0, 0.5])
    kinetic = 4 * 0.5**2 / (2 * 0.25)
    potential = 0.25 * (2**4 + 1.5**4 + 1 + 0.5**4) / 4
    assert fun(x0) == pytest.approx(kinetic - potential, rel=1e-14)


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0])
def test_exponent(power):
    sizes = [1e4, 1e5, 1e6]
    assert exponent(sizes, [3 * n**power for n in sizes]) == pytest.approx(power)
    assert exponent([1e4], [1.0]) is None


def row_of(n: int) -> dict:
    return {
        "function": "f",
        "n": n,
        "success": True,
        "per_iteration": 1e-6 * n,
        "seconds": 2e-6 * n,
        "megabytes": 200 + 1e-3 * n,
        "megabytes_before": 200,
    }


def test_small_sizes_and_failures_are_left_out_of_the_fit(tmp_path):
    rows = [row_of(10**4), row_of(10**5), row_of(10**6), {"function": "f", "n": 10, "error": "no"}]
    small = row_of(100) | {"per_iteration": 1.0}
    cut_short = row_of(10**7) | {"per_iteration": 1e9, "success": False}
    assert exponents([small, *rows, cut_short])["per_iteration"] == pytest.approx(1.0)
    assert exponents(rows)["megabytes"] == pytest.approx(1.0)
    draw_scaling({"f": [*rows, cut_short]}, tmp_path / "scaling")
    assert (tmp_path / "scaling.png").stat().st_size > 1000


def test_a_measurement():
    found = measure("quartic action", 100, 10.0)
    assert found["success"]
    assert found["structure"] == "tridiagonal"
    parts = found["split"]
    assert 0 < parts["iterations"] <= found["seconds"]
    assert found["megabytes"] >= found["megabytes_before"] > 0
