"""The matrix as a picture by itself: SVG, and PNG made of it. Title, filters, key, notes and source
stand within it, so that it can stand anywhere.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string

from catalogue.files.exports.listings import notices_of
from surveys.results.charts.picture import MARGIN, Layout, Picture, TextLine

from .cells import Shown
from .table import ALL, Matrix

#: Everything in units of the picture, of which two are three hundredths of an inch in print.
NAME_WIDTH = 300
CELL_WIDTH = 104
NARROWEST = 760
#: Above and below what a cell or a head says.
PADDING = 9
#: (characters in a line, height of a line) of the texts, by their size of type.
ROW_NAME = (40, 19)
COLUMN_NAME = (14, 17)
FIGURE = (12, 19)
SMALL = (17, 15)
#: How wide a character of a text is, about.
OF_TITLE, OF_CAPTION, OF_NOTE = 15.5, 8.6, 6.9
#: Below the top of a line, the foot of its letters.
FOOT = 15
INDENT = 16
#: (paper, ink) by shade: those of the site on white.
COLOURS = [
    ("#ffffff", "#595d60"),
    ("#e3eeed", "#1b1d1f"),
    ("#bcdcd8", "#1b1d1f"),
    ("#83bdb6", "#1b1d1f"),
    ("#1d7a72", "#ffffff"),
]
#: Of what is not shaded.
PLAIN = ("#ffffff", "#1b1d1f")


@dataclass(frozen=True)
class Box:
    """A cell, a name or an entry of the key: where it stands, its colours and its lines.
    `small` lines are in smaller type.
    """

    x: int
    y: int
    width: int
    height: int
    lines: list[TextLine]
    small: list[TextLine]
    paper: str = PLAIN[0]
    ink: str = PLAIN[1]
    is_bold: bool = False
    is_marked: bool = False

    @property
    def middle(self) -> int:
        return self.x + self.width // 2


def picture_of(matrix: Matrix, page_url: str) -> Picture:
    """In colours of its own on white: it stands on pages that know no others."""
    return _Drawing(matrix, page_url).picture


def _wrapped_to(text: str, room: tuple[int, int]) -> list[str]:
    return textwrap.wrap(text, room[0]) or [""]


def _placed(texts: Sequence[str], y: int, height: int) -> list[TextLine]:
    return [
        TextLine(text, y + FOOT + number * height)
        for number, text in enumerate(texts)
    ]


def _words(shown: Shown) -> tuple[list[str], list[str]]:
    """The lines of its figure, and the small ones below."""
    small = []
    for line in shown.lines:
        small += _wrapped_to(line, SMALL)
    return _wrapped_to(shown.figure.text, FIGURE), small


def _placed_lines(
    figure: list[str],
    small: list[str],
    y: int,
) -> tuple[list[TextLine], list[TextLine]]:
    below = y + len(figure) * FIGURE[1] - 3
    return _placed(figure, y, FIGURE[1]), _placed(small, below, SMALL[1])


def _colours(shown: Shown) -> tuple[str, str]:
    """(paper, ink)."""
    if shown.shade or shown.is_empty:
        return COLOURS[shown.shade]
    return PLAIN


class _Drawing:
    def __init__(self, matrix: Matrix, page_url: str):
        self.matrix = matrix
        self.page_url = page_url
        columns = len(matrix.columns) + 1
        needed = NAME_WIDTH + CELL_WIDTH * columns
        self.width = max(NARROWEST, needed + 2 * MARGIN)
        self.layout = Layout()

    @property
    def picture(self) -> Picture:
        titles = self._text(self.matrix.title, OF_TITLE, 38)
        self.layout.y += 6
        captions = self._text(self.matrix.caption, OF_CAPTION, 25)
        self.layout.y += 18
        heads = self._heads()
        rule = self.layout.y
        names, cells = self._rows()
        self.layout.y += 14
        key = self._key() if self.matrix.is_shaded else []
        notes = []
        for note in self._notes:
            self.layout.y += 4
            notes += self._text(note, OF_NOTE, 20)
        height = self.layout.y + MARGIN
        context = {
            "title": self.matrix.title,
            "titles": titles,
            "captions": captions,
            "corner": self.matrix.row_axis.kind.noun.capitalize(),
            "heads": heads,
            "rule": rule,
            "names": names,
            "cells": cells,
            "key": key,
            "notes": notes,
            "width": self.width,
            "height": height,
            "margin": MARGIN,
            "right": self.width - MARGIN,
        }
        svg = render_to_string("decisions/matrix.svg", context)
        return Picture(svg, height, self.width)

    def _text(self, text: str, of_character: float, height: int):
        characters = int((self.width - 2 * MARGIN) / of_character)
        return self.layout.text(text, (characters, height))

    @property
    def _notes(self) -> list[str]:
        matrix = self.matrix
        notes = [matrix.marks.sentence] if matrix.marks else []
        total, noun = matrix.total_count, matrix.filters.noun
        notes.append(f"{total:,} {noun}{'' if total == 1 else 's'} in all.")
        if matrix.sum_of_cells != total:
            notes[-1] += (
                " One can stand in several cells: the cells add up to "
                f"{matrix.sum_of_cells:,}."
            )
        notes += [*matrix.notes, *notices_of(matrix.filters)]
        notes.append(f"{settings.SITE_NAME}{matrix.as_of}: {self.page_url}")
        return notes

    def _x(self, column: int) -> int:
        return MARGIN + NAME_WIDTH + CELL_WIDTH * column

    def _heads(self) -> list[Box]:
        """Names of columns, which stand on the rule below them."""
        names = [head.value.name for head in self.matrix.columns]
        wrapped = [_wrapped_to(name, COLUMN_NAME) for name in [*names, ALL]]
        most = max(map(len, wrapped))
        bottom = self.layout.y + most * COLUMN_NAME[1]
        heads = []
        for column, texts in enumerate(wrapped):
            y = bottom - len(texts) * COLUMN_NAME[1]
            lines = _placed(texts, y, COLUMN_NAME[1])
            x = self._x(column)
            heads.append(Box(x, y, CELL_WIDTH, bottom - y, lines, []))
        self.layout.y = bottom + PADDING
        return heads

    def _rows(self) -> tuple[list[Box], list[Box]]:
        """(names of rows, cells)."""
        matrix = self.matrix
        names, cells = [], []
        for row in matrix.rows:
            depth = max(0, row.head.depth - matrix.row_axis.level)
            shown = [*row.cells, row.total]
            names.append(self._row(row.head.value.name, depth, shown, cells))
        totals = [*matrix.column_totals, matrix.total]
        names.append(self._row(ALL, 0, totals, cells))
        return names, cells

    def _row(
        self,
        name: str,
        depth: int,
        shown: Sequence[Shown],
        cells: list[Box],
    ) -> Box:
        """Adds what is shown to the cells, and gives the name."""
        y = self.layout.y
        in_name = _wrapped_to(name, (ROW_NAME[0] - 2 * depth, ROW_NAME[1]))
        words = [_words(one) for one in shown]
        height = len(in_name) * ROW_NAME[1]
        for figure, small in words:
            needed = len(figure) * FIGURE[1] + len(small) * SMALL[1]
            height = max(height, needed)
        height += 2 * PADDING
        is_total = name == ALL
        for column, one in enumerate(shown):
            box = Box(
                self._x(column),
                y,
                CELL_WIDTH,
                height,
                *_placed_lines(*words[column], y + PADDING),
                *_colours(one),
                is_bold=is_total or column == len(shown) - 1,
                is_marked=bool(one.matches),
            )
            cells.append(box)
        self.layout.y += height
        lines = _placed(in_name, y + PADDING, ROW_NAME[1])
        x = MARGIN + INDENT * depth
        return Box(x, y, NAME_WIDTH, height, lines, [], is_bold=is_total)

    def _key(self) -> list[Box]:
        """What each shade stands for, on one line."""
        boxes = []
        y = self.layout.y
        for number, entry in enumerate(self.matrix.key):
            paper, ink = COLOURS[entry.shade]
            x = MARGIN + CELL_WIDTH * number
            lines = _placed([entry.label], y + 4, FIGURE[1])
            boxes.append(Box(x, y, CELL_WIDTH, 28, lines, [], paper, ink))
        self.layout.y += 34
        return boxes
