"""A loop that was unrolled, made operations of arrays again.

A function that touches each variable in a Python loop is followed as a program of some operations a
variable, each of one number: too long to be compiled, and its derivatives longer still. Here the
operations that do the same with numbers known at the same time become one operation of arrays, and
a long sum one sum, so that what is left has the length of the loop's body.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from extremum.objective.separation.program import Program, Step

ELEMENTWISE = frozenset(
    "abs acos acosh add and asin asinh atan atan2 atanh cbrt ceil convert_element_type cos cosh "
    "div eq erf erfc exp exp2 expm1 floor ge gt integer_pow is_finite le lgamma log log1p logistic "
    "lt max min mul ne neg not or pow rem round rsqrt select_n sign sin sinh sqrt square sub tan "
    "tanh".split()
)
"""Primitives that do to each element of arrays what they do to numbers."""

PICKS = frozenset({"slice", "squeeze", "reshape", "broadcast_in_dim"})
"""Primitives whose one element, where that is all they give, is an element of their input."""

SHORT = 8
"""A sum of so many terms is left as it is."""

Terms = list[tuple[int, float]]
"""A sum's: the number of an array, and its sign."""

Place = tuple[int, int]
"""Where a number is: the array it is in (or ~k for the k-th operation), and its index, raveled."""


def rolled(closed: Any, n: int) -> Any:
    """Roll up a program.

    Parameters
    ----------
    closed : jax.extend.core.ClosedJaxpr
        φ, from x of shape (n,) to a scalar.
    n : int

    Returns
    -------
    jax.extend.core.ClosedJaxpr
        The same but for the order in which sums are taken. What can't be rolled up is as it was.
    """
    program = Program.of(closed.jaxpr)
    plan = _Plan(program)
    return jax.make_jaxpr(lambda x: plan.evaluate([*closed.consts, x]))(np.zeros(n))


class _Plan:
    """Which steps are done together, and where each number is then."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._sums, inner = _long_sums(program)
        self._places: dict[int, Place] = {}
        depth = [0] * len(program.avals)
        alike: dict[tuple[int, Hashable], list[int]] = defaultdict(list)
        for k, step in enumerate(program.steps):
            if k in inner:
                continue
            if (place := self._picked(step)) is not None:
                self._places[step.outputs[0]] = place
                depth[step.outputs[0]] = depth[step.inputs[0]]
                continue
            inputs = [array for array, _ in self._sums[k]] if k in self._sums else step.inputs
            level = 1 + max((depth[array] for array in inputs), default=0)
            for array in step.outputs:
                depth[array] = level
            alike[level, self._kind(k, step)].append(k)
        self._operations = [alike[key] for key in sorted(alike, key=lambda key: key[0])]
        for number, together in enumerate(self._operations):
            if self._is_of_numbers(program.steps[together[0]]):
                for index, k in enumerate(together):
                    self._places[program.steps[k].outputs[0]] = (~number, index)

    def _picked(self, step: Step) -> Place | None:
        """The place of the one element that a step picks from an array."""
        if step.name not in PICKS or any(self._program.size(a) != 1 for a in step.outputs):
            return None
        source = step.inputs[0]
        if self._program.size(source) == 1:
            return source, 0
        shape = self._program.avals[source].shape
        return source, int(np.ravel_multi_index(step.params["start_indices"], shape))

    def _is_of_numbers(self, step: Step) -> bool:
        arrays = (*step.inputs, *step.outputs)
        return step.name in ELEMENTWISE and all(self._program.size(a) == 1 for a in arrays)

    def _joins_numbers(self, step: Step) -> bool:
        return all(self._program.size(array) == 1 for array in step.inputs)

    def _kind(self, k: int, step: Step) -> Hashable:
        """What steps have in common that can be done together, if they are as deep."""
        dtypes = tuple(str(self._program.avals[a].dtype) for a in (*step.inputs, *step.outputs))
        if k in self._sums:
            return "sum", len(self._sums[k]), dtypes
        if self._is_of_numbers(step):
            return step.name, repr(sorted(step.params.items())), dtypes
        return k

    def _place(self, array: int) -> Place:
        place = array, 0
        while place[0] in self._places:  # an element of an element
            place = self._places[place[0]]
        return place

    def evaluate(self, arguments: Sequence[Any]) -> Any:
        """Evaluate the program's one result with JAX."""
        program = self._program
        values: dict[int, Any] = {**program.constants}
        values.update(zip(program.inputs, arguments, strict=True))

        def whole(array: int) -> Any:
            number, index = self._place(array)
            if array == number:
                return values[array]
            return jnp.ravel(values[number])[index].reshape(program.avals[array].shape)

        for number, together in enumerate(self._operations):
            steps = [program.steps[k] for k in together]
            first = steps[0]
            if together[0] in self._sums:
                values[~number] = self._sum([self._sums[k] for k in together], values)
            elif self._is_of_numbers(first):
                operands = [
                    _gathered([self._place(step.inputs[i]) for step in steps], values, program)
                    for i in range(len(first.inputs))
                ]
                values[~number] = first.primitive.bind(*operands, **first.params)
            elif first.name in ("concatenate", "stack") and self._joins_numbers(first):
                joined = _gathered([self._place(a) for a in first.inputs], values, program)
                values[first.outputs[0]] = joined.reshape(program.avals[first.outputs[0]].shape)
            else:
                inputs = [whole(array) for array in first.inputs]
                parameters = first.primitive.get_bind_params(first.params)
                results = first.primitive.bind(*inputs, **parameters)
                results = results if first.primitive.multiple_results else [results]
                values.update(zip(first.outputs, results, strict=True))
        return whole(program.outputs[0])

    def _sum(self, sums: list[Terms], values: Mapping[int, Any]) -> Any:
        """Sums of equally many terms each, of shape (sums,)."""
        ordered = [sorted((self._place(array), sign) for array, sign in terms) for terms in sums]
        places = [place for terms in ordered for place, _ in terms]
        signs = np.array([[sign for _, sign in terms] for terms in ordered])
        terms = _gathered(places, values, self._program).reshape(signs.shape)
        return jnp.sum(terms if (signs > 0).all() else signs * terms, axis=1)


