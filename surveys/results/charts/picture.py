"""The plot of a study as a picture by itself: SVG, and PNG made of it. Title, question, source and
how it is read stand within it, so that it can stand anywhere.
"""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import fontpkg_source_sans_3
import fontpkg_source_serif_4
import resvg_py
from django.template.loader import render_to_string

from .plot import TICKS, Dot, Panel, PublishedDot

#: Everything in units of the picture, of which two are three hundredths of an inch in print.
WIDTH = 1200
MARGIN = 40
#: Where the axis begins and ends; names stand left of it, counts right.
LEFT = 430
RIGHT = 1050
ROW = 26
#: Of a PNG: two for a unit, but never more than these in all, or it takes the memory of others.
PIXELS_FOR_A_UNIT = 2.0
MOST_PIXELS = 12_000_000
#: (characters in a line, height of a line) of the texts, by their size of type.
TITLE = (66, 38)
QUESTION = (110, 26)
NOTE = (150, 20)
#: Of a name left of the axis: characters in a line, also in a wider face where the reader has none
#: of those named in the picture; lines; and the height of a line.
NAME = 42
LINES_OF_A_NAME = 2
NAME_LINE = 17


@dataclass(frozen=True)
class TextLine:
    """A line of text, and where it stands."""

    text: str
    y: int


@dataclass(frozen=True)
class DrawnDot:
    """A dot with where it stands."""

    dot: Dot | PublishedDot
    y: int

    @property
    def name(self) -> list[TextLine]:
        lines = _name_of(self.dot)
        first = self.y + 5 - NAME_LINE * (len(lines) - 1) // 2
        return [
            TextLine(text, first + NAME_LINE * at)
            for at, text in enumerate(lines)
        ]

    @property
    def x(self) -> float:
        return across(self.dot.value)

    @property
    def low(self) -> float:
        return across(self.dot.low)

    @property
    def high(self) -> float:
        return across(self.dot.high)


@dataclass(frozen=True)
class DrawnPanel:
    """A panel from `top`, where its axis is, to `bottom`."""

    title: str
    top: int
    bottom: int
    dots: list[DrawnDot]


def _name_of(dot: Dot | PublishedDot) -> list[str]:
    """In lines."""
    return textwrap.wrap(
        dot.label,
        NAME,
        max_lines=LINES_OF_A_NAME,
        placeholder=" …",
    )


def across(percent: float) -> float:
    """Where a share stands on the axis."""
    return round(LEFT + (RIGHT - LEFT) * percent / 100, 1)


class Layout:
    """Puts texts and panels below one another; `y` is where the next begins."""

    def __init__(self) -> None:
        self.y = MARGIN

    def text(self, text: str, room: tuple[int, int]) -> list[TextLine]:
        characters, height = room
        lines = []
        for one in textwrap.wrap(text, characters):
            self.y += height
            lines.append(TextLine(one, self.y))
        return lines

    def panel(self, panel: Panel) -> DrawnPanel:
        self.y += 66 if panel.title else 36
        top = self.y
        dots = []
        for dot in panel.dots:
            height = ROW + NAME_LINE * (len(_name_of(dot)) - 1)
            dots.append(DrawnDot(dot, self.y + height // 2))
            self.y += height
        return DrawnPanel(panel.title, top, self.y, dots)


@dataclass(frozen=True)
class Picture:
    """As SVG, and how high and how wide it is in units."""

    svg: str
    height: int
    width: int = WIDTH

    def png(self) -> bytes:
        """Twice as many pixels as it has units, or as many as are allowed."""
        most = math.sqrt(MOST_PIXELS / (self.width * self.height))
        return resvg_py.svg_to_bytes(
            svg_string=self.svg,
            zoom=min(PIXELS_FOR_A_UNIT, most),
            # Those of the machine are other ones on each.
            skip_system_fonts=True,
            font_files=_font_files(),
        )


def draw(
    *,
    title: str,
    question: str,
    panels: Sequence[Panel],
    notes: Sequence[str],
    consensus: int | None,
) -> Picture:
    """The picture, in colours of its own on white: it stands on pages that know no others."""
    layout = Layout()
    titles = layout.text(title, TITLE)
    layout.y += 6
    questions = layout.text(question, QUESTION)
    drawn = [layout.panel(panel) for panel in panels]
    layout.y += 14 if consensus is None else 32
    lines = []
    for note in notes:
        layout.y += 4
        lines += layout.text(note, NOTE)
    height = layout.y + MARGIN
    context = {
        "title": title,
        "titles": titles,
        "questions": questions,
        "panels": drawn,
        "notes": lines,
        "ticks": [(f"{tick} %", across(tick)) for tick in TICKS],
        "consensus": consensus,
        "consensus_x": across(consensus or 0),
        "width": WIDTH,
        "height": height,
        "margin": MARGIN,
        "name_x": LEFT - 18,
        "count_x": RIGHT + 18,
    }
    return Picture(render_to_string("surveys/chart.svg", context), height)


@cache
def _font_files() -> list[str]:
    files = []
    for package, name in (
        (fontpkg_source_sans_3, "SourceSans3[wght].ttf"),
        (fontpkg_source_serif_4, "SourceSerif4[opsz,wght].ttf"),
    ):
        files.append(str(package.ROOT / "files" / name))
    return files
