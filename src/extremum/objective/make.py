"""An objective is made of a callable, with what derivatives the user gives and what is found."""

from __future__ import annotations

import difflib
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from extremum.objective.choices import Choices, made_before
from extremum.objective.counts import Counts
from extremum.objective.differences import (
    SCHEMES,
    CentralDifference,
    ComplexStep,
    ForwardDifference,
    ValueDifferences,
)
from extremum.objective.exact import exact_derivatives
from extremum.objective.function import PlainFunction, show_point
from extremum.objective.function_objective import FunctionObjective
from extremum.objective.parameters import Parameters
from extremum.objective.supplied import SuppliedGradient, SuppliedHessian
from extremum.outcomes import DerivativeWarning, InvalidInput, UnknownOption, Untraceable

MOST_SECONDS = 60.0
"""A function of which one gradient by differences takes longer is refused."""


def make_objective(
    fun: Callable[..., Any],
    parameters: Parameters,
    args: Any = (),
    jac: Any = None,
    hess: Any = None,
    hessp: Any = None,
    structure: Any = "auto",
    choices: Choices | None = None,
) -> FunctionObjective:
    """Make an objective of a callable, finding what derivatives the user does not give.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float``, plain NumPy or `jax.numpy`, or PyTorch where the start is
        of tensors.
    parameters : Parameters
        The start in the user's own structure.
    args : tuple
        Further arguments of `fun`, `jac`, `hess` and `hessp`; if only one, it may stand alone.
    jac : callable, True, {"2-point", "3-point", "cs"} or a scheme, optional
        The gradient. True: `fun` returns ``(value, gradient)``.
    hess : callable, optional
        ``hess(x, *args) -> (n, n) array``.
    hessp : callable, optional
        ``hessp(x, v, *args) -> (n,) array``.
    structure : "auto", "dense", "operator", "tridiagonal", int or array_like
        The Hessian's structure, where it is not to be looked for; an integer is a bandwidth, a
        matrix a pattern.
    choices : Choices, optional
        Those of an objective made of the same function before, which are not made again.

    Raises
    ------
    InvalidInput, UnknownOption
        If a derivative's spelling is unknown, or the value at the start is not a finite number.
    Untraceable
        If the function can't be followed, and differences would take too long.
    """
    if not callable(fun):
        raise InvalidInput(f"fun is a {type(fun).__name__}; a function of x is needed.")
    if not isinstance(args, tuple):
        args = (args,)
    plain = PlainFunction(fun, parameters, args, with_gradient=jac is True)
    plain, value = _first_value(plain)
    if not np.isfinite(value):
        raise InvalidInput(
            f"{plain.name} is {value} at the start, x = {show_point(parameters.start)}. "
            "Start where it is finite."
        )
    given = None if jac is None else _given_gradient(plain, jac)
    curvature = _given_hessian(plain, hess, hessp)
    if given is not None and curvature is not None:
        return FunctionObjective(plain, given, curvature).with_structure(structure)
    why = None
    with made_before(choices):
        try:
            if choices is not None and choices.why_inexact is not None:
                raise Untraceable(choices.why_inexact)
            found: Any = exact_derivatives(plain, parameters.start)
        except Untraceable as error:
            why = str(error)
            if given is None and parameters.library == "torch":
                raise InvalidInput(
                    f"{plain.name} can't be differentiated by PyTorch: {why}. Mend that, or "
                    "pass jac= ('3-point' for differences)."
                ) from error
            found = given or ValueDifferences(plain, CentralDifference())
            if given is None:
                if choices is None:
                    _check_affordable(plain, why)
                warn_inexact(plain, why)
        objective = FunctionObjective(plain, given or found, curvature or found, why_inexact=why)
        if choices is None:
            return objective.with_structure(structure)
        return objective.as_chosen(choices, structure)


def _first_value(plain: PlainFunction) -> tuple[PlainFunction, float]:
    """φ at the start, called with NumPy's arrays, or JAX's where it asks for those."""
    try:
        return plain, plain.value(plain.parameters.start, Counts())
    except Exception as error:
        if (in_jax := plain.called_in_jax(error)) is None:
            raise
        try:
            return in_jax, in_jax.value(plain.parameters.start, Counts())
        except Exception:
            raise error from None


def by_differences(objective: FunctionObjective, why: str) -> FunctionObjective:
    """The same function by differences, after what was traced proved to be wrong."""
    warn_inexact(objective.plain, why)
    source = ValueDifferences(objective.plain, CentralDifference())
    return replace(objective, gradients=source, hessians=source, why_inexact=why, disagreed=True)


def warn_inexact(plain: PlainFunction, why: str) -> None:
    """Say in a warning that derivatives are taken by differences, and why."""
    warnings.warn(
        f"{plain.name} can't be differentiated exactly: {why}. Central differences are used; "
        "pass jac= or write the function so that it can be followed.",
        DerivativeWarning,
        stacklevel=5,
    )


def _check_affordable(plain: PlainFunction, why: str) -> None:
    """Refuse a function of which one gradient by differences would take too long."""
    started = time.perf_counter()
    plain.value(plain.parameters.start, Counts())
    seconds = 2 * plain.parameters.size * (time.perf_counter() - started)
    if seconds > MOST_SECONDS:
        raise Untraceable(
            f"{plain.name} can't be differentiated exactly: {why}. One gradient by differences "
            f"would take about {seconds:.0f} seconds; pass jac= or write the function so that it "
            "can be followed."
        )


def _given_gradient(plain: PlainFunction, jac: Any) -> Any:
    if jac is True:
        return SuppliedGradient(plain, None)
    if isinstance(jac, str):
        if jac not in SCHEMES:
            near = difflib.get_close_matches(jac, SCHEMES, n=1, cutoff=0.3)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise UnknownOption(f"jac={jac!r} is unknown; one of {', '.join(SCHEMES)}.{hint}")
        return ValueDifferences(plain, SCHEMES[jac]())
    if isinstance(jac, ForwardDifference | CentralDifference | ComplexStep):
        return ValueDifferences(plain, jac)
    if callable(jac):
        return SuppliedGradient(plain, jac)
    raise UnknownOption(
        f"jac={jac!r} is unknown; give a function, True, '2-point', '3-point', 'cs' or a scheme "
        "like ForwardDifference(1e-6), or leave it out for exact derivatives."
    )


def _given_hessian(plain: PlainFunction, hess: Any, hessp: Any) -> SuppliedHessian | None:
    for name, value in (("hess", hess), ("hessp", hessp)):
        if value is not None and not callable(value):
            raise UnknownOption(
                f"{name}={value!r} is not a function; leave it out and it is found by itself."
            )
    return None if hess is None and hessp is None else SuppliedHessian(plain, hess, hessp)
