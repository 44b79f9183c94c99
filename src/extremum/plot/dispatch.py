"""The picture that suits a result."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from extremum.objective import Parameters
from extremum.plot.contours import plot_contours
from extremum.plot.convergence import plot_convergence
from extremum.plot.curve import plot_function
from extremum.solve import Result


def plot_result(result: Result, fun: Any = None, *, ax: Axes | None = None, **options: Any) -> Axes:
    """Draw a run: over its function where that has one or two variables, else over the iterations.

    The function is known where it was given as a callable.

    Parameters
    ----------
    result : Result
    fun : callable, optional
        The function; by default the one that the result knows.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    **options
        Those of `plot_function` (n = 1), `plot_contours` (n = 2) or `plot_convergence`.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import extremum as ex
    >>> def bowl(x):
    ...     return (x[0] - 1) ** 2 + 3 * x[1] ** 2
    >>> axes = ex.minimize(bowl, [2.0, 1.0]).plot(fun=bowl)
    """
    known = result.get("objective") if fun is None else fun
    if fun is None and not hasattr(known, "plain"):
        known = None  # a sum over the rows of a table, say: a grid of values may take hours
    n = Parameters.of(result["x"], "result").size
    if known is not None and n == 1:
        return plot_function(known, result, ax=ax, **options)
    if known is not None and n == 2:
        return plot_contours(known, result, ax=ax, **options)
    return plot_convergence(result, ax=ax, **options)
