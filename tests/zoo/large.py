"""Many variables."""

import numpy as np

from extremum import Verdict
from tests.zoo.case import Case, flat, maximum, minimum, saddle

MINIMUM, DEGENERATE = Verdict.MINIMUM, Verdict.DEGENERATE
N = 100_000


def chain(x):
    """Springs between neighbours, each in a well of its own."""
    return np.sum((x[1:] - x[:-1]) ** 2) / 2 + np.sum(np.cosh(x - 1))


def separate_wells(x):
    return np.sum(x**4 - x**2)


def separate_wells_site(x):
    low = 0.5**0.5
    at = np.where(np.abs(x) > low / 2, np.sign(x) * low, 0.0)
    index = int((at == 0).sum())
    if index == 0:
        return minimum(*at)
    return maximum(*at) if index == x.size else saddle(index, *at)


def ring(x):
    """Springs around a ring: only differences matter."""
    return np.sum((x - np.roll(x, 1)) ** 2) / 2


CASES = [
    Case(
        "100 000 squares",
        lambda x: np.sum((x - 1) ** 2),
        np.zeros(N),
        MINIMUM,
        "least at 1",
        (minimum(*np.ones(N)),),
    ),
    Case(
        "a chain of 100 000",
        chain,
        np.zeros(N),
        MINIMUM,
        "strictly convex, and both sums are least at 1",
        (minimum(*np.ones(N)),),
    ),
    Case(
        "1000 hills",
        separate_wells,
        np.zeros(1000),
        MINIMUM,
        "each variable apart: a maximum at 0, minima at ±√½",
        separate_wells_site,
    ),
    Case(
        "1000 fourth powers",
        lambda x: np.sum((x - 1) ** 4),
        np.full(1000, 2.0),
        DEGENERATE,
        "least at 1, where all curvatures vanish",
        (flat(*np.ones(1000)),),
        unit=100.0,
    ),
    Case(
        "a constant of 1000 variables",
        lambda x: 3.0 + 0 * np.sum(x),
        np.ones(1000),
        DEGENERATE,
        "it never changes",
        lambda x: flat(*x),
    ),
    Case(
        "a ring of 300 springs",
        ring,
        np.sin(np.arange(300.0)),
        DEGENERATE,
        "least, 0, where all variables are equal",
        lambda x: flat(*np.full(x.size, x.mean())),
        unit=10.0,
    ),
]
