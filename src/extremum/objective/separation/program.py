"""A jaxpr as a flat list of steps over numbered arrays: what the analysis reads and rewrites."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax.extend.core as jex
import numpy as np

INLINED = {
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "closed_call": "call_jaxpr",
    "core_call": "call_jaxpr",
    "checkpoint": "jaxpr",
    "remat": "jaxpr",
    "remat2": "jaxpr",
}
"""Primitives that only call another jaxpr, and the parameter that holds it."""


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One equation: arrays `inputs` go through a primitive and give arrays `outputs`."""

    primitive: Any
    params: Mapping[str, Any]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def name(self) -> str:
        """The primitive's name."""
        return str(self.primitive.name)


@dataclass(frozen=True, eq=False)
class Program:
    """Steps in order; an array is a number, the place of its type in `avals`.

    Attributes
    ----------
    avals : sequence of ShapedArray
        Shape and dtype of each array.
    constants : dict
        The values of arrays written out in the program.
    inputs, outputs : tuple of int
        The arguments and the results.
    steps : sequence of Step
        In an order in which they can be evaluated.
    """

    avals: Sequence[Any]
    constants: Mapping[int, Any]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    steps: Sequence[Step]

    @classmethod
    def of(cls, jaxpr: Any, consts: Sequence[Any] = ()) -> Program:
        """Flatten a jaxpr: calls are inlined. The first inputs are its constvars, unless given.

        Parameters
        ----------
        jaxpr : jax.extend.core.Jaxpr or ClosedJaxpr
            The program. A closed one's constants become constants here.
        consts : sequence of array, optional
            Values for the constvars of an open jaxpr.
        """
        if isinstance(jaxpr, jex.ClosedJaxpr):
            jaxpr, consts = jaxpr.jaxpr, jaxpr.consts
        building = _Building()
        arguments = [building.array(v.aval) for v in jaxpr.invars]
        if consts or not jaxpr.constvars:
            captured = [building.constant(v.aval, c) for v, c in _paired(jaxpr.constvars, consts)]
            inputs = tuple(arguments)
        else:
            captured = [building.array(v.aval) for v in jaxpr.constvars]
            inputs = (*captured, *arguments)
        outputs = building.add(jaxpr, captured, arguments)
        return cls(building.avals, building.constants, inputs, outputs, building.steps)

    def size(self, array: int) -> int:
        """The number of elements of an array."""
        return int(self.avals[array].size)

    @property
    def largest(self) -> int:
        """The number of elements of the largest array that a step makes."""
        return max((self.size(array) for step in self.steps for array in step.outputs), default=1)

    def differentiable(self, array: int) -> bool:
        """Whether an array is of real or complex numbers: integers have derivative zero."""
        return bool(np.issubdtype(self.avals[array].dtype, np.inexact))

    def evaluate(
        self,
        arguments: Sequence[Any],
        exchange: Callable[[int, Any], Any] = lambda array, value: value,
    ) -> list[Any]:
        """Evaluate with JAX, each step's outputs passing through ``exchange(array, value)``."""
        values: list[Any] = [None] * len(self.avals)
        for array, value in self.constants.items():
            values[array] = value
        for array, value in zip(self.inputs, arguments, strict=True):
            values[array] = value
        for step in self.steps:
            operands = [values[array] for array in step.inputs]
            results = step.primitive.bind(*operands, **step.primitive.get_bind_params(step.params))
            if not step.primitive.multiple_results:
                results = [results]
            for array, value in zip(step.outputs, results, strict=True):
                values[array] = exchange(array, value)
        return [values[array] for array in self.outputs]


class _Building:
    """A program while it is being put together."""

    def __init__(self) -> None:
        self.avals: list[Any] = []
        self.constants: dict[int, Any] = {}
        self.steps: list[Step] = []

    def array(self, aval: Any) -> int:
        self.avals.append(aval)
        return len(self.avals) - 1

    def constant(self, aval: Any, value: Any) -> int:
        array = self.array(aval)
        self.constants[array] = value
        return array

    def add(self, jaxpr: Any, captured: Sequence[int], arguments: Sequence[int]) -> tuple[int, ...]:
        """Append a jaxpr's steps; give the numbers of its results."""
        numbers: dict[Any, int] = dict(_paired(jaxpr.constvars, captured))
        numbers.update(_paired(jaxpr.invars, arguments))

        def number(atom: Any) -> int:
            if isinstance(atom, jex.Literal):
                return self.constant(atom.aval, atom.val)
            return numbers[atom]

        for equation in jaxpr.eqns:
            inputs = tuple(number(atom) for atom in equation.invars)
            name = equation.primitive.name
            if name in INLINED:
                inner, consts = equation.params[INLINED[name]], ()
                if isinstance(inner, jex.ClosedJaxpr):
                    inner, consts = inner.jaxpr, inner.consts
                held = [self.constant(v.aval, c) for v, c in _paired(inner.constvars, consts)]
                outputs = self.add(inner, held, inputs)
                numbers.update(_paired(equation.outvars, outputs))
                continue
            outputs = tuple(self.array(v.aval) for v in equation.outvars)
            numbers.update(_paired(equation.outvars, outputs))
            self.steps.append(Step(equation.primitive, equation.params, inputs, outputs))
        return tuple(number(atom) for atom in jaxpr.outvars)


def _paired(first: Sequence[Any], second: Sequence[Any]) -> list[tuple[Any, Any]]:
    return list(zip(first, second, strict=True))
