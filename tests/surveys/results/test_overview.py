"""Where there is evidence, for the home page."""

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from catalogue.listing.filters import MitigationFilter
from catalogue.listing.index import current_index
from catalogue.models import Mitigation
from surveys.models import (
    Figure,
    Lean,
    Result,
    RiskArea,
    Study,
)
from surveys.results.crosstab_shows import SHOWS
from surveys.results.overview import (
    evidence_by_category,
    evidence_by_risk_area,
    home_evidence,
)
from surveys.results.strongest import most_and_least
from surveys.shares import refresh_shares_agreeing
from tests.surveys.factories import make_full_study, make_study
from tests.surveys.results.shown import published, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def test_the_lowest_shares_come_first_and_none_that_is_among_the_strongest():
    half = published(slugs=["a"] * 5 + ["d"] * 5)
    none = published(slugs=["d"] * 5)
    published(items=2)
    hidden = published(slugs=["d"] * 9)
    Mitigation.objects.filter(items__study=hidden).update(
        status=Mitigation.Status.DRAFT,
    )

    _, least = most_and_least(2)
    assert [item.study for item, _ in least] == [none, half]

    _, least = most_and_least(3)
    assert [item.study for item, _ in least] == [none]


def test_of_those_with_the_same_answers_the_home_page_says_how_many_it_names(
    client,
):
    study = published(slugs=["sa"] * 6, items=5)

    shown = text_of(client.get("/"))
    assert "Named are 3 of the 5 measures with 6 of 6 experts" in shown
    home = client.get("/").content.decode()
    assert f'<a href="{study.get_absolute_url()}">All of the study</a>' in home


def by_area(*values, operator=">", items=2, leans=()) -> Study:
    """A study that publishes a share of the first measures for a risk area."""
    study = make_study(items=items, status="published", year=2026)
    area, _ = RiskArea.objects.get_or_create(
        slug="harm",
        defaults={"name": "Harm", "definition": "Harm."},
    )
    study.criteria.update(
        name="Effective",
        question="Would it be effective?",
        by_risk_area=True,
    )
    rows = list(study.items.all())
    for item, value in zip(rows, values, strict=False):
        result = Result.objects.create(
            item=item,
            criterion=study.criteria.get(),
            risk_area=area,
        )
        Figure.objects.create(
            result=result,
            statistic="share_agreeing",
            value=value,
            decimals=0,
            operator=operator,
        )
    for item, direction in zip(rows, leans, strict=False):
        Lean.objects.create(item=item, risk_area=area, direction=direction)
    refresh_shares_agreeing(study)
    return study


@pytest.mark.parametrize(
    ("study", "sentences"),
    [
        (
            {"values": (0.6, 0.5)},
            ["More than half of the experts found 2 measures effective."],
        ),
        (
            {"values": (0.6, 0.6)},  # as the study's page and cards have it
            ["More than 60 % of experts found 2 measures effective."],
        ),
        (
            {"values": (0.6, 0.4)},  # over 40 % may be under half
            [
                "More than 60 % of experts found 1 measure effective; what is known here does not tell this of the other 1.",
            ],
        ),
        (
            {"values": (0.5,), "operator": "", "items": 3},
            [
                "More than half of the experts found 0 of 1 measures effective; what is known here does not tell this of the other 2.",
            ],
        ),
        (
            {"values": (0.4,), "operator": "<", "items": 1},
            ["More than half of the experts found 0 of 1 measures effective."],
        ),
        (
            {"values": (), "leans": ("+", "-")},
            ["Comments lean more helpful on 1 measure, less helpful on 1."],
        ),
    ],
)
def test_what_is_known_of_a_risk_area_is_said_in_words(study, sentences):
    by_area(*study.pop("values"), **study)

    [one] = evidence_by_risk_area()

    assert (one.risk_area.slug, one.sentences) == ("harm", sentences)


def test_what_is_the_same_of_all_risk_areas_is_said_once(client):
    study = by_area(0.6, 0.6)
    other = RiskArea.objects.create(slug="b", name="B", definition="B.")
    for result in Result.objects.filter(item__study=study):
        again = Result.objects.create(
            item=result.item,
            criterion=result.criterion,
            risk_area=other,
        )
        Figure.objects.create(
            result=again,
            statistic="share_agreeing",
            value=0.6,
            decimals=0,
            operator=">",
        )
    Lean.objects.create(
        item=study.items.first(),
        risk_area=other,
        direction="+",
    )
    refresh_shares_agreeing(study)

    shown = text_of(client.get("/"))
    same = "ore than 60 % of experts found 2 measures effective."
    assert shown.count(same) == 1
    assert f"In each of these risk areas m{same}" in shown
    assert shown.count(f"{study.label} asked: “") == 1
    assert "B Comments lean more helpful on 1 measure." in shown


def test_the_home_page_says_what_the_colours_of_its_bars_stand_for(client):
    published(slugs=["a"] * 4 + ["d"])

    page = client.get("/").content.decode()
    legend = page.index('<ul class="legend')
    assert legend < page.index("said-list")


def test_a_study_that_is_not_published_says_nothing_of_a_risk_area():
    study = by_area(0.6, 0.7, leans=("+",))
    Study.objects.filter(pk=study.pk).update(status=Study.Status.CLOSED)

    assert evidence_by_risk_area() == []


def test_without_a_study_or_a_taxonomy_nothing_is_drawn():
    index = current_index()

    assert evidence_by_category(index, None, []) is None
    assert home_evidence(index, None, []) == {
        "answers_key": None,
        "strongest": [],
        "tied": "",
        "least_agreed": [],
        "by_category": None,
        "by_risk_area": [],
        "said_of_all_areas": [],
        "told_of_each_area": "",
        "asked_by_area": [],
    }


def test_the_home_page_says_what_was_asked_and_by_whom(client):
    study = published(slugs=["a"] * 4 + ["d"])
    by_area(0.6, 0.6)

    shown = text_of(client.get("/"))

    question = study.criteria.get().question
    assert "4 of 5 experts said “point a or point sa”" in shown
    assert f": “{question}”" in shown
    assert "More than 60 % of experts found 2 measures effective." in shown


def test_evidence_at_home_takes_the_same_queries_for_any_number():
    counts = []
    for _ in range(2):
        make_full_study(items=4, experts=10, areas=2)
        with CaptureQueriesContext(connection) as captured:
            home_evidence(current_index(), None, [])
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_the_matrix_says_of_comments_what_all_other_pages_say():
    [of_leans] = [one for one in SHOWS if one.name == "lean"]

    caption = of_leans.caption(MitigationFilter(QueryDict("")))
    assert "more helpful, less helpful" in caption
