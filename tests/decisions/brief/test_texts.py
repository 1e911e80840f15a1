"""A brief as Markdown and as plain text."""

import pytest
from markdown_it import MarkdownIt

from decisions.brief.structure import (
    Brief,
    Bullets,
    Heading,
    Paragraph,
    References,
    Table,
)
from decisions.brief.texts import WIDTH, as_markdown, as_text

HOSTILE = [
    "# no heading",
    "- no item",
    "1. no item",
    "*not* _stressed_ `nor code`",
    "[no link](https://example.org)",
    "<script>alert(1)</script>",
    "a | b",
    "&lt;b&gt;",
    '#import "x"; $ 1 $',
    "one\n\ntwo",
]


def holding(text: str) -> Brief:
    return Brief(
        text,
        [
            Heading(2, text),
            Paragraph(text),
            Bullets([text]),
            Table(text, ["Measure", text], [[text, text]]),
            References([(1, text)]),
        ],
        text,
    )


def said_by(markdown: str) -> str:
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    inline = [one for one in tokens if one.type == "inline"]
    children = [child for one in inline for child in one.children]
    assert {child.type for child in children} <= {"text", "text_special"}
    return " ".join(child.content for child in children)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_the_data_is_markup_in_markdown(text):
    rendered = MarkdownIt("commonmark").enable("table")
    tokens = rendered.parse(as_markdown(holding(text)))
    kinds = [one.type for one in tokens if one.type.endswith("_open")]

    assert kinds.count("heading_open") == 2
    assert kinds.count("list_item_open") == 1
    assert kinds.count("th_open") == kinds.count("td_open") == 2
    said_by(as_markdown(holding(text)))


def test_an_address_stays_one_in_markdown():
    address = "https://example.org/?m=M0001&m=M0002"

    assert address in as_markdown(holding(address))


def test_lines_for_mail_are_short_and_addresses_whole():
    address = "https://example.org/" + "a-b" * 40
    text = as_text(holding(f"{'word ' * 60} {address}"))

    assert address in text
    for line in text.splitlines():
        assert (
            len(line) <= WIDTH
            or "example.org" in line
            or set(line) <= {"=", "-"}
        )


def test_a_table_for_mail_names_each_cell():
    table = Table("Two", ["Measure", "Source"], [["Red teaming", "Slattery"]])

    assert "Red teaming\n  Source: Slattery" in as_text(Brief("B", [table]))
