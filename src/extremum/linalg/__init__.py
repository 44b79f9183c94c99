"""Symmetric matrices by storage: factor, solve, inertia, eigenpairs."""

from extremum.linalg.dense import DenseFactorization, DenseSymmetric
from extremum.linalg.symmetric import EPS, Factorizable, Factorization, Inertia, SymmetricMatrix

__all__ = [
    "EPS",
    "DenseFactorization",
    "DenseSymmetric",
    "Factorizable",
    "Factorization",
    "Inertia",
    "SymmetricMatrix",
]
