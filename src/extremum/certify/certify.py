"""The argument that leads from a point to a verdict."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.linalg.blas import dnrm2

from extremum.certify.certificate import Certificate, Ray
from extremum.certify.convex import certify_convex
from extremum.certify.degenerate import HigherOrder, look, refine
from extremum.certify.local import FARTHEST, NEAREST, TINY, Neighbourhood
from extremum.certify.products import Products
from extremum.certify.rays import fades, falling_ray
from extremum.certify.storages import distance
from extremum.certify.values import Dissent, dissent
from extremum.linalg import EPS
from extremum.methods import Armijo
from extremum.objective import ConvexObjective, Objective, Vector
from extremum.outcomes import Verdict

STATIONARY = 1e-8
"""A gradient below this times max(1, ‖H‖) may belong to a degenerate stationary point,
for which Newton and Kantorovich's test can't speak. It is the default tolerance of a run, about √ε;
in lower precision it grows as √ε does."""

FLAT_RAYS = 3
"""So many flat directions are followed to see whether the function falls along them for ever."""

LONGEST_STEP = 10.0
"""The step that shows a lower point is at most this times max(1, ‖x‖) long."""


def certify_point(objective: Objective, x: Vector, towards: Vector | None = None) -> Certificate:
    """Say what `x` is.

    Parameters
    ----------
    objective : Objective
        With counts of its own: what is evaluated here is counted there.
    x : ndarray of shape (n,)
    towards : ndarray of shape (n,), optional
        The way a run has come, worth following if the function turns out to fall without bound.

    Returns
    -------
    Certificate
    """
    started = time.perf_counter()
    found = _argue(objective, x, towards)
    return replace(found, seconds=time.perf_counter() - started)


def _argue(objective: Objective, x: Vector, towards: Vector | None) -> Certificate:
    if not objective.has_curvature:
        return _without_curvature(objective, x)
    if isinstance(objective, ConvexObjective):
        minimum = certify_convex(objective, x)
        if minimum is not None:
            return minimum
    at = Neighbourhood.of(objective, x)
    if not at.is_finite:
        return _certificate(
            at, Verdict.NOT_FINITE, None, ("The value, the gradient or the Hessian is not finite",)
        )
    if isinstance(objective, ConvexObjective):  # no minimum, or too far from one
        return _elsewhere(at, towards)
    tolerance = STATIONARY * (at.eps / EPS) ** 0.5 * max(1.0, at.curvature.size)
    # A gradient that jumps by more than the tolerance is not smooth, or too noisy, to be refined.
    smooth = at.gradient_floor <= tolerance
    near = smooth and (at.rests or at.gradient_norm <= tolerance)
    farthest = (NEAREST if near else FARTHEST) * at.scale
    if at.newton.passed and at.newton.radius <= farthest:
        against = dissent(at)
        if against is None:
            return _nondegenerate(at, at.newton.radius, ())
        return _doubtful(at, at, against, near)
    if near and isinstance(at.curvature, Products):
        return _by_products(at, at.curvature)
    refined = refine(at) if near else None
    if refined is not None:
        moved = float(dnrm2(refined.x - at.x))
        if refined.newton.passed:
            against = dissent(refined)
            if against is None:
                return _near_a_stationary_point(at, refined, moved)
            return _doubtful(at, refined, against, near)
        if towards is not None and fades(at, towards):
            evidence = ("On the way here the gradient did not vanish, it sank below 1e-308",)
            return _certificate(at, Verdict.RECEDING, False, evidence)
        return _degenerate(at, refined, look(refined)) or _elsewhere(at, towards)
    return _elsewhere(at, towards)


def _without_curvature(objective: Objective, x: Vector) -> Certificate:
    """What can be said where second derivatives cost too much: the gradient, and no verdict."""
    fun, gradient = objective.value_and_gradient(x)
    finite = bool(np.isfinite(fun) and np.isfinite(gradient).all())
    error = getattr(objective, "gradient_error", None)
    evidence = (
        f"Second derivatives by differences take {2 * x.size**2} values of the function for each "
        "Hessian, so none were taken: write the function so that it can be followed, or pass jac="
    )
    return Certificate(
        verdict=Verdict.UNDECIDED if finite else Verdict.NOT_FINITE,
        is_minimum=None,
        fun=fun,
        gradient=gradient,
        gradient_norm=float(np.abs(gradient).max()),
        gradient_floor=float(error(x).max()) if error is not None else float("nan"),
        counts=objective.counts,
        source=objective.source,
        evidence=(evidence,),
    )


def _certificate(
    at: Neighbourhood, verdict: Verdict, is_minimum: bool | None, evidence: Any, **more: Any
) -> Certificate:
    """Fill in what every verdict reports."""
    fields: dict[str, Any] = {}
    if at.is_finite:
        values, error = at.curvature.extremal()
        fields = {
            "gradient_floor": at.gradient_floor,
            "eigenvalues": values,
            "eigenvalue_error": error,
            "hessian": at.hessian.to_scipy(),
        }
        if "morse_index" not in more:
            fields["morse_index"], fields["nullity"] = at.curvature.beyond_rounding()
    return Certificate(
        verdict=verdict,
        is_minimum=is_minimum,
        fun=at.fun,
        gradient=at.gradient,
        gradient_norm=at.gradient_norm,
        counts=at.objective.counts,
        source=getattr(at.objective, "source", type(at.objective).__name__),
        evidence=tuple(evidence),
        **{**fields, **more},
    )


def _nondegenerate(
    at: Neighbourhood,
    radius: float,
    evidence: tuple[str, ...],
    reported: Neighbourhood | None = None,
) -> Certificate:
    """One stationary point is near, and the eigenvalues' signs say of which kind."""
    test = at.newton
    evidence = (
        *evidence,
        *((test.sentence,) if test.sentence else ()),
        f"Newton and Kantorovich's test: h = {test.h:.2g} ≤ 1/2, with the Hessian's variation "
        f"estimated as {test.variation:.2g}",
    )
    index = test.morse_index
    if index == 0:
        return _certificate(
            reported or at, Verdict.MINIMUM, True, evidence, radius=radius, morse_index=0, nullity=0
        )
    verdict = Verdict.MAXIMUM if index == at.x.size else Verdict.SADDLE
    return _certificate(
        reported or at,
        verdict,
        False,
        evidence,
        radius=radius,
        morse_index=index,
        nullity=0,
        **_lower(at, _lower_along_leftmost(at)),
    )


