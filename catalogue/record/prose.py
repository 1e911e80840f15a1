"""Curators' long texts: written as Markdown (CommonMark), shown as HTML. The API and all files
give them as they were written.
"""

from functools import cache

import nh3
from markdown_it import MarkdownIt

#: What a text may be made of. No images: they would load from elsewhere, and tell there who
#: reads here.
INLINE = {"em", "strong", "a", "code", "br"}
BLOCKS = INLINE | {
    "p",
    "ul",
    "ol",
    "li",
    "blockquote",
    "pre",
    "hr",
    "h3",
    "h4",
}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "*": set[str]()}
SCHEMES = {"http", "https", "mailto"}


@cache
def _parser() -> MarkdownIt:
    # HTML in a text is shown as it was typed. Line breaks stay, as they did when these texts
    # were plain.
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(
        "image",
    )


def as_html(text: str) -> str:
    """Paragraphs, lists, quotes, and headings that fit below the `h2` of a page."""
    tokens = _parser().parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "h3" if token.tag == "h1" else "h4"
    return _cleaned(
        _parser().renderer.render(tokens, _parser().options, {}),
        BLOCKS,
    )


def as_inline_html(text: str) -> str:
    """For the middle of a sentence or paragraph: emphasis, code and links; lines and marks of
    blocks stay as they were typed.
    """
    return _cleaned(_parser().renderInline(text), INLINE)


def _cleaned(html: str, tags: set[str]) -> str:
    return nh3.clean(
        html,
        tags=tags,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="nofollow noopener noreferrer",
    )
