"""Records are what Django REST framework makes of the models, by a serializer written by hand."""

import pytest
from django.utils.timezone import now

from catalogue.models import Mitigation
from catalogue.operations.generation import generate_catalogue
from catalogue.record.reader import records
from catalogue.record.schema import MEMBERS
from tests.factories import (
    ClassificationFactory,
    DocumentFactory,
    ExternalIdentifierFactory,
    MappingFactory,
    MitigationFactory,
)

from .reference import ReferenceSerializer

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
BASE = "https://catalogue.example"


def serialized(keys, include=(), only=()) -> list[dict]:
    """What the API's list has, without leaving anything to chance of the database's own order."""
    rows = (
        Mitigation.objects.published()
        .for_detail()
        .prefetch_related(*Mitigation.objects.all().RELATED.values())
    )
    found = rows.in_bulk(keys)
    serializer = ReferenceSerializer(
        [found[key] for key in keys if key in found],
        many=True,
        context={"base_url": BASE},
        include=list(include),
        only=list(only),
    )
    return [dict(record) for record in serializer.data]


def known(found: list[dict]) -> list[dict]:
    """Without the members that are declared since the serializer was written."""
    new = {*MEMBERS} - {*ReferenceSerializer.Meta.fields, "mappings"}
    return [
        {k: v for k, v in record.items() if k not in new} for record in found
    ]


@pytest.fixture
def full_mitigation():
    mitigation = MitigationFactory(
        phases=2,
        actors=2,
        functions=2,
        section="3 > 3.2",
        page="7",
        alternative_names="Audits\n\n Reviews ",
        is_preliminary=True,
        document=DocumentFactory(
            preliminary_notice="May change.",
            authors=2,
            year=None,
        ),
    )
    for confidence in ("", "high"):
        ClassificationFactory(mitigation=mitigation, confidence=confidence)
    for url in ("", "https://elsewhere.example/"):
        ExternalIdentifierFactory(mitigation=mitigation, url=url)
    MappingFactory(source=mitigation)
    MappingFactory(target=mitigation)
    MappingFactory(source=mitigation, framework="NIST AI RMF", entry="GV-1")
    return mitigation


@pytest.mark.parametrize(
    "include",
    [
        (),
        ("document",),
        ("mappings",),
        ("evidence", "comments"),
        ("document", "mappings"),
    ],
)
@pytest.mark.parametrize(
    "only",
    [(), ("accession", "name"), ("mappings", "document", "classifications")],
)
def test_a_record_is_what_the_serializer_gives(full_mitigation, include, only):
    keys = [full_mitigation.pk, MitigationFactory().pk]

    assert known(records(keys, include, BASE, only)) == serialized(
        keys,
        include,
        only,
    )


def test_members_stand_in_the_order_of_the_serializer(full_mitigation):
    [record] = records([full_mitigation.pk], base_url=BASE)

    assert list(known([record])[0]) == list(
        serialized([full_mitigation.pk])[0],
    )


def test_generated_records_are_what_the_serializer_gives(shipped_catalogue):
    generate_catalogue(mitigations=300, seed=3)
    keys = list(
        Mitigation.objects.order_by("-pk").values_list("pk", flat=True),
    )

    assert known(records(keys, base_url=BASE)) == serialized(keys)


def test_records_come_in_the_order_asked_for_without_drafts():
    first, draft, last = (
        MitigationFactory(),
        MitigationFactory(status="draft"),
        MitigationFactory(),
    )

    found = records([last.pk, draft.pk, first.pk])

    assert [record["accession"] for record in found] == [
        last.accession,
        first.accession,
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_records_take_the_same_queries_for_any_number(
    count,
    django_assert_num_queries,
):
    keys = [
        ClassificationFactory(
            mitigation__phases=1,
            mitigation__actors=1,
        ).mitigation_id
        for _ in range(count)
    ]

    records(keys)  # vocabularies and categories are read once and kept
    # mitigations, identifiers, classifications; who has which terms is in the index
    with django_assert_num_queries(3):
        records(keys)


def test_what_is_not_asked_for_is_not_read(django_assert_num_queries):
    key = MitigationFactory(created_at=now()).pk

    with django_assert_num_queries(1):
        records([key], only=["name"])
