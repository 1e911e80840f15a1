"""Entries of a list that is filtered by what laws, codes and standards ask for say why they stand
there.
"""

import datetime

import lxml.html
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.models import Instrument, Mapping
from tests.factories import (
    InstrumentFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)

pytestmark = pytest.mark.django_db
LIST = "/mitigations/?instrument=an-act"
NEARLY = "An Act, 7(c): requires nearly this measure."


@pytest.fixture
def act():
    return InstrumentFactory(slug="an-act", short_title="An Act", kind="law")


def ask_for(mitigation, instrument, code, force=Mapping.Force.REQUIRES):
    return ProvisionMappingFactory(
        source=mitigation,
        provision=ProvisionFactory(instrument=instrument, code=code),
        relation=Mapping.Relation.CLOSE,
        force=force,
    )


def page_of(client, address: str) -> str:
    return client.get(address).content.decode()


@pytest.mark.parametrize("layout", ["cards", "table"])
def test_an_entry_says_which_provision_asks_and_how(client, act, layout):
    ask_for(MitigationFactory(), act, "7(c)")

    assert NEARLY in page_of(client, f"{LIST}&view={layout}")


def test_a_provision_that_is_not_asked_about_is_not_named(client, act):
    mitigation = MitigationFactory()
    ask_for(mitigation, act, "7(c)")
    ask_for(mitigation, act, "9", Mapping.Force.SUGGESTS)
    ask_for(mitigation, InstrumentFactory(short_title="Other Code"), "1")

    page = page_of(client, f"{LIST}&force=requires")
    assert NEARLY in page
    assert "An Act, 9" not in page
    assert "Other Code, 1" not in page


def test_of_many_provisions_an_entry_names_the_first(client, act):
    mitigation = MitigationFactory()
    for code in "1234":
        ask_for(mitigation, act, code)

    page = page_of(client, LIST)
    assert (
        "An Act, 2: requires nearly this measure; and 2 more provisions."
        in page
    )
    assert "An Act, 3" not in page


@pytest.fixture
def law():
    """In force since 2026, and last looked at on 30 November 2026."""
    return InstrumentFactory(
        slug="an-act",
        short_title="An Act",
        kind=Instrument.Kind.LAW,
        in_force_on=datetime.date(2026, 1, 1),
        checked_on=datetime.date(2026, 11, 30),
    )


def put_off(mapping, day: datetime.date):
    mapping.provision.applies_from = day
    mapping.provision.save()


def test_what_is_in_force_comes_first_and_what_lies_ahead_has_its_day(
    client,
    law,
):
    mitigation = MitigationFactory()
    put_off(ask_for(mitigation, law, "5"), datetime.date(2027, 12, 2))
    ask_for(mitigation, law, "7(c)")

    assert (
        "An Act, 7(c): requires nearly this measure; "
        "An Act, 5: requires nearly this measure, from 2 December 2027 (still ahead on 30 November 2026)."
    ) in page_of(client, LIST)


def test_a_list_leads_to_what_law_in_force_asks_for(client, law):
    ask_for(MitigationFactory(), law, "7(c)")
    put_off(
        ask_for(MitigationFactory(), law, "5"),
        datetime.date(2027, 12, 2),
    )
    page = lxml.html.fromstring(page_of(client, LIST))

    [link] = page.xpath("//a[starts-with(., 'Only law that applies')]")
    assert link.text == "Only law that applies on 30 November 2026"
    assert link.getnext().text == "(1)"
    narrowed = page_of(client, f"/mitigations/{link.get('href')}")
    assert "1 mitigation" in narrowed
    assert "Only law that applies" not in narrowed


def test_a_list_that_is_not_filtered_so_names_none(client, act):
    ask_for(MitigationFactory(), act, "7(c)")

    page_of(client, LIST)
    assert "why-listed" not in page_of(client, "/mitigations/")


def test_an_entry_says_what_was_recorded_since_it_was_shown_last(client, act):
    mitigation = MitigationFactory()
    mapping = ask_for(mitigation, act, "7(c)")
    page_of(client, LIST)

    mapping.force = Mapping.Force.SUGGESTS
    mapping.save()
    assert "An Act, 7(c): suggests nearly this measure." in page_of(
        client,
        LIST,
    )


def test_queries_do_not_grow_with_the_entries_of_a_list(client, act):
    ask_for(MitigationFactory(), act, "1")
    page_of(client, LIST)
    ask_for(MitigationFactory(), act, "2")
    with CaptureQueriesContext(connection) as few:
        page_of(client, LIST)
    for code in "3456":
        ask_for(MitigationFactory(), act, code)

    with CaptureQueriesContext(connection) as many:
        page_of(client, LIST)
    assert 0 < len(many) <= len(few)


@pytest.mark.parametrize(
    ("relation", "said"),
    [
        (Mapping.Relation.CLOSE, "names nearly this measure as an example."),
        (
            Mapping.Relation.BROAD,
            "asks for something wider and names this measure as an example.",
        ),
    ],
)
def test_what_is_named_as_an_example_is_told_apart_from_what_is_asked_for(
    client,
    act,
    relation,
    said,
):
    mapping = ask_for(MitigationFactory(), act, "7", Mapping.Force.EXAMPLE)
    mapping.relation = relation
    mapping.save()

    assert f"An Act, 7: {said}" in page_of(client, LIST)
