"""The data files: what they hold, read into records and checked."""

from collections.abc import Callable, Iterator
from functools import singledispatch
from operator import itemgetter
from pathlib import Path
from typing import Any

import yaml

from catalogue.fields import code_path
from catalogue.models import VOCABULARIES
from catalogue.record.field_types import (
    Accession,
    Choice,
    Classifications,
    Day,
    Field,
    Flag,
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
    as_day,
)
from catalogue.record.fields import EVERY_FIELD, in_order, of_type

from .contents import Contents, DataError, parse_yaml
from .instruments import (
    check_instruments,
    read_crosswalk,
    read_instruments,
    read_not_covered,
)
from .synonyms import check_places, read_synonyms

DATA_FOLDER = Path(__file__).resolve().parent.parent.parent / "data"


def read_folder(folder: Path) -> Contents:
    """Reads every file of a data folder. Raises DataError where any of them has a fault."""
    contents = Contents()
    for name, entry in _files(contents, folder / "taxonomies"):
        _read_taxonomy(contents, name, entry)
    for name, entry in _files(contents, folder / "vocabularies"):
        _read_vocabulary(contents, name, entry)
    documents = list(_files(contents, folder / "documents"))
    for name, entry in documents:
        _read_document(contents, name, entry)
    for name, entry in _files(contents, folder, "mappings.yaml"):
        _read_mappings(contents, name, entry)
    read_instruments(contents, _files(contents, folder / "instruments"))
    for name, entry in _files(contents, folder / "crosswalk"):
        read_crosswalk(contents, name, entry)
    for name, entry in _files(contents, folder, "not_covered.yaml"):
        read_not_covered(contents, name, entry)
    for name, entry in _files(contents, folder, "synonyms.yaml"):
        read_synonyms(contents, name, entry)
    _check_repeats(contents)
    _check_references(contents)
    check_instruments(contents)
    check_places(contents)
    if contents.problems:
        raise DataError(contents.problems)
    return contents


