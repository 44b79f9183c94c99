"""One problem, solved by several solvers in turn; runs in a child process."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from benchmarks.cutest import problems
from benchmarks.cutest.clock import CLOCKS
from benchmarks.cutest.curvature import least_curvature
from benchmarks.cutest.derivatives import Derivatives, compile_derivatives
from benchmarks.cutest.evaluations import Evaluations, TimeUp, hit_tolerance
from benchmarks.cutest.isolation import Send, Task, sentence
from benchmarks.cutest.peers import load, missing_package
from benchmarks.cutest.peers.solver import Claim, Run, Solver

LONG = 2.0
"""Seconds after which a solver that has run twice on a problem is not run again."""

PREPARATION_SECONDS = 300.0
"""Limit for what is not timed: compilation before the runs, eigenvalues after them."""


def measure(task: Task, send: Send) -> None:
    """Run each solver of the task, in turn, until all have been run often enough."""
    _begin(send, "compiling the derivatives")
    derivatives = compile_derivatives(problems.load(task.problem))
    start_norm = gradient_norm(derivatives, derivatives.x0)
    tolerance = hit_tolerance(start_norm)
    send("problem", describe(derivatives, start_norm, tolerance))
    ready = _prepare_all(task, derivatives, tolerance, send)
    spent = dict.fromkeys(ready, 0.0)
    for repetition in range(task.repeat):
        for name in list(ready):
            solver, run = ready[name]
            send("begin", {"what": "running", "limit": task.seconds, "solver": name})
            report, claim = _one_run(solver, run, derivatives, tolerance, task)
            send("run", {"solver": name, "run": report})
            if repetition == 0 and claim:
                _begin(send, "examining the end", name)
                send("end", {"solver": name, "end": examine(derivatives, claim.x)})
            spent[name] += report["seconds"]
            # What has not hit would not hit the next time either.
            if report["hit"] is None or (repetition >= 1 and spent[name] > LONG):
                del ready[name]


def describe(derivatives: Derivatives, start_norm: float, tolerance: float) -> dict[str, Any]:
    """The report on a problem."""
    return {
        "n": derivatives.n,
        "storage": derivatives.storage,
        "entries": derivatives.hessian.rows.size if derivatives.hessian else None,
        "start_gradient_norm": start_norm,
        "tolerance": tolerance,
        "preparation_seconds": derivatives.seconds,
    }


def examine(derivatives: Derivatives, x: np.ndarray) -> dict[str, Any]:
    """What the point that was returned is like, computed afresh."""
    x = np.asarray(x, dtype=np.float64)
    if not np.all(np.isfinite(x)):
        return {"value": None, "gradient_norm": None, "curvature": None}
    curvature = least_curvature(derivatives, x)
    return {
        "value": derivatives.value(x),
        "gradient_norm": gradient_norm(derivatives, x),
        "curvature": curvature and asdict(curvature),
    }


def gradient_norm(derivatives: Derivatives, x: np.ndarray) -> float:
    """‖∇φ(x)‖∞."""
    return float(np.abs(derivatives.gradient(x)).max())


def _prepare_all(
    task: Task, derivatives: Derivatives, tolerance: float, send: Send
) -> dict[str, tuple[Solver, Run]]:
    ready = {}
    for name in task.solvers:
        if package := missing_package(name):
            send("skip", {"solver": name, "why": f"{package} is not installed", "absent": True})
            continue
        solver = load(name)
        if why := solver.unfit(derivatives):
            send("skip", {"solver": name, "why": why, "absent": False})
            continue
        _begin(send, "preparing", name)
        try:
            ready[name] = solver, solver.prepare(derivatives, tolerance, task.seconds)
        except Exception as error:
            send("skip", {"solver": name, "why": sentence(error), "absent": False})
    return ready


def _one_run(
    solver: Solver, run: Run, derivatives: Derivatives, tolerance: float, task: Task
) -> tuple[dict[str, Any], Claim | None]:
    """One call, timed. The claim is None where the solver did not return."""
    evaluations = Evaluations(derivatives, tolerance, task.seconds, CLOCKS[task.clock].now)
    claim = None
    evaluations.start_clock()
    try:
        claim = run(evaluations)
        message = claim.message
    except TimeUp:
        message = "time limit"
    except Exception as error:
        message = sentence(error)
    total = evaluations.elapsed
    if evaluations.time_is_up:  # Native solvers may have made something else of the exception.
        claim, message = None, "time limit"
    hit = evaluations.hit and asdict(evaluations.hit)
    if not solver.evaluates and claim and gradient_norm(derivatives, claim.x) <= tolerance:
        hit = {"seconds": total, "counts": None}
    report = {
        "hit": hit,
        "seconds": total,
        "claims_success": bool(claim and claim.success),
        "message": message,
        "counts": asdict(evaluations.counts) if solver.evaluates else None,
    }
    return report, claim


def _begin(send: Send, what: str, solver: str | None = None) -> None:
    send("begin", {"what": what, "limit": PREPARATION_SECONDS, "solver": solver})
