"""Curators' texts as HTML: what they mean stays, and nothing gets in that runs, loads, or opens
another site's window.
"""

import html
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalogue.record import prose
from tests.factories import DocumentFactory, MitigationFactory

PLACES = {"block": prose.as_html, "inline": prose.as_inline_html}

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&#58;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<a href='java\tscript:alert(1)'>x</a>",
    "![x](https://evil.example/seen.png)",
    "[x](vbscript:msgbox)",
    "<svg/onload=alert(1)>",
    "`<script>`</code><script>",
    "[a]: javascript:alert(1)\n\n[a]",
    "<javascript:alert(1)>",
    "[x](<javascript:alert(1)>)",
    "<style>*{display:none}</style>",
    "<iframe src=//evil.example>",
    '[x](//evil.example "onmouseover=\'y")',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "\x00<script>",
]


class Elements(HTMLParser):
    """The elements of a text, as a browser finds them, each with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def is_harmless(tag, attributes):
    address = (attributes.get("href") or "").strip().lower()
    is_known = tag in prose.BLOCKS and set(attributes) <= {
        "href",
        "rel",
        "start",
    }
    return is_known and (
        ":" not in address.split("/")[0]
        or address.startswith(("http:", "https:", "mailto:"))
    )


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("attack", ATTACKS)
def test_no_known_attack_gets_through(place, attack):
    assert [
        element
        for element in Elements(PLACES[place](attack)).found
        if not is_harmless(*element)
    ] == []


pieces = st.sampled_from(
    [
        *ATTACKS,
        "*",
        "_",
        "`",
        "[",
        "](",
        ")",
        "<",
        ">",
        "\n",
        "\n\n",
        "# ",
        "1. ",
        "> ",
        "    ",
        "&",
        "\\",
        '"',
        "'",
        "href=",
    ],
)


@pytest.mark.parametrize("place", PLACES)
@given(text=st.lists(pieces | st.text(max_size=12), max_size=12).map("".join))
def test_nothing_that_anybody_could_write_gets_through(place, text):
    assert [
        element
        for element in Elements(PLACES[place](text)).found
        if not is_harmless(*element)
    ] == []


@given(
    st.text(
        st.characters(
            categories=["L", "N", "Zs"],
            include_characters=".,;()/–“”’",
        ),
        min_size=1,
        max_size=200,
    ),
)
@example("An audit (by others) costs 5 – 10 % more, and R&D less.")
@example("Uuk et al. 2024, p. 7; see https://example.org/a_b_c")
def test_plain_words_stay_as_they_were(text):
    shown = Elements(prose.as_inline_html(text)).text

    assert shown.split() == text.split()


def test_what_is_written_as_markdown_is_shown_so():
    text = "# Scope\n\nAn *audit*, with **others**:\n\n- one\n- two\n\n[the paper](https://example.org/a?b=1&c=2)\nand `code`"

    assert prose.as_html(text) == (
        "<h3>Scope</h3>\n<p>An <em>audit</em>, with <strong>others</strong>:</p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"
        '<p><a href="https://example.org/a?b=1&amp;c=2" rel="nofollow noopener noreferrer">the paper</a><br>\nand <code>code</code></p>\n'
    )


@pytest.mark.django_db
def test_pages_show_it_and_the_api_keeps_the_source(client):
    document = DocumentFactory(
        abstract="What *it* found.\n\nAnd <b>how</b>.",
        preliminary_notice="**Do not cite.**",
    )
    mitigation = MitigationFactory(document=document, is_preliminary=True)

    page = client.get(document.get_absolute_url()).text
    assert (
        "<p>What <em>it</em> found.</p>\n<p>And &lt;b&gt;how&lt;/b&gt;.</p>"
        in page
    )
    assert (
        "<strong>Do not cite.</strong>"
        in client.get(mitigation.get_absolute_url()).text
    )
    assert (
        client.get(f"/api/v1/documents/{document.slug}/").json()["abstract"]
        == document.abstract
    )
    assert html.escape(document.abstract) != document.abstract
