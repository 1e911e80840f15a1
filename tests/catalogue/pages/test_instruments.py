"""Pages of laws, codes and standards, and what a measure's page says of them."""

import datetime

import pytest

from catalogue.models import Instrument
from tests.factories import (
    InstrumentFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)

pytestmark = pytest.mark.django_db


def text_of(client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def law(**fields) -> Instrument:
    return InstrumentFactory(
        kind=Instrument.Kind.LAW,
        in_force_on=datetime.date(2027, 1, 1),
        checked_on=datetime.date(2026, 11, 30),
        **fields,
    )


def test_a_measure_says_what_asks_for_it_of_whom_and_from_when(client):
    provision = ProvisionFactory(
        instrument=law(),
        applies_to="large frontier developers",
    )
    ProvisionMappingFactory(provision=provision, relation="relatedMatch")
    page = text_of(client, "/mitigations/M0001/")

    assert "Requires something related to this measure" in page
    assert (
        "Applies to large frontier developers, from 1 January 2027 (still ahead on 30 November 2026)."
        in page
    )


def test_a_measure_that_nothing_asks_for_says_so_only_where_that_was_looked_at(
    client,
):
    InstrumentFactory()
    MitigationFactory()
    MitigationFactory(instruments_checked_on=datetime.date(2026, 11, 30))

    assert "Not yet looked at" in text_of(client, "/mitigations/M0001/")
    looked_at = text_of(client, "/mitigations/M0002/")
    assert "listed here asks for this measure; looked at on" in looked_at


def test_what_no_law_asks_for_says_so_beside_what_codes_do(client):
    ProvisionMappingFactory()

    page = text_of(client, "/mitigations/M0001/")
    assert "No binding law listed here asks for it." in page
    assert "1 provision of 1 voluntary code, framework or standard" in page


def test_an_instrument_shows_what_answers_to_it_and_what_nothing_does(client):
    instrument = InstrumentFactory(slug="a-code")
    met = ProvisionFactory(instrument=instrument, code="Measure A")
    ProvisionFactory(instrument=instrument, code="Measure B", parent=met)
    ProvisionMappingFactory(provision=met, relation="closeMatch")
    answer = client.get("/instruments/a-code/")

    nodes = answer.context["nodes"]
    assert [(one.provision.code, one.depth) for one in nodes] == [
        ("Measure A", 1),
        ("Measure B", 2),
    ]
    gaps = [one.code for one in answer.context["gaps"]]
    assert gaps == ["Measure B"]


def test_drafts_answer_to_no_instrument(client):
    draft = MitigationFactory(status="draft", name="Not to be seen")
    mapping = ProvisionMappingFactory(source=draft)
    slug = mapping.provision.instrument.slug

    assert "Not to be seen" not in text_of(client, f"/instruments/{slug}/")
    [one] = client.get("/instruments/").context["object_list"]
    assert (one.count, one.answered_count) == (0, 0)


def test_days_on_which_law_begins_stand_in_their_order(client):
    late = ProvisionFactory(
        instrument=law(short_title="Late Act"),
        applies_from=datetime.date(2028, 1, 1),
    )
    ProvisionFactory(instrument=late.instrument)
    steps = client.get("/instruments/").context["steps"]

    assert [(one.day.year, one.count) for one in steps] == [
        (2027, 1),
        (2028, 1),
    ]


def test_without_any_instrument_the_page_says_so(client):
    assert "None is listed yet." in text_of(client, "/instruments/")


@pytest.mark.parametrize("name", ["A-CODE", "a-Code"])
def test_an_instrument_in_other_letters_leads_to_it(client, name):
    InstrumentFactory(slug="a-code")

    answer = client.get(f"/instruments/{name}/")
    assert answer["Location"] == "/instruments/a-code/"


def test_the_timeline_carries_what_is_noted_on_a_day(client):
    law = InstrumentFactory(
        kind=Instrument.Kind.LAW,
        in_force_on=datetime.date(2026, 8, 2),
    )
    ProvisionFactory(instrument=law)
    ProvisionFactory(
        instrument=law,
        code="Article 72",
        applies_from_note="Some systems later",
    )

    page = client.get("/instruments/").content.decode()

    assert "Article 72: Some systems later." in page


def test_what_nothing_is_mapped_to_is_not_said_to_be_met_by_none(client):
    instrument = InstrumentFactory()
    ProvisionFactory(instrument=instrument)

    page = text_of(client, instrument.get_absolute_url())

    assert "Nothing is mapped to it yet" in page
    assert "Met by no measure here" not in page
    assert "nothing mapped to it yet" in text_of(client, "/instruments/")


def test_what_an_instrument_asks_for_adds_up(client):
    instrument = InstrumentFactory()
    wider = ProvisionFactory(instrument=instrument)
    part = ProvisionFactory(instrument=instrument, parent=wider)
    ProvisionMappingFactory(provision=part)
    ProvisionFactory(instrument=instrument)

    page = text_of(client, instrument.get_absolute_url())

    assert "1 of 3 are met" in page
    assert "1 by none</a>; 1 stands here through its parts" in page
