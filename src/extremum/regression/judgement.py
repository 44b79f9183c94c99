"""What a fit is worth: its columns' rank, the estimate's existence, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from extremum.certify import Certificate
from extremum.certify.certificate import Ray
from extremum.objective import Vector
from extremum.outcomes import Reason, Verdict
from extremum.regression.existence import Existence, existence
from extremum.regression.losses import HalfSquared, Softmax
from extremum.regression.rank import MOST_COLUMNS, ColumnRank, rank_of_rows
from extremum.regression.risk import MeanLoss
from extremum.solve import Result

DOUBLINGS = 5
"""The direction of recession is followed over lengths of max(1, ‖θ‖)·2ᵏ, k = 0 … 5."""


@dataclass(frozen=True, eq=False)
class Judgement:
    """What was found of a fit.

    Attributes
    ----------
    result : Result
        With the verdict `RECEDING` where no estimate exists.
    rank : ColumnRank or None
        None where the columns are independent, or their rank does not matter.
    existence : Existence or None
        None where the estimate exists.
    """

    result: Result
    rank: ColumnRank | None = None
    existence: Existence | None = None


def judge(
    risk: MeanLoss,
    result: Result,
    *,
    names: Sequence[str] | None = None,
    classes: Sequence[Any] | None = None,
) -> Judgement:
    """Look into a fit whose minimum is not certified.

    Parameters
    ----------
    risk : MeanLoss
    result : Result
        Of its minimization. A certified strict minimum proves full rank and existence; and with a
        penalty there is nothing to doubt.
    names, classes : sequence, optional
        What to call columns and classes.

    Returns
    -------
    Judgement
    """
    proven = result.certificate.verdict is Verdict.MINIMUM
    if proven or risk.l2 > 0 or risk.rows.n_features + risk.fit_intercept > MOST_COLUMNS:
        return Judgement(result)
    rank = rank_of_rows(risk.rows, fit_intercept=risk.fit_intercept, names=names)
    deficient = rank if rank.deficient else None
    if isinstance(risk.loss, HalfSquared):
        return Judgement(result, deficient)
    found = existence(risk, np.asarray(result.x), rank=rank, classes=classes)
    if found.exists:
        return Judgement(result, deficient)
    return Judgement(receding(risk, result, found), deficient, found)


def receding(risk: MeanLoss, result: Result, found: Existence) -> Result:
    """The result of a fit that has no minimum to go to: no success, and a ray as evidence."""
    ray = _ray(risk, result, found)
    lower = ray.values[-1] < result.fun
    old: Certificate = result.certificate
    certificate = replace(
        old,
        verdict=Verdict.RECEDING,
        is_minimum=False,
        radius=None,
        distance=None,
        stationary_point=None,
        ray=ray,
        lower_point=result.x + ray.lengths[-1] * ray.direction if lower else None,
        lower_value=float(ray.values[-1]) if lower else None,
        evidence=(*old.evidence, found.message.rstrip(".")),
    )
    met = result.message.removesuffix(f" The point is {old.verdict.value}.")
    return Result(
        **{
            **result,
            "certificate": certificate,
            "success": False,
            "status": 1 + list(Reason).index(result.reasons[0]),
            "message": f"{met} The point is {Verdict.RECEDING.value}. {found.message}",
        }
    )


def _ray(risk: MeanLoss, result: Result, found: Existence) -> Ray:
    """The direction in the coordinates of θ, with values along it."""
    assert found.coef is not None
    assert found.intercept is not None
    coef, intercept = found.coef, found.intercept
    if isinstance(risk.loss, Softmax):
        coef, intercept = risk.loss.contrasts @ coef, risk.loss.contrasts @ intercept
    direction: Vector = risk.flatten(coef.T, intercept)
    direction = direction / np.linalg.norm(direction)
    lengths = max(1.0, float(np.linalg.norm(result.x))) * np.exp2(np.arange(DOUBLINGS + 1))
    objective = risk.at_best()
    values = np.array([objective.value(result.x + length * direction) for length in lengths])
    return Ray(direction, lengths, values)
