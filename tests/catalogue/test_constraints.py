"""The rules that the database itself keeps, whoever writes."""

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from hypothesis import given
from hypothesis import strategies as st

from catalogue.fields import code_path
from catalogue.models import (
    Author,
    Category,
    ExternalIdentifier,
    Mapping,
    Mitigation,
    Taxonomy,
)
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    ExternalIdentifierFactory,
    MappingFactory,
    MitigationFactory,
    TaxonomyFactory,
)

codes = st.lists(st.integers(1, 9999), min_size=1, max_size=4)


#: Of which the database does not hold the choices yet: each wants a migration.
NOT_YET_HELD = {
    "catalogue.CodingOutcome.confidence",
    "catalogue.ImportRow.verdict",
    "surveys.Figure.statistic",
}


def fields_with_choices():
    """Of our models, but not of their histories: what was once written stands there."""
    for model in apps.get_models():
        is_history = hasattr(model, "instance_type")
        if (
            model._meta.app_label in ("catalogue", "decisions", "surveys")
            and not is_history
        ):
            for field in model._meta.concrete_fields:
                if field.choices and field.model is model:
                    yield field


@pytest.mark.parametrize("field", [*fields_with_choices()], ids=str)
def test_the_database_holds_the_choices_of_a_field(field):
    checks = {}
    for constraint in field.model._meta.constraints:
        if isinstance(constraint, models.CheckConstraint):
            for child in constraint.condition.children:
                if isinstance(child, tuple):
                    checks.setdefault(*child)
    values = {value for value, _ in field.flatchoices}
    if field.blank:
        values.add("")

    held = set(checks.get(f"{field.name}__in", ()))
    assert held == (set() if str(field) in NOT_YET_HELD else values)


@given(codes, codes)
def test_paths_order_as_numbers(one, other):
    paths = [code_path(".".join(map(str, code))) for code in (one, other)]

    assert (paths[0] < paths[1]) == (one < other)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "code",
    ["", "0", "01", "2.", ".2", "2..3", "2.03", "a", "2.b", "2 1"],
)
def test_a_code_matches_its_pattern(code):
    taxonomy = TaxonomyFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        Category.objects.create(
            taxonomy=taxonomy,
            code=code or "",
            name="Name",
            definition="Text",
        )


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["3.1", "22.1", "2.1.1", "2"])
def test_a_code_starts_with_its_parents(code):
    parent = CategoryFactory(code="2")

    with pytest.raises(IntegrityError), transaction.atomic():
        Category.objects.create(
            taxonomy=parent.taxonomy,
            parent=parent,
            code=code,
            name="Name",
            definition="Text",
        )


@pytest.mark.django_db
def test_a_code_is_unique_in_its_taxonomy_and_free_in_another():
    category = CategoryFactory(code="2")

    CategoryFactory(code="2", taxonomy=TaxonomyFactory())
    with pytest.raises(IntegrityError), transaction.atomic():
        Category.objects.create(
            taxonomy=category.taxonomy,
            code="2",
            name="Name",
            definition="Text",
        )


@pytest.mark.django_db
def test_a_category_with_children_keeps_its_code():
    child = CategoryFactory(code="2.3")

    with pytest.raises(IntegrityError), transaction.atomic():
        Category.objects.filter(pk=child.parent_id).update(code="4")


@pytest.mark.django_db
def test_the_form_names_the_parent_that_is_missing():
    category = Category(
        taxonomy=TaxonomyFactory(),
        code="7.1",
        name="Name",
        definition="Text",
    )

    with pytest.raises(
        ValidationError,
        match="There is no category 7 in this taxonomy",
    ):
        category.full_clean()


@pytest.mark.django_db
def test_categories_come_in_number_order():
    taxonomy = TaxonomyFactory()
    for code in ("2.10", "10", "2.9"):
        CategoryFactory(taxonomy=taxonomy, code=code)

    assert [category.code for category in taxonomy.categories.all()] == [
        "2",
        "2.9",
        "2.10",
        "10",
    ]


@pytest.mark.django_db
def test_only_one_taxonomy_is_the_default():
    Taxonomy.objects.update(is_default=False)
    TaxonomyFactory(is_default=True)

    with pytest.raises(IntegrityError), transaction.atomic():
        TaxonomyFactory(is_default=True)


