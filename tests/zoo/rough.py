"""What is not smooth, not continuous, not finite, not exact, or not true."""

import numpy as np

from extremum import Verdict
from tests.zoo.case import Case, Site, flat, kink, maximum, minimum, saddle

MINIMUM, UNDECIDED = Verdict.MINIMUM, Verdict.UNDECIDED
NOT_STATIONARY, NOT_FINITE = Verdict.NOT_STATIONARY, Verdict.NOT_FINITE
UNBOUNDED = Verdict.UNBOUNDED


def jumpy(*x, is_minimum=True):
    """A minimum where the function, or its second derivative, jumps."""
    allowed = frozenset({MINIMUM, Verdict.DEGENERATE, NOT_STATIONARY})
    return Site(np.array(x, float), allowed, is_minimum)


def rastrigin(x):
    return np.sum(x**2 + 10 - 10 * np.cos(2 * np.pi * x))


def rastrigin_site(x):
    """In each variable 2x + 20π sin 2πx = 0: near every half integer, by Newton's iteration."""
    at = np.round(2 * x) / 2
    for _ in range(50):
        at -= (2 * at + 20 * np.pi * np.sin(2 * np.pi * at)) / (
            2 + 40 * np.pi**2 * np.cos(2 * np.pi * at)
        )
    index = int((2 + 40 * np.pi**2 * np.cos(2 * np.pi * at) < 0).sum())
    if index == 0:
        return minimum(*at)
    return maximum(*at) if index == x.size else saddle(index, *at)


def wavelets_site(x):
    """2x + 1e-4 cos 1e3 x = 0 has one root in each case: φ″ = 2 − 0.1 sin > 0."""
    at = 0.0
    for _ in range(50):
        at -= (2 * at + 1e-4 * np.cos(1e3 * at)) / (2 - 0.1 * np.sin(1e3 * at))
    return minimum(at)


def noisy(sigma):
    rng = np.random.default_rng(1)

    def fun(x):
        return float(np.sum(np.asarray(x, float) ** 2) + sigma * rng.normal())

    return fun


def bowl(x):
    return np.sum((x - 1) ** 2)


def staircase_site(x):
    """Between its jumps it is constant."""
    return flat(*x)


