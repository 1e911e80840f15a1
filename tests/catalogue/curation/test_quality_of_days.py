"""Notes that name a day which was moved: what the quality desk finds, and what a form says."""

from datetime import date

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.utils import timezone

from catalogue.curation.quality import CHECKS, desk
from catalogue.curation.quality.checks.former_days import NAME, days_named
from tests.catalogue.admin.test_admin import change
from tests.catalogue.curation.test_quality import subjects
from tests.factories import (
    InstrumentFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

BEFORE = date(2026, 12, 2)
NOW = date(2027, 8, 2)


def moved_provision(**values):
    """One that applied from `BEFORE`, and applies from `NOW`."""
    provision = ProvisionFactory(applies_from=BEFORE, **values)
    provision.applies_from = NOW
    provision.save()
    return provision


@pytest.mark.parametrize(
    "written",
    [
        "2 December 2026",
        "December 2, 2026",
        "2026-12-02",
        "2\xa0December 2026",
    ],
)
def test_a_day_is_known_however_it_is_written(written):
    assert days_named(f"It is banned from {written} on.") == {BEFORE}


def test_what_only_looks_like_a_day_is_none():
    assert days_named("Article 12 Annex 2026, 31 February 2026") == set()


def test_a_reason_that_names_the_former_day_of_its_provision_is_found():
    provision = moved_provision()
    stale = ProvisionMappingFactory(
        provision=provision,
        note="From 2 December 2026 it is banned.",
    )
    ProvisionMappingFactory(
        provision=provision,
        note="From 2 August 2027 it is banned.",
    )

    [issue] = CHECKS[NAME].find()

    assert issue.subject == f"mapping {stale.pk}"
    assert "still names 2 December 2026, a day that was moved" in issue.message
    assert issue.url.endswith(
        f"/{stale.source_id}/change/#mappings_from-group",
    )


def test_the_status_of_a_law_may_name_the_day_of_any_provision():
    law = InstrumentFactory(kind="law", status_note="From 2 December 2026.")
    moved_provision(instrument=law)
    assert subjects(NAME) == [f"instrument {law.pk} status_note"]

    ProvisionFactory(instrument=law, applies_from=BEFORE)
    assert subjects(NAME) == []


def test_a_note_of_a_provision_is_found_where_its_law_moved():
    law = InstrumentFactory(kind="law", in_force_on=BEFORE)
    provision = ProvisionFactory(
        instrument=law,
        longer_for="older models have until 2 December 2026",
    )
    assert subjects(NAME) == []

    law.in_force_on = NOW
    law.save()

    assert subjects(NAME) == [f"provision {provision.pk} longer_for"]


def test_a_reason_of_what_was_withdrawn_is_left_in_peace():
    ProvisionMappingFactory(
        provision=moved_provision(),
        source=MitigationFactory(
            status="withdrawn",
            withdrawn_at=timezone.now(),
            withdrawal_note="A copy.",
        ),
        note="From 2 December 2026.",
    )

    assert subjects(NAME) == []


def test_who_moves_a_day_is_told_what_still_names_it(client):
    boss = User.objects.create_superuser("ada")
    client.force_login(boss)
    mapping = ProvisionMappingFactory(
        provision=ProvisionFactory(applies_from=BEFORE),
        note="From 2 December 2026 it is banned.",
    )

    answer = change(
        client,
        mapping.provision,
        applies_from="2027-08-02",
        reason="It was put off.",
    )

    [told] = [
        str(one)
        for one in get_messages(answer.wsgi_request)
        if one.level_tag == "warning"
    ]
    assert mapping.source.accession in told
    assert "still names 2 December 2026, a day that was moved" in told


def test_who_dismissed_a_note_is_not_told_of_it_again(client):
    boss = User.objects.create_superuser("ada")
    client.force_login(boss)
    provision = moved_provision(note="Put off from 2 December 2026.")
    [issue] = CHECKS[NAME].find()
    desk.dismiss(
        check=CHECKS[NAME],
        subject=issue.subject,
        fingerprint=issue.fingerprint,
        reason="It tells of the day before.",
        curator=boss,
    )

    answer = change(client, provision, name="Banned", reason="Shorter")

    assert "still names" not in " ".join(
        map(str, get_messages(answer.wsgi_request)),
    )
