"""Two coders, blind to each other, and what comes of it."""

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from catalogue import revision
from catalogue.curation import coder_agreement, double_coding
from catalogue.curation.classifying import classify
from catalogue.models import (
    Category,
    Classification,
    CodingOutcome,
    CodingUnit,
    Mitigation,
    Seat,
)
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    MitigationFactory,
    TaxonomyFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def taxonomy():
    taxonomy = TaxonomyFactory()
    for code in ("1.1", "1.2", "2.1"):
        CategoryFactory(taxonomy=taxonomy, code=code)
    return taxonomy


@pytest.fixture
def coders():
    return [
        UserFactory(first_name=name, last_name="Tester")
        for name in ("Ada", "Bo")
    ]


def open_unit(taxonomy, coders, **mitigation):
    one = MitigationFactory(**mitigation)
    double_coding.assign(mitigations=[one], taxonomy=taxonomy, coders=coders)
    return CodingUnit.objects.get(mitigation=one)


def choose(
    unit,
    coder,
    code,
    confidence="high",
    rationale="It is what this asks for.",
):
    category = Category.objects.get(taxonomy=unit.taxonomy, code=code)
    return double_coding.record_choice(
        unit=unit,
        coder=coder,
        category=category,
        confidence=confidence,
        rationale=rationale,
    )


# What comes of it


def test_what_both_choose_becomes_the_primary_place_with_both_names_and_the_lower_confidence(
    taxonomy,
    coders,
):
    unit = open_unit(taxonomy, coders)

    assert (
        choose(unit, coders[0], "1.1", "high", "The surer one's reason.")
        is None
    )
    outcome = choose(unit, coders[1], "1.1", "low", "The other's reason.")

    place = unit.mitigation.classifications.get()
    assert (place.category.code, place.is_primary, place.origin) == (
        "1.1",
        True,
        "project",
    )
    assert (place.coder, place.confidence) == (
        "Ada Tester and Bo Tester",
        "low",
    )
    assert place.rationale == "The surer one's reason."
    assert (
        place.history.get().history_change_reason == "Coded by two who agreed"
    )
    assert outcome.how == "agreed"


def test_names_too_long_to_stand_together_are_not_cut_off(taxonomy):
    coders = [
        UserFactory(first_name=letter * 60, last_name="Long")
        for letter in "AB"
    ]
    unit = open_unit(taxonomy, coders)
    for coder in coders:
        choose(unit, coder, "1.1")

    assert (
        unit.mitigation.classifications.get().coder
        == "two coders of this project"
    )


def test_a_disagreement_changes_nothing_and_waits_for_a_third(
    taxonomy,
    coders,
):
    unit = open_unit(taxonomy, coders)
    choose(unit, coders[0], "1.1")

    outcome = choose(unit, coders[1], "1.2")

    assert (outcome.how, outcome.category) == ("", None)
    assert list(CodingUnit.objects.disputed()) == [unit]
    assert not unit.mitigation.classifications.exists()


def test_a_third_decides_and_the_decision_is_kept(taxonomy, coders):
    unit = open_unit(taxonomy, coders)
    choose(unit, coders[0], "1.1")
    choose(unit, coders[1], "1.2")
    third, other = (
        UserFactory(first_name="Cleo", last_name="Tester"),
        Category.objects.get(taxonomy=taxonomy, code="2.1"),
    )

    double_coding.decide(
        unit=unit,
        decider=third,
        category=other,
        confidence="moderate",
        reason="Neither: it is about 2.",
    )

    outcome, place = (
        CodingOutcome.objects.get(unit=unit),
        unit.mitigation.classifications.get(),
    )
    assert (outcome.how, outcome.decided_by, outcome.reason) == (
        "decided",
        third,
        "Neither: it is about 2.",
    )
    assert (place.category, place.rationale) == (
        other,
        "Neither: it is about 2.",
    )
    assert place.coder == "Ada Tester and Bo Tester; decided by Cleo Tester"
    assert (
        place.history.get().history_change_reason
        == "Coded by two as 1.1 or 1.2; decided by Cleo Tester"
    )
    with pytest.raises(
        ValidationError,
        match="settled already: 2.1 .*, by Cleo Tester",
    ):
        double_coding.decide(
            unit=unit,
            decider=UserFactory(),
            category=other,
            confidence="high",
            reason="Again.",
        )


