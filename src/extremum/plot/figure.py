"""What all pictures share: new axes, colours, the legend above, numbers as text, files."""

from __future__ import annotations

import re
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

BLUE, VERMILLION, GREEN = "#0072B2", "#D55E00", "#009E73"
PURPLE, SKY, ORANGE, BLACK = "#CC79A7", "#56B4E9", "#E69F00", "#000000"
"""Okabe and Ito's palette (Color Universal Design, 2008): colour-blind readers tell it apart."""

GREY = "#6E6E6E"

RUNS = (VERMILLION, BLACK, GREEN, ORANGE, PURPLE)
"""The colours of several runs in one picture."""

LETTERS_PER_INCH = 17.5
"""Of a legend's small print, about."""

DPI = 200
"""Dots per inch of a saved picture."""


def new_axes(width: float, height: float) -> Axes:
    """Make a figure of this size, in inches, with one Axes."""
    # Looked up only here, so that whoever brings their own Axes never has a backend chosen.
    from matplotlib import pyplot as plt

    _, axes = plt.subplots(figsize=(width, height), layout="constrained")
    return axes


def save(axes: Axes, path: str | Path, dpi: float = DPI) -> Path:
    """Write the figure that the axes belong to.

    Parameters
    ----------
    axes : Axes
    path : str or Path
        The ending says the format: ``.png``, ``.pdf``, ``.svg``. Missing folders are made.
    dpi : float
        Dots per inch, for a picture of dots.

    Returns
    -------
    Path
        Where it is.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    root_figure(axes).savefig(path, dpi=dpi, bbox_inches="tight", facecolor="white")
    return path


def root_figure(axes: Axes) -> Figure:
    """The outermost figure."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    return figure


def tidy(axes: Axes) -> None:
    """Leave away the spines that carry no scale."""
    axes.spines[["top", "right"]].set_visible(False)


def legend_above(axes: Axes) -> None:
    """Put the legend above the axes, where it covers nothing; equal entries are shown once."""
    handles, labels = axes.get_legend_handles_labels()
    entries = dict(zip(labels, handles, strict=True))
    if entries:
        width = axes.get_window_extent().width / root_figure(axes).dpi
        lengths = [len(re.sub(r"[$\\^{}]|varphi|times", "", label)) for label in entries]
        axes.legend(
            entries.values(),
            entries.keys(),
            loc="lower left",
            bbox_to_anchor=(0.0, 1.0),
            ncols=_columns(lengths, width * LETTERS_PER_INCH),
            frameon=False,
            fontsize="small",
            borderaxespad=0.2,
            columnspacing=1.4,
            handlelength=1.8,
        )


def _columns(lengths: list[int], most: float) -> int:
    """As many columns as fit; Matplotlib fills one after the other."""
    for columns in (3, 2):
        rows = -(-len(lengths) // columns)
        widths = [max(lengths[k : k + rows]) + 5 for k in range(0, len(lengths), rows)]
        if len(widths) == columns and sum(widths) <= most:
            return columns
    return 1


def literal(text: object) -> str:
    """A text from elsewhere, in which a dollar is no sign of Matplotlib's."""
    return str(text).replace("$", r"\$")


def number(value: float, digits: int = 6) -> str:
    """A number as text, with a true minus sign and powers of ten."""
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    mantissa = mantissa.replace("-", "−")
    if not exponent:
        return mantissa
    return f"{mantissa}$\\times 10^{{{int(exponent)}}}$"
