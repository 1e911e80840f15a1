"""Measures: what "the same measure" mappings join, on the list, in counts and in records."""

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from catalogue.listing.filters import MitigationFilter
from catalogue.listing.index import current_index
from catalogue.listing.measures import Measures
from catalogue.models import Mapping, Mitigation
from catalogue.record.reader import records
from tests.factories import (
    DocumentFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
)

KEYS = st.integers(min_value=1, max_value=12)
SETS = st.sets(KEYS)


def components(edges, published):
    """By walking along the edges from each key: slow, and not to be got wrong."""
    found = {}
    for start in published:
        seen = {start}
        waiting = [start]
        while waiting:
            key = waiting.pop()
            for edge in edges:
                if key in edge and edge <= published:
                    waiting += edge - seen
                    seen |= edge
        found[start] = frozenset(seen)
    return found


def measures_of(edges, published):
    same = {}
    for edge in edges:
        for key in edge:
            others = same.setdefault(key, BitMap())
            others |= BitMap((edge - {key}) & published)
    return Measures(same, BitMap(published))


@given(
    st.sets(st.frozensets(KEYS, min_size=2, max_size=2), max_size=14),
    SETS,
    SETS,
    SETS,
)
def test_measures_are_what_walking_along_mappings_finds(
    edges,
    published,
    chosen,
    other,
):
    measures = measures_of(edges, published)
    expected = components(edges, published)
    keys = chosen & published

    for key in published:
        assert set(measures.wordings_of(key)) == expected[key]
    assert measures.count(BitMap(keys)) == len({expected[k] for k in keys})
    [surplus] = measures.surpluses(BitMap(keys), [BitMap(other)])
    both = keys & other
    assert len(both) - surplus == len({expected[key] for key in both})


@given(
    st.sets(st.frozensets(KEYS, min_size=2, max_size=2), max_size=14),
    SETS,
    st.permutations(list(range(1, 13))),
)
def test_of_each_measure_the_first_in_order_is_chosen(edges, keys, order):
    published = set(range(1, 13))
    measures = measures_of(edges, published)
    expected = components(edges, published)
    reworded = [key for key in order if key in keys & set(measures.reworded)]

    chosen = set(measures.one_of_each(BitMap(keys), reworded))

    firsts = {}
    for key in (key for key in order if key in keys):
        firsts.setdefault(expected[key], key)
    assert chosen == set(firsts.values())


# On the list


def before(keys):
    return dict.fromkeys(keys, "before")


def after(keys):
    return dict.fromkeys(keys, "after")


def filters(query: str) -> MitigationFilter:
    return MitigationFilter(QueryDict(query), Mitigation.objects.published())


def same(source, target) -> Mapping:
    return MappingFactory(
        source=source,
        target=target,
        relation=Mapping.Relation.EXACT,
    )


@pytest.fixture
def twins(db):
    """Three wordings of one measure, the first and the last joined through the second, and one
    measure more.
    """
    first, second, third, alone = (
        MitigationFactory(name=name) for name in ("d", "b", "c", "a")
    )
    same(first, second)
    same(third, second)
    MappingFactory(source=alone, target=first)  # nearly the same is another
    return first, second, third, alone


def test_a_list_has_one_entry_for_each_measure(twins):
    first, _, _, alone = twins
    found = filters("group=measure")
    assert list(found.qs) == [first, alone]
    assert found.measure_count == 2


def test_the_wording_that_comes_first_in_the_order_stands_for_its_measure(
    twins,
):
    _, second, _, alone = twins
    assert list(filters("group=measure&ordering=name").qs) == [alone, second]


def test_only_what_other_filters_let_through_stands_for_its_measure(twins):
    _, _, third, _ = twins
    query = f"group=measure&document={third.document.slug}"
    assert list(filters(query).qs) == [third]


def test_facets_count_measures_where_these_are_listed(twins):
    phase = LifecyclePhaseFactory()
    for mitigation in twins:
        mitigation.phases.add(phase)
    [plain] = filters("").facet("phase").flat
    [grouped] = filters("group=measure").facet("phase").flat
    assert (plain.count, grouped.count) == (4, 2)


