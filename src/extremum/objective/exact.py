"""The function's exact derivatives, by whichever way of following it works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import jax
import numpy as np

from extremum.objective.compiled import CompiledDerivatives
from extremum.objective.counts import Counts
from extremum.objective.function import PlainFunction, show_point, sixty_four_bit
from extremum.objective.parameters import Vector
from extremum.objective.tracing import TracedArray, refusals, unwrap_result
from extremum.objective.uncompiled import UncompiledDerivatives
from extremum.outcomes import Untraceable

AGREEMENT = 1e-8
"""Largest relative difference between the traced value and the plain one: √ε, because a sum may be
taken in another order, and a mistake is not that small."""

ExactDerivatives = CompiledDerivatives | UncompiledDerivatives


def exact_derivatives(plain: PlainFunction, x: Vector) -> ExactDerivatives:
    """Follow a function written in NumPy or in JAX, and check what was followed.

    Tried in turn: as NumPy, compiled; as JAX, compiled; then both without compilation.

    Raises
    ------
    Untraceable
        If none works, or if the values disagree; the message says why.
    """
    as_numpy, as_jax = _numpy_function(plain), _jax_function(plain)
    attempts: list[Callable[[], ExactDerivatives]] = [
        lambda: CompiledDerivatives.trace(as_numpy, x.size, "exact (NumPy traced by JAX)"),
        lambda: CompiledDerivatives.trace(as_jax, x.size, "exact (JAX)"),
        lambda: _run_once(UncompiledDerivatives("exact (NumPy by JAX, uncompiled)", plain, as_numpy), x),
        lambda: _run_once(UncompiledDerivatives("exact (JAX, uncompiled)", plain, as_jax), x),
    ]
    why: list[str] = []
    for attempt in attempts:
        with refusals() as refused:
            try:
                found = attempt()
            except Exception as error:  # whatever a user's function raises when it is followed
                why.append(refused[0] if refused else _first_sentence(error))
                continue
        disagreement = check_agreement(found, plain, x, x, _near(x))
        if disagreement is None:
            return found
        why.append(disagreement)
    # The first attempt's reason is the one in the user's own terms, but where NumPy's protocols
    # were not spoken at all the function is JAX's and the second one is.
    raise Untraceable(why[1] if "JAX type" in why[0] else why[0])


def check_agreement(
    derivatives: Any, plain: PlainFunction, x0: Vector, *points: Vector
) -> str | None:
    """Compare the traced value with the plain function's; the sentence that names a disagreement."""
    scale = 0.0
    for x in points:
        try:
            expected = plain.value(x, Counts())
        except Exception:  # noqa: S112  outside of the function's domain there is nothing to compare
            continue
        found = derivatives.value(x, Counts())
        if not np.isfinite(expected) or not np.isfinite(scale := max(scale, abs(expected))):
            if np.isnan(expected) == np.isnan(found):
                continue
        if abs(found - expected) <= _tolerance(derivatives) * max(scale, abs(found)):
            continue
        again = plain.value(x, Counts())
        if again != expected:
            return (
                f"its value is not determined by its arguments: at x = {show_point(x)} it gives "
                f"{expected:.17g} and then {again:.17g}"
            )
        return (
            f"at x = {show_point(x)} the traced function gives {found:.10g} where the plain one "
            f"gives {expected:.10g} (does it change an alias in place, or read state that changes?)"
        )
    return None


def _tolerance(derivatives: Any) -> float:
    return 1e-3 if any("float16" in n or "float32" in n for n in derivatives.notes) else AGREEMENT


def _numpy_function(plain: PlainFunction) -> Callable[[Any], Any]:
    def function(x: Any) -> Any:
        argument = plain.parameters.rebuild(x, TracedArray)
        return _scalar(unwrap_result(_value_of(plain, plain.fun(argument, *plain.args))))

    return function


def _jax_function(plain: PlainFunction) -> Callable[[Any], Any]:
    def function(x: Any) -> Any:
        argument = plain.parameters.rebuild(x, lambda leaf: leaf)
        result = _value_of(plain, plain.fun(argument, *plain.args))
        return _scalar(jax.numpy.asarray(result))

    return function


def _value_of(plain: PlainFunction, result: Any) -> Any:
    return result[0] if plain.with_gradient else result


def _scalar(value: jax.Array) -> jax.Array:
    return value.reshape(()).astype(np.float64)


def _run_once(derivatives: UncompiledDerivatives, x: Vector) -> UncompiledDerivatives:
    """Differentiate once, to learn whether it works."""
    derivatives.value_and_gradient(x, Counts())
    derivatives.hessian_vector(x, np.ones_like(x), Counts())
    return derivatives


def _near(x: Vector) -> Vector:
    """A second point to compare at, in a direction that has no symmetry; fixed, so runs repeat."""
    signs = np.sin(np.arange(1.0, x.size + 1) ** 2)
    return cast(Vector, x + 1e-3 * np.maximum(1.0, np.abs(x)) * signs)


def _first_sentence(error: Exception) -> str:
    text = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {text}"


__all__ = ["ExactDerivatives", "check_agreement", "exact_derivatives", "sixty_four_bit"]
