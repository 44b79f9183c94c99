"""Flat minima, plateaus, valleys and troughs: where curvature vanishes or nearly does."""

import numpy as np

from extremum import Verdict
from tests.zoo.case import Case, Site, flat, maximum, minimum, newton_site, saddle, soft

MINIMUM, DEGENERATE = Verdict.MINIMUM, Verdict.DEGENERATE


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_gradient(x):
    off, gradient = x[1:] - x[:-1] ** 2, np.zeros(x.size)
    gradient[:-1] = -400 * off * x[:-1] - 2 * (1 - x[:-1])
    gradient[1:] += 200 * off
    return gradient


def rosenbrock_hessian(x):
    main = np.zeros(x.size)
    main[:-1] = 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
    main[1:] += 200
    return np.diag(main) + np.diag(-400 * x[:-1], 1) + np.diag(-400 * x[:-1], -1)


def beale(x):
    return (
        (1.5 - x[0] + x[0] * x[1]) ** 2
        + (2.25 - x[0] + x[0] * x[1] ** 2) ** 2
        + (2.625 - x[0] + x[0] * x[1] ** 3) ** 2
    )


def powell_singular(x):
    return (
        (x[0] + 10 * x[1]) ** 2
        + 5 * (x[2] - x[3]) ** 2
        + (x[1] - 2 * x[2]) ** 4
        + 10 * (x[0] - x[3]) ** 4
    )


def wood(x):
    return (
        100 * (x[0] ** 2 - x[1]) ** 2
        + (x[0] - 1) ** 2
        + (x[2] - 1) ** 2
        + 90 * (x[2] ** 2 - x[3]) ** 2
        + 10.1 * ((x[1] - 1) ** 2 + (x[3] - 1) ** 2)
        + 19.8 * (x[1] - 1) * (x[3] - 1)
    )


def on_hyperbola(x):
    """The point of xy = 1 nearest to x, by Newton's iteration on the foot of the perpendicular."""
    if np.abs(x).max() < 0.4:
        return saddle(1, 0, 0)
    t = x[0] if abs(x[0]) > abs(x[1]) else 1 / x[1]
    for _ in range(100):
        off = t**4 - x[0] * t**3 + x[1] * t - 1
        t -= off / (4 * t**3 - 3 * x[0] * t**2 + x[1])
    return flat(t, 1 / t)


def on_parabola(x):
    """The point of x = y² nearest to x."""
    roots = np.roots([2, 0, 1 - 2 * x[0], -x[1]])
    real = roots[np.abs(roots.imag) < 1e-6].real
    feet = np.column_stack([real**2, real])
    return flat(*feet[np.argmin(np.linalg.norm(feet - x, axis=1))])


def on_axes(x):
    """The point of xy = 0 nearest to x."""
    return flat(0, x[1]) if abs(x[0]) < abs(x[1]) else flat(x[0], 0)


def anywhere(x):
    return flat(*x)


def plateau(x):
    return np.sum(np.maximum(np.abs(x) - 1, 0) ** 2)


