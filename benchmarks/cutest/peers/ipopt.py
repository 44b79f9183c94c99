"""IPOPT, through cyipopt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.cutest.derivatives import Derivatives
from benchmarks.cutest.evaluations import Evaluations
from benchmarks.cutest.peers import callbacks
from benchmarks.cutest.peers.solver import MANY_ITERATIONS, Claim, Run


@dataclass(frozen=True)
class Ipopt:
    """IPOPT with exact Hessians; limited-memory where their entries can't be afforded."""

    evaluates: bool = True

    def unfit(self, derivatives: Derivatives) -> str | None:
        """Never."""
        return None

    def prepare(self, derivatives: Derivatives, tolerance: float, seconds: float) -> Run:
        """`dual_inf_tol` is the gradient's norm, unscaled; "acceptable" points are no success."""
        import cyipopt

        options = {
            "print_level": 0,
            "sb": "yes",
            "tol": tolerance,
            "dual_inf_tol": tolerance,
            "acceptable_iter": 0,
            "max_iter": MANY_ITERATIONS,
        }

        def run(evaluations: Evaluations) -> Claim:
            x, info = callbacks.solve(cyipopt, evaluations, options)
            message = info["status_msg"].decode()
            return Claim(info["status"] == 0, message, np.asarray(x))

        return run


SOLVERS = {"IPOPT": Ipopt()}
