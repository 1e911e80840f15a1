"""Filters by year and kind of the source, and by who classified and how sure they were."""

import pytest
from django.http import QueryDict

from catalogue.listing.filters import MitigationFilter
from catalogue.models import Document, Mitigation
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    MitigationFactory,
    TaxonomyFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture
def classified():
    """A report of 2024 that classified its measure itself, surely; and a preprint of no year."""
    category = CategoryFactory(taxonomy=TaxonomyFactory(is_default=True))
    reported = MitigationFactory(
        name="Reported",
        document=DocumentFactory(year=2024, kind=Document.Kind.REPORT),
    )
    other = DocumentFactory(year=None, kind=Document.Kind.PREPRINT)
    for mitigation, origin, confidence in [
        (reported, "published", "high"),
        (MitigationFactory(name="Unsure", document=other), "project", ""),
    ]:
        ClassificationFactory(
            mitigation=mitigation,
            category=category,
            origin=origin,
            confidence=confidence,
        )
    MitigationFactory(name="Nowhere", document=other)


def chosen_filters(query: str) -> MitigationFilter:
    return MitigationFilter(QueryDict(query), Mitigation.objects.published())


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("year=2024", {"Reported"}),
        ("year=none", {"Unsure", "Nowhere"}),
        ("document_kind=report", {"Reported"}),
        ("document_kind=preprint", {"Unsure", "Nowhere"}),
        ("document_kind=article", set()),
        ("origin=published", {"Reported"}),
        ("origin=project", {"Unsure"}),
        ("origin=none", {"Nowhere"}),
        ("confidence=high", {"Reported"}),
        ("confidence=low", set()),
        ("confidence=none", {"Unsure", "Nowhere"}),
    ],
)
def test_a_list_has_what_is_asked_for(classified, query, names):
    chosen = chosen_filters(query)

    assert chosen.problems == []
    assert {one.name for one in chosen.qs} == names


def test_a_year_that_no_source_has_is_refused_with_those_that_there_are(
    classified,
):
    [problem] = chosen_filters("year=1999").problems

    assert problem.allowed == ["2024", "none"]


def test_another_year_of_a_source_moves_its_mitigations(classified):
    assert len(chosen_filters("year=2024").qs) == 1
    Document.objects.filter(year=2024).update(year=2023)

    assert len(chosen_filters("year=2023").qs) == 1


@pytest.mark.parametrize(
    ("query", "is_shown"),
    [("", False), ("year=2024", True)],
)
def test_it_stands_beside_a_list_only_where_it_is_chosen(
    classified,
    query,
    is_shown,
):
    shown = {facet.parameter for facet in chosen_filters(query).facets}

    assert ("year" in shown) == is_shown
