"""What each column of an export holds. Of mitigations, the one declaration for every kind of
table, and for its dictionary.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import singledispatch
from typing import Any, Protocol

import orjson

from catalogue.models import Taxonomy
from catalogue.record.evidence import Chosen
from catalogue.record.field_types import (
    Accession,
    Choice,
    Classifications,
    Day,
    Field,
    Flag,
    Group,
    Identifiers,
    Lines,
    Link,
    Mappings,
    MeasureOf,
    Moment,
    Notice,
    Number,
    SourceDocument,
    Status,
    Terms,
    Text,
)
from catalogue.record.fields import FIELDS, NOT_REPORTED
from catalogue.record.reader import Record
from serving.registry import Registry


class Type(StrEnum):
    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    MOMENT = "date and time"
    LIST = "list of texts"
    #: A list of objects, written as JSON where cells hold text.
    OBJECTS = "JSON"


def itself(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Column:
    """`value` makes it from a member of the record. `empty` says what an empty cell, or null,
    means; without it, none is.
    """

    name: str
    type: Type
    description: str
    member: str = ""
    value: Callable[[Any], Any] = itself
    empty: str = ""
    unit: str = ""

    def of(self, record: Record) -> Any:
        return self.value(record.get(self.member or self.name))


class Extra(Protocol):
    """Further columns of mitigations, by another app. `add_to` puts what they are made from
    into records.
    """

    columns: list[Column]

    def add_to(self, records: list[Record]) -> None: ...


#: What makes extras, as studies and the like are at the moment of an export, for entries that
#: are shown by certain values. By the app that adds them.
EXTRAS: Registry[str, Callable[[Chosen], Extra]] = Registry("set of columns")


def member(name: str) -> Callable[[Any], Any]:
    return lambda value: value[name]


def each(name: str) -> Callable[[Iterable[Record]], list[str]]:
    return lambda entries: [entry[name] for entry in entries]


def primary(taxonomy: str, name: str) -> Callable[[list[Record]], Any]:
    """A member of the primary classification in a taxonomy; None where there is none."""
    return lambda filed: next(
        (
            c[name]
            for c in filed
            if c["is_primary"] and c["taxonomy"] == taxonomy
        ),
        None,
    )


def in_taxonomy(
    taxonomy: str,
    name: str,
) -> Callable[[list[Record]], list[str]]:
    return lambda filed: [c[name] for c in filed if c["taxonomy"] == taxonomy]


def places(filed: list[Record]) -> list[str]:
    return [f"{c['taxonomy']}:{c['code']}" for c in filed]


def identifiers(entries: list[Record]) -> list[str]:
    return [f"{entry['scheme']}:{entry['value']}" for entry in entries]


def as_json(entries: list[Record]) -> str | None:
    """Objects as they stand in a cell of text."""
    return orjson.dumps(entries).decode() if entries else None


@singledispatch
def columns_of(field: Field) -> list[Column]:
    """The columns of a field of the record."""
    return [
        Column(
            field.name,
            COLUMN_TYPES[type(field)],
            field.column,
            empty=field.empty,
        ),
    ]


COLUMN_TYPES: dict[type[Field], Type] = {
    Accession: Type.TEXT,
    Text: Type.TEXT,
    Choice: Type.TEXT,
    Day: Type.TEXT,
    Lines: Type.LIST,
    Number: Type.INTEGER,
    Flag: Type.BOOLEAN,
    Moment: Type.MOMENT,
    Notice: Type.TEXT,
    Link: Type.TEXT,
    MeasureOf: Type.TEXT,
}


@columns_of.register
def _columns_of_status(field: Status) -> list[Column]:
    return []  # whatever is exported is published


@columns_of.register
def _columns_of_mappings(field: Mappings) -> list[Column]:
    return []  # they have a table of their own


@columns_of.register
def _columns_of_group(field: Group) -> list[Column]:
    return [
        Column(
            one.name,
            COLUMN_TYPES[type(one)],
            one.column,
            field.name,
            member(one.name),
            one.empty,
        )
        for one in field.fields
    ]


@columns_of.register
def _columns_of_source_document(field: SourceDocument) -> list[Column]:
    name = field.name
    return [
        Column(name, Type.TEXT, field.column, name, member("slug")),
        Column(
            f"{name}_label",
            Type.TEXT,
            "Short form of the document.",
            name,
            member("label"),
        ),
        Column(
            f"{name}_title",
            Type.TEXT,
            "Title of the document.",
            name,
            member("title"),
        ),
        Column(
            f"{name}_year",
            Type.INTEGER,
            "Year of the document.",
            name,
            member("year"),
            NOT_REPORTED,
        ),
    ]


@columns_of.register
def _columns_of_identifiers(field: Identifiers) -> list[Column]:
    name = field.name
    empty = field.empty
    return [
        Column(name, Type.LIST, field.column, name, identifiers, empty),
        Column(
            "external_identifier_details",
            Type.OBJECTS,
            "The same with their addresses: scheme, value, url.",
            name,
            as_json,
            empty,
        ),
    ]


@columns_of.register
def _columns_of_terms(field: Terms) -> list[Column]:
    name = field.name
    words = field.words
    empty = field.empty
    return [
        Column(
            name,
            Type.LIST,
            f"Slugs of its {words}.",
            name,
            each("slug"),
            empty,
        ),
        Column(
            f"{name[:-1]}_names",
            Type.LIST,
            f"Names of its {words}.",
            name,
            each("name"),
            empty,
        ),
    ]


@columns_of.register
def _columns_of_classifications(field: Classifications) -> list[Column]:
    """Reads which taxonomies there are: one query."""
    slugs = {}
    taxonomies = Taxonomy.objects.only("kind", "is_default", "slug")
    for taxonomy in taxonomies.order_by("-position", "-slug"):
        slugs[taxonomy.kind, taxonomy.is_default] = taxonomy.slug
    default = slugs.get((Taxonomy.Kind.MITIGATIONS, True), "")
    risks = slugs.get((Taxonomy.Kind.RISKS, False), "")
    text = Type.TEXT
    several = Type.LIST
    described: list[tuple[str, Type, str, Callable[[Any], Any]]] = [
        (
            "code",
            text,
            "Code of its primary category in the default taxonomy.",
            primary(default, "code"),
        ),
        ("category", text, "Name of that category.", primary(default, "name")),
        (
            "rationale",
            text,
            "Why it stands in that category.",
            primary(default, "rationale"),
        ),
        (
            "classification_origin",
            text,
            "Who placed it there: published (the source) or project (this project).",
            primary(default, "origin"),
        ),
        (
            "risks",
            several,
            "Codes of the risks that it addresses.",
            in_taxonomy(risks, "code"),
        ),
        (
            "risk_names",
            several,
            "Names of these risks.",
            in_taxonomy(risks, "name"),
        ),
        (
            "classifications",
            several,
            "All its places in all taxonomies, as taxonomy:code, the primary one of each first.",
            places,
        ),
        (
            "classification_details",
            Type.OBJECTS,
            "All its places with taxonomy, code, name, is_primary, rationale, coder, confidence and origin.",
            as_json,
        ),
    ]
    return [
        Column(name, kind, description, field.name, value, field.empty)
        for name, kind, description, value in described
    ]


#: The fields that come last in tables, in this order.
LAST_IN_TABLES = (
    "classifications",
    "phases",
    "actors",
    "functions",
    "document",
    "position",
    "locator",
    "external_identifiers",
    "created_at",
    "updated_at",
    "page_url",
    "api_url",
)


def mitigation_columns() -> list[Column]:
    """Those of every mitigation, whatever studies say of it. One query."""
    by_name = {field.name: field for field in FIELDS}
    first = [field for field in FIELDS if field.name not in LAST_IN_TABLES]
    columns = []
    for field in [*first, *(by_name[name] for name in LAST_IN_TABLES)]:
        columns += columns_of(field)
    return columns


class MitigationTable:
    """Rows of mitigations under the columns asked for, or all, as the list shows them whose
    entries are shown by `chosen`.
    """

    def __init__(
        self,
        only: Collection[str] = (),
        chosen: Chosen | None = None,
    ):
        extra = [make(chosen or {}) for make in EXTRAS.values()]
        columns = [
            *mitigation_columns(),
            *(column for one in extra for column in one.columns),
        ]
        self.known = [column.name for column in columns]
        self.columns = [
            column for column in columns if not only or column.name in only
        ]
        self.extras = [
            one
            for one in extra
            if any(column in self.columns for column in one.columns)
        ]

    @property
    def members(self) -> set[str]:
        """Of a record, those that a row is made from. Evidence is found by the accession."""
        return {
            "accession",
            *(column.member or column.name for column in self.columns),
        }

    def rows(self, records: list[Record]) -> list[list[Any]]:
        for extra in self.extras:
            extra.add_to(records)
        return [
            [column.of(record) for column in self.columns]
            for record in records
        ]
