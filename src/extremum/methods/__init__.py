"""The methods, one algorithm a file, and the rules that say how far a step goes."""

from extremum.methods.bfgs import BFGS
from extremum.methods.conjugate_gradient import ConjugateGradient
from extremum.methods.gradient_descent import GradientDescent
from extremum.methods.lbfgs import LBFGS
from extremum.methods.method import Method, State, value_floor
from extremum.methods.newton import Newton
from extremum.methods.newton_cg import NewtonCG
from extremum.methods.scalar import BracketedNewton
from extremum.methods.steps import (
    Armijo,
    BarzilaiBorwein,
    ExactStep,
    FixedStep,
    GradientNormDecrease,
    StepRule,
)
from extremum.methods.stored import pack, unpack
from extremum.methods.strong_wolfe import StrongWolfe
from extremum.methods.trust_region import TrustRegion

__all__ = [
    "BFGS",
    "LBFGS",
    "Armijo",
    "BarzilaiBorwein",
    "BracketedNewton",
    "ConjugateGradient",
    "ExactStep",
    "FixedStep",
    "GradientDescent",
    "GradientNormDecrease",
    "Method",
    "Newton",
    "NewtonCG",
    "State",
    "StepRule",
    "StrongWolfe",
    "TrustRegion",
    "pack",
    "unpack",
    "value_floor",
]
