"""A case's function and derivatives, the same for every solver, and counted."""

from __future__ import annotations

import warnings

import numpy as np

from extremum.objective import FunctionObjective, Parameters, make_objective
from tests.zoo.case import Case

MOST_EVALUATIONS = 20_000
"""A run that asks for more is stopped."""


class Spent(Exception):
    """So many evaluations were asked for that the run is given up."""


class Shared:
    """φ, ∇φ and ∇²φ as extremum finds them, or as the case's user lies.

    In the form that the callbacks of IPOPT and POUNCE ask for too.
    """

    def __init__(self, case: Case) -> None:
        self.x0 = np.atleast_1d(np.asarray(case.start, float))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.objective: FunctionObjective = make_objective(
                case.fun, Parameters.of(self.x0), **case.derivatives
            )
        self.rows, self.cols = np.tril_indices(self.n)
        self.derivatives = self
        self.asked = 0

    @property
    def n(self) -> int:
        """The number of variables."""
        return self.x0.size

    def value(self, x: np.ndarray) -> float:
        """φ(x)."""
        self._count()
        return self.objective.value(np.asarray(x, float))

    def value_and_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """φ(x) and ∇φ(x)."""
        self._count()
        return self.objective.value_and_gradient(np.asarray(x, float))

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """∇φ(x)."""
        return self.value_and_gradient(x)[1]

    def full_hessian(self, x: np.ndarray) -> np.ndarray:
        """∇²φ(x), an array."""
        self._count()
        return self.objective.hessian(np.asarray(x, float)).toarray()

    @property
    def hessian(self) -> Shared:
        """Where IPOPT's callbacks look for the lower triangle's rows and columns."""
        return self

    def hessian_lower(self, x: np.ndarray) -> np.ndarray:
        """The entries of the lower triangle."""
        return self.full_hessian(x)[self.rows, self.cols]

    def _count(self) -> None:
        self.asked += 1
        if self.asked > MOST_EVALUATIONS:
            raise Spent
