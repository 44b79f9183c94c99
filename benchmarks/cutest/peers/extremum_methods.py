"""extremum, given the same derivatives as its peers."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from benchmarks.cutest.derivatives import Derivatives
from benchmarks.cutest.evaluations import Evaluations
from benchmarks.cutest.peers.solver import Claim, Run


@dataclass(frozen=True)
class Extremum:
    """`minimize` with `jac` and `hess`, or `hessp` where only products can be afforded."""

    evaluates: bool = True

    def unfit(self, derivatives: Derivatives) -> str | None:
        """Never."""
        return None

    def prepare(self, derivatives: Derivatives, tolerance: float, seconds: float) -> Run:
        """Its own test is that of the hit; its success is claimed only with its certificate."""
        import extremum as ex

        stop = ex.GradientNorm(tolerance)

        def run(evaluations: Evaluations) -> Claim:
            second = (
                {"hessp": evaluations.hessian_vector}
                if evaluations.derivatives.hessian is None
                else {"hess": lambda x: _full(evaluations.hessian(x))}
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = ex.minimize(
                    evaluations.value,
                    evaluations.x0,
                    jac=evaluations.gradient,
                    stop=stop,
                    **second,
                )
            return Claim(bool(result.success), str(result.message), np.asarray(result.x))

        return run


def _full(matrix: np.ndarray | sparse.csc_matrix) -> np.ndarray:
    return matrix.toarray() if sparse.issparse(matrix) else matrix


SOLVERS = {"extremum": Extremum()}
