"""Functions and runs that several files draw."""

import pytest

import extremum as ex


def _two_wells(x):
    return x[0] ** 2 - 2 * x[0] + x[1] ** 4 - 2 * x[1] ** 2 + x[1]


@pytest.fixture(scope="session")
def two_wells():
    return _two_wells


@pytest.fixture(scope="session")
def newton():
    return ex.minimize(_two_wells, [2, 0.25], method="newton")


@pytest.fixture(scope="session")
def descent():
    return ex.minimize(
        _two_wells,
        [2, 0.25],
        method=ex.GradientDescent(step=0.15),
        jac=ex.ForwardDifference(1e-6),
        stop=ex.RelativeStep(1e-8),
    )


@pytest.fixture(scope="session")
def saddle():
    return ex.stationary(_two_wells, [1.2, 0.3])
