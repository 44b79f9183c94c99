"""Symmetric matrices by storage: factor, solve, inertia, eigenpairs."""

from extremum.linalg.dense import DenseFactorization, DenseSymmetric
from extremum.linalg.symmetric import Factorizable, Factorization, Inertia, SymmetricMatrix

__all__ = [
    "DenseFactorization",
    "DenseSymmetric",
    "Factorizable",
    "Factorization",
    "Inertia",
    "SymmetricMatrix",
]
