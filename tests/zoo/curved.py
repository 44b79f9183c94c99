"""Saddles, maxima and inflections: where a gradient test alone is deceived."""

import numpy as np

from extremum import Verdict
from tests.zoo.case import Case, flat, maximum, minimum, saddle, turning

MINIMUM, DEGENERATE, UNBOUNDED = Verdict.MINIMUM, Verdict.DEGENERATE, Verdict.UNBOUNDED
NOT_STATIONARY = Verdict.NOT_STATIONARY
R2, R3 = np.sqrt(2), np.sqrt(3)


def two_wells(x):
    return x[0] ** 2 - x[1] ** 2 + x[1] ** 4 / 4


WELLS = (saddle(1, 0, 0), minimum(0, R2), minimum(0, -R2))
WELLS_WHY = "∇φ = (2x, −2y + y³); φ″ = diag(2, −2 + 3y²): −2 at y = 0, 4 at y² = 2"


def walled_monkey(x):
    return x[0] ** 3 - 3 * x[0] * x[1] ** 2 + (x[0] ** 2 + x[1] ** 2) ** 2


def monkey(x):
    return x[0] ** 3 - 3 * x[0] * x[1] ** 2


def mixed(x):
    return np.sum(np.array([1.0, -1.0, 1.0, -1.0]) * x**2) + np.sum(x**4)


def mixed_site(x):
    signs = np.array([1.0, -1.0, 1.0, -1.0])
    low = 0.5**0.5
    here = np.where((signs < 0) & (np.abs(x) > low / 2), np.sign(x) * low, 0.0)
    index = int(((signs < 0) & (here == 0)).sum())
    return minimum(*here) if index == 0 else saddle(index, *here)


def three_wells(x):
    return x[0] ** 2 * (1 + x[0]) ** 2 / 2 + x[1] ** 2 - np.cos(x[1])


def egg_box(x):
    return np.cos(x[0]) * np.cos(x[1])


def egg_box_site(x):
    """(πk, πl) are extrema, of the sign of k + l; (π/2 + πk, π/2 + πl) are saddles."""
    k = np.round(x / np.pi)
    s = np.round(x / np.pi - 0.5)
    if np.linalg.norm(x - np.pi * k) <= np.linalg.norm(x - np.pi * (s + 0.5)):
        return maximum(*(np.pi * k)) if k.sum() % 2 == 0 else minimum(*(np.pi * k))
    return saddle(1, *(np.pi * (s + 0.5)))


def cosine_site(x):
    k = np.round(x / np.pi)
    return maximum(*(np.pi * k)) if k[0] % 2 == 0 else minimum(*(np.pi * k))


def sine_site(x):
    k = np.round(x / np.pi - 0.5)
    at = np.pi * (k + 0.5)
    return minimum(*at) if k[0] % 2 else maximum(*at)


