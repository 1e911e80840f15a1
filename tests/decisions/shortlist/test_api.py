"""The shortlist in the API says what its page says."""

import lxml.html
import pytest

from catalogue.models import Mapping, Mitigation
from decisions.shortlist.places import MOST
from decisions.shortlist_api import EXAMPLE
from tests.factories import (
    ActorFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
)

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/shortlist/"


@pytest.fixture
def phases():
    return [LifecyclePhaseFactory(name=name) for name in ("Deploy", "Plan")]


@pytest.fixture
def mine(phases):
    return MitigationFactory(phases=phases[:1])


@pytest.fixture
def other(phases):
    return MitigationFactory(phases=phases)


def fetch(client, names, more=""):
    query = "&".join(f"m={name}" for name in names)
    return client.get(f"{ADDRESS}?{query}{more}")


def test_mitigations_stand_in_the_order_of_the_address(client, mine, other):
    backwards = [other.accession, mine.accession]

    answer = fetch(client, backwards).json()

    assert [one["accession"] for one in answer["mitigations"]] == backwards


def test_it_says_of_each_value_how_many_are_here_and_in_all(
    client,
    mine,
    other,
):
    answer = fetch(client, [mine.accession]).json()

    [phases] = [
        one
        for one in answer["coverage"]
        if one["values"][0]["parameter"] == "phase"
    ]
    assert phases["covered"] == 1
    counts = {
        one["name"]: (one["here"], one["all"]) for one in phases["values"]
    }
    assert counts == {"Deploy": (1, 2), "Plan": (0, 1)}


def test_its_numbers_are_those_of_the_page(client, mine, other):
    answer = fetch(client, [mine.accession]).json()

    page = lxml.html.fromstring(client.get(answer["page_url"]).content)
    rows = page.xpath("//div[@class='covered']//tbody/tr")
    shown = [
        [" ".join(cell.text_content().split()) for cell in row] for row in rows
    ]
    said = []
    for group in answer["coverage"]:
        for one in group["values"]:
            said.append([one["name"], str(one["here"]), str(one["all"])])
    assert said
    assert said == shown


def test_each_number_in_all_is_that_of_the_list_behind_it(
    client,
    mine,
    other,
):
    answer = fetch(client, [mine.accession]).json()

    assert answer["gaps"]
    for gap in answer["gaps"]:
        query = gap["list_url"].partition("?")[2]
        listed = client.get(f"/api/v1/mitigations/?{query}").json()
        assert listed["count"] == gap["all"]


def test_a_gap_comes_with_what_would_fill_it(client, mine, other):
    answer = fetch(client, [mine.accession]).json()

    named = [gap["named"] for gap in answer["gaps"]]
    assert "Lifecycle phase: Plan" in named
    [first, *_] = answer["proposals"]
    assert first["accession"] == other.accession
    assert "Lifecycle phase: Plan" in first["fills"]


def test_only_what_bears_on_what_the_reader_answers_for_counts(
    client,
    phases,
    mine,
    other,
):
    actor = ActorFactory()
    for mitigation in (mine, other):
        mitigation.actors.add(actor)

    answer = fetch(
        client,
        [mine.accession],
        f"&for=phase:{phases[1].slug}",
    ).json()

    of_others = []
    for group in answer["coverage"]:
        for one in group["values"]:
            if one["parameter"] != "phase":
                of_others.append(one)
    assert [one["name"] for one in of_others] == [actor.name]
    assert of_others[0]["all"] == 1
    assert of_others[0]["here"] == 0


def test_unknown_withdrawn_and_repeated_ones_are_named(client, mine, other):
    Mitigation.objects.filter(pk=other.pk).update(
        status=Mitigation.Status.WITHDRAWN,
        withdrawal_note="It was the same.",
    )
    names = [mine.accession, "m9999", other.accession, mine.accession]

    answer = fetch(client, names).json()

    assert answer["unknown"] == ["m9999"]
    assert answer["withdrawn"] == [other.accession]
    assert answer["repeated"] == [mine.accession]


