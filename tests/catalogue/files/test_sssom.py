"""Mappings as SSSOM. The file of the shipped catalogue passes the validation of sssom-py; what is
checked here is what that asks for.
"""

import csv
import re

import pytest
import yaml

from catalogue.models import Mapping
from tests.factories import (
    InstrumentFactory,
    MappingFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
ADDRESS = "/data/mappings.sssom.tsv"
OF_TWO = "/crosswalk/mappings.sssom.tsv?from=a-code&to=2026-code"
PREDICATES = {f"skos:{one.value}" for one in Mapping.Relation}
#: Of each mapping, what SSSOM asks for.
NEEDED = {
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
}
#: What else it knows, of what these files tell.
KNOWN = {
    "author_label",
    "object_source",
    "object_source_version",
    "comment",
    "other",
}


def read(client, address=ADDRESS):
    """The head as YAML, and the rows."""
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/tab-separated-values")
    lines = answer.content.decode().splitlines()
    head = yaml.safe_load(
        "\n".join(line[1:] for line in lines if line.startswith("#")),
    )
    rows = [line for line in lines if not line.startswith("#")]
    return head, list(csv.DictReader(rows, delimiter="\t"))


def test_a_provision_is_an_object_under_its_address(client):
    instrument = InstrumentFactory(slug="eu-ai-act", version="as amended")
    provision = ProvisionFactory(
        instrument=instrument,
        code="Article 9(2)",
        name="Risk management",
    )
    ProvisionMappingFactory(
        source=MitigationFactory(accession="M0001", name="Risk assessment"),
        provision=provision,
        relation="broadMatch",
        confidence="high",
        asserted_by="Ann|Eve",
        note="It asks for\tmore.\nMuch more.",
    )

    head, [row] = read(client)

    assert row == {
        "subject_id": "mitigation:M0001",
        "subject_label": "Risk assessment",
        "predicate_id": "skos:broadMatch",
        "object_id": "eu-ai-act:Article-9(2)",
        "object_label": "Risk management",
        "mapping_justification": "semapv:ManualMappingCuration",
        "author_label": "Ann/Eve",
        "object_source": "instrument:eu-ai-act",
        "object_source_version": "as amended",
        "comment": "It asks for more. Much more.",
        "other": "force=requires; confidence=high",
    }
    start = head["curie_map"]["eu-ai-act"]
    assert start.endswith("/instruments/eu-ai-act/#")
    assert (
        f"{start}Article-9(2)"
        in client.get(
            "/data/mappings.ttl",
        ).content.decode()
    )


def test_mitigations_and_entries_of_frameworks_are_objects_too(client):
    target = MitigationFactory(accession="M0002")
    MappingFactory(target=target)
    MappingFactory(
        framework="A framework",
        framework_version="1.0",
        entry="G 1",
        entry_name="",
    )

    _, rows = read(client)

    assert [row["object_id"] for row in rows] == [
        "mitigation:M0002",
        "entry:A%20framework%201.0%20G%201",
    ]
    assert rows[1]["object_label"] == "G 1"


@pytest.mark.parametrize("address", [ADDRESS, OF_TWO])
def test_every_prefix_is_declared_and_no_id_has_a_blank(client, address):
    for slug in ("a-code", "2026-code", "skos"):
        ProvisionMappingFactory(provision__instrument__slug=slug)
    MappingFactory()

    head, rows = read(client, address)

    names = ("subject_id", "predicate_id", "object_id", "object_source")
    ids = [row[name] for row in rows for name in names if row[name]]
    assert all(re.fullmatch(r"[A-Za-z][\w.-]*:\S+", one) for one in ids)
    assert {one.partition(":")[0] for one in ids} <= head["curie_map"].keys()
    assert head["mapping_set_id"].endswith(address)
    assert head["license"].startswith("https://")


def test_a_draft_is_in_no_file_of_mappings(client):
    ProvisionMappingFactory(source__status="draft")

    assert read(client)[1] == []


@pytest.mark.parametrize("address", [ADDRESS, OF_TWO])
def test_rows_have_what_sssom_asks_for_and_nothing_that_it_does_not_know(
    client,
    address,
):
    for slug in ("a-code", "2026-code"):
        ProvisionMappingFactory(provision__instrument__slug=slug)

    head, rows = read(client, address)

    assert {"mapping_set_id", "license", "curie_map"} <= head.keys()
    assert len(rows) == 2
    for row in rows:
        assert row.keys() == NEEDED | KNOWN
        assert all(row[name] for name in NEEDED)
        assert row["predicate_id"] in PREDICATES
        assert row["mapping_justification"] == "semapv:ManualMappingCuration"


def test_ids_of_a_row_say_what_they_say_once(client):
    for slug in ("a-code", "2026-code"):
        ProvisionMappingFactory(provision__instrument__slug=slug)
    _, rows = read(client, OF_TWO)

    said = [
        (row["subject_id"], row["predicate_id"], row["object_id"])
        for row in rows
    ]
    assert len({*said}) == len(said) == 2
