"""The mean loss: derivatives by differences, whatever the table is stored in."""

import numpy as np
import pytest
from scipy import sparse

from extremum.regression import ArrayRows, design
from extremum.regression.losses import HalfSquared, LogLoss, PoissonLoss, Softmax
from extremum.regression.risk import MeanLoss
from extremum.regression.units import Units

N, D = 300, 4


def table(loss, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal([0, 5, -1, 2], [1, 3, 0.2, 10], size=(N, D))
    y = {
        HalfSquared: lambda: rng.normal(size=N),
        LogLoss: lambda: rng.integers(0, 2, N).astype(float),
        Softmax: lambda: rng.integers(0, 3, N).astype(float),
        PoissonLoss: lambda: rng.poisson(2.0, N).astype(float),
    }[type(loss)]()
    return X, y, rng.uniform(0.1, 2.0, N)


def risk(loss, *, intercept=True, weighted=True, l2=0.3, standardize=False, convert=np.asarray):
    X, y, weight = table(loss)
    rows = ArrayRows(convert(X), y, weight if weighted else None)
    return MeanLoss(rows, loss, Units.of(rows, intercept), l2, standardize)


LOSSES = [HalfSquared(), LogLoss(), Softmax(3), PoissonLoss()]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("standardize", [True, False])
def test_derivatives(loss, intercept, standardize):
    phi = risk(loss, intercept=intercept, standardize=standardize)
    rng = np.random.default_rng(1)
    theta = 0.05 * rng.normal(size=phi.size)
    fun, gradient, hessian = phi.value_gradient_hessian(theta)
    assert fun == pytest.approx(phi.value(theta), rel=1e-14)
    np.testing.assert_allclose(phi.value_and_gradient(theta)[1], gradient, rtol=1e-12, atol=1e-14)
    for _ in range(3):
        v = rng.normal(size=phi.size)
        h = 1e-4
        ahead, behind = phi.value_and_gradient(theta + h * v), phi.value_and_gradient(theta - h * v)
        assert gradient @ v == pytest.approx((ahead[0] - behind[0]) / (2 * h), rel=1e-5, abs=1e-6)
        size = np.abs(hessian.array @ v).max()
        np.testing.assert_allclose(
            hessian.array @ v, (ahead[1] - behind[1]) / (2 * h), atol=1e-4 * size
        )
        np.testing.assert_allclose(phi.hessian_vector(theta, v), hessian.array @ v, rtol=1e-10)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_the_storage_does_not_matter(loss, monkeypatch):
    theta = 0.05 * np.random.default_rng(1).normal(size=risk(loss).size)
    wanted = risk(loss).value_gradient_hessian(theta)
    monkeypatch.setattr(design, "MOST_ROWS", 7)
    monkeypatch.setattr(design, "LEAST_ROWS", 7)  # many blocks, several threads
    for convert in (np.asarray, np.asfortranarray, sparse.csr_array):
        found = risk(loss, convert=convert).value_gradient_hessian(theta)
        for one, other in zip(found[:2], wanted[:2], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(found[2].array, wanted[2].array, rtol=1e-11, atol=1e-12)
    rounded = risk(loss, convert=lambda X: X.astype(np.float32))
    value, gradient = rounded.value_and_gradient(theta)
    assert gradient.dtype == np.float64
    assert value == pytest.approx(wanted[0], rel=1e-6)


def test_a_weight_is_a_number_of_repetitions():
    X, y, _ = table(LogLoss())
    times = np.random.default_rng(3).integers(1, 4, N)
    repeated = ArrayRows(np.repeat(X, times, axis=0), np.repeat(y, times))
    weighted = ArrayRows(X, y, times.astype(float))
    theta = np.full(D + 1, 0.1)
    one, other = (
        MeanLoss(rows, LogLoss(), Units.of(rows, True)).value_and_gradient(theta)
        for rows in (repeated, weighted)
    )
    np.testing.assert_allclose(one[1], other[1], rtol=1e-12)


def test_units_are_means_and_deviations():
    X, y, weight = table(HalfSquared())
    X[:, 3] = 7.0  # a constant column
    X[:, 0] += 1e9
    units = Units.of(ArrayRows(X, y, weight), True)
    mean = np.average(X, axis=0, weights=weight)
    np.testing.assert_allclose(units.centre, mean, rtol=1e-15)
    deviation = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=weight))
    np.testing.assert_allclose(units.scale[:3], deviation[:3], rtol=1e-12)
    assert units.scale[3] == 1
    assert units.total_weight == pytest.approx(weight.sum())
    assert units.target_mean == pytest.approx(np.average(y, weights=weight))
    assert 0.5 * weight.min() < units.least_weight <= weight.min()


