"""Does the maximum-likelihood estimate exist? If not, along which direction it recedes.

The answer is exact up to rounding. It costs next to nothing where the estimate exists and a fit got
near it (see `overlap`); where that leaves a doubt, linear programs are solved (see `cone`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from extremum.objective import Vector
from extremum.regression.cone import Cone, Scan
from extremum.regression.losses import LogLoss, PoissonLoss, Softmax
from extremum.regression.overlap import overlap_is_shown
from extremum.regression.rank import SHOWN, ColumnRank, rank_of_rows
from extremum.regression.risk import MeanLoss

Kind = Literal["overlap", "quasi-complete", "complete"]

NEGLIGIBLE = 1e-9
"""A column takes no part in a direction if its share in the margins is less than this."""


@dataclass(frozen=True, eq=False)
class Existence:
    """Whether the estimate exists, and the direction along which it recedes if not.

    Attributes
    ----------
    kind : {"overlap", "quasi-complete", "complete"}
        ``"overlap"``: it exists. ``"complete"``: the direction raises the likelihood of every row;
        ``"quasi-complete"``: it raises that of some and lowers that of none.
    coef : ndarray of shape (1, d) or (classes, d), or None
        The direction, scaled so that the largest share in the margins is 1.
    intercept : ndarray of shape (1,) or (classes,), or None
    columns : tuple of str
        The columns that take part in it.
    rows, raised : int
        The rows that count, and those of them whose likelihood the direction raises.
    rule : str
        What the direction separates, in words.
    """

    kind: Kind
    coef: Vector | None = None
    intercept: Vector | None = None
    columns: tuple[str, ...] = ()
    rows: int = 0
    raised: int = 0
    rule: str = ""

    @property
    def exists(self) -> bool:
        """Whether the estimate exists."""
        return self.kind == "overlap"

    @property
    def message(self) -> str:
        """The sentence a user reads."""
        if self.exists:
            return "The maximum-likelihood estimate exists."
        columns = ", ".join(self.columns[: 3 * SHOWN]) or "the intercept"
        return (
            f"No maximum-likelihood estimate exists ({self.kind} separation): {self.rule}. So the "
            f"coefficients of {columns}{', …' if len(self.columns) > 3 * SHOWN else ''} grow "
            "without bound."
        )


def existence(
    risk: MeanLoss,
    theta: Vector | None = None,
    *,
    rank: ColumnRank | None = None,
    names: Sequence[str] | None = None,
    classes: Sequence[Any] | None = None,
) -> Existence:
    """Say whether a likelihood has a maximum, and if not along which direction it recedes.

    Where columns are combinations of others the question is whether the fitted values exist.

    Parameters
    ----------
    risk : MeanLoss
        Of classes or of counts, without a penalty.
    theta : ndarray of shape (n,), optional
        Where a fit stopped. It is usually a proof of the answer, which then costs little.
    rank : ColumnRank, optional
        That of the rows, where it is known.
    names, classes : sequence, optional
        What to call columns and classes; the columns by default as `rank` does.

    Returns
    -------
    Existence

    Raises
    ------
    InvalidInput
        If there are so many columns that their rank can't be examined.
    ExtremumError
        If a linear program can't be solved.
    """
    if theta is not None and overlap_is_shown(risk, theta):
        return Existence("overlap")
    if rank is None:
        rank = rank_of_rows(risk.rows, fit_intercept=risk.fit_intercept, names=names)
    if rank.deficient and theta is not None and overlap_is_shown(risk, theta, rank.independent):
        return Existence("overlap")
    cone = Cone.of(risk, rank.independent)
    first = None if theta is None else _of_fit(risk, theta)
    found = cone.search(first) if len(cone.basis) else None
    if found is None:
        return Existence("overlap")
    return _reported(risk, *found, rank.names, classes)


def _of_fit(risk: MeanLoss, theta: Vector) -> Vector | None:
    """The direction from zero to where a fit of classes stopped, of shape (classes, p)."""
    if isinstance(risk.loss, PoissonLoss):
        return None
    coef, intercept = risk.unflatten(theta)
    table = np.vstack([intercept, coef]) if risk.fit_intercept else coef
    if isinstance(risk.loss, Softmax):
        return (table @ risk.loss.contrasts).T
    return np.vstack([np.zeros(len(table)), table[:, 0]])


def _reported(
    risk: MeanLoss,
    direction: Vector,
    scan: Scan,
    names: Sequence[str],
    classes: Sequence[Any] | None,
) -> Existence:
    """The direction in the table's terms."""
    coef = direction[:, 1:] if risk.fit_intercept else direction
    intercept = direction[:, 0] if risk.fit_intercept else np.zeros(len(direction))
    share = np.abs(coef) * scan.units[risk.fit_intercept :]
    largest = share.max(initial=0.0) or np.abs(intercept).max(initial=0.0) or 1.0
    coef = np.where(share > NEGLIGIBLE * largest, coef, 0.0) / largest
    intercept = intercept / largest
    if len(direction) == 2:
        coef, intercept = coef[1:], intercept[1:]
    taking_part = np.flatnonzero(coef.any(axis=0)).tolist()
    kind: Kind = "complete" if scan.complete else "quasi-complete"
    return Existence(
        kind,
        coef,
        intercept,
        tuple(names[j] for j in taking_part),
        scan.rows,
        scan.raised,
        _rule(risk, coef, intercept, names, scan, classes),
    )


