"""A brief as Markdown, and as plain text for mail. Neither has words of its own."""

import re
import textwrap
from collections.abc import Callable

from .structure import Brief, Bullets, Heading, Paragraph, References, Table

WIDTH = 72
#: What has a meaning in Markdown, wherever it stands; HTML begins with the angle, and an entity
#: with the ampersand. One between the parameters of an address is left, so that it stays one.
MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!$^]|&(?=#?\w+;))")
#: What begins a list, a rule or a heading where it begins a line.
LEADING = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))")


def markdown_escaped(text: str) -> str:
    """On one line, with every mark standing for itself."""
    escaped = MARKS.sub(r"\\\1", " ".join(text.split()))
    return LEADING.sub(_led, escaped)


def _led(found: re.Match) -> str:
    before, mark = found.groups()
    if mark.isdigit():
        return f"{before}&#{ord(mark[0])};{mark[1:]}"
    return f"{before}\\{mark}"


def as_markdown(brief: Brief) -> str:
    blocks = [f"# {markdown_escaped(brief.title)}"]
    blocks += [_MARKDOWN[one.kind](one) for one in brief.parts]
    blocks += ["---", markdown_escaped(brief.footer)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _markdown_heading(one: Heading) -> str:
    return f"{'#' * one.level} {markdown_escaped(one.text)}"


def _markdown_paragraph(one: Paragraph) -> str:
    return markdown_escaped(one.text)


def _markdown_bullets(one: Bullets) -> str:
    return "\n".join(f"- {markdown_escaped(item)}" for item in one.items)


def _markdown_table(one: Table) -> str:
    lines = [_markdown_row(one.heads), _markdown_rule(one.heads)]
    lines += [_markdown_row(row) for row in one.rows]
    return f"{markdown_escaped(one.caption)}\n\n" + "\n".join(lines)


def _markdown_row(cells: list[str]) -> str:
    return f"| {' | '.join(markdown_escaped(cell) for cell in cells)} |"


def _markdown_rule(heads: list[str]) -> str:
    return f"| {' | '.join('---' for _ in heads)} |"


def _markdown_references(one: References) -> str:
    return "\n\n".join(
        f"\\[{number}\\] {markdown_escaped(text)}"
        for number, text in one.items
    )


def as_text(brief: Brief) -> str:
    blocks = [_underlined(brief.title, "=")]
    blocks += [_TEXT[one.kind](one) for one in brief.parts]
    blocks.append(_wrapped(brief.footer))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _underlined(text: str, mark: str) -> str:
    lines = _wrapped(text)
    longest = max(len(line) for line in lines.split("\n"))
    return f"{lines}\n{mark * longest}"


def _wrapped(text: str, first: str = "") -> str:
    """Addresses stay whole, and so do figures with what they are of."""
    return textwrap.fill(
        " ".join(text.split()).replace(" %", "\N{NO-BREAK SPACE}%"),
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _text_heading(one: Heading) -> str:
    return _underlined(one.text, "-" if one.level == 2 else ".")


def _text_paragraph(one: Paragraph) -> str:
    return _wrapped(one.text)


def _text_bullets(one: Bullets) -> str:
    return "\n".join(_wrapped(item, "- ") for item in one.items)


def _text_table(one: Table) -> str:
    """Row by row, since columns break in mail."""
    blocks = [_wrapped(one.caption)]
    for name, cells in one.named_rows:
        lines = [_wrapped(name)]
        for head, cell in cells:
            lines.append(_wrapped(f"{head}: {cell}", "  "))
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _text_references(one: References) -> str:
    return "\n".join(
        _wrapped(text, f"[{number}] ") for number, text in one.items
    )


_MARKDOWN: dict[str, Callable] = {
    "heading": _markdown_heading,
    "paragraph": _markdown_paragraph,
    "bullets": _markdown_bullets,
    "table": _markdown_table,
    "references": _markdown_references,
}
_TEXT: dict[str, Callable] = {
    "heading": _text_heading,
    "paragraph": _text_paragraph,
    "bullets": _text_bullets,
    "table": _text_table,
    "references": _text_references,
}
