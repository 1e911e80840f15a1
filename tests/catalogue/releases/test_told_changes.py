"""Pages of changes tell those of laws, codes and standards in words."""

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.models import Instrument, NotCovered
from catalogue.releases.cutting import cut
from tests.factories import (
    InstrumentFactory,
    MappingFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)

pytestmark = pytest.mark.django_db
CHANGES = "/data/changes/?from=2026.10&to=today"


@pytest.fixture
def mapping():
    """Of M0001 to a provision, before what is changed. A release is cut with it."""
    made = ProvisionMappingFactory(
        source=MitigationFactory(name="Audits"),
        provision=ProvisionFactory(
            instrument=InstrumentFactory(
                slug="an-act",
                short_title="An Act",
                kind=Instrument.Kind.LAW,
            ),
            code="7(c)",
            name="Have it audited",
        ),
        relation="broadMatch",
    )
    cut("2026.10")
    return made


def words_of(client) -> str:
    page = client.get(CHANGES).content.decode()
    text = re.sub(r"<[^>]+>", " ", page[page.index("<main") :])
    return " ".join(text.split())


def test_an_instrument_that_changed_is_named_with_what_it_said_in_words(
    client,
    mapping,
):
    instrument = mapping.provision.instrument
    instrument.is_whole = True
    instrument.checked_on = datetime.date(2026, 12, 1)
    instrument.unverified = "The names.\nThe dates."
    instrument.save()

    page = words_of(client)

    assert "Changed 1 An Act 3 values, before and after" in page
    assert re.search("last looked at [^.]*1 December 2026", page)
    assert "list is whole no yes" in page
    assert "what was not verified empty The names. The dates." in page
    assert "an-act" not in page


def test_a_provision_is_named_with_its_instrument_and_told_its_day_once(
    client,
    mapping,
):
    provision = mapping.provision
    provision.applies_from = datetime.date(2027, 1, 1)
    provision.addressee = "frontier"
    provision.applies_from_note = "Some later"
    provision.save()

    page = words_of(client)

    assert "An Act, 7(c): Have it audited 3 values" in page
    assert "applies from empty 1 January 2027" in page
    assert "developers of frontier models" in page
    assert "noted on that day empty Some later" in page


def test_a_mapping_is_named_by_both_its_ends_and_told_as_pages_of_laws_do(
    client,
    mapping,
):
    mapping.relation = "closeMatch"
    mapping.save()

    page = words_of(client)

    assert "Audits (M0001) and An Act, 7(c) 1 value" in page
    assert (
        "what is asked for something wider that this measure serves nearly this measure"
        in page
    )
    assert "closeMatch" not in page


def test_a_new_mapping_to_a_provision_is_told_as_pages_of_laws_do(
    client,
    mapping,
):
    instrument = mapping.provision.instrument
    ProvisionMappingFactory(
        source=mapping.source,
        provision=ProvisionFactory(
            instrument=instrument,
            code="8",
            name="Say who did it",
        ),
        force="disclose",
        relation="narrowMatch",
        note="It has them name who did it.",
        asserted_by="Ann Lee",
        confidence="high",
    )

    assert (
        "Audits (M0001) and An Act, 8 7 values "
        "measure Audits (M0001) "
        "provision An Act, 8: Say who did it "
        "what it does requires disclosure of "
        "what is asked for a part of this measure "
        "why It has them name who did it. "
        "who says so Ann Lee "
        "confidence high" in words_of(client)
    )


@pytest.mark.parametrize(
    ("kind", "force", "words"),
    [
        ("law", "requires", "requires"),
        ("code", "requires", "commits signatories to"),
        ("standard", "own", "asks for rules of one&#x27;s own on"),
        ("law", "example", "names as an example"),
    ],
)
def test_what_a_new_mapping_says_is_said_of_its_kind_of_instrument(
    client,
    mapping,
    kind,
    force,
    words,
):
    instrument = InstrumentFactory(kind=kind)
    ProvisionMappingFactory(
        source=mapping.source,
        provision=ProvisionFactory(instrument=instrument),
        force=force,
    )

    assert f"what it does {words} what is asked for" in words_of(client)


def test_a_new_mapping_between_measures_names_both(client, mapping):
    other = MitigationFactory(name="Outside audits")
    MappingFactory(
        source=mapping.source,
        target=other,
        relation="broadMatch",
    )

    assert (
        f"measure Audits (M0001) other measure Outside audits ({other.accession}) "
        "relation a broader measure" in words_of(client)
    )


def test_a_mapping_that_is_gone_is_named_with_what_it_said(client, mapping):
    mapping.delete()

    page = words_of(client)

    assert "Withdrawn 1 Audits (M0001) and An Act, 7(c) 6 values" in page
    assert "what is asked for something wider that this measure serves" in page
    assert "before and after" not in page


def test_what_is_not_covered_is_told(client, mapping):
    NotCovered.objects.create(name="A late act", reason="It was not read.")

    page = words_of(client)

    assert (
        "Laws, codes and standards that are not covered Added 1 A late act"
        in page
    )


def test_why_something_is_not_covered_is_told_before_and_after(client):
    late = NotCovered.objects.create(name="A late act", reason="Unread.")
    cut("2026.10")
    late.reason = "Only its summary was read."
    late.save()

    page = words_of(client)

    assert (
        "Changed 1 A late act 1 value, before and after reason Unread. "
        "Only its summary was read." in page
    )


def test_the_name_of_what_is_no_longer_published_is_not_told(client, mapping):
    mapping.source.status = "draft"
    mapping.source.save()

    assert "Withdrawn 1 M0001 and An Act, 7(c)" in words_of(client)


def test_queries_do_not_grow_with_the_mappings_that_changed(client, mapping):
    ProvisionMappingFactory(source=MitigationFactory())
    client.get(CHANGES)
    with CaptureQueriesContext(connection) as few:
        client.get(f"{CHANGES}&")
    for _ in range(4):
        ProvisionMappingFactory(source=MitigationFactory())
    client.get(CHANGES)

    with CaptureQueriesContext(connection) as many:
        client.get(f"{CHANGES}&")
    assert len(many) <= len(few)
