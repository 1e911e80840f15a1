"""The filters over the real catalogue: the same rows and counts on the page and in the API."""

import random

import pytest
from django.http import QueryDict
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.listing.facet_filter import FacetFilter
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue"),
]


def filters(query: str = "", **options) -> MitigationFilter:
    return MitigationFilter(
        QueryDict(query),
        Mitigation.objects.published(),
        **options,
    )


def results(query: str) -> list[str]:
    chosen = filters(query.removeprefix("?"))
    assert chosen.problems == []
    return [mitigation.accession for mitigation in chosen.qs]


def a_choice(draw_from: random.Random) -> str:
    """A random view of the shipped catalogue, as a query string."""
    data = QueryDict(mutable=True)
    for name, facet in filters().facet_filters.items():
        values = [choice.value for choice in facet.choices()]
        if draw_from.random() < 0.35:
            data.setlist(
                name,
                draw_from.sample(
                    values,
                    min(len(values), draw_from.choice([1, 1, 2])),
                ),
            )
    if draw_from.random() < 0.3:
        data["q"] = draw_from.choice(
            ["model", "audit", "access control", "training data", "risk"],
        )
    return data.urlencode()


@settings(max_examples=15)
@given(st.integers())
def test_each_count_is_the_number_of_results_that_carry_the_value_after_the_click(
    seed,
):
    query = a_choice(random.Random(seed))
    chosen = filters(query)

    for facet in chosen.facets:
        for value in random.Random(seed).sample(
            facet.flat,
            min(4, len(facet.flat)),
        ):
            alone = results(chosen.url(**{facet.parameter: [value.value]}))
            assert value.count == len(alone), (
                query,
                facet.parameter,
                value.value,
            )
            after_the_click = set(results(value.url))
            if value.is_selected:
                continue
            assert set(alone) <= after_the_click
            if not facet.selected_count:
                assert value.count == len(after_the_click)


@pytest.mark.parametrize("parameter", list(MitigationFilter.base_filters))
def test_a_facet_has_a_choice_for_every_value_of_its_source(parameter):
    chosen = filters()
    facet = chosen.facet_filters.get(parameter)
    if facet is None or type(facet).carriers is not FacetFilter.carriers:
        pytest.skip("no facet, or one that says itself who carries a choice")

    values = set(chosen.index.sets(facet.source()))
    is_empty = ""  # of a mitigation that has none of the choices
    assert values - {is_empty} <= facet.known(chosen.index).keys()


@pytest.mark.any_engine
@pytest.mark.parametrize("parameter", list(MitigationFilter.base_filters))
def test_page_and_api_give_the_same_for_every_value_of_every_facet(
    client,
    parameter,
):
    chosen = filters()
    if parameter not in chosen.facet_filters:
        pytest.skip("not a facet")

    for choice in chosen.facet_filters[parameter].offered(chosen.index):
        query = QueryDict(mutable=True)
        query[parameter] = choice.value
        body = client.get(
            f"{reverse('api:mitigation-list')}?{query.urlencode()}&page_size=500&facets={parameter}",
        ).json()
        page = client.get(f"{reverse('mitigation-list')}?{query.urlencode()}")

        assert [row["accession"] for row in body["results"]] == results(
            query.urlencode(),
        )
        assert page.context["paginator"].count == body["count"]
        counts = {
            value["value"]: value["count"]
            for value in body["facets"][0]["values"]
        }
        facet = next(
            f
            for f in page.context["filter"].facets
            if f.parameter == parameter
        )
        assert counts == {value.value: value.count for value in facet.flat}


def test_a_repeated_parameter_is_or_and_different_ones_are_and():
    deploy, monitor = (
        set(results("phase=deploy")),
        set(results("phase=operate-monitor")),
    )

    assert (
        set(results("phase=deploy&phase=operate-monitor")) == deploy | monitor
    )
    assert set(results("phase=deploy&actor=deployer")) == deploy & set(
        results("actor=deployer"),
    )


def test_an_unknown_value_is_refused_with_the_nearest():
    [problem] = filters("phase=deplyo").problems

    assert (problem.value, problem.suggestion) == ("deplyo", "deploy")


@pytest.mark.parametrize(
    "query",
    [
        "q=a&q=b",
        "ordering=size",
        "taxonomy=none",
        "updated_since=yesterday",
        "updated_since=2026-13-01",
        "category=9.9.9",
        "preliminary=maybe",
        "q=" + "x" * 301,
        "q=%00",
    ],
)
def test_what_cannot_be_read_is_refused(query):
    assert len(filters(query).problems) == 1


@pytest.mark.parametrize("ordering", MitigationFilter.ordering_values())
def test_every_ordering_gives_every_row_once(ordering):
    assert sorted(results(f"ordering={ordering}")) == sorted(results(""))


def test_a_value_without_results_is_shown_with_zero():
    facet = filters("document=uuk-2024").facet("preliminary")

    assert {value.value: value.count for value in facet.flat} == {
        "true": 27,
        "false": 0,
    }


def test_chips_take_one_filter_off_each():
    chosen = filters("q=model&phase=deploy&actor=developer&category=2.3")

    assert len(chosen.chips) == 4
    assert all(
        len(results(chip.url)) >= len(results(chosen.url()))
        for chip in chosen.chips
        if "q=" in chip.url
    )


@pytest.mark.parametrize(
    ("query", "label"),
    [
        (
            "risk_area=cbrn",
            "Results or comments on Chemical, biological, radiological and nuclear (CBRN)",
        ),
        (
            "risk=4.2",
            "Risk 4.2 Cyberattacks, weapon development or use, and mass harm",
        ),
        ("study=uuk-2024", "Asked about in Uuk et al. 2024"),
        ("document=uuk-2024", "Uuk et al. 2024"),
    ],
)
def test_a_chip_says_by_itself_what_is_filtered_by(query, label):
    chosen = filters(query)

    assert [chip.label for chip in chosen.chips] == [label]
    assert label in chosen.title


@pytest.mark.parametrize(
    ("name", "chosen", "clicked"),
    [
        ("min_agreement", "50", "90"),
        (
            "agreement",
            "schuett-2023.should-be-done.50",
            "schuett-2023.should-be-done.90",
        ),
    ],
)
def test_a_click_on_a_threshold_replaces_the_one_that_was_chosen(
    name,
    chosen,
    clicked,
):
    facet = filters(f"{name}={chosen}").facet(name)

    urls = {value.value: value.url for value in facet.flat}
    assert urls[clicked] == f"?{name}={clicked}"


def test_thresholds_of_two_questions_stand_side_by_side():
    facet = filters("agreement=uuk-2024.effective.50").facet("agreement")

    urls = {value.value: value.url for value in facet.flat}
    assert urls["schuett-2023.should-be-done.90"] == (
        "?agreement=uuk-2024.effective.50&agreement=schuett-2023.should-be-done.90"
    )
