"""The sentence that says what a study found."""

import pytest

from surveys.models import (
    Item,
    Result,
    RiskArea,
    ScalePoint,
    Study,
    Tally,
)
from surveys.results.charts.headline import measures_in_words
from surveys.results.study_table import StudyTable
from tests.surveys.factories import make_full_study, make_study
from tests.surveys.results.shown import bounded, published

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.mark.parametrize(
    ("count", "of", "words"),
    [
        (50, 50, "all"),
        (1, 1, "all"),
        (49, 50, "nearly all"),
        (9, 10, "nearly all"),
        (89, 100, "most"),
        (6, 10, "most"),
        (59, 100, "about half of the"),
        (4, 10, "about half of the"),
        (39, 100, "few"),
        (1, 200, "few"),
        (0, 3, "none of the"),
    ],
)
def test_a_part_of_a_whole_is_said_in_fixed_bands(count, of, words):
    assert measures_in_words(count, of) == words


def test_of_nothing_there_is_no_part():
    with pytest.raises(ValueError, match="no part"):
        measures_in_words(0, 0)


def headline_of(study: Study, rf, query: str = "") -> str:
    return StudyTable(study, rf.get(f"/?{query}").GET).headline


def with_counts(*agreeing: int) -> Study:
    """A published study in which so many of ten agree with each measure; the others disagree."""
    study = make_study(items=len(agreeing), status="published", year=2026)
    criterion = study.criteria.get()
    words = {1: "agree", -1: "disagree", 0: "undecided"}
    for point in criterion.scale.points.all():
        ScalePoint.objects.filter(pk=point.pk).update(
            label=f"{point.slug} {words[point.side]}",
        )
    for item, count in zip(study.items.all(), agreeing, strict=True):
        Item.objects.filter(pk=item.pk).update(name=f"Measure {count}")
        result = Result.objects.create(item=item, criterion=criterion)
        given = {"a": count, "d": 10 - count}
        for point in criterion.scale.points.all():
            Tally.objects.create(
                result=result,
                point=point,
                count=given.get(point.slug, 0),
            )
    return study


@pytest.mark.parametrize(
    ("agreeing", "sentence"),
    [
        (
            [10, 9, 8, 7],
            "Experts agree with all measures: more than half agreed with all 4. "
            "Agreement is lowest on “Measure 7”: 7 of 10.",
        ),
        (
            [10, 9, 5],
            "Experts agree with most measures: more than half agreed with 2 of 3. "
            "Agreement is lowest on “Measure 5”: 5 of 10.",
        ),
        # Two are lowest, so that none is named; of two measures none is either.
        (
            [9, 4, 4, 4],
            "Experts agree with few measures: more than half agreed with 1 of 4.",
        ),
        (
            [9, 4],
            "Experts agree with about half of the measures: more than half agreed with 1 of 2.",
        ),
        (
            [4, 4],
            "Experts agree with none of the measures: fewer than half, or just half, agreed with each of the 2.",
        ),
        ([7], "7 of 10 experts agreed with “Measure 7”."),
    ],
)
def test_it_says_with_how_many_more_than_half_agree(rf, agreeing, sentence):
    assert headline_of(with_counts(*agreeing), rf) == sentence


def test_without_a_measure_there_is_no_sentence(rf):
    study = make_study(items=0, status="published", year=2026)

    assert headline_of(study, rf) == ""


def test_of_answers_on_another_scale_it_has_the_words_of_the_scale(rf):
    sentence = headline_of(published(items=3), rf)

    assert sentence == (
        "Experts rate all measures “point a or point sa”: more than half did so for all 3."
    )


def test_a_measure_asked_by_risk_area_counts_where_each_area_has_a_majority(
    rf,
):
    study = make_full_study()
    area = RiskArea.objects.get(slug="area-1")
    low = Result.objects.get(
        item=study.items.first(),
        criterion__slug="effective",
        risk_area=area,
        expertise_area=None,
    )
    agreeing = low.tallies.filter(point__side=1)
    dont_know = low.tallies.get(point__is_dont_know=True)
    dont_know.count += sum(tally.count for tally in agreeing)
    dont_know.save()
    agreeing.update(count=0)

    shown = headline_of(study, rf, "criterion=effective")
    in_area = headline_of(study, rf, "criterion=effective&risk_area=area-2")

    assert " in each of four risk areas: " in shown
    assert "did so for 1 of 2." in shown
    assert f"“{study.items.first().asked_name}” for {area}: 0 of " in shown
    assert ", for Risk area 2: " in in_area
    assert "did so for all 2." in in_area


def test_it_names_the_group_of_experts_that_was_chosen(rf):
    shown = headline_of(make_full_study(), rf, "expertise_area=law")

    assert shown.startswith("Experts in Law rate ")


@pytest.mark.parametrize(
    ("study", "sentence"),
    [
        (
            {"values": (0.6, 0.6)},
            "More than 60 % of experts found both measures effective.",
        ),
        (
            {"values": (0.4, 0.4), "items": 3, "operator": "<"},
            "Fewer than 40 % of experts found both measures with figures known here effective.",
        ),
        (
            {"values": (0.6,), "items": 1},
            "More than 60 % of experts found the one measure effective.",
        ),
        # Where they differ, one sentence does not say it.
        ({"values": (0.6, 0.7)}, ""),
    ],
)
def test_bounds_that_are_all_alike_are_one_sentence(rf, study, sentence):
    assert headline_of(bounded(*study.pop("values"), **study), rf) == sentence


@pytest.mark.usefixtures("shipped_catalogue")
@pytest.mark.parametrize(
    ("slug", "sentence"),
    [
        (
            "schuett-2023",
            "Experts agree with nearly all measures: more than half agreed with 49 of 50. "
            "Agreement is lowest on “Notify other labs”: 16 of 38.",
        ),
        (
            "uuk-2024",
            "More than 60 % of experts found all three measures with figures known here effective "
            "in all four risk areas.",
        ),
    ],
)
def test_the_shipped_studies_open_with_what_they_found(
    client,
    slug,
    sentence,
):
    answer = client.get(f"/studies/{slug}/")

    assert answer.context["table"].headline == sentence
    assert sentence in answer.content.decode()
