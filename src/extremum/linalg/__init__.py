"""Symmetric matrices by storage: factor, solve, inertia, eigenpairs."""

from extremum.linalg.banded import BandedSymmetric, TridiagonalSymmetric
from extremum.linalg.block_tridiagonal import (
    BlockTridiagonalSymmetric,
    cyclic_block_tridiagonal,
)
from extremum.linalg.dense import DenseFactorization, DenseSymmetric
from extremum.linalg.eigenpairs import nearest_zero
from extremum.linalg.inertia import certified_inertia
from extremum.linalg.lowrank import LowRankSum
from extremum.linalg.operator import OperatorSymmetric
from extremum.linalg.pattern import Pattern
from extremum.linalg.sparse import SparseSymmetric
from extremum.linalg.symmetric import EPS, Factorizable, Factorization, Inertia, SymmetricMatrix

__all__ = [
    "EPS",
    "BandedSymmetric",
    "BlockTridiagonalSymmetric",
    "DenseFactorization",
    "DenseSymmetric",
    "Factorizable",
    "Factorization",
    "Inertia",
    "LowRankSum",
    "OperatorSymmetric",
    "Pattern",
    "SparseSymmetric",
    "SymmetricMatrix",
    "TridiagonalSymmetric",
    "certified_inertia",
    "cyclic_block_tridiagonal",
    "nearest_zero",
]
