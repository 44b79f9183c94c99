"""`minimize_many`: one small problem from many starts, in one compiled batch."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extremum.methods.batched import Batch, batch_of
from extremum.objective import Counts, FunctionObjective, Parameters, Vector, make_objective
from extremum.objective.function import PlainFunction
from extremum.outcomes import DerivativeWarning, UnknownOption
from extremum.solve.many_result import FoundMinimum, ManyResult
from extremum.solve.many_runs import MAXITER, Runs, add_counts, run_batch
from extremum.solve.minimize import minimize
from extremum.solve.options import choose_tests, read_options
from extremum.solve.stops import GradientNorm, Limits

MOST_VARIABLES = 64
"""Up to so many, Hessians are dense and their eigenvalues cheap; beyond it a run is so long that
nothing is gained by a batch."""

MOST_COMPARED = 16
"""At so many of the minima the traced function is compared with the plain one."""


def minimize_many(
    fun: Callable[..., Any],
    starts: Any,
    args: tuple[Any, ...] = (),
    *,
    stop: GradientNorm | None = None,
    tol: float | None = None,
    maxiter: int | None = None,
    **unknown: Any,
) -> ManyResult:
    """Minimize one small smooth function from many starts, and certify every end.

    The function is written for one point, as for `minimize`; it is compiled for all of them. The
    method is a trust region with exact Hessians, whose subproblem is solved exactly.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float``, written in NumPy or in `jax.numpy`.
    starts : array_like of shape (m, n), or pytree of arrays with a leading axis of length m
        A start a row.
    args : tuple
        Further arguments of `fun`.
    stop : GradientNorm, optional
        ``GradientNorm(1e-8)`` by default.
    tol : float, optional
        Short for ``stop=GradientNorm(tol)``.
    maxiter : int, optional
        The limit of iterations of each run; 1000 by default.

    Returns
    -------
    ManyResult
        With `x`, `fun`, `success`, `verdicts`, … of all starts, and the distinct `minima`.

    Warns
    -----
    DerivativeWarning
        If the function can't be compiled. Then its starts are run one by one by `minimize`.

    Raises
    ------
    InvalidInput
        If the starts or an argument can't be used, or the function is finite at none of them.
    UnknownOption
        If an option does not exist, or has no meaning here.

    Notes
    -----
    `success` means for each what it means for `minimize`. Beyond 64 variables the starts are run
    one by one too. Ends that are flat, or otherwise not decided by the test of Newton and
    Kantorovich, are judged one by one, but no more than 256 of them; the rest are `UNDECIDED`.

    Examples
    --------
    >>> import numpy as np, extremum as ex
    >>> starts = np.random.default_rng(0).uniform(-3, 3, (200, 2))
    >>> result = ex.minimize_many(lambda x: (x[0] ** 2 - 1) ** 2 + x[1] ** 2, starts)
    >>> sorted(round(float(found.x[0]), 9) for found in result.minima), int(result.success.sum())
    ([-1.0, 1.0], 200)
    """
    started = time.perf_counter()
    further = read_options(None, unknown, ("stop", "tol", "maxiter", "args"))
    tests = choose_tests(stop, further.get("tol") if tol is None else tol)
    if len(tests) != 1 or not isinstance(test := tests[0], GradientNorm):
        raise UnknownOption("minimize_many stops by GradientNorm(atol, rtol) only.")
    limit = Limits(MAXITER if maxiter is None else maxiter).maxiter
    parameters, points = Parameters.of_many(starts)
    objective = _objective(fun, parameters, points, args)
    batch, why_not = _batch(objective, len(points))
    if batch is not None:
        runs = run_batch(batch, objective, points, test, limit)
        groups = runs.minima()
        why_not = _disagreement(objective, [runs.x[group[0]] for group in groups])
    if why_not is not None:
        warnings.warn(
            f"{objective.plain.name} can't be run as one compiled batch: {why_not}. Its starts are "
            "run one after another by minimize, which takes longer.",
            DerivativeWarning,
            stacklevel=2,
        )
    if batch is None or why_not is not None:
        runs = _run_singly(objective, points, test, limit)
        groups = runs.minima()
    return _report(objective, runs, groups, started)


def _objective(
    fun: Callable[..., Any], parameters: Parameters, points: Vector, args: Any
) -> FunctionObjective:
    """The objective, made at the first start with a finite value."""
    start = points[0]
    if callable(fun):
        args = args if isinstance(args, tuple) else (args,)
        plain = PlainFunction(fun, parameters, args)
        finite = (point for point in points if np.isfinite(plain.value(point, Counts())))
        start = next(finite, points[0])
    with warnings.catch_warnings():  # said below, with what follows from it
        warnings.simplefilter("ignore", DerivativeWarning)
        return make_objective(fun, replace(parameters, start=start), args)


def _batch(objective: FunctionObjective, m: int) -> tuple[Batch | None, str | None]:
    """The batch; else None and, if it is the function's fault, why there is none."""
    if objective.plain.parameters.size > MOST_VARIABLES:
        return None, None
    batch = batch_of(objective, m)
    if batch is not None:
        return batch, None
    return None, objective.why_inexact or objective.gradients.notes[0]


