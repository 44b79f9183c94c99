"""Exact derivatives, compiled: one trace of the function a run, one compilation a *program*.

The user's function is traced afresh for every run, so nothing that it reads (globals, closures,
attributes) can be stale. What the trace gives, a jaxpr, has captured arrays as arguments and
everything else written out; two traces with the same program share what was compiled for it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import numpy as np

from extremum.linalg import DenseSymmetric, LowRankSum, SymmetricMatrix
from extremum.objective.counts import Counts
from extremum.objective.function import sixty_four_bit
from extremum.objective.parameters import Vector
from extremum.objective.preparation import Preparation
from extremum.objective.recording import refuse_length
from extremum.objective.rolling import rolled
from extremum.objective.separation import (
    Program,
    Separation,
    check_product,
    compressed,
    in_turns,
    structure_of,
)
from extremum.objective.signature import signature
from extremum.outcomes import InvalidInput

MOST_PROGRAMS = 256
"""How many compiled programs are kept; the least recently used goes first."""

MOST_SECONDS = 10.0
"""What the search for a Hessian's structure may take."""

LONG = 200
"""A program of more equations is rolled up: it is likely to be a loop over the variables."""

MOST_EQUATIONS = 700
"""A longer program is not compiled. XLA takes quadratic time: on a recurrence of numbers (which
can't be rolled up) 1 s for the second derivatives of 158 equations, 3.5 s of 308, and more than a
minute of 1258."""

MOST_SEPARATIONS = 8
"""How many structures are kept for one program: they differ where captured arrays do."""


class _Program:
    """The compiled derivatives of one jaxpr, as functions of its captured arrays and of x."""

    def __init__(self, jaxpr: Any) -> None:
        def value(captured: list[Any], x: Any) -> Any:
            return jax.core.eval_jaxpr(jaxpr, captured, x)[0]

        gradient = jax.grad(value, argnums=1)

        def first_order(captured: list[Any], x: Any) -> Any:
            fun, slope = jax.value_and_grad(value, argnums=1)(captured, x)
            return _packed(fun, slope)

        def second_order(captured: list[Any], x: Any) -> Any:
            slope, product = jax.linearize(lambda y: gradient(captured, y), x)

            def column(k: Any) -> Any:
                return product(jax.numpy.zeros_like(x).at[k].set(1.0))

            hessian = in_turns(column, x.size, Program.of(jaxpr))
            return _packed(value(captured, x), slope), hessian

        def product(captured: list[Any], x: Any, v: Any) -> Any:
            return jax.jvp(lambda y: gradient(captured, y), (x,), (v,))[1]

        self.jaxpr = jaxpr
        self._functions: dict[Hashable, Callable[..., Any]] = {
            "value": value,
            "first order": first_order,
            "second order": second_order,
            "product": product,
        }
        self._compiled: dict[Hashable, Any] = {}
        self._separations: list[Separation] = []
        self.arrays: dict[Separation, Any] = {}
        self.trusted: set[Separation] = set()

    def function(self, name: Hashable) -> Callable[..., Any]:
        """One of the functions, for JAX to transform further."""
        return self._functions[name]

    def check_twice_differentiable(self, captured: list[Any], x: Vector) -> None:
        """Raise what JAX raises for a function that has one derivative but not two."""
        with sixty_four_bit():
            jax.eval_shape(self._functions["product"], captured, x, x)

    def evaluate(self, name: Hashable, spent: Preparation, *arguments: Any) -> Any:
        """Call one of the functions; compile it if this is the first time."""
        with sixty_four_bit():
            if name not in self._compiled:
                started = time.perf_counter()
                lowered = jax.jit(self._functions[name]).lower(*arguments)
                self._compiled[name] = lowered.compile()
                spent.compilation += time.perf_counter() - started
            return self._compiled[name](*arguments)

    def operations(self, name: Hashable) -> float:
        """What a compiled function takes, as XLA counts it; a transcendental one counts ten."""
        cost = self._compiled[name].cost_analysis() or {}
        return float(cost.get("flops", 0.0) + 10 * cost.get("transcendentals", 0.0))

    def separation(self, captured: list[Any], n: int, spent: Preparation) -> Separation:
        """The Hessian's structure, looked for once for equal captured values."""
        for known in self._separations:
            if known.holds_for(captured):
                return known
        with sixty_four_bit():
            found = structure_of(self.jaxpr, captured, n, MOST_SECONDS)
        spent.detection += found.seconds
        spent.colouring += found.colouring_seconds
        self._separations = [*self._separations[-MOST_SEPARATIONS + 1 :], found]
        return found

    def adopted(self, separation: Separation) -> Separation:
        """The separation whose function is used: an equal one that is known already, or this one.

        A declared structure is made anew for every run, and need not be compiled anew.
        """
        for known in self.arrays:
            if known is separation or known.equals(separation):
                return known
        self._add(separation)
        return separation

    def _add(self, separation: Separation) -> None:
        """Make the function that evaluates to second order by a separation's few products."""
        made = compressed(self.jaxpr, separation)

        def second_order(arrays: Any, captured: list[Any], x: Any) -> Any:
            fun, slope, *parts = made.evaluate(arrays, captured, x)
            return _packed(fun, slope), *parts

        self._functions[separation] = second_order
        self.arrays[separation] = made.arrays


