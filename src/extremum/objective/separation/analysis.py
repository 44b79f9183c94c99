"""The Hessian's pattern from a program: dependence followed step by step, wide scalars cut."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from extremum.objective.separation.curvature import (
    ADDITIVE,
    CURVED,
    Flags,
    Programs,
    curves,
    flags,
    parts,
)
from extremum.objective.separation.dependence import Budget, Dependence, Indices, stacked, union
from extremum.objective.separation.interactions import Interactions
from extremum.objective.separation.known import Known
from extremum.objective.separation.program import Program, Step
from extremum.objective.separation.rules import RULES, Operands, curved, elementwise

MOST_CUTS = 16
"""The most elements that may be cut, and so half the largest rank of the low-rank part."""

WIDE = 32
"""A quantity of fewer variables, or of fewer than √n, is never cut: its block is small."""

UNROLLED = 100_000
"""A loop is followed turn by turn if that makes at most so many steps."""


@dataclass(frozen=True)
class Found:
    """What an analysis found.

    Attributes
    ----------
    rows, columns : ndarray
        Entries of the sparse part's lower triangle, with the whole diagonal, sorted by column, then
        row.
    cuts : tuple of int
        The arrays of the program that are cut.
    coupled : ndarray of bool
        Of every element cut, whether it interacts with variables.
    used : frozenset of int
        The captured arrays on whose values this rests.
    """

    rows: Indices
    columns: Indices
    cuts: tuple[int, ...]
    coupled: Indices
    used: frozenset[int]


def analyse(program: Program, captured: Sequence[Any], n: int, budget: Budget) -> Found:
    """Find the pattern of ∇²φ, where `program` takes the captured arrays and then x.

    Raises
    ------
    TooMuch
        Where it would cost more than `budget`.
    """
    programs = Programs()
    variables = n + MOST_CUTS
    interactions = Interactions(variables, budget)
    is_input = [False] * len(captured) + [True]
    known = Known(
        program,
        dict(zip(program.inputs, captured, strict=False)),
        {array: frozenset([k]) for k, array in enumerate(program.inputs[:-1])},
    )
    found = flags(program, is_input, [False], programs)
    frame = Frame(program, known, found, interactions, variables, budget, programs)
    frame.depends[program.inputs[-1]] = Dependence(None, np.arange(n))
    cuts = frame.run(cut_from=n)
    rows, columns = interactions.pairs()
    budget.check(rows.size)
    inside = rows < n
    elements = sum(program.size(array) for array in cuts)
    coupled = np.zeros(elements, bool)
    coupled[rows[(rows >= n) & (columns < n)] - n] = True
    return Found(rows[inside], columns[inside], tuple(cuts), coupled, frozenset(known.used))


class Frame:
    """One program being followed.

    Attributes
    ----------
    program, known, budget
        The program, what is known of it, what may be spent.
    variables : int
        The number of variables, those that stand for cut elements included.
    depends : dict
        What the arrays depend on, as far as that is needed.
    """

    def __init__(
        self,
        program: Program,
        known: Known,
        found: Flags,
        interactions: Interactions,
        variables: int,
        budget: Budget,
        programs: Programs,
    ) -> None:
        self.program = program
        self.known = known
        self.variables = variables
        self.budget = budget
        self.depends: dict[int, Dependence | None] = {}
        self.interact = interactions.add
        self._interactions = interactions
        self._flags = found
        self._programs = programs

    def size(self, array: int) -> int:
        """The number of elements of an array."""
        return self.program.size(array)

    def needs(self, array: int) -> bool:
        """Whether anybody asks what an array depends on."""
        return self._flags.needed[array]

    def aligned(self, step: Step, operands: Operands) -> Operands:
        """The operands of an elementwise step, each of the result's size.

        An axis of length 1 goes with every element along it, and a scalar with all.
        """
        shape = self.program.avals[step.outputs[0]].shape
        aligned: Operands = []
        for array, operand in zip(step.inputs, operands, strict=True):
            own = self.program.avals[array].shape
            if operand is not None and own != shape:
                numbers = np.arange(operand.size).reshape(own)
                places = np.broadcast_to(numbers, shape).reshape(-1)
                operand = operand.take(places, self.budget)
            aligned.append(operand)
        return aligned

    def union(self, operands: Sequence[Dependence | None]) -> Dependence | None:
        """Element by element, what any operand depends on."""
        present = [operand for operand in operands if operand is not None]
        return union(present, self.variables, self.budget) if present else None

    def mixed(self, step: Step, operands: Operands, curved: bool = False) -> Operands:
        """Every element of every output depends on all that the operands depend on."""
        present = [(operand, operand.size) for operand in operands if operand is not None]
        if not present:
            return [None] * len(step.outputs)
        found = stacked(present).variables()
        everything = Dependence(np.array([0, found.size]), found)
        if curved:
            self.interact(everything, everything)
        return [
            everything.take(np.zeros(self.size(array), np.int64), self.budget)
            if self.needs(array)
            else None
            for array in step.outputs
        ]

    def run(self, cut_from: int | None = None) -> list[int]:
        """Follow all steps; cut wide scalars, numbered from `cut_from`, and return them."""
        dependent, needed, live = self._flags.dependent, self._flags.needed, self._flags.live
        threshold = max(WIDE, math.isqrt(cut_from or 0))
        cuts: list[int] = []
        room = MOST_CUTS if cut_from is not None else 0
        for step in self.program.steps:
            alive = [live[array] and dependent[array] for array in step.outputs]
            if not any(alive):
                continue
            wanted = any(needed[array] for array in step.outputs)
            bends = curves(
                self.program, step, [dependent[array] for array in step.inputs], self._programs
            )
            if not (wanted or bends):
                continue
            self.budget.check()
            results = self._follow(step)
            for array, result in zip(step.outputs, results, strict=True):
                if not (needed[array] and dependent[array]) or result is None:
                    continue
                size = result.size
                real = self.program.avals[array].dtype == np.float64
                if 0 < size <= room and real and result.lengths().max() > threshold:
                    first = self.variables - room
                    result = Dependence(None, np.arange(first, first + size))
                    room -= size
                    cuts.append(array)
                self.depends[array] = result
        return cuts

    def _follow(self, step: Step) -> Operands:
        operands = [self.depends.get(array) for array in step.inputs]
        if step.name in ADDITIVE and step.name not in RULES:
            return elementwise(self, step, operands)
        if step.name in CURVED and step.name not in RULES:
            return curved(self, step, operands)
        if step.name in RULES:
            return RULES[step.name](self, step, operands)
        if step.name == "scan":
            return self._scan(step, operands)
        inner = parts(step)
        bends = curves(self.program, step, [d is not None for d in operands], self._programs)
        if not inner or step.name == "while":
            return self.mixed(step, operands, curved=bends)
        if step.name == "cond":
            which = self.known.value(step.inputs[0])
            if which is not None:
                self.known.rely_on(step.inputs[0])
                inner = [inner[min(max(int(which), 0), len(inner) - 1)]]
        needed = [self.needs(array) for array in step.outputs]
        branches = []
        for jaxpr, arrays in inner:
            known = [self.known.value(array) for array in arrays]
            origins = [self.known.origin(array) for array in arrays]
            given = [self.depends.get(array) for array in arrays]
            within = self._within(self._programs.of(jaxpr), given, known, origins, needed)
            branches.append([within.depends.get(array) for array in within.program.outputs])
        return [self.union(outputs) for outputs in zip(*branches, strict=True)]

    def _within(
        self,
        program: Program,
        given: Operands,
        known: Sequence[Any],
        origins: Sequence[frozenset[int]],
        needed: Sequence[bool],
    ) -> Frame:
        """Follow a program inside of a step."""
        values = dict(zip(program.inputs, known, strict=True))
        inside = Known(
            program,
            {array: value for array, value in values.items() if value is not None},
            dict(zip(program.inputs, origins, strict=True)),
        )
        found = flags(program, [d is not None for d in given], needed, self._programs)
        frame = Frame(
            program,
            inside,
            found,
            self._interactions,
            self.variables,
            self.budget,
            self._programs,
        )
        frame.depends.update(zip(program.inputs, given, strict=True))
        frame.run()
        self.known.used |= inside.used
        return frame

    def _scan(self, step: Step, operands: Operands) -> Operands:
        """A loop, turn by turn where it is short enough."""
        params: Mapping[str, Any] = step.params
        program = self._programs.of(params["jaxpr"])
        consts, carried, length = params["num_consts"], params["num_carry"], params["length"]
        if length * len(program.steps) > UNROLLED:
            bends = curves(self.program, step, [d is not None for d in operands], self._programs)
            return self.mixed(step, operands, curved=bends)
        known: list[Any] = [self.known.value(array) for array in step.inputs]
        # What is carried may come to rest on any of the captured arrays.
        origin = frozenset[int]().union(*(self.known.origin(array) for array in step.inputs))
        origins = [origin] * len(step.inputs)
        first = consts + carried
        needed = [True] * len(step.outputs)
        stacks: list[list[Dependence | None]] = [[] for _ in step.outputs[carried:]]
        turns = range(length)[::-1] if params["reverse"] else range(length)
        state, state_known = list(operands[consts:first]), known[consts:first]
        for turn in turns:
            element: Operands = []
            element_known = []
            for array, whole, value in zip(
                step.inputs[first:], operands[first:], known[first:], strict=True
            ):
                size = self.size(array) // length
                places = np.arange(turn * size, (turn + 1) * size)
                element.append(whole and whole.take(places, self.budget))
                element_known.append(None if value is None else value[turn])
            frame = self._within(
                program,
                [*operands[:consts], *state, *element],
                [*known[:consts], *state_known, *element_known],
                origins,
                needed,
            )
            outputs = [frame.depends.get(array) for array in program.outputs]
            state = outputs[:carried]
            state_known = [frame.known.value(array) for array in program.outputs[:carried]]
            for stack, output in zip(stacks, outputs[carried:], strict=True):
                stack.append(output)
        results = list(state)
        for array, stack in zip(step.outputs[carried:], stacks, strict=True):
            size = self.size(array) // max(length, 1)
            ordered = stack[::-1] if params["reverse"] else stack
            whole = None
            if any(part is not None for part in ordered):
                whole = stacked([(part, size) for part in ordered])
            results.append(whole)
        return results