def _run_singly(
    objective: FunctionObjective, points: Vector, test: GradientNorm, maxiter: int
) -> Runs:
    """Run one start after another, by `minimize`."""
    plain = objective.plain
    runs = Runs.at(points, "minimize, one start after another", objective.source)
    for i, point in enumerate(points):
        runs.fun[i] = plain.value(point, Counts())
        if not np.isfinite(runs.fun[i]):
            continue
        start = replace(plain.parameters, start=point).restore(point)
        with warnings.catch_warnings():  # said once for all starts
            warnings.simplefilter("ignore", DerivativeWarning)
            result = minimize(plain.fun, start, plain.args, stop=test, maxiter=maxiter)
        runs.x[i] = plain.parameters.flatten(result.x, "The point")
        runs.fun[i], runs.nit[i], runs.reasons[i] = result.fun, result.nit, result.reason
        certificate = result.certificate
        runs.gradient_norm[i] = certificate.gradient_norm
        runs.judge(np.array([i]), certificate, np.zeros(1))
        add_counts(runs.counts, result)
        add_counts(runs.certificate_counts, certificate.counts.as_dict())
    return runs


def _disagreement(objective: FunctionObjective, points: list[Vector]) -> str | None:
    """Compare the traced function with the plain one where it matters."""
    found = map(objective.disagreement, points[:MOST_COMPARED])
    return next((why for why in found if why is not None), None)


def _report(
    objective: FunctionObjective, runs: Runs, groups: list[NDArray[np.int64]], started: float
) -> ManyResult:
    parameters = objective.plain.parameters
    labels = np.full(len(runs.x), -1)
    for label, group in enumerate(groups):
        labels[group] = label
    minima = tuple(
        FoundMinimum(
            x=parameters.restore(runs.x[group[0]]),
            fun=float(runs.fun[group[0]]),
            radius=float(runs.radius[group[0]]),
            verdict=runs.verdicts[group[0]],
            count=len(group),
            index=int(group[0]),
        )
        for group in groups
    )
    return ManyResult(
        x=parameters.restore_many(runs.x),
        fun=runs.fun,
        success=runs.accepted & runs.ended_well,
        verdicts=runs.verdicts,
        morse_index=runs.morse_index,
        reasons=runs.reasons,
        nit=runs.nit,
        grad_norm=runs.gradient_norm,
        radius=runs.radius,
        minima=minima,
        labels=labels,
        best=minima[0].x if minima else None,
        **runs.counts.as_dict(),
        certificate_counts=runs.certificate_counts,
        seconds=time.perf_counter() - started,
        source=runs.source,
        method=runs.method,
        notes=(*objective.notes, *runs.notes),
        _points=runs.x,
    )
