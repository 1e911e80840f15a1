"""A list is followed by a feed that holds what it holds, the last change first."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.models import Mitigation
from tests.factories import MitigationFactory
from tests.surveys.factories import make_study

ATOM = "{http://www.w3.org/2005/Atom}"
FEED = "/mitigations.atom"

pytestmark = pytest.mark.django_db


def entries(client, query="") -> list:
    feed = ElementTree.fromstring(client.get(FEED + query).content)
    return feed.findall(f"{ATOM}entry")


def codes(client, query="") -> list[str]:
    titles = [one.find(f"{ATOM}title").text for one in entries(client, query)]
    return [title.split()[0] for title in titles]


def change(accession: str, hours: int) -> None:
    rows = Mitigation.objects.filter(accession=accession)
    row = rows.get()
    rows.update(updated_at=row.updated_at + timedelta(hours=hours))


def test_the_last_change_comes_first_under_the_same_name(client):
    MitigationFactory.create_batch(3)
    before = {one.find(f"{ATOM}id").text for one in entries(client)}
    change("M0002", 1)

    assert codes(client)[0] == "M0002"
    assert {one.find(f"{ATOM}id").text for one in entries(client)} == before


def test_a_feed_holds_what_its_filters_let_through(client):
    MitigationFactory(is_preliminary=True)
    MitigationFactory(is_preliminary=False)
    MitigationFactory(status="draft")

    assert codes(client, "?preliminary=true") == ["M0001"]
    assert sorted(codes(client)) == ["M0001", "M0002"]


def test_an_entry_says_what_experts_said_and_in_which_study(client):
    study = make_study(items=1, status="published", year=2024)
    [entry] = entries(client)

    assert study.label in entry.find(f"{ATOM}summary").text


def test_markup_in_a_text_is_shown_and_not_taken_for_markup(client):
    MitigationFactory(name="a <b> & c", description="d <script> e")
    [entry] = entries(client)

    assert "&lt;script&gt;" in entry.find(f"{ATOM}summary").text


def test_what_the_list_refuses_is_refused(client):
    answer = client.get(f"{FEED}?phase=deplo")

    assert answer.status_code == 400
    assert client.get(f"{FEED}?nothing=1").status_code == 400


def test_the_list_leads_to_its_feed(client):
    MitigationFactory(is_preliminary=True)
    page = client.get("/mitigations/?preliminary=true&view=table")

    assert page.content.decode().count(f'href="{FEED}?preliminary=true"') == 2


def test_the_number_of_queries_does_not_grow(client):
    MitigationFactory.create_batch(2)
    few = queries_of(client)
    MitigationFactory.create_batch(9)

    assert queries_of(client) == few


def queries_of(client) -> int:
    client.get(FEED)
    with CaptureQueriesContext(connection) as queries:
        client.get(FEED)
    return len(queries)