def _doubtful(
    at: Neighbourhood, refined: Neighbourhood, against: Dissent, near: bool
) -> Certificate:
    """A stationary point by its derivatives that the values speak against.

    If the curvature is small enough to be nothing but rounding, the point is a degenerate one; and
    so it is if the value is constant to one side, and nowhere lower.
    """
    if near and not isinstance(refined.curvature, Products):
        seen = look(refined)
        found = _degenerate(at, refined, seen) if len(seen.flat_directions) else None
        if found is not None:
            return found
    one_sided = against.unchanged is not None and refined.newton.morse_index == 0
    if one_sided and not isinstance(refined.curvature, Products):
        around = look(refined, np.inf)
        if around.complete and around.is_minimum:
            return _certificate(
                at,
                Verdict.DEGENERATE,
                True,
                (against.sentence, around.sentence),
                morse_index=0,
                nullity=1,
                flat_directions=np.array([against.unchanged]),
                radius=float(dnrm2(refined.x - at.x)) + refined.newton.radius,
            )
    lower = _lower(at, against.lower_point)
    return _certificate(at, Verdict.UNDECIDED, None, (against.sentence,), **lower)


def _near_a_stationary_point(
    at: Neighbourhood, refined: Neighbourhood, moved: float
) -> Certificate:
    """Judge a point where the test fails by one where it passes, to which Newton's iteration leads.

    They are the same place if that is near, and the Hessians differ by at most half of the smallest
    eigenvalue there.
    """
    change = distance(at.hessian, refined.hessian)
    same = change <= refined.curvature.gap / 2
    if same and moved + refined.newton.radius <= NEAREST * at.scale:
        evidence = (f"Found after a refinement that moved the point by {moved:.2g}",)
        return _nondegenerate(refined, moved + refined.newton.radius, evidence, at)
    another = "" if same else ", and the Hessian another there"
    evidence = (
        f"The gradient is small, but the stationary point that Newton's iteration leads to is "
        f"{moved:.2g} away{another}",
    )
    return _certificate(
        at,
        Verdict.NOT_STATIONARY,
        False,
        evidence,
        distance=moved,
        stationary_point=refined.x,
        **_lower(at, refined.x),
    )


def _degenerate(at: Neighbourhood, refined: Neighbourhood, seen: HigherOrder) -> Certificate | None:
    """Judge by what was seen to higher order; None where that is a slope."""
    if seen.verdict is Verdict.NOT_STATIONARY:
        return None
    moved = float(dnrm2(refined.x - at.x))
    lower = seen.lower_point
    if seen.morse_index:
        lower = _lower_along_leftmost(refined)
    nullity = len(seen.flat_directions)
    if nullity == 0:
        evidence = (
            "The Hessian is regular, but varies too fast for Newton and Kantorovich's test",
        )
        return _certificate(at, Verdict.UNDECIDED, None, evidence, **_lower(at, lower))
    if seen.verdict is Verdict.UNDECIDED:
        return _certificate(at, Verdict.UNDECIDED, None, (seen.sentence,), **_lower(at, lower))
    if seen.is_minimum is not False:
        directions = seen.flat_directions[:FLAT_RAYS]
        falling = falling_ray(at.objective, at.x, at.fun, [*directions, *-directions])
        if falling is not None and _is_real(refined, *falling):
            return _fallen(at, *falling)
    more: dict[str, Any] = {}
    curves_down = seen.is_minimum and at.curvature.leftmost[0] < -at.curvature.rounding
    if curves_down or moved > NEAREST * at.scale:
        # Not the stationary point itself, but one beside it.
        more = {"stationary_point": refined.x, "distance": moved}
    least = "" if seen.complete else "At least "
    evidence = (
        f"{least}{nullity} eigenvalue{'s are' if nullity > 1 else ' is'} zero within the bound",
    )
    return _certificate(
        at,
        Verdict.DEGENERATE,
        seen.is_minimum,
        (*evidence, seen.sentence),
        morse_index=seen.morse_index,
        nullity=nullity,
        flat_directions=seen.flat_directions,
        radius=moved + 2 * at.eps * float(dnrm2(at.x)),
        **more,
        **_lower(at, lower),
    )


