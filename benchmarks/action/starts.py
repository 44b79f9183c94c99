"""The quartic oscillator from q(0) = 0 to q(8) = 1, from a hundred starts t/8 + a sin(kπt/8)."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from scipy.integrate import solve_bvp

from extremum.mechanics import Particle, stationary_path

DURATION = 8.0
WAVES = tuple(range(1, 11))
AMPLITUDES = (-5.0, -4.0, -3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 4.0, 5.0)

NODES, PEER_NODES, PEER_TOL = 101, 10_000, 1e-6
"""Of `solve_bvp`: nodes of the first mesh and at most (ten times its default), tolerance."""


def measure(waves: tuple[int, ...] = WAVES) -> list[dict[str, Any]]:
    """A row a start."""
    quartic, rows = Particle(1.0, lambda q: q**4 / 4), []
    for k in waves:
        for a in AMPLITUDES:

            def start(t: Any, k: int = k, a: float = a) -> Any:
                return t / DURATION + a * np.sin(k * np.pi * t / DURATION)

            began = time.process_time()
            path = stationary_path(quartic, 0.0, 1.0, DURATION, guess=start)
            solved = time.process_time()
            index = path.certificate.morse_index if path.success else None
            certified = time.process_time()
            rows.append(
                {
                    "k": k,
                    "a": a,
                    "success": path.success,
                    "index": index,
                    "velocity": float(path.v[0]),
                    "action": path.action,
                    "error_estimate": path.error_estimate,
                    "seconds": solved - began,
                    "certificate_seconds": certified - solved,
                    **_peer(start, k, a),
                }
            )
    return rows


def _peer(start: Any, k: int, a: float) -> dict[str, Any]:
    t = np.linspace(0.0, DURATION, NODES)
    w = k * np.pi / DURATION
    began = time.process_time()
    with np.errstate(all="ignore"):
        found = solve_bvp(
            lambda t, y: np.stack([y[1], -(y[0] ** 3)]),
            lambda first, last: np.array([first[0], last[0] - 1.0]),
            t,
            np.stack([start(t), 1 / DURATION + a * w * np.cos(w * t)]),
            fun_jac=_jacobian,
            tol=PEER_TOL,
            max_nodes=PEER_NODES,
        )
    return {
        "peer_success": found.status == 0,
        "peer_velocity": float(found.y[1, 0]) if found.status == 0 else None,
        "peer_seconds": time.process_time() - began,
    }


def _jacobian(t: np.ndarray, y: np.ndarray) -> np.ndarray:
    jacobian = np.zeros((2, 2, t.size))
    jacobian[0, 1] = 1.0
    jacobian[1, 0] = -3 * y[0] ** 2
    return jacobian
