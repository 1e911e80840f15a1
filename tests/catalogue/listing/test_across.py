"""Search across kinds: what is found beside mitigations, and what is suggested while one types."""

import pytest
from django.urls import reverse

from catalogue.listing.across import search_across
from catalogue.models import Synonym
from tests.factories import (
    ActorFactory,
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
    TaxonomyFactory,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("kept_connection"),
]


@pytest.fixture
def catalogue():
    """Two taxonomies of what is done, one of risks, terms, and a document with a measure."""
    taxonomy = TaxonomyFactory(slug="main", is_default=True)
    former = TaxonomyFactory(slug="former", short_title="Former version")
    risks = TaxonomyFactory(slug="risks", kind="risks")
    testing = CategoryFactory(
        taxonomy=taxonomy,
        code="2.2",
        name="Testing & Auditing",
        definition="Looking for flaws before release, by red-teaming.",
    )
    CategoryFactory(
        taxonomy=taxonomy,
        code="3",
        name="Provenance & Watermarking",
        definition="Telling apart what people and machines made.",
    )
    CategoryFactory(taxonomy=former, code="2", name="Audits")
    CategoryFactory(
        taxonomy=risks,
        code="4",
        name="Malicious actors",
        definition="Use of AI for weapons.",
    )
    developer = ActorFactory(slug="developer", name="Developer")
    document = DocumentFactory(
        slug="schuett-2023",
        label="Schuett et al. 2023",
        title="Towards best practices",
        arxiv_id="2305.07153",
        authors=[{"family": "Schuett"}],
    )
    audits = MitigationFactory(
        name="Third-party model audits",
        accession="M0030",
        document=document,
        actors=[developer],
    )
    ClassificationFactory(mitigation=audits, category=testing)


def names(text: str, *, is_unfinished: bool = False) -> list[str]:
    across = search_across(text, is_unfinished=is_unfinished)
    return [
        f"{one.target.kind.label}: {one.target} ({one.count})"
        for one in across.found
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("developer", ["Actor: Developer (1)"]),
        ("DEVELOPERS", ["Actor: Developer (1)"]),
        (
            "audits",
            ["Category: 2 Audits (0)", "Category: 2.2 Testing & Auditing (1)"],
        ),
        ("water-marking", ["Category: 3 Provenance & Watermarking (0)"]),
        ("watermarkng", ["Category: 3 Provenance & Watermarking (0)"]),
        ("redteaming", ["Category: 2.2 Testing & Auditing (1)"]),
        ("weapons", ["Risk: 4 Malicious actors (0)"]),
        (
            "2",
            ["Category: 2 Category 2 (1)", "Category: 2 Audits (0)"],
        ),
        ("2.2", ["Category: 2.2 Testing & Auditing (1)"]),
        ("schuett 2023", ["Source: Schuett et al. 2023 (1)"]),
        (
            "https://arxiv.org/abs/2305.07153",
            ["Source: Schuett et al. 2023 (1)"],
        ),
        (
            "Which measures help against malicious actors in Ruritania?",
            ["Risk: 4 Malicious actors (0)"],
        ),
        ("preliminary", ["Filter: Not preliminary (1)"]),
        ("wat", ["Category: 3 Provenance & Watermarking (0)"]),
        ("zzzqq", []),
        ("w", []),
        ("", []),
    ],
)
def test_what_leads_to_mitigations_is_found(catalogue, text, found):
    assert names(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dev", ["Actor: Developer (1)"]),
        ("testing & aud", ["Category: 2.2 Testing & Auditing (1)"]),
        (
            "2.",
            [
                "Category: 2 Category 2 (1)",
                "Category: 2 Audits (0)",
                "Category: 2.2 Testing & Auditing (1)",
            ],
        ),
    ],
)
def test_the_last_word_may_still_be_typed(catalogue, text, found):
    assert names(text, is_unfinished=True) == found


@pytest.mark.parametrize(
    ("text", "accessions"),
    [
        ("aud", ["M0030"]),
        ("third party mod", ["M0030"]),
        ("M0030", ["M0030"]),
        ("m00", ["M0030"]),
        ("M-003", ["M0030"]),
        ("M01", []),
        ("2.2", ["M0030"]),
        ("audits zzz", []),
        ("a", []),
        ("&", []),
    ],
)
def test_mitigations_are_suggested_by_their_names(catalogue, text, accessions):
    across = search_across(text, is_unfinished=True)

    assert [one.accession for one in across.mitigations] == accessions


