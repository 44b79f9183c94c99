"""Second derivatives of Lagrangians along paths known in closed form, or integrated tightly."""

from types import SimpleNamespace

import numpy as np
from scipy.integrate import solve_ivp


def constant(stiffness, coupling=None, mass=None):
    """L = ½ v·M v + q·K v - ½ q·S q with constant matrices, at q = 0."""
    stiffness = np.atleast_2d(stiffness)
    d = len(stiffness)
    mass = np.eye(d) if mass is None else np.atleast_2d(mass)
    coupling = np.zeros((d, d)) if coupling is None else np.atleast_2d(coupling)

    def linearization(t):
        def along(matrix):
            return np.broadcast_to(matrix, (len(t), d, d))

        return SimpleNamespace(L_qq=along(-stiffness), L_qv=along(coupling), L_vv=along(mass))

    return linearization


def along(system, state, duration, tol=1e-12):
    """The second derivatives along the solution that begins at a state (q, v), by `solve_ivp`."""
    q, v = (np.asarray(part, float) for part in state)
    traced = system.traced(0.0, q, v)
    d = traced.dimension

    def slope(t, x):
        q, v = x[None, :d], x[None, d:]
        at = traced.derivatives(np.array([t]), q, v)
        force = at.L_q - at.L_tv - np.einsum("kij,ki->kj", at.L_qv, v)
        return np.r_[v[0], np.linalg.solve(at.L_vv[0], force[0])]

    x = np.r_[q.ravel(), v.ravel()]
    orbit = solve_ivp(slope, (0, duration), x, "DOP853", rtol=tol, atol=tol, dense_output=True)

    def linearization(t):
        x = orbit.sol(t).T
        return traced.derivatives(t, x[:, :d], x[:, d:])

    return linearization, orbit


def moving(system, motion):
    """The second derivatives along a motion in closed form; velocities by differences."""
    q = np.asarray(motion(0.0))
    traced = system.traced(0.0, q, 0.1 + q)

    def linearization(t):
        h = 1e-3
        slope = sum(c * (motion(t + k * h) - motion(t - k * h)) for c, k in STENCIL) / h
        shape = (len(t), q.size)
        return traced.derivatives(t, motion(t).reshape(shape), slope.reshape(shape))

    return linearization


STENCIL = ((4 / 5, 1), (-1 / 5, 2), (4 / 105, 3), (-1 / 280, 4))
"""Central differences of eighth order: Fornberg, Mathematics of Computation 51 (1988), table 1."""


def conjugate_determinants(linearization, duration, d, times):
    """The singular values of J(t), J(0) = 0, J′(0) = 1, by `solve_ivp`: of shape (k, d)."""

    def slope(t, x):
        at = linearization(np.array([t]))
        delta, momentum = x.reshape(2, d, d)
        velocity = np.linalg.solve(at.L_vv[0], momentum - at.L_qv[0].T @ delta)
        return np.concatenate([velocity, at.L_qv[0] @ velocity + at.L_qq[0] @ delta]).ravel()

    start = np.concatenate([np.zeros((d, d)), np.eye(d)]).ravel()
    found = solve_ivp(
        slope, (0, duration), start, "DOP853", rtol=1e-10, atol=1e-11, dense_output=True
    )
    planes = found.sol(times).T.reshape(-1, 2 * d, d)
    return np.linalg.svd(np.linalg.qr(planes)[0][:, :d], compute_uv=False)
