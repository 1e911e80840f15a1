"""Published records in a form that two releases can be compared by, and that anybody can
compute a checksum of.

A record is a JSON object without what is empty, so that a field that this software learns later
changes nothing until it is filled; without addresses, which hang on where the site stands; and
with references by public names, so that a category that is renamed changes by itself and not
with every mitigation in it. Text is NFC. docs/releases.md tells the form to others.
"""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

import rfc8785
from django.db.models import QuerySet

from catalogue.listing.filters import MitigationFilter
from catalogue.models import (
    VOCABULARIES,
    Category,
    Document,
    Instrument,
    Mapping,
    Mitigation,
    NotCovered,
    Provision,
    Taxonomy,
)
from catalogue.record.field_types import Terms
from catalogue.record.fields import of_type
from catalogue.record.reader import Reader, Record
from catalogue.record.serializers import (
    TERM_SERIALIZERS,
    CategorySerializer,
    DocumentSerializer,
    InstrumentSerializer,
    NotCoveredSerializer,
    ProvisionSerializer,
    TaxonomySerializer,
)
from serving.registry import Registry


class Key(NamedTuple):
    kind: str
    name: str


#: (key, record)
Records = Iterator[tuple[Key, Record]]

#: What reads the records that other apps publish, by app.
FURTHER: Registry[str, Callable[[], Records]] = Registry("set of records")
#: What each kind is called, in the order in which it is told of.
KINDS: Registry[str, str] = Registry(
    "kind of record",
    {
        "mitigation": "mitigations",
        "document": "sources",
        "taxonomy": "taxonomies",
        "category": "categories",
        **{
            terms.parameter: str(terms._meta.verbose_name_plural)
            for terms in VOCABULARIES
        },
        "instrument": "laws, codes and standards",
        "provision": "provisions",
        "not-covered": str(NotCovered._meta.verbose_name_plural),
        "mapping": "mappings",
    },
)
#: Not a record that readers see: that a mitigation is gone, and what took its place.
WITHDRAWAL = "withdrawal"
ADDRESSES = {"page_url", "api_url"}
#: Of what the API says of a mitigation: that is told otherwise or of no release. A notice is
#: its document's.
NOT_OF_MITIGATION = {
    *ADDRESSES,
    "created_at",
    "updated_at",
    "locator",
    "preliminary_notice",
}
TERMS = of_type(Terms)


def published_records() -> Records:
    """Every published record, of the database that is being read."""
    for keys in MitigationFilter(
        None,
        Mitigation.objects.published(),
    ).qs.key_batches():
        yield from mitigations(keys).values()
    yield from further_records()


def further_records() -> Records:
    """All but mitigations."""
    yield from _serialized(
        "document",
        Document.objects.with_authors().order_by("pk"),
        DocumentSerializer,
    )
    yield from _serialized(
        "taxonomy",
        Taxonomy.objects.order_by("pk"),
        TaxonomySerializer,
    )
    yield from _category_records()
    for terms in VOCABULARIES:
        rows = terms._default_manager.order_by("pk")
        yield from _serialized(terms.parameter, rows, TERM_SERIALIZERS[terms])
    yield from _serialized(
        "instrument",
        Instrument.objects.select_related("replaced_by").order_by("pk"),
        InstrumentSerializer,
    )
    yield from _provision_records()
    yield from _not_covered_records()
    yield from _mapping_records()
    for more in FURTHER.values():
        yield from more()


def canonical_json(value: Any) -> str:
    """JSON by the canonicalization scheme of RFC 8785, in which releases and the frozen files of
    studies are hashed. Raises ValueError for what it has no form for: NaN, infinity, integers
    beyond 2**53.
    """
    return rfc8785.dumps(value).decode()


def canonical(record: Record) -> str:
    """The record as canonical JSON, without empty members, and in NFC.

    Releases of before have numbers as Python writes them, such as 1.0. Nothing reads by which
    form a record was written: each is stored as a text with its digest.
    """
    return unicodedata.normalize("NFC", canonical_json(filled(record)))


