"""What the pictures of paths show, read back from their lines."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from extremum.mechanics import stationary_path
from extremum.mechanics.systems import Harmonic, Kepler
from extremum.outcomes import InvalidInput
from extremum.plot import (
    plot_action,
    plot_energy,
    plot_modes,
    plot_phase_portrait,
    plot_trajectory,
    save,
)


@pytest.fixture(scope="module")
def homework():
    return stationary_path(Harmonic(), 0.0, 1.0, 1.0, points=11, rule="rectangle")


@pytest.fixture(scope="module")
def saddle():
    return stationary_path(Harmonic(), 0.0, 1.0, 5.0)


@pytest.fixture(scope="module")
def orbit():
    return stationary_path(Kepler(), [1.0, 0.0], [0.0, 1.3], 2.0)


def line(axes, label):
    return next(line for line in axes.get_lines() if line.get_label() == label)


def test_the_homework_beside_its_answer(homework, tmp_path):
    axes = homework.plot(exact=lambda t: np.sin(t) / np.sin(1))
    t, q = line(axes, "exact").get_data()
    np.testing.assert_allclose(q, np.sin(t) / np.sin(1))
    t, guess = line(axes, "guess").get_data()
    np.testing.assert_allclose(guess, t, atol=1e-15)
    lower = axes.figure.axes[-1]
    t, difference = lower.get_lines()[-1].get_data()
    np.testing.assert_allclose(difference, homework.q - np.sin(t) / np.sin(1), atol=1e-15)
    assert 1e-5 < np.abs(difference).max() < 1e-4  # O(Δt²)
    assert save(axes, tmp_path / "homework.png").stat().st_size > 10_000


def test_the_legend_covers_no_data(homework):
    axes = homework.plot(exact=lambda t: np.sin(t) / np.sin(1))
    axes.figure.canvas.draw()
    assert axes.get_legend().get_window_extent().y0 >= axes.get_window_extent().y1 - 1


def test_axes_that_are_given_are_used(homework):
    axes = Figure().add_subplot()
    assert homework.plot(ax=axes) is axes
    assert axes.get_xlabel() == "time $t$"


def test_the_energy_is_drawn_from_its_first_value(saddle):
    axes = plot_energy(saddle)
    t, change = axes.get_lines()[-1].get_data()
    np.testing.assert_allclose(t, saddle.t)
    assert np.abs(change).max() == pytest.approx(saddle.energy_drift)


def test_a_circle_in_phase_space(saddle):
    axes = plot_phase_portrait(saddle)
    q, v = line(axes, "path").get_data()
    np.testing.assert_allclose(q**2 + v**2, 1 / np.sin(5) ** 2, rtol=1e-6)
    assert line(axes, "levels of the energy")


def test_conjugate_times_are_marked(saddle):
    axes = saddle.plot()
    t, _ = line(axes, "conjugate to the start").get_data()
    np.testing.assert_allclose(t, np.pi, rtol=1e-8)


def test_a_saddle_has_one_mode_that_lowers_the_action(saddle):
    axes = plot_action(saddle)
    first, second = (each.get_data() for each in axes.get_lines()[1:3])
    assert first[1].max() < 1e-9 < -first[1].min()
    assert second[1].min() > -1e-9
    # Of a harmonic oscillator: S(q + aδ) − S(q) = a² λ ∫ δ² dt / 2, δ = sin(πt/T).
    np.testing.assert_allclose(
        first[1], first[0] ** 2 * ((np.pi / 5) ** 2 - 1) * 2.5 / 2, rtol=1e-5
    )


def test_the_modes_are_sines(saddle):
    axes = plot_modes(saddle, many=2)
    for k in (1, 2):
        t, mode = axes.get_lines()[k].get_data()
        np.testing.assert_allclose(mode, np.sqrt(2 / 5) * np.sin(k * np.pi * t / 5), atol=1e-5)
        value = (k * np.pi / 5) ** 2 - 1
        assert f"{value:.3f}".replace("-", "−")[:5] in axes.get_lines()[k].get_label()


def test_the_orbit_in_its_plane(orbit):
    axes = plot_trajectory(orbit)
    x, y = line(axes, "path").get_data()
    np.testing.assert_allclose([x[0], y[0], x[-1], y[-1]], [1, 0, 0, 1.3], atol=1e-12)
    assert axes.get_aspect() == 1
    assert plot_phase_portrait(orbit, coordinate=1).get_xlabel() == "$q_{1}$"
    assert len(plot_modes(orbit, many=1).get_lines()) == 5


def test_bad_input(homework, orbit):
    with pytest.raises(InvalidInput, match="at each of them"):
        homework.plot(exact=lambda t: 0.0)
    with pytest.raises(InvalidInput, match="two of the path's 1"):
        plot_trajectory(homework)
    with pytest.raises(InvalidInput, match="coordinate=2"):
        plot_phase_portrait(orbit, coordinate=2)
    with pytest.raises(InvalidInput, match="modes="):
        plot_action(homework, modes=[99])
