"""A brief as it is pasted elsewhere: the form that Word and mail take."""

import lxml.html
import pytest

from decisions.brief.rich import as_html
from decisions.brief.structure import (
    Brief,
    Bullets,
    Heading,
    Paragraph,
    References,
    Table,
)
from tests.factories import MitigationFactory


def rich(*parts):
    return lxml.html.fromstring(as_html(Brief("A <title>", list(parts))))


def test_parts_have_the_elements_that_other_programs_know():
    page = rich(
        Heading(2, "Key points"),
        Paragraph("See https://example.org/a."),
        Bullets(["One", "Two"]),
        Table("In order.", ["Measure", "Said"], [["Audits", "Yes"]]),
    )

    assert page.findtext(".//h1") == "A <title>"
    assert page.findtext(".//h2") == "Key points"
    assert page.xpath("//p/a/@href") == ["https://example.org/a"]
    assert page.xpath("//ul/li/text()") == ["One", "Two"]
    assert page.xpath("//table/thead//th[@scope='col']/text()") == [
        "Measure",
        "Said",
    ]
    assert page.xpath("//tbody/tr/th[@scope='row']/text()") == ["Audits"]


def test_the_mark_of_a_work_leads_to_its_reference_and_a_readers_does_not():
    page = rich(
        Paragraph("As in [1]."),
        Paragraph("Mine [1].", is_of_reader=True),
        References([(1, "Doe (2024).")]),
    )

    assert page.xpath("//a[@href='#work1']/text()") == ["[1]"]
    assert page.xpath("//p/a[@name='work1']/text()") == ["[1]"]


def test_no_heading_is_more_than_a_level_below_the_one_before():
    page = rich(Heading(4, "Deep"))

    assert page.findtext(".//h2") == "Deep"


@pytest.mark.django_db
def test_what_is_written_in_the_catalogue_or_by_a_reader_is_no_markup(client):
    one = MitigationFactory(name="<script>alert(1)</script>")
    address = f"/shortlist/brief.html?m={one.accession}"
    answer = client.post(address, {"title": "<img src=x>"})

    text = answer.content.decode()
    assert "<script" not in text
    assert "<img" not in text
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Robots-Tag"] == "noindex"
    assert "no-store" in answer["Cache-Control"]
