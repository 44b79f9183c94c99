"""A system's derivatives against differences, and what it refuses."""

import functools

import jax.numpy as jnp
import numpy as np
import pytest

import extremum as ex
from extremum.mechanics import Lagrangian, Particle

RNG = np.random.default_rng(3)
STIFFNESS = np.array([1.0, 3.0])


class Spring:
    """A callable object with an attribute."""

    def __init__(self, stiffness):
        self.stiffness = stiffness

    def __call__(self, q):
        return self.stiffness * np.sum(q**2) / 2


def scaled(a, q):
    return a * q**4


def driven(t, q):
    return np.sin(t) * q[0] + np.sum(STIFFNESS * q**2) / 2


def magnetic(t, q, v):
    return (v[0] ** 2 + v[1] ** 2) / 2 + (1 + t * q[0]) * (q[0] * v[1] - q[1] * v[0])


def in_jax(q):
    return jnp.sum(jnp.cos(q))


SYSTEMS = [
    (Particle(2.0, lambda q: q**4 / 4), lambda t, q, v: v[0] ** 2 - q[0] ** 4 / 4, ()),
    (Particle(1, np.cos), lambda t, q, v: v[0] ** 2 / 2 - np.cos(q[0]), ()),
    (
        Particle(1, functools.partial(scaled, 3.0)),
        lambda t, q, v: v[0] ** 2 / 2 - 3 * q[0] ** 4,
        (),
    ),
    (Particle(1, Spring(2.0)), lambda t, q, v: v @ v / 2 - q @ q, (2,)),
    (Particle([1, 2], driven), lambda t, q, v: v @ ([1, 2] * v) / 2 - driven(t, q), (2,)),
    (
        Particle([[2, 1], [1, 2]], in_jax),
        lambda t, q, v: v @ np.array([[2, 1], [1, 2]]) @ v / 2 - np.cos(q).sum(),
        (2,),
    ),
    (Lagrangian(magnetic), magnetic, (2,)),
]


@pytest.mark.parametrize(("system", "plain", "shape"), SYSTEMS)
def test_derivatives_are_those_of_the_plain_function(system, plain, shape, differences):
    d = 1 if shape == () else shape[0]
    traced = system.traced(0.5, np.full(shape, 0.3), np.full(shape, -0.2))
    assert (traced.dimension, traced.scalar) == (d, shape == ())
    t, q, v = RNG.normal(size=5), RNG.normal(size=(5, d)), RNG.normal(size=(5, d))
    found = traced.derivatives(t, q, v)
    gradient, hessian = differences
    np.testing.assert_allclose(traced.value(t, q, v), found.L, rtol=1e-15)

    def of(z):
        return plain(z[0], z[1 : 1 + d], z[1 + d :])

    for k in range(5):
        z = np.concatenate([[t[k]], q[k], v[k]])
        np.testing.assert_allclose(found.L[k], of(z), rtol=1e-14)
        slope, bend = gradient(of, z), hessian(of, z)
        np.testing.assert_allclose(found.L_t[k], slope[0], atol=1e-8)
        np.testing.assert_allclose(found.L_q[k], slope[1 : 1 + d], atol=1e-8)
        np.testing.assert_allclose(found.L_v[k], slope[1 + d :], atol=1e-8)
        np.testing.assert_allclose(found.L_tv[k], bend[0, 1 + d :], atol=1e-6)
        np.testing.assert_allclose(found.L_qq[k], bend[1 : 1 + d, 1 : 1 + d], atol=1e-6)
        np.testing.assert_allclose(found.L_qv[k], bend[1 : 1 + d, 1 + d :], atol=1e-6)
        np.testing.assert_allclose(found.L_vv[k], bend[1 + d :, 1 + d :], atol=1e-6)


def test_other_data_and_other_numbers_of_rows_compile_nothing(compilations):
    def made(c, mass):
        return Particle(mass, lambda q: np.sum(c * q**2))

    q = np.ones(2)
    for _ in range(2):
        traced = made(STIFFNESS, 1.0).traced(0.0, q, q)
        traced.derivatives(np.zeros(3), np.ones((3, 2)), np.ones((3, 2)))
    with compilations() as count:
        traced = made(2 * STIFFNESS, 4.0).traced(0.0, q, q)
        found = traced.derivatives(np.zeros(50), np.ones((50, 2)), np.ones((50, 2)))
    assert count == [0]
    np.testing.assert_allclose(found.L_qq[49], -4 * np.diag(STIFFNESS))
    np.testing.assert_allclose(found.L_vv[49], 4 * np.eye(2))


def test_what_a_potential_reads_is_never_stale():
    stiffness = {"k": 1.0}
    system = Particle(1.0, lambda q: stiffness["k"] * q**2 / 2)
    one = np.array(1.0)
    rows = np.zeros(1), np.ones((1, 1)), np.ones((1, 1))
    assert system.traced(0.0, one, one).derivatives(*rows).L_qq[0, 0, 0] == -1
    assert system.traced(0.0, one, one) is system.traced(0.0, one, one)
    stiffness["k"] = 3.0
    assert system.traced(0.0, one, one).derivatives(*rows).L_qq[0, 0, 0] == -3


@pytest.mark.parametrize(
    ("mass", "message"),
    [
        (0.0, "singular"),
        (-1.0, "negative"),
        (np.nan, "finite"),
        ("heavy", "give a number"),
        ([1.0, 0.0], "singular"),
        ([[1.0, 1.0], [1.0, 1.0]], "singular"),
        ([[1.0, 0.5], [0.0, 1.0]], "not symmetric"),
        (np.ones((2, 3)), "shape"),
    ],
)
def test_masses_that_are_refused(mass, message):
    with pytest.raises(ex.InvalidInput, match=message):
        Particle(mass, np.cos)


def test_functions_that_are_refused():
    q = np.array(0.5)
    with pytest.raises(ex.InvalidInput, match="potential is a str"):
        Particle(1.0, "x**2")
    with pytest.raises(ex.InvalidInput, match="takes 3 arguments"):
        Particle(1.0, lambda t, q, v: q)
    with pytest.raises(ex.InvalidInput, match="L is a float"):
        Lagrangian(1.0)
    with pytest.raises(ex.InvalidInput, match="one real number"):
        Particle(1.0, lambda q: q * np.ones(2)).traced(0.0, q, q)
    with pytest.raises(ex.InvalidInput, match=r"shape \(2,\) and the coordinates"):
        Particle([1.0, 2.0], np.sum).traced(0.0, np.ones(3), np.ones(3))
    with pytest.raises(ex.InvalidInput, match=r"potential is inf at t = 0, q = 0\.0"):
        Particle(1.0, lambda q: 1 / abs(q)).traced(0.0, 0 * q, q)
    with pytest.raises(ex.Untraceable, match=r"np\.where"):
        Particle(1.0, lambda q: q**2 if q > 0 else 0.0 * q).traced(0.0, q, q)
