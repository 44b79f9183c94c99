"""The values of arrays that don't depend on x: indices, masks, constant factors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from extremum.objective.function import sixty_four_bit
from extremum.objective.separation.movement import (
    INDEXED,
    MOVEMENT,
    Array,
    Params,
    gather_positions,
)
from extremum.objective.separation.program import Program, Step

MOST_ELEMENTS = 20_000_000
"""Constants larger than this are not looked at."""


def _gather(params: Params, operand: Array, starts: Array) -> list[Array] | None:
    positions = gather_positions(params, operand.shape, starts)
    if (positions < 0).any():
        return None
    return [operand.reshape(-1)[positions]]


_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": lambda a, b: np.fix(a / b).astype(a.dtype) if a.dtype.kind in "iu" else a / b,
    "neg": np.negative,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "sin": np.sin,
    "cos": np.cos,
    "max": np.maximum,
    "min": np.minimum,
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "not": np.bitwise_not,
    "copy": np.asarray,
    "copy_p": np.asarray,
    "stop_gradient": np.asarray,
    "square": np.square,
}

_WITH_PARAMETERS: dict[str, Callable[..., Any]] = {
    "iota": lambda p: np.broadcast_to(
        np.arange(p["shape"][p["dimension"]], dtype=p["dtype"]).reshape(
            [-1 if k == p["dimension"] else 1 for k in range(len(p["shape"]))]
        ),
        p["shape"],
    ),
    "convert_element_type": lambda p, a: a.astype(p["new_dtype"]),
    "integer_pow": lambda p, a: a ** p["y"] if p["y"] >= 0 else 1 / a ** -p["y"],
    "reduce_sum": lambda p, a: a.sum(axis=tuple(p["axes"])),
}


class Known:
    """What is known of a program's arrays without knowing x, worked out when asked for.

    Parameters
    ----------
    program : Program
        The program.
    values : mapping of int to ndarray
        The inputs that are known.
    origins : mapping of int to frozenset of int
        Which captured arrays each of them came from.
    """

    def __init__(
        self,
        program: Program,
        values: Mapping[int, Any],
        origins: Mapping[int, frozenset[int]],
    ) -> None:
        self._program = program
        self._values: dict[int, Array | None] = {}
        self._origins: dict[int, frozenset[int]] = dict(origins)
        self._given = {**program.constants, **values}
        self._maker = {array: step for step in program.steps for array in step.outputs}
        self.used: set[int] = set()

    def value(self, array: int) -> Array | None:
        """The value, or None where it depends on x or is not worth having."""
        pending = [array]
        while pending:
            current = pending[-1]
            if current in self._values:
                pending.pop()
                continue
            step = self._maker.get(current)
            if current in self._given or step is None:
                given = self._given.get(current)
                self._values[current] = None if given is None else np.asarray(given)
                continue
            missing = [operand for operand in step.inputs if operand not in self._values]
            if missing:
                pending.extend(missing)
                continue
            self._evaluate(step)
        return self._values[array]

    def origin(self, array: int) -> frozenset[int]:
        """Which captured arrays a known value came from."""
        return self._origins.get(array, frozenset())

    def rely_on(self, *arrays: int) -> None:
        """Note that the structure found holds for these values of these arrays only."""
        for array in arrays:
            self.used |= self.origin(array)

    def _evaluate(self, step: Step) -> None:
        operands = [self._values[array] for array in step.inputs]
        results: list[Array] | None = None
        small = all(self._program.size(array) <= MOST_ELEMENTS for array in step.outputs)
        if small and all(operand is not None for operand in operands):
            with np.errstate(all="ignore"):
                results = _apply(step, operands)
        origin = frozenset[int]().union(*(self.origin(array) for array in step.inputs))
        for place, array in enumerate(step.outputs):
            self._values[array] = None if results is None else results[place]
            self._origins[array] = origin


def _apply(step: Step, operands: list[Any]) -> list[Array] | None:
    """The results of a step on known values."""
    if step.name in _ARITHMETIC:
        return [np.asarray(_ARITHMETIC[step.name](*operands))]
    if step.name in _WITH_PARAMETERS:
        return [np.asarray(_WITH_PARAMETERS[step.name](step.params, *operands))]
    rule = MOVEMENT.get(step.name) or INDEXED.get(step.name)
    if rule is not None:
        return rule(step.params, *operands)
    if step.name == "gather":
        found = _gather(step.params, *operands)
        if found is not None:
            return found
    try:
        with sixty_four_bit():
            results = step.primitive.bind(*operands, **step.primitive.get_bind_params(step.params))
    except Exception:  # what can't be evaluated outside of its program is not known
        return None
    return [np.asarray(r) for r in (results if step.primitive.multiple_results else [results])]
