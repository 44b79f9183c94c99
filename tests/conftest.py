"""What all tests share: figures without a screen, no deadline for Hypothesis, derivatives."""

import contextlib
import sys
from collections.abc import Callable, Iterator

import jax
import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import settings

mpl.use("Agg")
# A first call compiles, so the time of one example says nothing.
settings.register_profile("extremum", deadline=None)
settings.load_profile("extremum")


@pytest.fixture(autouse=True)
def _closed_figures() -> Iterator[None]:
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


_OFFSETS = np.array([-3, -2, -1, 1, 2, 3])
# Central differences of sixth order: Fornberg, Mathematics of Computation 51 (1988), table 1.
_FIRST = np.array([-1, 9, -45, 45, -9, 1]) / 60
_SECOND = np.array([2, -27, 270, 270, -27, 2]) / 180
_SECOND_MIDDLE = -490 / 180


def gradient_of_values(fun: Callable, x: np.ndarray, h: float = 1e-2) -> np.ndarray:
    """∇φ of shape (n,) from values alone, by differences of sixth order."""
    steps = h * np.eye(x.size)
    return np.array(
        [sum(c * fun(x + k * e) for k, c in zip(_OFFSETS, _FIRST, strict=True)) / h for e in steps]
    )


def hessian_of_values(fun: Callable, x: np.ndarray, h: float = 1e-2) -> np.ndarray:
    """∇²φ of shape (n, n) from values alone, by differences of sixth order."""
    steps = h * np.eye(x.size)
    hessian = np.empty((x.size, x.size))
    for i, d in enumerate(steps):
        pure = sum(c * fun(x + k * d) for k, c in zip(_OFFSETS, _SECOND, strict=True))
        hessian[i, i] = (pure + _SECOND_MIDDLE * fun(x)) / h**2
        for j, e in enumerate(steps[:i]):
            mixed = sum(
                a * b * fun(x + k * d + m * e)
                for k, a in zip(_OFFSETS, _FIRST, strict=True)
                for m, b in zip(_OFFSETS, _FIRST, strict=True)
            )
            hessian[i, j] = hessian[j, i] = mixed / h**2
    return hessian


@pytest.fixture
def differences() -> tuple[Callable, Callable]:
    """Derivatives by an independent route: (gradient, Hessian) of ``fun`` at ``x``."""
    return gradient_of_values, hessian_of_values


_compilations = [0]
jax.monitoring.register_event_duration_secs_listener(
    lambda event, *_, **__: _compilations.__setitem__(
        0, _compilations[0] + ("backend_compile" in event)
    )
)


@pytest.fixture
def compilations() -> Callable:
    """A context manager that gives a list whose one element becomes how often XLA compiled."""

    @contextlib.contextmanager
    def count() -> Iterator[list[int]]:
        before, found = _compilations[0], [0]
        try:
            yield found
        finally:
            found[0] = _compilations[0] - before

    return count
