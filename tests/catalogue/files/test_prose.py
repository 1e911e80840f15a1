"""A list as a text: names, codes, what experts said, and references that are numbered alike."""

import re

import pytest
from markdown_it import MarkdownIt

from catalogue.files.exports.prose import escaped
from tests.factories import AuthorFactory, DocumentFactory, MitigationFactory
from tests.files import sent
from tests.surveys.factories import make_study

LIST = "/api/v1/mitigations/"
FORMS = ["txt", "md"]
every_form = pytest.mark.parametrize("form", FORMS)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def text_of_list(client, form, **query) -> str:
    return sent(client.get(LIST, {"format": form, **query})).decode()


@pytest.fixture
def three_measures():
    first = DocumentFactory(slug="first", title="First report", year=2024)
    second = DocumentFactory(slug="second", title="Second report", year=2025)
    AuthorFactory(document=first, family="Ames")
    MitigationFactory(name="Audits", document=first, page="12")
    MitigationFactory(name="Watermarks", document=second)
    MitigationFactory(name="Logs", document=first, is_preliminary=True)


@every_form
def test_numbers_lead_to_the_references_in_their_order(
    client,
    three_measures,
    form,
):
    text = text_of_list(client, form)
    body, references = re.split("(?:## )?References\n\n", text)

    assert re.findall(r"\[(\d+)[,\]\\]", body) == ["1", "2", "3", "2"]
    lines = references.strip().splitlines()
    assert len(lines) == 3
    assert "First report" in lines[1]
    assert "Second report" in lines[2]


@every_form
def test_a_measure_has_its_code_its_name_and_its_page(
    client,
    three_measures,
    form,
):
    text = text_of_list(client, form)

    assert "M0001 Audits" in text
    assert "2, p. 12" in text


@every_form
def test_what_is_preliminary_says_so(client, three_measures, form):
    assert re.search(
        r"M0003 Logs \\?\[Preliminary\\?\]",
        text_of_list(client, form),
    )


@every_form
def test_evidence_stands_with_its_question_and_its_study(client, form):
    study = make_study(items=1, status="published", year=2024)
    text = text_of_list(client, form)

    assert re.search(
        rf"\({re.escape(study.label)} \\?\[\d\\?\]\)",
        text,
    )


@every_form
def test_a_measure_that_no_study_asked_about_says_so(
    client,
    three_measures,
    form,
):
    text = text_of_list(client, form)

    assert text.count("No study here has asked experts") == 3


@every_form
def test_an_empty_list_says_that_it_is_empty(client, three_measures, form):
    text = text_of_list(client, form, q="zebra")

    assert "0 mitigations in the catalogue" in text


@every_form
def test_sources_come_as_a_text_too(client, three_measures, form):
    answer = client.get("/api/v1/documents/", {"format": form})
    text = sent(answer).decode()

    assert "First report" in text
    assert "Ames" in text


@pytest.mark.parametrize(
    "text",
    ["a *b* _c_ [d](e) <f> `g` \\ # | ~~h~~", "1 < 2", "M0001 [Preliminary]"],
)
def test_no_text_is_taken_for_markup(text):
    [_, inline, _] = MarkdownIt("commonmark").parse(escaped(text))

    assert "".join(one.content for one in inline.children) == text
    assert {one.type for one in inline.children} <= {"text", "text_special"}


def test_the_page_offers_the_text_with_script_and_without(
    client,
    three_measures,
):
    content = client.get("/mitigations/?q=audits").content.decode()

    assert 'data-copy-from="http://testserver/api/v1/mitigations/' in content
    assert "format=md" in content
