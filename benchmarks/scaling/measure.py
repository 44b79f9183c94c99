"""One function of one size, in a process of its own: ``python -m benchmarks.scaling.measure``."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from typing import Any

import numpy as np

GRACE = 60.0
"""Seconds beyond the limit of the solve for imports, detection, compilation and certificate."""

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}


def measure_apart(function: str, n: int, seconds: float) -> dict[str, Any]:
    """Measure in a child process, so that its peak memory is that of this one problem."""
    command = [sys.executable, "-m", "benchmarks.scaling.measure", function, str(n), str(seconds)]
    try:
        done = subprocess.run(
            command,
            env=os.environ | ONE_THREAD,
            capture_output=True,
            text=True,
            timeout=seconds + GRACE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"function": function, "n": n, "error": "killed after the time limit"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return {"function": function, "n": n, "error": last}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(function: str, n: int, seconds: float) -> dict[str, Any]:
    """Minimize, and say what it cost.

    Returns
    -------
    dict
        `seconds` in all, split in `tracing`, `detection`, `colouring`, `compilation`, `iterations`
        and `certificate` (the rest is between them); `per_iteration`, the median; `megabytes`, the
        peak of the process, and `megabytes_before`, that after the imports.
    """
    import extremum as ex
    from benchmarks.scaling.functions import FUNCTIONS

    # The first use of everything, so that what it imports is not counted as the problem's.
    ex.minimize(lambda x: np.sum((x - 1) ** 2), np.zeros(70))
    fun, x0 = FUNCTIONS[function].make(n)
    before = _peak_megabytes()
    began = time.perf_counter()
    result = ex.minimize(fun, x0, max_seconds=seconds)
    total = time.perf_counter() - began
    steps = np.diff(result.trace["seconds"])
    return {
        "function": function,
        "n": x0.size,
        "structure": result.structure,
        "method": result.method,
        "iterations": result.nit,
        "success": bool(result.success),
        "verdict": result.certificate.verdict.name,
        "message": result.message,
        "seconds": total,
        "split": {
            **result.preparation,
            "iterations": float(np.sum(steps)),
            "certificate": result.certificate.seconds,
        },
        # The median: the first iteration may still compile.
        "per_iteration": float(np.median(steps)) if steps.size else None,
        "megabytes": _peak_megabytes(),
        "megabytes_before": before,
    }


def _peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("function")
    parser.add_argument("n", type=int)
    parser.add_argument("seconds", type=float)
    print(json.dumps(measure(**vars(parser.parse_args()))))
