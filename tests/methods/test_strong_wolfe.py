"""The strong Wolfe search, on Moré and Thuente's functions and where searches break down."""

import math

import numpy as np
import pytest

import extremum as ex
from extremum.methods import State
from extremum.objective import Counts, Objective
from extremum.outcomes import Reason

# ---- Moré & Thuente (1994), section 5: φ, φ′, and the (μ, η) of tables 1 to 6 -------------------


def yanai(b1, b2):
    """Equation 5.4, after Yanai, Ozawa & Kaneko."""
    g1, g2 = (math.sqrt(1 + b * b) - b for b in (b1, b2))

    def fun(t):
        return g1 * math.sqrt((1 - t) ** 2 + b2 * b2) + g2 * math.sqrt(t * t + b1 * b1)

    def slope(t):
        return g1 * (t - 1) / math.sqrt((1 - t) ** 2 + b2 * b2) + g2 * t / math.sqrt(t * t + b1**2)

    return fun, slope


def wavy(beta=0.01, waves=39):
    """Equation 5.3: a V, rounded within β of its tip, with waves added."""
    k = waves * math.pi / 2

    def fun(t):
        if t <= 1 - beta:
            base = 1 - t
        elif t >= 1 + beta:
            base = t - 1
        else:
            base = (t - 1) ** 2 / (2 * beta) + beta / 2
        return base + 2 * (1 - beta) / (waves * math.pi) * math.sin(k * t)

    def slope(t):
        base = -1 if t <= 1 - beta else 1 if t >= 1 + beta else (t - 1) / beta
        return base + (1 - beta) * math.cos(k * t)

    return fun, slope


BETA = 0.004
FUNCTIONS = {
    "1": (lambda t: -t / (t * t + 2), lambda t: (t * t - 2) / (t * t + 2) ** 2, 0.001, 0.1),
    "2": (
        lambda t: (t + BETA) ** 5 - 2 * (t + BETA) ** 4,
        lambda t: 5 * (t + BETA) ** 4 - 8 * (t + BETA) ** 3,
        0.1,
        0.1 + 1e-12,  # the paper has μ = η; here μ < η is asked for
    ),
    "3": (*wavy(), 0.1, 0.1 + 1e-12),
    "4": (*yanai(0.001, 0.001), 0.001, 0.001 + 1e-12),
    "5": (*yanai(0.01, 0.001), 0.001, 0.001 + 1e-12),
    "6": (*yanai(0.001, 0.01), 0.001, 0.001 + 1e-12),
}


class Ray(Objective):
    """An objective in one variable that remembers where it was asked."""

    def __init__(self, fun, slope):
        self.fun, self.slope, self.counts, self.asked = fun, slope, Counts(), []

    def value_and_gradient(self, x):
        self.counts.nfev += 1
        self.asked.append(tuple(x))
        return float(self.fun(x[0])), np.array([float(self.slope(x[0]))])


def search(fun, slope, trial, rule=None, start=0.0, direction=1.0):
    objective = Ray(fun, slope)
    x = np.array([start])
    state = State(x, float(fun(start)), np.array([float(slope(start))]))
    rule = rule or ex.StrongWolfe()
    found = rule.next_state(objective, state, np.array([direction]), trial)
    assert len(set(objective.asked)) == len(objective.asked) <= 60
    assert (start,) not in objective.asked
    return found, objective


EVALUATIONS = {
    "1": (6, 3, 1, 4),
    "2": (12, 8, 8, 11),
    "3": (12, 12, 10, 13),
    "4": (4, 1, 3, 4),
    "5": (6, 3, 7, 8),
    "6": (13, 11, 8, 11),
}
"""The column m of their tables 1 to 6."""


@pytest.mark.parametrize(("row", "trial"), [(0, 1e-3), (1, 1e-1), (2, 1e1), (3, 1e3)])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_more_and_thuentes_functions(name, row, trial):
    fun, slope, decrease, curvature = FUNCTIONS[name]
    found, objective = search(fun, slope, trial, ex.StrongWolfe(decrease, curvature))
    t = found.step_length
    assert found.stop is None
    assert found.event == ""
    assert fun(t) <= fun(0) + decrease * t * slope(0)
    assert abs(slope(t)) <= curvature * abs(slope(0))
    assert objective.counts.nfev <= EVALUATIONS[name][row]
    # The negative control: a backtracking search ends where the slope is still steep.
    if trial == 1e-3 and name in "12":
        short, _ = search(fun, slope, trial, ex.Armijo(decrease))
        assert abs(slope(short.step_length)) > curvature * abs(slope(0))


@pytest.mark.parametrize("scale", [1e-100, 1e-12, 1.0, 1e12, 1e100])
@pytest.mark.parametrize("length", [1e-12, 1e-4, 1.0, 1e8])
def test_conditions_hold_at_every_scale(scale, length):
    """φ(t) = s((t/ℓ)⁴ − t/ℓ), the first trial far off."""

    def fun(t):
        return scale * ((t / length) ** 4 - t / length)

    def slope(t):
        return scale / length * (4 * (t / length) ** 3 - 1)

    for trial in (1e-6 * length, length, 1e6 * length):
        found, objective = search(fun, slope, trial, ex.StrongWolfe(curvature=0.1))
        t = found.step_length
        assert found.stop is None
        assert fun(t) <= 1e-4 * t * slope(0)
        assert abs(slope(t)) <= 0.1 * abs(slope(0))
        assert objective.counts.nfev <= 30


