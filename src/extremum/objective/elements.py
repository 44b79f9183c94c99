"""The integral of a local function of (t, q, q̇) over elements on which q is a polynomial.

∫ f(t, q, q̇) dt ≈ Σₑ hₑ Σₖ wₖ f(tₑ + cₖhₑ, Σⱼ Nₖⱼ qⱼ, Σⱼ Dₖⱼ qⱼ / hₑ), the innermost sums over the
element's nodes: with its derivatives by the nodal values, by one compiled call over all elements.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from extremum.objective.compiled import MOST_PROGRAMS
from extremum.objective.function import sixty_four_bit
from extremum.objective.local import LocalFunction, value_gradient_hessian
from extremum.objective.parameters import Vector

BUCKETS = (64, 256, 1024, 8192, 65536)
"""Elements are added up to the next of these numbers of nodes, as `local` adds rows. A path begins
with few, and each call of a search for it costs what the first number does."""


@dataclass(frozen=True, eq=False)
class Element:
    """A polynomial on [0, 1] through p + 1 nodes, the first at 0 and the last at 1; a quadrature.

    Attributes
    ----------
    points, weights : ndarray of shape (s,)
        cₖ and wₖ.
    values, slopes : ndarray of shape (s, p + 1)
        N and D.
    """

    points: Vector
    weights: Vector
    values: Vector
    slopes: Vector

    @property
    def degree(self) -> int:
        """The polynomial's degree p."""
        return int(self.values.shape[1]) - 1


class ElementTerms(NamedTuple):
    """The integral over each of m elements, and its derivatives by the element's nodal values.

    Attributes
    ----------
    value : ndarray of shape (m,)
    gradient : ndarray of shape (m, p + 1, d)
    hessian : ndarray of shape (m, p + 1, d, p + 1, d)
    """

    value: Vector
    gradient: Vector
    hessian: Vector


class BandTerms(NamedTuple):
    """The same, added up over the elements that share a node.

    Attributes
    ----------
    value : ndarray of shape (m,)
    ends : ndarray of shape (m, d)
        By the last node of each element, of that element alone.
    gradient : ndarray of shape (m p, d)
        By all nodes but the last.
    band : ndarray of shape (3b + 1, n)
        By the n coordinates of the nodes between the ends, in LAPACK's storage for `gbtrf`, room
        for pivots on top, in Fortran's order: the entry (i, j) is at [2b + i - j, j]. The bandwidth
        b is (p + 1) d - 1. What LAPACK does not read is arbitrary.
    """

    value: Vector
    ends: Vector
    gradient: Vector
    band: Vector


class ChainTerms(NamedTuple):
    """The same for one coordinate and p = 1, added up over the elements that share a vertex.

    Attributes
    ----------
    value : ndarray of shape (m,)
    gradient, diagonal : ndarray of shape (m - 1,)
        By the vertices between the elements.
    off : ndarray of shape (m - 2,)
        By two of them that are neighbours.
    """

    value: Vector
    gradient: Vector
    diagonal: Vector
    off: Vector


@dataclass(frozen=True, eq=False)
class ElementIntegral:
    """The integral as a function of the nodal values.

    Parameters
    ----------
    local : LocalFunction
        Of the 1 + 2d numbers t, q, q̇.
    element : Element
    t : ndarray of shape (m + 1,)
        The elements' ends.

    Notes
    -----
    Nodal values q are of shape (m p + 1, d), in the order of time.
    """

    local: LocalFunction
    element: Element
    t: Vector

    @property
    def _elements(self) -> int:
        return len(self.t) - 1

    @cached_property
    def _padded_times(self) -> Vector:
        """The elements' ends, and more elements of the last one's length."""
        m, p, t = self._elements, self.element.degree, self.t
        size = next((bucket for bucket in BUCKETS if m * p <= bucket), m * p) // p
        padded = np.empty(size + 1)
        padded[: m + 1], padded[m + 1 :] = t, t[-1] - t[-2]
        padded[m + 1 :].cumsum(out=padded[m + 1 :])
        padded[m + 1 :] += t[-1]
        return padded

    def values(self, q: Vector) -> Vector:
        """The integral over each element; of shape (m,)."""
        return self._call("values", q)[0][: self._elements]

    def elements(self, q: Vector) -> ElementTerms:
        """With derivatives, element by element."""
        (found,) = self._call("elements", q)
        m, d, nodes = self._elements, q.shape[1], self.element.degree + 1
        size = nodes * d
        return ElementTerms(
            found[:m, 0],
            found[:m, 1 : 1 + size].reshape(m, nodes, d),
            found[:m, 1 + size :].reshape(m, nodes, d, nodes, d),
        )

    def band(self, q: Vector) -> BandTerms:
        """With derivatives, by the nodes."""
        (found,) = self._call("band", q)
        m, d, p = self._elements, q.shape[1], self.element.degree
        found = found[:m]
        rows, begin = 3 * ((p + 1) * d - 1) + 1, 1 + d + p * d
        columns = found[:, begin:].reshape(m * p * d, rows)
        return BandTerms(
            found[:, 0],
            found[:, 1 : 1 + d],
            found[:, 1 + d : begin].reshape(m * p, d),
            columns[d:].T,
        )

    def chain(self, q: Vector) -> ChainTerms:
        """With derivatives, for one coordinate and p = 1."""
        m = self._elements
        value, gradient, diagonal, off = self._call("chain", q[:, 0])
        return ChainTerms(value[:m], gradient[: m - 1], diagonal[: m - 1], off[: max(m - 2, 0)])

    def _call(self, name: str, q: Vector) -> tuple[Vector, ...]:
        function, captured = self.local.program
        t, nodes = self._padded_times, q
        size = (len(t) - 1) * self.element.degree + 1
        if size > len(q):  # nothing moves on the elements that were added
            nodes = np.empty((size, *q.shape[1:]))
            nodes[: len(q)], nodes[len(q) :] = q, q[-1]
        kernel: Callable[..., Any] = getattr(_kernels(function, self.element), name)
        with sixty_four_bit():
            return tuple(map(np.asarray, kernel(captured, t, nodes)))


