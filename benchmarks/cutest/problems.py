"""The problems: their names, and their functions and starts from the package `sif2jax`."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

DEVELOPMENT = Path(__file__).with_name("development.txt")
"""The problems that extremum is developed with, one a line: name, number of variables."""


@dataclass(frozen=True)
class Problem:
    """A function of `jax.numpy` and where to start."""

    name: str
    function: Callable[[Any], Any]
    x0: np.ndarray


def read_list(path: Path = DEVELOPMENT) -> dict[str, int]:
    """The number of variables by name; a line that begins with # is a comment."""
    lines = (line.split() for line in path.read_text().splitlines() if not line.startswith("#"))
    return {words[0]: int(words[1]) for words in lines if words}


def load(name: str) -> Problem:
    """The problem called `name`."""
    import jax
    import jax.flatten_util

    jax.config.update("jax_enable_x64", True)
    known = {known.name: known for known in _unconstrained().unconstrained_minimisation_problems}
    if name not in known:
        raise LookupError(f"sif2jax has no unconstrained problem {name!r}")
    problem = known[name]
    start, restore = jax.flatten_util.ravel_pytree(problem.y0)
    arguments = problem.args
    return Problem(
        name,
        lambda x: problem.objective(restore(x), arguments),
        np.asarray(start, dtype=np.float64),
    )


@functools.cache
def _unconstrained() -> ModuleType:
    """The unconstrained problems alone: the constrained ones take minutes to import.

    Empty packages stand in for the two above it, whose `__init__` would import everything.
    """
    found = importlib.util.find_spec("sif2jax")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("the problems are in the package sif2jax, which is not installed")
    root = Path(found.origin).parent
    for name, folder in (("sif2jax", root), ("sif2jax.cutest", root / "cutest")):
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    return importlib.import_module("sif2jax.cutest._unconstrained_minimisation")
