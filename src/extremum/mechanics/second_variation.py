"""The second variation of an action as a symmetric matrix, by spectral elements."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import legendre
from scipy.sparse.linalg import LinearOperator, eigsh

from extremum.linalg import (
    BlockTridiagonalSymmetric,
    DenseSymmetric,
    Factorizable,
    cyclic_block_tridiagonal,
)
from extremum.mechanics.linearization import Linearization, SecondDerivatives
from extremum.objective import Vector

DEGREE = 6
"""Of the elements' polynomials: eigenvalues are accurate to order 12."""

DENSE_UP_TO = 100
"""Up to this many rows all eigenvalues are computed: it takes a millisecond."""


@dataclass(frozen=True, eq=False)
class SecondVariation:
    """∫ δ̇·L_vv δ̇ + 2 δ·L_qv δ̇ + δ·L_qq δ dt over variations that are polynomials by elements.

    Integrals are Lobatto's sums on the nodes, so the mass matrix of ∫ |δ|² dt is diagonal. The
    Hessian scaled by it has eigenvalues that approach those of Jacobi's operator,
    -d/dt (L_vv δ̇ + L_vq δ) + L_qv δ̇ + L_qq δ = μ δ, as the elements become short.

    Attributes
    ----------
    times : ndarray of shape (k,)
        The nodes but the last one, where the variation is that of the first.
    weights : ndarray of shape (k,)
        Their parts of the duration.
    scaled : Factorizable
        M^(-1/2) H M^(-1/2), of kd rows.
    floor : float
        A lower bound of its eigenvalues.
    closed : bool
        Whether variations are periodic; else they vanish at the ends.
    """

    times: Vector
    weights: Vector
    scaled: Factorizable
    floor: float
    closed: bool

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
            Whether variations are periodic.
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

        # Each element has its first nodes to itself, and shares its last with the next one.
        masses = half * weights[:-1]
        masses[:, 0] += weights[-1] * np.roll(half[:, 0], 1)
        blocks, below = chain(elements.reshape(m, (DEGREE + 1) * d, -1), d)
        units = np.repeat(1 / np.sqrt(masses), d, axis=1)
        blocks *= units[:, :, None] * units[:, None, :]
        below *= np.roll(units, -1, axis=0)[:, :, None] * units[:, None, :]
        found = times[:, :-1].ravel(), masses.ravel()
        if closed:
            return cls(*found, cyclic_block_tridiagonal(blocks, below), _floor(along), True)
        # The first node does not move: an eigenvalue of its own, above the others.
        blocks[0, :d] = blocks[0, :, :d] = below[0, :, :d] = 0
        blocks[0, :d, :d] = np.abs(blocks).sum(axis=2).max() * np.eye(d)
        return cls(*found, BlockTridiagonalSymmetric(blocks, below[:-1]), _floor(along), False)

    def lowest(self, k: int) -> tuple[Vector, Vector]:
        """The k smallest eigenvalues, ascending, and their variations at the nodes.

        The variations δ, of shape (k, times, d), have ∫ |δ|² dt = 1.
        """
        margin = max(abs(self.floor) / 8, self.scaled.rounding)
        values, vectors = self.nearest(self.floor - margin, k)
        order = np.argsort(values)
        return values[order], self.variations(vectors[:, order])

    def variations(self, vectors: Vector) -> Vector:
        """Columns of shape (n, k) as variations δ at the nodes, of shape (k, times, d)."""
        deltas = vectors.T.reshape(vectors.shape[1], len(self.times), -1)
        return np.asarray(deltas / np.sqrt(self.weights)[:, None])

    def nearest(self, shift: float, k: int) -> tuple[Vector, Vector]:
        """The k eigenvalues nearest to a number, the nearest first, and their vectors."""
        n = self.scaled.n
        if n <= DENSE_UP_TO:
            values, vectors = DenseSymmetric(self.scaled.toarray()).spectrum
        else:
            inverse = LinearOperator((n, n), self.scaled.factor(-shift).solve, dtype=np.float64)
            values, vectors = eigsh(
                self.scaled.to_scipy(), k, sigma=shift, OPinv=inverse, v0=np.cos(np.arange(n))
            )
        order = np.argsort(np.abs(values - shift), kind="stable")[:k]
        return values[order], vectors[:, order]


def _floor(along: SecondDerivatives) -> float:
    """The smallest eigenvalue of L_qq - L_qv L_vv⁻¹ L_vq.

    The rest of the second variation is the square of δ̇ + L_vv⁻¹ L_vq δ, weighted by L_vv.
    """
    cross = along.L_qv @ np.linalg.solve(along.L_vv, along.L_qv.transpose(0, 2, 1))
    return float(np.linalg.eigvalsh(along.L_qq - cross)[:, 0].min())


def chain(elements: Vector, d: int) -> tuple[Vector, Vector]:
    """A closed chain's blocks, and those below them, from its elements' symmetric matrices.

    Parameters
    ----------
    elements : ndarray of shape (m, r + d, r + d)
        The last d rows of an element are the first d of the next.

    Returns
    -------
    blocks, below : ndarray of shape (m, r, r)
        As for `cyclic_block_tridiagonal`.
    """
    r = elements.shape[1] - d
    blocks, below = elements[:, :r, :r].copy(), np.zeros((len(elements), r, r))
    blocks[:, :d, :d] += np.roll(elements[:, r:, r:], 1, axis=0)
    below[:, :d] = elements[:, r:, :r]
    return blocks, below


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
