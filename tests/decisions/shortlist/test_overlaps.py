"""Measures of a selection that overlap, as mappings say."""

import pytest

from catalogue.models import Mapping
from decisions.shortlist.overlaps import overlaps_of
from tests.factories import DocumentFactory, MitigationFactory

pytestmark = pytest.mark.django_db
Relation = Mapping.Relation


@pytest.fixture
def audits():
    document = DocumentFactory(label="Doe 2024")
    return MitigationFactory(name="Audits", document=document)


@pytest.fixture
def checks():
    document = DocumentFactory(label="Roe 2023")
    return MitigationFactory(name="Checks", document=document)


@pytest.mark.parametrize(
    ("relation", "said"),
    [
        (
            Relation.EXACT,
            "“Audits” (Doe 2024) and “Checks” (Roe 2023) are the same measure, worded by two sources.",
        ),
        (
            Relation.CLOSE,
            "“Audits” (Doe 2024) and “Checks” (Roe 2023) are nearly the same measure.",
        ),
        (
            Relation.BROAD,
            "“Audits” (Doe 2024) is a narrower measure than “Checks” (Roe 2023), which takes it in.",
        ),
        (
            Relation.NARROW,
            "“Checks” (Roe 2023) is a narrower measure than “Audits” (Doe 2024), which takes it in.",
        ),
    ],
)
def test_each_relation_has_its_sentence(audits, checks, relation, said):
    Mapping.objects.create(
        source=audits,
        target=checks,
        relation=relation,
        asserted_by="Editors",
    )

    assert overlaps_of([audits, checks]) == [said]


def test_what_is_only_related_does_not_overlap(audits, checks):
    Mapping.objects.create(
        source=audits,
        target=checks,
        relation=Relation.RELATED,
        asserted_by="Editors",
    )

    assert overlaps_of([audits, checks]) == []


def test_what_is_not_among_them_is_not_told(audits, checks):
    Mapping.objects.create(
        source=audits,
        target=checks,
        relation=Relation.CLOSE,
        asserted_by="Editors",
    )

    assert overlaps_of([audits]) == []


def test_queries_do_not_grow_with_overlaps(
    audits,
    checks,
    django_assert_max_num_queries,
):
    others = MitigationFactory.create_batch(3)
    for one in others:
        Mapping.objects.create(
            source=audits,
            target=one,
            relation=Relation.CLOSE,
            asserted_by="Editors",
        )
    overlaps_of([audits])

    with django_assert_max_num_queries(3):
        overlaps_of([audits, checks, *others])
