"""Functions without a minimum: those that fall for ever, and those whose infimum is at infinity."""

import numpy as np

from extremum import Verdict
from tests.zoo.case import Case, maximum, minimum, saddle, turning
from tests.zoo.flats import beale

MINIMUM, UNBOUNDED, RECEDING = Verdict.MINIMUM, Verdict.UNBOUNDED, Verdict.RECEDING
NOT_STATIONARY = Verdict.NOT_STATIONARY

A = np.array([[-5.0, -3.0, -0.5], [-3.0, -2.0, 0.0], [-0.5, 0.0, -0.5]])
B = np.array([1.0, 3.0, 5.0])

CLASSES = np.array([-1.0, -1.0, 1.0, 1.0])
FEATURES = np.array([[1.0, -2.0], [1.0, -0.5], [1.0, 0.7], [1.0, 1.5]])
OVERLAPPING = np.array([[1.0, -2.0], [1.0, 0.8], [1.0, 0.7], [1.0, 1.5]])


def logistic(features):
    return lambda x: np.sum(np.log1p(np.exp(-CLASSES * (features @ x))))


def unbounded(name, fun, start, why, sites=()):
    return Case(name, fun, start, UNBOUNDED, why, sites, unbounded=True)


def receding(name, fun, start, why, sites=()):
    return Case(name, fun, start, RECEDING, why, sites, receding=True)


