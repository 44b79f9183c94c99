"""A result on a card: in a terminal by Rich, in a notebook as a small table."""

from __future__ import annotations

import html as markup
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from extremum.outcomes import Verdict

if TYPE_CHECKING:
    from extremum.solve.result import Result

Card: TypeAlias = RenderableType
"""What a terminal shows of a result."""

WIDTH = 88

COLOURS = {
    Verdict.MINIMUM: "green",
    Verdict.MAXIMUM: "cyan",
    Verdict.SADDLE: "magenta",
    Verdict.DEGENERATE: "yellow",
    Verdict.UNDECIDED: "yellow",
}
"""The colour of a verdict; red for the rest."""


def title(result: Result) -> str:
    """The verdict in a few words, and whether it is what was asked for."""
    certificate = result["certificate"]
    verdict: Verdict = certificate.verdict
    words = verdict.value
    if verdict is Verdict.SADDLE:
        words += f", Morse index {certificate.morse_index}"
    if verdict is Verdict.DEGENERATE:
        kind = {True: "; a minimum", False: "; not a minimum", None: "; perhaps a minimum"}
        words += kind[certificate.is_minimum]
    return f"{verdict.name}: {words}"


def rows(result: Result) -> list[tuple[str, str]]:
    """The lines of the card, as label and text."""
    certificate = result["certificate"]
    lines = [
        ("success", "yes" if result["success"] else "no"),
        ("x", parameters(result["x"])),
        ("value", f"{result['fun']:.17g}"),
        (
            "gradient",
            f"{certificate.gradient_norm:.3g} (rounding {certificate.gradient_floor:.1g})",
        ),
    ]
    if certificate.eigenvalues is not None:
        lines.append(("eigenvalues", _eigenvalues(certificate)))
    if certificate.radius is not None:
        lines.append(("within", f"{certificate.radius:.2g} of the stationary point"))
    if certificate.distance is not None:
        lines.append(("distance", f"about {certificate.distance:.2g} to a stationary point"))
    if certificate.flat_directions is not None and len(certificate.flat_directions):
        lines.append(("flat along", "; ".join(_vector(d) for d in certificate.flat_directions[:3])))
    if certificate.ray is not None:
        lines.append(("ray", _ray(certificate.ray)))
    if certificate.lower_point is not None and certificate.ray is None:
        lines.append(
            (
                "lower point",
                f"{_vector(certificate.lower_point)}, value {certificate.lower_value:.6g}",
            )
        )
    lines += [
        ("evidence", ". ".join(certificate.evidence)),
        ("stopped", result["message"]),
        ("method", result["method"]),
        ("derivatives", result["source"]),
        ("Hessian", result["structure"]),
        (
            "work",
            f"{result['nit']} iterations; {result['nfev']} values, {result['njev']} gradients, "
            f"{result['nhev']} Hessians, {result['nhvp']} products",
        ),
        (
            "time",
            f"{result['seconds']:.2g} s, certificate {certificate.seconds:.2g} s, before them "
            f"{sum(result['preparation'].values()):.2g} s of preparation",
        ),
    ]
    lines += [("note", note) for note in result["notes"]]
    return lines


def panel(result: Result) -> RenderableType:
    """The card for a terminal."""
    return framed(title(result), _colour(result), rows(result))


def text(result: Result) -> str:
    """The card as plain text."""
    return plain(panel(result))


def html(result: Result) -> str:
    """The card for a notebook."""
    return framed_html(title(result), _colour(result), rows(result))


def framed(heading: str, colour: str, lines: list[tuple[str, str]]) -> RenderableType:
    """Labels and texts under a heading, for a terminal."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in lines:
        table.add_row(label, Text(value))
    title = Text(heading, style=f"bold {colour}")
    return Panel(table, title=title, title_align="left", border_style=colour, width=WIDTH)


def plain(card: RenderableType) -> str:
    """A card without colours."""
    stream = io.StringIO()
    Console(file=stream, width=WIDTH, color_system=None).print(card)
    return stream.getvalue().rstrip("\n")


def framed_html(heading: str, colour: str, lines: list[tuple[str, str]]) -> str:
    """Labels and texts under a heading, for a notebook."""
    label_style = "text-align:left;vertical-align:top;white-space:nowrap;opacity:.65"
    value_style = "text-align:left;overflow-wrap:anywhere"
    body = "".join(
        f'<tr><td style="{label_style}">{label}</td>'
        f'<td style="{value_style}">{markup.escape(value)}</td></tr>'
        for label, value in lines
    )
    return (
        f'<div style="border-left:4px solid {colour};padding:.2em 1em;max-width:50em">'
        f"<strong>{markup.escape(heading)}</strong><table>{body}</table></div>"
    )


def _colour(result: Result) -> str:
    return COLOURS.get(result["certificate"].verdict, "red")


def parameters(x: Any) -> str:
    """A point as text, whatever its structure."""
    if isinstance(x, Mapping):
        return "{" + ", ".join(f"{name}: {parameters(part)}" for name, part in x.items()) + "}"
    if isinstance(x, tuple | list):
        return "(" + ", ".join(map(parameters, x)) + ")"
    if hasattr(x, "tolist") and np.ndim(x):  # an array of NumPy's or a tensor of PyTorch's
        return _vector(x.tolist()) if np.ndim(x) == 1 else f"{_vector(x.tolist())} {_shape(x)}"
    if hasattr(x, "item"):
        x = x.item()
    return f"{x:.17g}" if isinstance(x, float | np.floating) else str(x)


def _shape(x: Any) -> str:
    return "(" + " × ".join(map(str, x.shape)) + ")"


def _vector(x: Any, most: int = 6) -> str:
    numbers = [f"{value:.9g}" for value in np.ravel(x)[:most]]
    more = f", … ({np.size(x)} in all)" if np.size(x) > most else ""
    return f"[{', '.join(numbers)}{more}]"


def _eigenvalues(certificate: Any) -> str:
    values, errors = certificate.eigenvalues, certificate.eigenvalue_error
    same = np.ptp(errors) == 0
    shown = [
        f"{value:.6g}" + ("" if same else f" ± {error:.1g}")
        for value, error in zip(values, errors, strict=True)
    ]
    if certificate.gradient.size > len(values):
        shown.insert(len(values) // 2, "…")
    return ", ".join(shown) + (f" (± {errors[0]:.1g})" if same else "")


def _ray(ray: Any) -> str:
    chosen = [k for k in (0, 1, 11, 21, 41, len(ray.lengths) - 1) if k < len(ray.lengths)]
    values = ", ".join(
        f"{ray.values[k]:.4g} at {ray.lengths[k]:.2g}" for k in dict.fromkeys(chosen)
    )
    return f"along {_vector(ray.direction)}: {values}"
