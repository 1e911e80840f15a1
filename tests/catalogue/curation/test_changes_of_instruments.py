"""What readers are told of laws, codes and standards that changed."""

from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalogue.curation.changes_of_instruments import events_of
from catalogue.models import Instrument, Provision
from catalogue.releases.cutting import cut
from tests.factories import (
    InstrumentFactory,
    ProvisionFactory,
    TaxonomyFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
BEGIN = datetime(2026, 11, 1, 9, tzinfo=UTC)
OLD, NEW = date(2026, 8, 2), date(2027, 12, 2)


def happened(days: int) -> None:
    """Dates all that has no date of ours yet."""
    for history in (Instrument.history, Provision.history):
        history.filter(history_date__gt=BEGIN + timedelta(days=365)).update(
            history_date=BEGIN + timedelta(days=days),
        )


@pytest.fixture(autouse=True)
def later(monkeypatch):
    """All is written long after, until `happened` says when."""
    monkeypatch.setattr(
        "django.utils.timezone.now",
        lambda: BEGIN + timedelta(days=1000),
    )


@pytest.fixture
def ai_act():
    """A law with five articles, listed on the first of the month."""
    law = InstrumentFactory(kind="law", short_title="AI Act", in_force_on=OLD)
    for number in range(5):
        ProvisionFactory(
            instrument=law,
            code=f"Article {number}",
            applies_from=OLD,
        )
    happened(0)
    return law


def amend(row, reason="It was amended.", **fields):
    for name, value in fields.items():
        setattr(row, name, value)
    row._change_reason = reason
    row.save()


def told_of(law) -> list[str]:
    return [event.text for event in events_of([law.pk])[law.pk]]


def test_a_law_is_listed_with_its_provisions_in_one(ai_act):
    assert told_of(ai_act) == ["Listed here"]


def test_a_day_that_moved_is_told_with_the_day_before_and_the_reason(ai_act):
    amend(ai_act.provisions.first(), applies_from=NEW)
    happened(3)

    [event, _] = events_of([ai_act.pk])[ai_act.pk]

    assert event.text == (
        "Article 0 applies from 2 December 2027, no longer from 2 August 2026"
    )
    assert event.reason == "It was amended."
    assert event.at == BEGIN + timedelta(days=3)


@pytest.mark.parametrize(
    ("count", "named"),
    [
        (2, "Article 0, Article 1 apply from"),
        (5, "5 provisions apply from"),
    ],
)
def test_provisions_whose_day_moved_alike_are_told_together(
    ai_act,
    count,
    named,
):
    for row in ai_act.provisions.all()[:count]:
        amend(row, applies_from=NEW)
    happened(3)

    assert told_of(ai_act)[0].startswith(named)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {"in_force_on": NEW},
            "In force from 2 December 2027, no longer from 2 August 2026",
        ),
        (
            {"in_force_on": None},
            "In force from a day that is not known, no longer from 2 August 2026",
        ),
        ({"ended_on": NEW}, "No longer current from 2 December 2027"),
        ({"status_note": "It binds."}, "What is said of it was changed"),
        ({"checked_on": NEW}, "Last looked at on 2 December 2027"),
    ],
)
def test_what_changed_of_a_law_is_told_in_words(ai_act, fields, text):
    amend(ai_act, **fields)
    happened(3)

    assert told_of(ai_act)[0] == text


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (
            {"applies_from": NEW},
            {"applies_from": None},
            "Article 0 applies from 2 August 2026, no longer from 2 December 2027",
        ),
        (
            {"applies_to": ""},
            {"applies_to": "all"},
            "Article 0 applies to all",
        ),
        (
            {"applies_to": "all"},
            {"applies_to": "some"},
            "Article 0 applies to some, no longer to all",
        ),
        (
            {"applies_to": "all"},
            {"applies_to": ""},
            "Article 0: no longer said to apply to all",
        ),
        (
            {"addressee": ""},
            {"addressee": "systems"},
            "Article 0: listed under providers or deployers of AI systems",
        ),
        (
            {"addressee": "systems"},
            {"addressee": ""},
            "Article 0: no longer listed under providers or deployers of AI systems",
        ),
        (
            {"longer_for": ""},
            {"longer_for": "some have until 2 August 2027."},
            "Article 0: some have until 2 August 2027",
        ),
        (
            {"longer_for": "some have until 2 August 2027"},
            {"longer_for": ""},
            "Article 0: no longer “some have until 2 August 2027”",
        ),
        (
            {"name": "Old"},
            {"name": "New"},
            "Article 0: called “New”, no longer “Old”",
        ),
        ({"code": "Article 0"}, {"code": "Article X"}, "Article 0 is now"),
        ({"note": ""}, {"note": "So."}, "What is said of Article 0 was"),
    ],
)
def test_what_changed_of_a_provision_is_told_in_words(
    ai_act,
    before,
    after,
    text,
):
    amend(ai_act.provisions.first(), **before)
    happened(2)
    amend(ai_act.provisions.first(), **after)
    happened(3)

    assert told_of(ai_act)[0].startswith(text)


