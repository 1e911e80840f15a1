"""What is exported: a list, whole, in order."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from rest_framework.serializers import BaseSerializer

from catalogue.listing.asked_for import chosen_of
from catalogue.listing.filters import MitigationFilter
from catalogue.listing.ordering import BATCH
from catalogue.models import Document, Mitigation
from catalogue.record.asked_lines import asked_lines
from catalogue.record.citations import (
    Citation,
    ViewCitation,
    cite,
    cite_view,
    marked,
)
from catalogue.record.evidence import (
    Chosen,
    EvidenceSentence,
    evidence_sentences,
)
from catalogue.record.reader import Reader, Record
from serving.registry import Registry

from . import flat
from .cited import cited_list
from .columns import Column, MitigationTable
from .spool import ReadOnce

Notices = Callable[[], list[str]]
#: What else is to be said of some mitigations, by other apps: given the filters, the notices
#: that go along.
NOTICES: Registry[str, Callable[[MitigationFilter], list[str]]] = Registry(
    "notice",
)


def notices_of(filters: MitigationFilter) -> list[str]:
    """What is to be shown with the mitigations that filters let through: the notices of the
    documents of those that are preliminary, and what studies have to say.
    """
    facets = filters.facet_filters
    index = filters.index
    preliminary = filters.keys & facets["preliminary"].carriers(index)("true")
    taken_from = facets["document"].carriers(index)
    noticed = index.per_structure("documents with notices", _noticed)
    found = [
        document.named_notice
        for document in noticed
        if preliminary & taken_from(document.slug)
    ]
    for notices in NOTICES.values():
        found += notices(filters)
    return list(dict.fromkeys(found))


def _noticed() -> list[Document]:
    documents = Document.objects.exclude(preliminary_notice="")
    return list(documents.only("slug", "label", "preliminary_notice"))


@dataclass(frozen=True)
class TextEntry:
    """One record of a list as a text has it. `citation` is of the document that it is from, and
    `place` where in that it stands. `asked`: where the list is filtered by that, what asks for it.
    """

    code: str
    name: str
    address: str
    citation: Citation
    place: str = ""
    asked: list[str] = field(default_factory=list)
    evidence: list[EvidenceSentence] = field(default_factory=list)


class Listing(ABC):
    """A list, of which `records` and `rows` are read as they are asked for, so many at once."""

    name: str
    columns: list[Column]

    @abstractmethod
    def __len__(self) -> int: ...

    def row_count(self) -> int:
        """How many rows a table of it has: as many as records, unless a record becomes several."""
        return len(self)

    @abstractmethod
    def records(self) -> Iterator[list[Record]]:
        """As the API has them."""

    @abstractmethod
    def rows(self) -> Iterator[list[list[Any]]]:
        """As a table has them, under `columns`."""

    def references(self) -> Iterator[list[dict]]:
        """CSL items of the works, each once, of a list that is of works to cite."""
        raise NotImplementedError(f"{self.name} are no works to cite")

    #: Of a list of works to cite: what one is called in a text.
    noun: str = ""

    def entries(self, base_url: str) -> Iterator[list[TextEntry]]:
        """As a text has them, of a list that is of works to cite."""
        raise NotImplementedError(f"{self.name} are no works to cite")

    def cited(self, base_url: str) -> ViewCitation:
        """How the list itself is cited, of a list that is of works to cite."""
        raise NotImplementedError(f"{self.name} are no works to cite")

    def notices(self) -> list[str]:
        """What is to be shown with them."""
        return []


class MitigationListing(Listing):
    """What filters let through, in their order. `include` is for records, `only` for members of
    records or for columns.
    """

    name = "mitigations"

    def __init__(
        self,
        filters: MitigationFilter,
        base_url: str,
        include: Collection[str] = (),
        only: Collection[str] = (),
    ):
        self.filters = filters
        self.base_url = base_url
        self.include = include
        self.only = only
        chosen = {**filters.for_entries, **chosen_of(filters)}
        self.table = MitigationTable(only, chosen)
        self.columns = self.table.columns

    def __len__(self):
        return len(self.filters.keys)

    def records(self):
        reader = Reader(self.include, self.base_url, self.only)
        return (reader.read(keys) for keys in self.filters.qs.key_batches())

    def rows(self):
        reader = Reader((), self.base_url, self.table.members)
        return (
            self.table.rows(reader.read(keys))
            for keys in self.filters.qs.key_batches()
        )

    def references(self):
        """Each mitigation, and before the first from a document that document."""
        cited: set[str] = set()
        for keys in self.filters.qs.key_batches():
            published = Mitigation.objects.published_among(keys)
            records = published.with_source().in_bulk()
            items: list[dict] = []
            for key in keys:
                if key in records:
                    items += cite(records[key], self.base_url).items
            yield _not_yet(cited, items)

    @property
    def noun(self):
        return self.filters.noun

    def entries(self, base_url):
        chosen = self.filters.for_entries
        asked_for = chosen_of(self.filters)
        listed = Mitigation.objects.for_texts()
        for keys in self.filters.qs.key_batches():
            records = {one.pk: one for one in listed.published_among(keys)}
            asked: dict[int, list[str]] = {}
            if asked_for:
                asked = asked_lines(self.filters.index, keys, asked_for)
            yield [
                _text_entry(records[key], base_url, chosen, asked.get(key, []))
                for key in keys
                if key in records
            ]

    def cited(self, base_url):
        return cited_list(self.filters, base_url, self.notices())

    def notices(self):
        return notices_of(self.filters)


def _text_entry(
    mitigation: Mitigation,
    base_url: str,
    chosen: Chosen,
    asked: list[str],
) -> TextEntry:
    return TextEntry(
        code=mitigation.accession,
        name=marked(mitigation.name, mitigation),
        address=base_url + mitigation.get_absolute_url(),
        citation=cite(mitigation.document),
        place=f"p. {mitigation.page}" if mitigation.page else "",
        asked=asked,
        evidence=evidence_sentences(mitigation, chosen),
    )


def _not_yet(cited: set[str], items: list[dict]) -> list[dict]:
    """Those that were not cited yet. Now they are."""
    fresh = []
    for item in items:
        if item["id"] not in cited:
            fresh.append(item)
        # Mitigations come once anyway, and there may be a million.
        if item["type"] != "entry-encyclopedia":
            cited.add(item["id"])
    return fresh


class ListingReadOnce(MitigationListing):
    """For one file after another of what does not change meanwhile: read from the database
    once, and then again from `folder`.
    """

    def __init__(self, filters: MitigationFilter, base_url: str, folder: Path):
        super().__init__(filters, base_url)
        self._records: ReadOnce[list[Record]] = ReadOnce(
            folder / "records",
            super().records,
        )
        self._rows = ReadOnce(
            folder / "rows",
            lambda: map(self.table.rows, self._records),
        )

    def records(self):
        return iter(self._records)

    def rows(self):
        return iter(self._rows)


class SerializedListing(Listing):
    """Any other list of the API: its records are the serializer's, its columns theirs by the
    rule of `flat`.
    """

    def __init__(
        self,
        name: str,
        rows: QuerySet,
        serializer: type[BaseSerializer],
        context: Mapping[str, Any],
        notices: Notices,
    ):
        self.name = name
        self.queryset = rows
        self.serializer = serializer
        self.context = context
        self.notices = notices  # type: ignore[method-assign]
        self.columns = flat.columns_of(serializer(context=context))

    def __len__(self):
        return self.queryset.count()

    def records(self):
        rows = self.queryset.iterator(chunk_size=BATCH)
        while chunk := list(islice(rows, BATCH)):
            serializer = self.serializer(
                chunk,
                many=True,
                context=self.context,
            )
            yield [dict(record) for record in serializer.data]

    def rows(self):
        for records in self.records():
            rows = []
            for record in records:
                rows.append([column.of(record) for column in self.columns])
            yield rows


class DocumentListing(SerializedListing):
    """Documents, which are works to cite."""

    def references(self):
        documents = self.queryset.iterator(chunk_size=BATCH)
        while batch := list(islice(documents, BATCH)):
            yield [cite(document).csl for document in batch]

    noun = "source"

    def entries(self, base_url):
        documents = self.queryset.iterator(chunk_size=BATCH)
        while batch := list(islice(documents, BATCH)):
            entries = []
            for document in batch:
                address = base_url + document.get_absolute_url()
                entries.append(
                    TextEntry("", document.title, address, cite(document)),
                )
            yield entries

    def cited(self, base_url):
        address = base_url + reverse("document-list")
        return cite_view("Sources", address, self.notices())
