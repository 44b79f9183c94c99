"""GALAHAD's TRU, a trust-region method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.cutest.derivatives import Derivatives
from benchmarks.cutest.evaluations import Evaluations
from benchmarks.cutest.peers.solver import MANY_ITERATIONS, Claim, Run


@dataclass(frozen=True)
class Tru:
    """TRU, its subproblem solved by Lanczos iterations (GLTR) or by factorizations (TRS)."""

    direct: bool
    evaluates: bool = True

    def unfit(self, derivatives: Derivatives) -> str | None:
        """Its Python interface takes the Hessian's entries, not products."""
        return "needs the Hessian's entries" if derivatives.hessian is None else None

    def prepare(self, derivatives: Derivatives, tolerance: float, seconds: float) -> Run:
        """Its test is of ‖∇φ‖₂, so it goes on a little beyond the hit."""
        from galahad import tru

        hessian = derivatives.hessian
        assert hessian is not None
        rows, cols = hessian.rows.astype(np.int64), hessian.cols.astype(np.int64)

        def run(evaluations: Evaluations) -> Claim:
            options = tru.initialize()
            options["print_level"] = 0
            options["error"] = options["out"] = 0
            options["maxit"] = MANY_ITERATIONS
            options["stop_g_absolute"] = tolerance
            options["stop_g_relative"] = 0.0
            options["cpu_time_limit"] = seconds
            options["subproblem_direct"] = self.direct
            n, entries = evaluations.n, rows.size
            # H_ptr is None for coordinate storage.
            tru.load(n, "coordinate", entries, rows, cols, None, options)
            try:
                x, _ = tru.solve(
                    n,
                    entries,
                    evaluations.x0,
                    evaluations.value,
                    evaluations.gradient,
                    evaluations.hessian_lower,
                )
                status = tru.information()["status"]
            finally:
                tru.terminate()
            return Claim(status == 0, f"status {status}", np.asarray(x))

        return run


SOLVERS = {"TRU": Tru(direct=False), "TRU direct": Tru(direct=True)}
