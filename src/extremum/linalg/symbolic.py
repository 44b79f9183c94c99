"""What a factorization costs, before it is made."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix
from scipy.sparse.csgraph import reverse_cuthill_mckee
from scipy.sparse.linalg import spilu

Indices = NDArray[np.integer[Any]]

DENSE_FILL = 0.1
"""From this part of all entries on, a matrix is counted as dense: reordering won't help much."""

NARROW = 4.0
"""A profile of at most this many times the entries is its own estimate of the fill."""


def factor_counts(n: int, rows: Indices, cols: Indices, bandwidth: int) -> tuple[float, float]:
    """Entries of L below its diagonal, and multiplications, of LDLᵀ after reordering.

    Nothing is factored, so a pattern that would fill up is counted as fast as any: it takes about a
    microsecond an entry, and less where the profile is narrow.

    Parameters
    ----------
    n, rows, cols
        The lower triangle's entries, the diagonal's among them, sorted by column.
    bandwidth
        The largest distance of an entry from the diagonal.
    """
    whole = n * (n - 1) / 2
    if len(rows) - n >= DENSE_FILL * whole:
        return whole, n**3 / 6
    narrow = _profile(n, rows, cols)
    if narrow.sum() > NARROW * len(rows):
        graph = csc_matrix((np.ones(len(rows)), (rows, cols)), shape=(n, n))
        order = reverse_cuthill_mckee((graph + graph.T).tocsr(), symmetric_mode=True)
        place = np.empty(n, np.int64)
        place[order] = np.arange(n)
        a, b = place[rows], place[cols]
        narrow = _profile(n, np.maximum(a, b), np.minimum(a, b))
    if narrow.sum() <= NARROW * len(rows):
        widths = narrow
    else:
        widths = column_counts(n, rows, cols, minimum_degree(n, rows, cols))
    return float(widths.sum()), float((widths.astype(float) ** 2).sum() / 2 + widths.sum())


def _profile(n: int, rows: Indices, cols: Indices) -> NDArray[np.int64]:
    """How far each row reaches to the left of the diagonal: all that a factorization can fill."""
    first = np.arange(n)
    np.minimum.at(first, rows, cols)
    return np.arange(n) - first


def minimum_degree(n: int, rows: Indices, cols: Indices) -> Indices:
    """The place of each variable, of shape (n,), in an order of small fill.

    SuperLU's multiple minimum degree, which it gives away with an incomplete factorization that
    drops everything.
    """
    below = rows != cols
    shape = (n, n)
    # Dominated by the diagonal, so that it can't break down and every other entry is dropped.
    coupling = csc_matrix((np.full(below.sum(), 1e-3), (rows[below], cols[below])), shape=shape)
    matrix = csc_matrix(coupling + coupling.T)
    degree = np.diff(matrix.indptr)
    diagonal = csc_matrix((1.0 + degree, (np.arange(n), np.arange(n))), shape=shape)
    dropped = spilu(
        csc_matrix(matrix + diagonal),
        drop_tol=0.5,
        fill_factor=1,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    return np.asarray(dropped.perm_c)


def column_counts(n: int, rows: Indices, cols: Indices, place: Indices) -> NDArray[np.int64]:
    """Entries of each column of L below its diagonal, of shape (n,), in almost linear time.

    References
    ----------
    Gilbert, Ng & Peyton, SIAM J. Matrix Anal. Appl. 15 (1994) 1075, figure 3; Davis, Direct Methods
    for Sparse Linear Systems, chapter 4.
    """
    below = rows != cols
    a, b = place[rows[below]], place[cols[below]]
    graph = csc_matrix((np.ones(len(a)), (np.maximum(a, b), np.minimum(a, b))), shape=(n, n))
    graph.sort_indices()
    transposed = csc_matrix(graph.T)
    transposed.sort_indices()
    parent = _elimination_tree(n, transposed)
    order = _postorder(n, parent)

    starts, targets = graph.indptr.tolist(), graph.indices.tolist()
    first, count = [-1] * n, [0] * n
    for k, j in enumerate(order):
        # The first descendant of j; a leaf is its own.
        count[j] = 1 if first[j] == -1 else 0
        while j != -1 and first[j] == -1:
            first[j] = k
            j = parent[j]
    reached, last, ancestor = [-1] * n, [-1] * n, list(range(n))
    for j in order:
        up = parent[j]
        if up != -1:
            count[up] -= 1  # j is no child that begins a new row of its own
        begin = first[j]
        for i in targets[starts[j] : starts[j + 1]]:
            if begin <= reached[i]:
                continue  # j is no leaf of the i-th row's subtree
            reached[i] = begin
            count[j] += 1
            leaf, last[i] = last[i], j
            if leaf != -1:
                root = leaf
                while root != ancestor[root]:
                    ancestor[root] = ancestor[ancestor[root]]
                    root = ancestor[root]
                count[root] -= 1
        if up != -1:
            ancestor[j] = up
    for j in order:
        if parent[j] != -1:
            count[parent[j]] += count[j]
    return np.asarray(count, np.int64) - 1


def _elimination_tree(n: int, upper: csc_matrix) -> list[int]:
    """The parent of each column, -1 for a root (Liu 1990): from the upper triangle by columns."""
    starts, sources = upper.indptr.tolist(), upper.indices.tolist()
    parent, ancestor = [-1] * n, [-1] * n
    for k in range(n):
        for i in sources[starts[k] : starts[k + 1]]:
            while i != -1 and i < k:
                above, ancestor[i] = ancestor[i], k
                if above == -1:
                    parent[i] = k
                i = above
    return parent


def _postorder(n: int, parent: list[int]) -> list[int]:
    """Every column after its descendants."""
    children: list[list[int]] = [[] for _ in range(n)]
    stack: list[int] = []
    for j in range(n - 1, -1, -1):
        (children[parent[j]] if parent[j] != -1 else stack).append(j)
    order = []
    while stack:
        j = stack.pop()
        order.append(j)
        # The largest first: reversed below, so that parents come last.
        stack.extend(children[j])
    return order[::-1]
