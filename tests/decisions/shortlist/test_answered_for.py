"""What a reader answers for: several values, of one field or of several."""

import lxml.html
import pytest
from django.http import QueryDict

from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from decisions.shortlist.answered_for import AnsweredFor
from decisions.shortlist.coverage import Coverage
from decisions.shortlist.page import coverage_of as coverage_for
from decisions.shortlist.state import ShortlistState
from tests.factories import (
    ActorFactory,
    CategoryFactory,
    ClassificationFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
    TaxonomyFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine():
    """Of three phases each has a measure, and so has each pair of a phase and an actor but one."""
    plan, deploy, operate = [
        LifecyclePhaseFactory(slug=one, name=one.title())
        for one in ("plan", "deploy", "operate")
    ]
    developer, user = [
        ActorFactory(slug=one, name=one.title())
        for one in ("developer", "user")
    ]
    MitigationFactory(phases=[plan], actors=[developer])
    MitigationFactory(phases=[deploy], actors=[developer])
    MitigationFactory(phases=[deploy], actors=[user])
    MitigationFactory(phases=[operate], actors=[user])
    return MitigationFactory().accession


def coverage_held_to(mine: str, *targets: str) -> Coverage:
    query = "".join(f"&for={one}" for one in targets)
    state = ShortlistState(QueryDict(f"m={mine}{query}"))
    assert state.problems == []
    return coverage_for(state)


def names_of_gaps(coverage: Coverage) -> set[str]:
    return {gap.value.value for gap in coverage.gaps}


def page_at(client, query: str):
    response = client.get(f"/shortlist/?{query}")
    assert response.status_code == 200
    return lxml.html.fromstring(response.content)


def test_of_one_field_any_counts(mine):
    coverage = coverage_held_to(mine, "phase:plan", "phase:deploy")

    assert names_of_gaps(coverage) == {"plan", "deploy", "developer", "user"}


def test_of_several_fields_all_count(mine):
    coverage = coverage_held_to(mine, "phase:deploy", "actor:user")

    assert names_of_gaps(coverage) == {"deploy", "user"}
    assert [gap.all for gap in coverage.gaps] == [1, 1]


@pytest.mark.parametrize(
    "targets",
    [("phase:plan", "phase:deploy"), ("phase:deploy", "actor:user")],
)
def test_each_count_is_that_of_the_list_behind_it(mine, targets):
    coverage = coverage_held_to(mine, *targets)

    for group in coverage.fields:
        for one in group.values:
            query = QueryDict(one.url.partition("?")[2])
            rows = Mitigation.objects.published()
            assert one.all == len(MitigationFilter(query, rows).qs)


def test_each_is_shown_and_taken_off_by_a_link(client, mine):
    page = page_at(client, f"m={mine}&for=phase:plan&for=actor:user")

    chips = {
        " ".join(one.text_content().split()): one.get("href")
        for one in page.xpath("//ul[@aria-label='What you answer for']//a")
    }
    assert chips == {
        "Remove: Plan ×": f"/shortlist/?m={mine}&for=actor%3Auser#coverage",
        "Remove: User ×": f"/shortlist/?m={mine}&for=phase%3Aplan#coverage",
        "Answer for everything": f"/shortlist/?m={mine}#coverage",
    }


def test_the_form_adds_one_to_those_there_are(client, mine):
    page = page_at(client, f"m={mine}&for=phase:plan")
    [form] = page.xpath("//form[@aria-label='What you answer for']")

    kept = form.xpath(".//input[@name='for']/@value")
    offered = form.xpath(".//select[@name='for']//option/@value")
    assert kept == ["phase:plan"]
    assert "phase:plan" not in offered
    assert "phase:deploy" in offered


def test_a_sentence_says_how_they_go_together(client, mine):
    query = "for=phase:plan&for=phase:deploy&for=actor:user"
    page = page_at(client, f"m={mine}&{query}")
    text = " ".join(page.text_content().split())

    assert "what bears on “Plan” or “Deploy” and on “User”." in text


@pytest.mark.parametrize(
    "query",
    ["for=&for=phase:plan", "for=phase:plan&for=phase:plan"],
)
def test_an_empty_one_and_one_named_twice_leave_the_address(
    client,
    mine,
    query,
):
    response = client.get(f"/shortlist/?m={mine}&{query}")

    assert response["Location"] == f"/shortlist/?m={mine}&for=phase%3Aplan"


def test_the_brief_holds_to_all_of_them(client, mine):
    page = page_at(client, f"m={mine}&for=phase:plan&for=actor:developer")
    [brief] = page.xpath("//a[starts-with(., 'Brief of these')]/@href")

    text = client.get(brief).content.decode()
    assert "among what bears on “Plan” and on “Developer”" in text


def test_the_api_counts_as_the_page_does(client, mine):
    query = f"m={mine}&for=phase:deploy&for=actor:user"
    answer = client.get(f"/api/v1/shortlist/?{query}").json()

    assert {one["value"] for one in answer["gaps"]} == {"deploy", "user"}
    assert answer["page_url"].endswith(
        "&for=phase%3Adeploy&for=actor%3Auser",
    )


def test_a_second_one_that_there_is_not_is_refused(client, mine):
    response = client.get(f"/shortlist/?m={mine}&for=phase:plan&for=zz:1")

    assert response.status_code == 400
    assert "zz:1" in response.content.decode()


def test_it_says_what_would_be_right_as_it_is_to_be_sent(client, tree, mine):
    address = f"/api/v1/shortlist/?m={mine}&for="

    [error] = client.get(f"{address}risk:zz").json()["errors"]

    assert (error["parameter"], error["value"]) == ("for", "risk:zz")
    assert error["allowed"][:3] == ["risk:1", "risk:1.1", "risk:2"]
    for right in error["allowed"]:
        assert client.get(address + right).status_code == 200


def test_a_value_that_is_nearly_right_is_suggested_as_it_is_to_be_sent(
    client,
    tree,
    mine,
):
    answer = client.get(f"/api/v1/shortlist/?m={mine}&for=risk:1.9").json()

    [error] = answer["errors"]
    assert error["suggestion"] == "risk:1"


def test_of_what_is_kept_for_the_rest_alone_nothing_is_counted(
    client,
    tree,
    mine,
):
    ClassificationFactory(category=tree["99"])
    query = f"m={mine}&for=risk:99"

    answer = client.get(f"/api/v1/shortlist/?{query}").json()

    assert [one for one in answer["coverage"] if not one["count"]] == []
    assert "0\xa0of\xa00" not in page_at(client, query).text_content()


@pytest.fixture
def tree():
    taxonomy = TaxonomyFactory(kind="risks")
    return {
        code: CategoryFactory(taxonomy=taxonomy, code=code)
        for code in ("1", "1.1", "2", "99")
    }


def test_a_deeper_risk_is_looked_at_itself(tree, mine):
    ClassificationFactory(category=tree["1.1"])

    assert names_of_gaps(coverage_held_to(mine, "risk:1.1")) == {"1.1"}


def test_risks_of_both_levels_are_offered(client, tree, mine):
    page = page_at(client, f"m={mine}")

    offered = page.xpath("//select[@id='for']//option/@value")
    assert [one for one in offered if one.startswith("risk:")] == [
        "risk:1",
        "risk:1.1",
        "risk:2",
        "risk:99",
    ]


def test_what_a_taxonomy_keeps_for_the_rest_is_no_gap_anywhere(
    client,
    tree,
    mine,
):
    ClassificationFactory(category=tree["99"])
    ClassificationFactory(category=tree["1"])

    answer = client.get(f"/api/v1/shortlist/?m={mine}").json()
    [risks] = [
        one
        for one in answer["coverage"]
        if one["values"][0]["parameter"] == "risk"
    ]
    page = page_at(client, f"m={mine}").text_content()
    told = [*answer["gaps"], *answer["without_any"]]

    assert (risks["covered"], risks["count"]) == (0, 2)
    assert [one["value"] for one in risks["values"]] == ["1", "2", "99"]
    assert "99" not in [one["value"] for one in told]
    assert f"Nothing here for “99 {tree['99'].name}”" not in page
    assert "0\xa0of\xa02 covered" in page


# Which of a shortlist bear on it


def address_of(*mitigations, actor):
    chosen = "&".join(f"m={one.accession}" for one in mitigations)
    return f"{chosen}&for=actor:{actor}"


@pytest.fixture
def of_a_deployer():
    deployer = ActorFactory(slug="deployer", name="Deployer")
    return MitigationFactory(name="Audits", actors=[deployer])


@pytest.mark.parametrize("path", ["/shortlist/", "/shortlist/brief/"])
def test_which_of_a_shortlist_bear_on_it_is_said_first(
    client,
    of_a_deployer,
    path,
):
    others = MitigationFactory.create_batch(2)
    query = address_of(*others, of_a_deployer, actor="deployer")
    page = lxml.html.fromstring(client.get(f"{path}?{query}").content)

    text = " ".join(page.find(".//main").text_content().split())
    told = f"1 of these 3 measures bears on “Deployer”: Audits ({of_a_deployer.accession})."
    assert told in text


def test_the_api_has_the_same_ones_that_bear_on_it(client, of_a_deployer):
    other = MitigationFactory()
    query = address_of(other, of_a_deployer, actor="deployer")

    held = client.get(f"/api/v1/shortlist/?{query}").json()
    everything = client.get(f"/api/v1/shortlist/?m={other.accession}").json()
    assert held["bearing"] == [of_a_deployer.accession]
    assert everything["bearing"] == [other.accession]


@pytest.mark.parametrize(
    ("bearing", "others", "told"),
    [
        (1, 0, "This measure bears on “Deployer”."),
        (0, 1, "This measure does not bear on “Deployer”."),
        (0, 2, "None of these 2 measures bears on “Deployer”."),
        (2, 0, "All 2 measures here bear on “Deployer”."),
        (0, 0, ""),
    ],
)
def test_that_all_or_none_bear_on_it_is_said_so(bearing, others, told):
    deployer = ActorFactory(slug="deployer", name="Deployer")
    chosen = MitigationFactory.create_batch(bearing, actors=[deployer])
    chosen += MitigationFactory.create_batch(others)

    assert AnsweredFor(["actor:deployer"]).told_of(chosen) == told


def test_of_many_that_bear_on_it_five_are_named():
    deployer = ActorFactory(slug="deployer", name="Deployer")
    chosen = MitigationFactory.create_batch(7, actors=[deployer])

    told = AnsweredFor(["actor:deployer"]).told_of(
        [*chosen, MitigationFactory()],
    )
    assert told.startswith("7 of these 8 measures bear on “Deployer”: ")
    assert told.endswith(" and 2 more.")


def test_whoever_answers_for_everything_is_told_nothing_of_it():
    assert AnsweredFor([]).told_of([MitigationFactory()]) == ""
