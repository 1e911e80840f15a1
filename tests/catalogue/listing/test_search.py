"""Search. The same tests run on SQLite and on PostgreSQL; the oracle below makes them agree
with each other.
"""

import re
import unicodedata
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue import database
from catalogue.listing.filters import MitigationFilter
from catalogue.listing.index import current_index
from catalogue.listing.search import SearchPlan, plan_search, stem
from catalogue.listing.words import tokens
from catalogue.models import Mitigation
from catalogue.templatetags.catalogue import highlight
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    ExternalIdentifierFactory,
    MitigationFactory,
    TaxonomyFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unrecorded")]


def found(query: str, taxonomy=None) -> list[str]:
    """Names of what a query finds, the nearest first."""
    filters = MitigationFilter(
        QueryDict(urlencode({"q": query})),
        Mitigation.objects.published(),
    )
    filters.code_taxonomy = taxonomy
    return [row.name for row in filters.qs] if filters.search else []


def plan(query: str) -> SearchPlan:
    return plan_search(query, None, current_index())


TEXTS = [
    "Auditors audited audits of auditing organisations organized generally",
    "Café naïve résumé façade 2024 v2.3.1 e-mail GPT-4 it's",
    "regulation regulating regulatory regulators relational conditional rational",
    "Ponies caresses flies dies mules denied died agreed owned humbled sized meetings stating",
    "whistleblowers' protections, policies; evaluations (capabilities) biosecurity/biological",
]


@given(st.text(st.sampled_from("aE1 é\u0301ﬁ²½’-_İßǆΣς中\u20dd\n")))
def test_words_have_neither_case_nor_marks(text):
    plain = "".join(
        c
        for c in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(c)
    )

    assert tokens(text) == re.findall(r"[^\W_]+", plain.lower())


WORDS = sorted({word for text in TEXTS for word in tokens(text)})


@settings(max_examples=300)
@given(st.sampled_from(WORDS), st.booleans(), st.integers(1, 12))
def test_both_engines_match_words_as_the_reference_stemmer_does(
    word,
    prefix,
    length,
):
    if not Mitigation.objects.filter(name__startswith="Text ").exists():
        for number, text in enumerate(TEXTS):
            MitigationFactory(name=f"Text {number}", description=text)
    word = word[:length] if prefix else word

    sql, params = database.engine(connection).matching([word], prefix)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        keys = {row[0] for row in cursor.fetchall()}
    names = set(
        Mitigation.objects.filter(pk__in=keys).values_list("name", flat=True),
    )

    root = stem(word)
    expected = {
        f"Text {number}"
        for number, text in enumerate(TEXTS)
        if any(
            s.startswith(root) if prefix else s == root
            for s in map(stem, tokens(f"Text {number} {text}"))
        )
    }
    assert names == expected


def test_a_word_finds_its_other_forms():
    MitigationFactory(
        name="Third-party audits",
        description="Outsiders examine a model.",
    )

    assert found("auditing") == ["Third-party audits"]


def test_a_beginning_finds_what_it_begins():
    MitigationFactory(
        name="Deployment in stages",
        description="Access widens step by step.",
    )

    assert found("depl") == ["Deployment in stages"]


def test_accents_do_not_matter():
    MitigationFactory(
        name="Café audits",
        description="Outsiders examine a café.",
    )

    assert found("cafe") == found("CAFÉ") == ["Café audits"]


def test_a_name_counts_more_than_a_description():
    MitigationFactory(
        name="Logging",
        description="Calls are kept for an audit.",
    )
    MitigationFactory(
        name="Audit",
        description="Outsiders examine the record.",
    )

    assert found("audit") == ["Audit", "Logging"]


def test_an_alternative_name_is_found():
    MitigationFactory(
        name="KYC screening",
        description="Clients are vetted.",
        alternative_names="Know your customer",
    )

    assert found("customer") == ["KYC screening"]


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("government", "governance"),
        ("international", "internal"),
        ("generative", "general"),
    ],
)
def test_a_word_does_not_find_another_that_a_stemmer_cuts_to_the_same(
    word,
    other,
):
    MitigationFactory(name=f"It is {other}", description="Text.")

    assert found(word) == []

    MitigationFactory(name=f"It is {word}", description="Text.")

    assert found(word) == [f"It is {word}"]


COMPOUNDS = [
    ("predeployment", "pre-deployment", "pre deployment"),
    ("redteaming", "red-teaming", "red teaming"),
    ("thirdparty", "third-party", "third party"),
    ("cybersecurity", "cyber-security", "cyber security"),
    ("whistleblower", "whistle-blower", "whistle blower"),
]


@pytest.mark.parametrize(
    "spellings",
    COMPOUNDS,
    ids=lambda spellings: spellings[0],
)
def test_a_compound_is_found_however_it_is_written(spellings):
    names = [
        MitigationFactory(name=f"Of {spelling} here", description="Text.").name
        for spelling in spellings
    ]

    for spelling in spellings:
        assert sorted(found(spelling)) == sorted(names), spelling


def test_a_word_is_not_taken_apart_by_chance():
    MitigationFactory(name="It is a part of it", description="Text.")

    assert found("apart") == []


def test_a_hit_in_another_spelling_is_marked():
    MitigationFactory(name="Red-teaming", description="Text.")

    assert (
        highlight("Red-teaming", plan("redteaming"))
        == "<mark>Red</mark>-<mark>teaming</mark>"
    )


