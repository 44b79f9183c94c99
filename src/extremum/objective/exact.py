"""The function's exact derivatives, by whichever way of following it works."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import jax
import numpy as np

from extremum.objective.agreement import check_agreement, lost_slope, near
from extremum.objective.compiled import CompiledDerivatives
from extremum.objective.counts import Counts
from extremum.objective.function import PlainFunction, sixty_four_bit
from extremum.objective.parameters import Vector
from extremum.objective.rebinding import followable
from extremum.objective.recording import TooLong, bounded_recording
from extremum.objective.refusals import reason, refusals
from extremum.objective.tracing import TracedArray, unwrap_result
from extremum.objective.uncompiled import UncompiledDerivatives
from extremum.outcomes import Untraceable

if TYPE_CHECKING:
    from extremum.objective.torch import TorchDerivatives

ExactDerivatives: TypeAlias = "CompiledDerivatives | UncompiledDerivatives | TorchDerivatives"


def exact_derivatives(plain: PlainFunction, x: Vector) -> ExactDerivatives:
    """Follow a function written in NumPy, JAX or PyTorch, and check what was followed.

    A function of tensors is PyTorch's. Else, tried in turn: as NumPy, compiled; as JAX, compiled;
    then both without compilation.

    Raises
    ------
    Untraceable
        If none works, or if the values disagree; the message says why.
    """
    if plain.parameters.library == "torch":
        from extremum.objective.torch import TorchDerivatives

        return TorchDerivatives.of(plain, x)
    as_numpy, as_jax = _numpy_function(plain, plain.args), _jax_function(plain)
    scale = abs(plain.value(x, Counts()))
    numpy_functions = [as_numpy]
    if any(type(arg) is float for arg in plain.args):
        # As arguments of the program, other floats compile nothing; where Python itself needs to
        # know them (`if a > 0`), they are written into it.
        numpy_functions.insert(0, _numpy_function(plain, tuple(map(_float_as_array, plain.args))))
    trace, n = CompiledDerivatives.trace, x.size
    attempts: list[Callable[[], ExactDerivatives]] = [
        *(
            partial(trace, function, n, "exact (NumPy traced by JAX)")
            for function in numpy_functions
        ),
        partial(trace, as_jax, n, "exact (JAX)"),
        partial(UncompiledDerivatives, "exact (NumPy by JAX, uncompiled)", plain, as_numpy, scale),
        partial(UncompiledDerivatives, "exact (JAX, uncompiled)", plain, as_jax, scale),
    ]
    why: list[str] = []
    for attempt in attempts:
        with refusals() as refused:
            try:
                with bounded_recording():
                    found = attempt()
                    disagreement = _disagreement(found, plain, x)
            except TooLong as error:  # the other ways are no shorter
                raise Untraceable(reason(error, refused)) from None
            except Exception as error:  # whatever a user's function raises when it is followed
                why.append(reason(error, refused))
                continue
        if disagreement is None:
            return found
        why.append(disagreement)
    # Without compilation there is one cause less to fail, so these reasons are the real ones.
    # A function of jax.numpy does not take NumPy's stand-in.
    as_numpy_failed, as_jax_failed = why[-2:]
    is_jax = re.search("TracedArray|JAX (type|value)", as_numpy_failed)
    raise Untraceable(as_jax_failed if is_jax else as_numpy_failed)


def _disagreement(found: ExactDerivatives, plain: PlainFunction, x: Vector) -> str | None:
    """Compare with the plain function, and differentiate once to learn whether that works."""
    disagreement = check_agreement(found, plain, x, x, near(x)) or lost_slope(found, plain, x)
    if disagreement is None and isinstance(found, UncompiledDerivatives):
        found.followed_product(x, np.ones_like(x))
    return disagreement


def _numpy_function(plain: PlainFunction, args: tuple[Any, ...]) -> Callable[[Any], Any]:
    fun = followable(plain.fun)

    def function(x: Any) -> Any:
        argument = plain.parameters.rebuild(x, TracedArray)
        return _scalar(unwrap_result(_value_of(plain, fun(argument, *args))))

    return function


def _jax_function(plain: PlainFunction) -> Callable[[Any], Any]:
    def function(x: Any) -> Any:
        argument = plain.parameters.rebuild(x, lambda leaf: leaf)
        result = _value_of(plain, plain.fun(argument, *plain.args))
        return _scalar(jax.numpy.asarray(result))

    return function


def _float_as_array(arg: Any) -> Any:
    if type(arg) is not float:
        return arg
    with sixty_four_bit():
        return TracedArray(jax.numpy.asarray(arg, np.float64))


def _value_of(plain: PlainFunction, result: Any) -> Any:
    return result[0] if plain.with_gradient else result


def _scalar(value: jax.Array) -> jax.Array:
    return value.reshape(()).astype(np.float64)
