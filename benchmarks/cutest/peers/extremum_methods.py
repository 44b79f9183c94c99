"""extremum, given the same derivatives as its peers."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial

import numpy as np

import extremum as ex
from benchmarks.cutest.derivatives import Derivatives, Vector
from benchmarks.cutest.evaluations import Evaluations
from benchmarks.cutest.peers.solver import Claim, Run
from extremum.linalg import OperatorSymmetric, SymmetricMatrix
from extremum.objective import Counts, Objective


class ByProducts(Objective):
    """The evaluations of one run, as `minimize` takes them; the Hessian is only multiplied."""

    def __init__(self, evaluations: Evaluations) -> None:
        self.counts = Counts()
        self.evaluations = evaluations

    def value(self, x: Vector) -> float:
        """φ(x)."""
        return self.evaluations.value(x)

    def value_and_gradient(self, x: Vector) -> tuple[float, Vector]:
        """φ(x) and ∇φ(x)."""
        return self.evaluations.value_and_gradient(x)

    def hessian(self, x: Vector) -> SymmetricMatrix:
        """∇²φ(x), as an operator."""
        return OperatorSymmetric(x.size, partial(self.hessian_vector, x))

    def hessian_vector(self, x: Vector, v: Vector) -> Vector:
        """∇²φ(x)·v."""
        return self.evaluations.hessian_vector(x, v)


class ByMatrix(ByProducts):
    """The same where extremum forms the Hessian."""

    def hessian(self, x: Vector) -> SymmetricMatrix:
        """∇²φ(x)."""
        return self.evaluations.symmetric(x)

    def value_gradient_hessian(self, x: Vector) -> tuple[float, Vector, SymmetricMatrix]:
        """φ(x), ∇φ(x) and ∇²φ(x), by one compiled call."""
        return self.evaluations.value_gradient_hessian(x)


@dataclass(frozen=True)
class Extremum:
    """`minimize` by its automatic method."""

    evaluates: bool = True

    def unfit(self, derivatives: Derivatives) -> str | None:
        """Never."""
        return None

    def prepare(self, derivatives: Derivatives, tolerance: float, seconds: float) -> Run:
        """Its own test is that of the hit; its success is claimed only with its certificate."""
        stop = ex.GradientNorm(tolerance)
        objective = ByMatrix if derivatives.symmetric else ByProducts

        def run(evaluations: Evaluations) -> Claim:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = ex.minimize(objective(evaluations), evaluations.x0, stop=stop)
            return Claim(bool(result.success), str(result.message), np.asarray(result.x))

        return run


SOLVERS = {"extremum": Extremum()}