def test_neither_coder_decides_between_the_two(taxonomy, coders):
    unit = open_unit(taxonomy, coders)
    choose(unit, coders[0], "1.1")
    choose(unit, coders[1], "1.2")

    with pytest.raises(ValidationError, match="one of its two coders"):
        double_coding.decide(
            unit=unit,
            decider=coders[0],
            category=taxonomy.categories.get(code="1.1"),
            confidence="high",
            reason="Mine.",
        )


def test_a_choice_can_be_changed_until_the_other_is_in_and_not_afterwards(
    taxonomy,
    coders,
):
    unit = open_unit(taxonomy, coders)
    choose(unit, coders[0], "1.1")
    choose(unit, coders[0], "1.2")
    choose(unit, coders[1], "1.2")

    assert unit.mitigation.classifications.get().category.code == "1.2"
    with pytest.raises(ValidationError, match="Both coders are in"):
        choose(unit, coders[0], "1.1")


@pytest.mark.parametrize(
    ("choice", "field"),
    [
        ({"confidence": "very"}, "confidence"),
        ({"rationale": "  "}, "rationale"),
        ({"rationale": "x" * 2001}, "rationale"),
    ],
)
def test_a_choice_needs_confidence_and_rationale(
    taxonomy,
    coders,
    choice,
    field,
):
    with pytest.raises(ValidationError) as refused:
        choose(open_unit(taxonomy, coders), coders[0], "1.1", **choice)

    assert list(refused.value.error_dict) == [field]


def test_a_category_of_another_taxonomy_is_refused(taxonomy, coders):
    unit = open_unit(taxonomy, coders)

    with pytest.raises(ValidationError, match="not in"):
        double_coding.record_choice(
            unit=unit,
            coder=coders[0],
            category=CategoryFactory(),
            confidence="high",
            rationale="So.",
        )


# Where a place goes


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("project", [("1.2", True, "project")]),
        ("published", [("1.1", False, "published"), ("1.2", True, "project")]),
    ],
)
def test_a_place_of_this_project_is_replaced_and_one_of_the_source_stays(
    taxonomy,
    origin,
    expected,
):
    old, new = (
        taxonomy.categories.get(code="1.1"),
        taxonomy.categories.get(code="1.2"),
    )
    place = ClassificationFactory(category=old, origin=origin)

    classify(
        mitigation=place.mitigation,
        category=new,
        rationale="So.",
        coder="Two",
        confidence="high",
        reason="Coded anew",
    )

    rows = place.mitigation.classifications.order_by("category__path")
    assert [
        (row.category.code, row.is_primary, row.origin) for row in rows
    ] == expected
    if origin == "project":
        assert (
            rows[0].pk == place.pk
        )  # one history, that says from where to where
        assert rows[0].history.first().history_change_reason == "Coded anew"


def test_a_further_place_becomes_the_primary_one(taxonomy):
    old, new = (
        taxonomy.categories.get(code="1.1"),
        taxonomy.categories.get(code="1.2"),
    )
    place = ClassificationFactory(category=old)
    ClassificationFactory(
        mitigation=place.mitigation,
        category=new,
        is_primary=False,
    )

    classify(
        mitigation=place.mitigation,
        category=new,
        rationale="So.",
        coder="Two",
        confidence="high",
        reason="Coded",
    )

    row = place.mitigation.classifications.get()
    assert (row.category, row.is_primary, row.rationale) == (new, True, "So.")


def test_what_the_source_says_itself_is_left_as_it_is(taxonomy):
    place = ClassificationFactory(
        category=taxonomy.categories.get(code="1.1"),
        origin="published",
    )

    classify(
        mitigation=place.mitigation,
        category=place.category,
        rationale="So.",
        coder="Two",
        confidence="low",
        reason="Coded",
    )

    assert Classification.objects.get().rationale == place.rationale
    assert place.history.count() == 1


