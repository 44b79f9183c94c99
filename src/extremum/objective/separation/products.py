"""Products with many vectors, in portions that stay in a core's cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from extremum.objective.separation.program import Program

PORTION = 2**18
"""Products are formed at once while each array on the way holds at most so many numbers: 2 MB.
Measured on programs whose largest array has 10³ to 2·10⁵ elements: up to four times as fast as all
products at once."""


def in_turns(product: Callable[[Any], Any], count: int, program: Program) -> Any:
    """``product(k)`` for k = 0, …, count - 1, stacked.

    Parameters
    ----------
    product : callable
        From an integer to an array, by way of the program's linearization.
    count : int
    program : Program
        Its largest array says how many products are formed at once.
    """
    portion = max(PORTION // program.largest, 1)
    if count <= portion:
        return jax.vmap(product)(jnp.arange(count))
    return jax.lax.map(product, jnp.arange(count), batch_size=portion if portion > 1 else None)
