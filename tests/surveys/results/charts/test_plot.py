"""What is drawn of a study: dots, intervals, panels, places, reasons."""

import pytest
from django.urls import reverse

from surveys.models import Study, Tally
from surveys.results import study_table
from surveys.results.charts.plot import (
    MAJORITY,
    MINORITY,
    OPEN,
    UNSURE,
    Dot,
    PublishedDot,
)
from surveys.results.study_table import StudyTable
from tests.surveys.factories import make_full_study, make_study
from tests.surveys.results.shown import published, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def dot(agreeing: int, answered: int, low: float) -> Dot:
    value = 100 * agreeing / answered
    return Dot("A", "/", agreeing, answered, value, low, 100.0)


@pytest.mark.parametrize(
    ("one", "standing"),
    [
        (dot(9, 10, 60.0), MAJORITY),
        (dot(6, 10, 31.0), UNSURE),
        (dot(5, 10, 24.0), MINORITY),
        (dot(0, 10, 0.0), MINORITY),
    ],
)
def test_a_dot_says_whether_more_than_half_agree(one, standing):
    assert one.standing == standing


@pytest.mark.parametrize(
    ("operator", "low", "high", "standing", "count"),
    [
        (">", 60, 100, OPEN, "more than 60 %"),
        ("<", 0, 60, OPEN, "fewer than 60 %"),
        ("", 60, 60, MAJORITY, "60 %"),
    ],
)
def test_a_published_bound_is_drawn_as_all_that_it_allows(
    operator,
    low,
    high,
    standing,
    count,
):
    one = PublishedDot("A", "/", operator, 60.0)

    assert (one.low, one.high) == (low, high)
    assert (one.standing, one.count) == (standing, count)


def table_of(study, rf, query=""):
    return StudyTable(study, rf.get(f"/?{query}").GET)


def test_a_dot_stands_for_each_measure_with_its_counts_and_interval(rf):
    study = published(slugs=["a"] * 4 + ["d"])

    [panel] = table_of(study, rf).panels

    [one] = panel.dots
    assert (panel.title, one.count) == ("", "4 of 5")
    assert (one.value, one.url) == (
        80.0,
        study.items.get().mitigation.get_absolute_url(),
    )
    assert one.low == pytest.approx(37.6, abs=0.1)
    assert one.high == pytest.approx(96.4, abs=0.1)


def test_a_study_without_measures_has_nothing_to_draw(client):
    study = make_study(items=0, status="published", year=2026)

    answer = client.get(study.get_absolute_url())

    assert answer.status_code == 200
    assert answer.context["table"].panels == []
    assert 'class="plot"' not in answer.content.decode()


def test_what_too_few_answered_is_not_drawn(rf):
    study = published(items=2)
    Tally.objects.filter(result__item=study.items.first()).delete()

    [panel] = table_of(study, rf).panels

    assert len(panel.dots) == 1


def test_each_risk_area_has_a_panel_with_the_measures_in_one_order(rf):
    study = make_full_study()

    panels = table_of(study, rf, "criterion=effective").panels

    assert [panel.title for panel in panels] == [
        f"Risk area {number}" for number in range(4)
    ]
    orders = {tuple(one.label for one in panel.dots) for panel in panels}
    assert len(orders) == 1


def test_groups_of_experts_that_may_be_shown_have_a_panel_each(rf):
    study = make_full_study()

    table = table_of(study, rf)

    assert [panel.title for panel in table.group_panels] == ["Law", "Policy"]
    # Four areas with two groups each are too many to be read, and a group has none below it.
    assert table_of(study, rf, "criterion=effective").group_panels == []
    assert table_of(study, rf, "expertise_area=law").group_panels == []


def test_measures_whose_intervals_overlap_share_a_range_of_places(rf):
    study = published(items=2, slugs=["a"] * 40)
    last = study.items.last()
    tallies = Tally.objects.filter(result__item=last)
    tallies.filter(point__slug="a").update(count=5)
    tallies.filter(point__slug="d").update(count=35)
    alike = published(items=2)

    def places(study):
        return [row.place for row in table_of(study, rf).shown_rows]

    assert places(study) == ["1st", "2nd"]
    assert places(alike) == ["1st to 2nd", "1st to 2nd"]


def test_the_strongest_reason_on_either_side_leads_to_its_comment(client, rf):
    study = make_full_study()
    item = study.items.first()
    cost = item.comments.get(label="cost")

    [row, *_] = [
        row for row in table_of(study, rf).shown_rows if row.item.item == item
    ]

    assert [(reason.side, reason.comment.label) for reason in row.reasons] == [
        ("For", "cost"),
        ("Against", "trust"),
    ]
    address = item.mitigation.get_absolute_url()
    assert row.reasons[0].url == f"{address}#comment-{cost.pk}"
    assert f'id="comment-{cost.pk}"' in client.get(address).content.decode()
    shown = text_of(client.get(study.get_absolute_url()))
    words = study.words_of_comments
    assert f"For, {words}: {cost.body} {cost.count} experts." in shown


def test_the_heads_of_columns_sort_and_say_how(client):
    study = make_full_study()

    body = client.get(
        f"{study.get_absolute_url()}?sort=spread",
    ).content.decode()

    assert body.count("aria-sort=") == 1
    assert 'aria-sort="ascending"' in body
    for sort in ("agreement", "strong", "disagreement", "dont-know", "n"):
        assert f'href="?sort={sort}#answers"' in body, sort
    assert (
        "Sorted by how far answers lie apart, the most spread first." in body
    )
    assert "sort by the share who said “" in body


def test_a_sort_that_no_column_has_is_offered_beside_them(
    client,
    monkeypatch,
):
    monkeypatch.setattr(study_table, "SORTED_IN_HEADS", ("agreement",))

    body = client.get(published().get_absolute_url()).content.decode()

    assert 'href="?sort=spread#results"' in body


def test_who_was_asked_what_stands_on_the_page_word_for_word(client):
    study = published()
    Study.objects.filter(pk=study.pk).update(invited=10, responded=5)
    study.refresh_from_db()

    shown = text_of(client.get(reverse("study-detail", args=[study.slug])))

    assert "5 experts answered, of 10 invited (50 %)" in shown
    assert f"“{study.criteria.get().question}”" in shown
    assert study.method in shown
    assert study.limits in shown
