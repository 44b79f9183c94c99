"""Blocks of rows: all of them, in order, and samples spread over them."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import sparse

from extremum.regression import ArrayRows, RowBlocks
from extremum.regression.design import spread


class Pieces(RowBlocks):
    """A table in uneven pieces, as a file's."""

    def __init__(self, rows, bounds):
        self.blocks = [
            ArrayRows(rows.X[a:b], rows.y[a:b], None if rows.weight is None else rows.weight[a:b])
            for a, b in pairwise(bounds)
        ]
        self.n_rows, self.n_features = rows.n_rows, rows.n_features

    def __iter__(self):
        for rows in self.blocks:
            yield from rows


@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_array])
def test_blocks_are_the_table(convert):
    rng = np.random.default_rng(0)
    X, y, weight = rng.normal(size=(20_000, 3)), rng.normal(size=20_000), rng.random(20_000)
    rows = ArrayRows(convert(X), y, weight)
    blocks = list(rows)
    assert len(blocks) > 2
    dense = [b.X.toarray() if sparse.issparse(b.X) else b.X for b in blocks]
    np.testing.assert_array_equal(np.concatenate(dense), X)
    np.testing.assert_array_equal(np.concatenate([b.y for b in blocks]), y)
    np.testing.assert_array_equal(np.concatenate([b.weight for b in blocks]), weight)
    total, count = rows.total(lambda block: (block.y @ block.X, len(block.y)))
    np.testing.assert_allclose(total, y @ X, rtol=1e-11)
    assert count == 20_000


def test_a_sample_of_pieces_is_that_of_the_whole():
    rng = np.random.default_rng(0)
    rows = ArrayRows(rng.normal(size=(1000, 2)), np.arange(1000.0), rng.random(1000))
    whole, pieces = rows.sample(80), Pieces(rows, [0, 1, 500, 503, 990, 1000]).sample(80)
    np.testing.assert_array_equal(whole.X, pieces.X)
    np.testing.assert_array_equal(whole.y, pieces.y)
    np.testing.assert_array_equal(whole.weight, pieces.weight)


def test_a_sample_is_spread_and_of_distinct_rows():
    chosen = spread(1000, 100)
    assert len(np.unique(chosen)) == 100
    np.testing.assert_array_equal(chosen // 10, np.arange(100))
    np.testing.assert_array_equal(spread(5, 9), np.arange(5))
    assert len(np.unique(np.diff(chosen))) > 3  # not periodic


def test_the_same_sums_each_time():
    rng = np.random.default_rng(0)
    rows = ArrayRows(rng.normal(size=(50_000, 20)), rng.normal(size=50_000))
    one, other = (rows.total(lambda block: (block.y @ block.X,))[0] for _ in range(2))
    np.testing.assert_array_equal(one, other)
