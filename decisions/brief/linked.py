"""A brief for its page: addresses are links, and the mark of a work leads to it."""

from dataclasses import replace

from django.utils.html import format_html, format_html_join

from .runs import Marking, Run
from .structure import Brief, Bullets, Paragraph, Part, References, Table


def linked_parts(brief: Brief) -> list[Part]:
    """Its parts, with texts that are HTML; headings stay as they are."""
    marking = Marking(brief)
    return [_linked(part, marking) for part in brief.parts]


def _linked(part: Part, marking: Marking) -> Part:
    if isinstance(part, Paragraph):
        text = _html(part.text, marking, part.is_of_reader)
        return replace(part, text=text)
    if isinstance(part, Bullets):
        of_reader = part.is_of_reader
        return replace(
            part,
            items=[_html(item, marking, of_reader) for item in part.items],
        )
    if isinstance(part, Table):
        rows = []
        for row in part.rows:
            rows.append([_html(cell, marking) for cell in row])
        return replace(part, rows=rows)
    if isinstance(part, References):
        items = [(number, _html(text, marking)) for number, text in part.items]
        return replace(part, items=items)
    return part


def _html(text: str, marking: Marking, is_of_reader: bool = False) -> str:
    runs = marking.runs(text, is_of_reader=is_of_reader)
    pieces = [(_of_run(run),) for run in runs]
    return format_html_join("", "{}", pieces)


def _of_run(run: Run) -> str:
    if run.url:
        return format_html('<a href="{}">{}</a>', run.url, run.text)
    if run.is_listed:
        return format_html(
            '<a href="#reference-{}">{}</a>',
            run.number,
            run.text,
        )
    return run.text
