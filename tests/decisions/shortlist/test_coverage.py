"""What a shortlist covers, and what would fill its gaps: checked against trying all."""

from itertools import combinations

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from decisions.shortlist.coverage import Coverage, greedy_cover
from decisions.shortlist.state import ShortlistState
from tests.factories import (
    ActorFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
)

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
