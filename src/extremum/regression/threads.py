"""Work on many blocks in several threads.

BLAS libraries divide each call among their threads, and wait for the slowest of them at its end.
For a block of rows that waiting may take longer than the work; so each thread works on blocks of
its own here, and BLAS meanwhile on one thread.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

S = TypeVar("S")
T = TypeVar("T")

LEAST_SHARE = 4
"""A thread is worth starting for so many items."""

_threads: ContextVar[int] = ContextVar("_threads", default=0)
"""The threads that are ours to start; 0 where BLAS has them."""


@contextlib.contextmanager
def own_threads() -> Iterator[None]:
    """Take the threads from BLAS: as many as it may use now."""
    if _threads.get():
        yield
        return
    libraries = _blas().lib_controllers
    token = _threads.set(max((library.num_threads or 1 for library in libraries), default=1))
    try:
        with _blas().limit(limits=1):
            yield
    finally:
        _threads.reset(token)


def side_by_side(task: Callable[[Sequence[S]], T], items: Sequence[S]) -> list[T]:
    """What the task makes of contiguous shares of the items, a thread each, in order.

    The shares depend on nothing but the number of threads, so that the same call gives the same
    floating-point numbers.
    """
    with own_threads():
        threads = min(_threads.get(), len(items) // LEAST_SHARE)
        if threads < 2:
            return [task(items)]
        bounds = [len(items) * k // threads for k in range(threads + 1)]
        shares = [items[bounds[k] : bounds[k + 1]] for k in range(threads)]
        # The threads live only as long as the call: none outlives a fork of the process.
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(task, shares))


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")
