"""The quality desk on the catalogue that is shipped: what it says there is worth a curator's
while.
"""

import pytest

from catalogue.curation.quality import CHECKS, desk
from catalogue.models import Classification
from catalogue.models import Mapping as Mappings

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue"),
]


@pytest.mark.parametrize(
    "check",
    [
        "no-description",
        "description-repeats-name",
        "description-claims-effect",
        "no-actor",
        "no-function",
        "no-doi",
        "figure-differs",
        "superseded-framework",
        "not-reviewed",
    ],
)
def test_the_shipped_catalogue_has_no_such_fault(check):
    assert [one.message for one in desk.open_issues(CHECKS[check])] == []


def test_one_place_in_a_hundred_at_most_is_questioned():
    questioned = desk.open_issues(CHECKS["rationale-argues-elsewhere"])

    assert len(questioned) <= Classification.objects.count() / 100


def test_a_rationale_in_the_wrong_place_is_noticed_more_often_than_not():
    # Each place of the default taxonomy is exchanged with the next but ten.
    rows = list(
        Classification.objects.filter(
            taxonomy__is_default=True,
            is_primary=True,
        ).order_by("pk"),
    )
    moved = [
        (row, other.category_id)
        for row, other in zip(rows, rows[10:] + rows[:10], strict=True)
        if row.category_id != other.category_id
    ]
    for row, category in moved:
        Classification.objects.filter(
            mitigation=row.mitigation_id,
            category=category,
        ).exclude(pk=row.pk).delete()
        Classification.objects.filter(pk=row.pk).update(category=category)

    noticed = {
        one.subject.split()[0]
        for one in CHECKS["rationale-argues-elsewhere"].find()
    }

    assert (
        len(noticed & {row.mitigation.accession for row, _ in moved})
        > len(moved) / 2
    )


def test_the_measures_that_editors_mapped_as_the_same_would_have_been_found():
    mapped = {
        frozenset((row.source.accession, row.target.accession))
        for row in Mappings._default_manager.filter(
            relation="exactMatch",
        ).select_related("source", "target")
    }
    Mappings._default_manager.all().delete()

    pairs = {
        frozenset(one.subject.split())
        for one in CHECKS["likely-duplicate"].find()
    }

    assert mapped <= pairs
    assert len(pairs) <= 30
