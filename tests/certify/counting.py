"""Factorizations, counted."""

from collections import Counter
from contextlib import contextmanager
from unittest import mock

from extremum.linalg import DenseSymmetric, LowRankSum
from extremum.linalg.banded import BandedSymmetric, TridiagonalSymmetric
from extremum.linalg.sparse import SparseSymmetric

STORAGES = (TridiagonalSymmetric, BandedSymmetric, SparseSymmetric, LowRankSum, DenseSymmetric)


@contextmanager
def factorizations():
    """Those that are asked for while it lasts, by the storage's name.

    One within another, `cholesky` in `factor` or a sum's part, is no more.
    """
    calls, within = Counter(), []

    def counting(original):
        def counted(self, *args):
            if not within:
                calls[type(self).__name__] += 1
            within.append(True)
            try:
                return original(self, *args)
            finally:
                within.pop()

        return counted

    names = [(kind, name) for kind in STORAGES for name in {"factor", "cholesky"} & set(vars(kind))]
    patches = [mock.patch.object(kind, name, counting(vars(kind)[name])) for kind, name in names]
    for patch in patches:
        patch.start()
    try:
        yield calls
    finally:
        for patch in patches:
            patch.stop()
