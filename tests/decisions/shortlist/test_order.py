"""The orders in which a shortlist is shown, and what it can begin with."""

import lxml.html
import pytest

from tests.factories import (
    InstrumentFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
)
from tests.surveys.factories import put_to_experts

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def shown(client, query: str) -> list[str]:
    """Headings and names, as they follow each other."""
    response = client.get(f"/shortlist/?{query}")
    assert response.status_code == 200
    page = lxml.html.fromstring(response.content)
    found = page.xpath(
        "//h2[@class='shortlist-heading'] | //ol[@class='shortlist']//a[not(@aria-label)]",
    )
    return [one.text_content() for one in found]


def named(mitigations) -> str:
    return "&".join(f"m={one.accession}" for one in mitigations)


def measures_of(study):
    return [item.mitigation for item in study.items.order_by("pk")]


def test_by_number_it_is_sorted_whatever_the_address_says(client):
    pair = [MitigationFactory() for _ in range(2)]

    assert shown(client, f"{named(pair[::-1])}&sort=number") == [
        one.name for one in pair
    ]


def test_under_phases_a_measure_stands_at_each_of_its_own(client):
    plan, deploy = (LifecyclePhaseFactory(name=n) for n in ("Plan", "Deploy"))
    both = MitigationFactory(phases=[plan, deploy])
    none = MitigationFactory()

    assert shown(client, f"{named([both, none])}&sort=phase") == [
        "Plan",
        both.name,
        "Deploy",
        both.name,
        "Not given",
        none.name,
    ]


def test_by_agreement_measures_of_other_studies_stand_apart(client):
    first = put_to_experts("0.6", "0.9")
    second = put_to_experts("0.7")
    low, high = measures_of(first)
    [other] = measures_of(second)
    unasked = MitigationFactory()

    listed = shown(
        client,
        f"{named([unasked, other, low, high])}&sort={first.slug}.do",
    )

    assert [listed[1], listed[2], listed[4], listed[6]] == [
        high.name,
        low.name,
        other.name,
        unasked.name,
    ]
    assert first.label in listed[0]
    assert second.label in listed[3]
    assert listed[5] == "No study here says how many experts agree"


def test_an_order_that_there_is_not_is_refused(client):
    assert client.get("/shortlist/?sort=cost").status_code == 400


def test_it_begins_with_all_of_a_value(client):
    phase = LifecyclePhaseFactory(slug="deploy")
    one = MitigationFactory(phases=[phase])
    MitigationFactory()

    response = client.get("/shortlist/?begin=phase:deploy")

    assert response["Location"] == f"/shortlist/?m={one.accession}"


def test_the_ten_strongest_take_in_all_that_are_equal_to_the_tenth(client):
    shares = ["0.5", *["0.9"] * 8, *["0.8"] * 3, "0.7"]
    study = put_to_experts(*shares)
    measures = measures_of(study)

    response = client.get(f"/shortlist/?begin=strongest:{study.slug}.do")

    assert response["Location"] == f"/shortlist/?{named(measures[1:12])}"


@pytest.mark.parametrize(
    "value",
    ["nothing", "strongest:nothing", "phase:nowhere", "document:a"],
)
def test_what_there_is_not_begins_nothing(client, value):
    assert client.get(f"/shortlist/?begin={value}").status_code == 400


def test_it_says_what_it_can_begin_with_as_it_is_to_be_sent(client):
    LifecyclePhaseFactory(slug="deploy")

    response = client.get("/shortlist/?begin=phase:deplay")

    assert "phase:deploy" in response.content.decode()


def test_it_begins_with_all_that_a_law_asks_about(client):
    law = InstrumentFactory(slug="a-law")
    asked = MitigationFactory()
    ProvisionMappingFactory(
        source=asked,
        provision=ProvisionFactory(instrument=law),
    )
    MitigationFactory()

    response = client.get("/shortlist/?begin=instrument:a-law")

    assert response["Location"] == f"/shortlist/?m={asked.accession}"
    assert "instrument:a-law" in client.get("/shortlist/").content.decode()
