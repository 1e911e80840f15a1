"""A brief as PDF: tagged by PDF/UA-1, whatever its texts are."""

from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from django.conf import settings as config
from hypothesis import example, given, settings
from hypothesis import strategies as st

from decisions.brief import pdf
from decisions.brief.letters import has_scripts, settable
from decisions.brief.pages import stands_on_one_page
from decisions.brief.pdf import BOXED, Sheets, as_pdf
from decisions.brief.structure import (
    Brief,
    Bullets,
    Heading,
    Paragraph,
    References,
    Table,
)
from serving.streams import places_for_files
from tests.factories import MitigationFactory

from .tagged import (
    elements,
    kinds,
    reader_of,
    scope_of,
    text_of_pdf,
    untagged,
)

MOMENT = datetime(2026, 11, 30, 12, 0, 7, 300, tzinfo=UTC)
ADDRESS = "https://example.org/shortlist/brief/?m=M0001"
HOSTILE = [
    "#panic() $ x $ *b* _i_ `r` <l> @r = h",
    "\\u{41} // /* \" ' ] [ } {",
    "[99] and [1] and https://example.org/a?b=c&d=#e.",
    "W" * 400,
    "  many \n\t spaces\u2028",
    "Ærøskøbing ſtraße ﬁnd Ελλάδα Москва Việt Nam",
    "中文 العربية हिन्दी עברית 😀 e\u0301\u0489\u0301",
    "\x00\x07\ufeff\u202e\u2066\ue000\U0010ffff",
    "",
]


def holding(*texts: str, **changes) -> Brief:
    """A brief with these texts in all that it is made of."""
    parts = [Heading(2, "The measures")]
    for text in texts:
        parts += [
            Heading(3, text),
            Paragraph(text),
            Bullets([text, "One"]),
            Table(text, ["Measure", text], [[text, text], ["M", "[1]"]]),
        ]
    parts.append(References([(1, f"Work. {ADDRESS}")]))
    given = {"address": ADDRESS, "moment": MOMENT, "status": "release 3"}
    return Brief("Brief of 2 measures", parts, **{**given, **changes})


def bare(text: str) -> str:
    """Without what lines are broken and words are parted with, and what a text has of that itself."""
    kept = "".join(text.split())
    return kept.translate({0x200B: None, 0xAD: None, ord("-"): None})


def is_read_back(text: str, said: str) -> bool:
    """Letters of further scripts come in the order in which they are drawn."""
    if has_scripts(settable(text)):
        return set(bare(settable(text))) <= set(said)
    return bare(settable(text)) in said


def test_it_says_that_it_keeps_the_standard_and_what_it_is():
    root = reader_of(as_pdf(holding("One"))).trailer["/Root"]
    about = root["/Metadata"].get_data().decode()

    assert "<pdfuaid:part>1</pdfuaid:part>" in about
    assert "Brief of 2 measures" in about
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"].value
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value


def test_all_that_it_shows_is_tagged():
    assert untagged(as_pdf(holding("One", "Two"))) == []


def test_headings_are_in_order_whatever_levels_they_have():
    parts = [Heading(4, "One"), Heading(2, "Two"), Heading(4, "Three")]
    made = as_pdf(Brief("Title", parts))

    found = [kind for kind in kinds(made) if kind in ("H1", "H2", "H3", "H4")]
    assert found == ["H1", "H2", "H2", "H3"]


def test_tables_have_heads_and_captions():
    made = as_pdf(holding("One"))
    found = kinds(made)
    heads = [one for one in elements(made) if one["/S"] == "/TH"]
    scopes = [one["/A"] for one in heads]

    assert found.count("Table") == found.count("Caption") == 1
    assert found.count("TD") == 2
    assert [scope_of(one) for one in scopes] == [
        "/Column",
        "/Column",
        "/Row",
        "/Row",
    ]


def test_lists_are_lists():
    found = kinds(as_pdf(holding("One")))

    assert found.count("LI") == found.count("LBody") == 3


def test_each_link_says_where_it_leads():
    made = as_pdf(holding(f"See {ADDRESS}"))
    links = []
    for page in reader_of(made).pages:
        links += [one.get_object() for one in page.get("/Annots", [])]

    assert links
    assert all(link["/Contents"] for link in links)
    assert any(link.get("/A", {}).get("/URI") == ADDRESS for link in links)


def test_the_number_of_a_work_leads_to_it():
    made = as_pdf(holding("One"))
    inner = []
    for page in reader_of(made).pages:
        for one in page.get("/Annots", []):
            link = one.get_object()
            if "/Dest" in link or "/D" in link.get("/A", {}):
                inner.append(link["/Contents"])

    assert len(inner) == 1


def test_a_work_stands_at_the_foot_where_a_sentence_names_it_first():
    parts = [
        Paragraph("As one [1] says, and again [1]."),
        References([(1, "Work.")]),
    ]
    made = as_pdf(Brief("Title", parts, notes={1: "Work at the foot."}))

    assert kinds(made).count("Note") == 1
    assert text_of_pdf(made).count("Work at the foot.") == 1


def test_bookmarks_lead_to_what_it_has():
    outline = reader_of(as_pdf(holding("One"))).outline

    assert outline[0]["/Title"] == "Brief of 2 measures"
    assert outline[1][0]["/Title"] == "The measures"


