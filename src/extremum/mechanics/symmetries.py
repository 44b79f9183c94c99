"""Variations that leave an action as it is, and what they are called."""

from __future__ import annotations

import numpy as np

from extremum.objective import Vector

SYMMETRIES = ("time translation", "translation", "rotation")
"""How the names of variations begin that come from symmetries of space or time."""

BELONGS = 1e-3
"""A variation is in a space if at most this part of its length is outside."""


def named(flat: Vector, weights: Vector, q: Vector, v: Vector) -> dict[str, Vector]:
    """Name the directions in a space of variations, as far as they are those of symmetries.

    Parameters
    ----------
    flat : ndarray of shape (k, m, d)
        Variations that span the space, orthonormal in the sum with the weights.
    weights : ndarray of shape (m,)
    q, v : ndarray of shape (m, d)
        The path.

    Returns
    -------
    dict
        k variations of shape (m, d), of length 1. The last are called a family of paths: what
        makes them flat is no symmetry of space or time.
    """
    scale = np.sqrt(weights)[:, None]
    basis = (flat * scale).reshape(len(flat), q.size)
    found: dict[str, Vector] = {}
    free = basis
    for name, variation in _candidates(q, v):
        vector = (variation * scale).ravel()
        size = np.linalg.norm(vector)
        within = basis.T @ (basis @ vector)
        if size == 0 or np.linalg.norm(vector - within) > BELONGS * size:
            continue
        new = free.T @ (free @ vector)
        if np.linalg.norm(new) <= BELONGS * size:  # what other names already say
            continue
        found[name] = variation / size
        free = _without(free, new)
        if not len(free):
            return found
    for k, vector in enumerate(free, start=1):
        name = "a family of closed paths" + (f" ({k})" if len(free) > 1 else "")
        found[name] = vector.reshape(q.shape) / scale
    return found


def _without(basis: Vector, vector: Vector) -> Vector:
    """An orthonormal basis of what is orthogonal to a vector of the space."""
    along = basis @ vector
    _, _, rows = np.linalg.svd(along[None] / np.linalg.norm(along))
    return np.asarray(rows[1:] @ basis)


def _candidates(q: Vector, v: Vector) -> list[tuple[str, Vector]]:
    """The variations by which a path is moved in time, in space and about axes."""
    d = q.shape[1]
    moves = [("time translation", v)]
    spaces = [n for n in (3, 2, 1) if d % n == 0]
    for n in spaces:
        for a in range(n):
            shift = np.zeros((d // n, n))
            shift[:, a] = 1
            moves.append((f"translation along axis {a}", np.tile(shift.ravel(), (len(q), 1))))
    for n in spaces:
        bodies = q.reshape(len(q), -1, n)
        for a in range(n):
            for b in range(a):
                turn = np.zeros_like(bodies)
                turn[..., a], turn[..., b] = bodies[..., b], -bodies[..., a]
                moves.append((f"rotation of axis {b} to axis {a}", turn.reshape(q.shape)))
    return moves
