"""A table with facts above it: in a terminal by Rich, in a notebook as HTML."""

from __future__ import annotations

import html as markup
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from extremum.solve.card import WIDTH, plain


@dataclass(frozen=True)
class Sheet:
    """What is printed of it: a heading, facts, a table and notes.

    Attributes
    ----------
    heading, colour : str
    facts : tuple of (str, str)
        Labels and texts.
    header : tuple of str
        The table's columns; the first is that of the names.
    rows : tuple of tuple of str
    notes : tuple of str
    """

    heading: str
    colour: str
    facts: tuple[tuple[str, str], ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return plain(self.__rich__())

    __repr__ = __str__

    def __rich__(self) -> RenderableType:
        facts = Table.grid(padding=(0, 2))
        for style in ("dim", "", "dim", ""):
            facts.add_column(style=style, overflow="fold")
        half = (len(self.facts) + 1) // 2
        for i, (label, value) in enumerate(self.facts[:half]):
            beside = self.facts[half + i] if half + i < len(self.facts) else ("", "")
            facts.add_row(label, Text(value), beside[0], Text(beside[1]))
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1))
        for i, name in enumerate(self.header):
            table.add_column(Text(name), justify="right" if i else "left", overflow="fold")
        for row in self.rows:
            table.add_row(*map(Text, row))
        parts: list[RenderableType] = [facts, Text(), table] if self.rows else [facts]
        for note in self.notes:
            parts += [Text(), Text(note)]
        title = Text(self.heading, style=f"bold {self.colour}")
        return Panel(
            Group(*parts), title=title, title_align="left", border_style=self.colour, width=WIDTH
        )

    def _repr_html_(self) -> str:
        label = "text-align:left;opacity:.65"
        facts = "".join(
            f'<tr><td style="{label}">{markup.escape(name)}</td>'
            f'<td style="text-align:left">{markup.escape(value)}</td></tr>'
            for name, value in self.facts
        )
        cell = "text-align:{}"
        head = "".join(
            f'<th style="{cell.format("right" if i else "left")}">{markup.escape(name)}</th>'
            for i, name in enumerate(self.header)
        )
        body = "".join(
            "<tr>"
            + "".join(
                f'<td style="{cell.format("right" if i else "left")}">{markup.escape(value)}</td>'
                for i, value in enumerate(row)
            )
            + "</tr>"
            for row in self.rows
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        notes = "".join(f"<p>{markup.escape(note)}</p>" for note in self.notes)
        return (
            f'<div style="border-left:4px solid {self.colour};padding:.2em 1em;max-width:60em">'
            f"<strong>{markup.escape(self.heading)}</strong><table>{facts}</table>"
            f"{table if self.rows else ''}{notes}</div>"
        )
