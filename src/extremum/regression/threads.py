"""Work on many blocks in several threads.

BLAS libraries divide each call among their threads, and wait for the slowest of them at its end.
For a block of rows that waiting may take longer than the work; so each thread works on blocks of
its own here, and BLAS meanwhile on one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

S = TypeVar("S")
T = TypeVar("T")

LEAST_SHARE = 4
"""A thread is worth starting for so many items."""


def side_by_side(task: Callable[[Sequence[S]], T], items: Sequence[S]) -> Iterator[T]:
    """What the task makes of contiguous shares of the items, a thread each, in order.

    There are as many threads as BLAS may use now; the shares depend on nothing else, so that the
    same call gives the same floating-point numbers.
    """
    threads = min(_allowed(), len(items) // LEAST_SHARE)
    if threads < 2:
        yield task(items)
        return
    bounds = [len(items) * k // threads for k in range(threads + 1)]
    shares = [items[bounds[k] : bounds[k + 1]] for k in range(threads)]
    # The threads live only as long as the call: none outlives a fork of the process.
    with _blas().limit(limits=1), ThreadPoolExecutor(threads) as pool:
        yield from pool.map(task, shares)


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


def _allowed() -> int:
    """The threads that BLAS may use."""
    return max((library.num_threads or 1 for library in _blas().lib_controllers), default=1)
