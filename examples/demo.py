"""A function with two wells: two ways down, the saddle between them, and what each point is.

Run it with ``make demo`` or ``python examples/demo.py``. The pictures go to ``demo/``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

import extremum as ex
from extremum.plot import plot_contours, plot_convergence, plot_function, save

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "demo"


def two_wells(x):
    """φ(x₀, x₁) = x₀² − 2x₀ + x₁⁴ − 2x₁² + x₁: two minima and a saddle between them."""
    return x[0] ** 2 - 2 * x[0] + x[1] ** 4 - 2 * x[1] ** 2 + x[1]


def exponential(x):
    """φ(x) = e^(x−√x) − x for x > 0: one minimum."""
    return np.exp(x - np.sqrt(x)) - x


def main() -> None:
    """Minimize, certify, print, draw."""
    console = Console(highlight=False)

    console.rule("Gradient descent from (2, 0.25), fixed step, forward differences")
    descent = ex.minimize(
        two_wells,
        [2, 0.25],
        method=ex.GradientDescent(step=0.15),
        jac=ex.ForwardDifference(1e-6),
        stop=ex.RelativeStep(1e-8),
    )
    console.print(iterations(descent))
    console.print(descent)

    console.rule("The default method from the same start")
    newton = ex.minimize(two_wells, [2, 0.25])
    console.print(newton)

    console.rule("The stationary point near (1.2, 0.3)")
    saddle = ex.stationary(two_wells, [1.2, 0.3])
    console.print(saddle)

    console.rule("One variable: e^(x−√x) − x")
    scalar = ex.minimize_scalar(exponential, bracket=(1, 3))
    console.print(scalar)

    labels = [
        f"gradient descent, {descent.nit} iterations",
        f"Newton, {newton.nit} iterations",
        f"stationary(), {saddle.nit} iterations",
    ]
    limits = ((-0.6, 2.6), (-1.75, 1.6))
    pictures = {
        "two_wells.png": plot_contours(
            two_wells, descent, newton, saddle, labels=labels, limits=limits
        ),
        "convergence.png": plot_convergence(descent, newton, labels=labels[:2]),
        "one_variable.png": plot_function(exponential, scalar, limits=(0, 3.5)),
    }
    console.print("\nPictures:")
    for name, axes in pictures.items():
        console.print(f"  {save(axes, PICTURES / name).relative_to(ROOT)}")


def iterations(result: ex.Result) -> Table:
    """The first rows of a trace, every tenth, and the last."""
    trace, table = result.trace, Table()
    for column in ("nit", "x0", "x1", "fun", "grad_norm", "relative_step"):
        table.add_column(column, justify="right")
    last = len(trace) - 1
    for k in sorted({*range(min(4, last)), *range(0, last, 10), last}):
        row, (x0, x1) = trace[k], trace.x[k]
        table.add_row(
            str(row["nit"]),
            f"{x0:.8f}",
            f"{x1:.8f}",
            f"{row['fun']:.12f}",
            f"{row['grad_norm']:.3e}",
            "" if k == 0 else f"{row['relative_step']:.3e}",
        )
    return table


if __name__ == "__main__":
    main()
