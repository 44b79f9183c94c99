"""A Hessian's structure: a sparse part, found in the program, and a part of low rank."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from extremum.linalg import Pattern
from extremum.objective.choices import deadline
from extremum.objective.separation.analysis import analyse
from extremum.objective.separation.colouring import Colouring, colour
from extremum.objective.separation.dependence import Budget, TooMuch
from extremum.objective.separation.program import Program

ENTRIES_PER_VARIABLE, ENTRIES = 50, 1_000_000
"""The most nonzeros: so many for each variable, and so many besides."""

PRODUCTS_PER_SECOND = 20_000_000
"""How many pairs of variables are formed in a second; the time given bounds their number."""


@dataclass(frozen=True, eq=False)
class Separation:
    """∇²φ = S + U C Uᵀ, with S sparse, U of shape (n, r) and C of shape (r, r).

    Attributes
    ----------
    n : int
        The number of variables.
    pattern : Pattern or None
        Where S has entries. None: no structure that can be used was found; `reason` says why.
    colouring : Colouring or None
        How S is read from products with ∇²φ − U C Uᵀ.
    cuts : tuple of int
        The arrays of the flattened program that were taken for variables u of their own.
    coupled : ndarray of bool, shape (k,)
        Which elements of u interact with variables: they have two columns of U, others one.
    used : dict of int to str
        Captured arrays on whose values the structure rests, with the digests of their values.
    seconds, colouring_seconds : float
        How long it took to find S, and to colour it.
    reason : str
        Why there is no structure; empty where there is.
    """

    n: int
    pattern: Pattern | None
    colouring: Colouring | None
    cuts: tuple[int, ...]
    coupled: Any
    used: dict[int, str]
    seconds: float
    reason: str = ""
    colouring_seconds: float = 0.0

    @property
    def rank(self) -> int:
        """The number of columns of U."""
        return int(self.coupled.size + np.count_nonzero(self.coupled))

    @property
    def colours(self) -> int:
        """The number of products that S takes."""
        return 0 if self.colouring is None else self.colouring.count

    def equals(self, other: Separation) -> bool:
        """Whether both are the same pattern, with nothing set apart."""
        if self.pattern is None or other.pattern is None or self.cuts or other.cuts:
            return False
        return np.array_equal(self.pattern.rows, other.pattern.rows) and np.array_equal(
            self.pattern.cols, other.pattern.cols
        )

    def holds_for(self, captured: Sequence[Any]) -> bool:
        """Whether captured arrays have the values that the structure rests on."""
        return all(digest(captured[place]) == value for place, value in self.used.items())


def digest(array: Any) -> str:
    """What identifies an array's values."""
    values = np.ascontiguousarray(array)
    text = f"{values.dtype.str}{values.shape}".encode()
    return hashlib.blake2b(text + values.tobytes(), digest_size=16).hexdigest()


def structure_of(jaxpr: Any, captured: Sequence[Any], n: int, seconds: float) -> Separation:
    """Find a Hessian's structure, in bounded time and memory.

    Parameters
    ----------
    jaxpr : jax.extend.core.Jaxpr
        φ, from its captured arrays (the constvars) and x of shape (n,) to a scalar.
    captured : sequence of array
        The values of the captured arrays.
    n : int
        The number of variables.
    seconds : float
        What the search may take of the processor's time: what is found doesn't depend on what else
        the machine is doing.
    """
    start = time.thread_time()
    budget = Budget(
        ENTRIES_PER_VARIABLE * n + ENTRIES,
        int(PRODUCTS_PER_SECOND * seconds),
        deadline(seconds),
    )
    try:
        found = analyse(Program.of(jaxpr), captured, n, budget)
        pattern = Pattern(n, found.rows.astype(np.int32), found.columns.astype(np.int32))
        analysed = time.thread_time()
        colouring = colour(n, pattern.rows, pattern.cols, budget.deadline)
    except (TooMuch, MemoryError) as error:
        why = str(error) if isinstance(error, TooMuch) else "memory is too short for finding it"
        return Separation(n, None, None, (), np.zeros(0, bool), {}, time.thread_time() - start, why)
    return Separation(
        n,
        pattern,
        colouring,
        found.cuts,
        found.coupled,
        {place: digest(captured[place]) for place in sorted(found.used)},
        analysed - start,
        colouring_seconds=time.thread_time() - analysed,
    )
