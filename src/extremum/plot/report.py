"""A fitted regression as one page of HTML that needs nothing else, and runs nothing."""

from __future__ import annotations

import base64
import importlib.metadata
import io
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from extremum.plot.figure import DPI, root_figure

if TYPE_CHECKING:
    from extremum.regression import TableRows
    from extremum.regression.estimator import Regression

CAPTIONS = {
    "coefficients": "The coefficients, with 95 % confidence intervals.",
    "line": "The fit, with the 95 % confidence interval of the mean.",
    "decision": "The most probable class, the deeper the colour the surer; and the rows.",
    "calibration": "What was observed over what was predicted, in groups of rows.",
    "loss": "The loss over the iterations.",
    "steps": "The length of each step of the parameters.",
}
"""What is said below each picture."""

PIXELS = 96
"""A browser's to the inch."""

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b1b1b; background: #fff }
h1 { font-size: 1.6rem; margin-bottom: .2rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
td, th { padding: .15rem .9rem .15rem 0; text-align: left; vertical-align: top }
td + td, th + th { text-align: right } thead th { border-bottom: 1px solid #999 }
figure { margin: 1.5rem 0 } img { max-width: 100%; height: auto }
figcaption, footer, .lead { color: #555 } footer { margin-top: 3rem; font-size: .85rem }
.card table td + td { text-align: left }
"""

# Nothing is fetched and nothing runs, whatever a table may have put into the page.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write_report(
    path: str | Path, model: Regression, rows: TableRows, pictures: Mapping[str, Axes]
) -> None:
    """Write a page about a fitted regression.

    Parameters
    ----------
    path : str or Path
        To end in ``.html``.
    model : LinearRegression, LogisticRegression or PoissonRegression
        Fitted.
    rows : TableRows
        What it was fitted to.
    pictures : mapping of str to Axes
        As `plot_regression` gives them.
    """
    title = f"{type(model).__name__.removesuffix('Regression')} regression of {rows.target.name}"
    count = f"{rows.n_rows} rows, {rows.n_features} feature{'s' if rows.n_features > 1 else ''}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="lead">{escape(str(rows.table))}: {count}.</p>',
        model.summary()._repr_html_(),
        "<h2>The run</h2>",
        model.result_._repr_html_(),
        "<h2>Pictures</h2>",
        *(_figure(name, axes) for name, axes in pictures.items()),
        "<h2>What was decided about the table</h2>",
        "<ul>",
        *(f"<li>{escape(note)}</li>" for note in rows.notes),
        "</ul>",
        f"<footer>extremum {importlib.metadata.version('extremum')}</footer>",
    ]
    Path(path).write_text(_page(title, parts), encoding="utf-8")


def _page(title: str, parts: Sequence[str]) -> str:
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _figure(name: str, axes: Axes) -> str:
    stream, figure = io.BytesIO(), root_figure(axes)
    figure.savefig(stream, format="png", dpi=DPI, bbox_inches="tight")
    data = base64.b64encode(stream.getvalue()).decode("ascii")
    caption, width = escape(CAPTIONS.get(name, name)), PIXELS * figure.get_figwidth()
    return (
        f'<figure><img alt="{caption}" width="{width:.0f}" src="data:image/png;base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )
