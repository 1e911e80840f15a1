"""The form of a mitigation, from the declared fields of its record."""

from typing import Any

from catalogue.record.field_types import (
    Choice,
    Day,
    Field,
    Flag,
    Group,
    Lines,
    Moment,
    Number,
    Terms,
    Text,
)
from catalogue.record.fields import FIELDS, in_order, of_type


def attributes_of(*types: type[Field]) -> list[str]:
    """What the model calls the fields of some types that are in no group."""
    return [one.stored_as for one in of_type(*types, among=FIELDS)]


def _attributes_of_texts() -> list[str]:
    texts = of_type(Text, Lines, among=FIELDS)
    ordered = in_order("name", "description", among=texts)
    return [one.stored_as for one in ordered]


def _attributes_in_groups() -> list[str]:
    attributes = []
    for group in of_type(Group, among=FIELDS):
        attributes += [one.stored_as for one in group.fields]
    return attributes


OF_MITIGATION: list[Any] = [
    (
        None,
        {
            "fields": [
                "accession",
                *_attributes_of_texts(),
                ("status", *attributes_of(Flag)),
                *attributes_of(Choice),
                *attributes_of(Day),
            ],
        },
    ),
    (
        "When, by whom, to what end",
        {"fields": attributes_of(Terms)},
    ),
    (
        "Source",
        {
            "fields": [
                "document",
                (*_attributes_in_groups(), *attributes_of(Number)),
                tuple(attributes_of(Moment)),
            ],
        },
    ),
]
