"""The tables of the whole catalogue: of the SQLite file, and of the data dictionary."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from rest_framework.serializers import BaseSerializer

from catalogue.models import (
    VOCABULARIES,
    Category,
    Document,
    Instrument,
    Mapping,
    NotCovered,
    Provision,
    Taxonomy,
    Term,
)
from catalogue.record import serializers
from catalogue.record.field_types import Terms
from catalogue.record.fields import NOT_REPORTED, of_type
from catalogue.record.reader import Record
from serving.registry import Registry

from . import flat
from .columns import Column, Type, itself, mitigation_columns
from .listings import SerializedListing

Rows = list[list[Any]]
#: (columns here, table, columns there)
Reference = tuple[tuple[str, ...], str, tuple[str, ...]]


@dataclass(frozen=True)
class Table:
    """A table is filled from `listing`, made for an address of the site, or, as mitigations are
    read through, from `of_records`.
    """

    name: str
    description: str
    columns: list[Column]
    key: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    listing: Callable[[str], Iterator[Rows]] | None = None
    of_records: Callable[[list[Record]], Rows] | None = None


def listed(
    name: str,
    description: str,
    rows: Callable[[], QuerySet],
    serializer: type[BaseSerializer],
    key: Iterable[str] = ("slug",),
    references: Iterable[Reference] = (),
) -> Table:
    """A table of records as a list of the API has them."""

    def listing(base_url: str) -> Iterator[Rows]:
        return SerializedListing(
            name,
            rows(),
            serializer,
            {"base_url": base_url},
            list,
        ).rows()

    return Table(
        name,
        description,
        flat.columns_of(serializer()),
        tuple(key),
        tuple(references),
        listing,
    )


def to(table: str, column: str, there: str) -> Reference:
    return (column,), table, (there,)


MITIGATION = Column("mitigation", Type.TEXT, "Accession of the mitigation.")
OF_MITIGATION = to("mitigations", "mitigation", "accession")


def _mitigations() -> Table:
    columns = mitigation_columns()

    def rows(records: list[Record]) -> Rows:
        return [
            [column.of(record) for column in columns] for record in records
        ]

    references = (to("documents", "document", "slug"),)
    return Table(
        "mitigations",
        "Published mitigations, one on each row.",
        columns,
        ("accession",),
        references,
        of_records=rows,
    )


TABLES_OF_TERMS: dict[type[Term], str] = {
    terms: terms.list_name.replace("-", "_") for terms in VOCABULARIES
}


def _terms(field: Terms) -> Table:
    """Which mitigation carries which term."""
    member = field.name
    words = field.words
    name = member[:-1]

    def rows(records: list[Record]) -> Rows:
        return [
            [record["accession"], term["slug"]]
            for record in records
            for term in record[member]
        ]

    columns = [
        MITIGATION,
        Column(name, Type.TEXT, f"Slug of one of its {words}."),
    ]
    references = (
        OF_MITIGATION,
        to(TABLES_OF_TERMS[field.terms], name, "slug"),
    )
    return Table(
        f"mitigation_{member}",
        f"The {words} of each mitigation.",
        columns,
        (MITIGATION.name, name),
        references,
        of_records=rows,
    )


def _entries(
    name: str,
    description: str,
    columns: list[Column],
    key: tuple[str, ...],
    *references: Reference,
) -> Table:
    """Entries of a list in the record of a mitigation."""

    def rows(records: list[Record]) -> Rows:
        return [
            [record["accession"], *(column.of(entry) for column in columns)]
            for record in records
            for entry in record[name]
        ]

    return Table(
        name,
        description,
        [MITIGATION, *columns],
        key,
        (OF_MITIGATION, *references),
        of_records=rows,
    )


def _classifications() -> Table:
    T = Type
    columns = [
        Column("taxonomy", T.TEXT, "Slug of the taxonomy."),
        Column("code", T.TEXT, "Code of the category."),
        Column("name", T.TEXT, "Name of the category."),
        Column(
            "is_primary",
            T.BOOLEAN,
            "Whether it is the mitigation's first place in this taxonomy.",
        ),
        Column("rationale", T.TEXT, "Why it stands there."),
        Column("coder", T.TEXT, "Who placed it there."),
        Column(
            "confidence",
            T.TEXT,
            "How sure they were: high, moderate or low.",
            empty="not reported",
        ),
        Column(
            "origin",
            T.TEXT,
            "published (by the source) or project (this project's judgement).",
        ),
    ]
    categories = (("taxonomy", "code"), "categories", ("taxonomy", "code"))
    about = "In which categories each mitigation stands, and why."
    return _entries(
        "classifications",
        about,
        columns,
        ("mitigation", "taxonomy", "code"),
        categories,
    )


def _identifiers() -> Table:
    columns = [
        Column(
            "scheme",
            Type.TEXT,
            "Which other catalogue, such as mitre-atlas.",
        ),
        Column("value", Type.TEXT, "What that catalogue calls it."),
        Column(
            "url",
            Type.TEXT,
            "Its page there.",
            value=itself,
            empty=NOT_REPORTED,
        ),
    ]
    return _entries(
        "external_identifiers",
        "What other catalogues call each mitigation.",
        columns,
        ("scheme", "value"),
    )


def _frames() -> list[Table]:
    s = serializers
    with_parents = Category.objects.with_parents().order_by(
        "taxonomy__position",
        "taxonomy__slug",
        "path",
    )
    above: Reference = (
        ("taxonomy", "parent"),
        "categories",
        ("taxonomy", "code"),
    )
    return [
        listed(
            "taxonomies",
            "Trees of categories.",
            Taxonomy.objects.all,
            s.TaxonomySerializer,
        ),
        listed(
            "categories",
            "Places in taxonomies.",
            with_parents.all,
            s.CategorySerializer,
            ("taxonomy", "code"),
            (to("taxonomies", "taxonomy", "slug"), above),
        ),
        *(
            listed(
                TABLES_OF_TERMS[terms],
                terms.purpose,
                terms._default_manager.all,
                s.TERM_SERIALIZERS[terms],
            )
            for terms in VOCABULARIES
        ),
        listed(
            "documents",
            "Sources, from which mitigations are taken.",
            Document.objects.with_authors().order_by("pk").all,
            s.DocumentSerializer,
        ),
    ]


def _instruments() -> list[Table]:
    s = serializers
    provisions = Provision.objects.with_instruments().order_by(
        "instrument__position",
        "instrument__slug",
        "position",
        "pk",
    )
    above: Reference = (
        ("instrument", "parent"),
        "provisions",
        ("instrument", "code"),
    )
    return [
        listed(
            "instruments",
            "Laws, codes, frameworks and standards.",
            Instrument.objects.select_related("replaced_by").all,
            s.InstrumentSerializer,
            ("slug",),
            (to("instruments", "replaced_by", "slug"),),
        ),
        listed(
            "provisions",
            "What they ask for, each under its id there.",
            provisions.all,
            s.ProvisionSerializer,
            ("instrument", "code"),
            (to("instruments", "instrument", "slug"), above),
        ),
        listed(
            "not_covered",
            "Laws, codes and standards that were not gone through: that none of these asks for anything is not known.",
            NotCovered.objects.all,
            s.NotCoveredSerializer,
            ("name",),
        ),
    ]


def _mappings() -> Table:
    mapped = Mapping.objects.published().for_display().order_by("pk")
    ends = (
        to("mitigations", "source_accession", "accession"),
        to("mitigations", "target_accession", "accession"),
        (
            ("provision_instrument", "provision_code"),
            "provisions",
            ("instrument", "code"),
        ),
    )
    return listed(
        "mappings",
        "How mitigations relate to each other, to laws, codes and standards, and to other frameworks.",
        mapped.all,
        serializers.MappingSerializer,
        (),
        ends,
    )


#: What makes the tables of other apps, by app.
FURTHER: Registry[str, Callable[[], list[Table]]] = Registry("set of tables")


def all_tables() -> list[Table]:
    """In an order in which each refers only to those before it, or to itself."""
    return [
        *_frames(),
        _mitigations(),
        *map(_terms, of_type(Terms)),
        _classifications(),
        _identifiers(),
        *_instruments(),
        _mappings(),
        *(table for make in FURTHER.values() for table in make()),
    ]
