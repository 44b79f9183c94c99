"""Ill-scaled functions: large and small units, offsets, and curvatures far apart."""

import numpy as np
from scipy.linalg import hilbert

from extremum import Verdict
from tests.zoo.case import Case, flat, maximum, minimum, saddle, soft

MINIMUM, DEGENERATE = Verdict.MINIMUM, Verdict.DEGENERATE
MIRROR = -0.0099480919258009454
SPREAD = 10.0 ** np.arange(-6, 7)
HILBERT = hilbert(8)


def powell_badly_scaled(x):
    return (1e4 * x[0] * x[1] - 1) ** 2 + (np.exp(-x[0]) + np.exp(-x[1]) - 1.0001) ** 2


def brown_badly_scaled(x):
    return (x[0] - 1e6) ** 2 + (x[1] - 2e-6) ** 2 + (x[0] * x[1] - 2) ** 2


CASES = [
    Case(
        "curvatures of 1e8 and 1e-8",
        lambda x: 1e8 * (x[0] - 1) ** 2 + 1e-8 * (x[1] - 2) ** 2,
        [0.0, 0.0],
        MINIMUM,
        "a sum of squares, each of its own variable",
        (minimum(1, 2),),
    ),
    Case(
        "curvatures from 1e-6 to 1e6",
        lambda x: np.sum(SPREAD * (x - 1) ** 2),
        [0.0] * 13,
        MINIMUM,
        "a sum of squares, each of its own variable",
        (minimum(*[1.0] * 13),),
    ),
    Case(
        "a badly scaled saddle",
        lambda x: 1e6 * x[0] ** 2 - 1e-6 * x[1] ** 2 + 1e-6 * x[1] ** 4,
        [0.0, 0.0],
        MINIMUM,
        "y⁴ − y² is least at ±√½",
        (saddle(1, 0, 0), minimum(0, 0.5**0.5), minimum(0, -(0.5**0.5))),
    ),
    Case(
        "Hilbert's matrix, n = 8",
        lambda x: (x - 1) @ HILBERT @ (x - 1) / 2,
        [0.0] * 8,
        MINIMUM,
        "positive definite, condition 1.5e10",
        (minimum(*[1.0] * 8),),
        unit=100.0,
    ),
    Case(
        "Powell's badly scaled function",
        powell_badly_scaled,
        [0.0, 1.0],
        MINIMUM,
        "both squares vanish at (1.098e-5, 9.106) (Moré et al. 1981, no. 3); a saddle at x = y, by "
        "Newton's iteration in 40 digits",
        (
            soft(1.0981593296998053e-5, 9.1061467398666243),
            minimum(MIRROR, MIRROR),
            saddle(1, -1.0003002051701593e-4, -1.0003002051701593e-4),
        ),
        receding=True,
    ),
    Case(
        "Brown's badly scaled function",
        brown_badly_scaled,
        [1.0, 1.0],
        MINIMUM,
        "all three squares vanish at (1e6, 2e-6) (Moré et al. 1981, no. 4)",
        (minimum(1e6, 2e-6),),
    ),
    Case(
        "a narrow valley",
        lambda x: (x[0] + x[1] - 2) ** 2 + 1e-10 * (x[0] - x[1]) ** 2,
        [3.0, 1.0],
        MINIMUM,
        "both squares vanish at (1, 1)",
        (minimum(1, 1),),
        unit=1e3,
    ),
    Case(
        "a valley that rounding hides",
        lambda x: (x[0] + x[1] - 2) ** 2 + 1e-18 * (x[0] - x[1]) ** 2,
        [1.5, 1.0],
        DEGENERATE,
        "least at (1, 1), but the floor of the valley rises by 1e-18: less than rounding",
        lambda x: soft(*(x - (x.sum() - 2) / 2)),
    ),
    Case(
        "a large offset",
        lambda x: 1e10 + (x[0] - 1) ** 2,
        [3.0],
        MINIMUM,
        "2(x − 1) = 0 at 1",
        (minimum(1),),
    ),
    Case(
        "an offset beyond rounding",
        lambda x: 1e16 + x[0] ** 2,
        [0.5],
        MINIMUM,
        "2x = 0 at 0, though in floating point the value never changes",
        (minimum(0),),
    ),
    Case(
        "an offset beyond rounding, from afar",
        lambda x: 1e16 + x[0] ** 2 + (x[1] - 3) ** 2,
        [1e3, -1e2],
        MINIMUM,
        "a sum of squares",
        (minimum(0, 3),),
    ),
    Case(
        "an offset and a hill",
        lambda x: 1e12 + x[0] ** 4 - x[0] ** 2,
        [0.0],
        MINIMUM,
        "4x³ − 2x: the maximum at 0 is ¼ above the minima, which is seen in 1e12",
        (maximum(0), minimum(0.5**0.5), minimum(-(0.5**0.5))),
    ),
    Case(
        "far from the origin",
        lambda x: (x[0] - 1e8) ** 2 + np.cosh(x[0] - 1e8),
        [1e8 + 3],
        MINIMUM,
        "both terms are least at 1e8",
        (minimum(1e8),),
        unit=1e-6,
    ),
    Case(
        "cancellation",
        lambda x: (1e4 + x[0]) ** 2 - 1e8 - 2e4 * x[0],
        [1.0],
        MINIMUM,
        "it is x²; in floating point with an error of 1e-8",
        (minimum(0),),
    ),
    Case(
        "tiny values",
        lambda x: 1e-12 * ((x[0] - 1) ** 2 + np.cosh(x[1])),
        [1.4, 0.3],
        MINIMUM,
        "both terms are least at (1, 0); the gradient is below 1e-11 all about",
        (minimum(1, 0),),
    ),
    Case(
        "very tiny values",
        lambda x: 1e-200 * x[0] ** 2,
        [1.0],
        MINIMUM,
        "2e-200 x = 0 at 0",
        (minimum(0),),
    ),
    Case(
        "a tiny saddle",
        lambda x: 1e-12 * (x[0] ** 2 - x[1] ** 2 + x[1] ** 4),
        [0.1, 0.0],
        MINIMUM,
        "y⁴ − y² is least at ±√½",
        (saddle(1, 0, 0), minimum(0, 0.5**0.5), minimum(0, -(0.5**0.5))),
    ),
    Case(
        "a tiny fourth power",
        lambda x: 1e-10 * (x[0] - 2) ** 4,
        [0.0],
        DEGENERATE,
        "least at 2",
        (flat(2),),
    ),
    Case(
        "huge values",
        lambda x: 1e12 * ((x[0] - 1) ** 2 + np.cosh(x[1])),
        [3.0, 2.0],
        MINIMUM,
        "both terms are least at (1, 0)",
        (minimum(1, 0),),
    ),
    Case(
        "very huge values",
        lambda x: 1e200 * (x[0] - 1) ** 2 + 1e200 * x[1] ** 2,
        [3.0, 2.0],
        MINIMUM,
        "a sum of squares",
        (minimum(1, 0),),
    ),
    Case(
        "small units",
        lambda x: (1e9 * x[0] - 1) ** 2 + (1e9 * x[1] + 2) ** 2,
        [0.0, 0.0],
        MINIMUM,
        "a sum of squares that vanish at (1e-9, −2e-9)",
        (minimum(1e-9, -2e-9),),
        unit=1e-9,
    ),
    Case(
        "large units",
        lambda x: (1e-9 * x[0] - 1) ** 2 + (1e-9 * x[1] + 2) ** 4,
        [0.0, 0.0],
        DEGENERATE,
        "even powers that vanish at (1e9, −2e9)",
        (flat(1e9, -2e9),),
    ),
    Case(
        "an overflow nearby",
        lambda x: np.exp(x[0] ** 2),
        [10.0],
        MINIMUM,
        "2x e^(x²) = 0 at 0; beyond 26.6 it is infinite",
        (minimum(0),),
    ),
]
