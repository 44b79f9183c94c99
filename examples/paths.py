"""Paths of stationary action: a textbook table, a homework, a minimum that becomes a saddle.

Run it with ``python examples/paths.py``. The pictures go to ``demo/``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from extremum.mechanics import Particle, stationary_path, stationary_paths
from extremum.plot import plot_action, plot_modes, plot_phase_portrait, save

PICTURES = Path(__file__).resolve().parents[1] / "demo"

OSCILLATOR = Particle(1.0, lambda q: q**2 / 2)
QUARTIC = Particle(1.0, lambda q: q**4 / 4)


def homework(t):
    """The harmonic oscillator from x(0) = 0 to x(1) = 1."""
    return np.sin(t) / np.sin(1)


def main() -> None:
    """Find, certify, print, draw."""
    console = Console(highlight=False)

    console.rule("V = x⁴/4, x(0) = 2, x(1) = 0: Newton's iteration from the straight line")
    textbook = stationary_path(QUARTIC, 2.0, 0.0, 1.0, points=101, rule="rectangle")
    table = Table("iteration", "relative step", "S")
    for k in range(len(textbook.trace)):
        row = textbook.trace[k]
        table.add_row(str(k), "" if k == 0 else f"{row['relative_step']:.3e}", f"{row['fun']:.10f}")
    console.print(table)
    console.print(textbook)

    console.rule("Where the action is a minimum, and where it is a saddle")
    table = Table("duration", "verdict", "index", "conjugate times")
    for duration in (1.0, 3.1, 3.2, 6.2, 6.3, 10.0):
        path = stationary_path(OSCILLATOR, 0.0, 1.0, duration)
        certificate = path.certificate
        table.add_row(
            f"{duration}",
            certificate.verdict.name,
            f"{certificate.morse_index}",
            ", ".join(f"{t:.6f}" for t in path.conjugate_times),
        )
    console.print(table)

    console.rule("V = x⁴/4, x(0) = 0, x(8) = 1: all paths up to index 3")
    found = stationary_paths(QUARTIC, 0.0, 1.0, 8.0, max_index=3)
    console.print(found)

    saddle = found[-1]
    drawn = stationary_path(OSCILLATOR, 0.0, 1.0, 1.0, points=21, rule="rectangle")
    pictures = {
        "harmonic_path.png": drawn.plot(exact=homework),
        "quartic_path.png": saddle.plot(),
        "phase_portrait.png": plot_phase_portrait(saddle),
        "modes.png": plot_modes(saddle),
        "action_saddle.png": plot_action(saddle),
    }
    console.print("\nPictures:")
    for name, axes in pictures.items():
        console.print(f"  {save(axes, PICTURES / name).name}")


if __name__ == "__main__":
    main()
