"""The shipped catalogue, as an editor would check it."""

import re
from collections import Counter

import pytest

from catalogue.curation.quality.hedging import claims_of_effect
from catalogue.models import (
    Category,
    Classification,
    Document,
    Mapping,
    Mitigation,
    Taxonomy,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("shipped_catalogue"),
]


def sentences(text: str) -> int:
    return len(re.findall(r"[.!?](?=\s|$)", text))


def test_all_of_the_three_documents_is_there():
    counts = Counter(
        Mitigation.objects.published().values_list(
            "document__slug",
            flat=True,
        ),
    )

    assert counts == {"uuk-2024": 27, "schuett-2023": 50, "mitre-atlas": 35}


def test_mappings_join_all_three_documents():
    ends = Counter(
        Mapping.objects.filter(target__isnull=False).values_list(
            "source__document__slug",
            "target__document__slug",
        ),
    )

    assert set(ends) == {
        ("uuk-2024", "schuett-2023"),
        ("uuk-2024", "mitre-atlas"),
        ("schuett-2023", "mitre-atlas"),
    }
    assert ends["uuk-2024", "schuett-2023"] == 18


def test_every_description_is_one_to_three_sentences_and_not_the_name_again():
    wrong = [
        str(mitigation)
        for mitigation in Mitigation.objects.all()
        if not 1 <= sentences(mitigation.description) <= 3
        or not 90 <= len(mitigation.description) <= 480
        or mitigation.description.lower().startswith(mitigation.name.lower())
    ]
    assert wrong == []


def test_what_a_measure_takes_is_one_sentence_of_its_own_where_its_source_says_it():
    rows = Mitigation.objects.exclude(requirements="")
    texts = Counter(rows.values_list("requirements", flat=True))
    documents = {*rows.values_list("document__slug", flat=True)}

    assert [text for text in texts if sentences(text) != 1] == []
    assert [text for text, count in texts.items() if count > 1] == []
    # The knowledge base gives names alone.
    assert documents == {"uuk-2024", "schuett-2023"}


def test_no_two_records_share_a_description_or_a_rationale():
    texts = Counter(Mitigation.objects.values_list("description", flat=True))
    texts.update(Classification.objects.values_list("rationale", flat=True))

    assert [text for text, count in texts.items() if count > 1] == []


def test_no_rationale_and_nothing_that_a_measure_takes_claims_an_effect():
    texts = [
        *Classification.objects.values_list("rationale", flat=True),
        *Mitigation.objects.values_list("requirements", flat=True),
    ]

    assert [text for text in texts if claims_of_effect(text)] == []


def test_every_mitigation_has_a_phase_an_actor_and_a_function():
    for relation in ("phases", "actors", "functions"):
        assert not Mitigation.objects.filter(**{relation: None}).exists()


def test_no_mitigation_has_a_real_phase_and_a_special_one():
    both = Mitigation.objects.filter(phases__is_special=True).filter(
        phases__is_special=False,
    )

    assert not both.exists()


def places_in(taxonomy, mitigation):
    return [
        c
        for c in mitigation.classifications.all()
        if c.taxonomy_id == taxonomy.pk
    ]


def test_every_mitigation_is_placed_in_the_default_taxonomy_and_in_one_to_four_risks():
    default, risks = (
        Taxonomy.objects.get(is_default=True),
        Taxonomy.objects.of_risks().get(),
    )
    for mitigation in Mitigation.objects.prefetch_related("classifications"):
        assert (
            sum(c.is_primary for c in places_in(default, mitigation)) == 1
        ), mitigation
        assert 1 <= len(places_in(risks, mitigation)) <= 4, mitigation


def test_risks_are_marked_as_this_projects_judgement():
    assert (
        not Classification.objects.filter(taxonomy__kind="risks")
        .exclude(origin="project")
        .exists()
    )


def test_every_category_and_document_is_described():
    assert not Category.objects.filter(definition="").exists()
    assert not Document.objects.filter(abstract="").exists()


def test_the_risk_taxonomy_has_seven_domains_and_twenty_four_subdomains():
    codes = (
        Taxonomy.objects.of_risks()
        .get()
        .categories.values_list("code", flat=True)
    )

    assert Counter(code.count(".") for code in codes) == {0: 7, 1: 24}


def test_a_taxonomy_has_one_name_wherever_it_stands():
    names = Taxonomy.objects.values_list("title", "short_title")

    assert [short for title, short in names if short != title] == []
