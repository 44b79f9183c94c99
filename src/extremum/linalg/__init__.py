"""Symmetric matrices by storage: factor, solve, inertia, eigenpairs."""

from extremum.linalg.dense import DenseFactorization, DenseSymmetric
from extremum.linalg.inertia import certified_inertia
from extremum.linalg.pattern import Pattern
from extremum.linalg.sparse import SparseSymmetric
from extremum.linalg.symmetric import EPS, Factorizable, Factorization, Inertia, SymmetricMatrix

__all__ = [
    "EPS",
    "DenseFactorization",
    "DenseSymmetric",
    "Factorizable",
    "Factorization",
    "Inertia",
    "Pattern",
    "SparseSymmetric",
    "SymmetricMatrix",
    "certified_inertia",
]
