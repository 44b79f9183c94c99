"""Two variables: the picture holds the data, whatever the verdict."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import extremum as ex
from extremum.outcomes import InvalidInput
from extremum.plot import plot_contours


def lines(axes):
    """Each labelled line's points, of shape (k, 2)."""
    return {line.get_label(): line.get_xydata() for line in axes.lines}


def end(axes, words):
    """The points of the one line whose label begins with these words."""
    (found,) = (xy for label, xy in lines(axes).items() if label.startswith(words))
    return found


def test_path_is_the_trace(two_wells, descent):
    axes = plot_contours(two_wells, descent)
    np.testing.assert_array_equal(
        lines(axes)["GradientDescent(step=0.15), 50 iterations"], descent.trace.x
    )
    np.testing.assert_array_equal(lines(axes)["start"], [[2, 0.25]])
    np.testing.assert_array_equal(end(axes, "minimum"), [descent.x])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("$x_0$", "$x_1$")


def test_all_iterates_are_inside(two_wells, newton):
    axes = plot_contours(two_wells, newton)
    for limits, x in zip((axes.get_xlim(), axes.get_ylim()), newton.trace.x.T, strict=True):
        assert limits[0] < x.min() <= x.max() < limits[1]


def test_levels_are_the_function(two_wells):
    axes = plot_contours(two_wells, limits=((-1, 3), (-2, 2)), levels=[-2.0, -1.0, 0.0])
    contours = axes.collections[1]
    np.testing.assert_array_equal(contours.levels, [-2, -1, 0])
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        np.testing.assert_allclose([two_wells(x) for x in path.vertices], level, atol=5e-3)


def test_several_results_have_their_own_labels_and_colours(two_wells, descent, newton):
    axes = plot_contours(two_wells, descent, newton, labels=["slow", "fast"])
    np.testing.assert_array_equal(lines(axes)["fast"], newton.trace.x)
    colours = {line.get_color() for line in axes.lines if line.get_label() in ("slow", "fast")}
    assert len(colours) == 2
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert len(texts) == len(set(texts))


def test_saddle_shows_its_direction_lower_point_and_level(two_wells, saddle):
    axes = plot_contours(two_wells, saddle)
    np.testing.assert_array_equal(end(axes, "saddle of index 1"), [saddle.x])
    np.testing.assert_array_equal(end(axes, "lower point"), [saddle.certificate.lower_point])
    direction = np.diff(lines(axes)["negative curvature"], axis=0)[0]
    assert direction @ saddle.hess @ direction < 0
    np.testing.assert_allclose(lines(axes)["negative curvature"].mean(axis=0), saddle.x)
    assert any(np.array_equal(c.levels, [saddle.fun]) for c in axes.collections)


def test_a_minimum_shows_no_saddle(two_wells, newton):
    assert not {"negative curvature", "level of the saddle"} & set(
        lines(plot_contours(two_wells, newton))
    )


def test_flat_direction_of_a_trough():
    def trough(x):
        return (x[0] + 2 * x[1] - 1) ** 2

    axes = plot_contours(trough, ex.minimize(trough, [1.0, 1.0]))
    ends = lines(axes)["flat direction"]
    np.testing.assert_allclose([trough(x) for x in ends], 0, atol=1e-20)
    assert end(axes, "degenerate minimum").shape == (1, 2)


@pytest.mark.parametrize(
    ("fun", "start", "words"),
    [
        (lambda x: x[0] ** 2 - x[1] ** 3, [1.0, 1.0], "without bound"),
        (lambda x: np.exp(-x[0]) + x[1] ** 2, [0.0, 1.0], "towards its infimum"),
    ],
)
def test_ray_is_an_arrow_along_it(fun, start, words):
    result = ex.minimize(fun, start)
    axes = plot_contours(fun, result)
    (arrow,) = axes.texts
    step = np.subtract(arrow.xy, arrow.xyann)
    direction = result.certificate.ray.direction
    np.testing.assert_allclose(step / np.linalg.norm(step), direction, atol=1e-6)
    assert axes.get_xlim()[0] < arrow.xy[0] < axes.get_xlim()[1]
    assert axes.get_ylim()[0] < arrow.xy[1] < axes.get_ylim()[1]
    assert any(words in label for label in lines(axes))


def test_run_to_infinity_still_shows_its_beginning():
    def cubic(x):
        return x[0] ** 2 - x[1] ** 3

    result = ex.minimize(cubic, [1.0, 1.0])
    axes = plot_contours(cubic, result)
    assert np.abs(result.x).max() > 1e6
    assert axes.get_ylim()[1] < 1e3
    assert any(label.endswith("outside") for label in lines(axes))


def test_one_row_trace(two_wells, newton):
    result = ex.minimize(two_wells, newton.x)
    assert len(result.trace) == 1
    axes = plot_contours(two_wells, result)
    assert axes.get_xlim()[0] < 1 < axes.get_xlim()[1]
    assert "start" not in lines(axes)


def test_trace_without_points_shows_the_end(two_wells):
    result = ex.minimize(two_wells, [2, 0.25], keep_x=False)
    np.testing.assert_array_equal(end(plot_contours(two_wells, result), "minimum"), [result.x])


def test_where_the_function_is_not_finite_the_picture_is_empty():
    def logs(x):
        return x[0] - np.log(x[0]) + x[1] - np.log(x[1])

    axes = plot_contours(logs, ex.minimize(logs, [0.3, 2.0]), limits=((-1, 3), (-1, 3)))
    for path in axes.collections[0].get_paths():
        assert not len(path.vertices) or path.vertices.min() >= 0
    axes.figure.canvas.draw()


def test_a_constant_function_can_be_drawn():
    axes = plot_contours(lambda x: 1.0, limits=((0, 1), (0, 1)))
    axes.figure.canvas.draw()


def test_parameters_keep_their_structure():
    def fun(p):
        return (p["a"] - 1) ** 2 + (p["b"] + 2) ** 2

    result = ex.minimize(fun, {"a": 0.0, "b": 0.0})
    axes = plot_contours(fun, result, resolution=15)
    np.testing.assert_allclose(end(axes, "minimum"), [[1, -2]], atol=1e-8)


def test_given_axes_are_drawn_in(two_wells, newton):
    given = Figure().add_subplot()
    assert plot_contours(two_wells, newton, ax=given, colorbar=False) is given
    assert given.figure.axes == [given]


def test_wrong_calls_are_refused(two_wells, newton):
    three = ex.minimize(lambda x: (x**2).sum(), np.ones(3))
    with pytest.raises(InvalidInput, match="3 variables"):
        plot_contours(two_wells, three)
    with pytest.raises(InvalidInput, match="1 labels for 2 results"):
        plot_contours(two_wells, newton, newton, labels=["one"])
    with pytest.raises(InvalidInput, match="low < high"):
        plot_contours(two_wells, limits=((1, 0), (0, 1)))
