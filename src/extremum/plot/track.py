"""A run as a picture needs it: the points it went through, where it ended, what that is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from extremum.certify import Certificate
from extremum.objective import Parameters, Vector
from extremum.outcomes import InvalidInput, Verdict
from extremum.plot.figure import (
    BLACK,
    GREEN,
    ORANGE,
    PURPLE,
    RUNS,
    SKY,
    VERMILLION,
    number,
)
from extremum.solve import Result, Trace

MARKS: dict[Verdict, tuple[str, str, float]] = {
    Verdict.MINIMUM: ("*", GREEN, 13),
    Verdict.MAXIMUM: ("^", SKY, 10),
    Verdict.SADDLE: ("D", PURPLE, 8),
    Verdict.DEGENERATE: ("s", ORANGE, 8),
    Verdict.UNDECIDED: ("P", ORANGE, 10),
}
"""The marker, colour and size of a verdict."""

OTHER_MARK = ("X", VERMILLION, 10)

FAR = 8.0
"""A run that goes off to infinity is shown as far as its iterates stay within this multiple of
their median distance from the start."""

_GOES_OFF = (Verdict.UNBOUNDED, Verdict.RECEDING, Verdict.NOT_FINITE, Verdict.NOT_STATIONARY)


@dataclass(frozen=True, eq=False)
class Track:
    """A run: its points, its values there, its end.

    Attributes
    ----------
    points : ndarray of shape (k, n)
        Only the end where the trace kept no points.
    values : ndarray of shape (k,)
    end : ndarray of shape (n,)
    fun : float
        The value at the end.
    certificate : Certificate or None
    label : str
    colour : str
    """

    points: Vector
    values: Vector
    end: Vector
    fun: float
    certificate: Certificate | None
    label: str
    colour: str

    @property
    def verdict(self) -> Verdict:
        """The certificate's verdict."""
        return Verdict.UNDECIDED if self.certificate is None else self.certificate.verdict

    @property
    def mark(self) -> tuple[str, str, float]:
        """The marker, colour and size of the end."""
        return MARKS.get(self.verdict, OTHER_MARK)

    @property
    def end_label(self) -> str:
        """What the end is, with its value."""
        return f"{verdict_in_words(self.certificate)}, $\\varphi$ = {number(self.fun, 5)}"

    def points_to_show(self) -> Vector:
        """The points that a picture should include, of shape (k, n)."""
        points = self.points[np.isfinite(self.points).all(axis=1)]
        if self.verdict in _GOES_OFF and len(points) > 2:
            points = points[: _before_leaving(points)]
        else:
            points = np.vstack([points, self.end])
        certificate = self.certificate
        if certificate is None or certificate.ray is not None or certificate.lower_point is None:
            return points
        return np.vstack([points, certificate.lower_point])


def read_tracks(results: Sequence[Result], labels: Sequence[str] | None, n: int) -> list[Track]:
    """Read results of n variables; several ones get different colours.

    Raises
    ------
    InvalidInput
        If a result has another number of variables, or the labels don't fit.
    """
    if labels is not None and len(labels) != len(results):
        raise InvalidInput(f"{len(labels)} labels for {len(results)} results; give one for each.")
    tracks = []
    for k, result in enumerate(results):
        end = Parameters.of(result["x"], "result").start
        if end.size != n:
            raise InvalidInput(f"The result has {end.size} variables; a picture of {n} is asked.")
        trace: Trace = result["trace"]
        kept = trace.x
        tracks.append(
            Track(
                points=end[None, :] if kept is None else kept,
                values=np.array([result["fun"]]) if kept is None else trace["fun"],
                end=end,
                fun=float(result["fun"]),
                certificate=result.get("certificate"),
                label=run_label(result) if labels is None else labels[k],
                colour=RUNS[k % len(RUNS)],
            )
        )
    return tracks


def run_label(result: Result) -> str:
    """The method and its iterations, as in "Newton(), 8 iterations"."""
    method = str(result.get("method", "run")).split(", chosen")[0]
    # The arguments of arguments are left away: Newton(step=Armijo(decrease=0.0001)).
    method = re.sub(r"(?<=[=(])(\w+)\([^()]*\)", r"\1", method)
    nit = result.get("nit", 0)
    return f"{method}, {nit} iteration{'s' if nit != 1 else ''}"


def verdict_in_words(certificate: Certificate | None) -> str:
    """A verdict short enough for a legend."""
    if certificate is None:
        return "end"
    if certificate.verdict is Verdict.SADDLE:
        return f"saddle of index {certificate.morse_index}"
    if certificate.verdict is Verdict.DEGENERATE:
        kinds = {True: "minimum", False: "stationary point, no minimum", None: "stationary point"}
        return f"degenerate {kinds[certificate.is_minimum]}"
    return {
        Verdict.UNBOUNDED: "unbounded below",
        Verdict.RECEDING: "minimum only at infinity",
    }.get(certificate.verdict, certificate.verdict.name.lower().replace("_", " "))


def _before_leaving(points: Vector) -> int:
    """How many points, from the start on, are comparably far away."""
    distances = np.linalg.norm(points - points[0], axis=1)
    for k in range(3, len(points) + 1):
        if distances[k - 1] > FAR * np.median(distances[1:k]) > 0:
            return k - 1
    return len(points)


def outline(colour: str) -> dict[str, Any]:
    """A marker that is seen on any ground."""
    return {"markeredgecolor": BLACK, "markerfacecolor": colour, "markeredgewidth": 0.8}
