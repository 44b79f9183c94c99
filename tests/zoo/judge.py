"""Whether what is said of a point is true, by the case's own account of it."""

from __future__ import annotations

import numpy as np

from extremum import Certificate, Verdict
from tests.zoo.case import EPS, Case

REGULAR = {Verdict.MINIMUM, Verdict.SADDLE, Verdict.MAXIMUM}
WRONG_BY = 1e-5
"""A degenerate point is known no better than its gradient tells: so far off it may be, times
max(1, ‖x‖), besides the radius that is stated."""


def untrue(case: Case, certificate: Certificate, x: np.ndarray) -> list[str]:
    """What a certificate says of `x` that is not true."""
    x = np.atleast_1d(np.asarray(x, float))
    scale = max(case.unit, float(np.linalg.norm(x)))
    found = _verdict(case, certificate, x, 8 * EPS * max(1.0, scale))
    if certificate.lower_point is not None and not case.random:
        lower = case.value(certificate.lower_point)
        if not lower < case.value(x):
            found.append(f"lower point {lower!r} is not below {case.value(x)!r}")
    return found


def _verdict(case: Case, certificate: Certificate, x: np.ndarray, slack: float) -> list[str]:
    verdict = certificate.verdict
    if verdict is Verdict.UNDECIDED:
        return []
    if verdict is Verdict.UNBOUNDED:
        return [] if case.unbounded else ["it is bounded"]
    if verdict is Verdict.RECEDING:
        return [] if case.receding else ["no infimum is approached at infinity"]
    near = case.nearest(x)
    if verdict is Verdict.NOT_STATIONARY:
        if near is not None and near[1] <= slack and verdict not in near[0].verdicts:
            return [f"a stationary point is {near[1]:.2g} away"]
        return []
    if verdict is Verdict.NOT_FINITE:
        rough = near is not None and verdict in near[0].verdicts and near[1] <= 1e-3 * case.unit
        return [] if rough or not _finite_about(case, x) else ["all is finite"]
    kind = case.nearest(x, lambda site: verdict in site.verdicts)
    if kind is None:
        return [f"there is no {verdict.name.lower()}"]
    site, distance = kind
    radius = certificate.radius or 0.0
    if verdict is Verdict.DEGENERATE:
        radius += WRONG_BY * max(case.unit, float(np.linalg.norm(x)))
    wrong = []
    if not distance <= radius * (1 + 1e-6) + slack:
        wrong.append(f"the {verdict.name.lower()} is {distance:.3g} away, not {radius:.3g}")
    if certificate.is_minimum not in (None, site.is_minimum):
        wrong.append(f"is_minimum is {site.is_minimum}")
    if verdict in REGULAR and site.index not in (None, certificate.morse_index):
        wrong.append(f"the index is {site.index}, not {certificate.morse_index}")
    return wrong


def _finite_about(case: Case, x: np.ndarray) -> bool:
    steps = 1e-8 * np.maximum(np.abs(x), 1e-8) * np.array([[-1.0], [0.0], [1.0]])
    return all(np.isfinite(case.value(x + step)) for step in steps)
