"""The second variation of an action as a symmetric matrix, by spectral elements."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

from extremum.linalg import Factorizable, Pattern
from extremum.mechanics.linearization import Linearization
from extremum.objective import Vector

DEGREE = 6
"""Of the elements' polynomials: eigenvalues are accurate to order 12."""


@dataclass(frozen=True, eq=False)
class SecondVariation:
    """∫ δ̇·L_vv δ̇ + 2 δ·L_qv δ̇ + δ·L_qq δ dt over variations that are polynomials by elements.

    Integrals are Lobatto's sums on the nodes, so the mass matrix of ∫ |δ|² dt is diagonal. The
    Hessian scaled by it has eigenvalues that approach those of Jacobi's operator,
    -d/dt (L_vv δ̇ + L_vq δ) + L_qv δ̇ + L_qq δ = μ δ, as the elements become short.

    Attributes
    ----------
    times : ndarray of shape (k,)
        The nodes whose variations are free.
    weights : ndarray of shape (k,)
        Their parts of the duration.
    scaled : Factorizable
        M^(-1/2) H M^(-1/2), of kd rows.
    """

    times: Vector
    weights: Vector
    scaled: Factorizable

    @classmethod
    def of(
        cls, linearization: Linearization, edges: Vector, closed: bool = False
    ) -> SecondVariation:
        """Assemble it.

        Parameters
        ----------
        linearization
            The second derivatives of L along the path.
        edges : ndarray of shape (m + 1,)
            The ends of the elements.
        closed
            Whether variations are periodic; else they vanish at both ends.
        """
        nodes, weights, derivative = lobatto(DEGREE)
        half = np.diff(edges)[:, None] / 2
        times = edges[:-1, None] + half * (nodes + 1)
        along = linearization(times.ravel())
        m, d = len(half), along.L_vv.shape[1]
        shape = (m, DEGREE + 1, d, d)
        weight = (half * weights)[:, :, None, None]
        mass, coupling, force = (
            weight * part.reshape(shape) for part in (along.L_vv, along.L_qv, along.L_qq)
        )
        slope = derivative / half[:, :, None]
        # Entry (i, a), (j, b) of an element: node i, coordinate a.
        crossed = np.einsum("miab,mij->miajb", coupling, slope)
        elements = np.einsum("mki,mkab,mkj->miajb", slope, mass, slope, optimize=True)
        elements += crossed + crossed.transpose(0, 3, 4, 1, 2)
        local = np.arange(DEGREE + 1)
        elements[:, local, :, local, :] += force.transpose(1, 0, 2, 3)

        count = m * DEGREE + (not closed)
        place = (np.arange(m)[:, None] * DEGREE + local) % count
        node_times, node_weights = np.empty(count), np.zeros(count)
        node_times[place] = times
        np.add.at(node_weights, place, half * weights)
        free = slice(None) if closed else slice(1, -1)
        # Of fixed nodes, number -1.
        number = np.full(count, -1)
        number[free] = np.arange(len(node_times[free]))
        rows = number[place][:, :, None] * d + np.arange(d)
        rows = np.where(number[place][:, :, None] < 0, -1, rows).reshape(m, -1)
        scale = 1 / np.sqrt(np.repeat(node_weights, d).reshape(count, d)[place]).reshape(m, -1)
        values = elements.reshape(m, rows.shape[1], -1) * scale[:, :, None] * scale[:, None, :]
        return cls(
            node_times[free],
            node_weights[free],
            _assembled(len(node_times[free]) * d, rows, values),
        )

    def modes(self, vectors: Vector) -> Vector:
        """The variations δ at the nodes, of shape (k, times, d), of columns of scaled vectors."""
        count = len(self.times)
        deltas = vectors.T.reshape(vectors.shape[1], count, -1)
        return np.asarray(deltas / np.sqrt(self.weights)[:, None])


def _assembled(n: int, index: NDArray[np.int_], blocks: Vector) -> Factorizable:
    """The sum of symmetric blocks of shape (m, r, r), at rows of shape (m, r); -1 is left out."""
    r = index.shape[1]
    rows = np.repeat(index, r, axis=1).ravel()
    columns = np.tile(index, (1, r)).ravel()
    lower = np.flatnonzero((rows >= columns) & (columns >= 0))
    rows, columns = rows[lower], columns[lower]
    pattern = Pattern.of(n, rows, columns)
    keys = pattern.cols.astype(np.int64) * n + pattern.rows
    where = np.searchsorted(keys, columns.astype(np.int64) * n + rows)
    return pattern.matrix(np.bincount(where, blocks.ravel()[lower], pattern.nnz))


@lru_cache(1)
def lobatto(degree: int) -> tuple[Vector, Vector, Vector]:
    """Lobatto's nodes in [-1, 1], their weights, and the matrix of derivatives at the nodes.

    Canuto, Hussaini, Quarteroni & Zang, Spectral Methods: Fundamentals, section 2.3.
    """
    last = np.eye(degree + 1)[degree]
    nodes = np.r_[-1.0, legendre.legroots(legendre.legder(last)), 1.0]
    value = legendre.legval(nodes, last)
    weights = 2 / (degree * (degree + 1) * value**2)
    distance = nodes[:, None] - nodes + np.eye(degree + 1)
    derivative = value[:, None] / (value * distance)
    derivative -= np.diag(derivative.sum(axis=1))
    return nodes, weights, derivative
