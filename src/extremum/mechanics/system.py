"""What moves: a particle in a potential, or any Lagrangian; and its derivatives over many rows."""

from __future__ import annotations

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from extremum.linalg import EPS
from extremum.objective import Vector
from extremum.objective.local import LocalFunction
from extremum.outcomes import InvalidInput


class LagrangianDerivatives(NamedTuple):
    """L and its derivatives at m states of d coordinates.

    Attributes
    ----------
    L : ndarray of shape (m,)
    L_t : ndarray of shape (m,)
    L_q, L_v : ndarray of shape (m, d)
        L_v is the momentum.
    L_qq, L_qv, L_vv : ndarray of shape (m, d, d)
        ``L_qv[:, i, j]`` is ∂²L/∂qᵢ∂vⱼ.
    L_tv : ndarray of shape (m, d)
    """

    L: Vector
    L_t: Vector
    L_q: Vector
    L_v: Vector
    L_qq: Vector
    L_qv: Vector
    L_vv: Vector
    L_tv: Vector


@dataclass(frozen=True, eq=False)
class TracedLagrangian:
    """A Lagrangian of d coordinates, followed and compiled.

    Made by `System.traced`.

    Attributes
    ----------
    local : LocalFunction
        L as a function of the 1 + 2d numbers t, q, v.
    dimension : int
        d.
    scalar : bool
        Whether the user's q is a number, not an array of shape (1,).
    """

    local: LocalFunction
    dimension: int
    scalar: bool

    def derivatives(self, t: Vector, q: Vector, v: Vector) -> LagrangianDerivatives:
        """L and its derivatives by one compiled call.

        Parameters
        ----------
        t : ndarray of shape (m,)
        q, v : ndarray of shape (m, d)
        """
        d = self.dimension
        value, gradient, hessian = self.local.derivatives(_rows(t, q, v))
        place, speed = slice(1, 1 + d), slice(1 + d, 1 + 2 * d)
        return LagrangianDerivatives(
            L=value,
            L_t=gradient[:, 0],
            L_q=gradient[:, place],
            L_v=gradient[:, speed],
            L_qq=hessian[:, place, place],
            L_qv=hessian[:, place, speed],
            L_vv=hessian[:, speed, speed],
            L_tv=hessian[:, 0, speed],
        )

    def value(self, t: Vector, q: Vector, v: Vector) -> Vector:
        """L, of shape (m,)."""
        return self.local.value(_rows(t, q, v))


def _rows(t: Vector, q: Vector, v: Vector) -> Vector:
    d = q.shape[1]
    rows = np.empty((len(q), 1 + 2 * d))
    rows[:, 0] = t
    rows[:, 1 : 1 + d] = q
    rows[:, 1 + d :] = v
    return rows


class System(ABC):
    """What has a Lagrangian."""

    _followed: dict[tuple[int, ...], TracedLagrangian]

    @abstractmethod
    def _follow(self, t: Vector, q: Vector, v: Vector) -> LocalFunction:
        """Follow the user's function; t, q and v are an example."""

    @abstractmethod
    def _check_shape(self, shape: tuple[int, ...]) -> None:
        """Refuse coordinates of a shape that the system can't have."""

    def traced(self, t: float, q: Vector, v: Vector) -> TracedLagrangian:
        """Follow the Lagrangian for coordinates of the shape of q.

        What was followed before is used again where the user's function gives what it gave then.

        Parameters
        ----------
        t : float
        q, v : ndarray of shape () or (d,)
            A state, where it is finite.

        Raises
        ------
        InvalidInput
            If the function fails, does not return one finite number, or its mass matrix ∂²L/∂v²
            is singular at the state.
        Untraceable
            If it can't be followed.
        """
        known = self._followed.get(q.shape)
        if known is not None and known.local.is_current:
            return known
        self._check_shape(q.shape)
        local = self._follow(np.asarray(t, np.float64), q, v)
        found = TracedLagrangian(local, q.size, q.ndim == 0)
        self._followed[q.shape] = found
        return found


