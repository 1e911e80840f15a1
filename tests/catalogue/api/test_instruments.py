"""Laws, codes and standards in the API."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.models import Instrument, NotCovered
from tests.factories import (
    InstrumentFactory,
    MappingFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
API = "/api/v1"
LAW = Instrument.Kind.LAW


def results(client, path):
    answer = client.get(f"{API}/{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def problem(client, path):
    answer = client.get(f"{API}/{path}")
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    return error


@pytest.fixture
def law():
    return InstrumentFactory(
        slug="eu-ai-act",
        short_title="EU AI Act",
        kind=LAW,
        in_force_on=date(2024, 8, 1),
        further_links="https://example.org/1 An amendment",
        unverified="Some dates.",
    )


@pytest.fixture
def article(law):
    return ProvisionFactory(
        instrument=law,
        code="Article 9",
        name="Risk management",
        applies_from=date(2027, 12, 2),
        addressee="high-risk",
    )


def test_an_instrument_says_what_it_is_and_what_was_not_verified(client, law):
    [record] = results(client, "instruments/")

    assert record["slug"] == "eu-ai-act"
    assert record["kind"] == "law"
    assert record["in_force_on"] == "2024-08-01"
    assert record["further_links"] == [
        {"url": "https://example.org/1", "name": "An amendment"},
    ]
    assert record["unverified"] == ["Some dates."]
    assert record["licence"] is None
    assert client.get(f"{API}/instruments/eu-ai-act/").json() == record


def test_a_provision_says_from_when_it_applies(client, law, article):
    as_the_law = ProvisionFactory(
        instrument=law,
        code="Article 9(1)",
        parent=article,
    )

    first, second = results(client, "provisions/?instrument=eu-ai-act")

    assert (first["code"], first["begins_on"]) == ("Article 9", "2027-12-02")
    assert (second["parent"], second["begins_on"]) == (
        "Article 9",
        "2024-08-01",
    )
    address = f"{API}/provisions/eu-ai-act:{as_the_law.code}/"
    assert client.get(address).json() == second


def test_a_provision_that_is_not_there_is_told_how_to_be_named(client, law):
    answer = client.get(f"{API}/provisions/eu-ai-act:Article 99/")

    assert answer.status_code == 404
    assert "as instrument:id" in answer.json()["detail"]


@pytest.fixture
def mapped(law, article):
    """By note: mappings to an article, to a part of it, to a code, and to a mitigation."""
    part = ProvisionFactory(
        instrument=law,
        code="Article 9(1)",
        parent=article,
        applies_from=date(2026, 12, 2),
    )
    ProvisionMappingFactory(provision=article, note="article")
    ProvisionMappingFactory(provision=part, note="part", force="disclose")
    code = ProvisionFactory(instrument__slug="a-code", code="1")
    ProvisionMappingFactory(provision=code, note="code")
    MappingFactory(note="measure")


@pytest.mark.parametrize(
    ("query", "notes"),
    [
        ("", {"article", "part", "code", "measure"}),
        ("instrument=eu-ai-act", {"article", "part"}),
        ("instrument=eu-ai-act,a-code", {"article", "part", "code"}),
        ("provision=eu-ai-act:Article 9", {"article", "part"}),
        ("provision=eu-ai-act:Article 9(1)", {"part"}),
        (
            "provision=eu-ai-act:Article 9(1)&provision=a-code:1",
            {"part", "code"},
        ),
        ("relation=broadMatch&instrument=eu-ai-act", set()),
        ("addressee=high-risk", {"article"}),
        ("force=requires", {"article", "code"}),
        ("force=requires&instrument=eu-ai-act", {"article"}),
        ("in_force_on=2026-12-01", set()),
        ("in_force_on=2026-12-02", {"part"}),
        ("in_force_on=2027-12-02&force=requires", {"article"}),
    ],
)
def test_mappings_are_narrowed_by_what_asks_and_how(
    client,
    mapped,
    query,
    notes,
):
    found = {one["note"] for one in results(client, f"mappings/?{query}")}

    assert found == notes


@pytest.mark.parametrize(
    ("query", "parameter", "hint"),
    [
        ("instrument=eu-ai", "instrument", "eu-ai-act"),
        ("force=require", "force", "requires"),
        ("provision=eu-ai-act:9", "provision", "such provision"),
        ("in_force_on=yesterday", "in_force_on", "2026-12-02"),
        ("in_force_on=2026-02-30", "in_force_on", "2026-12-02"),
        ("in_force_on=", "in_force_on", ""),
        ("provision=a%00", "provision", "such provision"),
        ("addressee=nobody", "addressee", "frontier"),
        ("relation=sameAs", "relation", "exactMatch"),
    ],
)
def test_what_is_no_instrument_force_or_day_is_refused(
    client,
    mapped,
    query,
    parameter,
    hint,
):
    error = problem(client, f"mappings/?{query}")

    assert error["parameter"] == parameter
    assert hint in f"{error['detail']} {error.get('suggestion')}"


def test_a_mapping_says_the_provision_and_its_force(client, mapped):
    [record] = results(client, "mappings/?provision=eu-ai-act:Article 9(1)")

    assert record["provision"]["instrument"] == "eu-ai-act"
    assert record["provision"]["code"] == "Article 9(1)"
    assert (record["target"], record["framework"]) == (None, None)
    assert (record["force"], record["confidence"]) == ("disclose", None)


def test_a_mitigation_lists_on_request_what_asks_for_it(client, article):
    mitigation = MitigationFactory(instruments_checked_on=date(2026, 11, 30))
    code = ProvisionFactory()
    ProvisionMappingFactory(source=mitigation, provision=code)
    ProvisionMappingFactory(source=mitigation, provision=article)
    MappingFactory(source=mitigation)

    address = f"{API}/mitigations/{mitigation.accession}/"
    record = client.get(f"{address}?include=provisions").json()

    law_first, code_second = record["provisions"]
    assert law_first["instrument"] == "eu-ai-act"
    assert law_first["begins_on"] == "2027-12-02"
    assert law_first["force"] == "requires"
    assert code_second["begins_on"] is None
    assert record["instruments_checked_on"] == "2026-11-30"
    assert "provisions" not in client.get(address).json()


def test_a_draft_is_in_no_mapping_to_a_provision(client, article):
    ProvisionMappingFactory(provision=article, source__status="draft")

    assert results(client, "mappings/") == []


@pytest.mark.parametrize(
    "path",
    [
        "instruments/",
        "provisions/",
        "mappings/",
        "mitigations/?include=provisions",
    ],
)
def test_queries_of_instruments_do_not_grow_with_rows(client, path):
    ProvisionMappingFactory()
    with CaptureQueriesContext(connection) as few:
        client.get(f"{API}/{path}")
    for _ in range(3):
        ProvisionMappingFactory()
    with CaptureQueriesContext(connection) as many:
        client.get(f"{API}/{path}")

    assert 0 < len(many) <= len(few)


def test_queries_do_not_grow_with_the_provisions_asked_for(client):
    keys = [ProvisionMappingFactory().provision.key for _ in range(3)]
    queries = {}
    for count in (1, 3):
        asked = "&".join(f"provision={key}" for key in keys[:count])
        with CaptureQueriesContext(connection) as queries[count]:
            found = results(client, f"mappings/?{asked}")
        assert len(found) == count

    assert len(queries[3]) == len(queries[1])


def test_what_is_not_covered_is_said(client):
    NotCovered.objects.create(name="A late act", reason="Unread.", position=2)
    NotCovered.objects.create(name="An act", reason="Not read.", position=1)

    first, second = results(client, "not-covered/")

    assert first == {"name": "An act", "reason": "Not read."}
    assert second["name"] == "A late act"