def test_words_that_nothing_has_are_named():
    MitigationFactory(name="Switches", description="Text.")

    missed = plan("kill switch")

    assert (missed.missing, missed.uses_any_word) == (["kill"], True)
    assert plan("swit").beginnings == ["swit"]


def test_all_words_are_asked_for_where_any_mitigation_has_them():
    MitigationFactory(name="Staged release", description="Access widens.")
    MitigationFactory(
        name="Staged audits",
        description="Outsiders examine it.",
    )

    assert found("staged release") == ["Staged release"]


def test_any_word_is_enough_where_none_has_all_and_the_plan_says_so():
    MitigationFactory(name="Staged release", description="Access widens.")
    MitigationFactory(name="Audits", description="Outsiders examine it.")

    assert sorted(found("staged audits")) == ["Audits", "Staged release"]
    assert plan("staged audits").uses_any_word


def test_words_in_quotes_stand_in_a_row():
    MitigationFactory(
        name="Risk committee",
        description="A board looks at risk.",
    )
    MitigationFactory(
        name="Committee of risk",
        description="A board looks at it.",
    )

    assert found('"risk committee"') == ["Risk committee"]


def test_a_phrase_does_not_run_from_one_field_into_the_next():
    MitigationFactory(
        name="Open release",
        description="Weights are published.",
    )

    assert found('"release weights"') == []


def test_a_code_finds_what_is_classified_at_or_below_it():
    category = CategoryFactory(code="2.3.1")
    filed = ClassificationFactory(
        category=category,
        mitigation__name="Staged release",
    ).mitigation
    ClassificationFactory(
        category=CategoryFactory(code="2.4", taxonomy=category.taxonomy),
    )

    assert found("2.3", category.taxonomy) == [filed.name]


def test_a_number_by_itself_is_a_code_and_among_words_a_word():
    category = CategoryFactory(code="2")
    filed = ClassificationFactory(
        category=category,
        mitigation__name="Staged release",
    ).mitigation
    worded = MitigationFactory(name="Phase 2 trials")

    assert found("2", category.taxonomy) == [filed.name]
    assert found("phase 2", category.taxonomy) == [worded.name]


def test_accessions_and_foreign_identifiers_are_found():
    identifier = ExternalIdentifierFactory(
        scheme="mitre-atlas",
        value="AML.M0004",
    )
    mitigation = identifier.mitigation

    assert (
        found(mitigation.accession.lower())
        == found("aml.m0004")
        == [mitigation.name]
    )


@pytest.mark.parametrize(
    "written",
    [
        "{0}.",
        "{0},",
        "({0})",
        "{0};",
        "“{0}”",
        "{1}",
        "{2}",
        "M-{3}",
        "see {0}.",
    ],
)
def test_an_accession_is_found_as_people_write_it(written):
    mitigation = MitigationFactory(accession="M0071", name="Named")
    MitigationFactory(accession="M0710")

    assert found(written.format("M0071", "m71", "m0071", "0071")) == [
        mitigation.name,
    ]


def test_accessions_are_found_in_a_list():
    for number in (1, 2, 3):
        MitigationFactory(accession=f"M000{number}", name=f"Number {number}")

    assert sorted(found("m1, m2")) == ["Number 1", "Number 2"]


@pytest.mark.parametrize(
    "written",
    ["2.3.1.", "(2.3.1)", "2.3.1,", "02.03.01", "[2.3.1]"],
)
def test_a_code_is_found_as_people_write_it(written):
    category = CategoryFactory(code="2.3.1")
    filed = ClassificationFactory(
        category=category,
        mitigation__name="Staged release",
    ).mitigation

    assert found(written, category.taxonomy) == [filed.name]


def test_a_code_that_only_another_taxonomy_has_is_found_there():
    category = CategoryFactory(code="7.1")
    filed = ClassificationFactory(
        category=category,
        mitigation__name="Staged release",
    ).mitigation

    assert found("7.1", TaxonomyFactory()) == [filed.name]


def test_a_code_that_two_taxonomies_have_is_that_of_the_one_and_the_other_is_told():
    here, there = CategoryFactory(code="2.3.1"), CategoryFactory(code="2.3.1")

    named = plan_search("2.3.1", here.taxonomy, current_index())

    assert (named.categories, named.categories_elsewhere) == ([here], [there])


def test_drafts_are_not_found_and_do_not_give_their_words_away():
    MitigationFactory(
        name="Zebracrossing",
        description="Secret plan.",
        status="draft",
    )

    assert found("zebracrossing") == []
    assert plan("zebracrosing").corrected_query is None


def test_the_index_follows_every_write():
    mitigation = MitigationFactory(name="First name", description="Some text.")
    assert found("first") == ["First name"]

    Mitigation.objects.filter(pk=mitigation.pk).update(name="Second title")
    assert (found("first"), found("second")) == ([], ["Second title"])

    Mitigation.objects.filter(pk=mitigation.pk).update(status="draft")
    assert found("second") == []

    Mitigation.objects.filter(pk=mitigation.pk).update(status="published")
    assert found("second") == ["Second title"]

    mitigation.delete()
    assert found("second") == []


@given(st.text(max_size=80).filter(lambda text: "\x00" not in text))
def test_no_query_is_an_error(query):
    assert found(query) is not None


def test_hits_are_marked_and_the_rest_is_escaped():
    MitigationFactory(name="Audits", description="Outsiders are <auditing>.")

    assert highlight("Audits & <b>auditing</b>", plan("audit")) == (
        "<mark>Audits</mark> &amp; &lt;b&gt;<mark>auditing</mark>&lt;/b&gt;"
    )
