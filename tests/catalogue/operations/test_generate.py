"""Generated catalogues: as many as asked for, the same for a seed, skewed, findable, all or
none.
"""

import datetime
from collections import Counter

import pytest
from django.core.management import CommandError, call_command
from django.http import QueryDict

from catalogue.listing.filters import MitigationFilter
from catalogue.models import (
    Author,
    Classification,
    Document,
    Instrument,
    Mapping,
    Mitigation,
)
from catalogue.operations import generation
from catalogue.operations.generated_law import LawDraw
from catalogue.operations.generation import generate_catalogue
from tests.factories import (
    ActorFactory,
    CategoryFactory,
    InstrumentFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
    ProvisionFactory,
    RiskManagementFunctionFactory,
    TaxonomyFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture
def vocabularies():
    LifecyclePhaseFactory.create_batch(4)
    LifecyclePhaseFactory(slug="unclear", is_special=True)
    ActorFactory.create_batch(3)
    RiskManagementFunctionFactory.create_batch(4)


@pytest.fixture
def taxonomies(vocabularies):
    default, other = (
        TaxonomyFactory(is_default=True),
        TaxonomyFactory(position=1),
    )
    risks = TaxonomyFactory(kind="risks", position=2)
    for code in (
        "1.1.1",
        "1.1.2",
        "1.1.3",
        "1.2.1",
        "1.2.2",
        "2.1.1",
        "2.1.2",
        "2.2.1",
        "99.9",
    ):
        CategoryFactory(taxonomy=default, code=code)
    for taxonomy in (other, risks):
        for code in ("1.1", "1.2", "2.1", "2.2", "2.3"):
            CategoryFactory(taxonomy=taxonomy, code=code)
    return default, other, risks


def texts(accessions):
    rows = Mitigation.objects.filter(accession__in=accessions).order_by(
        "accession",
    )
    return [
        (
            row.name,
            row.description,
            row.section,
            [c.category.code for c in row.classifications.all()],
        )
        for row in rows
    ]


def accessions(first, count):
    return [f"M{number:04}" for number in range(first, first + count)]


def test_adds_published_mitigations_after_the_last_accession(taxonomies):
    MitigationFactory(accession="M0007")
    added = generate_catalogue(mitigations=130, seed=1)
    assert (added.first, added.last, added.documents) == ("M0008", "M0137", 3)
    assert (
        Mitigation.objects.published()
        .filter(document__slug__startswith="generated-")
        .count()
        == 130
    )
    assert MitigationFactory().accession == "M0138"


def test_the_same_seed_gives_the_same_texts(taxonomies):
    for _ in range(2):
        generate_catalogue(mitigations=40, seed=5)
    generate_catalogue(mitigations=40, seed=6)
    first, again, other = (
        texts(accessions(start, 40)) for start in (1, 41, 81)
    )
    assert first == again
    assert first != other


def test_batches_do_not_change_the_texts(taxonomies, monkeypatch):
    generate_catalogue(mitigations=25, seed=2)
    monkeypatch.setattr(generation, "BATCH", 10)
    generate_catalogue(mitigations=25, seed=2)
    whole, in_batches = texts(accessions(1, 25)), texts(accessions(26, 25))
    assert whole == in_batches


def test_classifies_at_every_level_of_every_taxonomy(taxonomies):
    generate_catalogue(mitigations=300, seed=1)
    used = {
        (c.taxonomy, c.category.depth)
        for c in Classification.objects.select_related("taxonomy", "category")
    }
    default, other, risks = taxonomies
    assert used == {
        (default, 1),
        (default, 2),
        (default, 3),
        (other, 1),
        (other, 2),
        (risks, 1),
        (risks, 2),
    }


def test_some_categories_are_common_and_most_are_rare(taxonomies):
    generate_catalogue(mitigations=300, seed=1)
    counts = sorted(
        Counter(
            Classification.objects.filter(taxonomy=taxonomies[0]).values_list(
                "category",
                flat=True,
            ),
        ).values(),
    )
    assert counts[-1] > 4 * counts[len(counts) // 2]


def test_rare_words_make_a_long_tail(taxonomies):
    generate_catalogue(mitigations=300, seed=1)
    words = Counter(
        " ".join(Mitigation.objects.values_list("name", flat=True)).split(),
    )
    once = [word for word, count in words.items() if count == 1]
    assert len(once) > len(words) / 8
    assert max(words.values()) > 100


def test_fills_every_relation(taxonomies):
    generate_catalogue(mitigations=200, seed=1)
    for relation in ("phases", "actors", "functions", "classifications"):
        assert (
            Mitigation.objects.filter(**{f"{relation}__isnull": False})
            .distinct()
            .count()
            >= 190
        ), relation
    assert Mapping.objects.count() > 10
    assert not Document.objects.filter(authors=None).exists()
    assert Author.objects.count() > Document.objects.count()


def test_laws_and_codes_ask_for_34_of_sixty_measures_by_53_provisions(
    taxonomies,
):
    generate_catalogue(mitigations=1_200, seed=1)

    asked = Mapping.objects.exclude(provision=None)
    measures = {one.source_id for one in asked}
    assert 31 <= len(measures) * 60 / 1_200 <= 37
    assert 48 <= asked.count() * 60 / 1_200 <= 58
    assert {one.force for one in asked} == {*Mapping.Force.values}
    assert {one.kind for one in Instrument.objects.all()} == {"law", "code"}


def test_the_same_seed_asks_for_the_same():
    ProvisionFactory.create_batch(20)
    first, again = LawDraw(3), LawDraw(3)

    drawn = [[*first.draw()] for _ in range(40)]
    assert drawn == [[*again.draw()] for _ in range(40)]
    assert any(drawn)


def test_what_was_replaced_asks_for_no_generated_measure(taxonomies):
    old = InstrumentFactory(ended_on=datetime.date(2026, 1, 1))
    ProvisionFactory(instrument=old)
    generate_catalogue(mitigations=200, seed=1)

    assert not Mapping.objects.filter(provision__instrument=old).exists()


def test_special_terms_stand_alone(taxonomies):
    generate_catalogue(mitigations=300, seed=1)
    special = Mitigation.objects.filter(phases__slug="unclear")
    assert special.exists()
    assert {mitigation.phases.count() for mitigation in special} == {1}


def test_search_finds_what_was_generated(taxonomies):
    generate_catalogue(mitigations=50, seed=1)
    expected = Mitigation.objects.filter(description__icontains="the").count()
    found = MitigationFilter(
        QueryDict("q=the"),
        queryset=Mitigation.objects.published(),
    ).qs.count()
    assert found == expected > 0


def test_every_document_says_that_it_is_generated(taxonomies):
    generate_catalogue(mitigations=200, seed=1)
    assert not Document.objects.exclude(
        abstract__startswith="Generated",
    ).exists()
    preliminary = Mitigation.objects.filter(is_preliminary=True).values(
        "document",
    )
    assert set(
        preliminary.values_list("document__preliminary_notice", flat=True),
    ) <= {"Generated, and marked as preliminary."}


def test_takes_few_queries(taxonomies, django_assert_max_num_queries):
    with django_assert_max_num_queries(60):
        generate_catalogue(mitigations=200, seed=1)


def test_adds_all_or_none(taxonomies, monkeypatch):
    def fail(batch, keys):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(generation.Batch, "write", fail)
    with pytest.raises(RuntimeError):
        generate_catalogue(mitigations=10, seed=1)
    assert not Document.objects.exists()


def test_says_what_to_do_on_an_empty_database():
    with pytest.raises(
        CommandError,
        match=r"no default taxonomy, .*python manage.py load_catalogue",
    ):
        call_command("generate_catalogue", mitigations=10)


def test_names_only_what_is_missing(vocabularies):
    with pytest.raises(CommandError, match=r"\(no default taxonomy\)"):
        call_command("generate_catalogue", mitigations=10)


def test_refuses_to_add_none(taxonomies):
    with pytest.raises(CommandError, match="one mitigation at least"):
        call_command("generate_catalogue", mitigations=0)


def test_command_says_what_it_added_and_shows_no_bar_without_a_terminal(
    taxonomies,
    capsys,
):
    call_command("generate_catalogue", mitigations=70, seed=1)
    printed = capsys.readouterr()
    assert (
        printed.out
        == "Added 70 mitigations, M0001 to M0070, in 2 documents.\n"
    )
    assert printed.err == ""
