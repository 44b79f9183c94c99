"""SciPy's minimizers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize, sparse

from benchmarks.cutest.derivatives import Derivatives
from benchmarks.cutest.evaluations import Evaluations
from benchmarks.cutest.peers.solver import MANY_ITERATIONS, Claim, Run


@dataclass(frozen=True)
class ScipyMethod:
    """One `method` of `scipy.optimize.minimize`."""

    method: str
    options: Callable[[float], dict[str, Any]]
    """Its options for a tolerance of ‖∇φ‖∞."""
    second_order: str = ""
    """"hess", "hessp", or nothing."""
    dense_up_to: int = 10**9
    """Variables above which its n × n arrays make it hopeless."""
    evaluates: bool = True

    def unfit(self, derivatives: Derivatives) -> str | None:
        """Methods that keep full matrices stop being candidates at some size."""
        if derivatives.n > self.dense_up_to:
            return f"keeps n × n arrays: not tried above n = {self.dense_up_to}"
        if self.second_order == "hess" and derivatives.hessian is None:
            return "needs the Hessian's entries"
        return None

    def prepare(self, derivatives: Derivatives, tolerance: float, seconds: float) -> Run:
        """Values and gradients come from one call where a method always wants both."""
        options = self.options(tolerance)

        def run(evaluations: Evaluations) -> Claim:
            arguments: dict[str, Any] = {}
            if self.second_order == "hessp":
                arguments["hessp"] = evaluations.hessian_vector
            elif self.second_order == "hess":
                arguments["hess"] = lambda x: _full(evaluations.hessian(x))
            if self.second_order:
                arguments |= {"fun": evaluations.value, "jac": evaluations.gradient}
            else:
                arguments |= {"fun": evaluations.value_and_gradient, "jac": True}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = optimize.minimize(
                    x0=evaluations.x0, method=self.method, options=options, **arguments
                )
            return Claim(bool(result.success), str(result.message), np.asarray(result.x))

        return run


def _full(matrix: np.ndarray | sparse.csc_array) -> np.ndarray:
    return matrix.toarray() if sparse.issparse(matrix) else matrix


def _gradient_test(tolerance: float) -> dict[str, Any]:
    return {"gtol": tolerance, "maxiter": MANY_ITERATIONS}


def _lbfgsb_options(tolerance: float) -> dict[str, Any]:
    # ftol=0: only the gradient test may say success.
    return {
        "gtol": tolerance,
        "ftol": 0.0,
        "maxiter": MANY_ITERATIONS,
        "maxfun": MANY_ITERATIONS,
    }


def _newton_cg_options(tolerance: float) -> dict[str, Any]:
    # Its only test is of the step: small enough that it does not stop before the gradient is.
    return {"xtol": 1e-12, "maxiter": MANY_ITERATIONS}


SOLVERS = {
    "L-BFGS-B": ScipyMethod("L-BFGS-B", _lbfgsb_options),
    "BFGS": ScipyMethod("BFGS", _gradient_test, dense_up_to=3000),
    "Newton-CG": ScipyMethod("Newton-CG", _newton_cg_options, "hessp"),
    "trust-krylov": ScipyMethod("trust-krylov", _gradient_test, "hessp"),
    "trust-exact": ScipyMethod("trust-exact", _gradient_test, "hess", dense_up_to=1100),
}
