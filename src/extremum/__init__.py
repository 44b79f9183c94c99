"""Minima and other stationary points of smooth functions, each with a verdict and its evidence.

>>> import extremum as ex
>>> ex.minimize(lambda x: (x[0] - 1) ** 2 + x[1] ** 2, [3.0, 4.0]).certificate.verdict.name
'MINIMUM'
"""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from extremum.certify import Certificate
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
    from extremum.objective import (
        CentralDifference,
        ComplexStep,
        ForwardDifference,
        Objective,
        check_derivatives,
    )
    from extremum.outcomes import (
        DerivativeWarning,
        ExpressionError,
        ExtremumError,
        InvalidInput,
        NoStatistics,
        RankDeficient,
        RankWarning,
        Reason,
        Separated,
        SeparationWarning,
        UnknownOption,
        Untraceable,
        Verdict,
    )
    from extremum.solve import (
        FoundMinimum,
        GradientNorm,
        ManyResult,
        RelativeStep,
        Result,
        SquaredStep,
        Trace,
        ValueChange,
        certify,
        minimize,
        minimize_many,
        minimize_scalar,
        stationary,
    )

_HOME = {
    "extremum.certify": "Certificate",
    "extremum.methods": (
        "Armijo BFGS BarzilaiBorwein BracketedNewton ConjugateGradient ExactStep FixedStep "
        "GradientDescent GradientNormDecrease LBFGS Newton NewtonCG StrongWolfe "
        "TrustRegion"
    ),
    "extremum.objective": (
        "CentralDifference ComplexStep ForwardDifference Objective check_derivatives"
    ),
    "extremum.outcomes": (
        "DerivativeWarning ExpressionError ExtremumError InvalidInput NoStatistics RankDeficient "
        "RankWarning Reason Separated SeparationWarning UnknownOption Untraceable Verdict"
    ),
    "extremum.solve": (
        "FoundMinimum GradientNorm ManyResult RelativeStep Result SquaredStep Trace ValueChange "
        "certify minimize minimize_many minimize_scalar stationary"
    ),
}
"""Where each public name lives; it is imported when it is first used (PEP 562)."""

_MODULE_OF = {name: module for module, names in _HOME.items() for name in names.split()}

__all__ = [
    "BFGS",
    "LBFGS",
    "Armijo",
    "BarzilaiBorwein",
    "BracketedNewton",
    "CentralDifference",
    "Certificate",
    "ComplexStep",
    "ConjugateGradient",
    "DerivativeWarning",
    "ExactStep",
    "ExpressionError",
    "ExtremumError",
    "FixedStep",
    "ForwardDifference",
    "FoundMinimum",
    "GradientDescent",
    "GradientNorm",
    "GradientNormDecrease",
    "InvalidInput",
    "ManyResult",
    "Newton",
    "NewtonCG",
    "NoStatistics",
    "Objective",
    "RankDeficient",
    "RankWarning",
    "Reason",
    "RelativeStep",
    "Result",
    "Separated",
    "SeparationWarning",
    "SquaredStep",
    "StrongWolfe",
    "Trace",
    "TrustRegion",
    "UnknownOption",
    "Untraceable",
    "ValueChange",
    "Verdict",
    "certify",
    "check_derivatives",
    "minimize",
    "minimize_many",
    "minimize_scalar",
    "stationary",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.metadata.version("extremum")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'extremum' has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    if getattr(value, "__module__", "").startswith("extremum"):
        globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


class _Package(ModuleType):
    """`certify` is a function here and a folder too; importing the folder must not hide it."""

    @property
    def certify(self) -> Any:
        return __getattr__("certify")

    @certify.setter
    def certify(self, module: ModuleType) -> None:
        pass


sys.modules[__name__].__class__ = _Package