_programs: OrderedDict[Hashable, _Program] = OrderedDict()


@dataclass(frozen=True)
class CompiledDerivatives:
    """Value, gradient, Hessian and its products by JAX, compiled.

    Attributes
    ----------
    name : str
        How the result names this source.
    notes : tuple of str
        What a reader should know about it.
    separation : Separation or None
        The structure by which the Hessian is evaluated and stored; None: as a dense array.
    spent : Preparation
    """

    name: str
    notes: tuple[str, ...]
    _program: _Program
    _captured: list[Any]
    separation: Separation | None = None
    spent: Preparation = field(default_factory=Preparation)
    exact: bool = True

    @classmethod
    def trace(cls, function: Callable[[Any], Any], n: int, name: str) -> CompiledDerivatives:
        """Trace `function`, from a JAX vector of shape (n,) to a scalar.

        Raises
        ------
        TooLong
            If the program is too long to be compiled.
        """
        started = time.perf_counter()
        with sixty_four_bit():
            # A new lambda: JAX remembers traces by the function's identity.
            closed = jax.make_jaxpr(lambda x: function(x))(np.zeros(n))
            if (recorded := len(closed.jaxpr.eqns)) > LONG:
                closed = rolled(closed, n)
            if len(closed.jaxpr.eqns) > MOST_EQUATIONS:
                refuse_length(recorded)
            captured = [jax.numpy.array(constant) for constant in closed.consts]
        output = closed.jaxpr.outvars[0].aval
        if not np.issubdtype(output.dtype, np.floating):
            raise InvalidInput(f"the function returned a number of dtype {output.dtype}")
        key = (n, signature(closed.jaxpr))
        if key not in _programs:
            program = _Program(closed.jaxpr)
            program.check_twice_differentiable(captured, np.zeros(n))
            _programs[key] = program
        _programs.move_to_end(key)
        while len(_programs) > MOST_PROGRAMS:
            _programs.popitem(last=False)
        narrow = {str(array.dtype) for array in captured if array.dtype in (np.float32, np.float16)}
        notes = tuple(
            f"arrays of {dtype} are captured, so rounding errors are those of {dtype}"
            for dtype in sorted(narrow)
        )
        spent = Preparation(tracing=time.perf_counter() - started)
        return cls(name, notes, _programs[key], captured, spent=spent)

    def detected(self, n: int) -> Separation:
        """The Hessian's structure, found in the program."""
        return self._program.separation(self._captured, n, self.spent)

    def separated(self, separation: Separation) -> CompiledDerivatives:
        """The same derivatives, the Hessian by a separation."""
        return replace(self, separation=self._program.adopted(separation))

    @property
    def program(self) -> tuple[Callable[[list[Any], Any], Any], list[Any]]:
        """φ as a JAX function of (captured arrays, x), one object a program; and those arrays."""
        return self._program.function("value"), self._captured

    @property
    def traced(self) -> tuple[Any, list[Any]]:
        """The jaxpr that was traced, and the arrays it captured."""
        return self._program.jaxpr, self._captured

    def value(self, x: Vector, counts: Counts) -> float:
        """φ at x."""
        counts.nfev += 1
        return float(np.asarray(self._evaluate("value", x)))

    def followed_value(self, x: Vector) -> float:
        """φ at x, uncounted."""
        return self.value(x, Counts())

    def followed_gradient(self, x: Vector) -> Vector:
        """∇φ at x, uncounted."""
        return self.value_and_gradient(x, Counts())[1]

    def value_and_gradient(self, x: Vector, counts: Counts) -> tuple[float, Vector]:
        """φ and ∇φ at x."""
        counts.nfev += 1
        counts.njev += 1
        return _unpacked(self._evaluate("first order", x))

    def value_gradient_hessian(
        self, x: Vector, counts: Counts
    ) -> tuple[float, Vector, SymmetricMatrix]:
        """φ, ∇φ and ∇²φ at x by one compiled call."""
        counts.nfev += 1
        counts.njev += 1
        counts.nhev += 1
        first, hessian = self._second_order(x)
        return *_unpacked(first), hessian

    def hessian(self, x: Vector, counts: Counts) -> SymmetricMatrix:
        """∇²φ at x."""
        counts.nhev += 1
        return self._second_order(x)[1]

    def hessian_vector(self, x: Vector, v: Vector, counts: Counts) -> Vector:
        """∇²φ·v at x."""
        counts.nhvp += 1
        return np.asarray(self._evaluate("product", x, v))

    def operations_of_product(self, x: Vector) -> float:
        """What a product takes."""
        self.hessian_vector(x, x, Counts())
        return self._program.operations("product")

    def _evaluate(self, name: str, *arguments: Vector) -> Any:
        return self._program.evaluate(name, self.spent, self._captured, *arguments)

    def _second_order(self, x: Vector) -> tuple[Any, SymmetricMatrix]:
        if self.separation is None:
            first, hessian = self._evaluate("second order", x)
            return first, DenseSymmetric(np.asarray(hessian))
        first, entries, low_rank, core = self._parts(self.separation, x)
        assert self.separation.pattern is not None
        sparse = self.separation.pattern.matrix(entries)
        return first, LowRankSum(sparse, low_rank, core) if self.separation.rank else sparse

    def _parts(self, separation: Separation, x: Vector) -> tuple[Any, Vector, Vector, Vector]:
        arguments = (self._program.arrays[separation], self._captured, x)
        first, *parts = self._program.evaluate(separation, self.spent, *arguments)
        entries, low_rank, core = map(np.asarray, parts)
        return first, entries, low_rank, core

    def agrees_with_product(self, x: Vector, v: Vector) -> bool:
        """Whether the separated Hessian times `v` is what the exact product is.

        Where that isn't finite there is nothing to compare. What held once for a program is not
        compared again.
        """
        separation = self.separation
        assert separation is not None
        if separation in self._program.trusted:
            return True
        product = self.hessian_vector(x, v, Counts())
        if not np.isfinite(product).all():
            return True
        _, entries, *factors = self._parts(separation, x)
        return check_product(separation, entries, (factors[0], factors[1]), v, product)

    def trust(self) -> None:
        """Remember that the separation was compared with products."""
        assert self.separation is not None
        self._program.trusted.add(self.separation)


def _packed(fun: Any, gradient: Any) -> Any:
    """In one array, since to hand over each array costs as much as a small function."""
    return jax.numpy.append(gradient, fun)


def _unpacked(first_order: Any) -> tuple[float, Vector]:
    packed = np.asarray(first_order)  # a view
    return float(packed[-1]), packed[:-1]
