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

_workers: ContextVar[_Workers | None] = ContextVar("_workers", default=None)
"""Those that are ours to use; None where BLAS has the threads."""


class _Workers:
    """Threads, the calling one among them; the others are started when there is work for them."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._others: ThreadPoolExecutor | None = None

    def run(self, task: Callable[[S], T], shares: Sequence[S]) -> list[T]:
        """What the task makes of each share, the first one in this thread."""
        if self._others is None:
            self._others = ThreadPoolExecutor(self.threads - 1)
        pending = [self._others.submit(task, share) for share in shares[1:]]
        return [task(shares[0]), *(future.result() for future in pending)]

    def stop(self) -> None:
        """End the threads: none outlives a fork of the process."""
        if self._others is not None:
            self._others.shutdown()


@contextlib.contextmanager
def own_threads() -> Iterator[_Workers]:
    """Take the threads from BLAS: as many as it may use now."""
    workers = _workers.get()
    if workers is not None:
        yield workers
        return
    libraries = _blas().lib_controllers
    workers = _Workers(max((library.num_threads or 1 for library in libraries), default=1))
    token = _workers.set(workers)
    try:
        with _blas().limit(limits=1):
            yield workers
    finally:
        _workers.reset(token)
        workers.stop()


def side_by_side(task: Callable[[Sequence[S]], T], items: Sequence[S]) -> list[T]:
    """What the task makes of contiguous shares of the items, a thread each, in order.

    The shares depend on nothing but the number of threads, so that the same call gives the same
    floating-point numbers.
    """
    with own_threads() as workers:
        threads = min(workers.threads, len(items) // LEAST_SHARE)
        if threads < 2:
            return [task(items)]
        bounds = [len(items) * k // threads for k in range(threads + 1)]
        return workers.run(task, [items[bounds[k] : bounds[k + 1]] for k in range(threads)])


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")
