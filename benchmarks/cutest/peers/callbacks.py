"""The callbacks in the form that IPOPT and its port POUNCE ask for."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.cutest.evaluations import Evaluations

INFINITY = 2e19
"""A bound of this size is none (IPOPT's `nlp_upper_bound_inf` is 1e19)."""


class Callbacks:
    """An unconstrained problem whose Hessian's entries are known."""

    def __init__(self, evaluations: Evaluations) -> None:
        self.objective = evaluations.value
        self.gradient = evaluations.gradient
        hessian = evaluations.derivatives.hessian
        if hessian is not None:
            structure = hessian.rows, hessian.cols
            self.hessianstructure = lambda: structure
            self.hessian = lambda x, multipliers, factor: factor * evaluations.hessian_lower(x)

    def constraints(self, x: np.ndarray) -> np.ndarray:
        """None."""
        return np.empty(0)

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        """Empty."""
        return np.empty(0)

    def jacobianstructure(self) -> tuple[np.ndarray, np.ndarray]:
        """Empty."""
        return np.empty(0, dtype=int), np.empty(0, dtype=int)


def solve(module: Any, evaluations: Evaluations, options: dict[str, Any]) -> tuple[Any, Any]:
    """`Problem(...).solve(x0)` as cyipopt and pounce both spell it."""
    n = evaluations.n
    problem = module.Problem(
        n=n,
        m=0,
        problem_obj=Callbacks(evaluations),
        lb=np.full(n, -INFINITY),
        ub=np.full(n, INFINITY),
    )
    if evaluations.derivatives.hessian is None:
        options = options | {"hessian_approximation": "limited-memory"}
    for name, value in options.items():
        problem.add_option(name, value)
    answer: tuple[Any, Any] = problem.solve(evaluations.x0)
    return answer
