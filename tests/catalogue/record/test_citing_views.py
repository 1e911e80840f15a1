"""A view of the catalogue is cited by its title and its address, and as of a state."""

import re
from dataclasses import replace

import pytest

from catalogue.record import citation_formats
from catalogue.record.citations import cite_view
from tests.factories import DocumentFactory, MitigationFactory

ADDRESS = "https://example.org/mitigations/?phase=deploy&q=a%26b"

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "title",
    [
        "Mitigations: Deploy",
        "“what now?” · Mitigations",
        "Which are strongest?",
        "Stop!",
        "a & b <c> \\ {d}",
        "mitigations in lower case",
    ],
)
def test_the_reference_is_what_the_engine_writes(title):
    MitigationFactory()
    view = cite_view(title, ADDRESS)

    assert view.apa == citation_formats.apa(view.csl)


def test_a_view_says_what_is_preliminary_in_it():
    MitigationFactory()

    view = cite_view("Mitigations", ADDRESS, ["Study: do not cite."])

    assert view.csl["title"].endswith(": Mitigations [Preliminary in part]")
    assert view.csl["note"] == "Study: do not cite."


def test_two_views_have_two_keys_and_one_view_has_the_same_again():
    MitigationFactory()
    keys = [
        cite_view("Mitigations", address).key
        for address in (ADDRESS, ADDRESS, f"{ADDRESS}&risk=1")
    ]

    assert keys[0] == keys[1] != keys[2]
    assert all(re.fullmatch(r"catalogue-[0-9a-f]{8}", key) for key in keys)


def test_the_title_of_a_view_is_on_one_line_in_every_form():
    MitigationFactory()
    view = cite_view("Two\nlines\x00", ADDRESS)

    assert view.csl["title"].endswith(": Two lines")
    assert replace(view).ris.count("TI  - ") == 1


@pytest.mark.parametrize("page", ["/mitigations/", "/mitigations/?view=table"])
def test_the_list_shows_how_to_cite_it_in_four_forms(client, page):
    MitigationFactory(document=DocumentFactory())
    content = client.get(page).content.decode()

    assert "Cite this view" in content
    for form in ("APA", "BibTeX", "RIS", "CSL JSON"):
        assert f"<summary>{form}</summary>" in content
    assert "http://testserver/mitigations/. " not in content
