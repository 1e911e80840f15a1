"""What used to be listed by hand, and now follows from the declaration of a field or of a
vocabulary: a new one is left out nowhere.
"""

import re
from functools import partial
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.contrib.admin.utils import flatten_fieldsets
from django.http import QueryDict

from catalogue import reading
from catalogue.admin.fieldsets import OF_MITIGATION
from catalogue.database.searched import SEARCHED, SEARCHED_NAMES
from catalogue.listing.filters import MitigationFilter
from catalogue.models import VOCABULARIES, Mitigation
from catalogue.operations import mirrored_addresses
from catalogue.record.field_types import (
    Accession,
    Choice,
    Classifications,
    Field,
    Flag,
    Identifiers,
    Lines,
    Mappings,
    Notice,
    SourceDocument,
    Terms,
    Text,
)
from catalogue.record.fields import EVERY_FIELD, NOT_SEARCHED, of_type
from catalogue.releases import canonical
from config.api import router
from tests.factories import (
    ClassificationFactory,
    DocumentFactory,
    ExternalIdentifierFactory,
    MappingFactory,
    MitigationFactory,
)

TERMS = of_type(Terms)
TEXTS = of_type(Text, Lines)
by_name = partial(pytest.mark.parametrize, ids=lambda one: one.name)
of_each_vocabulary = pytest.mark.parametrize("terms", VOCABULARIES)


def word_of(field: Field) -> str:
    """A text that stands nowhere but in this field."""
    return f"quartz{field.name.replace('_', '')}"[:20]


def full_mitigation() -> Mitigation:
    """One that has something in every field."""
    values = {field.stored_as: word_of(field) for field in TEXTS}
    for field in of_type(Choice):
        values[field.stored_as] = field.choices[0][0]
    document = DocumentFactory(preliminary_notice="Wait for the second one.")
    mitigation = MitigationFactory(
        is_preliminary=True,
        document=document,
        **values,
    )
    for field in TERMS:
        term = field.terms._default_manager.create(
            slug=word_of(field),
            name=f"Term of {field.name}",
            definition="What it means.",
        )
        getattr(mitigation, field.stored_as).add(term)
    ExternalIdentifierFactory(mitigation=mitigation)
    ClassificationFactory(mitigation=mitigation)
    MappingFactory(source=mitigation)
    return mitigation


# The history, releases


def test_the_history_has_every_relation_of_a_mitigation():
    """One that it lacks would be lost without a word where a version is restored."""
    in_history = Mitigation.history.model._history_m2m_fields

    assert {field.name for field in in_history} == {
        field.name for field in Mitigation._meta.many_to_many
    }


@pytest.mark.django_db
@by_name("field", TERMS)
def test_a_release_has_terms_by_their_slugs(field):
    """Else another name of a term would change every mitigation that carries it."""
    mitigation = full_mitigation()

    _, record = canonical.mitigations([mitigation.pk])[mitigation.pk]

    assert record[field.name] == [word_of(field)]


# The curators' form

#: What is no field of the form, with the reason.
NOT_IN_FORM = {
    "preliminary_notice": "is its document's",
    "external_identifiers": "stand below it",
    "classifications": "likewise",
    "mappings": "likewise",
    "measure": "follows from mappings",
    "page_url": "follows from the accession",
    "api_url": "likewise",
}


def test_every_field_is_in_the_form_of_curators():
    in_form = flatten_fieldsets(OF_MITIGATION)

    left_out = {
        field.name for field in EVERY_FIELD if field.stored_as not in in_form
    }
    assert left_out == NOT_IN_FORM.keys()


# Pages

#: Members of a record that its page does not show as they stand, with the reason.
NOT_ON_PAGE = {
    "position": "shown as its place among others of the document",
    "measure": "the page lists its other wordings",
    "instruments_checked_on": "is said where it is told what asks for it",
    "created_at": "told by the history",
    "updated_at": "likewise",
    "page_url": "is the page",
    "api_url": "a link without a host",
}
ON_PAGE = [
    field
    for field in EVERY_FIELD
    if field.is_member and field.name not in NOT_ON_PAGE
]