@pytest.mark.parametrize("beyond", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("wall", [1.5, 1.01, 1e-3])
def test_a_wall_shortens_the_step(beyond, wall):
    """The minimum is at 1; beyond the wall there is nothing."""
    found, _ = search(
        lambda t: (t - 1) ** 2 if t < wall else beyond,
        lambda t: 2 * (t - 1) if t < wall else math.nan,
        2.0,
        ex.StrongWolfe(curvature=0.1),
    )
    assert found.stop is None
    assert 0 < found.x[0] < wall
    assert found.event.startswith("shortened: The value is not finite at x = [")
    if wall > 1:
        assert abs(found.x[0] - 1) <= 0.1
        assert "flatten" not in found.event
    else:
        assert found.x[0] > 0.8 * wall
        assert "did not flatten" in found.event


def test_a_wall_between_two_good_places():
    """Not finite on (1, 4): what is taken is finite and lower."""
    found, _ = search(
        lambda t: math.nan if 1 < t < 4 else (t - 2) ** 2, lambda t: 2 * (t - 2), 10.0
    )
    assert found.stop is None
    assert np.isfinite(found.fun)
    assert found.fun < 4


def test_nothing_but_walls():
    found, _ = search(lambda t: 0.0 if t == 0 else math.nan, lambda t: -1.0, 1.0)
    assert found.stop.reason is Reason.NOT_FINITE
    assert found.x[0] == 0


def test_unbounded_along_the_ray():
    found, _ = search(lambda t: -t, lambda t: -1.0, 1.0)
    assert found.stop is None
    assert found.fun < -1e20  # where the loop says that the function is unbounded
    assert found.event == "the slope along the ray did not flatten"


def test_uphill():
    found, objective = search(lambda t: t * t, lambda t: 2 * t, 1.0, start=1.0)
    assert found.stop.reason is Reason.NOT_DESCENT
    assert objective.counts.nfev == 0
    found, _ = search(lambda t: t * t, lambda t: 2 * t, 1.0, start=1.0, direction=math.nan)
    assert found.stop.reason is Reason.NOT_DESCENT


def test_a_wrong_gradient():
    """The slope has the wrong sign: no length decreases the value."""
    found, _ = search(lambda t: (t + 1) ** 2, lambda t: -2 * (t + 1), 1.0)
    assert found.stop.reason is Reason.NO_DECREASE


def test_rounding_floor():
    """The value does not move whatever its slope says, nor does the slope."""
    found, _ = search(lambda t: 1e16, lambda t: -1.0, 1.0)
    assert found.stop.reason is Reason.ROUNDING_FLOOR


def test_slopes_decide_where_rounding_hides_the_values():
    """1 + (t − ℓ)² is 1 in floating point for all t near ℓ = 1e-9: only the slope has a root."""
    length = 1e-9
    found, objective = search(
        lambda t: 1 + (t - length) ** 2, lambda t: 2 * (t - length), 1e-6, ex.StrongWolfe(1e-4, 0.1)
    )
    assert objective.fun(0.0) == objective.fun(found.x[0]) == 1
    assert found.stop is None
    assert abs(found.x[0] - length) <= 0.1 * length


def test_a_gradient_that_does_not_fall_is_no_progress():
    """Flat to rounding along the ray, but the gradient across it grows: refused."""

    class Tilted(Objective):
        def value_and_gradient(self, x):
            return 1.0, np.array([-1e-12 * (1 - x[0]), 1e-12 * (1 + 5 * x[0])])

    state = State(np.zeros(2), *Tilted().value_and_gradient(np.zeros(2)))
    found = ex.StrongWolfe().next_state(Tilted(), state, np.array([1.0, 0.0]), 1.0)
    assert found.stop.reason is Reason.ROUNDING_FLOOR


@pytest.mark.parametrize("given", [(0.0, 0.9), (0.9, 0.1), (0.1, 1.0), (math.nan, 0.9), (-1, 0.5)])
def test_conditions_that_contradict_each_other(given):
    with pytest.raises(ex.InvalidInput, match="0 < decrease < curvature < 1"):
        ex.StrongWolfe(*given)


def test_random_polynomials_keep_the_conditions():
    """Any quartic that falls at 0 and rises in the end has a strong Wolfe point."""
    random = np.random.default_rng(1)
    for _ in range(300):
        a = np.array([random.uniform(0.1, 1), *random.normal(size=2), -random.uniform(0.01, 1), 0])
        a *= 10 ** random.uniform(-6, 6)
        p, dp = np.poly1d(a), np.poly1d(a).deriv()
        curvature = random.uniform(0.01, 0.9)
        found, _ = search(p, dp, 10 ** random.uniform(-4, 4), ex.StrongWolfe(1e-4, curvature))
        t = found.step_length
        assert found.stop is None
        assert p(t) <= 1e-4 * t * dp(0) * (1 - 1e-12)
        assert abs(dp(t)) <= curvature * abs(dp(0)) * (1 + 1e-12)
