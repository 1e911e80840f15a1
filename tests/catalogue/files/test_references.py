"""Lists as references: each work once, whatever the batches, and nothing where there are none."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.listing.ordering import Selection
from tests.catalogue.files.test_exports import keys_of
from tests.factories import AuthorFactory, DocumentFactory, MitigationFactory
from tests.files import text_of

LIST = "/api/v1/mitigations/"
REFERENCES = ["bib", "ris", "csl"]
every_form = pytest.mark.parametrize("form", REFERENCES)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture
def two_sources():
    first = DocumentFactory(slug="first")
    second = DocumentFactory(slug="second")
    for document in (first, second, first, second):
        MitigationFactory(document=document)


@every_form
def test_a_document_stands_once_before_its_first_measure(
    client,
    two_sources,
    form,
    monkeypatch,
):
    in_batches(monkeypatch, 2)
    response = client.get(LIST, {"format": form})

    assert keys_of(response, form) == [
        *("first", "M0001", "second", "M0002"),
        *("M0003", "M0004"),
    ]


def in_batches(monkeypatch, size: int) -> None:
    of_any_size = Selection.key_batches
    monkeypatch.setattr(
        Selection,
        "key_batches",
        lambda selection: of_any_size(selection, size),
    )


@every_form
def test_documents_come_as_references_too(client, two_sources, form):
    response = client.get("/api/v1/documents/", {"format": form})

    assert keys_of(response, form) == ["first", "second"]


@every_form
def test_what_is_preliminary_says_so_in_its_title(client, form):
    document = DocumentFactory(preliminary_notice="Do not cite yet.")
    MitigationFactory(name="A measure", is_preliminary=True, document=document)

    text = text_of(client.get(LIST, {"format": form}))

    assert "A measure [Preliminary]" in text
    assert "Do not cite yet." in text


@every_form
def test_an_empty_list_has_no_references(client, form):
    response = client.get(LIST, {"format": form, "q": "zebra"})

    assert response.status_code == 200
    assert keys_of(response, form) == []


@every_form
@pytest.mark.parametrize("name", ["taxonomies", "mappings", "studies"])
def test_lists_of_no_works_name_the_formats_that_they_come_in(
    client,
    form,
    name,
):
    address = f"/api/v1/{name}/"
    [error] = client.get(address, {"format": form}).json()["errors"]

    assert error["parameter"] == "format"
    assert "csv" in error["allowed"]
    assert not set(REFERENCES) & set(error["allowed"])


def test_lists_of_no_works_do_not_negotiate_references(client):
    accept = {"Accept": "application/x-bibtex"}

    assert client.get(LIST, headers=accept).status_code == 200
    assert client.get("/api/v1/actors/", headers=accept).status_code == 406


@pytest.mark.parametrize("name", ["fields", "include"])
def test_references_refuse_members(client, name):
    query = {"format": "bib", name: "document"}
    [error] = client.get(LIST, query).json()["errors"]

    assert error["parameter"] == name
    assert "take one of json, ndjson" in error["detail"]


def test_the_number_of_queries_does_not_grow(client, two_sources):
    few = queries_of(client)
    for _ in range(12):
        document = DocumentFactory()
        AuthorFactory(document=document)
        MitigationFactory(document=document)

    assert queries_of(client) == few


def queries_of(client) -> int:
    with CaptureQueriesContext(connection) as queries:
        text_of(client.get(LIST, {"format": "bib"}))
    return len(queries)


def test_the_sources_page_leads_to_its_references(client, two_sources):
    content = client.get("/documents/").content.decode()

    for form in REFERENCES:
        assert f"/api/v1/documents/?format={form}" in content