CASES = [
    Case("fourth power", lambda x: x[0] ** 4, [1.0], DEGENERATE, "4x³ = 0 at 0 only", (flat(0),)),
    Case("fourth power, at 0", lambda x: x[0] ** 4, [0.0], DEGENERATE, "as above", (flat(0),)),
    Case(
        "sixth power, shifted",
        lambda x: 7 + (x[0] - 3) ** 6,
        [5.0],
        DEGENERATE,
        "least at 3; it is 1e-12 above that at 3.01",
        (flat(3),),
        unit=10.0,
    ),
    Case(
        "twentieth power",
        lambda x: x[0] ** 20,
        [1.5],
        DEGENERATE,
        "least at 0; |20x¹⁹| ≤ 1e-8 for |x| ≤ 0.32, so that is as near as a gradient test comes",
        (flat(0),),
        unit=50.0,
    ),
    Case(
        "square and fourth power",
        lambda x: x[0] ** 2 + (x[1] - 1) ** 4,
        [3.0, -2.0],
        DEGENERATE,
        "a sum of even powers",
        (flat(0, 1),),
    ),
    Case(
        "two fourth powers",
        lambda x: np.sum((x - 1) ** 4),
        [2.0, 0.0],
        DEGENERATE,
        "a sum of even powers",
        (flat(1, 1),),
    ),
    Case(
        "rotated fourth power",
        lambda x: (x[0] + x[1] - 2) ** 2 + (x[0] - x[1]) ** 4,
        [3.0, -1.0],
        DEGENERATE,
        "even powers of two sums that vanish at (1, 1)",
        (flat(1, 1),),
    ),
    Case(
        "crossing troughs",
        lambda x: x[0] ** 2 * x[1] ** 2,
        [1.0, 2.0],
        DEGENERATE,
        "least, 0, on the axes",
        on_axes,
    ),
    Case(
        "a trough",
        lambda x: (x[0] * x[1] - 1) ** 2,
        [0.3, 0.5],
        DEGENERATE,
        "least, 0, on xy = 1; at 0 a saddle: φ″ = [[0, −2], [−2, 0]]",
        on_hyperbola,
    ),
    Case(
        "a ring",
        lambda x: (x[0] ** 2 + x[1] ** 2 - 1) ** 2,
        [3.0, 1.0],
        DEGENERATE,
        "least, 0, on r = 1",
        lambda x: maximum(0, 0) if np.hypot(*x) < 0.5 else flat(*(x / np.hypot(*x))),
    ),
    Case(
        "a parabola's valley",
        lambda x: (x[0] - x[1] ** 2) ** 2,
        [1.0, 3.0],
        DEGENERATE,
        "least, 0, on x = y²",
        on_parabola,
    ),
    Case(
        "a cylinder",
        lambda x: np.cosh(x[0]) + 0 * x[1],
        [2.0, 5.0],
        DEGENERATE,
        "cosh is least at 0; nothing depends on y",
        lambda x: flat(0, x[1]),
    ),
    Case(
        "more unknowns than equations",
        lambda x: (x[0] + x[1] + x[2] - 3) ** 2 + (x[0] - x[1]) ** 2,
        [5.0, -1.0, 2.0],
        DEGENERATE,
        "least, 0, on the line x = y, 2x + z = 3",
        lambda x: flat(
            *(np.array([1, 1, 1]) + np.array([1, 1, -2]) * ((x - 1) @ np.array([1, 1, -2])) / 6)
        ),
    ),
    Case("constant", lambda x: 0 * x[0] + 3.0, [1.0], DEGENERATE, "it never changes", anywhere),
    Case(
        "constant, n = 10",
        lambda x: 3.0 + 0 * np.sum(x),
        [1.0] * 10,
        DEGENERATE,
        "it never changes",
        anywhere,
    ),
    Case(
        "a plateau, from it",
        plateau,
        [0.2, 0.3],
        DEGENERATE,
        "0 on the square |x|, |y| ≤ 1, positive beyond",
        lambda x: flat(*np.clip(x, -1, 1)),
    ),
    Case(
        "a plateau, from the slope",
        plateau,
        [3.0, 4.0],
        DEGENERATE,
        "0 on the square |x|, |y| ≤ 1, positive beyond; at its edge φ″ jumps from 0 to 2",
        lambda x: Site(
            np.clip(x, -1, 1), frozenset({DEGENERATE, MINIMUM}), is_minimum=True, index=0
        ),
    ),
    Case(
        "Rosenbrock",
        rosenbrock,
        [-1.2, 1.0],
        MINIMUM,
        "a sum of squares that vanish at (1, 1) alone (Rosenbrock 1960)",
        (minimum(1, 1),),
    ),
    Case(
        "Rosenbrock, n = 10",
        rosenbrock,
        [-1.2, 1.0] * 5,
        MINIMUM,
        "least at 1; another minimum near (−1, 1, …, 1), and saddles, by Newton's iteration",
        lambda x: newton_site(x, rosenbrock_gradient, rosenbrock_hessian),
    ),
    Case(
        "Beale",
        beale,
        [1.0, 1.0],
        MINIMUM,
        "a sum of squares that vanish at (3, ½); saddle at (0, 1) (Moré et al. 1981, no. 5)",
        (minimum(3, 0.5), saddle(1, 0, 1)),
        receding=True,
    ),
    Case(
        "Wood",
        wood,
        [-3.0, -1.0, -3.0, -1.0],
        MINIMUM,
        "least, 0, at 1 (Moré et al. 1981, no. 14); a saddle near (−0.968, 0.947, −0.970, 0.951)",
        (
            minimum(1, 1, 1, 1),
            saddle(1, -0.96797402493759, 0.94713914081784, -0.96951631033159, 0.95124766579233),
        ),
    ),
    Case(
        "Powell's singular function",
        powell_singular,
        [3.0, -1.0, 0.0, 1.0],
        DEGENERATE,
        "least, 0, at 0, where φ″ has rank 2 (Moré et al. 1981, no. 13)",
        (flat(0, 0, 0, 0),),
    ),
    Case(
        "nearly flat",
        lambda x: x[0] ** 4 + 1e-6 * x[0] ** 2,
        [1.0],
        MINIMUM,
        "φ″(0) = 2e-6 > 0",
        (minimum(0),),
    ),
    Case(
        "very nearly flat",
        lambda x: x[0] ** 4 + 1e-14 * x[0] ** 2,
        [1.0],
        MINIMUM,
        "φ″(0) = 2e-14, which a bound of zero curvature may hide",
        (soft(0),),
    ),
    Case(
        "flat to every order",
        lambda x: np.exp(-1 / (x[0] ** 2 + 1e-300)),
        [0.5],
        DEGENERATE,
        "e^(−1/x²): all derivatives vanish at 0, and below |x| = 0.036 it underflows",
        lambda x: flat(*np.clip(x, -0.0366, 0.0366)),
        unit=20.0,
    ),
    Case(
        "a ramp, squared",
        lambda x: np.maximum(x[0], 0.0) ** 2,
        [2.0],
        DEGENERATE,
        "0 for x ≤ 0; at 0 the second derivative jumps",
        lambda x: flat(min(float(x[0]), 0.0)),
    ),
    Case(
        "squared hinges",
        lambda x: np.sum(np.maximum(1 - x, 0.0) ** 2),
        [0.0, 3.0],
        DEGENERATE,
        "0 where all x ≥ 1",
        lambda x: flat(*np.maximum(x, 1.0)),
    ),
]
