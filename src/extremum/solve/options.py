"""What a call may say, in our words and in SciPy's; what has no meaning is refused with a hint."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from extremum.methods import (
    BFGS,
    LBFGS,
    BarzilaiBorwein,
    ConjugateGradient,
    GradientDescent,
    Method,
    Newton,
    NewtonCG,
    TrustRegion,
)
from extremum.objective import Objective
from extremum.outcomes import InvalidInput, UnknownOption
from extremum.solve.stops import GradientNorm, Limits, StopTest

METHODS: dict[str, Callable[[], Method]] = {
    "trust-region": TrustRegion,
    "trust-exact": TrustRegion,
    "trust-krylov": TrustRegion,
    "trust-ncg": TrustRegion,
    "newton": Newton,
    "gradient-descent": GradientDescent,
    "barzilai-borwein": lambda: GradientDescent(BarzilaiBorwein()),
    "bfgs": BFGS,
    "l-bfgs": LBFGS,
    "l-bfgs-b": LBFGS,
    "newton-cg": NewtonCG,
    "conjugate-gradient": ConjugateGradient,
    "cg": ConjugateGradient,
}
"""The methods by name, in SciPy's spelling too."""

FEW = 20
"""Up to so many variables a Hessian by differences, 2n² values, is still worth its price."""

MOST_DENSE = 1000
"""Up to so many variables BFGS keeps its dense matrix: 8 MB, and n² operations an iteration."""

TRANSFORMS = {
    "bounds": (
        "bounds have no meaning here: every point is allowed. Write the variable as a function of "
        "a free one: x = exp(u) for x > 0, x = lo + (hi - lo) / (1 + exp(-u)) for lo < x < hi"
    ),
    "constraints": (
        "constraints have no meaning here: every point is allowed. Eliminate the variables that "
        "they determine, or add a penalty to the function"
    ),
    "disp": "disp is not needed: print the result",
    "hess_inv0": "hess_inv0 has no meaning here: the Hessian itself is used",
}
"""What SciPy knows and this package does not, with what to do instead."""

LIMITS = ("maxiter", "maxfev", "max_seconds")


def choose_method(method: Any, objective: Objective | None, n: int) -> tuple[Method, str]:
    """Find the method that a call names; the text says which and, where automatic, why."""
    if method is None or method == "auto":
        return _automatic(objective, n)
    if isinstance(method, str):
        name = method.lower().replace("_", "-")
        if name not in METHODS:
            near = difflib.get_close_matches(name, METHODS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise UnknownOption(
                f"The method {method!r} is unknown; there are {', '.join(map(repr, METHODS))} "
                f"and 'auto'.{hint}"
            )
        method = METHODS[name]()
    if inspect.isclass(method) or not hasattr(method, "next_state"):
        name = getattr(method, "__name__", type(method).__name__)
        raise UnknownOption(
            f"method={method!r} is not a method; "
            + (f"write {name}()." if inspect.isclass(method) else "write Newton() or 'newton'.")
        )
    return method, repr(method)


def _automatic(objective: Objective | None, n: int) -> tuple[Method, str]:
    """Second derivatives wherever they can be had; else what is learnt from gradients."""
    if objective is None or objective.exact:
        structure = "" if objective is None else objective.structure
        how = {
            "dense": "the Hessian, dense",
            "operator": "products with the Hessian",
        }.get(structure, f"the Hessian, {structure}")
        return TrustRegion(), f"TrustRegion(), chosen for exact derivatives: {how}, n = {n}"
    if n <= FEW:
        why = f"second derivatives by differences are affordable for n = {n}"
        return TrustRegion(), f"TrustRegion(), chosen since {why}"
    method: Method = BFGS() if n <= MOST_DENSE else LBFGS()
    why = f"there are no exact second derivatives, n = {n}"
    return method, f"{method!r}, chosen since {why}"


def choose_tests(stop: Any, tol: float | None) -> tuple[StopTest, ...]:
    """The stopping tests: the user's, else the gradient's norm."""
    if stop is not None and tol is not None:
        raise UnknownOption(
            "Give either stop= or tol= (which is stop=GradientNorm(tol)), not both."
        )
    if stop is None:
        return (GradientNorm() if tol is None else GradientNorm(atol=tol),)
    tests = tuple(stop) if isinstance(stop, Sequence) and not isinstance(stop, str) else (stop,)
    for test in tests or (stop,):
        if not hasattr(test, "met") or inspect.isclass(test):
            raise UnknownOption(
                f"stop={test!r} is not a stopping test; "
                "write GradientNorm(1e-8), RelativeStep(1e-8), SquaredStep(1e-8) or ValueChange(0)."
            )
    return tests


def read_options(
    options: Mapping[str, Any] | None, unknown: Mapping[str, Any], known: Iterable[str]
) -> dict[str, Any]:
    """SciPy's `options` dict and stray keywords: limits and gtol are read, the rest refused."""
    given: object = options
    if given is not None and not isinstance(given, Mapping):
        raise InvalidInput(f"options={options!r}: a dict is needed, like {{'maxiter': 100}}.")
    found: dict[str, Any] = {}
    for name, value in {**(options or {}), **unknown}.items():
        if name == "gtol":
            found["tol"] = value
        elif name == "maxfun":
            found["maxfev"] = value
        elif name in LIMITS and name not in unknown:
            found[name] = value
        elif name in TRANSFORMS:
            if value is None or value is False or (isinstance(value, tuple) and not value):
                continue
            raise UnknownOption(f"{TRANSFORMS[name]}.")
        else:
            near = difflib.get_close_matches(name, [*known, "gtol", *LIMITS], n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise UnknownOption(f"The option {name}= is unknown.{hint}")
    return found


def limits(given: Mapping[str, Any], from_options: Mapping[str, Any]) -> Limits:
    """The limits of a call; those it names itself go before those in `options`."""
    merged = {name: from_options.get(name) for name in LIMITS}
    merged |= {name: value for name, value in given.items() if value is not None}
    return Limits(**{name: value for name, value in merged.items() if value is not None})


def read_callback(callback: Any) -> Callable[[Any, Any], None] | None:
    """SciPy's two spellings: ``callback(xk)`` and ``callback(intermediate_result=…)``."""
    if callback is None:
        return None
    if not callable(callback):
        raise InvalidInput(f"callback is a {type(callback).__name__}; a function is needed.")
    try:
        names = set(inspect.signature(callback).parameters)
    except (TypeError, ValueError):
        names = set()
    if names == {"intermediate_result"}:
        return lambda x, result: callback(intermediate_result=result)
    return lambda x, result: callback(x)
