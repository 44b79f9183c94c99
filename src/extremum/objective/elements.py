"""The integral of a local function of (t, q, q̇) over elements on which q is a polynomial.

∫ f(t, q, q̇) dt ≈ Σₑ hₑ Σₖ wₖ f(tₑ + cₖhₑ, Σⱼ Nₖⱼ qⱼ, Σⱼ Dₖⱼ qⱼ / hₑ), the innermost sums over the
element's nodes: with its derivatives by the nodal values, by one compiled call over all elements.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from extremum.objective.compiled import MOST_PROGRAMS
from extremum.objective.function import sixty_four_bit
from extremum.objective.local import BUCKETS, LocalFunction, value_gradient_hessian
from extremum.objective.parameters import Vector


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


def element_terms(local: LocalFunction, element: Element, t: Vector, q: Vector) -> ElementTerms:
    """Integrate over each element.

    Parameters
    ----------
    local : LocalFunction
        Of the 1 + 2d numbers t, q, q̇.
    element : Element
    t : ndarray of shape (m + 1,)
        The elements' ends.
    q : ndarray of shape (m p + 1, d)
        The nodal values, in the order of time.
    """
    (found,) = _call("elements", local, element, t, q)
    m, d, nodes = len(t) - 1, q.shape[1], element.degree + 1
    size = nodes * d
    return ElementTerms(
        found[:m, 0],
        found[:m, 1 : 1 + size].reshape(m, nodes, d),
        found[:m, 1 + size :].reshape(m, nodes, d, nodes, d),
    )


def chain_terms(local: LocalFunction, element: Element, t: Vector, q: Vector) -> ChainTerms:
    """Integrate over each element, for one coordinate and p = 1.

    Parameters
    ----------
    local, element, t
        As for `element_terms`.
    q : ndarray of shape (m + 1,)
    """
    m = len(t) - 1
    value, gradient, diagonal, off = _call("chain", local, element, t, q)
    return ChainTerms(value[:m], gradient[: m - 1], diagonal[: m - 1], off[: max(m - 2, 0)])


def element_values(local: LocalFunction, element: Element, t: Vector, q: Vector) -> Vector:
    """Integrate over each element, without derivatives; of shape (m,)."""
    return _call("values", local, element, t, q)[0][: len(t) - 1]


def _call(
    name: str, local: LocalFunction, element: Element, t: Vector, q: Vector
) -> tuple[Vector, ...]:
    function, captured = local.program
    p, m = element.degree, len(t) - 1
    size = next((bucket for bucket in BUCKETS if m * p <= bucket), m * p) // p
    # More elements of the last one's length, on which nothing moves.
    if size > m:
        times, nodes = np.empty(size + 1), np.empty((size * p + 1, *q.shape[1:]))
        times[: m + 1], nodes[: m * p + 1] = t, q
        times[m + 1 :] = t[-1] + (t[-1] - t[-2]) * np.arange(1, size - m + 1)
        nodes[m * p + 1 :] = q[-1]
        t, q = times, nodes
    kernel: Callable[..., Any] = getattr(_kernels(function, element), name)
    with sixty_four_bit():
        return tuple(map(np.asarray, kernel(captured, t, q)))


class _Kernels(NamedTuple):
    """What is compiled for a program and an element."""

    elements: Callable[[list[Any], Any, Any], Any]
    chain: Callable[[list[Any], Any, Any], Any]
    values: Callable[[list[Any], Any, Any], Any]


@lru_cache(maxsize=MOST_PROGRAMS)
def _kernels(function: Callable[[list[Any], Any], Any], element: Element) -> _Kernels:
    """Compile for the function of (captured arrays, (t, q, v)) that a program is."""
    p, weights, N, D = element.degree, element.weights, element.values, element.slopes

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
        return (h * (f @ weights),)

    def elements(captured: list[Any], t: Any, q: Any) -> tuple[Any]:
        d = q.shape[1]
        h, time, z = states(t, q)
        f, slope, bend = over_points(captured, time, z)
        wN, wD = weights[:, None] * N, weights[:, None] * D
        length = h[:, None, None]
        gradient = length * jnp.einsum("kj,mka->mja", wN, slope[..., :d]) + jnp.einsum(
            "kj,mka->mja", wD, slope[..., d:]
        )
        f_qq, f_qv, f_vv = bend[..., :d, :d], bend[..., :d, d:], bend[..., d:, d:]
        length = length[..., None, None]
        mixed = jnp.einsum("kij,mkab->miajb", wN[:, :, None] * D[:, None, :], f_qv)
        hessian = (
            length * jnp.einsum("kij,mkab->miajb", wN[:, :, None] * N[:, None, :], f_qq)
            + mixed
            + mixed.transpose(0, 3, 4, 1, 2)
            + jnp.einsum("kij,mkab->miajb", wD[:, :, None] * D[:, None, :], f_vv) / length
        )
        # In one array: to hand over three costs as much as to fill them for a few elements.
        parts = (h * (f @ weights))[:, None], gradient, hessian
        return (jnp.concatenate([part.reshape(h.size, -1) for part in parts], 1),)

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

    return _Kernels(jax.jit(elements), jax.jit(chain), jax.jit(values))


def _sum(coefficients: Vector, arrays: list[Any]) -> Any:
    """A linear combination without its zeros."""
    terms = [c * a for c, a in zip(coefficients, arrays, strict=True) if c]
    return sum(terms[1:], terms[0]) if terms else jnp.zeros_like(arrays[0])
