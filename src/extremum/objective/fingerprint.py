"""A digest of what a function computes with, the same in another process."""

from __future__ import annotations

import contextlib
import dis
import hashlib
import re
from types import CodeType, FunctionType, MethodType
from typing import Any

import numpy as np

from extremum.objective.compiled import CompiledDerivatives
from extremum.objective.function_objective import FunctionObjective
from extremum.objective.objective import Objective
from extremum.objective.signature import signature

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
"""Where an object lives differs from process to process."""

DEEPEST = 20
"""Containers are followed so deep, lest one holds itself."""


def fingerprint(objective: Objective) -> str:
    """What identifies a function's code and the data it captured, but not its name.

    Of a compiled function it is the digest of its program, which is blind to how it is spelled; of
    any other that of its Python code, of what it closes over and of its arguments.

    Parameters
    ----------
    objective : Objective

    Returns
    -------
    str
        The same for the same function in another process, with the same versions of Python and of
        JAX.
    """
    digest = hashlib.blake2b(digest_size=16)
    if not isinstance(objective, FunctionObjective):
        _feed(digest, type(objective).__qualname__, 0)
        return digest.hexdigest()
    for source in (objective.gradients, objective.hessians):
        if isinstance(source, CompiledDerivatives):
            jaxpr, captured = source.traced
            _feed(digest, signature(jaxpr), 0)
            _feed(digest, tuple(map(np.asarray, captured)), 0)
            return digest.hexdigest()
    _feed(digest, objective.plain.fun, 0)
    _feed(digest, objective.plain.args, 0)
    return digest.hexdigest()


def _feed(digest: Any, value: Any, depth: int) -> None:
    """Add a value to a digest, by its kind: what is unknown by its class alone."""
    if depth > DEEPEST:
        return
    if type(value) is np.ndarray or isinstance(value, np.generic):
        array = np.ascontiguousarray(value if value.dtype.kind != "O" else value.shape)
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(array.tobytes())
    elif value is None or isinstance(value, bool | int | float | complex | str | bytes):
        digest.update(f"{type(value).__name__}:{value!r};".encode())
    elif isinstance(value, tuple):
        digest.update(f"({len(value)}".encode())
        for item in value:
            _feed(digest, item, depth + 1)
    elif isinstance(value, CodeType):
        constants = tuple(item for item in value.co_consts if not isinstance(item, frozenset))
        _feed(digest, (value.co_code, value.co_names, constants), depth + 1)
    elif isinstance(value, FunctionType):
        _feed(digest, (value.__code__, value.__defaults__, _captured(value)), depth + 1)
    elif isinstance(value, MethodType):
        _feed(digest, value.__func__, depth + 1)
    else:
        text = repr(value) if type(value).__module__.startswith(("jax", "numpy")) else ""
        digest.update(f"{type(value).__qualname__}:{_ADDRESS.sub('', text)};".encode())


def _captured(function: FunctionType) -> tuple[Any, ...]:
    """What a function closes over, but for what it assigns itself: that is state, such as a count.

    So is what lists and dicts hold, of which only the kind is looked at.
    """
    assigned = {
        instruction.argval
        for instruction in dis.get_instructions(function.__code__)
        if instruction.opname == "STORE_DEREF"
    }
    found = []
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # not assigned yet
            found.append(None if name in assigned else cell.cell_contents)
    return tuple(found)
