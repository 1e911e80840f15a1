"""A brief as tagged PDF, by PDF/UA-1: its tags are made of what its parts are, and a file that
would break the standard is not written.

How it looks stands in `brief.typ`, which takes all texts as data.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from .letters import (
    BOX,
    FOLDERS,
    OF_SCRIPTS,
    begins_at_the_right,
    has_scripts,
    settable,
)
from .pages import (
    LONGEST_SHORT_TITLE,
    about_state,
    author,
    moment_of_file,
    pages_in_order,
    short_address,
    shortened_address,
    stands_on_one_page,
    weights,
)
from .runs import Marking, Run
from .structure import (
    Brief,
    Bullets,
    Heading,
    Paragraph,
    Part,
    References,
    Table,
)

PRESS = Path(__file__).with_name("press.py")
SECONDS = 30
#: However many processors there are: each thread takes memory of its own.
FEW_THREADS = {"RAYON_NUM_THREADS": "2", "MALLOC_ARENA_MAX": "2"}
#: A row with more signs than this may go on on the next page.
LONG_ROW = 1200
#: Headings from this level on take notes; those above stand in the bookmarks.
LEVEL_WITH_NOTES = 4
CLOCK = ("year", "month", "day", "hour", "minute", "second")
#: How large the letters may be, best first, of what is to fit one page.
SCALES = (1, 0.94, 0.9, 0.87, 0.84)
#: A word with more signs than this is broken where it has to be, after so many.
LONGEST_WORD, LENGTH_OF_PIECE = 24, 12
#: Where an address may be broken.
END_OF_PIECE = re.compile(r"(?<!//)(?<=[/?&=._-])(?=\w)")
#: A heading that has no letters is none by the standard.
NAMELESS = Run("\N{EM DASH}")
BOXED = f"A letter that this file has no form for is shown as {BOX}. The page and the Word file have all letters."


class NotSet(Exception):
    """The PDF was not made in the time there is for it."""


def as_pdf(brief: Brief) -> bytes:
    """Letters of further scripts are boxes where they cannot be set, such as marks that belong to
    no letter.
    """
    sheets = Sheets(brief)
    done = _set_in_type(sheets)
    if done.returncode and sheets.has_scripts:
        done = _set_in_type(Sheets(brief, with_scripts=False))
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return done.stdout


def _set_in_type(sheets: "Sheets") -> subprocess.CompletedProcess[bytes]:
    """In a process of its own, which ends with it."""
    brief = sheets.brief
    job = {
        "brief": sheets.data(),
        "fonts": [str(folder) for folder in FOLDERS],
        "scales": SCALES if brief.is_short else SCALES[:1],
        "moment": moment_of_file(brief.moment),
    }
    command = [sys.executable, "-I", str(PRESS)]
    try:
        return subprocess.run(
            command,
            input=orjson.dumps(job),
            capture_output=True,
            timeout=SECONDS,
            env={**os.environ, **FEW_THREADS},
        )
    except subprocess.TimeoutExpired as error:
        raise NotSet from error


class Sheets:
    """A brief as the data that `brief.typ` takes."""

    def __init__(self, brief: Brief, with_scripts: bool = True):
        self.brief = brief
        self.marking = Marking(brief)
        self.with_scripts = with_scripts
        self.has_scripts = False
        self.has_boxes = False

    def data(self) -> dict[str, Any]:
        brief = self.brief
        moment = moment_of_file(brief.moment)
        parts = []
        for one in self._parts():
            parts.append(_TYPESET[one.kind](self, one))
        if self.has_boxes:
            parts.append(self.paragraph(Paragraph(BOXED)))
        title = self._text(brief.title) or author()
        return {
            "title": title,
            "author": author(),
            "description": self._text(brief.footer),
            "moment": {name: getattr(moment, name) for name in CLOCK},
            "short_title": shortened_address(title, LONGEST_SHORT_TITLE),
            "about": f"{short_address(brief.address)} · {about_state(brief)}",
            "licence": brief.licence,
            "end": f"{about_state(brief)}. {brief.licence}",
            "is_short": brief.is_short,
            "scripts": list(OF_SCRIPTS),
            "parts": parts,
        }

    def _parts(self) -> list[Part]:
        return pages_in_order(
            [Heading(1, self.brief.title), *self.brief.parts],
        )

    def _text(self, text: str) -> str:
        kept = settable(text, self.with_scripts)
        if has_scripts(kept):
            self.has_scripts = True
        if BOX in kept and BOX not in text:
            self.has_boxes = True
        return " ".join(kept.split())

    def _runs(
        self,
        text: str,
        takes_notes: bool = False,
        is_of_reader: bool = False,
    ) -> list[dict]:
        runs = []
        text = self._text(text)
        for run in self.marking.runs(text, takes_notes, is_of_reader):
            made = _typst_run(run)
            if run.note:
                note = self._text(run.note)
                made["note"] = [
                    _typst_run(one) for one in self.marking.runs(note)
                ]
            runs.append(made)
        return runs

    def heading(self, one: Heading) -> dict[str, Any]:
        takes_notes = one.level >= LEVEL_WITH_NOTES
        return {
            "kind": one.kind,
            "level": one.level,
            "is_from_right": begins_at_the_right(one.text),
            "text": self._runs(one.text, takes_notes, one.level == 1)
            or [_typst_run(NAMELESS)],
        }

    def paragraph(self, one: Paragraph) -> dict[str, Any]:
        return {
            "kind": one.kind,
            "is_from_right": begins_at_the_right(one.text),
            "text": self._runs(one.text, True, one.is_of_reader),
        }

    def bullets(self, one: Bullets) -> dict[str, Any]:
        items = [
            self._runs(item, True, one.is_of_reader) for item in one.items
        ]
        is_small = stands_on_one_page(self.brief, one)
        return {"kind": one.kind, "items": items, "is_small": is_small}

    def table(self, one: Table) -> dict[str, Any]:
        rows = []
        for row in one.rows:
            cells = [self._runs(cell) for cell in row]
            is_long = sum(map(len, row)) > LONG_ROW
            rows.append({"cells": cells, "is_long": is_long})
        return {
            "kind": one.kind,
            "is_small": stands_on_one_page(self.brief, one),
            "caption": self._runs(one.caption),
            "heads": [self._runs(head) for head in one.heads],
            "widths": weights([one.heads, *one.rows]),
            "rows": rows,
        }

    def references(self, one: References) -> dict[str, Any]:
        items = []
        for number, text in one.items:
            items.append({"number": number, "text": self._runs(text)})
        return {"kind": one.kind, "items": items}


def _typst_run(run: Run) -> dict[str, Any]:
    number = run.number if run.is_listed or run.note else 0
    return {
        "pieces": _breakable(run.text),
        "url": run.url,
        "number": number,
        "note": [],
    }


def _breakable(text: str) -> list[str]:
    """In pieces between which lines may be broken, in words that are too long for a column: after
    the signs of an address, and elsewhere where there are none for long.
    """
    found = [""]
    for at, word in enumerate(text.split(" ")):
        pieces = [word]
        if len(word) > LONGEST_WORD:
            pieces = [
                piece
                for part in END_OF_PIECE.split(word)
                for piece in _pieces(part)
            ]
        first, *others = pieces
        found[-1] += f" {first}" if at else first
        found += others
    return found


def _pieces(word: str) -> list[str]:
    step = LENGTH_OF_PIECE if len(word) > LONGEST_WORD else LONGEST_WORD
    return [word[at : at + step] for at in range(0, len(word), step)]


_TYPESET: dict[str, Callable] = {
    "heading": Sheets.heading,
    "paragraph": Sheets.paragraph,
    "bullets": Sheets.bullets,
    "table": Sheets.table,
    "references": Sheets.references,
}