CASES = [
    Case("absolute value", lambda x: np.abs(x[0]), [1.0], UNDECIDED, "a kink at 0", (kink(0),)),
    Case(
        "absolute value, at its kink",
        lambda x: np.abs(x[0]),
        [0.0],
        UNDECIDED,
        "a kink at 0",
        (kink(0),),
    ),
    Case(
        "absolute value, aslant",
        lambda x: np.abs(x[0] - 0.3) + 0.5 * x[0],
        [2.0],
        UNDECIDED,
        "slopes −½ and 3/2 at 0.3",
        (kink(0.3),),
    ),
    Case(
        "two absolute values",
        lambda x: np.abs(x[0] - 1) + 2 * np.abs(x[1] + 2),
        [0.0, 0.0],
        UNDECIDED,
        "a kink in both variables at (1, −2)",
        (kink(1, -2),),
    ),
    Case(
        "the larger of two",
        lambda x: np.maximum(np.abs(x[0]), np.abs(x[1])),
        [1.0, 0.3],
        UNDECIDED,
        "a pyramid turned over: least at its tip",
        (kink(0, 0),),
    ),
    Case(
        "a kink on a slope",
        lambda x: np.abs(x[0] - 1) + x[0] ** 2,
        [3.0],
        MINIMUM,
        "2x − 1 = 0 at ½, left of the kink",
        (minimum(0.5),),
    ),
    Case(
        "a kink at the bottom",
        lambda x: np.abs(x[0] - 1) + x[0] ** 2 / 4,
        [3.0],
        UNDECIDED,
        "the slopes at 1 are −½ and 3/2",
        (kink(1),),
    ),
    Case(
        "power 3/2",
        lambda x: np.abs(x[0]) ** 1.5,
        [1.0],
        NOT_FINITE,
        "φ″ is infinite at 0",
        (kink(0),),
    ),
    Case(
        "power 5/2",
        lambda x: np.abs(x[0]) ** 2.5,
        [1.0],
        Verdict.DEGENERATE,
        "φ″(0) = 0; φ‴ is infinite there",
        (flat(0),),
    ),
    Case(
        "a cusp",
        lambda x: np.sqrt(np.abs(x[0])),
        [1.0],
        NOT_FINITE,
        "the slope is infinite on both sides of 0",
        (kink(0),),
    ),
    Case(
        "a cone",
        lambda x: np.sqrt(x[0] ** 2 + x[1] ** 2),
        [1.0, 2.0],
        UNDECIDED,
        "‖x‖ has a tip at 0",
        (kink(0, 0),),
    ),
    Case(
        "Huber's function",
        lambda x: np.sum(np.where(np.abs(x - 2) < 1, (x - 2) ** 2 / 2, np.abs(x - 2) - 0.5)),
        [10.0, -10.0],
        MINIMUM,
        "a square about 2, continued with slope 1",
        (minimum(2, 2),),
    ),
    Case(
        "x|x|",
        lambda x: x[0] * np.abs(x[0]),
        [1.0],
        UNBOUNDED,
        "φ″ jumps from −2 to 2 at 0, and left of it φ falls",
        (
            Site(
                np.zeros(1),
                frozenset({Verdict.DEGENERATE, NOT_STATIONARY}),
                is_minimum=False,
            ),
        ),
        unbounded=True,
    ),
    Case(
        "a step beside the minimum",
        lambda x: x[0] ** 2 + np.where(x[0] > 1, 1.0, 0.0),
        [3.0],
        MINIMUM,
        "x², raised right of 1",
        (minimum(0),),
    ),
    Case(
        "a cliff at the minimum",
        lambda x: x[0] ** 2 + np.where(x[0] < 0, 5.0, 0.0),
        [2.0],
        UNDECIDED,
        "least at 0, left of which it jumps up by 5",
        (jumpy(0),),
    ),
    Case(
        "a cliff beside a minimum that is none",
        lambda x: x[0] ** 2 - np.where(x[0] < 0, 5.0, 0.0),
        [2.0],
        UNDECIDED,
        "left of 0 it jumps down by 5: 0 is no minimum; left of it −5 is approached, in floating "
        "point attained",
        lambda x: (
            jumpy(0)
            if x[0] < 0
            else Site(np.zeros(1), frozenset({NOT_STATIONARY}), is_minimum=False)
        ),
    ),
    Case(
        "stairs",
        lambda x: np.floor(10 * x[0] ** 2) / 10,
        [2.0],
        UNDECIDED,
        "constant between jumps: derivatives vanish everywhere, it falls by steps towards 0",
        lambda x: (
            flat(*x)
            if np.abs(x[0]) < 0.1**0.5
            else Site(x, frozenset({Verdict.DEGENERATE, NOT_STATIONARY}), is_minimum=False)
        ),
    ),
    Case(
        "ripples that don't matter",
        lambda x: x[0] ** 2 + 1e-7 * np.sin(1e3 * x[0]),
        [1.0],
        MINIMUM,
        "φ″ = 2 − 0.1 sin 1e3 x > 0: one minimum",
        wavelets_site,
    ),
    Case(
        "Rastrigin",
        rastrigin,
        [3.3, -2.2],
        MINIMUM,
        "2x + 20π sin 2πx = 0 in each variable",
        rastrigin_site,
    ),
    Case(
        "a tip in a bowl",
        lambda x: np.sqrt(x[0] ** 2 + x[1] ** 2) + x[0] ** 2,
        [0.4, -0.3],
        UNDECIDED,
        "the tip of a cone, at 0",
        (kink(0, 0),),
    ),
    Case(
        "a logarithmic wall",
        lambda x: x[0] - np.log(x[0]),
        [20.0],
        MINIMUM,
        "1 − 1/x = 0 at 1; NaN for x < 0",
        (minimum(1),),
    ),
    Case(
        "two walls",
        lambda x: -np.log(1 - x[0] ** 2) + x[0],
        [0.9],
        MINIMUM,
        "2x/(1 − x²) = −1 at 1 − √2; NaN beyond ±1",
        (minimum(1 - np.sqrt(2)),),
    ),
    Case(
        "x log x",
        lambda x: x[0] * np.log(x[0]),
        [3.0],
        MINIMUM,
        "log x + 1 = 0 at 1/e",
        (minimum(np.exp(-1)),),
    ),
    Case(
        "a minimum at the edge of the domain",
        lambda x: np.sqrt(x[0]),
        [1.0],
        NOT_STATIONARY,
        "½/√x > 0; NaN for x < 0",
        (kink(0),),
    ),
    Case(
        "a slope that ends at a wall",
        lambda x: np.where(x[0] < 0, np.nan, (x[0] + 1) ** 2),
        [2.0],
        NOT_STATIONARY,
        "2(x + 1) ≥ 2 where it is finite",
        (kink(0),),
    ),
    Case(
        "a well beyond a wall",
        lambda x: np.where(np.abs(x[0] - 2) < 0.5, np.inf, x[0] ** 2),
        [1.4],
        MINIMUM,
        "x² outside of (1.5, 2.5)",
        (minimum(0),),
    ),
    Case(
        "random noise",
        noisy(1e-6),
        [1.0, -1.0],
        UNDECIDED,
        "x² + y², each value with another error of 1e-6",
        (minimum(0, 0),),
        random=True,
        unit=10.0,
    ),
    Case(
        "random noise, large",
        noisy(1e-2),
        [1.0],
        UNDECIDED,
        "x², each value with another error of 1e-2",
        (minimum(0),),
        random=True,
        unit=30.0,
    ),
    Case(
        "a gradient of the wrong sign",
        bowl,
        [3.0, 3.0],
        NOT_STATIONARY,
        "the user's gradient points downhill",
        (minimum(1, 1),),
        derivatives={"jac": lambda x: -2 * (x - 1)},
    ),
    Case(
        "a gradient of another function",
        bowl,
        [3.0, 3.0],
        NOT_STATIONARY,
        "the user's gradient vanishes at 2, where the slope is 2",
        (minimum(1, 1),),
        derivatives={"jac": lambda x: 2 * (x - 2)},
    ),
    Case(
        "a gradient that is always zero",
        bowl,
        [3.0, 3.0],
        NOT_STATIONARY,
        "the user's gradient says so everywhere",
        (minimum(1, 1),),
        derivatives={"jac": lambda x: 0 * x},
    ),
    Case(
        "a gradient twice as large",
        bowl,
        [3.0, 3.0],
        MINIMUM,
        "the user's gradient vanishes where the true one does",
        (minimum(1, 1),),
        derivatives={"jac": lambda x: 4 * (x - 1)},
    ),
    Case(
        "a Hessian of the wrong sign",
        lambda x: np.sum(np.cosh(x - 1)),
        [2.0, 3.0],
        MINIMUM,
        "the user's Hessian is minus the true one",
        (minimum(1, 1),),
        derivatives={"hess": lambda x: -np.diag(np.cosh(x - 1))},
    ),
    Case(
        "a gradient and a Hessian that lie together",
        bowl,
        [3.0, 3.0],
        NOT_STATIONARY,
        "both belong to ‖x − 2‖²; at 2 the slope is 2",
        (minimum(1, 1),),
        derivatives={"jac": lambda x: 2 * (x - 2), "hess": lambda x: 2 * np.eye(2)},
    ),
]
