"""How each primitive passes dependence on, and which variables it makes interact."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from extremum.objective.separation.contractions import convolution_terms, product_terms
from extremum.objective.separation.dependence import Dependence, Indices, stacked
from extremum.objective.separation.movement import (
    INDEXED,
    MOVEMENT,
    gather_positions,
    scatter_positions,
)
from extremum.objective.separation.program import Step

if TYPE_CHECKING:
    from extremum.objective.separation.analysis import Frame

Operands = list[Dependence | None]


def elementwise(frame: Frame, step: Step, operands: Operands) -> Operands:
    """Each element depends on what the operands' elements depend on."""
    return [frame.union(frame.aligned(step, operands))]


def curved(frame: Frame, step: Step, operands: Operands) -> Operands:
    """Elementwise and nonlinear: everything that an element depends on interacts."""
    result = elementwise(frame, step, operands)
    frame.interact(result[0], result[0])
    return result


def multiply(frame: Frame, step: Step, operands: Operands) -> Operands:
    """∂²(ab) = ∂a ∂b + ∂b ∂a; a factor that is zero takes the other away."""
    first, second = frame.aligned(step, operands)
    if first is not None and second is not None:
        frame.interact(first, second)
        return [frame.union([first, second])]
    varying, factor = (first, step.inputs[1]) if second is None else (second, step.inputs[0])
    value = frame.known.value(factor)
    if varying is not None and value is not None and not value.all():
        frame.known.rely_on(factor)
        kept = np.broadcast_to(value != 0, frame.program.avals[step.outputs[0]].shape).reshape(-1)
        return [varying.take(np.where(kept, np.arange(kept.size), -1), frame.budget)]
    return [varying]


def divide(frame: Frame, step: Step, operands: Operands) -> Operands:
    """a/b is linear in a: only pairs with the denominator interact."""
    above, below = frame.aligned(step, operands)
    frame.interact(above, below)
    frame.interact(below, below)
    return [frame.union([above, below])]


def integer_power(frame: Frame, step: Step, operands: Operands) -> Operands:
    """x⁰ and x¹ don't curve."""
    if step.params["y"] in (0, 1):
        return operands if step.params["y"] else [None]
    return curved(frame, step, operands)


def modulus(frame: Frame, step: Step, operands: Operands) -> Operands:
    """|x| is linear piece by piece, |z| of a complex number is not."""
    if np.issubdtype(frame.program.avals[step.inputs[0]].dtype, np.complexfloating):
        return curved(frame, step, operands)
    return operands


def select(frame: Frame, step: Step, operands: Operands) -> Operands:
    """One of the cases; which one has no derivative, but may be known."""
    if frame.known.value(step.inputs[0]) is None:
        return elementwise(frame, step, operands)
    return moved(frame, step, operands)


def moved(frame: Frame, step: Step, operands: Operands) -> Operands:
    """Data movement: done to the elements' numbers, which tell where each one came from."""
    rule = MOVEMENT.get(step.name)
    if len(operands) == 1 and step.name in ("reshape", "squeeze", "expand_dims"):
        return operands
    numbered, first = [], 0
    for array, operand in zip(step.inputs, operands, strict=True):
        aval = frame.program.avals[array]
        if rule is None and not frame.program.differentiable(array):
            index = frame.known.value(array)
            if index is None:
                return frame.mixed(step, operands)
            frame.known.rely_on(array)
            numbered.append(index)
            continue
        if operand is None:
            numbered.append(np.full(aval.shape, -1))
        else:
            numbered.append(np.arange(first, first + aval.size).reshape(aval.shape))
            first += aval.size
    results = (rule or INDEXED[step.name])(step.params, *numbered)
    present = [operand for operand in operands if operand is not None]
    pool = present[0] if len(present) == 1 else stacked([(part, part.size) for part in present])
    return [pool.take(result.reshape(-1), frame.budget) for result in results]


def gather(frame: Frame, step: Step, operands: Operands) -> Operands:
    """Elements read from the operand, at places that have to be known."""
    starts = frame.known.value(step.inputs[1])
    if starts is None or operands[0] is None:
        return frame.mixed(step, operands)
    frame.known.rely_on(step.inputs[1])
    shape = frame.program.avals[step.inputs[0]].shape
    positions = gather_positions(step.params, shape, starts)
    return [operands[0].take(positions.reshape(-1), frame.budget)]


def scatter(frame: Frame, step: Step, operands: Operands) -> Operands:
    """Updates put or added at places that have to be known."""
    base, _, updates = operands
    multiplies = step.name == "scatter-mul" and base is not None and updates is not None
    starts = frame.known.value(step.inputs[1])
    if starts is None:
        return frame.mixed(step, operands, curved=multiplies)
    frame.known.rely_on(step.inputs[1])
    shape = frame.program.avals[step.inputs[0]].shape
    positions = scatter_positions(
        step.params, shape, starts, frame.program.avals[step.inputs[2]].shape
    ).reshape(-1)
    size = frame.size(step.outputs[0])
    landing = np.flatnonzero(positions >= 0)
    if base is not None and step.name == "scatter":
        kept = np.arange(size)
        kept[positions[landing]] = -1
        base = base.take(kept, frame.budget)
    if updates is not None:
        landed = updates.take(landing, frame.budget)
        updates = landed.merged(positions[landing], size, frame.variables, frame.budget)
    result = frame.union([base, updates])
    if multiplies:
        frame.interact(result, result)
    return [result]


def _lines(frame: Frame, step: Step, axes: tuple[int, ...]) -> Indices:
    """The number of each line of the operand along `axes`, which have length 1 here."""
    shape = frame.program.avals[step.inputs[0]].shape
    kept = [1 if axis in axes else size for axis, size in enumerate(shape)]
    return np.arange(int(np.prod(kept))).reshape(kept)


