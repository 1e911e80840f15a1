"""A record as plain values: put back, compared and merged."""

import pytest
from django.core import signing
from django.core.exceptions import ValidationError

from catalogue.curation import snapshots
from catalogue.curation.comparison import MINE, THEIRS, Comparison
from catalogue.models import Classification, Mitigation
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    ExternalIdentifierFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
    TaxonomyFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def full():
    """A mitigation with all that belongs to one."""
    mitigation = MitigationFactory(
        name="Full",
        phases=2,
        actors=1,
        functions=1,
    )
    ClassificationFactory(mitigation=mitigation, rationale="For one reason.")
    ExternalIdentifierFactory(mitigation=mitigation)
    MappingFactory(source=mitigation)
    MappingFactory(source=mitigation, framework="NIST AI RMF", entry="GV-1")
    return mitigation


def changed(snapshot, **fields):
    return {**snapshot, "fields": {**snapshot["fields"], **fields}}


def compared(record, base, mine, **choices):
    return Comparison(
        type(record),
        base,
        snapshots.snapshot(record),
        mine,
        choices,
    )


def test_what_was_taken_is_put_back_whole(full):
    before = snapshots.snapshot(full)
    full.classifications.all().delete()
    full.mappings_from.all().delete()
    full.external_identifiers.all().delete()
    full.phases.clear()
    Mitigation.objects.filter(pk=full.pk).update(name="Spoilt", page="7")

    snapshots.apply(full, before)

    assert snapshots.snapshot(full) == before


def test_a_snapshot_survives_its_way_through_a_form(full):
    taken = snapshots.snapshot(full)

    assert snapshots.unsealed(snapshots.sealed(taken, full), full) == taken


def test_the_line_ends_of_a_form_are_no_change(full):
    Mitigation.objects.filter(pk=full.pk).update(
        alternative_names="One\nOther",
    )
    before = snapshots.snapshot(full)
    Mitigation.objects.filter(pk=full.pk).update(
        alternative_names="One\r\nOther",
    )

    assert snapshots.snapshot(full) == before


def test_what_was_sealed_for_one_record_is_read_for_no_other(full):
    with pytest.raises(signing.BadSignature):
        snapshots.unsealed(
            snapshots.sealed(snapshots.snapshot(full), full),
            MitigationFactory(),
        )


def test_putting_writes_only_what_differs(full):
    wanted = changed(snapshots.snapshot(full), page="12")
    entries = Mitigation.history.count(), Classification.history.count()

    snapshots.apply(full, wanted, reason="The page was wrong.")

    assert (Mitigation.history.count(), Classification.history.count()) == (
        entries[0] + 1,
        entries[1],
    )
    assert full.history.first().history_change_reason == "The page was wrong."


def test_the_primary_place_moves_in_one_step():
    one = ClassificationFactory(is_primary=True)
    other = ClassificationFactory(
        mitigation=one.mitigation,
        is_primary=False,
        category=CategoryFactory(taxonomy=one.taxonomy),
    )
    wanted = snapshots.snapshot(one.mitigation)
    places = wanted["parts"]["classification"]
    places[str(one.pk)]["is_primary"], places[str(other.pk)]["is_primary"] = (
        False,
        True,
    )

    snapshots.apply(one.mitigation, wanted)

    assert one.mitigation.classifications.get(is_primary=True) == other


def test_a_rehearsal_leaves_nothing_behind(full):
    before = snapshots.snapshot(full)

    with snapshots.rolled_back():
        full.classifications.all().delete()
        assert snapshots.snapshot(full) != before

    assert snapshots.snapshot(full) == before


def test_what_does_not_fit_is_refused_in_words(full):
    wanted = changed(snapshots.snapshot(full), description=full.name)

    with pytest.raises(ValidationError, match="in other words than its name"):
        snapshots.apply(full, wanted)


def test_changes_in_different_places_are_both_kept(full):
    base = snapshots.snapshot(full)
    phase = LifecyclePhaseFactory()
    full.phases.add(phase)
    added = ClassificationFactory(
        mitigation=full,
        category__taxonomy=TaxonomyFactory(),
    )

    found = compared(full, base, changed(base, page="9"))
    snapshots.apply(full, found.merged())

    full.refresh_from_db()
    assert found.clashes == []
    assert (
        full.page,
        phase in full.phases.all(),
        added in full.classifications.all(),
    ) == (
        "9",
        True,
        True,
    )


def test_a_clash_is_written_only_when_somebody_has_chosen(full):
    base = snapshots.snapshot(full)
    Mitigation.objects.filter(pk=full.pk).update(name="Theirs")
    mine = changed(base, name="Mine")

    with pytest.raises(
        ValidationError,
        match=r"Choose which version stays: Name\.",
    ):
        compared(full, base, mine).merged()

    assert [one.label for one in compared(full, base, mine).clashes] == [
        "Name",
    ]
    assert (
        compared(full, base, mine, **{"..name": MINE}).merged()["fields"][
            "name"
        ]
        == "Mine"
    )
    assert (
        compared(full, base, mine, **{"..name": THEIRS}).merged()["fields"][
            "name"
        ]
        == "Theirs"
    )


def test_a_part_that_one_removed_and_the_other_changed_is_a_clash(full):
    base = snapshots.snapshot(full)
    placed = full.classifications.get()
    mine = changed(base)
    mine["parts"] = {**base["parts"], "classification": {}}
    placed.rationale = "For a better reason."
    placed.save()

    [clash] = compared(full, base, mine).clashes

    assert clash.mine is None
    assert "For a better reason." in clash.saved
    assert str(placed.category) in clash.label


def test_what_two_people_add_alike_is_added_once(full):
    base = snapshots.snapshot(full)
    category = CategoryFactory(taxonomy=TaxonomyFactory())
    with snapshots.rolled_back():
        ClassificationFactory(
            mitigation=full,
            category=category,
            rationale="So I say.",
        )
        mine = snapshots.with_new_ids(snapshots.snapshot(full), base)
    theirs = ClassificationFactory(
        mitigation=full,
        category=category,
        rationale="So I say.",
    )

    snapshots.apply(full, compared(full, base, mine).merged())

    assert list(full.classifications.filter(category=category)) == [theirs]


def test_a_comparison_takes_the_same_queries_for_any_number_of_parts(
    full,
    django_assert_max_num_queries,
):
    base = snapshots.snapshot(full)
    with django_assert_max_num_queries(20) as few:
        len(compared(full, snapshots.EMPTY, base).differences)
    for _ in range(3):
        (
            ClassificationFactory(mitigation=full),
            ExternalIdentifierFactory(mitigation=full),
            MappingFactory(source=full),
        )
    base = snapshots.snapshot(full)

    with django_assert_max_num_queries(len(few)):
        len(compared(full, snapshots.EMPTY, base).differences)