def test_each_page_says_what_it_is_of():
    texts = [f"Measure {number}" for number in range(12)]
    pages = reader_of(as_pdf(holding(*texts, licence="CC BY 4.0"))).pages

    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        said = " ".join(page.extract_text().split())
        assert f"Page {number} of {len(pages)}" in said
        assert "example.org/shortlist/brief/?m=M0001" in said
        assert "Release 3, 30 November 2026" in said
        assert "CC BY 4.0" in said


def test_one_state_makes_one_file():
    made = [as_pdf(holding("One", "Two [1]")) for _ in range(2)]

    assert made[0] == made[1]
    about = reader_of(made[0]).metadata
    assert about.creation_date == MOMENT.replace(microsecond=0)


def test_texts_of_any_script_can_be_set_and_it_says_what_is_missing():
    made = as_pdf(holding(*HOSTILE))
    said = bare(text_of_pdf(made))

    for text in HOSTILE:
        assert is_read_back(text, said)
    assert bare(BOXED) in said


@pytest.mark.parametrize(
    "text",
    [
        "تدابير الحد من المخاطر",
        "צמצום סיכונים",
        "जोखिम प्रबंधन",
        "การจัดการความเสี่ยง",
    ],
)
def test_letters_of_further_scripts_are_set_and_can_be_copied(text):
    said = bare(text_of_pdf(as_pdf(holding(text))))

    assert bare(BOXED) not in said
    assert set(bare(text)) <= set(said)


def test_what_begins_with_arabic_or_hebrew_is_read_from_the_right():
    parts = Sheets(holding("צמצום (2)", "Note: צמצום")).data()["parts"]
    paragraphs = [one for one in parts if one["kind"] == "paragraph"]

    assert [one["is_from_right"] for one in paragraphs] == [True, False]


def test_where_letters_of_a_further_script_cannot_be_set_boxes_stand_for_them():
    lost = "\u0617\u0953\u06f7"  # marks of two scripts, on no letter
    said = bare(text_of_pdf(as_pdf(holding(lost, "Ælfrič"))))

    assert bare(BOXED) in said
    assert "Ælfrič" in said


def test_of_texts_that_can_all_be_set_nothing_is_missing():
    assert bare(BOXED) not in bare(text_of_pdf(as_pdf(holding("Ælfrič"))))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=12))
def test_any_text_can_be_set_and_read_back(texts):
    """All texts of an example in one file: each is a process of its own."""
    said = bare(text_of_pdf(as_pdf(holding(*texts))))

    for text in texts:
        assert is_read_back(text, said)


@given(st.text())
@example("A\u200b\u0323")
@example("A\u200b\u0301")
def test_what_can_be_set_stays_as_it_is(text):
    once = settable(text)

    assert settable(once) == once


def test_what_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(pdf, "SECONDS", 0.001)
    with pytest.raises(pdf.NotSet):
        as_pdf(holding("One"))


@pytest.mark.django_db
def test_whoever_asks_for_what_takes_too_long_is_told_to_come_back(
    client,
    monkeypatch,
):
    monkeypatch.setattr(pdf, "SECONDS", 0.001)
    one = MitigationFactory()
    answer = client.get(f"/shortlist/brief.pdf?m={one.accession}")

    assert answer.status_code == 503
    assert answer["Retry-After"]


@pytest.mark.django_db
@pytest.mark.parametrize("ending", ["pdf", "docx"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_it_waits_for_a_place_among_costly_files(client, ending, method):
    """With what a reader writes too, of which no answer is kept."""
    one = MitigationFactory()
    places = places_for_files(config.WEB_THREADS)
    address = f"/shortlist/brief.{ending}?m={one.accession}"
    with ExitStack() as held:
        while places.acquire(blocking=False):
            held.callback(places.release)
        busy = getattr(client, method)(address)
    free = getattr(client, method)(address)

    assert (busy.status_code, free.status_code) == (503, 200)


@pytest.mark.django_db
@pytest.mark.parametrize(("query", "count"), [("", 1), ("&notes=end", 0)])
def test_notes_stand_where_the_address_says(client, query, count):
    one = MitigationFactory()
    path = f"/shortlist/brief.pdf?m={one.accession}{query}"

    assert kinds(client.get(path).content).count("Note") == count


def test_a_list_of_terms_is_not_parted_between_pages_and_a_long_one_is():
    brief = Brief("A brief")
    terms = Bullets([f"{'A term ' * 10}{n}" for n in range(18)])
    lines = Bullets([f"{'A line ' * 40}{n}" for n in range(18)])

    assert stands_on_one_page(brief, terms)
    assert not stands_on_one_page(brief, lines)


def test_an_address_is_broken_after_its_signs_and_no_word_where_it_fits():
    broken = pdf._breakable("https://doi.org/10.48550/arXiv.2305.07153 agreed")

    assert "|".join(broken) == (
        "https://doi.|org/|10.|48550/|arXiv.|2305.|07153 agreed"
    )


def test_addresses_are_copied_whole():
    address = f"https://example.org/{'a-long-path/' * 12}"
    said = text_of_pdf(as_pdf(holding(f"See {address}end.")))

    assert "\u200b" not in said
    assert f"{address}end" in "".join(said.split())