def _by_products(at: Neighbourhood, curvature: Products) -> Certificate:
    """A small gradient, and a Hessian of which products tell no more than the outermost part."""
    if curvature.morse_index:
        (left, _), right = curvature.leftmost, curvature.bounds.largest
        lower = _lower(at, _lower_along_leftmost(at))
        evidence = (
            f"There are curvatures {left:.3g} and {right:.3g}; by products alone the Morse index "
            "is a lower bound, and the distance to the stationary point has none",
        )
        if right > curvature.rounding and lower:
            return _certificate(at, Verdict.SADDLE, False, evidence, **lower)
    evidence = (f"By products alone no sign is certain. {curvature.sentence}",)
    return _certificate(at, Verdict.UNDECIDED, None, evidence)


def _elsewhere(at: Neighbourhood, towards: Vector | None) -> Certificate:
    """Not stationary, or stationary only at infinity: look where the function goes."""
    candidates = [] if towards is None else [towards]
    candidates += [_downhill(direction, at) for direction in at.curvature.lowest()]
    direction = at.curvature.downhill(at.gradient)
    longest = LONGEST_STEP * at.scale / max(float(dnrm2(direction)), TINY)
    step = Armijo().next_state(at.objective, at.state, direction, min(1.0, longest))
    candidates += [step.x - at.x, -at.gradient]
    ray = falling_ray(at.objective, at.x, at.fun, candidates)
    if ray is not None:
        return _fallen(at, *ray)
    lower = _lower(at, step.x)
    if lower or not at.rests:
        length = float(dnrm2(step.x - at.x)) if lower else at.newton.step
        distance = length if np.isfinite(length) else None
        evidence = (
            f"The gradient's norm {at.gradient_norm:.3g} is above its rounding error "
            f"{at.gradient_floor:.2g} and too large for a verdict",
        )
        return _certificate(at, Verdict.NOT_STATIONARY, False, evidence, distance=distance, **lower)
    evidence = (
        f"The gradient jumps by {at.gradient_floor:.2g} between points a few roundings apart: "
        "the function is not smooth here, or its rounding errors hide what it is",
    )
    return _certificate(at, Verdict.UNDECIDED, None, evidence)


def _fallen(at: Neighbourhood, verdict: Verdict, ray: Ray) -> Certificate:
    """On a ray without an end to its fall."""
    far = at.x + ray.lengths[-1] * ray.direction
    evidence = (
        f"Along the ray the value falls from {ray.values[0]:.6g} to {ray.values[-1]:.6g} over a "
        f"length of {ray.lengths[-1]:.2g}",
    )
    while not np.isfinite(at.objective.value(far)) and not np.array_equal(far, at.x):
        far = at.x + (far - at.x) / 2
    return _certificate(at, verdict, False, evidence, ray=ray, **_lower(at, far))


def _is_real(at: Neighbourhood, verdict: Verdict, ray: Ray) -> bool:
    """Whether the fall along a flat direction is no parabola of its curvature's rounding error."""
    explained = at.curvature.rounding * ray.lengths**2 / 2
    return verdict is Verdict.RECEDING or bool((at.fun - ray.values > explained).any())


def _downhill(direction: Vector, at: Neighbourhood) -> Vector:
    return -direction if direction @ at.gradient > 0 else direction


def _lower_along_leftmost(at: Neighbourhood) -> Vector | None:
    """Go from a saddle along negative curvature as far as half the model's decrease holds."""
    curvature, direction = at.curvature.leftmost
    for halvings in range(40):
        length = at.scale * 0.5**halvings
        points: list[Vector] = [at.x + length * direction, at.x - length * direction]
        values = [at.objective.value(point) for point in points]
        best = int(np.argmin(np.where(np.isfinite(values), values, np.inf)))
        if values[best] <= at.fun + 0.25 * curvature * length**2:
            return points[best]
    return None


def _lower(at: Neighbourhood, point: Vector | None) -> dict[str, Any]:
    """The fields that exhibit a lower point, where it is lower by more than rounding."""
    if point is None:
        return {}
    value = at.objective.value(point)
    if not value < at.fun - at.value_floor:
        return {}
    return {"lower_point": point, "lower_value": value}
