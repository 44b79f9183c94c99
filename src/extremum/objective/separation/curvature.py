"""Where a program curves: which primitives are linear, in what, and what has to be followed.

A Hessian entry arises only where a step is nonlinear in arrays that depend on x, and only if its
result reaches the output through steps that have derivatives at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from extremum.objective.separation.movement import INDEXED, MOVEMENT
from extremum.objective.separation.program import Program, Step

CONSTANT = frozenset(
    "floor ceil round sign stop_gradient is_finite nextafter argmax argmin iota "
    "eq ne lt le gt ge and or not xor random_bits".split()
)
"""Primitives whose derivative is zero."""

ADDITIVE = frozenset(
    "add sub neg add_any copy copy_p convert_element_type reduce_precision max min clamp rem "
    "real imag conj complex name select_n device_put reshard "
    "sharding_constraint layout_constraint".split()
)
"""Elementwise primitives that are linear, or linear piece by piece, in all operands together."""

CURVED = frozenset(
    "exp exp2 expm1 log log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh "
    "sqrt rsqrt cbrt logistic erf erfc erf_inv lgamma digamma polygamma igamma igammac "
    "igamma_grad_a random_gamma_grad regularized_incomplete_beta bessel_i0e bessel_i1e zeta "
    "atan2 pow square integer_pow".split()
)
"""Elementwise primitives that are nonlinear in all operands together."""

LINEAR = frozenset(
    "optimization_barrier reduce_sum reduce_max reduce_min cumsum cummax cummin "
    "reduce_window_sum reduce_window_max reduce_window_min sort top_k fft gather scatter "
    "scatter-add scatter-sub scatter-min scatter-max".split()
)
"""Other linear primitives: what they mix is their rule's business."""

BILINEAR = frozenset(["mul", "dot_general", "conv_general_dilated", "scatter-mul"])
"""Linear in each operand."""

CALLS = {"custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr"}
"""Calls with derivative rules of their own: looked into, never inlined."""


def parts(step: Step) -> list[tuple[Any, Sequence[int]]]:
    """The jaxprs in a step, each with the step's operands that are its arguments."""
    if step.name in CALLS:
        return [(step.params[CALLS[step.name]], step.inputs)]
    if step.name == "cond":
        return [(branch, step.inputs[1:]) for branch in step.params["branches"]]
    if step.name == "scan":
        return [(step.params["jaxpr"], step.inputs)]
    if step.name == "while":
        skipped = step.params["cond_nconsts"]
        return [(step.params["body_jaxpr"], step.inputs[skipped:])]
    return []


class Programs:
    """The programs of the jaxprs inside of steps, each flattened once."""

    def __init__(self) -> None:
        self._programs: dict[int, tuple[Any, Program]] = {}

    def of(self, jaxpr: Any) -> Program:
        """The program of a closed jaxpr."""
        if id(jaxpr) not in self._programs:
            self._programs[id(jaxpr)] = (jaxpr, Program.of(jaxpr))
        return self._programs[id(jaxpr)][1]


@dataclass(frozen=True)
class Flags:
    """What is true of a program's arrays.

    Attributes
    ----------
    dependent : list of bool
        Whether an array depends on x with a derivative.
    needed : list of bool
        Whether the variables that it depends on have to be known, element by element.
    live : list of bool
        Whether it reaches the output.
    curved : bool
        Whether any live step is nonlinear.
    """

    dependent: list[bool]
    needed: list[bool]
    live: list[bool]
    curved: bool


def flags(
    program: Program,
    dependent_inputs: Sequence[bool],
    needed_outputs: Sequence[bool],
    programs: Programs,
) -> Flags:
    """Follow dependence forwards, and need backwards."""
    dependent = [False] * len(program.avals)
    for array, is_dependent in zip(program.inputs, dependent_inputs, strict=True):
        dependent[array] = is_dependent and program.differentiable(array)
    for step in program.steps:
        if step.name not in CONSTANT and any(dependent[array] for array in step.inputs):
            for array in step.outputs:
                dependent[array] = program.differentiable(array)
    needed = [False] * len(program.avals)
    live = [False] * len(program.avals)
    for array, is_needed in zip(program.outputs, needed_outputs, strict=True):
        live[array] = True
        needed[array] |= is_needed
    curved = False
    for step in reversed(program.steps):
        if not any(live[array] and dependent[array] for array in step.outputs):
            continue
        need = any(needed[array] and dependent[array] for array in step.outputs)
        bends = curves(program, step, [dependent[array] for array in step.inputs], programs)
        curved |= bends
        for array in step.inputs:
            live[array] |= dependent[array]
            needed[array] |= dependent[array] and (bends or need)
    return Flags(dependent, needed, live, curved)


def curves(program: Program, step: Step, dependent: Sequence[bool], programs: Programs) -> bool:
    """Whether a step is nonlinear in those of its operands that depend on x."""
    name, count = step.name, sum(dependent)
    if not count or name in ADDITIVE or name in LINEAR or name in CONSTANT:
        return False
    if name in MOVEMENT or name in INDEXED:
        return False
    if name in BILINEAR:
        return count > 1
    if name == "div":
        return dependent[1]
    if name == "integer_pow":
        return step.params["y"] not in (0, 1)
    if name == "abs":
        return bool(np.issubdtype(program.avals[step.inputs[0]].dtype, np.complexfloating))
    if name == "triangular_solve":
        return dependent[0]
    if name == "custom_linear_solve":
        return any(dependent[: sum(step.params["const_lengths"])])
    inner = parts(step)
    if not inner:
        return True
    for jaxpr, operands in inner:
        within = programs.of(jaxpr)
        places = {array: place for place, array in enumerate(step.inputs)}
        given = [dependent[places[array]] for array in operands]
        if name in ("scan", "while"):  # what goes round may come to depend on x
            given = [True] * len(given)
        if flags(within, given, [False] * len(within.outputs), programs).curved:
            return True
    return False
