"""The benchmark of a table larger than memory, on a table that is not."""

import numpy as np
import pytest

from benchmarks.regression.larger_than_memory import fit, simulate
from extremum.regression.tables import rows as rows_of_tables


@pytest.mark.parametrize("model", ["linear", "logistic", "poisson"])
def test_files_and_memory_give_the_same_coefficients(tmp_path, monkeypatch, model):
    path = tmp_path / "table.parquet"
    simulate(path, 3000, 4)
    monkeypatch.setattr(rows_of_tables, "IN_MEMORY", 0)
    streamed, whole = (fit(str(path), model, way) for way in ("files", "memory"))
    assert (streamed["in_memory"], whole["in_memory"]) == (False, True)
    assert streamed["verdict"] == whole["verdict"] == "MINIMUM"
    np.testing.assert_allclose(streamed["coef"], whole["coef"], rtol=1e-10)
    assert streamed["megabytes"] > 0