def _rule(
    risk: MeanLoss,
    coef: Vector,
    intercept: Vector,
    names: Sequence[str],
    scan: Scan,
    classes: Sequence[Any] | None,
) -> str:
    """What the direction separates, in words."""
    taking_part = np.flatnonzero(coef.any(axis=0)).tolist()
    if not isinstance(risk.loss, LogLoss | PoissonLoss):
        some = f"{scan.raised} of {scan.rows}"
        return (
            f"along a combination of {', '.join(names[j] for j in taking_part[: 3 * SHOWN])} the "
            "probability of its own class falls on no row, and rises towards its limit on "
            f"{'every row' if scan.complete else some + ' rows'}"
        )
    # In multiples of the first coefficient, with its sign.
    scale = float(coef[0, taking_part[0]]) if len(taking_part) else 1.0
    terms = _expression([(names[j], float(coef[0, j]) / scale) for j in taking_part])
    border = f"{-float(intercept[0]) / scale + 0.0:.6g}"
    above, below = (">", "<") if scan.complete else ("≥", "≤")
    if isinstance(risk.loss, PoissonLoss):
        if not len(taking_part):
            return "every count is zero"
        side = above if scale < 0 else below
        beyond = "" if scan.complete else f", not equal on {scan.raised} of these {scan.rows}"
        return (
            f"{terms} = {border} on every row with a positive count, and {side} {border} on every "
            f"row with a count of zero{beyond}"
        )
    first, second = (classes[0], classes[1]) if classes is not None else (0, 1)
    if scale < 0:
        first, second = second, first
    if not len(taking_part):
        return "every row is of the same class"
    beyond = "" if scan.complete else f", with equality on {scan.rows - scan.raised} of them"
    return (
        f"{terms} {above} {border} on every row of class {second!r}, and {below} {border} on every "
        f"row of class {first!r}{beyond}"
    )


def _expression(terms: list[tuple[str, float]]) -> str:
    """A combination of columns, in words."""
    if len(terms) > SHOWN:
        return f"a combination of {', '.join(name for name, _ in terms[:SHOWN])}, …"
    text = ""
    for name, c in terms:
        sign = ("-" if c < 0 else "") if not text else (" - " if c < 0 else " + ")
        text += sign + (name if f"{abs(c):.6g}" == "1" else f"{abs(c):.6g} {name}")
    return text
