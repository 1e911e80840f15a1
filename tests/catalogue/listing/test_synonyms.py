"""What readers type for what the catalogue has under other words."""

from urllib.parse import urlencode

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict

from catalogue.listing.filters import MitigationFilter
from catalogue.listing.index import current_index
from catalogue.listing.search import SearchPlan, plan_search
from catalogue.listing.synonyms import expand
from catalogue.models import Mitigation, Synonym
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


def synonym(term: str, *means: str, also: str = "") -> Synonym:
    return Synonym.objects.create(
        term=term,
        also_typed=also,
        means="\n".join(means),
    )


@pytest.mark.parametrize(
    "typed",
    [
        "kill switch",
        "kill switches",
        "Kill-Switch",
        "killswitch",
        "off button",
    ],
)
def test_a_word_finds_what_it_stands_for(typed):
    synonym("kill switch", "shut down", also="off button")
    MitigationFactory(name="Ways to shut down a model", description="Text.")
    MitigationFactory(name="Down the shutters", description="Text.")

    assert found(typed) == ["Ways to shut down a model"]


def test_a_word_finds_what_is_placed_where_it_leads():
    risks = TaxonomyFactory(kind="risks")
    placed = ClassificationFactory(
        category=CategoryFactory(code="4.2", taxonomy=risks),
        mitigation__name="Sought",
    )
    ClassificationFactory(category=CategoryFactory(code="4.2"))
    synonym("bioweapon", "risk 4.2")

    assert found("bioweapons") == [placed.mitigation.name]
    assert expand("bioweapons")[0].categories == (placed.category,)


def test_the_word_itself_counts_more_than_what_it_stands_for():
    synonym("compute", "training run")
    MitigationFactory(name="Training run", description="Text.")
    MitigationFactory(name="Compute", description="Text.")

    assert found("compute") == ["Compute", "Training run"]


def test_words_of_which_nothing_has_the_meaning_are_searched_for_as_they_are():
    synonym("kill switch", "shut down")
    MitigationFactory(name="A switch to kill it", description="Text.")

    assert found("kill switch") == ["A switch to kill it"]
    assert plan("kill switch").synonyms == []


def test_what_is_in_quotes_stands_for_nothing_else():
    synonym("compute", "training run")
    MitigationFactory(name="Training run", description="Text.")

    assert found('"compute"') == []


def test_a_misspelt_synonym_is_corrected_to_it():
    synonym("bioweapon", "zorbs")
    MitigationFactory(name="Zorbs", description="Text.")

    assert plan("bioweapn").corrected_query == "bioweapon"
    assert found("bioweapn") == ["Zorbs"]


def test_the_plan_says_what_a_word_stood_for_and_whether_it_is_found_itself():
    synonym("compute", "training run")
    MitigationFactory(name="Training run", description="Text.")

    (used,) = plan("compute").synonyms

    assert (used.typed, used.is_found) == ("compute", False)
    assert [meaning.text for meaning in used.meanings] == ["training run"]


def test_a_synonym_that_is_changed_is_searched_for_at_once():
    one = synonym("compute", "training run")
    MitigationFactory(name="Training run", description="Text.")
    assert found("compute") == ["Training run"]

    one.delete()

    assert found("compute") == []


def test_of_words_that_overlap_the_longest_row_stands_for_something():
    synonym("bill", "law")
    synonym("bill of materials", "parts")

    (expansion,) = expand("a bill of materials")

    assert (expansion.typed, expansion.words) == (
        "bill of materials",
        ("parts",),
    )


def test_a_place_that_there_is_not_is_refused():
    with pytest.raises(ValidationError, match="There is no risk 9.9"):
        Synonym(term="bioweapon", means="CBRN\nrisk 9.9").full_clean()


def test_synonyms_are_read_in_two_queries_however_many(
    django_assert_max_num_queries,
):
    for number in range(5):
        synonym(f"word{number}", f"risk {number}")
    current_index()

    with django_assert_max_num_queries(4):
        expand("word1")
    with django_assert_max_num_queries(1):
        expand("word2")
