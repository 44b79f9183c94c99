"""POUNCE, a port of IPOPT to Rust."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.cutest.derivatives import Derivatives
from benchmarks.cutest.evaluations import Evaluations
from benchmarks.cutest.peers import callbacks
from benchmarks.cutest.peers.solver import MANY_ITERATIONS, Claim, Run


@dataclass(frozen=True)
class Pounce:
    """POUNCE with exact Hessians; limited-memory where their entries can't be afforded."""

    evaluates: bool = True

    def unfit(self, derivatives: Derivatives) -> str | None:
        """Never."""
        return None

    def prepare(self, derivatives: Derivatives, tolerance: float, seconds: float) -> Run:
        """It goes on after an exception in a callback, so it is told the time limit too."""
        import pounce

        options = {
            "print_level": 0,
            "sb": "yes",
            "tol": tolerance,
            "dual_inf_tol": tolerance,
            "acceptable_iter": 0,
            "max_iter": MANY_ITERATIONS,
            "max_cpu_time": seconds,
        }

        def run(evaluations: Evaluations) -> Claim:
            x, info = callbacks.solve(pounce, evaluations, options)
            return Claim(info["status"] == 0, str(info["status_msg"]), np.asarray(x))

        return run


SOLVERS = {"POUNCE": Pounce()}
