"""What a run from many starts returns: every end with its verdict, and the distinct minima."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from extremum.objective import Vector
from extremum.outcomes import Verdict
from extremum.solve import card

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

RESOLUTION = 1e-10
"""Two minima are one where their distance is at most the sum of their radii and this times
max(1, ‖x‖): at that distance the certificate looked at how the Hessian varies."""

SHOWN = 8
"""So many minima are on the card."""


@dataclass(frozen=True, eq=False)
class FoundMinimum:
    """A minimum, and how many of the starts led to it.

    Attributes
    ----------
    x : the parameters, in the structure of a start
    fun : float
    radius : float
        A ball of this radius about x holds the minimum.
    verdict : Verdict
        `MINIMUM` or, for a flat one, `DEGENERATE`.
    count : int
        The starts that led here.
    index : int
        The start that came nearest.
    """

    x: Any
    fun: float
    radius: float
    verdict: Verdict
    count: int
    index: int


def group_minima(x: Vector, fun: Vector, radius: Vector) -> list[NDArray[np.int64]]:
    """Group the ends whose balls overlap: the indices of each group, the nearest end first.

    Parameters
    ----------
    x : ndarray of shape (k, n)
    fun, radius : ndarray of shape (k,)

    Returns
    -------
    list of ndarray
        Sorted by the value at the first of each.
    """
    groups = []
    left = np.lexsort((fun, radius))
    while left.size:
        centre = left[0]
        reach = radius[centre] + radius[left]
        reach += RESOLUTION * max(1.0, float(np.linalg.norm(x[centre])))
        same = np.linalg.norm(x[left] - x[centre], axis=1) <= reach
        same[0] = True
        groups.append(left[same])
        left = left[~same]
    return sorted(groups, key=lambda group: float(fun[group[0]]))


class ManyResult(dict[str, Any]):
    """The ends of all runs, each with its verdict, and the distinct minima among them.

    A dict whose keys are attributes too. There are m starts of n variables.

    Attributes
    ----------
    x : the parameters, in the structure of the starts: (m, n), or a pytree with a leading axis m
    fun : ndarray of shape (m,)
    success : ndarray of shape (m,)
        Whether the run ended as it should *and* the point is a minimum.
    verdicts : ndarray of shape (m,)
        `Verdict` of each.
    morse_index : ndarray of shape (m,)
        Negative eigenvalues of the Hessian; -1 where that is not certain.
    reasons : ndarray of shape (m,)
        `Reason` of each.
    nit : ndarray of shape (m,)
        Iterations.
    grad_norm : ndarray of shape (m,)
        ‖∇φ‖∞, as the certificate found it.
    radius : ndarray of shape (m,)
        A ball of this radius holds the stationary point; NaN where none is certain.
    minima : tuple of FoundMinimum
        The distinct minima, the lowest first.
    labels : ndarray of shape (m,)
        Which of the minima each start led to; -1 for none.
    best : the lowest minimum's x, in the structure of a start; None where there is no minimum
    nfev, njev, nhev, nhvp : int
        Evaluations in all, those of the certificates apart.
    certificate_counts : Counts
        What the certificates evaluated.
    seconds : float
    source : str
        Where the derivatives came from.
    method : str
    notes : tuple of str
        What was converted, and what else a reader should know.
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self})

    def __reduce__(self) -> tuple[Any, ...]:
        return ManyResult, (dict(self),)

    def to_pandas(self) -> pd.DataFrame:
        """A row a start; the points are the columns x0, x1, …."""
        import pandas as pd

        points: Vector = self["_points"]
        columns: dict[str, Any] = {f"x{i}": points[:, i] for i in range(points.shape[1])}
        for name in ("fun", "grad_norm", "radius", "success", "nit", "morse_index"):
            columns[name] = self[name]
        columns["verdict"] = [verdict.name for verdict in self["verdicts"]]
        columns["reason"] = [reason.name for reason in self["reasons"]]
        columns["minimum"] = self["labels"]
        return pd.DataFrame(columns)

    def __str__(self) -> str:
        return card.plain(self.__rich__())

    __repr__ = __str__

    def __rich__(self) -> RenderableType:
        return card.framed(self._title(), self._colour(), self._rows())

    def _repr_html_(self) -> str:
        return card.framed_html(self._title(), self._colour(), self._rows())

    def _title(self) -> str:
        minima, m = len(self["minima"]), len(self["fun"])
        found = f"{minima or 'no'} distinct minim{'um' if minima == 1 else 'a'}"
        return f"{found} from {m} start{'' if m == 1 else 's'}"

    def _colour(self) -> str:
        return card.COLOURS[Verdict.MINIMUM] if self["minima"] else "red"

    def _rows(self) -> list[tuple[str, str]]:
        minima, m = self["minima"], len(self["fun"])
        lines = [("success", f"{int(self['success'].sum())} of {m}")]
        for found in minima[:SHOWN]:
            flat = ", flat" if found.verdict is Verdict.DEGENERATE else ""
            lines.append(
                (
                    f"{found.fun:.10g}",
                    f"at {card.parameters(found.x)} (± {found.radius:.1g}{flat}), from "
                    f"{found.count} start{'' if found.count == 1 else 's'}",
                )
            )
        if len(minima) > SHOWN:
            lines.append(("…", f"and {len(minima) - SHOWN} more, in `minima`"))
        lines += [
            ("verdicts", _tally(self["verdicts"])),
            ("stopped", _tally(self["reasons"])),
            ("method", self["method"]),
            ("derivatives", self["source"]),
            (
                "work",
                f"{int(self['nit'].sum())} iterations; {self['nfev']} values, "
                f"{self['njev']} gradients, {self['nhev']} Hessians",
            ),
            ("time", f"{self['seconds']:.2g} s, {m / self['seconds']:.2g} starts a second"),
        ]
        return lines + [("note", note) for note in self["notes"]]


def _tally(words: NDArray[np.object_]) -> str:
    counted = Counter(word.name for word in words)
    return ", ".join(f"{count} {name}" for name, count in counted.most_common())
