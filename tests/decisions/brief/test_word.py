"""A brief for Word: what its parts are stands in styles, lists, heads of tables and notes."""

from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

import docx
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from decisions.brief.structure import (
    Brief,
    Bullets,
    Heading,
    Paragraph,
    References,
    Table,
)
from decisions.brief.word import ILLEGAL, as_docx

MOMENT = datetime(2026, 11, 30, 12, 0, 8, 300, tzinfo=UTC)
ADDRESS = "https://example.org/shortlist/brief/?m=M0001"


def of_parts(*parts, **changes) -> Brief:
    given = {
        "address": ADDRESS,
        "moment": MOMENT,
        "status": "release 3",
        "licence": "CC BY 4.0",
    }
    return Brief("Brief of 2 measures", list(parts), **{**given, **changes})


def opened(brief: Brief):
    return docx.Document(BytesIO(as_docx(brief)))


def styles_and_texts(document) -> list[tuple[str, str]]:
    return [(one.style.name, one.text) for one in document.paragraphs]


def part_of(brief: Brief, name: str):
    with ZipFile(BytesIO(as_docx(brief))) as archive:
        return etree.fromstring(archive.read(name))


def words_of(element) -> str:
    return "".join(one.text or "" for one in element.iter(qn("w:t")))


def test_title_and_headings_are_styles_in_order():
    document = opened(
        of_parts(Heading(2, "One"), Heading(4, "Two"), Heading(2, "Three")),
    )

    assert styles_and_texts(document)[:4] == [
        ("Title", "Brief of 2 measures"),
        ("Heading 1", "One"),
        ("Heading 2", "Two"),
        ("Heading 1", "Three"),
    ]


def test_lists_are_lists():
    document = opened(of_parts(Bullets(["One", "Two"])))
    bullets = [
        one for one in document.paragraphs if one.style.name == "List Bullet"
    ]

    assert [one.text for one in bullets] == ["One", "Two"]
    assert bullets[0].style.element.pPr.numPr is not None


def test_what_begins_with_arabic_or_hebrew_is_read_from_the_right():
    document = opened(of_parts(Paragraph("צמצום"), Paragraph("Note: צמצום")))
    found = [
        one._p.pPr is not None and one._p.pPr.find(qn("w:bidi")) is not None
        for one in document.paragraphs[1:3]
    ]

    assert found == [True, False]


def kept_with_next(paragraphs) -> list[bool]:
    return [bool(one.paragraph_format.keep_with_next) for one in paragraphs]


def test_a_short_list_stays_on_one_page_and_a_long_one_may_go_on():
    parted = [True, *[False] * 21, True, False]
    for count, kept in ((3, [True, True, False]), (24, parted)):
        document = opened(
            of_parts(Bullets([f"Item {n}" for n in range(count)])),
        )
        bullets = [
            one
            for one in document.paragraphs
            if one.style.name == "List Bullet"
        ]

        assert kept_with_next(bullets) == kept


def test_a_short_table_stays_on_one_page_with_its_head():
    for count, kept in ((2, [True, True, False]), (9, [True] + [False] * 9)):
        rows = [[f"M{n}", "S"] for n in range(count)]
        [table] = opened(
            of_parts(Table("In order.", ["Measure", "Source"], rows)),
        ).tables
        first_cells = [row.cells[0].paragraphs[0] for row in table.rows]

        assert kept_with_next(first_cells) == kept


def test_tables_have_a_head_that_is_repeated_and_a_caption():
    part = Table("In order.", ["Measure", "Source"], [["M", "S"], ["N", "T"]])
    document = opened(of_parts(part))
    [table] = document.tables
    head, *rows = table.rows

    assert ("Caption", "In order.") in styles_and_texts(document)
    assert head._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(row._tr.trPr.find(qn("w:tblHeader")) is None for row in rows)
    assert [cell.text for cell in rows[1].cells] == ["N", "T"]
    assert rows[0].cells[0].paragraphs[0].style.name == "Table Head"
    assert table._tbl.tblPr.find(qn("w:tblCaption")) is not None


def test_a_work_is_a_note_where_a_sentence_names_it_first():
    brief = of_parts(
        Table("In order.", ["Measure"], [["M [1]"]]),
        Paragraph("As one [1] says, and again [1]."),
        References([(1, f"Work. {ADDRESS}")]),
        notes={1: f"Work. {ADDRESS}"},
    )
    notes = part_of(brief, "word/footnotes.xml")
    text = part_of(brief, "word/document.xml")
    said = [words_of(one).strip() for one in notes]

    assert said == ["", "", f"[1] Work. {ADDRESS}"]
    assert len(list(text.iter(qn("w:footnoteReference")))) == 1


def test_numbers_of_works_lead_to_them_and_addresses_are_links():
    brief = of_parts(
        Paragraph(f"See [1], [2] and {ADDRESS}."),
        References([(1, "Work.")]),
    )
    document = opened(brief)
    links = list(document.element.iter(qn("w:hyperlink")))
    marks = document.element.iter(qn("w:bookmarkStart"))

    assert [words_of(one) for one in links] == ["[1]", ADDRESS]
    assert links[0].get(qn("w:anchor")) == next(marks).get(qn("w:name"))
    assert document.part.rels[links[1].get(qn("r:id"))].target_ref == ADDRESS


def test_each_page_says_what_it_is_of():
    footer = opened(of_parts()).sections[0].footer
    said = " ".join(words_of(one._p) for one in footer.paragraphs)
    fields = [
        one.get(qn("w:instr"))
        for one in footer._element.iter(qn("w:fldSimple"))
    ]

    assert fields == ["PAGE", "NUMPAGES"]
    assert "Brief of 2 measures" in said
    assert "example.org/shortlist/brief/?m=M0001" in said
    assert "Release 3, 30 November 2026" in said
    assert "CC BY 4.0" in said


def test_its_properties_say_what_it_is():
    about = opened(of_parts()).core_properties

    assert about.title == "Brief of 2 measures"
    assert about.author == "AI Mitigation Catalogue"
    assert about.language == "en-GB"
    assert about.created == about.modified == MOMENT.replace(microsecond=0)


def test_all_in_the_file_is_of_one_moment():
    with ZipFile(BytesIO(as_docx(of_parts()))) as archive:
        moments = {one.date_time for one in archive.infolist()}
        names = archive.namelist()

    assert moments == {(2026, 11, 30, 12, 0, 8)}
    assert not any("thumbnail" in name for name in names)


def test_one_state_makes_one_document():
    brief = of_parts(Heading(2, "One"), Paragraph(ADDRESS), notes={1: "W"})

    assert as_docx(brief) == as_docx(brief)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=8))
def test_any_text_can_be_written_and_read_back(texts):
    document = opened(of_parts(*map(Paragraph, texts), Bullets(texts)))
    said = [" ".join(one.text.split()) for one in document.paragraphs]
    wanted = [" ".join(ILLEGAL.sub("", text).split()) for text in texts]

    assert said[1 : 1 + len(texts)] == wanted
    assert said[1 + len(texts) : 1 + 2 * len(texts)] == wanted
