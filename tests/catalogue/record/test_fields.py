"""A field is declared once, and is everywhere: nothing that a mitigation has is left out without
a word.
"""

import pytest

from catalogue.files.exports.columns import mitigation_columns
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from catalogue.record.fields import EVERY_FIELD, FIELDS, NOT_IN_RECORDS
from catalogue.record.reader import records
from catalogue.record.schema import MitigationSerializer
from tests.factories import MitigationFactory


def of_the_model() -> set[str]:
    model = Mitigation._meta
    return {field.name for field in (*model.concrete_fields, *model.many_to_many)}


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
    assert [one.name for one in mitigation_columns() if not one.description] == []


LABELLED = [one for one in EVERY_FIELD if one.facet]


@pytest.mark.parametrize("field", LABELLED, ids=lambda field: field.name)
def test_every_field_with_a_facet_is_a_filter_of_lists(field):
    assert MitigationFilter.base_filters[field.query_parameter].label == field.facet