def test_a_count_of_a_facet_is_the_length_of_the_list_behind_it(twins):
    document = DocumentFactory()
    first, second, *_ = twins
    Mitigation.objects.filter(pk__in=[first.pk, second.pk]).update(
        document=document,
    )
    for value in filters("group=measure").facet("document").flat:
        behind = filters(f"group=measure&document={value.value}")
        assert value.count == len(behind.qs)


def test_a_mapping_through_an_unpublished_mitigation_joins_nothing(twins):
    first, second, third, _ = twins
    second.status = Mitigation.Status.DRAFT
    second.save()
    assert current_index().measures.count(BitMap([first.pk, third.pk])) == 2


def test_records_name_the_first_wording_of_their_measure(twins):
    first, *_, alone = twins
    found = records([one.pk for one in twins])
    assert [one["measure"] for one in found] == [
        *[first.accession] * 3,
        alone.accession,
    ]


def test_what_is_cached_of_a_wording_follows_mappings_of_its_twins(twins):
    """The third is joined to the first through the second, and hears of neither's mapping."""
    first, second, third, alone = twins
    index = current_index()
    index.per_mitigation("kind", [third.pk, alone.pk], before)
    assert index.measures.count(BitMap([first.pk, third.pk])) == 1
    Mapping.objects.get(source=first, target=second).delete()

    later = index.patched(
        index.number + 1,
        index.structure,
        [first.pk, second.pk],
    )

    assert later.measures.count(BitMap([first.pk, third.pk])) == 2
    found = later.per_mitigation("kind", [third.pk, alone.pk], after)
    assert found == ["after", "before"]


def test_the_api_counts_both_and_lists_what_is_asked_for(twins, client):
    plain = client.get("/api/v1/mitigations/").json()
    grouped = client.get("/api/v1/mitigations/?group=measure").json()
    assert (plain["count"], plain["measures"]) == (4, 2)
    assert (grouped["count"], grouped["measures"]) == (2, 2)


def test_pages_of_measures_neither_repeat_nor_skip_one(twins, client):
    address = "/api/v1/mitigations/?group=measure&page_size=1&ordering=name"
    found = []
    while address:
        page = client.get(address).json()
        found += [one["name"] for one in page["results"]]
        address = page["next"]
    assert found == ["a", "b"]


def test_an_unknown_grouping_is_refused_with_what_there_is(client, db):
    answer = client.get("/api/v1/mitigations/?group=document")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["allowed"] == ["measure"]


# On pages


def page_of(client, address) -> str:
    return client.get(address).content.decode()


def test_the_list_says_how_many_measures_it_has_and_shows_each_once(
    twins,
    client,
):
    page = page_of(client, "/mitigations/")
    assert "2 different measures" in page
    assert 'href="?group=measure"' in page
    grouped = page_of(client, "/mitigations/?group=measure")
    assert "2 measures" in grouped
    assert "in 4 wordings" in grouped


def test_the_home_page_counts_measures_beside_their_wordings(twins, client):
    assert "mitigations, 2 different measures" in page_of(client, "/")


def test_a_list_without_rewordings_says_nothing_of_measures(db, client):
    MitigationFactory()
    assert "different measures" not in page_of(client, "/mitigations/")


def test_an_entry_leads_to_its_other_wordings(twins, client):
    first, second, third, _ = twins
    page = page_of(client, f"/mitigations/?document={first.document.slug}")
    for other in (second, third):
        assert f'href="{other.get_absolute_url()}"' in page


def test_the_page_of_a_mitigation_leads_to_its_other_wordings(twins, client):
    first, second, third, _ = twins
    page = page_of(client, first.get_absolute_url())
    evidence = page[page.index('id="evidence"') :]
    for other in (second, third):
        assert f'href="{other.get_absolute_url()}">{other.name}' in evidence