def _long_sums(program: Program) -> tuple[dict[int, Terms], set[int]]:
    """The steps that end a long sum, with its terms; and the steps inside of such sums."""
    adding = {
        step.outputs[0]: k
        for k, step in enumerate(program.steps)
        if step.name in ("add", "sub") and program.avals[step.outputs[0]].shape == ()
        if program.differentiable(step.outputs[0])
    }
    uses = Counter(array for step in program.steps for array in step.inputs)
    uses.update(program.outputs)
    passed_on = {
        array
        for k in adding.values()
        for array in program.steps[k].inputs
        if array in adding and uses[array] == 1
    }
    sums: dict[int, Terms] = {}
    inner: set[int] = set()
    for array, end in adding.items():
        if array in passed_on:
            continue
        terms: Terms = []
        inside: list[int] = []
        left = list(_signed(program.steps[end], 1.0))
        while left:
            term, sign = left.pop()
            if term in passed_on:
                inside.append(adding[term])
                left.extend(_signed(program.steps[adding[term]], sign))
            else:
                terms.append((term, sign))
        if len(terms) > SHORT:
            sums[end] = terms
            inner.update(inside)
    return sums, inner


def _signed(step: Step, sign: float) -> Iterator[tuple[int, float]]:
    yield step.inputs[0], sign
    yield step.inputs[1], sign if step.name == "add" else -sign


def _gathered(places: list[Place], values: Mapping[int, Any], program: Program) -> Any:
    """The numbers at some places as one array, by slices where they lie side by side."""
    numbers, indices = np.array(places).T
    pieces, position, length = [], np.empty(len(places), np.int64), 0
    for number in np.unique(numbers):
        here = numbers == number
        low, high = int(indices[here].min()), int(indices[here].max()) + 1
        value = values[number]
        if number in program.constants:
            value = np.asarray(value, program.avals[number].dtype)
        pieces.append(value.reshape(-1)[low:high])
        position[here] = indices[here] - low + length
        length += high - low
    constant = all(isinstance(piece, np.ndarray) for piece in pieces)
    joined = (np if constant else jnp).concatenate(pieces) if len(pieces) > 1 else pieces[0]
    if constant:
        numbers = joined[position]
        same = (numbers == numbers[0]).all()
        return jnp.broadcast_to(numbers[0], numbers.shape) if same else numbers
    steps = np.diff(position)
    step = int(steps[0]) if steps.size else 1
    if step < 0 or (steps != step).any():
        return joined.at[position].get(mode="promise_in_bounds", wrap_negative_indices=False)
    if step == 0:
        return jnp.broadcast_to(joined[position[0]], position.shape)
    if position.size == length:
        return joined
    return lax.slice(joined, [int(position[0])], [int(position[-1]) + 1], [step])