def text_on_page(field: Field, mitigation: Mitigation) -> str:
    """What the page says of a field of `full_mitigation`."""
    match field:
        case Text() | Lines():
            return word_of(field)
        case Accession():
            return mitigation.accession
        case Flag():
            return f"<b>{field.label.capitalize()}.</b>"
        case Choice():
            return f"<dd>{field.choices[0][1]}</dd>"
        case Terms():
            return f"Term of {field.name}"
        case Notice():
            return mitigation.document.preliminary_notice
        case SourceDocument():
            return mitigation.document.title
        case Identifiers():
            return mitigation.external_identifiers.get().value
        case Classifications():
            return mitigation.classifications.get().category.name
        case Mappings():
            return mitigation.mappings_from.get().target.name
    raise NotImplementedError(f"Say what the page says of {field.name}.")


@pytest.mark.django_db
@by_name("field", ON_PAGE)
def test_the_page_of_a_mitigation_shows_every_member(client, field):
    mitigation = full_mitigation()

    page = client.get(mitigation.get_absolute_url()).content.decode()

    article = page[page.index("<article") :]
    assert text_on_page(field, mitigation) in article


@pytest.mark.django_db
def test_the_page_is_silent_where_the_source_does_not_say_what_a_measure_takes(
    client,
):
    silent = MitigationFactory(requirements="")
    other = MitigationFactory(requirements="Auditors from outside.")

    pages = [
        client.get(one.get_absolute_url()).content.decode()
        for one in (silent, other)
    ]

    assert ["What it takes" in page for page in pages] == [False, True]


@pytest.mark.django_db
@pytest.mark.parametrize("look", ["", "?view=table"])
@by_name("field", TERMS)
def test_cards_show_the_terms_of_every_vocabulary_and_tables_of_those_with_a_column(
    client,
    look,
    field,
):
    full_mitigation()

    page = client.get(f"/mitigations/{look}").content.decode()

    results = re.sub(r"<aside.*?</aside>", "", page, flags=re.DOTALL)
    is_shown = f"Term of {field.name}" in results
    assert is_shown == (not look or field.is_in_table)


# Search


def test_every_text_is_searched_or_has_a_reason_not_to_be():
    texts = {field.stored_as for field in TEXTS}

    assert texts - {*SEARCHED_NAMES} == NOT_SEARCHED.keys()
    assert {*SEARCHED_NAMES} <= texts


@pytest.mark.django_db
@pytest.mark.any_engine
@by_name("column", SEARCHED)
def test_a_search_reads_every_column_that_is_declared_for_it(column):
    full_mitigation()
    MitigationFactory()
    [field] = [one for one in TEXTS if one.stored_as == column.name]

    found = MitigationFilter(QueryDict(f"q={word_of(field)}"))

    assert list(found.search.terms[0].found_in(found.index, column.name))
    assert len(found.keys) == 1


def test_each_searched_column_has_a_letter_and_a_place_of_its_own():
    letters = [column.letter for column in SEARCHED]
    starts = [column.start for column in SEARCHED]

    assert sorted({*letters}) == letters
    assert sorted({*starts}) == starts
    assert {*letters} <= {*"ABCD"}


# Vocabularies


@of_each_vocabulary
def test_the_pages_of_a_vocabulary_are_in_releases(terms):
    assert reading.WITHIN.match(f"/{terms.relation}/{terms.example}/")


@of_each_vocabulary
def test_the_example_of_a_vocabulary_is_a_term_that_comes_with_it(terms):
    folder = Path(settings.BASE_DIR) / "catalogue/data/vocabularies"
    rows = yaml.safe_load((folder / f"{terms.list_name}.yaml").read_text())

    assert terms.example in {row["slug"] for row in rows["terms"]}


#: What is no part of a release, or no list of records.
NOT_IN_A_COPY = {"releases", "search"}


def test_a_static_copy_has_every_list_of_the_api():
    lists = {prefix for prefix, *_ in router.registry}

    assert {*mirrored_addresses.LISTS} == lists - NOT_IN_A_COPY


# Filters


FILTERS = MitigationFilter.base_filters


@pytest.mark.parametrize("name", FILTERS)
def test_the_schema_says_what_every_filter_means_and_where_its_values_are(
    name,
):
    one = FILTERS[name]
    lists = {prefix for prefix, *_ in router.registry}

    assert one.explanation.endswith(".")
    assert one.explanation.rstrip(".").lower() != one.label.lower()
    assert getattr(one, "resource", "") in {"", *lists}
