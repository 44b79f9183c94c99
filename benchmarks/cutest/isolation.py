"""A child process for each problem: what hangs is killed, what crashes is noted."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.cutest.clock import CLOCKS

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "RAYON_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    # GALAHAD's linear solvers refuse to start without these two.
    "OMP_CANCELLATION": "TRUE",
    "OMP_PROC_BIND": "TRUE",
}
"""Set before NumPy is imported in a process that measures: one thread for everybody."""

GRACE = 5.0
"""Seconds that a solver may take beyond its limit to notice it, before its process is killed."""

Message = tuple[str, dict[str, Any]]
Send = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True)
class Task:
    """What one child process measures."""

    problem: str
    solvers: tuple[str, ...]
    seconds: float
    repeat: int
    clock: str = "wall"


Worker = Callable[[Task, Send], None]
"""Reports by its second argument: ``("begin", {what, limit, solver})`` before all that may hang,
then whatever it finds, each with its `solver`."""


def messages(task: Task, worker: Worker) -> Iterator[Message]:
    """What the workers report on a task, over as many child processes as it takes.

    A solver in whose run a child hangs or dies is reported as ``("lost", {solver, why})`` and left
    out of the next child, which measures those solvers that have no report yet.
    """
    left = task
    while left.solvers:
        seen: set[str] = set()
        lost: dict[str, Any] | None = None
        for kind, content in _child(left, worker):
            if kind == "lost":
                lost = content
            else:
                seen.add(content.get("solver", ""))
                yield kind, content
        if lost is None:
            return
        culprits = (lost["solver"],) if lost["solver"] else left.solvers
        for solver in culprits:
            yield "lost", {"solver": solver, "why": lost["why"]}
        seen.update(culprits)
        left = replace(left, solvers=tuple(name for name in left.solvers if name not in seen))


def _child(task: Task, worker: Worker) -> Iterator[Message]:
    """The messages of one child, the last of which is "lost" where it did not end well."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(task, worker, sender), daemon=True)
    with _environment(ENVIRONMENT):
        process.start()
    sender.close()
    now: dict[str, Any] = {"what": "starting", "solver": None}
    try:
        while True:
            try:
                kind, content = receiver.recv()
            except EOFError:
                process.join()
                why = f"{now['what']}: {_ending(process.exitcode)}"
                yield "lost", {"solver": now["solver"], "why": why}
                return
            if kind == "begin":
                now = content
            elif kind == "failed":
                yield "lost", {"solver": now["solver"], "why": f"{now['what']}: {content['why']}"}
                return
            elif kind == "done":
                return
            else:
                yield kind, content
    finally:
        process.kill()
        process.join()
        receiver.close()


def _serve(task: Task, worker: Worker, sender: Connection) -> None:
    """The child: the worker's own errors are reported, what native code prints goes nowhere."""

    clock = CLOCKS[task.clock]

    def send(kind: str, content: dict[str, Any]) -> None:
        sender.send((kind, content))
        if kind == "begin":
            clock.kill_after(content["limit"] + GRACE)

    _silence()
    try:
        worker(task, send)
    except Exception as error:
        send("failed", {"why": sentence(error)})
    else:
        send("done", {})


def _ending(code: int | None) -> str:
    """How a process ended that did not say so itself."""
    if code is None or code >= 0:
        return f"the process ended with code {code}"
    name = signal.Signals(-code).name
    return "hung, and was killed" if name in ("SIGALRM", "SIGPROF") else f"crashed ({name})"


def sentence(error: BaseException) -> str:
    """An error in one line."""
    return traceback.format_exception_only(error)[-1].strip()[:300]


def _silence() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Environment variables for the children that are started meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