# Who codes what


def test_assigning_twice_changes_nothing(taxonomy, coders):
    mitigations = MitigationFactory.create_batch(2)

    first = double_coding.assign(
        mitigations=mitigations,
        taxonomy=taxonomy,
        coders=coders,
    )
    second = double_coding.assign(
        mitigations=mitigations,
        taxonomy=taxonomy,
        coders=coders,
    )

    assert (first.new, second.new, second.unchanged) == (2, 0, 2)
    assert Seat.objects.count() == 4


def test_a_third_coder_finds_no_seat_and_nothing_is_half_done(
    taxonomy,
    coders,
):
    unit = open_unit(taxonomy, coders[:1])

    result = double_coding.assign(
        mitigations=[unit.mitigation],
        taxonomy=taxonomy,
        coders=UserFactory.create_batch(2),
    )

    assert result.refused == [
        f"{unit.mitigation.accession}: It has two coders already.",
    ]
    assert [seat.coder for seat in unit.seats.all()] == coders[:1]


def test_the_next_one_is_ones_own_then_what_lacks_a_coder_then_what_has_no_place(
    taxonomy,
    coders,
):
    placed = ClassificationFactory(
        category=taxonomy.categories.get(code="1.1"),
    ).mitigation
    empty = MitigationFactory()
    halved = open_unit(taxonomy, coders[1:])
    mine = open_unit(taxonomy, coders[:1])

    taken = []
    while unit := double_coding.take_next(coder=coders[0], taxonomy=taxonomy):
        taken.append(unit.mitigation)
        choose(unit, coders[0], "1.1")

    assert taken == [mine.mitigation, halved.mitigation, empty]
    assert placed not in taken


def test_what_is_skipped_comes_again_at_the_end(taxonomy, coders):
    first, second = (open_unit(taxonomy, coders) for _ in range(2))

    assert (
        double_coding.next_unit_of(coders[0], taxonomy, after=first.pk)
        == second
    )
    assert (
        double_coding.next_unit_of(coders[0], taxonomy, after=second.pk)
        == first
    )


# What happens meanwhile


@pytest.mark.parametrize("leave", ["delete", "close"])
def test_somebody_who_leaves_before_coding_makes_room(taxonomy, coders, leave):
    unit = open_unit(taxonomy, coders)
    if leave == "delete":
        coders[0].delete()
    else:
        get_user_model().objects.filter(pk=coders[0].pk).update(
            is_active=False,
        )
    newcomer = UserFactory(first_name="Dee")

    assert double_coding.take_next(coder=newcomer, taxonomy=taxonomy) == unit
    assert {seat.coder for seat in unit.seats.all()} == {newcomer, coders[1]}


def test_what_a_coder_chose_before_they_left_counts(taxonomy, coders):
    unit = open_unit(taxonomy, coders)
    choose(unit, coders[0], "1.1")
    coders[0].delete()

    choose(unit, coders[1], "1.1")

    assert (
        unit.mitigation.classifications.get().coder
        == "Ada Tester and Bo Tester"
    )


def test_a_choice_whose_category_is_deleted_is_made_anew(taxonomy, coders):
    unit = open_unit(taxonomy, coders)
    choose(unit, coders[0], "1.2")

    taxonomy.categories.get(code="1.2").delete()

    assert double_coding.next_unit_of(coders[0], taxonomy) == unit
    assert double_coding.seat_of(unit, coders[0]).is_renamed
    assert choose(unit, coders[1], "1.1") is None
    assert choose(unit, coders[0], "1.1").how == "agreed"


def test_a_renamed_category_is_the_same_one_and_its_old_name_is_remembered(
    taxonomy,
    coders,
):
    unit = open_unit(taxonomy, coders)
    choose(unit, coders[0], "1.2")

    category = taxonomy.categories.get(code="1.2")
    category.name = "Another name"
    category.save()

    seat = double_coding.seat_of(unit, coders[0])
    assert (seat.is_renamed, seat.chosen_as) == (True, "1.2 Category 1.2")
    assert choose(unit, coders[1], "1.2").settled_as == "1.2 Another name"