@pytest.mark.django_db
def test_a_mitigation_has_one_primary_classification_per_taxonomy():
    first = ClassificationFactory(is_primary=True)
    sibling = CategoryFactory(taxonomy=first.taxonomy, code="77")

    ClassificationFactory(
        mitigation=first.mitigation,
        category=sibling,
        is_primary=False,
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        ClassificationFactory(
            mitigation=first.mitigation,
            category=CategoryFactory(taxonomy=first.taxonomy, code="78"),
            is_primary=True,
        )


@pytest.mark.django_db
def test_a_classification_carries_the_taxonomy_of_its_category():
    classification, other = ClassificationFactory(), TaxonomyFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        type(classification).objects.filter(pk=classification.pk).update(
            taxonomy=other,
        )


@pytest.mark.django_db
def test_a_mapping_does_not_lead_to_itself():
    mitigation = MitigationFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        MappingFactory(source=mitigation, target=mitigation)


@pytest.mark.django_db
def test_two_mitigations_are_mapped_once_in_either_direction():
    mapping = MappingFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        Mapping.objects.create(
            source=mapping.target,
            target=mapping.source,
            relation=Mapping.Relation.CLOSE,
            asserted_by="Editors",
        )


@pytest.mark.django_db
def test_an_author_is_a_person_or_an_organisation():
    document = DocumentFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        Author.objects.create(
            document=document,
            family="Uuk",
            organisation="MITRE",
        )


@pytest.mark.django_db
def test_accessions_are_given_in_order():
    first, second = MitigationFactory(), MitigationFactory()

    assert int(second.accession[1:]) == int(first.accession[1:]) + 1


@pytest.mark.django_db
def test_an_accession_is_never_used_again():
    gone = MitigationFactory()
    accession, key = gone.accession, gone.pk
    gone.delete()

    assert MitigationFactory().accession != accession
    with pytest.raises(IntegrityError), transaction.atomic():
        MitigationFactory(accession=accession)
    # The same record, restored, is not another one.
    assert (
        MitigationFactory(pk=key, accession=accession).accession == accession
    )


@pytest.mark.django_db
@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="SQLite plans each trigger with its statement.",
)
def test_triggers_never_walk_a_table_that_an_import_fills():
    document = DocumentFactory()

    def write(numbers):
        Mitigation.objects.bulk_create(
            Mitigation(
                accession=f"M{number}",
                name=f"Made {number}",
                description="Text",
                document=document,
            )
            for number in numbers
        )

    with connection.cursor() as cursor:
        walks = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'catalogue_accession'"
        write(range(8000, 8100))
        cursor.execute(
            "ANALYZE catalogue_accession",
        )  # it is small, and would be walked
        before = cursor.execute(walks).fetchone()

        write(range(8100, 8110))

        assert cursor.execute(walks).fetchone() == before


@pytest.mark.django_db
def test_an_accession_never_changes():
    mitigation = MitigationFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        Mitigation.objects.filter(pk=mitigation.pk).update(accession="M8888")


@pytest.mark.django_db
def test_a_description_is_not_the_name_again():
    with pytest.raises(IntegrityError), transaction.atomic():
        MitigationFactory(name="Red teaming", description="Red teaming")


# What stands in the way is named


def test_an_identifier_that_another_mitigation_has_says_which(db):
    other = MitigationFactory(
        accession="M0042",
        status="withdrawn",
        withdrawal_note="It stood here twice.",
    )
    ExternalIdentifierFactory(mitigation=other, scheme="atlas", value="1")

    with pytest.raises(
        ValidationError,
        match=r"It names M0042 \(withdrawn\): take it off there first",
    ):
        ExternalIdentifier(
            mitigation=MitigationFactory(),
            scheme="atlas",
            value="1",
        ).full_clean()


@pytest.mark.parametrize(
    "values",
    [{"doi": "10.48550/ARXIV.2305.07153"}, {"arxiv_id": "2305.07153v2"}],
)
def test_a_document_that_is_here_by_another_way_of_writing_its_id_says_which(
    db,
    values,
):
    DocumentFactory(
        slug="there",
        label="There 2023",
        arxiv_id="2305.07153",
        doi="10.48550/arXiv.2305.07153",
    )

    with pytest.raises(
        ValidationError,
        match=r"This is There 2023 \(there\) already",
    ):
        DocumentFactory.build(**values).clean()


def test_ids_of_a_document_are_taken_as_they_are_pasted(db):
    document = DocumentFactory.build(
        doi="https://doi.org/10.1/a",
        arxiv_id="https://arxiv.org/abs/2401.00001v3",
        version="",
    )

    document.clean()

    assert (document.doi, document.arxiv_id, document.version) == (
        "10.1/a",
        "2401.00001",
        "v3",
    )


@pytest.mark.django_db
def test_a_second_taxonomy_of_risks_is_refused_by_the_database():
    TaxonomyFactory(kind="risks")

    with pytest.raises(IntegrityError), transaction.atomic():
        TaxonomyFactory(kind="risks")


@pytest.mark.django_db
def test_a_second_taxonomy_of_risks_is_refused_in_words():
    TaxonomyFactory(kind="risks")

    with pytest.raises(
        ValidationError,
        match="Another taxonomy sorts risks already",
    ):
        TaxonomyFactory.build(kind="risks").full_clean()
