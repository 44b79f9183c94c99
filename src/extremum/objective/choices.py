"""What was chosen when an objective was made; what is said again no clock has to choose again."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_chosen: ContextVar[bool] = ContextVar("_chosen", default=False)


@dataclass(frozen=True)
class Choices:
    """What may differ between two makings of one objective, because the clock decides it.

    Attributes
    ----------
    why_inexact : str or None
        Why exact derivatives were not to be had; None where they were, or were not looked for.
    disagreed : bool
        Whether what was followed turned out to be wrong, so that differences took its place.
    structured : bool
        Whether a structure of the Hessian was found and is used.
    products_only : bool
        Whether the Hessian is known by products only.
    why_unstructured : str or None
        Why no structure is used, where one was looked for in vain.
    """

    why_inexact: str | None = None
    disagreed: bool = False
    structured: bool = False
    products_only: bool = False
    why_unstructured: str | None = None

    @property
    def structure(self) -> str:
        """What stands for ``structure="auto"``, so that nothing is looked for in vain again."""
        if self.structured:
            return "auto"
        return "operator" if self.products_only else "dense"


@contextmanager
def made_before(choices: Choices | None) -> Iterator[None]:
    """Where choices are given, nothing inside is given up for lack of time."""
    token = _chosen.set(choices is not None)
    try:
        yield
    finally:
        _chosen.reset(token)


def deadline(seconds: float) -> float:
    """When to give up, on the clock of `time.thread_time`; never, where that was chosen before."""
    return math.inf if _chosen.get() else time.thread_time() + seconds
