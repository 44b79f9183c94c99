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


class EvaluatedObjective(Objective):
    """The evaluations of one run, as `minimize` takes them."""

    def __init__(self, evaluations: Evaluations) -> None:
        self.counts = Counts()
        self._evaluations = evaluations
        self.value = evaluations.value
        self.value_and_gradient = evaluations.value_and_gradient
        self.hessian_vector = evaluations.hessian_vector
        if evaluations.derivatives.symmetric:
            self.hessian = evaluations.symmetric
            self.value_gradient_hessian = evaluations.value_gradient_hessian

    def hessian(self, x: Vector) -> SymmetricMatrix:
        """Products only."""
        return OperatorSymmetric(x.size, partial(self.hessian_vector, x))

    @property
    def structure(self) -> str:
        """What `method="auto"` looks at."""
        return self._evaluations.derivatives.storage


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

        def run(evaluations: Evaluations) -> Claim:
            objective = EvaluatedObjective(evaluations)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = ex.minimize(objective, evaluations.x0, stop=stop)
            return Claim(bool(result.success), str(result.message), np.asarray(result.x))

        return run


SOLVERS = {"extremum": Extremum()}
