"""Saying that a function can't be followed, why, and at which of its lines."""

from __future__ import annotations

import linecache
import re
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import NoReturn

import jax
import numpy as np
import scipy

from extremum.outcomes import Untraceable

_refusals: ContextVar[list[str] | None] = ContextVar("_refusals", default=None)

_LIBRARIES = tuple(
    str(Path(place).parent) for place in (np.__file__, jax.__file__, scipy.__file__, __file__)
)

_STANDARD_LIBRARY = sysconfig.get_paths()["stdlib"]
_OBJECTS = re.compile(
    r"dtype\('O'\)|\bobject arrays?\b|\bdtype object\b|data types in input|input types"
)
"""What NumPy and SciPy say of an array of objects that they can't take."""


@contextmanager
def refusals() -> Iterator[list[str]]:
    """Collect what is refused inside, for NumPy may hide the exception behind one of its own."""
    found: list[str] = []
    token = _refusals.set(found)
    try:
        yield found
    finally:
        _refusals.reset(token)


def refuse(what: str, kind: type[Untraceable] = Untraceable) -> NoReturn:
    """Say that the function can't be followed, and why."""
    found = _refusals.get()
    if found is not None:
        found.append(what)
    raise kind(what)


def reason(error: BaseException, refused: list[str]) -> str:
    """Say in a sentence why following a function failed, with the user's own line."""
    text = str(error).strip().split("\n")[0].rstrip(".")
    what = refused[0] if refused else f"{type(error).__name__}: {text}"
    if not refused and _OBJECTS.search(text):
        what = (
            "traced values are handed to code that takes plain numbers only, like SciPy's compiled "
            f"functions, or np.linalg of an np.array([...]): np.stack can be followed ({text})"
        )
    line = _line_of_the_user(error.__traceback__)
    return f"{what}; at {line}" if line else what


def _line_of_the_user(traceback: TracebackType | None) -> str | None:
    """The innermost line that belongs to no library, as text."""
    found = None
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if not _is_library(code.co_filename):
            found = (code.co_filename, traceback.tb_lineno)
        traceback = traceback.tb_next
    if found is None:
        return None
    text = linecache.getline(*found).strip()
    return f"line {found[1]} of {Path(found[0]).name}" + (f": {text}" if text else "")


def _is_library(file: str) -> bool:
    torch = sys.modules.get("torch")
    if torch is not None and file.startswith(str(Path(str(torch.__file__)).parent)):
        return True
    if file.startswith((*_LIBRARIES, "<frozen", "<__array_function__")):
        return True
    return file.startswith(_STANDARD_LIBRARY) and "site-packages" not in file
