"""extremum given a function and a start, nothing else: the first call and later ones."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np

from benchmarks.cutest import problems
from benchmarks.cutest.derivatives import compile_derivatives
from benchmarks.cutest.evaluations import hit_tolerance
from benchmarks.cutest.isolation import Send, Task, sentence
from benchmarks.cutest.measure import (
    LONG,
    PREPARATION_SECONDS,
    describe,
    examine,
    gradient_norm,
)

NAME = "extremum alone"
"""How the report calls it."""

FIRST_CALL_SECONDS = 60.0
"""Limit of the first call beyond that of the solve: it finds the structure and compiles."""


def measure_alone(task: Task, send: Send) -> None:
    """`minimize(fun, x0)` in a process where nothing was compiled before."""
    import jax

    import extremum as ex

    problem = problems.load(task.problem)
    start = np.abs(np.asarray(jax.grad(problem.function)(problem.x0))).max()
    stop = ex.GradientNorm(hit_tolerance(float(start)))
    reports, point, spent = [], None, 0.0
    for repetition in range(task.repeat + 1):
        limit = task.seconds + (FIRST_CALL_SECONDS if repetition == 0 else 0.0)
        send("begin", {"what": "running", "limit": limit, "solver": NAME})
        began = time.perf_counter()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = ex.minimize(
                    problem.function, problem.x0.copy(), stop=stop, max_seconds=task.seconds
                )
        except Exception as error:
            reports.append(_report(time.perf_counter() - began, message=sentence(error)))
            break
        total = time.perf_counter() - began
        reports.append(_report(total, result))
        point = result.x
        if repetition:
            spent += total
        if spent > LONG and repetition >= 2:
            break
    send("begin", {"what": "compiling", "limit": PREPARATION_SECONDS, "solver": NAME})
    derivatives = compile_derivatives(problem)
    norm = gradient_norm(derivatives, problem.x0)
    send("problem", describe(derivatives, norm, hit_tolerance(norm)))
    solved = point is not None and gradient_norm(derivatives, point) <= hit_tolerance(norm)
    for report in reports:
        report["hit"] = {"seconds": report["seconds"], "counts": None} if solved else None
        send("run", {"solver": NAME, "run": report})
    if point is not None:
        send("begin", {"what": "examining", "limit": PREPARATION_SECONDS, "solver": NAME})
        send("end", {"solver": NAME, "end": examine(derivatives, point)})


def _report(seconds: float, result: Any = None, message: str = "") -> dict[str, Any]:
    if result is None:
        return {"seconds": seconds, "claims_success": False, "message": message, "counts": None}
    trace = result.trace
    return {
        "seconds": seconds,
        "loop_seconds": float(trace["seconds"][-1]),
        "claims_success": bool(result.success),
        "message": str(result.message),
        "verdict": result.certificate.verdict.name,
        "iterations": int(result.nit),
        "counts": {
            "values": result.nfev,
            "gradients": result.njev,
            "hessians": result.nhev,
            "products": result.get("nhvp"),
        },
    }
