"""One declaration of the filters: the same rows and counts on the page and in the API."""

import pytest
from django.http import QueryDict

from catalogue.filters import MitigationFilter
from catalogue.models import Mitigation
from tests.factories import ClassificationFactory, DocumentFactory, MitigationFactory

pytestmark = pytest.mark.django_db


def filters(query: str = "", **options) -> MitigationFilter:
    return MitigationFilter(QueryDict(query), Mitigation.objects.published(), **options)


def results(query: str) -> list[str]:
    chosen = filters(query.removeprefix("?"))
    assert chosen.problems == []
    return [mitigation.accession for mitigation in chosen.qs]


def test_counts_hold_along_the_tree_for_records_filed_at_any_level():
    leaf = ClassificationFactory(category__code="2.3.1", category__taxonomy__is_default=True).category
    for category in (leaf.parent, leaf.parent.parent, leaf):
        ClassificationFactory(category=category)
    ClassificationFactory(category=leaf.parent, mitigation=leaf.classifications.first().mitigation, is_primary=False)

    tree = {value.value: value.count for value in filters().facet("category").flat}

    assert tree == {"2": 4, "2.3": 3, "2.3.1": 2}
    assert all(len(results(f"category={code}")) == count for code, count in tree.items())


def test_a_misspelt_parameter_is_refused_with_the_nearest():
    [problem] = filters("phse=deploy").problems

    assert (problem.parameter, problem.suggestion) == ("phse", "phase")
    assert "category" in problem.allowed


def test_codes_order_as_numbers():
    ten = ClassificationFactory(category__code="2.10", category__taxonomy__is_default=True)
    nine = ClassificationFactory(category__code="2.9", category__taxonomy=ten.taxonomy)
    nowhere = MitigationFactory()

    accessions = [c.mitigation.accession for c in (nine, ten)] + [nowhere.accession]
    assert results("ordering=code") == accessions


def test_drafts_are_in_no_list():
    MitigationFactory(status="draft")

    assert results("") == []


def test_of_many_documents_those_with_the_most_results_are_shown_and_the_others_counted(client):
    chosen = MitigationFactory()
    for _ in range(25):
        MitigationFactory.create_batch(2, document=DocumentFactory())

    facet = filters(f"document={chosen.document.slug}").facet("document")
    page = client.get("/mitigations/").content.decode()

    assert (len(facet.flat), facet.more) == (20, 6)
    assert chosen.document.slug in {value.value for value in facet.flat}
    assert "These have the most results; 6 more have some." in page


@pytest.mark.parametrize("field", ["created_at", "updated_at", "name"])
def test_a_minus_sign_means_descending(client, field):
    for name in ("b", "a", "c"):
        MitigationFactory(name=name)

    def listed(ordering):
        return [row[field] for row in client.get("/api/v1/mitigations/", {"ordering": ordering}).json()["results"]]

    assert listed(field) == sorted(listed(field))
    assert listed(f"-{field}") == sorted(listed(field), reverse=True)


@pytest.mark.parametrize(
    ("word", "columns"),
    {
        "newest": ["-created_at", "-pk"],
        "-newest": ["created_at", "pk"],
        "updated": ["-updated_at", "-pk"],
        "-updated": ["updated_at", "pk"],
        "agreement": ["is_unknown", "-support", "pk"],
        "relevance": ["-score", "name_length", "pk"],
    }.items(),
)
def test_a_former_word_for_an_order_means_what_it_meant(word, columns):
    former = filters(f"ordering={word}&q=audit")

    assert not former.problems
    assert former.order_columns == columns
