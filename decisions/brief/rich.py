"""A brief as HTML to be pasted into a letter, a mail or a document: headings, lists, tables and links,
and nothing that only a page of this site would know how to show.
"""

from collections.abc import Callable
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from .pages import pages_in_order
from .runs import Marking, Run
from .structure import Brief, Bullets, Heading, Paragraph, References, Table


def as_html(brief: Brief) -> str:
    return RichText(brief).html()


class RichText:
    def __init__(self, brief: Brief):
        self.brief = brief
        self.marking = Marking(brief)

    def html(self) -> str:
        brief = self.brief
        start = format_html(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>{0}</title><h1 dir="auto">{0}</h1>',
            brief.title,
        )
        parts = [
            _RICH[one.kind](self, one) for one in pages_in_order(brief.parts)
        ]
        end = format_html("<p>{}</p>", self._text(brief.footer))
        return "\n".join([start, *parts, end])

    def _text(self, text: str, is_of_reader: bool = False) -> SafeString:
        runs = self.marking.runs(text, is_of_reader=is_of_reader)
        return format_html_join(
            "",
            "{}",
            [(_html_of_run(run),) for run in runs],
        )

    def heading(self, one: Heading) -> SafeString:
        level = f"h{one.level}"
        return format_html("<{0}>{1}</{0}>", level, one.text)

    def paragraph(self, one: Paragraph) -> SafeString:
        text = self._text(one.text, one.is_of_reader)
        start = '<p dir="auto">' if one.is_of_reader else "<p>"
        return format_html("{}{}</p>", mark_safe(start), text)

    def bullets(self, one: Bullets) -> SafeString:
        items = [(self._text(item, one.is_of_reader),) for item in one.items]
        return format_html(
            "<ul>{}</ul>",
            format_html_join("", "<li>{}</li>", items),
        )

    def table(self, one: Table) -> SafeString:
        """The border is an attribute, since mail and word processors drop styles."""
        heads = format_html_join(
            "",
            '<th scope="col" align="left">{}</th>',
            [(head,) for head in one.heads],
        )
        rows = []
        for first, *cells in one.rows:
            told = [(self._text(cell),) for cell in cells]
            rest = format_html_join("", '<td valign="top">{}</td>', told)
            rows.append((self._text(first), rest))
        body = format_html_join(
            "",
            '<tr><th scope="row" align="left" valign="top">{}</th>{}</tr>',
            rows,
        )
        return format_html(
            '<p>{}</p><table border="1" cellspacing="0" cellpadding="4"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>',
            self._text(one.caption),
            heads,
            body,
        )

    def references(self, one: References) -> SafeString:
        """Where a mark leads to is named as word processors know it: it becomes a bookmark."""
        items = [(number, self._text(text)) for number, text in one.items]
        return format_html_join(
            "",
            '<p><a name="work{0}" id="work{0}">[{0}]</a> {1}</p>',
            items,
        )


def _html_of_run(run: Run) -> Any:
    if run.url:
        return format_html('<a href="{}">{}</a>', run.url, run.text)
    if run.is_listed:
        return format_html('<a href="#work{}">{}</a>', run.number, run.text)
    return run.text


_RICH: dict[str, Callable] = {
    "heading": RichText.heading,
    "paragraph": RichText.paragraph,
    "bullets": RichText.bullets,
    "table": RichText.table,
    "references": RichText.references,
}
