"""What law asks for, over the real catalogue: the questions that policymakers have."""

import datetime

import pytest
from django.http import QueryDict

from catalogue.listing.across import SearchAcross
from catalogue.listing.asked_for import askers_by_key
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mapping, Mitigation, Provision

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue"),
]

#: Required outright, by rules of their own, and what they must disclose.
WAYS = ["requires", "own", "disclose"]


def of_frontier_developers(force: str) -> str:
    return (
        f"force={force}&relation=exactMatch&relation=closeMatch"
        "&addressee=frontier&addressee=general-purpose"
    )


def required_on(day: str, force: str) -> set[str]:
    """By the mappings themselves."""
    rows = Mapping.objects.in_force_on(day).filter(
        force=force,
        relation__in=["exactMatch", "closeMatch"],
        provision__addressee__in=["frontier", "general-purpose"],
        source__status=Mitigation.Status.PUBLISHED,
    )
    return set(rows.values_list("source__accession", flat=True))


@pytest.mark.any_engine
@pytest.mark.parametrize("day", ["2026-11-30", "2027-01-01"])
@pytest.mark.parametrize("force", WAYS)
def test_what_law_requires_of_frontier_developers_is_one_address_and_one_request(
    client,
    force,
    day,
):
    query = f"?{of_frontier_developers(force)}&in_force_on={day}"
    page = client.get(f"/mitigations/{query}&view=table")
    answer = client.get(f"/api/v1/mitigations/{query}&page_size=500").json()

    listed = {row["accession"] for row in answer["results"]}
    assert listed == required_on(day, force)
    assert page.context["paginator"].count == len(listed) > 0


@pytest.mark.parametrize(
    ("place", "day"),
    [(0, "2026-11-30"), (1, "2027-01-01")],
)
def test_the_page_of_laws_leads_to_what_is_required_of_frontier_developers(
    client,
    place,
    day,
):
    page = client.get("/instruments/")
    ways = page.context["required"][place].ways

    assert [one.force for one in ways] == WAYS
    for one in ways:
        query = of_frontier_developers(one.force)
        address = f"/mitigations/?{query}&in_force_on={day}&group=measure"
        assert one.url == address
        assert address.replace("&", "&amp;") in page.content.decode()
    assert 'href="/instruments/"' in client.get("/").content.decode()


def test_what_sb_53_has_developers_set_rules_on_is_told_by_name(client):
    own = client.get("/instruments/").context["required"][0].ways[1]

    names = {one.mitigation.name for one in own.named}
    assert own.laws_of_all == ["California SB 53"]
    assert len(names) == own.count
    assert {
        "Pre-deployment risk assessment",
        "Dangerous capabilities evaluations",
        "Emergency response plan",
    } <= names


def test_law_that_names_no_group_is_not_left_out_without_a_word(
    client,
):
    others = client.get("/instruments/").context["required"][0].not_counted

    told = {one.cited.partition(", ")[0] for one in others}
    assert {"Korea AI Basic Act", "China generative AI measures"} <= told


@pytest.mark.parametrize(
    ("typed", "kind", "first"),
    [
        ("SB 53", "instrument", "ca-sb-53"),
        ("Article 55", "provision", "eu-ai-act:Article 55"),
        ("MS-2.6-001", "provision", "nist-ai-600-1:MS-2.6-001"),
        ("EU AI Act", "instrument", "eu-ai-act"),
        ("RAISE Act", "instrument", "ny-raise"),
        ("ISO 42001", "instrument", "iso-42001"),
        ("NIST", "instrument", "nist-ai-600-1"),
        ("frontier law California", "instrument", "ca-sb-53"),
    ],
)
def test_a_search_knows_laws_and_what_they_ask_for(typed, kind, first):
    query = QueryDict(mutable=True)
    query["q"] = typed
    search = SearchAcross(MitigationFilter(query))

    target = search.found[0].target
    assert (target.kind.name, target.id) == (kind, first)


#: Before any law, about the days on which some begin, and after all of them.
DAYS = [
    "2000-01-01",
    "2024-07-31",
    "2024-08-01",
    "2025-08-02",
    "2026-01-01",
    "2026-08-02",
    "2027-12-02",
    "2040-01-01",
]


@pytest.mark.parametrize("iso", DAYS)
def test_lists_and_the_api_agree_on_what_is_in_force_on_a_day(iso):
    day = datetime.date.fromisoformat(iso)
    rows = Provision.objects.in_force_on(day)

    by_index = {
        key
        for key, asker in askers_by_key().items()
        if asker.is_in_force_on(day)
    }

    assert by_index == {*rows.values_list("pk", flat=True)}
