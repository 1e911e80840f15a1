"""Mitigations as the API tells of them, read as plain rows: no model and no serializer is made
for each.

A few queries for any number of records, each of which is equal to what `MitigationSerializer`
gives; a test compares them.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connections
from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from pyroaring import BitMap

from ..listing.facets import BY_KEY
from ..listing.index import EMPTY, current
from ..models import (
    Actor,
    Category,
    Classification,
    Document,
    ExternalIdentifier,
    LifecyclePhase,
    Mapping,
    Mitigation,
    RiskManagementFunction,
    Term,
)
from ..models.mitigation import among
from .serializers import DocumentSerializer, MitigationSerializer

Record = dict[str, Any]

COLUMNS = (
    "pk",
    "accession",
    "name",
    "alternative_names",
    "description",
    "is_preliminary",
    "position",
    "section",
    "page",
    "created_at",
    "updated_at",
    "document_id",
    "document__slug",
    "document__label",
    "document__title",
    "document__year",
    "document__preliminary_notice",
)
CLASSIFICATION_COLUMNS = (
    "mitigation_id",
    "pk",
    "category_id",
    "is_primary",
    "rationale",
    "coder",
    "confidence",
    "origin",
)


def records(
    keys: Sequence[int],
    include: Collection[str] = (),
    base_url: str = "",
    only: Collection[str] = (),
) -> list[Record]:
    """The published mitigations among `keys`, in their order.

    `include` and `only` are what the API calls `include` and `fields`; `base_url` is scheme and
    host of the site.
    """
    return Reader(include, base_url, only).read(keys)


@dataclass(frozen=True)
class Address:
    """The addresses of one kind of record: an identifier stands between `before` and `behind`."""

    before: str
    behind: str

    @classmethod
    def of(cls, view: str, base_url: str, like: str) -> "Address":
        """`like` is an identifier that the view takes."""
        before, _, behind = reverse(view, args=[like]).partition(like)
        return cls(base_url + before, behind)

    def __call__(self, identifier: str) -> str:
        return f"{self.before}{identifier}{self.behind}"


@dataclass
class Reader:
    """Reads one lot of records after another, all in the same form. For the arguments see
    `records`.
    """

    include: Collection[str] = ()
    base_url: str = ""
    only: Collection[str] = ()
    wanted: set[str] = field(init=False)

    def __post_init__(self):
        self.wanted = set(self.only or MitigationSerializer.Meta.fields)
        self.page_url = Address.of("mitigation-detail", self.base_url, "M0000")
        self.api_url = Address.of("api:mitigation-detail", self.base_url, "M0000")
        self.document_url = Address.of("document-detail", self.base_url, "slug")

    def read(self, keys: Sequence[int]) -> list[Record]:
        return list(self.by_key(keys).values())

    def by_key(self, keys: Sequence[int]) -> dict[int, Record]:
        """The records by the keys of their mitigations, in order."""
        seen = Mitigation.objects.published_among(keys)
        rows = {row[0]: row for row in stored(seen.values_list(*COLUMNS))}
        standing = [key for key in keys if key in rows]
        parts = {
            name: read(standing) for name, read in PARTS.items() if name in self.wanted
        }
        found = {
            key: self._record(rows[key], {name: of[key] for name, of in parts.items()})
            for key in standing
        }
        if self.include:
            self._put_in(found, rows)
        return (
            {key: self._kept(record) for key, record in found.items()}
            if self.only
            else found
        )

    def _record(self, row: tuple, parts: dict[str, list]) -> Record:
        (
            _,
            accession,
            name,
            others,
            description,
            is_preliminary,
            position,
            section,
            page,
            created_at,
            updated_at,
            _,
            slug,
            label,
            title,
            year,
            notice,
        ) = row
        return {
            "accession": accession,
            "name": name,
            "alternative_names": [
                line.strip() for line in others.splitlines() if line.strip()
            ]
            if others
            else [],
            "description": description,
            "preliminary": is_preliminary,
            "preliminary_notice": (notice or None) if is_preliminary else None,
            "document": {
                "slug": slug,
                "label": label,
                "title": title,
                "year": year,
                "page_url": self.document_url(slug),
            },
            "position": position,
            "locator": {"section": section or None, "page": page or None},
            **parts,
            "created_at": moment(created_at),
            "updated_at": moment(updated_at),
            "page_url": self.page_url(accession),
            "api_url": self.api_url(accession),
        }

    def _kept(self, record: Record) -> Record:
        told_elsewhere = {
            *MitigationSerializer.also_included,
            *MitigationSerializer.also_of_many,
        }
        return {
            name: value
            for name, value in record.items()
            if name in self.wanted or name in told_elsewhere
        }

    # What `include` asks for

    def _put_in(self, found: dict[int, Record], rows: dict[int, tuple]) -> None:
        """Whole records in the place of references, by the serializers: they are asked for of
        few.
        """
        context = {"base_url": self.base_url}
        elsewhere = MitigationSerializer.also_included
        for name in self.include:
            if name in MitigationSerializer.also_of_many:
                for key, members in MitigationSerializer.also_of_many[name](
                    list(found)
                ).items():
                    found[key][name] = members
        for key, mitigation in self._mitigations(found).items():
            for name in self.include:
                if name in elsewhere:
                    found[key][name] = elsewhere[name](mitigation, context)
            if "mappings" in self.include and "mappings" in self.wanted:
                found[key]["mappings"] = MitigationSerializer(
                    context=context
                ).get_mappings(mitigation)
        if "document" in self.include and "document" in self.wanted:
            documents = Document.objects.with_authors().in_bulk(
                {row[COLUMNS.index("document_id")] for row in rows.values()}
            )
            told = {
                key: DocumentSerializer(one, context=context).data
                for key, one in documents.items()
            }
            for key, record in found.items():
                record["document"] = told[rows[key][COLUMNS.index("document_id")]]

    def _mitigations(self, found: Collection[int]) -> dict[int, Mitigation]:
        """Bare records, with only those relations that are asked for."""
        if not {"mappings", *MitigationSerializer.also_included} & set(self.include):
            return {}
        rows = Mitigation.objects.filter(pk__in=found).order_by().only("pk")
        if MitigationSerializer.also_included.keys() & set(self.include):
            rows = rows.prefetch_related(*rows.RELATED.values())
        if "mappings" in self.include:
            mapped = Mapping.objects.published().for_display()
            rows = rows.prefetch_related(
                Prefetch("mappings_from", mapped), Prefetch("mappings_to", mapped)
            )
        return {mitigation.pk: mitigation for mitigation in rows}


def stored(rows: QuerySet[Any, tuple]) -> list[tuple]:
    """All rows of a `values_list` as the driver gives them. Django's conversions, value by
    value, take as long as all the rest, and what they add here is the zone of moments on
    SQLite: UTC.
    """
    connection = connections[rows.db]
    sql, values = rows.query.get_compiler(connection=connection).as_sql()
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def moment(value: datetime) -> str:
    """As the API writes it: ISO 8601. It is in UTC, whether it says so or not."""
    return f"{value.isoformat().removesuffix('+00:00')}Z"


# What stands in lists: for each key, its entries in order.

Lists = defaultdict[int, list[Any]]


def _terms(terms: type[Term]) -> Callable[[Sequence[int]], Lists]:
    """The terms of a vocabulary. The index knows who has them, and no query is needed."""

    def known() -> dict[int, Record]:
        rows = terms._default_manager.order_by(*Term.Meta.ordering).values_list(
            "pk", "slug", "name"
        )
        return {pk: {"slug": slug, "name": name} for pk, slug, name in rows}

    def read(keys: Sequence[int]) -> Lists:
        index, asked, found = current(), BitMap(keys), Lists(list)
        carriers = index.sets(BY_KEY[terms])
        for term, entry in index.once(
            f"entries of {terms._meta.model_name}", known
        ).items():
            for key in carriers.get(term, EMPTY) & asked:
                found[key].append(entry)
        return found

    return read


def _categories() -> dict[int, tuple[int, str, str, str, str]]:
    rows = Category.objects.order_by().values_list(
        "pk", "taxonomy__position", "path", "taxonomy__slug", "code", "name"
    )
    return {row[0]: row[1:] for row in rows}


def _classifications(keys: Sequence[int]) -> Lists:
    """In the order of `Classification.objects.for_display`."""
    categories, found = current().once("categories", _categories), Lists(list)
    rows = (
        Classification.objects.filter(mitigation__in=among(keys))
        .order_by()
        .values_list(*CLASSIFICATION_COLUMNS)
    )
    for key, pk, category, is_primary, rationale, coder, confidence, origin in stored(
        rows
    ):
        position, path, taxonomy, code, name = categories[category]
        entry = {
            "taxonomy": taxonomy,
            "code": code,
            "name": name,
            "is_primary": is_primary,
            "rationale": rationale,
            "coder": coder,
            "confidence": confidence or None,
            "origin": origin,
        }
        # The key of the classification is never the same for two, so that entries themselves
        # are not compared.
        found[key].append((position, not is_primary, path, pk, entry))
    return Lists(
        list,
        {
            key: [entry for *_, entry in sorted(entries)]
            for key, entries in found.items()
        },
    )


def _identifiers(keys: Sequence[int]) -> Lists:
    found = Lists(list)
    rows = ExternalIdentifier.objects.filter(mitigation__in=among(keys)).order_by(
        "scheme", "value"
    )
    for key, scheme, value, url in stored(
        rows.values_list("mitigation_id", "scheme", "value", "url")
    ):
        found[key].append({"scheme": scheme, "value": value, "url": url or None})
    return found


PARTS: dict[str, Callable[[Sequence[int]], Lists]] = {
    "external_identifiers": _identifiers,
    "phases": _terms(LifecyclePhase),
    "actors": _terms(Actor),
    "functions": _terms(RiskManagementFunction),
    "classifications": _classifications,
}
