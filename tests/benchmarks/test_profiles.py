"""Performance profiles against an example worked out by hand."""

from __future__ import annotations

import numpy as np

from benchmarks.cutest.profiles import performance_ratios, profile

INF = np.inf
TIMES = {"a": [1.0, 4.0, INF, INF], "b": [2.0, 1.0, 3.0, INF]}


def test_ratios_by_hand():
    ratios = performance_ratios(TIMES)
    np.testing.assert_array_equal(ratios["a"], [1, 4, INF, INF])
    np.testing.assert_array_equal(ratios["b"], [2, 1, 1, INF])


def test_profile_by_hand():
    ratios = performance_ratios(TIMES)
    factors = np.array([1.0, 1.9, 2.0, 3.9, 4.0, 1e9])
    # A share is of all problems, also of those that nobody solves.
    np.testing.assert_array_equal(profile(ratios["a"], factors), [0.25, 0.25, 0.25, 0.25, 0.5, 0.5])
    np.testing.assert_array_equal(profile(ratios["b"], factors), [0.5, 0.5, 0.75, 0.75, 0.75, 0.75])


def test_a_solver_alone_is_its_own_best():
    assert list(performance_ratios({"a": [3.0, INF]})["a"]) == [1, INF]
