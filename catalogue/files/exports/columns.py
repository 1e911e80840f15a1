"""What each column of an export holds. Of mitigations, the one declaration for every kind of
table, and for its dictionary.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import orjson

from catalogue.models import Taxonomy
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


#: By parameter, the values by which the entries of a list are shown:
#: `MitigationFilter.for_entries`.
Chosen = Mapping[str, Collection[str]]
#: What makes extras, as studies and the like are at the moment of an export, for entries that
#: are shown by certain values. By the app that adds them.
EXTRAS: Registry[str, Callable[[Chosen], Extra]] = Registry("set of columns")

NOT_REPORTED = "not reported by the document"
NOT_WRITTEN = "not yet written by this project"


def member(name: str) -> Callable[[Any], Any]:
    return lambda value: value[name]


def each(name: str) -> Callable[[Iterable[Record]], list[str]]:
    return lambda entries: [entry[name] for entry in entries]


def primary(taxonomy: str, name: str) -> Callable[[list[Record]], Any]:
    """A member of the primary classification in a taxonomy; None where there is none."""
    return lambda filed: next(
        (c[name] for c in filed if c["is_primary"] and c["taxonomy"] == taxonomy), None
    )


def in_taxonomy(taxonomy: str, name: str) -> Callable[[list[Record]], list[str]]:
    return lambda filed: [c[name] for c in filed if c["taxonomy"] == taxonomy]


def places(filed: list[Record]) -> list[str]:
    return [f"{c['taxonomy']}:{c['code']}" for c in filed]


def identifiers(entries: list[Record]) -> list[str]:
    return [f"{entry['scheme']}:{entry['value']}" for entry in entries]


def as_json(entries: list[Record]) -> str | None:
    """Objects as they stand in a cell of text."""
    return orjson.dumps(entries).decode() if entries else None


def _own() -> list[Column]:
    T = Type
    return [
        Column(
            "accession", T.TEXT, "The public id. Never changed, never given to another."
        ),
        Column("name", T.TEXT, "As the document has it."),
        Column(
            "alternative_names",
            T.LIST,
            "Other names that readers look for.",
            empty="none",
        ),
        Column(
            "description", T.TEXT, "What is done, by whom, and what it guards against."
        ),
        Column("preliminary", T.BOOLEAN, "Whether it may still change."),
        Column(
            "preliminary_notice",
            T.TEXT,
            "What is to be shown with it.",
            empty="not preliminary",
        ),
    ]


def _of_document() -> list[Column]:
    T = Type
    return [
        Column(
            "document",
            T.TEXT,
            "Slug of the document that it is taken from.",
            "document",
            member("slug"),
        ),
        Column(
            "document_label",
            T.TEXT,
            "Short form of the document.",
            "document",
            member("label"),
        ),
        Column(
            "document_title",
            T.TEXT,
            "Title of the document.",
            "document",
            member("title"),
        ),
        Column(
            "document_year",
            T.INTEGER,
            "Year of the document.",
            "document",
            member("year"),
            NOT_REPORTED,
        ),
        Column("position", T.INTEGER, "Order within the document."),
        Column(
            "section",
            T.TEXT,
            "Section path in the document.",
            "locator",
            member("section"),
            NOT_REPORTED,
        ),
        Column(
            "page",
            T.TEXT,
            "Page in the document.",
            "locator",
            member("page"),
            NOT_REPORTED,
        ),
        Column(
            "external_identifiers",
            T.LIST,
            "What other catalogues call it, as scheme:value.",
            "external_identifiers",
            identifiers,
            "none known",
        ),
        Column(
            "external_identifier_details",
            T.OBJECTS,
            "The same with their addresses: scheme, value, url.",
            "external_identifiers",
            as_json,
            "none known",
        ),
    ]


def _of_vocabularies() -> list[Column]:
    names = {
        "phases": "lifecycle phases",
        "actors": "actors",
        "functions": "risk-management functions",
    }
    found = []
    for name, words in names.items():
        found += [
            Column(
                name,
                Type.LIST,
                f"Slugs of its {words}.",
                name,
                each("slug"),
                NOT_WRITTEN,
            ),
            Column(
                f"{name[:-1]}_names",
                Type.LIST,
                f"Names of its {words}.",
                name,
                each("name"),
                NOT_WRITTEN,
            ),
        ]
    return found


def _of_taxonomies(default: str, risks: str) -> list[Column]:
    T, filed = Type, "classifications"
    return [
        Column(
            "code",
            T.TEXT,
            "Code of its primary category in the default taxonomy.",
            filed,
            primary(default, "code"),
            NOT_WRITTEN,
        ),
        Column(
            "category",
            T.TEXT,
            "Name of that category.",
            filed,
            primary(default, "name"),
            NOT_WRITTEN,
        ),
        Column(
            "rationale",
            T.TEXT,
            "Why it stands in that category.",
            filed,
            primary(default, "rationale"),
            NOT_WRITTEN,
        ),
        Column(
            "classification_origin",
            T.TEXT,
            "Who placed it there: published (the source) or project (this project).",
            filed,
            primary(default, "origin"),
            NOT_WRITTEN,
        ),
        Column(
            "risks",
            T.LIST,
            "Codes of the risks that it addresses.",
            filed,
            in_taxonomy(risks, "code"),
            NOT_WRITTEN,
        ),
        Column(
            "risk_names",
            T.LIST,
            "Names of these risks.",
            filed,
            in_taxonomy(risks, "name"),
            NOT_WRITTEN,
        ),
        Column(
            "classifications",
            T.LIST,
            "All its places in all taxonomies, as taxonomy:code, the primary one of each first.",
            filed,
            places,
            NOT_WRITTEN,
        ),
        Column(
            "classification_details",
            T.OBJECTS,
            "All its places with taxonomy, code, name, is_primary, rationale, coder, confidence and origin.",
            filed,
            as_json,
            NOT_WRITTEN,
        ),
    ]


def _of_record() -> list[Column]:
    return [
        Column("created_at", Type.MOMENT, "When it was first written here, in UTC."),
        Column(
            "updated_at",
            Type.MOMENT,
            "When its own fields, classifications, mappings, identifiers, phases, actors or functions last changed, in UTC. Another name "
            "of its document or of a category does not move it.",
        ),
        Column("page_url", Type.TEXT, "Its page."),
        Column("api_url", Type.TEXT, "Its record in the API."),
    ]


def mitigation_columns() -> list[Column]:
    """Those of every mitigation, whatever studies say of it. One query."""
    slugs = {
        (taxonomy.kind, taxonomy.is_default): taxonomy.slug
        for taxonomy in Taxonomy.objects.only("kind", "is_default", "slug").order_by(
            "-position", "-slug"
        )
    }
    default = slugs.get((Taxonomy.Kind.MITIGATIONS, True), "")
    risks = slugs.get((Taxonomy.Kind.RISKS, False), "")
    return [
        *_own(),
        *_of_taxonomies(default, risks),
        *_of_vocabularies(),
        *_of_document(),
        *_of_record(),
    ]


class MitigationTable:
    """Rows of mitigations under the columns asked for, or all, as the list shows them whose
    entries are shown by `chosen`.
    """

    def __init__(self, only: Collection[str] = (), chosen: Chosen | None = None):
        extra = [make(chosen or {}) for make in EXTRAS.values()]
        columns = [
            *mitigation_columns(),
            *(column for one in extra for column in one.columns),
        ]
        self.known = [column.name for column in columns]
        self.columns = [column for column in columns if not only or column.name in only]
        self.extras = [
            one
            for one in extra
            if any(column in self.columns for column in one.columns)
        ]

    @property
    def members(self) -> set[str]:
        """Of a record, those that a row is made from. Evidence is found by the accession."""
        return {"accession", *(column.member or column.name for column in self.columns)}

    def rows(self, records: list[Record]) -> list[list[Any]]:
        for extra in self.extras:
            extra.add_to(records)
        return [[column.of(record) for column in self.columns] for record in records]
