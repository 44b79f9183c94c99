"""How much of a function is followed: so many operations, for so long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import NoReturn

from extremum.objective.choices import deadline
from extremum.objective.refusals import refuse
from extremum.outcomes import Untraceable

MOST_SECONDS = 10.0
"""A function is followed for so long, at most; an operation takes about 0.1 ms."""

LOOKED_EVERY = 100
"""Operations between two looks at the clock."""


class TooLong(Untraceable):
    """A function of so many operations that it can't be followed, whichever way."""


@dataclass
class _Recording:
    """Operations recorded so far, and when to give up."""

    deadline: float
    operations: int = 0


_recording: ContextVar[_Recording | None] = ContextVar("_recording", default=None)


@contextmanager
def bounded_recording() -> Iterator[None]:
    """Give up following a function inside once it has taken too long."""
    token = _recording.set(_Recording(deadline(MOST_SECONDS)))
    try:
        yield
    finally:
        _recording.reset(token)


def record() -> None:
    """Count an operation that is followed.

    Raises
    ------
    TooLong
        If the time is spent.
    """
    recording = _recording.get()
    if recording is None:
        return
    recording.operations += 1
    if recording.operations % LOOKED_EVERY == 0 and time.thread_time() > recording.deadline:
        refuse_length(recording.operations)


def refuse_length(operations: int) -> NoReturn:
    """Say that the function takes too many operations, and how to write it with fewer."""
    refuse(
        f"it takes more than {operations - 1} operations of single numbers, too many to be "
        "followed and compiled: write a loop over the variables as operations of arrays, with "
        "slices (x[1:] - x[:-1]**2) and np.sum",
        TooLong,
    )