def _files(
    contents: Contents,
    folder: Path,
    pattern: str = "*.yaml",
) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(folder.glob(pattern)):
        name = (
            path.name if pattern == path.name else f"{folder.name}/{path.name}"
        )
        try:
            entry = parse_yaml(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            contents.problems.append(
                f"{name}: cannot be read: {' '.join(str(error).split())}",
            )
            continue
        if isinstance(entry, dict):
            yield name, entry
        else:
            contents.problems.append(
                f"{name}: expected a record with named fields",
            )


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _read_taxonomy(
    contents: Contents,
    name: str,
    entry: dict[str, Any],
) -> None:
    taxonomy = contents.take(
        name,
        entry.get("taxonomy"),
        "slug title short_title kind publisher position description",
        "version default url",
    )
    if taxonomy is None:
        return
    slug = taxonomy["slug"]
    values = {
        key: _text(taxonomy[key])
        for key in [
            "title",
            "short_title",
            "kind",
            "publisher",
            "version",
            "url",
            "description",
        ]
    }
    contents.add(
        "taxonomy",
        slug,
        name,
        {
            **values,
            "is_default": bool(taxonomy["default"]),
            "position": taxonomy["position"],
        },
    )
    _read_categories(contents, name, entry, slug)


def _read_categories(
    contents: Contents,
    name: str,
    entry: dict[str, Any],
    slug: str,
) -> None:
    categories = []
    for row in entry.get("categories") or []:
        category = contents.take(
            f"{name}: category {_key(row, 'code')}",
            row,
            "code name definition",
            "working_name published_count",
        )
        if category:
            categories.append(category)
    for category in sorted(
        categories,
        key=lambda category: code_path(str(category["code"])),
    ):
        contents.add(
            "category",
            f"{slug}/{category['code']}",
            f"{name}: category {category['code']}",
            {
                "name": _text(category["name"]),
                "definition": _text(category["definition"]),
                "is_working_name": bool(category["working_name"]),
                "published_count": category["published_count"],
            },
        )


def _key(row: Any, name: str) -> str:
    if isinstance(row, dict):
        return str(row.get(name, "without a " + name))
    return repr(row)


#: What a term is called, by the data file of its vocabulary.
TERM_NAMES = {terms.list_name: terms.parameter for terms in VOCABULARIES}


#: What the terms of each vocabulary are called here: as parameters of addresses are.
TERMS = tuple(TERM_NAMES.values())


def _read_vocabulary(
    contents: Contents,
    name: str,
    entry: dict[str, Any],
) -> None:
    kind = TERM_NAMES.get(Path(name).stem)
    if kind is None:
        contents.problems.append(
            f"{name}: is no vocabulary; use one of {', '.join(TERM_NAMES)}",
        )
        return
    for position, row in enumerate(entry.get("terms") or [], start=1):
        source = f"{name}: {_key(row, 'slug')}"
        if term := contents.take(
            source,
            row,
            "slug name definition",
            "special",
        ):
            contents.add(
                kind,
                term["slug"],
                source,
                {
                    "name": _text(term["name"]),
                    "definition": _text(term["definition"]),
                    "is_special": bool(term["special"]),
                    "position": position,
                },
            )


DOCUMENT_TEXT = [
    "label",
    "title",
    "kind",
    "version",
    "publisher",
    "abstract",
    "doi",
    "arxiv_id",
    "url",
    "licence",
    "preliminary_notice",
]


def _read_document(
    contents: Contents,
    name: str,
    entry: dict[str, Any],
) -> None:
    document = contents.take(
        name,
        entry.get("document"),
        "slug label title kind authors abstract",
        "year version publisher doi arxiv_id url licence preliminary_notice",
    )
    if document is None:
        return
    authors = [
        {
            key: _text(author.get(key))
            for key in ("family", "given", "organisation")
        }
        for author in document["authors"]
    ]
    values = {key: _text(document[key]) for key in DOCUMENT_TEXT}
    contents.add(
        "document",
        document["slug"],
        name,
        {**values, "year": document["year"], "authors": authors},
    )
    for position, row in enumerate(entry.get("mitigations") or [], start=1):
        _read_mitigation(contents, name, document["slug"], position, row)


def _read_mitigation(
    contents: Contents,
    name: str,
    document: str,
    position: int,
    row: Any,
) -> None:
    source = f"{name}: {_key(row, 'accession')}"
    mitigation = contents.take(source, row, *mitigation_keys())
    if mitigation is None:
        return
    values = {"document": document, "position": position}
    for declared in EVERY_FIELD:
        if read_value := value_reader(declared):
            values[declared.stored_as] = read_value(
                mitigation[key_of(declared)],
            )
    contents.add("mitigation", mitigation["accession"], source, values)
    for taxonomy, rows in mitigation["classifications"].items():
        for row in rows or []:
            _read_classification(
                contents,
                source,
                mitigation["accession"],
                taxonomy,
                row,
            )


#: In which order messages name them.
IN_FILES = in_order(
    "accession",
    "name",
    "description",
    "requirements",
    "alternative_names",
    "section",
    "page",
    "external_identifiers",
    "preliminary",
)


def mitigation_keys() -> tuple[str, str]:
    """The names under which a mitigation has its fields: those that it needs, and others."""
    required = []
    optional = []
    for declared in IN_FILES:
        if isinstance(declared, Accession | Classifications) or value_reader(
            declared,
        ):
            names = required if is_required(declared) else optional
            names.append(key_of(declared))
    return " ".join(required), " ".join(optional)


def key_of(field: Field) -> str:
    return field.data_key or field.name


def is_required(field: Field) -> bool:
    """A mitigation is shipped with all that makes it complete."""
    if isinstance(field, Accession | Classifications | Terms):
        return True
    return isinstance(field, Text) and not field.model_field.blank


@singledispatch
def value_reader(field: Field) -> Callable[[Any], Any] | None:
    """What makes the value of a field from that of a file; None: files have none of its own."""
    raise NotImplementedError(f"{type(field).__name__} {field.name}")


@value_reader.register(Accession)  # the key
@value_reader.register(Status)  # what is shipped is published
@value_reader.register(SourceDocument)  # the file says it
@value_reader.register(Classifications)  # records of their own
@value_reader.register(Mappings)  # in a file of their own
@value_reader.register(Moment)
@value_reader.register(Notice)
@value_reader.register(Link)
@value_reader.register(MeasureOf)
def _no_value_in_files(field):
    return None


@value_reader.register
def _value_reader_of_day(field: Day):
    return as_day


@value_reader.register(Text)
@value_reader.register(Choice)
def _value_reader_of_text(field):
    return _text


@value_reader.register
def _value_reader_of_number(field: Number):
    if field.name == "position":
        return None  # its place in the file
    return lambda value: value or 0


@value_reader.register
def _value_reader_of_lines(field: Lines):
    return lambda value: "\n".join(map(_text, value or []))


@value_reader.register
def _value_reader_of_flag(field: Flag):
    return bool


@value_reader.register
def _value_reader_of_terms(field: Terms):
    return sorted


@value_reader.register
def _value_reader_of_identifiers(field: Identifiers):
    return _identifiers


def _identifiers(rows: list[dict[str, Any]] | None) -> list[dict[str, str]]:
    identifiers = []
    for row in rows or []:
        names = ("scheme", "value", "url")
        identifiers.append({name: _text(row.get(name)) for name in names})
    return sorted(identifiers, key=itemgetter("scheme", "value"))


def _read_classification(
    contents: Contents,
    source: str,
    accession: str,
    taxonomy: str,
    row: Any,
) -> None:
    source = f"{source}: {taxonomy} {_key(row, 'code')}"
    entry = contents.take(
        source,
        row,
        "code origin rationale",
        "primary confidence coder",
    )
    if entry is None:
        return
    publisher = contents.of_kind("taxonomy").get(taxonomy)
    coder = (
        "Catalogue editors"
        if entry["origin"] == "project"
        else publisher.values["publisher"]
        if publisher
        else ""
    )
    contents.add(
        "classification",
        f"{accession}/{taxonomy}/{entry['code']}",
        source,
        {
            "is_primary": bool(entry["primary"]),
            "origin": _text(entry["origin"]),
            "confidence": _text(entry["confidence"]),
            "rationale": _text(entry["rationale"]),
            "coder": _text(entry["coder"]) or coder,
        },
    )


def _read_mappings(
    contents: Contents,
    name: str,
    entry: dict[str, Any],
) -> None:
    accessions = {
        (r.values["document"], r.values["name"]): r.key
        for r in contents.of_kind("mitigation").values()
    }
    for number, row in enumerate(entry.get("mappings") or [], start=1):
        source = f"{name}: mapping {number}"
        mapping = contents.take(
            source,
            row,
            "source target relation asserted_by note",
        )
        if mapping is None:
            continue
        ends = [
            accessions.get((end.get("document"), end.get("name")))
            for end in (mapping["source"], mapping["target"])
        ]
        for field_name, end in zip(("source", "target"), ends, strict=True):
            if end is None:
                wanted = mapping[field_name]
                contents.problems.append(
                    f"{source}: {field_name}: there is no {wanted.get('name')!r} in {wanted.get('document')!r}",
                )
        if all(ends):
            values = {
                key: _text(mapping[key])
                for key in ("relation", "asserted_by", "note")
            }
            contents.add("mapping", f"{ends[0]}/{ends[1]}", source, values)


def _check_repeats(contents: Contents) -> None:
    seen: dict[tuple[str, str], str] = {}
    for record in contents.records:
        first = seen.setdefault((record.kind, record.key), record.source)
        if first is not record.source:
            contents.problems.append(
                f"{record.source}: {record.key}: stands in {first} already",
            )


def _check_references(contents: Contents) -> None:
    known = {
        name: set(contents.of_kind(name)) for name in ("category", *TERMS)
    }
    for record in contents.of_kind("mitigation").values():
        for declared in of_type(Terms):
            slugs = known[declared.query_parameter]
            for slug in record.values[declared.stored_as]:
                if slug not in slugs:
                    contents.problems.append(
                        f"{record.source}: {declared.name}: there is no {slug!r}; use one of {', '.join(sorted(slugs))}",
                    )
    for key, record in contents.of_kind("classification").items():
        if key.partition("/")[2] not in known["category"]:
            contents.problems.append(
                f"{record.source}: code: there is no such category in this taxonomy",
            )
