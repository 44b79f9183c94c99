"""Methods, step rules, tests, limits and schemes, read back from the text of their `repr`."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from extremum.methods import (
    BFGS,
    LBFGS,
    Armijo,
    BarzilaiBorwein,
    BracketedNewton,
    ConjugateGradient,
    ExactStep,
    FixedStep,
    GradientDescent,
    GradientNormDecrease,
    Newton,
    NewtonCG,
    StrongWolfe,
    TrustRegion,
)
from extremum.objective import CentralDifference, ComplexStep, ForwardDifference
from extremum.outcomes import InvalidInput
from extremum.solve.stops import GradientNorm, Limits, RelativeStep, SquaredStep, ValueChange

KNOWN: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        BFGS,
        LBFGS,
        Armijo,
        BarzilaiBorwein,
        BracketedNewton,
        CentralDifference,
        ComplexStep,
        ConjugateGradient,
        ExactStep,
        FixedStep,
        ForwardDifference,
        GradientDescent,
        GradientNorm,
        GradientNormDecrease,
        Limits,
        Newton,
        NewtonCG,
        RelativeStep,
        SquaredStep,
        StrongWolfe,
        TrustRegion,
        ValueChange,
    )
}
"""What a text may name: descriptions, which do nothing when they are made."""

NUMBERS = {"inf": float("inf"), "nan": float("nan")}

NUMPY = ("float64", "float32", "int64", "int32")
"""NumPy's numbers are written ``np.float64(0.5)``."""


def read_description(text: str) -> Any:
    """The description of which a text is the `repr`. The text is read, never evaluated.

    Raises
    ------
    InvalidInput
        If it is none of this package's descriptions.
    """
    try:
        return _read(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise InvalidInput(f"{text!r} describes nothing of this package ({error}).") from error


def _read(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=None | bool() | int() | float() | str() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.Tuple(elts=parts):
            return tuple(_read(part) for part in parts)
        case ast.Name(id=name) if name in NUMBERS:
            return NUMBERS[name]
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="np"), attr=name), args=[number], keywords=[]
        ) if name in NUMPY:
            value = _read(number)
            if isinstance(value, int | float):
                return getattr(np, name)(value)
        case ast.Call(func=ast.Name(id=name), args=[], keywords=words) if name in KNOWN:
            return KNOWN[name](**{str(word.arg): _read(word.value) for word in words})
    raise ValueError("it is not one of them")