def test_what_is_withdrawn_is_neither_offered_nor_coded_nor_decided(
    taxonomy,
    coders,
    monkeypatch,
):
    monkeypatch.setattr(Mitigation, "RETIRED", ("draft",))
    unit, disputed = open_unit(taxonomy, coders), open_unit(taxonomy, coders)
    choose(disputed, coders[0], "1.1")
    choose(disputed, coders[1], "1.2")
    Mitigation.objects.update(status="draft")

    assert double_coding.take_next(coder=coders[0], taxonomy=taxonomy) is None
    assert not CodingUnit.objects.disputed().still_wanted().exists()
    with pytest.raises(
        ValidationError,
        match="is draft: it is coded no further",
    ):
        choose(unit, coders[0], "1.1")
    with pytest.raises(ValidationError, match="nothing is left to decide"):
        double_coding.decide(
            unit=disputed,
            decider=UserFactory(),
            category=taxonomy.categories.get(code="1.1"),
            confidence="high",
            reason="So.",
        )
    assert double_coding.assign(
        mitigations=[unit.mitigation],
        taxonomy=taxonomy,
        coders=[],
    ).refused
    assert not Classification.objects.exists()


def test_a_seat_is_taken_away_only_before_it_is_coded(taxonomy, coders):
    unit = open_unit(taxonomy, coders)
    choose(unit, coders[0], "1.1")

    double_coding.release_seat(seat=double_coding.seat_of(unit, coders[1]))
    with pytest.raises(
        ValidationError,
        match="^.*Ada Tester has coded it already",
    ):
        double_coding.release_seat(seat=double_coding.seat_of(unit, coders[0]))

    assert [seat.coder for seat in unit.seats.all()] == coders[:1]


# Agreement


def test_agreement_is_counted_at_each_level_as_coders_first_chose(
    taxonomy,
    coders,
):
    for codes in (
        ("1.1", "1.1"),
        ("1.1", "1.2"),
        ("2.1", "2.1"),
        ("1.1", "2.1"),
    ):
        unit = open_unit(taxonomy, coders)
        for coder, code in zip(coders, codes, strict=True):
            choose(unit, coder, code)
    double_coding.decide(
        unit=CodingUnit.objects.disputed().first(),
        decider=UserFactory(),
        category=taxonomy.categories.get(code="1.1"),
        confidence="high",
        reason="So.",
    )
    choose(
        open_unit(taxonomy, coders),
        coders[0],
        "2.1",
    )  # which says nothing yet

    levels = coder_agreement.agreement_by_level(taxonomy)

    assert [
        (row.level, row.agreement.n, row.agreement.share) for row in levels
    ] == [
        (1, 4, 0.75),
        (2, 4, 0.5),
    ]
    assert levels[0].agreement.alpha == pytest.approx(1 - 7 * 2 / 30)
    assert levels[0].alpha_interval == "not reported"  # four units are too few


def test_agreement_without_pairs_is_not_reported(taxonomy, coders):
    [top, _] = coder_agreement.agreement_by_level(taxonomy)

    assert (top.agreement.n, top.share, top.alpha) == (
        0,
        "not reported",
        "not reported",
    )


def test_only_a_finished_pair_moves_what_readers_see(taxonomy, coders):
    unit = open_unit(taxonomy, coders)
    before = revision.current()
    choose(unit, coders[0], "1.1")
    assert revision.current() == before

    choose(unit, coders[1], "1.2")

    assert revision.current() > before


def test_the_database_holds_two_seats_for_two_coders(taxonomy, coders):
    from django.db import IntegrityError, transaction

    unit = open_unit(taxonomy, coders)
    for row in (
        {"number": 3, "coder": UserFactory()},
        {"number": 2, "coder": UserFactory()},
        {"number": 1, "coder": coders[1]},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Seat.objects.create(unit=unit, coder_name="x", **row)
