"""The history of a run, a row an iteration."""

from __future__ import annotations

import importlib
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from extremum.methods import State
from extremum.objective import Counts, Vector
from extremum.solve.stops import relative_step

if TYPE_CHECKING:
    import pandas as pd

    from extremum.plot import Axes

COLUMNS = (
    "nit",
    "fun",
    "grad_norm",
    "step_norm",
    "relative_step",
    "step_length",
    "radius",
    "nfev",
    "njev",
    "nhev",
    "nhvp",
    "seconds",
    "event",
)
"""The columns of a trace, in order."""

COUNTED = ("nfev", "njev", "nhev", "nhvp")
"""The columns that count evaluations."""

MOST_KEPT = 100
"""Points are kept by default up to this many variables."""


class Trace:
    """What happened at each iteration; row 0 is the start.

    ``trace["fun"]`` is a column, ``trace[3]`` a row, ``len(trace)`` the number of rows.

    Parameters
    ----------
    keep_x : bool
        Whether the points are kept too.

    Notes
    -----
    The columns: `nit`, the iteration; `fun`, φ; `grad_norm`, ‖∇φ‖∞; `step_norm`, ‖x⁺ − x‖₂;
    `relative_step`, Σ|xᵢ⁺ − xᵢ|/|xᵢ⁺|; `step_length`, the multiple of the direction; `radius`, of
    a trust region (NaN without one); `nfev njev nhev nhvp`, evaluations so far; `seconds` since the
    start; `event`, what was special.
    """

    def __init__(self, keep_x: bool = False) -> None:
        self._rows: list[tuple[Any, ...]] = []
        self._points: list[Vector] | None = [] if keep_x else None

    def add(self, previous: State | None, state: State, counts: Counts, seconds: float) -> None:
        """Append the row of a new state."""
        nan = float("nan")
        step_norm = relative = nan
        if previous is not None:
            step = state.x - previous.x
            step_norm = math.sqrt(step @ step)
            relative = relative_step(step, state.x)
        row = (
            len(self._rows),
            state.fun,
            state.gradient_norm,
            step_norm,
            relative,
            state.step_length,
            getattr(state, "radius", nan),
            counts.nfev,
            counts.njev,
            counts.nhev,
            counts.nhvp,
            seconds,
            state.event,
        )
        if self._points is not None:
            self._points.append(state.x)
        self._rows.append(row)  # last: an interruption leaves a whole number of rows

    def packed(self, rows: int, arrays: list[Any]) -> dict[str, Any]:
        """The first rows as what JSON knows; the numbers are appended to a list of arrays."""
        kept = self._rows[:rows]
        arrays.append(np.array([row[:-1] for row in kept], np.float64))
        arrays.append(np.array([] if self._points is None else self._points[:rows]))
        events = {str(k): row[-1] for k, row in enumerate(kept) if row[-1]}
        return {"numbers": len(arrays) - 2, "events": events, "keep_x": self._points is not None}

    @classmethod
    def unpacked(cls, data: Any, arrays: list[Any]) -> Trace:
        """The trace that was packed."""
        numbers, points = arrays[data["numbers"]], arrays[data["numbers"] + 1]
        trace = cls(data["keep_x"])
        for k, row in enumerate(numbers):
            whole = {0, *(COLUMNS.index(name) for name in COUNTED)}
            values = (int(v) if i in whole else float(v) for i, v in enumerate(row))
            trace._rows.append((*values, data["events"].get(str(k), "")))
        if trace._points is not None:
            trace._points.extend(points)
        return trace

    @property
    def counts(self) -> dict[str, int]:
        """The evaluations up to the last row."""
        return {name: self._rows[-1][COLUMNS.index(name)] for name in COUNTED}

    @property
    def step_norm(self) -> float:
        """How long the last step was."""
        last: float = self._rows[-1][COLUMNS.index("step_norm")]
        return last

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, key: str | int) -> Any:
        if isinstance(key, str):
            if key == "x":
                return self.x
            if key not in COLUMNS:
                raise KeyError(f"{key!r} is no column; there are {', '.join(COLUMNS)}")
            return np.array([row[COLUMNS.index(key)] for row in self._rows])
        return dict(zip(COLUMNS, self._rows[key], strict=True))

    @property
    def x(self) -> Vector | None:
        """The points, of shape (rows, n), where they were kept."""
        return None if self._points is None else np.array(self._points[: len(self)])

    def to_pandas(self) -> pd.DataFrame:
        """The trace as a table; kept points are the columns x0, x1, …."""
        import pandas as pd

        table = pd.DataFrame(self._rows, columns=list(COLUMNS))
        if (x := self.x) is not None:
            points = pd.DataFrame(x, columns=[f"x{i}" for i in range(x.shape[1])])
            table = pd.concat([table, points], axis=1)
        return table

    def to_parquet(self, path: str | Path) -> None:
        """Write the trace to a Parquet file."""
        self.to_pandas().to_parquet(path, index=False)

    def to_csv(self, path: str | Path) -> None:
        """Write the trace to a text file, numbers in full precision."""
        self.to_pandas().to_csv(path, index=False)

    def plot(self, **options: Any) -> Axes:
        """Draw the value and the gradient's norm over the iterations."""
        axes: Axes = importlib.import_module("extremum.plot").plot_convergence(self, **options)
        return axes

    def __repr__(self) -> str:
        return f"<Trace of {len(self) - 1} iterations: {', '.join(COLUMNS)}>"

    def _repr_html_(self) -> str:
        return str(self.to_pandas().to_html(index=False, max_rows=20))
