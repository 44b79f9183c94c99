"""Optimistix's BFGS, compiled as a whole."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.cutest.derivatives import Derivatives
from benchmarks.cutest.evaluations import Evaluations
from benchmarks.cutest.peers.solver import MANY_ITERATIONS, Claim, Run

FEW_STEPS = 20
"""Steps of the run that finds out how many fit into the time limit."""


@dataclass(frozen=True)
class OptimistixBFGS:
    """Its loop is compiled with the function: nothing can be counted, and it can't be interrupted.

    So the time of its steps is measured first, and it is given as many as fit into the limit. Its
    test of small changes is replaced by that of the gradient's norm, the same as for all.
    """

    dense_up_to: int = 3000
    evaluates: bool = False

    def unfit(self, derivatives: Derivatives) -> str | None:
        """It keeps an n × n array."""
        if derivatives.n > self.dense_up_to:
            return f"keeps n × n arrays: not tried above n = {self.dense_up_to}"
        return None

    def prepare(self, derivatives: Derivatives, tolerance: float, seconds: float) -> Run:
        """Compile it, for as many steps as the time allows."""
        import jax
        import jax.numpy as jnp
        import optimistix

        class GradientTested(optimistix.BFGS):  # type: ignore[misc]
            def terminate(
                self, fn: Any, y: Any, args: Any, options: Any, state: Any, tags: Any
            ) -> Any:
                small = jnp.max(jnp.abs(state.f_info.grad)) <= tolerance
                return small & ~state.first_step, state.result

        solver = GradientTested(rtol=0.0, atol=0.0)

        @partial(jax.jit, static_argnums=1)
        def minimize(start: Any, steps: int) -> Any:
            solution = optimistix.minimise(
                lambda x, _: derivatives.function(x),
                solver,
                start,
                max_steps=steps,
                throw=False,
            )
            met = solution.result == optimistix.RESULTS.successful
            return solution.value, met, solution.stats["num_steps"]

        def timed(steps: int) -> tuple[float, int]:
            minimize.lower(derivatives.x0, steps).compile()
            jax.block_until_ready(minimize(derivatives.x0, steps))
            began = time.perf_counter()
            taken = int(minimize(derivatives.x0, steps)[2])
            return time.perf_counter() - began, taken

        spent, taken = timed(FEW_STEPS)
        steps = int(np.clip(seconds * max(taken, 1) / spent, FEW_STEPS, MANY_ITERATIONS))
        minimize.lower(derivatives.x0, steps).compile()

        def run(evaluations: Evaluations) -> Claim:
            x, met, taken = jax.block_until_ready(minimize(evaluations.x0, steps))
            return Claim(bool(met), f"{int(taken)} steps", np.asarray(x))

        return run


SOLVERS = {"Optimistix BFGS": OptimistixBFGS()}