def test_each_reason_stands_beside_what_it_was_given_for(ai_act):
    for number, row in enumerate(ai_act.provisions.all()[:4]):
        amend(row, reason=f"Reason {number}.", applies_from=NEW)
    happened(3)

    events = events_of([ai_act.pk])[ai_act.pk]

    assert [(one.text[:9], one.reason) for one in events[:4]] == [
        (f"Article {number}", f"Reason {number}.") for number in (3, 2, 1, 0)
    ]


def test_a_day_that_is_moved_and_moved_back_at_once_is_told_both_times(ai_act):
    amend(ai_act.provisions.first(), reason="", applies_from=NEW)
    amend(ai_act.provisions.first(), reason="", applies_from=OLD)
    happened(3)

    assert told_of(ai_act)[:2] == [
        "Article 0 applies from 2 August 2026, no longer from 2 December 2027",
        "Article 0 applies from 2 December 2027, no longer from 2 August 2026",
    ]


def test_provisions_that_come_and_go_are_named(ai_act):
    ProvisionFactory(instrument=ai_act, code="Article 9")
    ai_act.provisions.first().delete()
    happened(3)

    assert told_of(ai_act)[0] == "Article 9 added; Article 0 no longer listed"


def test_what_took_its_place_is_named(ai_act):
    newer = InstrumentFactory(short_title="Second Act")
    amend(ai_act, replaced_by=newer, ended_on=NEW)
    happened(3)

    assert told_of(ai_act)[0].endswith("replaced by Second Act")


def test_a_save_that_changes_nothing_is_not_told(ai_act):
    amend(ai_act)
    happened(3)

    assert told_of(ai_act) == ["Listed here"]


def test_the_page_of_changes_the_feed_and_the_law_tell_it(client, ai_act):
    amend(ai_act.provisions.first(), applies_from=NEW)
    happened(3)
    sentence = (
        "Article 0 applies from 2 December 2027, no longer from 2 August 2026"
    )

    feed = ElementTree.fromstring(client.get("/changes.atom").content)
    ids = [one.text for one in feed.iter("{http://www.w3.org/2005/Atom}id")]

    assert sentence in client.get("/changes/").text
    assert sentence in client.get(ai_act.get_absolute_url()).text
    assert any(
        f":instruments/{ai_act.slug}/20261104T0900" in one for one in ids
    )


def test_a_release_tells_what_had_happened_by_then(client, ai_act):
    TaxonomyFactory(is_default=True)
    release = cut("2026.11")
    amend(ai_act.provisions.first(), applies_from=NEW)
    Provision.history.filter(history_type="~").update(
        history_date=release.cut_at + timedelta(days=1),
    )
    address = reverse("instrument-detail", args=[ai_act.slug])

    page = client.get(f"/releases/{release.number}{address}").text

    assert "Listed here" in page
    assert "no longer from" not in page


def test_more_laws_and_changes_take_no_more_queries(ai_act):
    def queries_for(keys) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            events_of(keys)
        return len(queries)

    one = queries_for([ai_act.pk])
    others = [ProvisionFactory().instrument.pk for _ in range(4)]
    amend(ai_act.provisions.first(), applies_from=NEW)

    assert queries_for([ai_act.pk, *others]) == one
