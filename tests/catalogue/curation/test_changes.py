"""A mitigation's `updated_at` moves with everything that is told of it, whoever writes."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.urls import reverse

from catalogue.models import Classification, Mitigation
from tests.factories import (
    ClassificationFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
)

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def settle():
    Mitigation.objects.update(updated_at=LONG_AGO)


def changed() -> set[int]:
    return set(
        Mitigation.objects.filter(updated_at__gt=LONG_AGO).values_list(
            "pk",
            flat=True,
        ),
    )


@pytest.fixture
def placed():
    """A classification, beside another mitigation's that should not move."""
    ClassificationFactory()
    one = ClassificationFactory()
    settle()
    return one


def test_a_new_classification_changes_its_mitigation(placed):
    other = ClassificationFactory(mitigation=placed.mitigation)

    assert changed() == {other.mitigation.pk}


def test_a_changed_rationale_changes_its_mitigation_even_by_raw_sql(placed):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalogue_classification SET rationale = 'New.' WHERE id = %s",
            [placed.pk],
        )

    assert changed() == {placed.mitigation.pk}


def test_a_classification_moved_to_another_mitigation_changes_both(placed):
    other = MitigationFactory()
    settle()

    Classification.objects.filter(pk=placed.pk).update(mitigation=other)

    assert changed() == {placed.mitigation.pk, other.pk}


def test_a_deleted_classification_changes_its_mitigation(placed):
    placed.delete()

    assert changed() == {placed.mitigation.pk}


def test_a_mapping_changes_both_of_its_ends(placed):
    mapping = MappingFactory()
    settle()

    mapping.delete()

    assert changed() == {mapping.source_id, mapping.target_id}


def test_a_phase_added_or_taken_off_changes_the_mitigation(placed):
    phase = LifecyclePhaseFactory()

    placed.mitigation.phases.add(phase)
    assert changed() == {placed.mitigation.pk}

    settle()
    placed.mitigation.phases.clear()
    assert changed() == {placed.mitigation.pk}


def test_the_time_of_change_is_written_as_django_writes_it(placed):
    placed.delete()
    moment = Mitigation.objects.get(pk=placed.mitigation.pk).updated_at

    assert Mitigation.objects.filter(
        updated_at=moment,
    ).exists()  # SQLite compares times as text


def test_updated_since_finds_a_mitigation_whose_classification_changed(
    client,
    placed,
):
    Mitigation.objects.update(status=Mitigation.Status.PUBLISHED)
    settle()

    placed.rationale = "Another reason."
    placed.save()

    answer = client.get(
        reverse("api:mitigation-list"),
        {"updated_since": "2021-01-01", "fields": "accession"},
    ).json()
    assert [row["accession"] for row in answer["results"]] == [
        placed.mitigation.accession,
    ]
