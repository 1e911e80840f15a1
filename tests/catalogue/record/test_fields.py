"""A field is declared once, and is everywhere: nothing that a mitigation has is left out without
a word.
"""

from collections import defaultdict

import pytest

from catalogue.admin.bulk_edit import IN_BULK, bulk_fields
from catalogue.curation import change_sentences
from catalogue.files.exports.columns import columns_of, mitigation_columns
from catalogue.files.importing.kinds.base import Options
from catalogue.files.importing.kinds.mitigation_fields import fields_of
from catalogue.files.importing.kinds.mitigation_rows import PLAIN, RELATIONS
from catalogue.files.importing.kinds.mitigations import Mitigations
from catalogue.files.loading.files import value_reader
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from catalogue.record.field_types import (
    Choice,
    Flag,
    Group,
    Lines,
    Number,
    SourceDocument,
    Stored,
    Text,
)
from catalogue.record.fields import (
    EVERY_FIELD,
    FIELDS,
    NOT_IN_RECORDS,
    of_type,
)
from catalogue.record.reader import records
from catalogue.record.schema import MitigationSerializer
from tests.factories import MitigationFactory


def of_the_model() -> set[str]:
    model = Mitigation._meta
    return {
        field.name for field in (*model.concrete_fields, *model.many_to_many)
    }


def test_every_field_of_the_model_is_declared_or_has_a_reason_not_to_be():
    declared = {field.stored_as for field in EVERY_FIELD}

    assert of_the_model() - declared == NOT_IN_RECORDS.keys()


def test_every_field_has_a_name_of_its_own():
    names = [field.name for field in EVERY_FIELD]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.django_db
def test_the_schema_describes_the_members_of_records():
    [record] = records([MitigationFactory().pk])

    described = list(MitigationSerializer().fields)
    assert described == list(record)


MEMBERS = [one for one in FIELDS if one.is_member and not one.is_on_request]


@pytest.mark.django_db
@pytest.mark.parametrize("field", MEMBERS, ids=lambda field: field.name)
def test_every_field_is_a_column_of_exports(field):
    columns = [column for column in mitigation_columns() if column.name]

    assert field.name in {column.member or column.name for column in columns}


@pytest.mark.django_db
def test_every_column_is_described():
    assert [
        one.name for one in mitigation_columns() if not one.description
    ] == []


LABELLED = [one for one in EVERY_FIELD if one.facet]


@pytest.mark.parametrize("field", LABELLED, ids=lambda field: field.name)
def test_every_field_with_a_facet_is_a_filter_of_lists(field):
    assert (
        MitigationFilter.base_filters[field.query_parameter].label
        == field.facet
    )


WORDED = Text | Lines | Number | SourceDocument | Group


def test_every_change_is_put_in_words_or_said_to_be_none():
    silent = [
        one.name
        for one in FIELDS
        if isinstance(one, WORDED) and one.change is None
    ]
    silent += [one.name for one in of_type(Flag) if not all(one.changes)]

    assert silent == []


@pytest.mark.django_db
@pytest.mark.parametrize("field", EVERY_FIELD, ids=lambda field: field.name)
@pytest.mark.parametrize(
    "use",
    [
        columns_of,
        value_reader,
        lambda field: fields_of(field, Mitigations(Options())),
        lambda field: list(
            change_sentences.sentences(field, SAME, SAME, None),
        ),
    ],
    ids=["exports", "data files", "imports", "history"],
)
def test_every_use_knows_every_field(field, use):
    use(field)  # else it raises NotImplementedError


#: A state of the history in which nothing is known of any field.
SAME = defaultdict(set)


@pytest.mark.parametrize("field", EVERY_FIELD, ids=lambda field: field.name)
def test_what_is_edited_in_bulk_has_a_place_in_the_form(field):
    in_form = {name for one in IN_BULK for name in bulk_fields(one)}

    expected = set(bulk_fields(field)) if field.in_bulk_edit else set()
    assert expected <= in_form


@pytest.mark.django_db
def test_what_an_import_plans_is_what_it_writes():
    importer = Mitigations(Options())
    own = {one.name for one in EVERY_FIELD if isinstance(one, Stored)}

    written = {
        "accession",
        "document",
        "mappings",
        *PLAIN,
        *RELATIONS,
        *PARTS_OF_STATE,
    }
    assert importer.blank().keys() == written
    assert own - {"created_at", "updated_at"} <= written


PARTS_OF_STATE = {"classifications", "external_identifiers"}


@pytest.mark.django_db
def test_every_choice_has_what_its_facet_its_check_and_its_pages_need():
    for field in of_type(Choice):
        assert field.facet
        assert field.column
        assert field.empty
        assert field.in_bulk_edit


def test_a_choice_is_null_where_it_is_empty_and_its_changes_are_told():
    field = Choice("status", empty="not known", facet="Status")
    empty, draft, published = (
        {"status": ""},
        {"status": "draft"},
        {"status": "published"},
    )

    told = [
        list(change_sentences.sentences(field, old, new, None))
        for old, new in (
            (empty, draft),
            (draft, published),
            (draft, empty),
            (draft, draft),
        )
    ]

    assert (field.value(""), field.value("draft")) == (None, "draft")
    assert told == [
        ["status added: draft"],
        ["status changed from draft to published"],
        ["status removed: draft"],
        [],
    ]