CASES = [
    Case("saddle", two_wells, [0.0, 0.0], MINIMUM, WELLS_WHY, WELLS),
    Case("beside a saddle", two_wells, [1e-9, -1e-10], MINIMUM, WELLS_WHY, WELLS),
    Case("the way into a saddle", two_wells, [1.0, 0.0], MINIMUM, WELLS_WHY, WELLS),
    Case("far along the way into a saddle", two_wells, [50.0, 1e-13], MINIMUM, WELLS_WHY, WELLS),
    Case(
        "saddle of a product",
        lambda x: x[0] * x[1] + (x[0] ** 4 + x[1] ** 4) / 4,
        [0.0, 0.0],
        MINIMUM,
        "y + x³ = x + y³ = 0: at 0, eigenvalues ±1; at ±(1, −1), [[3, 1], [1, 3]]",
        (saddle(1, 0, 0), minimum(1, -1), minimum(-1, 1)),
    ),
    Case(
        "index 2 of 4",
        mixed,
        [0.0] * 4,
        MINIMUM,
        "each variable apart: ±x² + x⁴, whose minima are 0 and ±√½",
        mixed_site,
    ),
    Case("index 2 of 4, beside", mixed, [0.5, 1e-8, -0.5, 0.3], MINIMUM, "as above", mixed_site),
    Case(
        "a pass between wells",
        three_wells,
        [-0.5, 0.0],
        MINIMUM,
        "the derivative x(1 + x)(1 + 2x) has the roots −1, −½, 0; y is convex: 2 + cos y > 0",
        (saddle(1, -0.5, 0), minimum(0, 0), minimum(-1, 0)),
    ),
    Case(
        "monkey saddle",
        monkey,
        [0.0, 0.0],
        UNBOUNDED,
        "r³ cos 3θ: all second derivatives vanish at 0, and θ = π/3 leads down",
        (turning(0, 0),),
        unbounded=True,
    ),
    Case(
        "monkey saddle between walls",
        walled_monkey,
        [0.0, 0.0],
        MINIMUM,
        "r³ cos 3θ + r⁴ is least where cos 3θ = −1, r = ¾",
        (
            turning(0, 0),
            minimum(-0.75, 0),
            minimum(0.375, 0.375 * R3),
            minimum(0.375, -0.375 * R3),
        ),
    ),
    Case(
        "the way into a monkey saddle",
        walled_monkey,
        [0.5, 0.0],
        MINIMUM,
        "on the x axis x³ + x⁴ has its minimum at −¾; Newton's iteration from ½ halves x towards 0",
        (
            turning(0, 0),
            minimum(-0.75, 0),
            minimum(0.375, 0.375 * R3),
            minimum(0.375, -0.375 * R3),
        ),
    ),
    Case(
        "degenerate saddle",
        lambda x: x[0] ** 2 - x[1] ** 4,
        [0.0, 0.0],
        UNBOUNDED,
        "φ″ = diag(2, 0) at 0, and −y⁴ falls",
        (turning(0, 0),),
        unbounded=True,
    ),
    Case(
        "degenerate saddle between wells",
        lambda x: x[0] ** 2 - x[1] ** 4 + x[1] ** 6,
        [0.3, 0.0],
        MINIMUM,
        "−4y³ + 6y⁵ = 0 at 0 and y² = 2/3, where −12y² + 30y⁴ = 16/3",
        (turning(0, 0), minimum(0, (2 / 3) ** 0.5), minimum(0, -((2 / 3) ** 0.5))),
    ),
    Case(
        "square and cube",
        lambda x: x[0] ** 2 + x[1] ** 3,
        [0.5, 0.0],
        UNBOUNDED,
        "y³ falls to the left of its inflection",
        (turning(0, 0),),
        unbounded=True,
    ),
    Case(
        "Peano's surface",
        lambda x: (x[1] - x[0] ** 2) * (x[1] - 3 * x[0] ** 2) + x[0] ** 6,
        [0.0, 0.0],
        MINIMUM,
        "it rises along every line through 0, yet on y = 2x² it is −x⁴ + x⁶: the minima are there, "
        "at x² = 2/3",
        (
            turning(0, 0),
            minimum((2 / 3) ** 0.5, 4 / 3),
            minimum(-((2 / 3) ** 0.5), 4 / 3),
        ),
    ),
    Case(
        "hill between wells",
        lambda x: x[0] ** 4 - x[0] ** 2,
        [0.0],
        MINIMUM,
        "4x³ − 2x = 0 at 0 (φ″ = −2) and ±√½ (φ″ = 4)",
        (maximum(0), minimum(0.5**0.5), minimum(-(0.5**0.5))),
    ),
    Case(
        "top of a cosine",
        lambda x: np.cos(x[0]),
        [0.0],
        MINIMUM,
        "cos: maxima at even multiples of π, minima at odd ones",
        cosine_site,
    ),
    Case("a sine", lambda x: np.sin(x[0]), [0.0], MINIMUM, "minima at −π/2 + 2πk", sine_site),
    Case("egg box", egg_box, [0.0, 0.0], MINIMUM, "cos x cos y, by sign", egg_box_site),
    Case("egg box, beside", egg_box, [1.5, 1.6], MINIMUM, "cos x cos y, by sign", egg_box_site),
    Case(
        "top of a dome",
        lambda x: -np.sum(x**2),
        [0.0, 0.0],
        UNBOUNDED,
        "−‖x‖² has one stationary point, its maximum",
        (maximum(0, 0),),
        unbounded=True,
    ),
    Case(
        "top of a bump",
        lambda x: np.exp(-(x[0] ** 2) - x[1] ** 2),
        [0.0, 0.0],
        Verdict.RECEDING,
        "e^(−r²) has one stationary point, its maximum, and tends to 0",
        (maximum(0, 0),),
        receding=True,
    ),
    Case(
        "a ring about a hill",
        lambda x: (x[0] ** 2 + x[1] ** 2 - 1) ** 2,
        [0.0, 0.0],
        DEGENERATE,
        "least, 0, on the circle r = 1, where the tangent is flat; at 0, φ″ = −4I",
        lambda x: maximum(0, 0) if np.hypot(*x) < 0.5 else flat(*(x / max(np.hypot(*x), 1e-300))),
    ),
    Case(
        "cube",
        lambda x: x[0] ** 3,
        [0.0],
        UNBOUNDED,
        "one stationary point, its inflection",
        (turning(0),),
        unbounded=True,
    ),
    Case(
        "down onto an inflection",
        lambda x: x[0] ** 3,
        [1.0],
        UNBOUNDED,
        "one stationary point, its inflection",
        (turning(0),),
        unbounded=True,
    ),
    Case(
        "inflection before a minimum",
        lambda x: x[0] ** 4 - 4 * x[0] ** 3,
        [0.0],
        MINIMUM,
        "4x²(x − 3): an inflection at 0, φ″ = 36 at 3",
        (turning(0), minimum(3)),
    ),
    Case(
        "down onto an inflection before a minimum",
        lambda x: x[0] ** 4 - 4 * x[0] ** 3,
        [-1.0],
        MINIMUM,
        "4x²(x − 3): an inflection at 0, φ″ = 36 at 3",
        (turning(0), minimum(3)),
    ),
    Case(
        "inflections all the way down",
        lambda x: x[0] - np.sin(x[0]),
        [1.0],
        UNBOUNDED,
        "1 − cos x ≥ 0: inflections at 2πk, never a minimum",
        lambda x: turning(*(2 * np.pi * np.round(x / (2 * np.pi)))),
        unbounded=True,
    ),
    Case(
        "a fifth power",
        lambda x: (x[0] - 2) ** 5 + x[1] ** 2,
        [3.0, 1.0],
        UNBOUNDED,
        "an inflection of the fifth order at (2, 0)",
        (turning(2, 0),),
        unbounded=True,
    ),
    Case(
        "a low hill",
        lambda x: x[0] ** 4 - 1e-6 * x[0] ** 2,
        [0.0],
        MINIMUM,
        "4x³ = 2e-6 x: φ″(0) = −2e-6, the minima ±√5e-7 are 2.5e-13 deep",
        (maximum(0), minimum(5e-7**0.5), minimum(-(5e-7**0.5))),
        unit=1e-3,
    ),
    Case(
        "a shallow saddle",
        lambda x: x[0] ** 2 - 1e-8 * x[1] ** 2 + x[1] ** 4,
        [0.1, 0.0],
        MINIMUM,
        "y⁴ − 1e-8 y² is least at ±√5e-9, where y″ = 4e-8",
        (saddle(1, 0, 0), minimum(0, 5e-9**0.5), minimum(0, -(5e-9**0.5))),
        unit=1e-3,
    ),
    Case(
        "a cubic dip",
        lambda x: x[0] ** 3 - 3e-4 * x[0],
        [0.0],
        MINIMUM,
        "3x² = 3e-4 at ±0.01; φ″ = 6x",
        (minimum(0.01), maximum(-0.01)),
        unbounded=True,
        unit=1e-2,
    ),
]