@dataclass(frozen=True, eq=False)
class Particle(System):
    """L = ½ v·M v − V(t, q): one particle, or several in one q.

    Parameters
    ----------
    mass : float or array_like of shape (d,) or (d, d)
        M: a number, the masses of the coordinates, or a symmetric positive definite matrix.
    potential : callable
        ``potential(q) -> float`` or ``potential(t, q) -> float``, in plain NumPy or `jax.numpy`.
        `q` is a number, or an array of shape (d,), as the ends of the path are.

    Raises
    ------
    InvalidInput
        If the mass is not positive definite, or the potential is no function of q or (t, q).

    Examples
    --------
    >>> oscillator = Particle(1.0, lambda q: q**2 / 2)
    >>> pendulum = Particle(1.0, lambda q: -np.cos(q))
    """

    mass: Any
    potential: Callable[..., Any]
    _followed: dict[tuple[int, ...], TracedLagrangian] = field(
        default_factory=dict, repr=False, init=False
    )
    _takes_time: bool = field(repr=False, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mass", _mass(self.mass))
        object.__setattr__(self, "_takes_time", _takes_time(self.potential))

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        if np.ndim(self.mass) and self.mass.shape[:1] != shape:
            raise InvalidInput(
                f"The mass has the shape {self.mass.shape} and the coordinates have the shape "
                f"{shape}; give a number, or an array of shape (d,) or (d, d) for q of shape (d,)."
            )

    def _follow(self, t: Vector, q: Vector, v: Vector) -> LocalFunction:
        potential = self.potential
        known = (t[()], q) if self._takes_time else (q,)
        _check_finite(potential, known, "potential", t, q)
        combine = _moving if self._takes_time else _at_rest
        return LocalFunction.of(_named(combine, potential), (t, q, v), (self.mass,))


@dataclass(frozen=True, eq=False)
class Lagrangian(System):
    """Any Lagrangian.

    Parameters
    ----------
    L : callable
        ``L(t, q, v) -> float``, in plain NumPy or `jax.numpy`. `q` and `v` are numbers, or arrays
        of shape (d,), as the ends of the path are.

    Examples
    --------
    A charge in the plane, with a magnetic field across it:

    >>> def L(t, q, v):
    ...     return (v[0] ** 2 + v[1] ** 2) / 2 + (q[0] * v[1] - q[1] * v[0]) / 2
    >>> charge = Lagrangian(L)
    """

    L: Callable[..., Any]
    _followed: dict[tuple[int, ...], TracedLagrangian] = field(
        default_factory=dict, repr=False, init=False
    )

    def __post_init__(self) -> None:
        if not callable(self.L):
            raise InvalidInput(f"L is a {type(self.L).__name__}; a function L(t, q, v) is needed.")

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        pass

    def _follow(self, t: Vector, q: Vector, v: Vector) -> LocalFunction:
        _check_finite(self.L, (t[()], q, v), "Lagrangian", t, q)
        return LocalFunction.of(_named(_of_state, self.L), (t, q, v))


def _of_state(L: Callable[..., Any], state: tuple[Any, Any, Any]) -> Any:
    return L(*state)


def _at_rest(potential: Callable[..., Any], state: tuple[Any, Any, Any], mass: Any) -> Any:
    """L = T − V, for a potential that does not depend on time."""
    _, q, v = state
    return _kinetic(mass, v) - potential(q)


def _moving(potential: Callable[..., Any], state: tuple[Any, Any, Any], mass: Any) -> Any:
    """L = T − V, for a potential of (t, q)."""
    t, q, v = state
    return _kinetic(mass, v) - potential(t, q)


def _kinetic(mass: Any, v: Any) -> Any:
    momentum = mass @ v if np.ndim(mass) == 2 else mass * v
    return (v * momentum).sum() / 2


def _named(combine: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """The Lagrangian made of a function of the user's, under its name."""
    call = function if inspect.isroutine(function) else getattr(function, "__call__", function)  # noqa: B004
    made = functools.partial(combine, call)
    made.__name__ = getattr(function, "__name__", type(function).__name__)  # type: ignore[attr-defined]
    return made


def _check_finite(
    function: Callable[..., Any], arguments: tuple[Any, ...], what: str, t: Vector, q: Vector
) -> None:
    """Refuse a function that has no finite value at an example."""
    try:
        with np.errstate(all="ignore"):
            value = np.asarray(function(*arguments), np.float64)
    except Exception:  # a function of jax.numpy may want its own arrays
        return
    if value.size == 1 and not np.isfinite(value).all():
        raise InvalidInput(
            f"The {what} is {float(value.reshape(()))} at t = {float(t):.6g}, q = {q}. "
            "The path has to start and go where it is finite."
        )


def _mass(mass: Any) -> Any:
    """A mass as a positive float or a positive definite array."""
    try:
        array = np.asarray(mass, np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            f"The mass is {mass!r}; give a number or an array of shape (d,) or (d, d)."
        ) from error
    if array.ndim > 2 or (array.ndim == 2 and array.shape[0] != array.shape[1]):
        raise InvalidInput(f"The mass has the shape {array.shape}; (), (d,) or (d, d) is needed.")
    if not array.size or not np.isfinite(array).all():
        raise InvalidInput(f"The mass is {mass}; finite numbers are needed.")
    if array.ndim == 2 and not np.allclose(array, array.T, rtol=EPS**0.5, atol=0):
        raise InvalidInput("The mass matrix is not symmetric; give (M + Mᵀ)/2 if that is meant.")
    smallest = np.linalg.eigvalsh(array)[0] if array.ndim == 2 else array.min()
    if smallest <= array.size * EPS * np.abs(array).max():
        kind = "singular" if smallest >= -array.size * EPS * np.abs(array).max() else "negative"
        raise InvalidInput(
            f"The mass is {kind} (smallest eigenvalue {smallest:.3g}); it has to be positive "
            "definite. Leave out coordinates without mass, or write a Lagrangian(L)."
        )
    return float(array) if array.ndim == 0 else array


def _takes_time(potential: Any) -> bool:
    """Whether a potential is a function of (t, q), by its required arguments."""
    if not callable(potential):
        raise InvalidInput(
            f"The potential is a {type(potential).__name__}; a function of q or of (t, q) is "
            "needed, such as lambda q: q**2 / 2."
        )
    try:
        parameters = inspect.signature(potential).parameters.values()
    except (TypeError, ValueError):  # a function of C, like np.cos
        return False
    required = [
        p
        for p in parameters
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if len(required) > 2:
        raise InvalidInput(
            f"The potential takes {len(required)} arguments; it is a function of q or of (t, q). "
            "Bind the others with functools.partial."
        )
    return len(required) == 2
