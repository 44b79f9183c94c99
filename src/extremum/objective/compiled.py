"""Exact derivatives, compiled: one trace of the function a run, one compilation a *program*.

The user's function is traced afresh for every run, so nothing that it reads (globals, closures,
attributes) can be stale. What the trace gives, a jaxpr, has captured arrays as arguments and
everything else written out; two traces with the same program share what was compiled for it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import jax
import jax.extend.core as jex
import numpy as np

from extremum.objective.counts import Counts
from extremum.objective.function import sixty_four_bit
from extremum.objective.parameters import Vector
from extremum.outcomes import InvalidInput

MOST_PROGRAMS = 256
"""How many compiled programs are kept; the least recently used goes first."""


class _Program:
    """The compiled derivatives of one jaxpr, as functions of its captured arrays and of x."""

    def __init__(self, jaxpr: Any) -> None:
        def value(captured: list[Any], x: Any) -> Any:
            return jax.core.eval_jaxpr(jaxpr, captured, x)[0]

        gradient = jax.grad(value, argnums=1)
        self.value = jax.jit(value)
        self.value_and_gradient = jax.jit(jax.value_and_grad(value, argnums=1))
        self.hessian = jax.jit(jax.jacfwd(gradient, argnums=1))
        self.hessian_vector = jax.jit(
            lambda captured, x, v: jax.jvp(lambda y: gradient(captured, y), (x,), (v,))[1]
        )


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
    """

    name: str
    notes: tuple[str, ...]
    _program: _Program
    _captured: list[Any]
    exact: bool = True

    @classmethod
    def trace(cls, function: Callable[[Any], Any], n: int, name: str) -> CompiledDerivatives:
        """Trace `function`, from a JAX vector of shape (n,) to a scalar."""
        with sixty_four_bit():
            # A new lambda: JAX remembers traces by the function's identity.
            closed = jax.make_jaxpr(lambda x: function(x))(np.zeros(n))
            captured = [jax.numpy.array(constant) for constant in closed.consts]
        output = closed.jaxpr.outvars[0].aval
        if not np.issubdtype(output.dtype, np.floating):
            raise InvalidInput(f"the function returned a number of dtype {output.dtype}")
        key = (n, _signature(closed.jaxpr))
        if key not in _programs:
            _programs[key] = program = _Program(closed.jaxpr)
            try:
                with sixty_four_bit():  # some functions have one derivative but not two
                    jax.eval_shape(program.hessian_vector, captured, np.zeros(n), np.zeros(n))
            except Exception:
                del _programs[key]
                raise
        _programs.move_to_end(key)
        while len(_programs) > MOST_PROGRAMS:
            _programs.popitem(last=False)
        narrow = {str(array.dtype) for array in captured if array.dtype in (np.float32, np.float16)}
        notes = tuple(
            f"arrays of {dtype} are captured, so rounding errors are those of {dtype}"
            for dtype in sorted(narrow)
        )
        return cls(name, notes, _programs[key], captured)

    @property
    def program(self) -> tuple[Callable[[list[Any], Any], Any], list[Any]]:
        """φ as a JAX function of (captured arrays, x), one object a program; and those arrays."""
        return self._program.value, self._captured

    def value(self, x: Vector, counts: Counts) -> float:
        """φ at x."""
        counts.nfev += 1
        with sixty_four_bit():
            return float(self._program.value(self._captured, x))

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
        with sixty_four_bit():
            value, gradient = self._program.value_and_gradient(self._captured, x)
            return float(value), np.asarray(gradient)

    def hessian(self, x: Vector, counts: Counts) -> Vector:
        """∇²φ at x, of shape (n, n)."""
        counts.nhev += 1
        with sixty_four_bit():
            return np.asarray(self._program.hessian(self._captured, x))

    def hessian_vector(self, x: Vector, v: Vector, counts: Counts) -> Vector:
        """∇²φ·v at x."""
        counts.nhvp += 1
        with sixty_four_bit():
            return np.asarray(self._program.hessian_vector(self._captured, x, v))


def _signature(jaxpr: Any) -> Hashable:
    """A program's identity: the same for two traces exactly where they compute the same."""
    numbers: dict[Any, int] = {}

    def number(atom: Any) -> Hashable:
        if isinstance(atom, jex.Literal):
            value = np.asarray(atom.val)
            return ("literal", str(atom.aval), value.dtype.str, value.tobytes())
        return numbers.setdefault(atom, len(numbers))

    inputs = tuple((number(v), str(v.aval)) for v in (*jaxpr.constvars, *jaxpr.invars))
    steps = tuple(
        (
            equation.primitive.name,
            tuple(number(atom) for atom in equation.invars),
            tuple((number(v), str(v.aval)) for v in equation.outvars),
            tuple((name, _parameter(value)) for name, value in sorted(equation.params.items())),
        )
        for equation in jaxpr.eqns
    )
    return inputs, steps, tuple(number(atom) for atom in jaxpr.outvars)


def _parameter(value: Any) -> Hashable:
    """A primitive's parameter as part of a program's identity."""
    if isinstance(value, jex.ClosedJaxpr):
        constants = tuple((c.dtype.str, c.tobytes()) for c in map(np.asarray, value.consts))
        return _signature(value.jaxpr), constants
    if isinstance(value, jex.Jaxpr):
        return _signature(value)
    if isinstance(value, tuple | list):
        return tuple(_parameter(item) for item in value)
    if isinstance(value, np.ndarray | jax.Array):
        array = np.asarray(value)
        return array.shape, array.dtype.str, array.tobytes()
    # A mesh can be called too, as a decorator, but is compared by what it is.
    if callable(value) and not isinstance(value, jax.sharding.Mesh):
        return _rule(value)
    return value if isinstance(value, Hashable) else _Unlike()


def _rule(function: Any) -> Hashable:
    """A custom derivative rule: JAX's own is known by its place, a user's only by itself.

    The primal program beside it holds the values, and JAX's rules depend on nothing else; a
    user's rule may read anything, so no two traces of it are taken to be alike.
    """
    source = str(getattr(getattr(function, "debug_info", None), "func_src_info", ""))
    return source if "/jax/" in source.replace("\\", "/") else _Unlike()


class _Unlike:
    """Equal to nothing but itself."""