def _labels(frame: Frame, step: Step, axes: tuple[int, ...]) -> Indices:
    """For each element of the operand, which line along `axes` it lies on."""
    shape = frame.program.avals[step.inputs[0]].shape
    return np.broadcast_to(_lines(frame, step, axes), shape).reshape(-1)


def _merged(frame: Frame, operand: Dependence | None, labels: Indices, m: int) -> Dependence | None:
    return operand and operand.merged(labels, m, frame.variables, frame.budget)


def reduce(frame: Frame, step: Step, operands: Operands) -> Operands:
    """Sums, maxima and products along axes."""
    labels = _labels(frame, step, tuple(step.params["axes"]))
    result = _merged(frame, operands[0], labels, frame.size(step.outputs[0]))
    if step.name == "reduce_prod":
        frame.interact(result, result)
    return [result]


def cumulate(frame: Frame, step: Step, operands: Operands) -> Operands:
    """Running sums, maxima and products."""
    (operand,) = operands
    axis = step.params["axis"]
    shape = frame.program.avals[step.inputs[0]].shape
    length = shape[axis]
    labels = _labels(frame, step, (axis,))
    if step.name in ("cumprod", "cumlogsumexp"):
        whole = _merged(frame, operand, labels, int(labels.max(initial=0)) + 1)
        frame.interact(whole, whole)
    if operand is None or not frame.needs(step.outputs[0]):
        return [None]
    frame.budget.check(labels.size * (length + 1) // 2)
    earlier, later = np.tril_indices(length)[::-1]
    if step.params["reverse"]:
        earlier, later = later, earlier
    lines = np.moveaxis(np.arange(labels.size).reshape(shape), axis, -1).reshape(-1, length)
    source = operand.take(lines[:, earlier].reshape(-1), frame.budget)
    target = lines[:, later].reshape(-1)
    return [_merged(frame, source, target, labels.size)]


def mix(frame: Frame, step: Step, operands: Operands) -> Operands:
    """Sorting and transforms: every element depends on all of its line."""
    rank = len(frame.program.avals[step.inputs[0]].shape)
    if step.name == "sort":
        axes: tuple[int, ...] = (step.params["dimension"],)
    elif step.name == "fft":
        axes = tuple(range(rank - len(step.params["fft_lengths"]), rank))
    else:
        axes = (step.params.get("axis", rank - 1),)
    labels, lines = _labels(frame, step, axes), _lines(frame, step, axes)
    results: Operands = []
    for place, array in enumerate(step.outputs):
        line = _merged(frame, operands[min(place, len(operands) - 1)], labels, lines.size)
        # The results' axes may have other lengths.
        which = np.broadcast_to(lines, frame.program.avals[array].shape).reshape(-1)
        results.append(line and line.take(which, frame.budget))
    return results


def windows(frame: Frame, step: Step, operands: Operands) -> Operands:
    """Sums and maxima of moving windows."""
    return frame.mixed(step, operands)


def contract(frame: Frame, step: Step, operands: Operands) -> Operands:
    """Matrix products and convolutions: sums of products of an element of each operand."""
    avals = [frame.program.avals[array] for array in step.inputs]
    nonzero: list[Indices | None] = [None, None]
    for place, array in enumerate(step.inputs):
        value = None if operands[place] is not None else frame.known.value(array)
        if value is not None and not value.all():
            frame.known.rely_on(array)
            nonzero[place] = value != 0
    terms = product_terms if step.name == "dot_general" else convolution_terms
    found = terms(step.params, avals[0].shape, avals[1].shape, nonzero, frame.budget)
    if found is None:
        both = operands[0] is not None and operands[1] is not None
        return frame.mixed(step, operands, curved=both)
    target, *sources = found
    taken = [
        operand and operand.take(source, frame.budget)
        for operand, source in zip(operands, sources, strict=True)
    ]
    frame.interact(taken[0], taken[1])
    size = frame.size(step.outputs[0])
    if not frame.needs(step.outputs[0]):
        return [None]
    return [frame.union([_merged(frame, part, target, size) for part in taken])]


def solve(frame: Frame, step: Step, operands: Operands) -> Operands:
    """Solutions of linear systems: linear in the right-hand side, curved in the matrix."""
    first = 1 if step.name == "triangular_solve" else sum(step.params["const_lengths"])
    curved = any(operand is not None for operand in operands[:first])
    return frame.mixed(step, operands, curved=curved)


RULES: dict[str, Callable[[Frame, Step, Operands], Operands]] = {
    "mul": multiply,
    "div": divide,
    "abs": modulus,
    "integer_pow": integer_power,
    "select_n": select,
    "optimization_barrier": lambda frame, step, operands: operands,
    "gather": gather,
    **dict.fromkeys(
        "scatter scatter-add scatter-sub scatter-mul scatter-min scatter-max".split(), scatter
    ),
    **dict.fromkeys("reduce_sum reduce_max reduce_min reduce_prod".split(), reduce),
    **dict.fromkeys("cumsum cummax cummin cumprod cumlogsumexp".split(), cumulate),
    **dict.fromkeys("sort top_k fft".split(), mix),
    **dict.fromkeys("reduce_window_sum reduce_window_max reduce_window_min".split(), windows),
    **dict.fromkeys("dot_general conv_general_dilated".split(), contract),
    **dict.fromkeys("triangular_solve custom_linear_solve".split(), solve),
    **dict.fromkeys([*MOVEMENT, "dynamic_slice", "dynamic_update_slice"], moved),
}
"""What each primitive does; those of `ADDITIVE` and `CURVED` besides."""
