"""Paths on a card: in a terminal by Rich, in a notebook as a small table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from extremum.outcomes import Verdict
from extremum.solve.card import COLOURS, Card, framed, framed_html, plain

if TYPE_CHECKING:
    from extremum.mechanics.all_paths import Paths
    from extremum.mechanics.path import Path

WORDS = {
    Verdict.MINIMUM: "the action is a minimum",
    Verdict.SADDLE: "the action is a saddle",
    Verdict.DEGENERATE: "the action is stationary, with variations that leave it as it is",
    Verdict.NOT_STATIONARY: "no path of stationary action",
}
"""What a verdict says of a path; the others have words of their own."""

FEW = 6
"""Numbers in a line at most."""


def title(path: Path) -> str:
    """The verdict in a few words."""
    certificate = path.certificate
    words = WORDS.get(certificate.verdict, certificate.verdict.value)
    if certificate.verdict in (Verdict.SADDLE, Verdict.DEGENERATE):
        words += f", Morse index {certificate.morse_index}"
    return f"{certificate.verdict.name}: {words}"


def rows(path: Path) -> list[tuple[str, str]]:
    """The lines of the card, as label and text."""
    certificate = path.certificate
    lines = [
        ("success", "yes" if path.success else "no"),
        ("from", f"t = {path.t[0]:.9g}, q = {_numbers(path.q[0])}"),
        ("to", f"t = {path.t[-1]:.9g}, q = {_numbers(path.q[-1])}"),
        ("velocity", f"{_numbers(path.v[0])} at first, {_numbers(path.v[-1])} at last"),
        ("action", f"{path.action:.15g}"),
        ("energy", f"{path.energy[0]:.9g}, varies by {path.energy_drift:.2g}"),
        ("error of q", f"about {path.error_estimate:.2g}"),
    ]
    if certificate.morse_index is not None:
        lines.append(("Morse index", f"{certificate.morse_index}, nullity {certificate.nullity}"))
    if len(certificate.conjugate_times):
        lines.append(("conjugate to", f"t = {_numbers(certificate.conjugate_times)}"))
    if certificate.flat_directions:
        lines.append(("flat along", ", ".join(certificate.flat_directions)))
    if len(certificate.eigenvalues):
        lines.append(("eigenvalues", f"{_numbers(certificate.eigenvalues, 6)}, …"))
    lines += [
        ("evidence", ". ".join(certificate.evidence)),
        ("stopped", path.message),
        ("mesh", f"{path.rule}, {len(path.t) - 1} elements"),
        ("work", f"{len(path.trace) - 1} iterations of Newton's"),
    ]
    return lines


def panel(path: Path) -> Card:
    """The card for a terminal."""
    return framed(title(path), _colour(path), rows(path))


def text(path: Path) -> str:
    """The card as plain text."""
    return plain(panel(path))


def html(path: Path) -> str:
    """The card for a notebook."""
    return framed_html(title(path), _colour(path), rows(path))


def paths_rows(paths: Paths) -> list[tuple[str, str]]:
    """A line a path, and how complete they are."""
    lines = [
        (
            _index(path),
            f"action {path.action:.12g}, energy {path.energy[0]:.9g}, "
            f"velocity {_numbers(path.v[0])}",
        )
        for path in paths
    ]
    return [*lines, ("complete", paths.completeness)]


def paths_title(paths: Paths) -> str:
    """How many there are."""
    of_index = f"of stationary action, Morse index up to {paths.max_index}"
    return f"{len(paths)} path{'' if len(paths) == 1 else 's'} {of_index}"


def paths_panel(paths: Paths) -> Card:
    """The card for a terminal."""
    return framed(paths_title(paths), _paths_colour(paths), paths_rows(paths))


def paths_text(paths: Paths) -> str:
    """The card as plain text."""
    return plain(paths_panel(paths))


def paths_html(paths: Paths) -> str:
    """The card for a notebook."""
    return framed_html(paths_title(paths), _paths_colour(paths), paths_rows(paths))


def _index(path: Path) -> str:
    index = path.certificate.morse_index
    return "undecided" if index is None else f"index {index}"


def _colour(path: Path) -> str:
    return COLOURS.get(path.certificate.verdict, "red")


def _paths_colour(paths: Paths) -> str:
    return "green" if paths.complete else "yellow"


def _numbers(values: Any, digits: int = 9) -> str:
    """A number, or as many of several as fit in a line."""
    if np.ndim(values) == 0:
        return f"{values:.{digits}g}"
    shown = ", ".join(f"{value:.{digits}g}" for value in values[:FEW])
    more = f", … ({len(values)} in all)" if len(values) > FEW else ""
    return f"[{shown}{more}]"
