"""What a shortlist covers, and what would fill its gaps: checked against trying all."""

from itertools import combinations

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from decisions.shortlist.coverage import (
    Coverage,
    greedy_cover,
    most_filling,
)
from decisions.shortlist.page import coverage_of as coverage_for
from decisions.shortlist.state import ShortlistState
from tests.factories import (
    ActorFactory,
    CategoryFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
    TaxonomyFactory,
)
from tests.surveys.factories import put_to_experts

SETS = st.dictionaries(
    st.sampled_from("abcdefg"),
    st.sets(st.integers(1, 8)),
    min_size=1,
)


def filled(sets, keys) -> int:
    return sum(any(key in one for key in keys) for one in sets.values())


@given(SETS)
@settings(max_examples=200)
def test_proposals_come_as_near_to_the_best_as_greedy_covers_do(numbers):
    sets = {name: BitMap(keys) for name, keys in numbers.items()}
    chosen = greedy_cover(sets, min, 3)

    best = max(
        filled(sets, keys)
        for keys in combinations(range(1, 9), min(3, len(chosen) or 1))
    )
    assert filled(sets, [key for key, _ in chosen]) >= best * (1 - 1 / 2.718)


@given(SETS)
def test_the_first_proposal_fills_as_many_as_any(numbers):
    sets = {name: BitMap(keys) for name, keys in numbers.items()}
    chosen = greedy_cover(sets, min, 1)

    most = max(filled(sets, [key]) for key in range(1, 9))
    assert most == (len(chosen[0][1]) if chosen else 0)


@given(SETS)
def test_each_gap_is_filled_by_one_proposal(numbers):
    sets = {name: BitMap(keys) for name, keys in numbers.items()}
    names = [name for _, some in greedy_cover(sets, min, 9) for name in some]

    assert sorted(names) == sorted(name for name in sets if sets[name])


def test_of_equals_the_first_in_order_is_proposed():
    sets = {"a": BitMap([3, 7])}

    assert greedy_cover(sets, max, 1) == [(7, ["a"])]


def coverage_of(query: str) -> Coverage:
    state = ShortlistState(QueryDict(query))
    assert state.problems == []
    mine = BitMap(one.pk for one in state.selected.published)
    return Coverage(state.universe, mine)


def listed(url: str) -> int:
    query = QueryDict(url.partition("?")[2])
    return len(MitigationFilter(query, Mitigation.objects.published()).qs)


@pytest.fixture
def catalogue():
    plan, deploy = [
        LifecyclePhaseFactory(slug=one) for one in ("plan", "deploy")
    ]
    developer, user = [ActorFactory(slug=one) for one in ("developer", "user")]
    ActorFactory(slug="nobody")
    rows = [
        MitigationFactory(phases=[plan], actors=[developer]),
        MitigationFactory(phases=[deploy], actors=[developer]),
        MitigationFactory(phases=[deploy], actors=[developer, user]),
    ]
    return [one.accession for one in rows]


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["", "&for=phase:deploy"])
def test_each_count_of_all_is_that_of_its_list(catalogue, target):
    coverage = coverage_of(f"m={catalogue[0]}{target}")
    values = [one for group in coverage.fields for one in group.values]

    assert values
    for one in values:
        assert one.all == listed(one.url), one.url


@pytest.mark.django_db
def test_a_gap_is_what_some_mitigation_has_and_none_of_the_shortlist(
    catalogue,
):
    coverage = coverage_of(f"m={catalogue[0]}")

    assert {gap.value.value for gap in coverage.gaps} == {"deploy", "user"}
    assert [one.value.value for one in coverage.unfillable] == ["nobody"]


@pytest.mark.django_db
def test_the_one_that_fills_the_most_is_proposed_first(catalogue):
    [proposal] = coverage_of(f"m={catalogue[0]}").proposals

    third = Mitigation.objects.get(accession=catalogue[2])
    assert proposal.key == third.pk
    assert len(proposal.fills) == 2


@pytest.mark.django_db
def test_a_value_that_the_reader_does_not_answer_for_is_no_gap(catalogue):
    everything = coverage_of(f"m={catalogue[1]}")
    for_developers = coverage_of(f"m={catalogue[1]}&for=actor:developer")

    assert {gap.value.value for gap in everything.gaps} == {"plan", "user"}
    assert {gap.value.value for gap in for_developers.gaps} == {"plan"}


@given(SETS, st.sets(st.integers(1, 8)))
@settings(max_examples=200)
def test_those_for_a_gap_fill_no_fewer_than_any_that_is_not_named(
    numbers,
    candidates,
):
    sets = {name: BitMap(keys) for name, keys in numbers.items()}
    candidates = {key for key in candidates if filled(sets, [key])}
    named = most_filling(sets, BitMap(candidates), min, 3)

    # By trying all: each with how many it fills, of equals the smallest first.
    ranked = sorted(
        candidates,
        key=lambda key: (-filled(sets, [key]), key),
    )
    assert named == ranked[:3]


@pytest.mark.django_db
def test_each_gap_has_up_to_three_that_would_fill_it(catalogue):
    phase = LifecyclePhaseFactory(slug="operate")
    four = [MitigationFactory(phases=[phase]) for _ in range(4)]

    coverage = coverage_of(f"m={catalogue[0]}")

    fillers = {gap.value.value: some for gap, some in coverage.fillers}
    assert [one.key for one in fillers["operate"]] == [
        one.pk for one in four[:3]
    ]
    third = Mitigation.objects.get(accession=catalogue[2])
    assert [one.key for one in fillers["user"]] == [third.pk]
    assert len(fillers["user"][0].fills) == 2


@pytest.mark.django_db
def test_of_equals_the_one_that_more_experts_agree_with_is_proposed():
    study = put_to_experts("0.6", "0.9")
    phase = LifecyclePhaseFactory()
    for item in study.items.all():
        item.mitigation.phases.add(phase)
    low, high = [one.mitigation for one in study.items.order_by("pk")]
    mine = MitigationFactory()
    base = f"m={mine.accession}"

    def first(query: str) -> int:
        coverage = coverage_for(ShortlistState(QueryDict(query)))
        return coverage.proposals[0].key

    assert first(base) == low.pk
    assert first(f"{base}&sort={study.slug}.do") == high.pk


@pytest.mark.django_db
def test_risks_are_looked_at_one_level_deeper_where_that_is_asked_for():
    taxonomy = TaxonomyFactory(kind="risks")
    for code in ("1", "1.1", "1.2"):
        CategoryFactory(taxonomy=taxonomy, code=code)
    one = MitigationFactory()

    def codes(query: str) -> list[str]:
        coverage = coverage_for(ShortlistState(QueryDict(query)))
        values = [one for group in coverage.fields for one in group.values]
        return [one.value.value for one in values if one.parameter == "risk"]

    assert codes(f"m={one.accession}") == ["1"]
    assert codes(f"m={one.accession}&risk_level=2") == ["1.1", "1.2"]
