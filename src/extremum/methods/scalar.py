"""One variable: the root of φ′ in a bracket, by Newton's iteration with bisection behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from extremum.methods.method import State, evaluate
from extremum.objective import Objective, Vector
from extremum.outcomes import InvalidInput, Reason, Stop

GROWTH = 2.0
"""By how much a bracket grows while no root of φ′ is in it."""

MOST_GROWTHS = 60


@dataclass(frozen=True)
class BracketState(State):
    """A point and the bracket around it: φ′(low) < 0 < φ′(high).

    Attributes
    ----------
    low, high : float
    last_move : float
        The length of the last step, against which Newton's progress is judged.
    """

    low: float = float("nan")
    high: float = float("nan")
    last_move: float = float("inf")


@dataclass(frozen=True)
class BracketedNewton:
    """Newton on φ′, kept inside a bracket where φ′ turns from negative to positive.

    Parameters
    ----------
    bracket : tuple of float
        Two points (a, b). Where φ′ does not change its sign between them, the bracket is moved
        downhill, each time twice as wide, until it does.

    References
    ----------
    Press et al., Numerical Recipes, 3rd ed., section 9.4 (rtsafe).
    """

    bracket: tuple[float, float]

    def __post_init__(self) -> None:
        ends = np.asarray(self.bracket, dtype=float)
        if ends.shape != (2,) or not np.isfinite(ends).all() or ends[0] == ends[1]:
            raise InvalidInput(
                f"bracket={self.bracket!r}: give two different numbers, like (1, 3)."
            )

    def initial_state(self, objective: Objective, x: Vector) -> BracketState:
        """Find a bracket, growing the given one downhill where it has to."""
        low, high = (
            evaluate(objective, np.array([end])) for end in sorted(map(float, self.bracket))
        )
        for end in (low, high):
            if end.stop is not None:
                raise InvalidInput(end.stop.message)
        width = float(high.x[0] - low.x[0])
        stop: Stop | None = None
        wall: State | None = None
        for _ in range(MOST_GROWTHS):
            if low.gradient[0] <= 0 <= high.gradient[0]:
                break
            width *= GROWTH
            leftward = low.gradient[0] > 0
            end = low if leftward else high
            ahead = end.x - width if leftward else end.x + width
            # Beyond the edge of the domain, come nearer to it by halves.
            new = evaluate(objective, ahead if wall is None else (end.x + wall.x) / 2)
            if new.stop is not None:
                wall = new
                continue
            low, high = (new, low) if leftward else (high, new)
        else:
            far = low if low.gradient[0] > 0 else high
            facts = {"fun": far.fun, "distance": abs(far.x[0] - self.bracket[0])}
            stop = Stop(Reason.UNBOUNDED, facts) if wall is None else wall.stop
        best = min((low, high), key=lambda end: end.fun)
        ends = sorted((float(low.x[0]), float(high.x[0])))
        return BracketState(best.x, best.fun, best.gradient, low=ends[0], high=ends[1], stop=stop)

    def next_state(self, objective: Objective, state: State) -> BracketState:
        """One Newton step, or one bisection where that would leave the bracket or crawl."""
        assert isinstance(state, BracketState)
        x, slope = float(state.x[0]), float(state.gradient[0])
        curvature = float(objective.hessian(state.x).toarray()[0, 0])
        newton = x - slope / curvature if curvature > 0 else float("nan")
        middle = state.low + (state.high - state.low) / 2
        # Newton must stay inside and at least halve the step before last's length.
        takes = state.low < newton < state.high and abs(newton - x) < state.last_move / 2
        new = newton if takes else middle
        if new in (x, state.low, state.high) or abs(newton - x) <= 2 * objective.eps * abs(x):
            facts = {"step_norm": min(abs(newton - x), state.high - state.low)}
            return replace(state, stop=Stop(Reason.NO_STEP_LEFT, facts))
        point = evaluate(objective, np.array([new]))
        if point.stop is not None:
            return replace(state, stop=point.stop)
        low, high = (new, state.high) if point.gradient[0] < 0 else (state.low, new)
        return BracketState(
            point.x,
            point.fun,
            point.gradient,
            step_length=1.0 if takes else float("nan"),
            event="" if takes else "bisection",
            low=low,
            high=high,
            last_move=abs(new - x),
        )