def test_a_search_for_the_beginning_of_an_accession_finds_all_that_begin_so(
    catalogue,
):
    for accession in ("M0101", "M9999", "M10003"):
        MitigationFactory(accession=accession)

    def found(text):
        across = search_across(text, is_unfinished=True)
        return [one.accession for one in across.mitigations]

    assert [one.accession for one in search_across("M00").mitigations] == [
        "M0030",
    ]
    assert found("M0") == ["M0030", "M0101"]
    assert found("M9") == ["M9999"]
    assert found("M1000") == ["M10003"]


def test_suggested_first_is_what_has_the_word_and_then_what_is_short():
    for name in ("Auditory checks", "Audits of models", "Audit"):
        MitigationFactory(name=name)
    MitigationFactory(name="Audit of a draft", status="draft")

    found = search_across("audit", is_unfinished=True).mitigations

    assert [one.name for one in found] == [
        "Audit",
        "Audits of models",
        "Auditory checks",
    ]


def test_what_is_found_is_of_the_state_that_is_read(catalogue):
    assert names("quarantine") == []

    LifecyclePhaseFactory(slug="quarantine", name="Quarantine")
    MitigationFactory(name="Quarantined models")

    assert names("quarantine") == ["Lifecycle phase: Quarantine (0)"]
    suggested = search_across("quarant", is_unfinished=True).mitigations
    assert [one.name for one in suggested] == ["Quarantined models"]


def test_a_way_leads_to_its_list_and_where_that_is_empty_to_its_page(
    catalogue,
):
    urls = {str(one.target): one.url for one in search_across("audits").found}

    assert urls == {
        "2.2 Testing & Auditing": f"{reverse('mitigation-list')}?category=2.2",
        "2 Audits": "/taxonomies/former/2/",
    }
    assert search_across("watermarking").found[0].counted == (
        "no document here names such a measure yet"
    )


def test_ways_have_the_words_in_their_names_unless_only_definitions_have(
    catalogue,
):
    found = search_across("testing")
    assert [str(one.target) for one in found.ways(3)] == [
        "2.2 Testing & Auditing",
    ]
    by_definition = search_across("weapons").ways(3)
    assert [str(one.target) for one in by_definition] == ["4 Malicious actors"]


@pytest.mark.parametrize(
    ("text", "is_unfinished"),
    [
        ("bioweapons", False),
        ("biowea", True),
        ("Which measures help against bioweapons?", False),
    ],
)
def test_what_a_word_stands_for_is_found_too(catalogue, text, is_unfinished):
    Synonym.objects.create(term="bioweapon", means="risk 4\nwatermarking")

    assert names(text, is_unfinished=is_unfinished) == [
        "Risk: 4 Malicious actors (0)",
        "Category: 3 Provenance & Watermarking (0)",
    ]


def test_mitigations_are_suggested_by_what_a_word_stands_for(catalogue):
    Synonym.objects.create(term="inspection", means="model audit")

    found = search_across("inspecti", is_unfinished=True).mitigations

    assert [one.accession for one in found] == ["M0030"]


@pytest.mark.parametrize("count", [1, 3])
def test_a_search_takes_the_same_queries_for_any_number_of_results(
    catalogue,
    count,
    django_assert_num_queries,
):
    for number in range(count):
        MitigationFactory(name=f"Bounty {'x' * number}")
        ActorFactory(name=f"Bounty hunter {number}")

    def search() -> int:
        across = search_across("bounty", is_unfinished=True)
        shown = [one.counted for one in across.ways(9)]
        return len(list(across.mitigations[:5])) + len(shown)

    search()
    with django_assert_num_queries(1):  # the first mitigations
        assert search() == 2 * count


def test_a_filter_without_results_is_no_way():
    mitigation = MitigationFactory()
    assert names("preliminary") == ["Filter: Not preliminary (1)"]

    mitigation.is_preliminary = True
    mitigation.save()
    assert names("preliminary") == ["Filter: Preliminary (1)"]
