"""The rank of designs and the names in it, against exact elimination over the rationals."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp

from extremum.outcomes import InvalidInput
from extremum.regression.design import Block, RowBlocks
from extremum.regression.nullspace import null_space
from extremum.regression.rank import column_rank, rank_of_factor, rank_of_rows


class Parts(RowBlocks):
    """Rows that can only be walked through."""

    def __init__(self, X):
        self.X, (self.n_rows, self.n_features) = X, X.shape

    def __iter__(self):
        return (Block(part, np.zeros(len(part)), None) for part in np.array_split(self.X, 7))


def exact_null_space(design):
    """Rows that span the null space of an integer design, by elimination over the rationals."""
    rows = [[Fraction(int(v)) for v in row] for row in design]
    p, pivots = design.shape[1], []
    for j in range(p):
        at = len(pivots)
        chosen = next((i for i in range(at, len(rows)) if rows[i][j]), None)
        if chosen is None:
            continue
        rows[at], rows[chosen] = rows[chosen], rows[at]
        rows[at] = [v / rows[at][j] for v in rows[at]]
        for i, row in enumerate(rows):
            if i != at and row[j]:
                rows[i] = [v - row[j] * w for v, w in zip(row, rows[at], strict=True)]
        pivots.append(j)
    free = [j for j in range(p) if j not in pivots]
    return [
        {j: Fraction(1), **{q: -rows[i][j] for i, q in enumerate(pivots) if rows[i][j]}}
        for j in free
    ]


def planted(rng):
    """An integer design with dependencies of several kinds, in no particular order."""
    n = int(rng.integers(12, 80))
    columns = [rng.integers(-9, 10, n) for _ in range(rng.integers(1, 6))]
    for kind in rng.choice(6, size=rng.integers(0, 4)):
        if kind == 0:  # a combination of some
            some = rng.choice(len(columns), size=min(len(columns), 3), replace=False)
            columns.append(sum(int(rng.integers(1, 5)) * columns[j] for j in some))
        elif kind == 1:
            columns.append(np.zeros(n, dtype=int))
        elif kind == 2:
            columns.append(np.full(n, int(rng.integers(1, 9))))
        elif kind == 3:
            columns.append(columns[rng.integers(len(columns))])
        elif kind == 4:  # the dummy-variable trap
            columns += list(np.eye(3, dtype=int)[rng.integers(0, 3, n)].T)
        else:  # all but one row
            near = columns[rng.integers(len(columns))].copy()
            near[rng.integers(n)] += 1
            columns.append(near)
    return np.array(columns).T[:, rng.permutation(len(columns))]


@pytest.mark.parametrize("seed", range(200))
def test_ranks_and_names_are_those_of_exact_elimination(seed):
    rng = np.random.default_rng(seed)
    design = planted(rng)
    intercept = bool(seed % 2)
    units = np.exp(rng.uniform(-25, 25, design.shape[1]))  # not powers of 2: they round
    X = design * units
    form = [X, sp.csr_array(X), sp.csc_matrix(X)][seed % 3]
    found = column_rank(form, fit_intercept=intercept)

    whole = np.c_[np.ones(len(design)), design] if intercept else design
    exact = exact_null_space(whole)
    assert found.rank == whole.shape[1] - len(exact)
    named = sorted({j - intercept for row in exact for j in row} - {-1})
    assert found.collinear == tuple(f"x{j}" for j in named)
    assert len(found.independent) + intercept == found.rank
    for dependency in found.dependencies:
        at = [int(name[1:]) for name in dependency.columns]
        parts = X[:, at] * dependency.coefficients
        residual = parts.sum(axis=1) + dependency.intercept
        size = np.abs(parts).sum(axis=1).max() + abs(dependency.intercept)
        assert np.abs(residual).max() <= 1e-13 * size


@pytest.mark.parametrize("seed", range(40))
def test_ill_conditioned_designs_of_full_rank_are_not_accused(seed):
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(20, 200)), int(rng.integers(2, 12))
    left = np.linalg.qr(rng.normal(size=(n, d)))[0]
    right = np.linalg.qr(rng.normal(size=(d, d)))[0]
    X = left * np.logspace(0, -10, d) @ right
    assert not column_rank(X, fit_intercept=bool(seed % 2)).deficient


def test_no_small_diagonal_entry_is_needed_to_see_a_weak_combination():
    # Kahan's matrix: QR with column pivoting leaves it as it is, and no |r_kk| is tiny.
    n, c = 90, 0.2
    s = np.sqrt(1 - c**2)
    kahan = np.diag(s ** np.arange(n)) @ (np.eye(n) - c * np.triu(np.ones((n, n)), 1))
    kahan *= 1 - 1e-13 * np.arange(n)  # keeps the pivots in their order
    singular = np.linalg.svd(kahan / np.linalg.norm(kahan, axis=0), compute_uv=False)
    assert np.abs(np.diag(kahan)).min() > 100 * singular[-1]
    found = null_space(kahan, eps=singular[-1])
    assert len(found.combinations) == 1
    assert not len(null_space(kahan, eps=singular[-1] * 1e-6).combinations)


def test_the_equations_read_as_one_would_write_them():
    rng = np.random.default_rng(5)
    a, b, z = rng.normal(size=(3, 40))
    d1, d2, d3 = np.eye(3)[rng.integers(0, 3, 40)].T
    X = np.c_[a, b, a + 2 * b, a, 0 * a, 0 * a + 3, d1, d2, d3, 5 + z - 0.3 * a, z]
    found = column_rank(X, names="a b c twin nil three d1 d2 d3 y z".split())
    assert [str(dependency) for dependency in found.dependencies] == [
        "c = a + 2 b",
        "twin = a",
        "nil = 0",
        "three = 3",
        "d1 + d2 + d3 = 1",
        "z = 0.3 a + y - 5",
    ]
    assert "rank 6, but 12 columns" in found.message
    assert "leave out a column of each" in found.message


def test_rows_of_weight_zero_do_not_count():
    X = np.array([[1.0, 2], [2, 4], [3, 6], [4, 9]])
    assert not column_rank(X, fit_intercept=False).deficient
    found = column_rank(X, np.array([1.0, 1e-300, 2, 0]), fit_intercept=False)
    assert str(found.dependencies[0]) == "x1 = 2 x0"


def test_single_precision_is_judged_by_its_own_rounding():
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 300)).astype(np.float32)
    X = np.c_[a, b, np.float32(0.1) * a + b]
    assert column_rank(X).collinear == ("x0", "x1", "x2")
    assert not column_rank(X.astype(float)).deficient
    assert column_rank(X.astype(float), eps=np.finfo(np.float32).eps).deficient
    X[:, 2] *= 1 + np.float32(1e-3) * rng.normal(size=300).astype(np.float32)
    assert not column_rank(X).deficient


def test_a_single_row_among_many_breaks_a_dependency():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(30_000, 6))
    X[:, 5] = X[:, 0] - X[:, 2]
    assert column_rank(X).collinear == ("x0", "x2", "x5")
    X[17_123, 5] += 1.0
    assert not column_rank(X).deficient
    rare = np.zeros((30_000, 3))
    rare[[5, 29_999], [0, 1]] = 1.0  # indicators of one row each, and of none
    assert column_rank(sp.csr_array(np.c_[X, rare])).collinear == ("x8",)


def test_a_factor_and_blocks_tell_the_same():
    rng = np.random.default_rng(4)
    X = rng.normal(size=(500, 4))
    X = np.c_[X, X @ [1, 0, -2, 0] + 3]
    factor = np.linalg.qr(np.c_[np.ones(500), X], mode="r")
    by_factor = rank_of_factor(factor, names=list("abcde"))
    by_blocks = rank_of_rows(Parts(X), names=list("abcde"))
    for found in (by_factor, by_blocks):
        assert found.collinear == ("a", "c", "e")
        assert [str(d) for d in found.dependencies] == ["a = 2 c + e - 3"]


def test_fewer_rows_than_columns():
    X = np.random.default_rng(6).normal(size=(5, 90))
    found = column_rank(X)
    assert found.rank == 5
    assert found.nullity == 86
    assert "and 78 more" in found.message


def test_minimum_norm_solution_is_that_of_the_pseudoinverse():
    rng = np.random.default_rng(7)
    X = rng.normal(size=(60, 4))
    X = np.c_[X, X[:, 0] + X[:, 1] - 2, 2 * X[:, 3]]
    y = rng.normal(size=60)
    found = column_rank(X)
    kept = np.c_[np.ones(60), X[:, found.independent]]
    some = np.linalg.lstsq(kept, y, rcond=None)[0]
    coef = np.zeros(6)
    coef[found.independent] = some[1:]
    coef, intercept = found.minimum_norm(coef, some[0])
    centred = X - X.mean(axis=0)
    expected = np.linalg.pinv(centred) @ (y - y.mean())
    np.testing.assert_allclose(coef, expected, atol=1e-13)
    np.testing.assert_allclose(intercept, y.mean() - X.mean(axis=0) @ expected, atol=1e-13)
    several, constants = found.minimum_norm(
        np.array([coef + found.null_coef[0], coef]), np.zeros(2)
    )
    np.testing.assert_allclose(several, [coef, coef], atol=1e-13)
    assert constants[0] != 0 == constants[1] or abs(constants[1]) < 1e-13


def test_too_many_columns_are_refused():
    with pytest.raises(InvalidInput, match="4001 columns can't be examined"):
        column_rank(sp.csr_array((10, 4000)))
