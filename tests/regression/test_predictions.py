"""Predictions for tables in files: row by row those of the estimator."""

import io

import numpy as np
import pyarrow.parquet as pq
import pytest

from extremum.outcomes import InvalidInput
from extremum.regression import LinearRegression, load_model, open_rows, save_model
from extremum.regression.predictions import predict_table, write_predictions


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,kind,y\n1,u,2\n2,v,5\n3,u,6.5\n4,v,9\n5,u,9.5\n")
    rows = open_rows(path, "y", categorical=["kind"])
    estimator = LinearRegression().fit_batches(rows)
    save_model(estimator, tmp_path / "model.json", encoding=rows.encoding, target="y")
    return load_model(tmp_path / "model.json")


def test_several_files_are_predicted_in_order(model, tmp_path):
    (tmp_path / "1.csv").write_text("kind,a\nv,7\nu,8\n")
    (tmp_path / "2.csv").write_text("a,kind,more\n-1,u,text\n")
    with pytest.raises(InvalidInput, match=r"only 2.csv has 'more'"):
        list(predict_table(model, [tmp_path / "1.csv", tmp_path / "2.csv"]))
    (tmp_path / "2.csv").write_text("a,kind\n-1,u\n")
    batches = list(predict_table(model, [tmp_path / "1.csv", tmp_path / "2.csv"]))
    found = np.concatenate([batch["prediction"].to_numpy() for batch in batches])
    slope, shift = model.estimator.coef_
    expected = model.estimator.intercept_ + slope * np.array([7, 8, -1]) + shift * np.eye(3)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_text_and_parquet_hold_the_same(model, tmp_path):
    new = tmp_path / "new.csv"
    new.write_text("a,kind\n0.1,u\n0.2,v\n0.3,u\n")
    stream = io.BytesIO()
    assert write_predictions(predict_table(model, [new]), stream) == 3
    assert write_predictions(predict_table(model, [new]), tmp_path / "out.parquet") == 3
    text = np.loadtxt(stream.getvalue().decode().splitlines(), skiprows=1)
    stored = pq.read_table(tmp_path / "out.parquet")["prediction"].to_numpy()
    np.testing.assert_array_equal(text, stored)


def test_nothing_is_written_where_the_first_rows_are_refused(model, tmp_path):
    new, out = tmp_path / "new.csv", tmp_path / "out.csv"
    new.write_text("a,kind\n0.1,w\n")
    with pytest.raises(InvalidInput, match=r"'w' in line 2 of new.csv, which the fit did not see"):
        write_predictions(predict_table(model, [new]), out)
    assert not out.exists()
