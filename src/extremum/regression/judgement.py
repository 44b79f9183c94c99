"""What a fit is worth: its columns' rank, the estimate's existence, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from extremum.certify import Certificate
from extremum.certify.certificate import Ray
from extremum.objective import Vector, show_point
from extremum.outcomes import ENDED_WELL, Reason, Verdict
from extremum.regression.existence import Existence, existence
from extremum.regression.losses import HalfSquared, Softmax
from extremum.regression.orthogonal import certified
from extremum.regression.rank import MOST_COLUMNS, SHOWN, ColumnRank, rank_of_rows
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
    if (found := determined(risk, result, rank)) is not None:
        return Judgement(found, deficient)
    if isinstance(risk.loss, HalfSquared):
        return Judgement(result, deficient)
    estimate = existence(risk, np.asarray(result.x), rank=rank, classes=classes)
    if estimate.exists:
        return Judgement(result, deficient)
    return Judgement(receding(risk, result, estimate), deficient, estimate)


def determined(risk: MeanLoss, result: Result, rank: ColumnRank) -> Result | None:
    """The result judged over columns that are independent, made orthonormal.

    None where they have no certified minimum.
    """
    coef, intercept = risk.unflatten(np.asarray(result.x))
    basic, constant = rank.basic(coef.T, intercept)
    found = certified(risk, risk.flatten(basic.T, constant), rank.independent)
    if found is None or found.verdict is not Verdict.MINIMUM:
        return None
    verdict = Verdict.DEGENERATE if rank.deficient else Verdict.MINIMUM
    certificate = replace(
        result.certificate,
        verdict=verdict,
        is_minimum=True,
        morse_index=0,
        nullity=rank.nullity * risk.loss.outputs,
        flat_directions=_flat_directions(risk, rank) if rank.deficient else None,
        radius=None,
        distance=None,
        stationary_point=None,
        ray=None,
        lower_point=None,
        lower_value=None,
        evidence=(
            *found.evidence,
            "So it is for the columns that are independent, made orthonormal by their QR",
            *map(str, rank.dependencies[:SHOWN]),
        ),
    )
    success = any(reason in ENDED_WELL for reason in result.reasons)
    return Result(
        **{
            **result,
            "certificate": certificate,
            "success": success,
            "status": 0 if success else result.status,
            "message": f"{_stopped(result)} The point is {verdict.value}.",
        }
    )


def _flat_directions(risk: MeanLoss, rank: ColumnRank) -> Vector:
    """Orthonormal directions along which no margin changes, in the coordinates of θ."""
    directions = [
        risk.flatten(np.outer(coef, output), constant * output)
        for coef, constant in zip(rank.null_coef, rank.null_intercept, strict=True)
        for output in np.eye(risk.loss.outputs)
    ]
    return np.linalg.qr(np.array(directions).T)[0].T


def _stopped(result: Result) -> str:
    """Why the run stopped, without what the point is."""
    message: str = result.message
    stopped, _, _ = message.rpartition(f" The point x = {show_point(np.asarray(result.x))} is ")
    return stopped or message


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
    return Result(
        **{
            **result,
            "certificate": certificate,
            "success": False,
            "status": 1 + list(Reason).index(result.reasons[0]),
            "message": f"{_stopped(result)} The point is {Verdict.RECEDING.value}. {found.message}",
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
