"""The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from scipy.linalg import blas

from extremum.methods.bfgs import SKIPPED
from extremum.methods.descent import descend, is_curved, joined
from extremum.methods.line_search import LineSearchMethod
from extremum.methods.method import State
from extremum.methods.steps import StepRule
from extremum.objective import Objective, Vector
from extremum.outcomes import InvalidInput


class Pair(NamedTuple):
    """A step, its gradient change, and their product."""

    step: Vector
    change: Vector
    bend: float


@dataclass(frozen=True)
class LBFGS(LineSearchMethod):
    """Learn the inverse Hessian from the last few gradients: for many variables.

    Parameters
    ----------
    memory : int
        How many steps are remembered (SciPy's ``maxcor``).
    step : None, float or StepRule
        None: `StrongWolfe()`. A number is a fixed step.

    Notes
    -----
    An iteration costs 4 · `memory` passes over vectors of shape (n,). A state's `memory` is the
    tuple of the steps and gradient changes; states share them, so none is ever copied.

    Examples
    --------
    >>> import extremum as ex
    >>> import numpy as np
    >>> ex.minimize(lambda x: np.sum((x - 1) ** 2 + x**4), np.ones(50), method=ex.LBFGS()).success
    True

    References
    ----------
    Nocedal, Math. Comp. 35 (1980) 773-782; Liu & Nocedal, Math. Program. 45 (1989) 503-528;
    Nocedal & Wright, algorithms 7.4 and 7.5.
    """

    memory: int = 10
    step: float | StepRule | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        memory: object = self.memory
        number = isinstance(memory, int | np.integer) and not isinstance(memory, bool)
        if not (number and self.memory >= 1):
            raise InvalidInput(f"memory={memory!r}: a whole number from 1 on is needed.")
        super().__post_init__()

    def next_state(self, objective: Objective, state: State) -> State:
        """Go along −H⁻¹∇φ, and remember the step and the change of the gradient."""
        if not state.gradient.any():
            return replace(state, step_length=0.0)
        pairs: tuple[Pair, ...] = state.memory or ()
        direction = _direction(pairs, state.gradient) if pairs else None
        found, kept = descend(objective, state, self.rule, direction, 1.0)
        if found.stop is not None:
            return found
        pairs = pairs if kept else ()
        s, y = found.x - state.x, found.gradient - state.gradient
        if not is_curved(s, y, objective.eps):
            return replace(found, memory=pairs, event=joined(SKIPPED, found.event))
        pairs = (*pairs, Pair(s, y, float(s @ y)))[-self.memory :]
        return replace(found, memory=pairs)


def _direction(pairs: tuple[Pair, ...], gradient: Vector) -> Vector:
    """The two loops of N&W, algorithm 7.4, in place on one new vector."""
    q = -gradient
    shares = []
    for step, change, bend in reversed(pairs):
        share = float(step @ q) / bend
        shares.append(share)
        blas.daxpy(change, q, a=-share)
    _, change, bend = pairs[-1]
    q *= bend / float(change @ change)  # N&W, 7.20
    for (step, change, bend), share in zip(pairs, reversed(shares), strict=True):
        blas.daxpy(step, q, a=share - float(change @ q) / bend)
    return q
