"""The references against closed forms, Newton's iteration by hand against the textbook."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.action import accuracy, starts
from benchmarks.action.figure import draw_accuracy, draw_sizes
from benchmarks.action.problems import PROBLEMS
from benchmarks.action.reference import motion, reference
from benchmarks.action.size import by_hand, measure
from extremum.mechanics.systems import Pendulum


def test_the_reference_of_the_quartic_oscillator():
    times, q = reference("quartic")
    assert times[16] == 0.5
    assert q[16, 0] == pytest.approx(1.4216004081837443, abs=2e-15)
    assert q[-1, 0] == pytest.approx(0.0, abs=1e-16)


def test_the_reference_of_the_pendulum():
    problem = PROBLEMS["pendulum"]
    q = motion(problem, np.array([[1.7]], np.longdouble))[:, 0, 0]
    t = np.linspace(0, problem.duration, len(q))
    np.testing.assert_allclose(q.astype(float), Pendulum().motion(0.0, 1.7)(t), atol=2e-14)


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_equations_by_hand_are_the_systems(name):
    problem = PROBLEMS[name]
    d = len(problem.start)
    q, v = np.random.default_rng(0).uniform(0.5, 1.5, (2, d, 3))
    scalar = d == 1
    traced = problem.system.traced(
        0.0, q[0, 0] if scalar else q[:, 0], v[0, 0] if scalar else v[:, 0]
    )
    terms = traced.derivatives(np.zeros(3), q.T, v.T)
    force = terms.L_q - np.einsum("mji,mj->mi", terms.L_qv, v.T)
    expected = np.linalg.solve(terms.L_vv, force[..., None])[..., 0]
    np.testing.assert_allclose(problem.acceleration(q, v).T, expected, rtol=1e-12)
    if problem.jacobian is not None:
        y, h = np.concatenate([q, v]), 1e-6
        found = problem.jacobian(y)
        for k, way in enumerate(np.eye(2 * d)):
            change = problem.rate(y + h * way[:, None]) - problem.rate(y - h * way[:, None])
            np.testing.assert_allclose(found[:, k], change / (2 * h), atol=1e-8)


def test_newton_by_hand_needs_the_textbooks_six_iterations():
    q, iterations = by_hand("quartic", 101)
    assert iterations == 6
    h = 0.01
    residual = (2 * q[1:-1] - q[:-2] - q[2:]) / h**2 - q[1:-1] ** 3
    assert np.abs(residual).max() < 1e-10


def test_both_find_the_same_path():
    row = measure("pendulum", 101)
    assert row["success"]
    assert row["difference"] < 1e-12


def test_ratios_are_of_the_quickest_run_that_is_as_accurate():
    peer = accuracy.PEERS[0]
    rows = [
        {"solver": solver, "success": True, "error": error, "seconds": seconds}
        for solver, error, seconds in (
            (accuracy.ADAPTIVE, 1e-4, 1.0),
            (accuracy.ADAPTIVE, 1e-9, 2.0),
            (peer, 1e-3, 3.0),
            (peer, 1e-6, 8.0),
            (peer, 1e-12, 9.0),
        )
    ]
    assert accuracy.ratios(rows, peer) == [3.0, 4.0]
    assert accuracy.geometric_mean([2.0, 8.0]) == pytest.approx(4.0)
    assert accuracy.geometric_mean([]) is None


def test_a_start_is_a_row(monkeypatch):
    monkeypatch.setattr(starts, "AMPLITUDES", (1.0,))
    monkeypatch.setattr(starts, "PEER_NODES", 200)
    (row,) = starts.measure(waves=(1,))
    assert row["success"]
    assert row["index"] >= 2
    assert not row["peer_success"]


def test_pictures(tmp_path):
    row = {"problem": "p", "solver": "lobatto4", "setting": 5, "success": True}
    draw_accuracy({"p": [row | {"error": 1e-3, "seconds": 0.1}]}, tmp_path / "accuracy")
    size = {"potential": "quartic", "points": 101, "seconds": 0.1, "by_hand": 0.2, "megabytes": 9}
    draw_sizes([size, {"potential": "quartic", "points": 9, "error": "no"}], tmp_path / "size")
    assert (tmp_path / "accuracy.png").stat().st_size > 1000
    assert (tmp_path / "size.svg").stat().st_size > 1000
