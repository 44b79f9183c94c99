"""Losses of a row against differences and closed forms."""

import mpmath as mp
import numpy as np
import pytest

from extremum.regression.losses import HalfSquared, LogLoss, PoissonLoss, Softmax

MARGINS = np.array([-30.0, -3.0, -0.5, 0.0, 0.2, 4.0, 25.0])


def exact(loss, margin, y):
    margin, y = mp.mpf(margin), mp.mpf(y)
    if isinstance(loss, HalfSquared):
        return (margin - y) ** 2 / 2
    if isinstance(loss, LogLoss):
        return mp.log(1 + mp.exp(margin)) - y * margin
    return mp.exp(margin) - y * margin + (y * mp.log(y) - y if y else 0)


@pytest.mark.parametrize(
    ("loss", "targets"),
    [(HalfSquared(), (-1.5, 2.0)), (LogLoss(), (0.0, 1.0)), (PoissonLoss(), (0.0, 1.0, 7.0))],
)
def test_value_and_derivatives(loss, targets):
    with mp.workdps(60):
        for y in targets:
            value, slope, bend = loss.curvature(MARGINS, np.full_like(MARGINS, y))
            assert value == pytest.approx(loss.value(MARGINS, np.full_like(MARGINS, y)), rel=1e-15)
            both = loss.derivative(MARGINS, np.full_like(MARGINS, y))
            np.testing.assert_array_equal(both[1], slope)
            for k, margin in enumerate(MARGINS):

                def phi(t, y=y):
                    return exact(loss, t, y)

                assert value[k] == pytest.approx(float(phi(margin)), rel=1e-14, abs=1e-14)
                for found, order in ((slope[k], 1), (bend[k], 2)):
                    wanted = float(mp.diff(phi, margin, order))
                    assert found == pytest.approx(wanted, rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("loss", [HalfSquared(), LogLoss(), PoissonLoss()])
def test_the_curvature_drifts_no_faster_than_it_says(loss):
    t = np.linspace(-20, 20, 4001)
    bend = loss.curvature(t, np.ones_like(t))[2]
    drift = np.abs(np.diff(np.log(bend))) / np.diff(t)
    assert drift.max() <= loss.drift + 1e-9


def test_far_margins_neither_overflow_nor_lose_the_loss():
    value, slope = LogLoss().derivative(np.array([-800.0, 800.0]), np.array([1.0, 1.0]))
    np.testing.assert_allclose(value, [800.0, 0.0])
    np.testing.assert_allclose(slope, [-1.0, 0.0])
    small = LogLoss().curvature(np.array([40.0]), np.array([1.0]))
    assert small[2] == pytest.approx(np.exp(-40.0), rel=1e-14)
    assert small[0] == pytest.approx(np.exp(-40.0), rel=1e-14)


def test_softmax():
    loss = Softmax(4)
    basis = loss.contrasts
    np.testing.assert_allclose(basis @ basis.T, np.eye(3), atol=1e-15)
    np.testing.assert_allclose(basis.sum(axis=1), 0, atol=1e-15)
    rng = np.random.default_rng(0)
    margin, y = rng.normal(size=(5, 3)), np.array([0.0, 3, 1, 2, 2])
    value, slope, bend = loss.curvature(margin, y)
    full = margin @ basis
    p = np.exp(full) / np.exp(full).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(value, -np.log(p[np.arange(5), y.astype(int)]))
    np.testing.assert_allclose(loss.mean(margin), p)
    h = 1e-5
    for k in range(3):
        step = h * np.eye(3)[k]
        up, down = loss.derivative(margin + step, y), loss.derivative(margin - step, y)
        np.testing.assert_allclose(slope[:, k], (up[0] - down[0]) / (2 * h), atol=1e-9)
        np.testing.assert_allclose(bend[:, k], (up[1] - down[1]) / (2 * h), atol=1e-9)


def test_of_two_classes_softmax_is_the_log_loss():
    margin, y = np.linspace(-3, 3, 7), np.array([0.0, 1, 1, 0, 1, 0, 0])
    # The contrast (1, −1)/√2: the difference of the margins is −√2 times the coordinate.
    loss = Softmax(2)
    np.testing.assert_allclose(
        loss.value(-margin[:, None] / 2**0.5, y), LogLoss().value(margin, y), rtol=1e-14
    )


def test_poisson_is_half_the_deviance():
    y = np.array([0.0, 1, 5])
    np.testing.assert_allclose(PoissonLoss().value(np.log([2.0, 1, 5]), y), [2, 0, 0], atol=1e-15)
