"""Solvers that hang or crash are lost alone: the others are measured all the same."""

from __future__ import annotations

import os
import time

from benchmarks.cutest import isolation
from benchmarks.cutest.isolation import Task, messages


def worker(task, send):
    """Solvers that do what their names say."""
    isolation.GRACE = 0.1
    for solver in task.solvers:
        send("begin", {"what": "running", "limit": 0.2, "solver": solver})
        if solver == "hangs":
            time.sleep(60)
        if solver == "crashes":
            os.abort()
        if solver == "raises":
            raise ValueError("no")
        send("run", {"solver": solver, "run": {}})


def test_what_hangs_is_killed_and_the_rest_goes_on():
    solvers = ("hangs", "good", "crashes", "raises", "last")
    found = list(messages(Task("P", solvers, 1.0, 1), worker))
    reasons = {content["solver"]: content["why"] for kind, content in found if kind == "lost"}
    assert reasons == {
        "hangs": "running: hung, and was killed",
        "crashes": "running: crashed (SIGABRT)",
        "raises": "running: ValueError: no",
    }
    assert [content["solver"] for kind, content in found if kind == "run"] == ["good", "last"]
