"""The index: what it keeps, and that it follows every write."""

import random
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from catalogue.listing import index, sources
from catalogue.listing.filters import MitigationFilter, all_taxonomies
from catalogue.models import Mitigation
from serving.once import MadeOnce
from tests.factories import (
    ClassificationFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
)
from tests.threads import in_thread

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("unrecorded"),
]


def filters(query: str = "") -> MitigationFilter:
    return MitigationFilter(
        QueryDict(query),
        Mitigation.objects.published().for_list(),
    )


def names(query: str = "") -> list[str]:
    return [mitigation.name for mitigation in filters(query).qs]


def afresh() -> dict:
    """What an index that was begun anew has."""
    index._indexes.clear()
    return held()


def held() -> dict:
    chosen = filters("q=measure")
    facets = {
        facet.parameter: {value.value: value.count for value in facet.flat}
        for facet in chosen.facets
    }
    return {
        "keys": list(chosen.keys),
        "published": list(chosen.index.published),
        "facets": facets,
        "names": names(),
    }


def test_a_mitigation_that_changes_is_mended_in_what_is_held():
    phase = LifecyclePhaseFactory(slug="deploy")
    mitigation = MitigationFactory(name="Staged release", phases=[phase])
    before = index.current_index()
    assert names("phase=deploy") == ["Staged release"]

    mitigation.phases.clear()

    assert index.current_index() is not before
    assert index.current_index().structure == before.structure
    assert names("phase=deploy") == []


def test_what_is_held_is_used_as_long_as_nothing_changes():
    MitigationFactory()
    names()

    assert index.current_index() is index.current_index()


def test_a_draft_leaves_and_comes_back():
    mitigation = MitigationFactory(name="Staged release")
    assert names() == ["Staged release"]

    Mitigation.objects.filter(pk=mitigation.pk).update(status="draft")
    assert names() == []

    Mitigation.objects.filter(pk=mitigation.pk).update(status="published")
    assert names() == ["Staged release"]


def test_what_a_transaction_takes_back_is_not_held():
    MitigationFactory(name="Staged release")

    with transaction.atomic():
        MitigationFactory(name="Never committed")
        assert "Never committed" in names()
        transaction.set_rollback(True)

    assert names() == ["Staged release"]


def test_what_a_transaction_takes_back_is_not_held_though_nobody_had_read_it():
    seen = MitigationFactory()
    draft = MitigationFactory(status="draft")
    index._indexes.clear()
    all_taxonomies(index.current_index())

    with transaction.atomic():
        Mitigation.objects.filter(pk=draft.pk).update(status="published")
        assert len(index.current_index().published) == 2
        transaction.set_rollback(True)

    assert list(index.current_index().published) == [seen.pk]


@settings(max_examples=8)
@given(st.integers())
def test_mended_is_the_same_as_made_anew(seed):
    chance = random.Random(seed)
    phases = [
        LifecyclePhaseFactory(slug=f"phase-{n}-{seed}") for n in range(2)
    ]
    held()
    for _ in range(6):
        rows = list(Mitigation.objects.all())
        step = (
            chance.choice(["add", "change", "file", "hide", "remove"])
            if rows
            else "add"
        )
        if step == "add":
            MitigationFactory(
                name=f"A measure {chance.random()}",
                phases=chance.sample(phases, 1),
            )
        elif step == "change":
            chance.choice(rows).phases.set(
                chance.sample(phases, chance.randint(0, 2)),
            )
        elif step == "file":
            ClassificationFactory(mitigation=chance.choice(rows))
        elif step == "hide":
            Mitigation.objects.filter(pk=chance.choice(rows).pk).update(
                status=chance.choice(["draft", "published"]),
            )
        else:
            chance.choice(rows).delete()
        mended = held()
        assert mended == afresh()
    Mitigation.objects.all().delete()


def test_an_entry_is_drawn_once_for_each_state_of_its_mitigation(
    client,
    monkeypatch,
):
    first, second = (
        MitigationFactory(name="Staged release"),
        MitigationFactory(name="Audits"),
    )
    read = []
    monkeypatch.setattr("catalogue.listing.ordering.Run.some", recording(read))
    client.get("/mitigations/")

    second.name = "Third-party audits"
    second.save()
    page = client.get("/mitigations/").content.decode()

    assert read == [[first.pk, second.pk], [second.pk]]
    assert "Third-party audits" in page
    assert "Staged release" in page


def recording(read):
    from catalogue.listing.ordering import Run

    some = Run.some

    def recorded(run, keys):
        read.append(keys)
        return some(run, keys)

    return recorded


def test_queries_of_a_filtered_list_do_not_grow_with_rows():
    counts = []
    for more in (
        1,
        21,
        20,
    ):  # the first makes the index, the second fills the facet of documents
        MitigationFactory.create_batch(more)
        with CaptureQueriesContext(connection) as captured:
            chosen = filters()
            list(chosen.qs[:25])
            assert chosen.facets
        counts.append(len(captured))

    assert counts[2] <= counts[1]


def test_a_source_has_a_name_of_its_own():
    with pytest.raises(
        ValueError,
        match="There is a source “document” already",
    ):
        sources.FacetSource("document", lambda keys: [])


@pytest.mark.parametrize("kind", ["per_structure", "per_revision", "for_all"])
def test_two_who_make_parts_of_two_indexes_may_ask_for_those_of_the_other(
    kind,
):
    begun = Barrier(2, timeout=5)
    first = index.Index(1, 1, "default")
    second = index.Index(2, 1, "default")
    for one in (first, second):
        one._parts = MadeOnce({"published": BitMap([1])})

    def asking(one: index.Index, other: index.Index):
        def make(*keys):
            begun.wait()
            return {1: other.per_revision("small", lambda: other.number)}

        return lambda: getattr(one, kind)("large", make)

    asked = [
        in_thread(asking(first, second)),
        in_thread(asking(second, first)),
    ]
    assert [one.result(10) for one in asked] == [{1: 2}, {1: 1}]
