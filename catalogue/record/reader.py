"""Records of mitigations, read from the database: for lists and single ones, for the API, files
and releases.

A few queries for any number of records; no model and no serializer is made for each. What a
record consists of is declared in `fields.py`.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from operator import itemgetter
from typing import Any

from django.db import connections
from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from pyroaring import BitMap

from ..listing.index import Index, current_index
from ..listing.sources import BY_KEY, EMPTY
from ..models import (
    Category,
    Classification,
    Document,
    ExternalIdentifier,
    Mapping,
    Mitigation,
    Term,
)
from ..models.mitigation import among
from .field_types import (
    Classifications,
    Field,
    Group,
    Identifiers,
    Link,
    MeasureOf,
    SourceDocument,
    Stored,
    Terms,
)
from .fields import EVERY_FIELD, FIELDS
from .schema import MEMBERS, MitigationSerializer
from .serializers import DocumentSerializer, MappingSerializer

Record = dict[str, Any]
Row = tuple[Any, ...]
#: For the key of each mitigation, the entries of a list in order.
Lists = defaultdict[int, list[Any]]


def query_columns() -> tuple[str, ...]:
    """The columns of the query of mitigations that records are made from; the key comes first."""
    columns = ["pk", "document_id"]
    for declared in EVERY_FIELD:
        if declared.is_member:
            columns += declared.columns
    return tuple(dict.fromkeys(columns))


COLUMNS = query_columns()
PLACES = {column: place for place, column in enumerate(COLUMNS)}
KEY = PLACES["pk"]
DOCUMENT_KEY = PLACES["document_id"]


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
    """Reads one batch of records after another, all in the same form. For the arguments see
    `records`.
    """

    include: Collection[str] = ()
    base_url: str = ""
    only: Collection[str] = ()
    wanted: set[str] = field(init=False)

    def __post_init__(self):
        self.wanted = set(self.only or MEMBERS)
        #: What reads each member from a row of the query; and what gives that for some
        #: mitigations, of which it reads more than their rows.
        self.from_row: dict[str, Callable[[Row], Any]] = {}
        self.from_keys: dict[
            str,
            Callable[[Sequence[int]], Callable[[Row], Any]],
        ] = {}
        for declared in FIELDS:
            if declared.name in self.wanted and declared.is_member:
                if isinstance(declared, Terms | Identifiers | Classifications):
                    self.from_keys[declared.name] = entries_from(declared)
                elif isinstance(declared, MeasureOf):
                    self.from_keys[declared.name] = measures_from
                elif not declared.is_on_request:
                    self.from_row[declared.name] = member_of(
                        declared,
                        self.base_url,
                    )

    def read(self, keys: Sequence[int]) -> list[Record]:
        return list(self.by_key(keys).values())

    def by_key(self, keys: Sequence[int]) -> dict[int, Record]:
        """The records by the keys of their mitigations, in order."""
        published = Mitigation.objects.published_among(keys)
        rows = {
            row[KEY]: row for row in stored(published.values_list(*COLUMNS))
        }
        present = [key for key in keys if key in rows]
        readers = self._readers(present)
        result = {}
        for key in present:
            row = rows[key]
            result[key] = {name: read(row) for name, read in readers}
        if self.include:
            self._include(result, rows)
        return result

    def _readers(
        self,
        keys: list[int],
    ) -> list[tuple[str, Callable[[Row], Any]]]:
        """What reads each member from a row, in the order of the record; what is read of these
        mitigations together is read here.
        """
        readers = []
        for declared in FIELDS:
            name = declared.name
            if name in self.from_row:
                readers.append((name, self.from_row[name]))
            elif name in self.from_keys:
                readers.append((name, self.from_keys[name](keys)))
        return readers

    # What `include` asks for

    def _include(
        self,
        records: dict[int, Record],
        rows: dict[int, Row],
    ) -> None:
        """Puts whole records in the place of references, by the serializers: they are asked for
        of few.
        """
        context = {"base_url": self.base_url}
        by_mitigation = MitigationSerializer.also_included
        by_key = MitigationSerializer.also_of_many
        for name in self.include:
            if name in by_key:
                for key, members in by_key[name](list(records)).items():
                    records[key][name] = members
        for key, mitigation in self._mitigations(records).items():
            for name in self.include:
                if name in by_mitigation:
                    records[key][name] = by_mitigation[name](
                        mitigation,
                        context,
                    )
            if "mappings" in self.include and "mappings" in self.wanted:
                records[key]["mappings"] = mappings_of(mitigation, context)
        if "document" in self.include and "document" in self.wanted:
            self._include_documents(records, rows, context)

    def _include_documents(
        self,
        records: dict[int, Record],
        rows: dict[int, Row],
        context: dict[str, str],
    ) -> None:
        keys = {row[DOCUMENT_KEY] for row in rows.values()}
        documents = {}
        for key, document in (
            Document.objects.with_authors().in_bulk(keys).items()
        ):
            documents[key] = DocumentSerializer(document, context=context).data
        for key, record in records.items():
            record["document"] = documents[rows[key][DOCUMENT_KEY]]

    def _mitigations(self, keys: Collection[int]) -> dict[int, Mitigation]:
        """Bare mitigations, with only those relations that are asked for."""
        by_mitigation = (
            set(self.include) & MitigationSerializer.also_included.keys()
        )
        if not by_mitigation and "mappings" not in self.include:
            return {}
        rows = Mitigation.objects.filter(pk__in=keys).order_by().only("pk")
        if by_mitigation:
            rows = rows.prefetch_related(*rows.RELATED.values())
        if "mappings" in self.include:
            mapped = Mapping.objects.published().for_display()
            rows = rows.prefetch_related(
                Prefetch("mappings_from", mapped),
                Prefetch("mappings_to", mapped),
            )
        return {mitigation.pk: mitigation for mitigation in rows}


def mappings_of(
    mitigation: Mitigation,
    context: dict[str, str],
) -> list[Record]:
    """Both directions, as the record that they were stated on has them."""
    rows = [*mitigation.mappings_from.all(), *mitigation.mappings_to.all()]
    return list(MappingSerializer(rows, many=True, context=context).data)


def stored(rows: QuerySet[Any, tuple]) -> list[Row]:
    """All rows of a `values_list` as the driver gives them. Django's conversions, value by
    value, take as long as all the rest, and what they add here is the zone of moments on
    SQLite: UTC.
    """
    connection = connections[rows.db]
    sql, values = rows.query.get_compiler(connection=connection).as_sql()
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


# Members that are made from a row


@singledispatch
def member_of(declared: Field, base_url: str) -> Callable[[Row], Any]:
    """What reads a field from a row of the query of mitigations. Made once for all rows."""
    places = [PLACES[column] for column in declared.columns]
    columns = itemgetter(*places)
    value = declared.value
    if len(places) == 1:
        return lambda row: value(columns(row))
    return lambda row: value(*columns(row))


@member_of.register
def _member_of_stored(declared: Stored, base_url: str) -> Callable[[Row], Any]:
    column = itemgetter(PLACES[declared.stored_as])
    if type(declared).value is Stored.value:
        return column  # as it is stored
    value = declared.value
    return lambda row: value(column(row))


@member_of.register
def _member_of_group(declared: Group, base_url: str) -> Callable[[Row], Any]:
    members = [(one.name, member_of(one, base_url)) for one in declared.fields]
    return lambda row: {name: read(row) for name, read in members}


@member_of.register
def _member_of_link(declared: Link, base_url: str) -> Callable[[Row], Any]:
    address = Address.of(declared.view, base_url, "M0000")
    accession = itemgetter(PLACES["accession"])
    return lambda row: address(accession(row))


@member_of.register
def _member_of_source_document(
    declared: SourceDocument,
    base_url: str,
) -> Callable[[Row], Any]:
    address = Address.of("document-detail", base_url, "slug")
    columns = itemgetter(*(PLACES[column] for column in declared.columns))

    def read(row: Row) -> Record:
        slug, label, title, year = columns(row)
        return {
            "slug": slug,
            "label": label,
            "title": title,
            "year": year,
            "page_url": address(slug),
        }

    return read


def measures_from(keys: Sequence[int]) -> Callable[[Row], str]:
    """The measure of each: the accession of its first wording."""
    index = current_index()
    named = index.per_revision("names of measures", lambda: names_of(index))
    own = itemgetter(PLACES["accession"])
    return lambda row: named.get(row[KEY]) or own(row)


def names_of(index: Index) -> dict[int, str]:
    """Of each mitigation whose measure has several wordings, the accession of the first."""
    measures = index.measures
    if not measures.wordings:
        return {}
    rows = Mitigation.objects.published_among(measures.reworded)
    accessions = dict(rows.values_list("pk", "accession"))
    return {
        key: accessions[wordings.min()]
        for key, wordings in measures.wordings.items()
        if wordings.min() in accessions  # else withdrawn this moment
    }


def entries_from(
    declared: Field,
) -> Callable[[Sequence[int]], Callable[[Row], Any]]:
    read = lists_of(declared)

    def entries(keys: Sequence[int]) -> Callable[[Row], Any]:
        lists = read(keys)
        return lambda row: lists[row[KEY]]

    return entries


# Members that are lists, each read for many mitigations at once


@singledispatch
def lists_of(declared: Field) -> Callable[[Sequence[int]], Lists]:
    """What reads a list for the keys of mitigations."""
    raise NotImplementedError(f"{type(declared).__name__} is no list")


@lists_of.register
def _lists_of_terms(declared: Terms) -> Callable[[Sequence[int]], Lists]:
    """The index knows who has which term, and no query is needed."""
    terms = declared.terms
    source = BY_KEY[terms]

    def read(keys: Sequence[int]) -> Lists:
        index = current_index()
        carriers = index.sets(source)
        requested = BitMap(keys)
        lists = Lists(list)
        entries = index.per_structure(
            f"entries of {terms._meta.model_name}",
            lambda: entries_of(terms),
        )
        for term, entry in entries.items():
            for key in carriers.get(term, EMPTY) & requested:
                lists[key].append(entry)
        return lists

    return read


def entries_of(terms: type[Term]) -> dict[int, Record]:
    """What a record says of each term of a vocabulary, by key and in order."""
    rows = terms._default_manager.order_by(*Term.Meta.ordering)
    entries = {}
    for key, slug, name in rows.values_list("pk", "slug", "name"):
        entries[key] = {"slug": slug, "name": name}
    return entries


@lists_of.register
def _lists_of_identifiers(
    declared: Identifiers,
) -> Callable[[Sequence[int]], Lists]:
    def read(keys: Sequence[int]) -> Lists:
        rows = ExternalIdentifier.objects.filter(mitigation__in=among(keys))
        rows = rows.order_by("scheme", "value")
        lists = Lists(list)
        for key, scheme, value, url in stored(
            rows.values_list("mitigation_id", "scheme", "value", "url"),
        ):
            lists[key].append(
                {"scheme": scheme, "value": value, "url": url or None},
            )
        return lists

    return read


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


@lists_of.register
def _lists_of_classifications(
    declared: Classifications,
) -> Callable[[Sequence[int]], Lists]:
    return classifications


def classifications(keys: Sequence[int]) -> Lists:
    """In the order of `Classification.objects.for_display`."""
    categories = current_index().per_structure("categories", categories_by_key)
    rows = Classification.objects.filter(mitigation__in=among(keys)).order_by()
    unordered = Lists(list)
    for row in stored(rows.values_list(*CLASSIFICATION_COLUMNS)):
        key, pk, category, is_primary, rationale, coder, confidence, origin = (
            row
        )
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
        unordered[key].append((position, not is_primary, path, pk, entry))
    lists = Lists(list)
    for key, entries in unordered.items():
        entries.sort()
        lists[key] = [entry for *_, entry in entries]
    return lists


def categories_by_key() -> dict[int, tuple[int, str, str, str, str]]:
    """(position of its taxonomy, path, taxonomy, code, name) of each category."""
    rows = Category.objects.order_by().values_list(
        "pk",
        "taxonomy__position",
        "path",
        "taxonomy__slug",
        "code",
        "name",
    )
    return {row[0]: row[1:] for row in rows}
