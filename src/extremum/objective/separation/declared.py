"""A Hessian's structure as the caller declares it."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import scipy.sparse

from extremum.linalg import Pattern
from extremum.objective.separation.colouring import colour
from extremum.objective.separation.separation import Separation
from extremum.outcomes import InvalidInput

_CHOICES = (
    'structure has to be "tridiagonal", a bandwidth (the number of diagonals below the main one), '
    "or a pattern: a sparse matrix or an array of booleans of shape (n, n)"
)


def declared(n: int, structure: Any) -> Separation:
    """Take a declared structure for the Hessian's.

    Parameters
    ----------
    n : int
        The number of variables.
    structure : str, int, sparse matrix or array
        ``"tridiagonal"``; a bandwidth b, where entry (i, j) is zero unless |i − j| ≤ b; or a
        pattern of shape (n, n): a sparse matrix, whose stored entries count, or an array, whose
        nonzeros do. An entry in either triangle counts for both.

    Raises
    ------
    InvalidInput
        If it is none of these.
    """
    pattern = _pattern(n, structure)
    start = time.perf_counter()
    colouring = colour(n, pattern.rows, pattern.cols, math.inf)
    seconds = time.perf_counter() - start
    nothing = np.zeros(0, bool)
    return Separation(n, pattern, colouring, (), nothing, {}, 0.0, colouring_seconds=seconds)


def _pattern(n: int, structure: Any) -> Pattern:
    if isinstance(structure, str):
        if structure != "tridiagonal":
            raise InvalidInput(f"{_CHOICES}; {structure!r} is not known")
        return _banded(n, 1)
    if isinstance(structure, int | np.integer) and not isinstance(structure, bool | np.bool):
        if not 0 <= structure < max(n, 1):
            raise InvalidInput(
                f"a bandwidth of {structure} is impossible with {n} variables: "
                f"it lies between 0 and {max(n - 1, 0)}"
            )
        return _banded(n, int(structure))
    if not scipy.sparse.issparse(structure):
        structure = np.asarray(structure)
        if structure.dtype.kind not in "biuf" or structure.ndim != 2:
            raise InvalidInput(_CHOICES)
    if structure.shape != (n, n):
        raise InvalidInput(
            f"the pattern has shape {structure.shape}, but with {n} variables a Hessian has "
            f"shape ({n}, {n})"
        )
    if scipy.sparse.issparse(structure):
        entries = structure.tocoo()
        return Pattern.of(n, entries.row, entries.col)
    return Pattern.of(n, *np.nonzero(structure))


def _banded(n: int, bandwidth: int) -> Pattern:
    width = np.minimum(bandwidth, np.arange(n)[::-1]) + 1
    columns = np.repeat(np.arange(n), width)
    within = np.arange(columns.size) - np.repeat(np.cumsum(width) - width, width)
    return Pattern(n, (columns + within).astype(np.int32), columns.astype(np.int32))