def test_where_all_are_withdrawn_they_are_named_as_on_the_page(client, mine):
    Mitigation.objects.update(
        status=Mitigation.Status.WITHDRAWN,
        withdrawal_note="It was none.",
    )
    answer = fetch(client, [mine.accession])

    assert answer.status_code == 200
    assert answer.json()["mitigations"] == []
    assert answer.json()["withdrawn"] == [mine.accession]


def test_what_is_left_out_and_unknown_is_named(client, mine):
    answer = fetch(client, [mine.accession], "&x=M9999").json()

    assert answer["unknown"] == ["M9999"]


def test_without_any_that_there_is_it_is_not_found(client):
    assert fetch(client, []).status_code == 404


def test_more_than_the_most_are_refused(client):
    many = MitigationFactory.create_batch(MOST + 1)

    response = fetch(client, [one.accession for one in many])

    assert response.status_code == 400
    assert "split it" in response.json()["detail"] + str(response.json())


@pytest.mark.parametrize(
    "more",
    ["&for=nothing", "&for=phase:nowhere", "&z=1"],
)
def test_what_there_is_not_is_refused(client, mine, more):
    assert fetch(client, [mine.accession], more).status_code == 400


def test_each_gap_comes_with_what_would_fill_it_as_on_the_page(
    client,
    mine,
    other,
):
    answer = fetch(client, [mine.accession]).json()

    [gap] = [gap for gap in answer["gaps"] if gap["name"] == "Plan"]
    assert [one["accession"] for one in gap["fillers"]] == [other.accession]
    page = lxml.html.fromstring(client.get(answer["page_url"]).content)
    shown = page.xpath("//ul[@class='gap-by-gap']/li")
    assert len(shown) == len(answer["gaps"])
    fillers = page.xpath("//ul[@class='gap-by-gap']//ul/li")
    assert len(fillers) == sum(len(one["fillers"]) for one in answer["gaps"])


def test_overlaps_name_the_two(client, mine, other):
    MappingFactory(
        source=mine,
        target=other,
        relation=Mapping.Relation.EXACT,
    )
    names = [mine.accession, other.accession]

    answer = fetch(client, names).json()

    [overlap] = answer["overlaps"]
    assert overlap["mitigations"] == names
    page = lxml.html.fromstring(client.get(answer["page_url"]).content)
    kept = page.xpath("//a[starts-with(@aria-label, 'Keep only')]/@href")
    assert kept == [
        f"/shortlist/?m={names[0]}&undo=2.{names[1]}#undo",
        f"/shortlist/?m={names[1]}&undo=1.{names[0]}#undo",
    ]


def test_what_was_left_out_and_what_changed_are_told(client, mine, other):
    answer = fetch(
        client,
        [mine.accession],
        f"&x={other.accession}:Too costly&as_of=2020-01-01",
    ).json()

    [left_out] = answer["left_out"]
    assert left_out["accession"] == other.accession
    assert left_out["reason"] == "Too costly"
    [change] = answer["changes"]
    assert change["text"] == f"{mine.accession}: published."


def test_the_example_has_the_members_of_an_answer(client, mine, other):
    answer = fetch(
        client,
        [mine.accession],
        f"&x={other.accession}",
    ).json()

    assert EXAMPLE.value.keys() == answer.keys()
    for name in ("mitigations", "coverage", "left_out"):
        assert EXAMPLE.value[name][0].keys() == answer[name][0].keys()


def test_what_would_fill_a_gap_and_is_there_in_other_words_is_called_so(
    client,
    mine,
    other,
):
    MappingFactory(
        source=mine,
        target=other,
        relation=Mapping.Relation.EXACT,
    )

    answer = fetch(client, [mine.accession]).json()

    [proposal] = answer["proposals"]
    [gap] = answer["gaps"]
    assert proposal["same_as"] == mine.accession
    assert gap["fillers"][0]["same_as"] == mine.accession