def test_units_change_back_and_forth():
    phi = risk(Softmax(3), standardize=True)
    theta = np.random.default_rng(2).normal(size=phi.size)
    np.testing.assert_allclose(phi.flatten(*phi.unflatten(theta)), theta, rtol=1e-12)
    own = risk(Softmax(3), l2=0.0)
    scaled = risk(Softmax(3), l2=0.0, standardize=True)
    there = own.flatten(*scaled.unflatten(theta))
    assert own.value(there) == pytest.approx(scaled.value(theta), rel=1e-13)
    gradient = own.value_and_gradient(there)[1]
    np.testing.assert_allclose(
        own.to_standardized(gradient), scaled.value_and_gradient(theta)[1], atol=1e-13
    )
    hessian = own.hessian(there).array
    np.testing.assert_allclose(
        own.hessian_to_standardized(hessian), scaled.hessian(theta).array, atol=1e-12
    )


def test_a_part_of_the_hessian_is_below_the_whole(monkeypatch):
    phi = risk(LogLoss(), l2=0.0)
    monkeypatch.setattr("extremum.regression.risk.QUICK", 0.0)
    monkeypatch.setattr("extremum.regression.risk.PART", 0.5)
    theta = np.full(phi.size, 0.02)
    whole = phi.frame().T @ phi.hessian(theta).array @ phi.frame()
    rough, part = phi.curvatures_below(theta)
    assert part.eps < 1e-15 < 1e-7 < rough.eps
    for below in (rough, part):
        rounding = below.n * below.eps * np.trace(below.array)
        assert np.linalg.eigvalsh(whole - below.array).min() > -rounding
        assert np.trace(below.array) < 0.5 * np.trace(whole)


@pytest.mark.parametrize("loss", [LogLoss(), Softmax(3), PoissonLoss()])
def test_the_curvature_drifts_no_faster_than_it_says(loss):
    phi = risk(loss)
    rng = np.random.default_rng(5)
    units = rng.uniform(0.5, 2, phi.size)
    drift = phi.curvature_drift(units)
    for _ in range(5):
        theta, d = 0.05 * rng.normal(size=phi.size), rng.normal(size=phi.size)
        bends = [d @ phi.hessian(theta + t * d).array @ d for t in (-1e-3, 1e-3)]
        assert abs(np.log(bends[1] / bends[0])) / 2e-3 <= drift * np.linalg.norm(d / units)


@pytest.mark.parametrize("loss", [LogLoss(), Softmax(3)])
@pytest.mark.parametrize("intercept", [True, False])
def test_the_frame_is_that_of_standardized_columns(loss, intercept):
    own = risk(loss, intercept=intercept, l2=0.0)
    scaled = risk(loss, intercept=intercept, l2=0.0, standardize=True)
    z = np.random.default_rng(2).normal(size=own.size)
    assert own.value(own.frame() @ z) == pytest.approx(scaled.value(z), rel=1e-13)
    v = np.random.default_rng(3).normal(size=own.size)
    np.testing.assert_allclose(own.frame() @ v, own.from_standardized(v), rtol=1e-12)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_array])
def test_moments_say_what_a_constant_has_for_a_gradient(loss, standardize, convert):
    phi = risk(loss, standardize=standardize, convert=convert)
    k = loss.outputs
    theta = phi.flatten(np.zeros((D, k)), np.full(k, 0.3))
    value, gradient, _ = phi.value_gradient_hessian(theta)  # by the rows
    found = phi.value_and_gradient(theta)
    assert found[0] == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(found[1], gradient, rtol=1e-11, atol=1e-13)
    # Of other rows these moments say nothing.
    part = phi.sampled(60)
    np.testing.assert_allclose(
        part.value_and_gradient(theta)[1], part.value_gradient_hessian(theta)[1], atol=1e-12
    )


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("convert", [np.asarray, np.float32, sparse.csr_array])
def test_the_rough_hessian_is_the_hessian_within_its_error(loss, intercept, standardize, convert):
    phi = risk(loss, intercept=intercept, standardize=standardize, convert=convert)
    theta = 0.05 * np.random.default_rng(4).normal(size=phi.size)
    exact = phi.hessian_to_standardized(phi.hessian(theta).array)
    rough = phi.rough_hessian(theta)
    size = np.sqrt(np.outer(np.diag(exact), np.diag(exact)))
    assert (np.abs(rough.array - exact) <= rough.eps * size + 1e-13).all()
    assert rough.eps == pytest.approx(2e-6, rel=0.1) or not (
        loss.outputs == 1 and convert is not sparse.csr_array
    )


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_the_drift_comes_with_the_gradient(loss):
    phi = risk(loss)
    theta = 0.05 * np.random.default_rng(6).normal(size=phi.size)
    value, gradient, drift = phi.value_gradient_drift(theta)
    assert value == pytest.approx(phi.value(theta), rel=1e-14)
    np.testing.assert_allclose(gradient, phi.value_and_gradient(theta)[1], rtol=1e-12, atol=1e-14)
    assert (drift == 0) == (loss.drift == 0)
    rng = np.random.default_rng(7)
    for _ in range(5):  # along d, of unit length by the Hessian, the curvature drifts no faster
        d = rng.normal(size=phi.size)
        d /= np.sqrt(d @ phi.hessian(theta).array @ d)
        bends = [d @ phi.hessian(theta + t * d).array @ d for t in (-1e-4, 1e-4)]
        assert abs(np.log(bends[1] / bends[0])) / 2e-4 <= drift + 1e-9
