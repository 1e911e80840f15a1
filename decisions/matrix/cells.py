"""The cells of a matrix, and how they are drawn: here and not by a template, since a page has
hundreds of them, and they took most of its time.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from html import escape

from django.utils.safestring import SafeString, mark_safe

from catalogue.listing.cell_figures import Figure
from catalogue.listing.crosstab import AxisValue, Cell
from catalogue.releases.crosstabs import Difference

#: Blanks within a figure.
COUNTS = re.compile(r"(?<=\d) (?=of \d|%)|(?<=\d of) (?=\d)")


@dataclass(frozen=True)
class Shown:
    """A cell: what it says, of which row and column it is, what is counted in it, and whether
    that is what it says. `shade`: how dark it is, from 0 on. `difference`: from another state;
    `matches`: how many hold what is looked for; None where there is no such thing.
    """

    figure: Figure
    cell: Cell
    row: str
    column: str
    noun: str
    is_count: bool
    shade: int = 0
    difference: Difference | None = None
    matches: int | None = None

    @property
    def url(self) -> str:
        return self.cell.url

    @property
    def count(self) -> int:
        return self.cell.count

    @property
    def is_empty(self) -> bool:
        return self.figure.status == "none"

    @cached_property
    def lines(self) -> list[str]:
        """What stands below its figure, small."""
        lines = [self.figure.detail]
        if self.difference:
            lines.append(self.difference.text)
        if self.matches:
            plural = "" if self.matches == 1 else "es"
            lines.append(f"{self.matches:,} match{plural}")
        return [line for line in lines if line]

    @property
    def whole_text(self) -> str:
        """All that it says, on one line."""
        return "; ".join([self.figure.text, *self.lines])

    @property
    def name(self) -> str:
        """Of its link, for who does not see where it stands."""
        figure = self.figure.text
        if self.is_count:
            figure += f" {self.noun}{'' if self.count == 1 else 's'}"
        return f"{'; '.join([figure, *self.lines])}: {self.row}, {self.column}"

    def in_table(self, kind: str = "", is_linked: bool = True) -> str:
        """As it stands in the table. `kind` is its class; without one it says how dark it is."""
        kind = kind or f"shade-{self.shade}"
        if self.matches:
            kind += " marked"
        content = self._text
        if not is_linked or self.is_empty:
            content = f"<span>{content}</span>"
        else:
            url, name = escape(self.url), escape(self.name)
            content = f'<a href="{url}" aria-label="{name}">{content}</a>'
        return f'<td class="{kind}">{content}</td>'

    @property
    def _text(self) -> str:
        small = "".join(
            f"<small>{as_drawn(one)}</small>" for one in self.lines
        )
        return f"{as_drawn(self.figure.text)}{small}"

    def in_list(self, label: str) -> str:
        """An entry of its row on a phone."""
        small = "".join(
            f" <small>{as_drawn(one)}</small>" for one in self.lines
        )
        return (
            f'<li><a href="{escape(self.url)}">{escape(label)}</a> '
            f'<span class="num">{as_drawn(self.figure.text)}{small}</span></li>'
        )


def as_drawn(text: str) -> str:
    """As it stands on a page, where “13 of 23” and “86 %” are not broken over two lines."""
    return escape(COUNTS.sub("\N{NO-BREAK SPACE}", text))


def in_table(cells: Iterable[Shown]) -> SafeString:
    return mark_safe("".join(cell.in_table() for cell in cells))


@dataclass(frozen=True)
class Head:
    """Of a row or a column: its value, the list of all that has it, and how many that are.
    `toggle_url` opens what lies below it, or closes it.
    """

    value: AxisValue
    url: str
    count: int
    toggle_url: str = ""

    @property
    def depth(self) -> int:
        return self.value.depth


@dataclass(frozen=True)
class Row:
    head: Head
    cells: list[Shown]
    total: Shown

    @property
    def drawn_cells(self) -> SafeString:
        """Those of the table, the total last."""
        return mark_safe(in_table(self.cells) + self.total.in_table("total"))

    @property
    def drawn_entries(self) -> SafeString:
        """What a phone lists of it: all of it, then the cells that are not empty."""
        entries = [self.total.in_list("All of it")] if self.head.count else []
        entries += [one.in_list(one.column) for one in self.largest_first]
        return mark_safe("".join(entries))

    @cached_property
    def largest_first(self) -> list[Shown]:
        """The cells that say anything, the most first."""
        filled = [one for one in self.cells if not one.is_empty or one.lines]
        return sorted(filled, key=lambda one: -(one.figure.value or 0))

    @property
    def empty_count(self) -> int:
        return len(self.cells) - len(self.largest_first)
