"""What the page of a shortlist says of its gaps, and where its forms lead."""

import lxml.html
import pytest

from catalogue.models import Mapping
from tests.factories import (
    ActorFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
)

pytestmark = pytest.mark.django_db


def gaps_of(client, query: str) -> str:
    page = lxml.html.fromstring(client.get(f"/shortlist/?{query}").content)
    [section] = page.xpath("//section[@aria-labelledby='gaps']")
    return " ".join(section.text_content().split())


@pytest.fixture
def pair():
    """Of two phases, the second with an actor who has no other measure."""
    return [
        MitigationFactory(phases=[LifecyclePhaseFactory()]),
        MitigationFactory(
            phases=[LifecyclePhaseFactory(name="Operate")],
            actors=[ActorFactory(name="Auditor", slug="auditor")],
        ),
    ]


def test_what_none_is_recorded_for_is_said_among_what_was_looked_at(
    client,
    pair,
):
    pair[0].actors.add(ActorFactory(name="Developer", slug="developer"))

    base = f"m={pair[0].accession}"
    everything = gaps_of(client, base)
    among = gaps_of(client, f"{base}&for=actor:developer")

    assert (
        "“Lifecycle phase: Operate”: 1 measure in the catalogue." in everything
    )
    assert (
        "“Lifecycle phase: Operate” no measure is in the catalogue, among"
        in among
    )
    assert "among what bears on “Developer”." in among


def test_where_nothing_is_left_open_it_says_so(client, pair):
    query = "&".join(f"m={one.accession}" for one in pair)

    text = gaps_of(client, query)

    assert (
        "Nothing that some measure of the catalogue is recorded for." in text
    )


def test_what_would_fill_a_gap_is_counted_among_what_was_looked_at(
    client,
    pair,
):
    developer = ActorFactory(name="Developer", slug="developer")
    for one in pair:
        one.actors.add(developer)

    text = gaps_of(client, f"m={pair[0].accession}&for=actor:developer")

    assert "Counted is only what bears on “Developer”." in text
    assert (
        "“Lifecycle phase: Operate”: 1 such measure in the catalogue." in text
    )


def test_another_wording_of_a_measure_that_is_there_is_called_so(client, pair):
    MappingFactory(
        source=pair[0],
        target=pair[1],
        relation=Mapping.Relation.EXACT,
    )

    text = gaps_of(client, f"m={pair[0].accession}")

    same = f"he same measure as {pair[0].accession} of this shortlist"
    assert text.count(same) == 3
    label = pair[1].document.label
    assert f"T{same}, worded by {label}." in text


def test_leaving_one_out_leads_to_the_field_for_the_reason(client, pair):
    first = pair[0].accession
    page = lxml.html.fromstring(client.get(f"/shortlist/?m={first}").content)
    [address] = page.xpath("//a[text()='Leave out, and say why']/@href")
    address, _, fragment = address.partition("#")

    led_to = lxml.html.fromstring(client.get(address).content)

    [field] = led_to.xpath("//input[@name='why']")
    assert field.get("id") == fragment


@pytest.mark.parametrize(
    ("label", "place"),
    [
        ("What you answer for", "coverage"),
        ("Add measures", "adding"),
        ("Why M0002 is left out", "left-out"),
    ],
)
def test_a_form_leads_back_to_its_place(client, pair, label, place):
    query = f"m={pair[0].accession}&x={pair[1].accession}"
    page = lxml.html.fromstring(client.get(f"/shortlist/?{query}").content)

    [form] = page.xpath(f"//form[@aria-label='{label}']")
    assert form.get("action") == f"/shortlist/#{place}"
    assert page.xpath(f"//*[@id='{place}']")
