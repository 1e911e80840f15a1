"""Pages and files of what changed between two releases, or since the last. Nothing is written
to releases: two are cut for all of these tests.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.models import Mitigation
from catalogue.releases.cutting import cut
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    MitigationFactory,
    ProvisionMappingFactory,
    TaxonomyFactory,
)
from tests.files import csv_rows
from tests.states import made_once

pytestmark = pytest.mark.django_db


@made_once
def two_releases():
    """M0001 in both and reclassified, M0002 only in the second, M0003 only today."""
    taxonomy = TaxonomyFactory(slug="v2", is_default=True)
    one = MitigationFactory(accession="M0001", name="=Watermark")
    placed = ClassificationFactory(
        mitigation=one,
        category=CategoryFactory(taxonomy=taxonomy, code="1"),
    )
    CategoryFactory(taxonomy=taxonomy, code="2")
    cut("2026.10")
    placed.category = taxonomy.categories.get(code="2")
    placed.save()
    MitigationFactory(
        accession="M0002",
        name="Red-team",
        document=one.document,
    )
    cut("2026.11", notes="The second.")
    MitigationFactory(accession="M0003", name="Audit", document=one.document)


STATES = {
    "from=2026.10&to=2026.11": {"added": 1, "reclassified": 1},
    "from=2026.11&to=2026.10": {"reclassified": 1, "withdrawn": 1},
    "from=2026.11&to=2026.11": {"left as it was": 2},
    "from=2026.10&to=today": {"added": 2, "reclassified": 1},
    "from=nothing&to=2026.10": {"added": 1},
    "from=2026.11": {
        "added": 1,
        "left as it was": 2,
    },  # to today: what is not released yet
    "to=2026.11": {"added": 1, "reclassified": 1},
    "": {"added": 1, "reclassified": 1},
}


def test_any_two_states_can_be_compared_and_no_others(client, two_releases):
    for query, counts in STATES.items():
        assert (
            client.get(f"/data/changes.json?{query}").json()["counts"][
                "mitigation"
            ]
            == counts
        ), query
        assert client.get(f"/data/changes/?{query}").status_code == 200
    for query in (
        "from=2026.9",
        "to=tomorrow",
        "since=2026.10",
        "from=2026.10&from=2026.11",
    ):
        assert client.get(f"/data/changes/?{query}").status_code == 400, query
        assert client.get(f"/data/changes.json?{query}").status_code == 400


def test_the_difference_as_a_table_has_a_row_for_each_value(
    client,
    two_releases,
):
    found = csv_rows(client.get("/data/changes.csv?from=2026.10&to=2026.11"))

    rows = [row for row in found if row["kind"] == "mitigation"]
    assert {(row["key"], row["name"], row["what"]) for row in rows} == {
        ("M0001", "'=Watermark", "reclassified"),
        ("M0002", "Red-team", "added"),
    }
    places = {
        row["field"]: (row["old"], row["new"])
        for row in rows
        if row["field"].endswith("is primary")
    }
    assert places == {
        "classifications › v2 › 1 › is primary": ("true", ""),
        "classifications › v2 › 2 › is primary": ("", "true"),
    }


def test_the_table_tells_all_of_a_new_mapping(client, two_releases):
    ProvisionMappingFactory(
        force="own",
        relation="narrowMatch",
        note="It has them write rules.",
    )

    found = csv_rows(client.get("/data/changes.csv?from=2026.11&to=today"))
    rows = [row for row in found if row["kind"] == "mapping"]
    told = {row["field"]: row["new"] for row in rows}
    assert {row["what"] for row in rows} == {"added"}
    assert told["force"] == "own"
    assert told["relation"] == "narrowMatch"
    assert told["note"] == "It has them write rules."


def test_pages_show_releases_and_what_changed(client, two_releases):
    detail, data, home = (
        client.get(path).content.decode()
        for path in ("/data/releases/2026.11/", "/data/", "/")
    )

    assert 'from <b class="num">1</b> to <b class="num">2</b>' in detail
    assert "The second." in detail
    assert data.count('href="/data/releases/') == 2
    assert 'href="/data/releases/2026.11/"' in home
    assert "2026.10" not in home


def test_the_page_takes_the_same_queries_for_any_number_of_changes(
    client,
    two_releases,
):
    path = "/data/changes/?from=2026.10&to=today"
    document = Mitigation.objects.first().document
    client.get(path)
    MitigationFactory(document=document)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    MitigationFactory.create_batch(5, document=document)
    with CaptureQueriesContext(connection) as many:
        client.get(path)

    assert len(many) == len(few)
