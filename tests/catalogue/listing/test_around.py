"""Search by what mitigations stand in: found by its words as by their own, and after these."""

from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from catalogue.listing.around import (
    SURROUNDINGS,
    without_what_stands_elsewhere,
)
from catalogue.listing.filters import MitigationFilter
from catalogue.listing.index import current_index
from catalogue.models import Category, Mitigation
from tests.factories import (
    ActorFactory,
    AuthorFactory,
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
    RiskManagementFunctionFactory,
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


def placed(sought: str, /, **category) -> Mitigation:
    return ClassificationFactory(
        category=CategoryFactory(**category),
        mitigation__name=sought,
    ).mitigation


def under(**category) -> None:
    above = CategoryFactory(code="2", **category)
    placed("Sought", code="2.3.1", taxonomy=above.taxonomy)


STANDS_IN = {
    "category": lambda: placed("Sought", name="Zorbs"),
    "its definition": lambda: placed("Sought", definition="About zorbs."),
    "the category above": lambda: under(name="Zorbs"),
    "its definition too": lambda: under(definition="About zorbs."),
    "risk": lambda: placed(
        "Sought",
        name="Zorbs",
        taxonomy=TaxonomyFactory(kind="risks"),
    ),
    "phase": lambda: MitigationFactory(
        name="Sought",
        phases=[LifecyclePhaseFactory(name="Zorbs")],
    ),
    "actor": lambda: MitigationFactory(
        name="Sought",
        actors=[ActorFactory(definition="Makes zorbs.")],
    ),
    "function": lambda: MitigationFactory(
        name="Sought",
        functions=[RiskManagementFunctionFactory(name="Zorbs")],
    ),
    "document": lambda: MitigationFactory(
        name="Sought",
        document=DocumentFactory(label="Zorbs 2024"),
    ),
    "title": lambda: MitigationFactory(
        name="Sought",
        document=DocumentFactory(title="On zorbs"),
    ),
    "author": lambda: MitigationFactory(
        name="Sought",
        document=AuthorFactory(family="Zorbs").document,
    ),
}


@pytest.mark.parametrize("place", STANDS_IN)
def test_a_mitigation_is_found_by_the_words_of_what_it_stands_in(place):
    STANDS_IN[place]()
    MitigationFactory(name="Another", document=DocumentFactory())

    assert found("zorbs") == found("zorb") == ["Sought"]


def test_a_special_term_says_nothing_of_what_carries_it():
    unclear = LifecyclePhaseFactory(name="Unable to classify", is_special=True)
    MitigationFactory(name="Sought", phases=[unclear])

    assert found("classify") == []


def test_a_word_counts_less_around_a_mitigation_than_in_its_own_texts():
    placed("By name", name="Zorbs")
    placed("By definition", definition="About zorbs.")
    MitigationFactory(name="By text", description="It has zorbs.")
    MitigationFactory(name="Zorbs", description="Text.")

    assert found("zorbs") == ["Zorbs", "By text", "By name", "By definition"]


def test_one_word_may_stand_in_the_text_and_another_around_it():
    placed("Audits of makers", name="Zorbs")
    placed("Audits of users", name="Others")

    assert found("zorb audits") == ["Audits of makers"]


def test_words_in_quotes_stand_in_a_row_around_a_mitigation_too():
    placed("In a row", name="Critical sectors")
    placed("Turned around", name="Sectors that are critical")

    assert found('"critical sectors"') == ["In a row"]


def test_a_word_of_a_place_is_found_by_its_beginning_and_misspelt():
    placed("Sought", name="Watermarking")

    assert found("watermark") == found("watremarking") == ["Sought"]


def test_the_new_name_of_a_category_finds_what_is_placed_there():
    mitigation = placed("Sought", name="Zorbs")
    assert found("zorbs") == ["Sought"]

    Category.objects.filter(
        classifications__mitigation=mitigation,
    ).update(name="Quonks")

    assert (found("zorbs"), found("quonks")) == ([], ["Sought"])


def test_what_is_placed_anew_is_found_there():
    category = CategoryFactory(name="Zorbs")
    mitigation = MitigationFactory(name="Sought")
    assert found("zorbs") == []

    ClassificationFactory(category=category, mitigation=mitigation)

    assert found("zorbs") == ["Sought"]


def test_a_draft_is_not_found_by_where_it_stands():
    mitigation = placed("Sought", name="Zorbs")
    Mitigation.objects.filter(pk=mitigation.pk).update(status="draft")

    assert found("zorbs") == []


@pytest.mark.parametrize(
    ("definition", "kept"),
    [
        ("Checks on prompts. Logs of them are 1.2.3.", "Checks on prompts."),
        ("Checks. What people decide stands under 2.", "Checks."),
        (
            "Has two kinds: 1.2.3 and others.",
            "Has two kinds: 1.2.3 and others.",
        ),
        ("Since 2019 it is watched.", "Since 2019 it is watched."),
    ],
)
def test_what_a_definition_says_of_other_categories_is_not_searched(
    definition,
    kept,
):
    assert without_what_stands_elsewhere(definition) == kept


@pytest.mark.parametrize(
    "written",
    [
        "10.1234/AB.5",
        "doi:10.1234/ab.5",
        "https://doi.org/10.1234/ab.5",
        "2305.07153",
        "arXiv:2305.07153v2",
    ],
)
def test_a_document_is_found_by_its_doi_and_arxiv_id(written):
    document = DocumentFactory(doi="10.1234/ab.5", arxiv_id="2305.07153")
    MitigationFactory(name="Sought", document=document)
    MitigationFactory(name="Another", document=DocumentFactory())

    assert found(written) == ["Sought"]


@pytest.mark.parametrize("written", ["govern 1.2", "GOVERN 1.2."])
def test_a_mitigation_is_found_by_the_entry_that_it_is_mapped_to(written):
    MappingFactory(
        source__name="Sought",
        framework="NIST AI RMF",
        entry="GOVERN 1.2",
    )
    MitigationFactory(name="Governing", description="Text.")

    assert found(written) == ["Sought"]


@pytest.mark.parametrize("kind", SURROUNDINGS)
def test_what_mitigations_stand_in_is_read_in_one_or_two_queries(
    kind,
    django_assert_max_num_queries,
):
    placed("Sought", name="Zorbs")

    with django_assert_max_num_queries(2):
        rows = list(SURROUNDINGS[kind].rows())

    assert all(len(row) == 3 for row in rows)


def test_a_search_by_what_stands_around_takes_no_more_queries_for_more(
    django_assert_max_num_queries,
):
    for _ in range(3):
        placed("Sought", name="Zorbs")
    found("zorbs")
    current_index()

    with django_assert_max_num_queries(8):
        assert len(found("quonks zorbs")) == 3