def filled(value: Any) -> Any:
    """Without members that are null or empty, however deep. False and 0 are values."""
    if isinstance(value, list):
        return [filled(one) for one in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for name, member in value.items():
        # Most members are plain, and there are some 40 in a record: no call for each.
        if isinstance(member, dict | list):
            member = filled(member)
        if member or not is_empty(member):
            result[name] = member
    return result


def is_empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def line(key: Key, body: str) -> str:
    """A record as a line of `records.ndjson`, of which a release's checksum is. `body` is
    canonical JSON.
    """
    name = json.dumps(key.name, ensure_ascii=False)
    return f'{{"key":{name},"kind":"{key.kind}","record":{body}}}\n'


# The catalogue's own


def mitigations(keys: Sequence[int]) -> dict[int, tuple[Key, Record]]:
    """The published ones of these, in their order."""
    records = {}
    for key, record in Reader().by_key(keys).items():
        name = Key("mitigation", record["accession"])
        records[key] = (name, _canonical_mitigation(record))
    return records


def _canonical_mitigation(record: Record) -> Record:
    """From what the API says of it."""
    result = _without(record, NOT_OF_MITIGATION)
    result["document"] = record["document"]["slug"]
    result |= record["locator"]
    for field in TERMS:
        terms = record[field.name]
        result[field.name] = [term["slug"] for term in terms]
    identifiers = {}
    for one in record["external_identifiers"]:
        identifiers[f"{one['scheme']}:{one['value']}"] = one["url"] or True
    result["external_identifiers"] = identifiers
    places: dict[str, dict[str, Record]] = {}
    for one in record["classifications"]:
        in_taxonomy = places.setdefault(one["taxonomy"], {})
        in_taxonomy[one["code"]] = _without(one, {"taxonomy", "code", "name"})
    result["classifications"] = places
    return result


def _serialized(kind: str, rows: QuerySet, serializer: Any) -> Records:
    for row in rows.iterator(chunk_size=500):
        record = dict(serializer(row, context={"base_url": ""}).data)
        yield Key(kind, record["slug"]), without_addresses(record)


def without_addresses(record: Record) -> Record:
    return _without(record, ADDRESSES)


def _without(record: Record, names: Collection[str]) -> Record:
    return {name: value for name, value in record.items() if name not in names}


def _category_records() -> Records:
    rows = Category.objects.with_parents().order_by("pk")
    for row in rows.iterator(chunk_size=500):
        record = dict(CategorySerializer(row, context={"base_url": ""}).data)
        yield (
            Key("category", f"{record['taxonomy']}:{record['code']}"),
            without_addresses(record),
        )


def _provision_records() -> Records:
    rows = Provision.objects.with_instruments().order_by("pk")
    for row in rows.iterator(chunk_size=500):
        record = dict(ProvisionSerializer(row, context={"base_url": ""}).data)
        yield Key("provision", row.key), record


def _not_covered_records() -> Records:
    for row in NotCovered.objects.order_by("pk"):
        yield (
            Key("not-covered", row.name),
            dict(NotCoveredSerializer(row).data),
        )


MAPPING_MEMBERS = (
    "relation",
    "force",
    "framework",
    "framework_version",
    "entry",
    "entry_name",
    "asserted_by",
    "confidence",
    "note",
)


def _mapping_records() -> Records:
    rows = Mapping.objects.published().for_display().order_by("pk")
    for mapping in rows.iterator(chunk_size=500):
        source = mapping.source.accession
        target = mapping.target.accession if mapping.target else None
        provision = mapping.provision.key if mapping.provision else None
        entry = (
            f"{mapping.framework}:{mapping.framework_version}:{mapping.entry}"
        )
        record = {"source": source, "target": target, "provision": provision}
        for name in MAPPING_MEMBERS:
            record[name] = getattr(mapping, name)
        yield (
            Key("mapping", f"{source}-{target or provision or entry}"),
            record,
        )


def withdrawals() -> Records:
    """The mitigations that were withdrawn, with what replaces them."""
    withdrawn = Mitigation.Status.WITHDRAWN
    rows = Mitigation.objects.filter(status=withdrawn).order_by("pk")
    columns = (
        "accession",
        "withdrawal_note",
        "replaced_by__accession",
        "replaced_by__status",
    )
    for accession, note, other, status in rows.values_list(*columns):
        # What is to take its place may be a draft yet, of which nothing is told.
        if status not in (Mitigation.Status.PUBLISHED, withdrawn):
            other = None
        record = {"accession": accession, "replaced_by": other, "note": note}
        yield Key(WITHDRAWAL, accession), record