CASES = [
    unbounded("a line", lambda x: -x[0], [1.0], "linear"),
    unbounded("a plane in five variables", lambda x: np.sum(x) / 3, [1.0] * 5, "linear"),
    unbounded("minus a square", lambda x: -(x[0] ** 2), [1e-3], "its maximum is 0", (maximum(0),)),
    unbounded(
        "minus a fourth power", lambda x: -(x[0] ** 4), [0.0], "its maximum is 0", (turning(0),)
    ),
    unbounded("a logarithm's fall", lambda x: -np.log(x[0]), [1.0], "−log x has the slope −1/x"),
    unbounded(
        "a slow logarithm", lambda x: -np.log(1 + x[0] ** 2), [0.5], "−2 log x", (maximum(0),)
    ),
    unbounded("a root's fall", lambda x: -np.sqrt(x[0]), [1.0], "−√x falls for ever"),
    unbounded(
        "into a singularity",
        lambda x: np.log(x[0]),
        [1.0],
        "log x → −∞ as x → 0, at a finite distance",
    ),
    unbounded("into a pole", lambda x: 1 / x[0], [-1.0], "1/x → −∞ as x → 0 from the left"),
    unbounded("an exponential's fall", lambda x: -np.exp(x[0]), [0.0], "−eˣ has no minimum"),
    unbounded(
        "a saddle without walls",
        lambda x: x[0] ** 2 - x[1] ** 2,
        [1.0, 1e-3],
        "−y² falls",
        (saddle(1, 0, 0),),
    ),
    unbounded(
        "a singular quadratic form",
        lambda x: B @ x + x @ A @ x / 2,
        [0.0, 0.0, 0.0],
        "A is singular with the null direction (2, −3, −2), along which B has the slope −17",
    ),
    unbounded(
        "a plane with ripples",
        lambda x: x[0] + 0.5 * np.sin(x[0]) + x[1] ** 2,
        [0.0, 1.0],
        "1 + ½ cos x > 0: no stationary point",
    ),
    unbounded("a cubic", lambda x: x[0] ** 3 + x[0], [2.0], "3x² + 1 > 0"),
    Case(
        "a well above an abyss",
        lambda x: x[0] ** 2 * (1 - x[0]),
        [0.4],
        MINIMUM,
        "2x − 3x²: a minimum at 0, a maximum at 2/3, then −∞",
        (minimum(0), maximum(2 / 3)),
        unbounded=True,
    ),
    unbounded(
        "over the edge of a well",
        lambda x: x[0] ** 2 * (1 - x[0]),
        [0.9],
        "2x − 3x²: a minimum at 0, a maximum at 2/3, then −∞",
        (minimum(0), maximum(2 / 3)),
    ),
    receding("an exponential", lambda x: np.exp(-x[0]), [0.0], "−e^(−x) ≠ 0"),
    receding("an exponential, far out", lambda x: np.exp(-x[0]), [30.0], "−e^(−x) ≠ 0"),
    receding("softplus", lambda x: np.log1p(np.exp(x[0])), [0.0], "its slope is the logistic's"),
    receding("a reciprocal", lambda x: 1 / x[0], [1.0], "−1/x² ≠ 0"),
    receding(
        "a bell's shoulder",
        lambda x: 1 / (1 + x[0] ** 2),
        [1.0],
        "one stationary point, its maximum",
        (maximum(0),),
    ),
    receding(
        "a hyperbola's branch",
        lambda x: np.sqrt(1 + x[0] ** 2) - x[0],
        [0.0],
        "x/√(1 + x²) < 1; it is 1/(2x) far out",
    ),
    receding(
        "an arc tangent", lambda x: np.arctan(x[0]), [0.0], "1/(1 + x²) > 0; it tends to −π/2"
    ),
    receding(
        "an exponential and a square",
        lambda x: np.exp(-x[0]) + (x[1] - 1) ** 2,
        [0.0, 3.0],
        "the slope along x never vanishes",
    ),
    receding(
        "an exponential across a valley",
        lambda x: np.exp(-x[0] - x[1]) + (x[0] - 2 * x[1]) ** 2,
        [0.0, 1.0],
        "along (2, 1) the square vanishes and the exponential falls",
    ),
    receding(
        "two exponentials",
        lambda x: np.exp(-x[0] - 2 * x[1]) + np.exp(-x[0] + x[1]),
        [0.0, 0.0],
        "∂ₓ is minus a sum of exponentials",
    ),
    receding(
        "separated classes",
        logistic(FEATURES),
        [0.0, 0.0],
        "the features' sign tells the class: the likelihood grows along (0, 1) for ever "
        "(Albert & Anderson 1984)",
    ),
    Case(
        "overlapping classes",
        logistic(OVERLAPPING),
        [0.0, 0.0],
        MINIMUM,
        "strictly convex, and no line separates the classes: one minimum "
        "(Newton's iteration in 40 digits)",
        (minimum(-2.277722713203057, 3.228547617010703),),
    ),
    receding(
        "over the rim",
        lambda x: x[0] / (1 + x[0] ** 2),
        [2.0],
        "(1 − x²)/(1 + x²)²: a minimum at −1, a maximum at 1, and 0 is approached from above",
        (minimum(-1), maximum(1)),
    ),
    Case(
        "a well in a plain",
        lambda x: x[0] / (1 + x[0] ** 2),
        [0.0],
        MINIMUM,
        "(1 − x²)/(1 + x²)²: a minimum at −1, a maximum at 1",
        (minimum(-1), maximum(1)),
        receding=True,
    ),
    Case(
        "an infimum along a curve",
        lambda x: (x[0] * x[1] - 1) ** 2 + x[0] ** 2,
        [1.0, 1.0],
        NOT_STATIONARY,
        "1/y² on xy = 1: the infimum 0 is approached as y → ∞, on no straight line; at 0 a saddle",
        (saddle(1, 0, 0),),
        receding=True,
    ),
    Case(
        "a bell turned over",
        lambda x: -np.exp(-(x[0] ** 2)),
        [1.5],
        MINIMUM,
        "2x e^(−x²) = 0 at 0 only",
        (minimum(0),),
    ),
    Case(
        "a bell turned over, from its tail",
        lambda x: -np.exp(-(x[0] ** 2)),
        [5.0],
        MINIMUM,
        "2x e^(−x²) = 0 at 0 only; at 5 it is 1e-10, less than most tests ask",
        (minimum(0),),
    ),
    Case(
        "a bell turned over, from where it is zero",
        lambda x: -np.exp(-(x[0] ** 2)),
        [30.0],
        MINIMUM,
        "2x e^(−x²) = 0 at 0 only; e^(−900) is zero in floating point",
        (minimum(0),),
    ),
    receding("a tanh, from its middle", lambda x: np.tanh(x[0]), [0.5], "−1 is never attained"),
    receding(
        "a tanh, from where it is −1",
        lambda x: np.tanh(x[0]),
        [-25.0],
        "−1 + 2e^(2x) rounds to −1 below −19",
    ),
    receding(
        "a tanh beside a square",
        lambda x: np.tanh(x[0] - x[1]) + (x[0] + x[1]) ** 2,
        [-20.0, 19.0],
        "−1 is never attained",
    ),
    receding(
        "an exponential that is zero", lambda x: np.exp(x[0]), [-800.0], "e^(−800) underflows"
    ),
    receding(
        "a sigmoid, cubed inside",
        lambda x: np.tanh(x[0] ** 3),
        [2.0],
        "falls from an inflection at 0 towards −1",
        (turning(0),),
    ),
    Case(
        "Beale's other valley",
        beale,
        [-1.0, 1.5],
        NOT_STATIONARY,
        "as x(1 − y) stays 0.99107 and y → 1, it falls to 0.4518; stationary are (3, ½) and (0, 1)",
        (minimum(3, 0.5), saddle(1, 0, 1)),
        receding=True,
    ),
]
