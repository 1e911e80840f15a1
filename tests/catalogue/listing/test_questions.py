"""Searches that are questions, and what has no answer here."""

from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.urls import reverse

from catalogue.listing.filters import MitigationFilter
from catalogue.listing.index import current_index
from catalogue.listing.search import SearchPlan, plan_search
from catalogue.listing.search_questions import is_question
from catalogue.models import Mitigation
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    MitigationFactory,
    TaxonomyFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unrecorded")]


def found(query: str) -> list[str]:
    """Names of what a query finds, the nearest first."""
    filters = MitigationFilter(
        QueryDict(urlencode({"q": query})),
        Mitigation.objects.published(),
    )
    return [row.name for row in filters.qs]


def plan(query: str) -> SearchPlan:
    return plan_search(query, None, current_index())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("which measures help against theft?", True),
        ("audits of models?", True),
        ("how to stop theft", True),
        ("theft of model weights by insiders and spies", True),
        ("model theft", False),
        ("theft?", False),
        ("", False),
    ],
)
def test_a_sentence_is_told_from_a_list_of_words(query, expected):
    assert is_question(query) is expected


@pytest.mark.parametrize(
    "query",
    [
        "which measures help against theft?",
        "What do experts recommend to prevent theft?",
        "measures against theft",
        "how can companies reduce the risk of theft",
    ],
)
def test_a_question_finds_what_its_subject_finds(query):
    MitigationFactory(name="Locks against theft", description="Text.")
    MitigationFactory(name="Help that measures risk", description="Text.")

    assert found(query) == found("theft") == ["Locks against theft"]


def test_words_without_a_subject_are_searched_for_where_there_are_no_others():
    MitigationFactory(name="Help", description="Text.")

    assert found("what helps?") == ["Help"]


def test_what_is_in_quotes_is_part_of_a_question():
    MitigationFactory(name="Help in theft", description="Text.")
    MitigationFactory(name="Locks against theft", description="Text.")

    assert found('what does "help" against theft?') == ["Help in theft"]


def test_of_partial_matches_those_with_more_of_the_words_come_first():
    MitigationFactory(name="Zorbs zorbs", description="Text.")
    MitigationFactory(name="Other", description="Quonks near zorbs.")
    MitigationFactory(name="Brills", description="Text.")

    assert found("zorbs quonks brills flims")[0] == "Other"


@pytest.fixture
def gap():
    return CategoryFactory(code="1", name="Watermarking", taxonomy__slug="t")


def test_a_word_that_only_an_empty_category_has_is_a_gap(gap):
    missed = plan("watermarking")

    assert missed.gaps == [gap]
    assert plan("zorbs").gaps == []


def test_a_category_that_has_a_mitigation_is_no_gap(gap):
    ClassificationFactory(category=gap)

    assert plan("watermarking").gaps == []


def test_the_page_names_what_nothing_matches_and_the_gap(client, gap):
    page = client.get(reverse("mitigation-list"), {"q": "watermarking"}).text

    assert "No mitigation matches “watermarking”" in page
    text = " ".join(page.split())
    assert (
        "1 Watermarking</a> is a category; no document here names such a measure yet."
        in text
    )


def test_a_gap_of_risks_asks_for_measures_against_it(client):
    CategoryFactory(name="Zorbs", taxonomy=TaxonomyFactory(kind="risks"))

    page = client.get(reverse("mitigation-list"), {"q": "zorbs"}).text

    assert (
        "is a risk; no document here names a measure against it yet."
        in " ".join(page.split())
    )


def test_the_page_says_that_partial_matches_are_partial(client):
    MitigationFactory(name="Zorbs", description="Text.")
    MitigationFactory(name="Quonks", description="Text.")

    page = client.get(reverse("mitigation-list"), {"q": "zorbs quonks"}).text

    assert "No mitigation matches all of these words." in page


def test_the_api_tells_gaps_and_synonyms(client, gap):
    note = client.get(
        reverse("api:mitigation-list"),
        {"q": "watermarking"},
    ).json()["search"]

    assert note["synonyms"] == []
    assert note["gaps"] == [
        {"taxonomy": "t", "code": "1", "name": "Watermarking"},
    ]
