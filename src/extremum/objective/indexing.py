"""What an index of the user's code is made of, and whether its values are known."""

from __future__ import annotations

import operator
from typing import Any

import jax
import numpy as np

from extremum.objective.forwarding import Traced, unwrap


def plain_index(index: Any) -> tuple[Any, bool]:
    """An index without traced arrays where they are known, and whether one of them is not."""
    if isinstance(index, tuple):
        parts = [plain_index(part) for part in index]
        return tuple(part for part, _ in parts), any(traced for _, traced in parts)
    if isinstance(index, list):
        return plain_index(np.asarray(index)) if index else (np.zeros(0, int), False)
    if isinstance(index, slice):
        return slice(*map(_bound, (index.start, index.stop, index.step))), False
    if isinstance(index, Traced) or (isinstance(index, np.ndarray) and index.dtype == object):
        value = unwrap(index)
        is_known = not isinstance(value, jax.core.Tracer)
        return np.asarray(value) if is_known else value, not is_known
    return index, False


def _bound(part: Any) -> int | None:
    return None if part is None else operator.index(part)