class _Kernels(NamedTuple):
    """What is compiled for a program and an element."""

    elements: Callable[[list[Any], Any, Any], Any]
    band: Callable[[list[Any], Any, Any], Any]
    chain: Callable[[list[Any], Any, Any], Any]
    values: Callable[[list[Any], Any, Any], Any]


@lru_cache(maxsize=MOST_PROGRAMS)
def _kernels(function: Callable[[list[Any], Any], Any], element: Element) -> _Kernels:
    """Compile for the function of (captured arrays, (t, q, v)) that a program is."""
    p, weights, N, D = element.degree, element.weights, element.values, element.slopes
    wN, wD = weights[:, None] * N, weights[:, None] * D
    # What slopes and curvatures at the quadrature's points, by (q, v), contribute to the nodes'.
    to_gradient = np.concatenate([wN, wD])
    to_hessian = np.concatenate(
        [
            left[:, :, None] * right[:, None, :]
            for left, right in ((wN, N), (wN, D), (wD, N), (wD, D))
        ]
    )

    def states(t: Any, q: Any) -> tuple[Any, Any, Any]:
        """The elements' lengths; times (m, s) and states (m, s, 2d) at the quadrature's points."""
        m = t.shape[0] - 1
        h = t[1:] - t[:-1]
        nodes = [q[j : j + (m - 1) * p + 1 : p] for j in range(p + 1)]
        # Differences first: D·1 = 0, and what nodes have in common would only be rounded.
        beyond = [node - nodes[0] for node in nodes]
        place = [nodes[0] + _sum(row, beyond) for row in N]
        speed = [_sum(row, beyond) / h[:, None] for row in D]
        z = jnp.stack([jnp.concatenate(pair, -1) for pair in zip(place, speed, strict=True)], 1)
        return h, t[:-1, None] + h[:, None] * element.points, z

    def derivatives(captured: list[Any], time: Any, z: Any) -> tuple[Any, Any, Any]:
        def of_state(y: Any) -> Any:
            return function(captured, jnp.concatenate([time[None], y]))

        return value_gradient_hessian(of_state, z)

    over_points = jax.vmap(jax.vmap(derivatives, in_axes=(None, 0, 0)), in_axes=(None, 0, 0))

    def scalar_derivatives(captured: list[Any], time: Any, q: Any, v: Any) -> tuple[Any, ...]:
        """The same for d = 1, in numbers: arrays of two would cost more than what is in them."""

        def of_state(q: Any, v: Any) -> Any:
            return function(captured, jnp.stack([time, q, v]))

        # Forward twice: what the reverse mode does to the packed arguments is not fused.
        def along(function: Callable[..., Any], *direction: float) -> Callable[..., Any]:
            way = tuple(map(jnp.asarray, direction))
            return lambda *at: jax.jvp(function, at, way)[1]

        by_q, by_v = along(of_state, 1.0, 0.0), along(of_state, 0.0, 1.0)
        second = along(by_q, 1.0, 0.0), along(by_q, 0.0, 1.0), along(by_v, 0.0, 1.0)
        return tuple(part(q, v) for part in (of_state, by_q, by_v, *second))

    def values(captured: list[Any], t: Any, q: Any) -> tuple[Any]:
        h, time, z = states(t, q)
        rows = jnp.concatenate([time[..., None], z], -1)
        f = jax.vmap(jax.vmap(lambda row: function(captured, row)))(rows)
        return (h * (f * weights).sum(1),)

    def terms(captured: list[Any], t: Any, q: Any) -> tuple[Any, Any, Any]:
        """Of shapes (m,), (m, p + 1, d) and (m, p + 1, d, p + 1, d)."""
        d = q.shape[1]
        h, time, z = states(t, q)
        f, slope, bend = over_points(captured, time, z)
        value = h * (f * weights).sum(1)
        length = h[:, None, None]
        slopes = jnp.concatenate([length * slope[..., :d], slope[..., d:]], 1)
        length = length[..., None]
        (f_qq, f_qv), (f_vq, f_vv) = (
            (rows[..., :d], rows[..., d:]) for rows in (bend[..., :d, :], bend[..., d:, :])
        )
        bends = jnp.concatenate([length * f_qq, f_qv, f_vq, f_vv / length], 1)
        return (
            value,
            jnp.einsum("kj,mka->mja", to_gradient, slopes),
            jnp.einsum("kij,mkab->miajb", to_hessian, bends),
        )

    def elements(captured: list[Any], t: Any, q: Any) -> tuple[Any]:
        # In one array: to hand over three costs as much as to fill them for a few elements.
        return (_joined(*terms(captured, t, q)),)

    def band(captured: list[Any], t: Any, q: Any) -> tuple[Any]:
        value, gradient, hessian = terms(captured, t, q)
        m, nodes, d = gradient.shape
        size, shared = nodes * d, (nodes - 1) * d
        b = size - 1

        def passed_on(last: Any) -> Any:
            """What the last node of an element contributes, to the first one of the next."""
            return jnp.pad(last[:-1], ((1, 0), *((0, 0) for _ in last.shape[1:])))

        blocks, ends = hessian.reshape(m, size, size), gradient[:, -1:]
        before = passed_on(blocks[:, shared:])
        # Columns, by the rows from one element before to the end of this one.
        first = blocks[:, :d] + jnp.pad(before[:, :, shared:], ((0, 0), (0, 0), (0, shared)))
        columns = jnp.concatenate(
            [
                jnp.concatenate([before[:, :, :shared], first], 2),
                jnp.pad(blocks[:, d:shared], ((0, 0), (0, 0), (shared, 0))),
            ],
            1,
        )
        # In memory columns of 3b + 1 numbers follow each other. The diagonal entry is one behind in
        # each, so entries of one row are 3b apart.
        filled = jnp.pad(columns, ((0, 0), (0, 0), (0, 3 * b - shared - size))).reshape(m, -1)
        memory = jnp.pad(filled, ((0, 0), (2 * b - shared, 0)))[:, : shared * (3 * b + 1)]
        first = gradient[:, :1] + passed_on(ends)
        return (_joined(value, ends, first, gradient[:, 1:-1], memory),)

    def chain(captured: list[Any], t: Any, q: Any) -> tuple[Any, Any, Any, Any]:
        h, change = t[1:] - t[:-1], q[1:] - q[:-1]
        value = first = last = low = high = cross = jnp.zeros_like(h)
        for k, w in enumerate(weights):
            (a, b), (c, e) = N[k], D[k]
            time, place = t[:-1] + element.points[k] * h, q[:-1] + b * change
            f, f_q, f_v, f_qq, f_qv, f_vv = jax.vmap(scalar_derivatives, in_axes=(None, 0, 0, 0))(
                captured, time, place, e * change / h
            )
            value = value + w * h * f
            first = first + w * (a * h * f_q + c * f_v)
            last = last + w * (b * h * f_q + e * f_v)
            low = low + w * (a * a * h * f_qq + 2 * a * c * f_qv + c * c * f_vv / h)
            high = high + w * (b * b * h * f_qq + 2 * b * e * f_qv + e * e * f_vv / h)
            cross = cross + w * (a * b * h * f_qq + (a * e + b * c) * f_qv + c * e * f_vv / h)
        return value, last[:-1] + first[1:], high[:-1] + low[1:], cross[1:-1]

    return _Kernels(jax.jit(elements), jax.jit(band), jax.jit(chain), jax.jit(values))


def _sum(coefficients: Vector, arrays: list[Any]) -> Any:
    """A linear combination without its zeros."""
    terms = [c * a for c, a in zip(coefficients, arrays, strict=True) if c]
    return sum(terms[1:], terms[0]) if terms else jnp.zeros_like(arrays[0])


def _joined(*parts: Any) -> Any:
    """Arrays of shapes (m, ...) as one of shape (m, k)."""
    return jnp.concatenate([part.reshape(len(part), -1) for part in parts], 1)
