"""Which columns of a file say what of a mitigation, by the declaration of its record."""

import re
from functools import partial, singledispatch
from typing import Any, Protocol

from catalogue.fields import ACCESSION_PATTERN, as_identifier
from catalogue.files.importing.errors import CellError
from catalogue.files.importing.values import (
    LOOSE,
    Entries,
    is_empty,
    model_value,
    objects,
    several,
    text_from,
)
from catalogue.models import Document, ExternalIdentifier, Mitigation
from catalogue.record import field_types as record

from .base import Field, Options, State, member, of_model
from .mappings import mapping_from
from .places import Places

#: How columns end that studies add to exports.
EVIDENCE = (
    "_criterion",
    "_risk_area",
    "_n",
    "_share_agreeing",
    "_operator",
    "_low",
    "_high",
    "_dont_know",
    "_no_share",
    "_origin",
)
SLUG = ExternalIdentifier._meta.get_field("scheme")


class MitigationImporter(Protocol):
    """What columns have to know of an import."""

    given: Options

    @property
    def documents(self) -> Entries: ...

    @property
    def places(self) -> Places: ...


@singledispatch
def fields_of(
    declared: record.Field,
    importer: "MitigationImporter",
) -> list[Field]:
    """The columns of a file by which a field of the record is imported. Raises
    NotImplementedError for a type of fields that nobody has thought of.
    """
    raise NotImplementedError(f"{type(declared).__name__} {declared.name}")


@fields_of.register(record.Text)
@fields_of.register(record.Number)
@fields_of.register(record.Flag)
@fields_of.register(record.Choice)
@fields_of.register(record.Day)
def _fields_of_stored(
    declared: record.Stored,
    importer: "MitigationImporter",
) -> list[Field]:
    more = {"empty": 0} if isinstance(declared, record.Number) else {}
    return [
        of_model(
            Mitigation,
            declared.stored_as,
            *declared.synonyms,
            called=declared.name,
            example=declared.example,
            **more,
        ),
    ]


@fields_of.register(record.Moment)
@fields_of.register(record.Notice)
@fields_of.register(record.Link)
@fields_of.register(record.MeasureOf)
def _no_fields(
    declared: record.Field,
    importer: "MitigationImporter",
) -> list[Field]:
    return []  # they follow from others


@fields_of.register
def _fields_of_accession(
    declared: record.Accession,
    importer: "MitigationImporter",
) -> list[Field]:
    accession = member(
        declared.name,
        "accession",
        _accession,
        "Names a mitigation that is here. Leave it empty for a new one.",
        *declared.synonyms,
        is_kept=True,
    )
    key = Field(
        "key",
        "key in the file",
        partial(_key, scheme=importer.given.scheme),
        _lists,
        _list,
        is_kept=True,
        is_exact=True,
        help=(
            "Names the row, so that the same file, corrected, changes the same mitigations. Kept as an external "
            "identifier in the scheme that you choose."
        ),
        synonyms=(
            "id",
            "no",
            "number",
            "nr",
            "row id",
            "identifier",
            "external id",
            "ref",
        ),
        example="17",
    )
    return [accession, key]


@fields_of.register
def _fields_of_lines(
    declared: record.Lines,
    importer: "MitigationImporter",
) -> list[Field]:
    return [
        Field(
            declared.name,
            declared.label,
            _names,
            *_of_member(declared.name),
            is_text=True,
            synonyms=declared.synonyms,
            help="Several in a cell: “ | ” between them.",
        ),
    ]


@fields_of.register
def _fields_of_source_document(
    declared: record.SourceDocument,
    importer: "MitigationImporter",
) -> list[Field]:
    return [
        member(
            declared.name,
            "document",
            importer.documents,
            "By slug, label, title, DOI or arXiv id.",
            *declared.synonyms,
            is_kept=True,
        ),
    ]


@fields_of.register
def _fields_of_status(
    declared: record.Status,
    importer: "MitigationImporter",
) -> list[Field]:
    return [
        member(
            declared.name,
            "status",
            model_value(declared.model_field),
            "draft or published.",
            is_kept=True,
        ),
    ]


@fields_of.register
def _fields_of_classifications(
    declared: record.Classifications,
    importer: "MitigationImporter",
) -> list[Field]:
    return list(importer.places.fields())


@fields_of.register
def _fields_of_terms(
    declared: record.Terms,
    importer: "MitigationImporter",
) -> list[Field]:
    rows = declared.terms._default_manager.values_list("slug", "name")
    entries = Entries(
        declared.label,
        ((slug, [title]) for slug, title in rows),
    )
    return [
        Field(
            declared.name,
            declared.name,
            entries.each,
            *_of_member(declared.name),
            empty=[],
            example=" | ".join(list(entries.keys)[:2]),
            synonyms=declared.synonyms,
            help="By slug or name. Several in a cell: “ | ” or “;” between them.",
        ),
    ]


@fields_of.register
def _fields_of_identifiers(
    declared: record.Identifiers,
    importer: "MitigationImporter",
) -> list[Field]:
    named = Field(
        declared.name,
        "external identifiers",
        _identifiers,
        _lists,
        _list,
        empty={},
        is_kept=True,
        is_exact=True,
        help="As scheme:value. They are added to those that stand.",
        synonyms=declared.synonyms,
        example=declared.example,
    )
    detailed = Field(
        "external_identifier_details",
        "external identifiers with their addresses",
        _identifiers,
        _lists,
        _list,
        empty={},
        is_kept=True,
        help="JSON, as exports have it: scheme, value, url.",
    )
    return [named, detailed]


@fields_of.register
def _fields_of_mappings(
    declared: record.Mappings,
    importer: "MitigationImporter",
) -> list[Field]:
    return [
        Field(
            declared.name,
            "mappings",
            partial(_mapped_to, coder=importer.given.coder),
            _maps,
            _map,
            empty={},
            is_kept=True,
            synonyms=declared.synonyms,
            help=(
                "As relation:accession, such as closeMatch:M0002, or JSON as the API has it; to a provision only so, with its force "
                "and note."
            ),
            example=declared.example,
        ),
    ]


def _accession(cell: Any) -> str:
    text = text_from(cell).upper()
    if not re.match(ACCESSION_PATTERN, text):
        raise CellError(
            f"“{text[:60]}” is no accession: they are M and at least four digits, such as M0001.",
        )
    return text


def _key(cell: Any, scheme: str) -> dict[str, str]:
    if not scheme:
        raise CellError("say in which scheme of identifiers these keys stand.")
    return _identifiers([{"scheme": scheme, "value": text_from(cell)}])


def _names(cell: Any) -> str:
    return "\n".join(text_from(one).strip() for one in several(cell))


def _of_member(name: str) -> tuple[Any, Any]:
    return (lambda state, value: state[name] == value), (
        lambda state, value: state.__setitem__(name, value)
    )


# Identifiers: added to those that stand, never taken away


def _identifiers(cell: Any) -> dict[str, str]:
    """Addresses by “scheme:value”; None: not given."""
    found: dict[str, Any] = {}
    entries = (
        objects(cell)
        if _holds_objects(cell)
        else [_parted(text_from(one)) for one in several(cell)]
    )
    for entry in entries:
        scheme = text_from(entry.get("scheme") or "")
        value = as_identifier(text_from(entry.get("value") or ""))
        if not scheme or not value:
            raise CellError(
                "an identifier has a scheme and a value: write scheme:value, such as mitre-atlas:AML.M0004.",
            )
        model_value(SLUG)(scheme)
        if len(value) > 100:
            raise CellError("an identifier has at most 100 signs.")
        url = entry.get("url")
        found[f"{scheme}:{value}"] = (
            None if is_empty(url) else model_value(URL)(url)
        )
    return found


URL = ExternalIdentifier._meta.get_field("url")


def _holds_objects(cell: Any) -> bool:
    return (
        isinstance(cell, dict)
        or (isinstance(cell, list) and isinstance(cell[0], dict))
        or str(cell).startswith(("[", "{"))
    )


def _parted(text: str) -> dict[str, str]:
    scheme, _, value = text.partition(":")
    return {"scheme": scheme.strip(), "value": value}


def _lists(state: State, named: dict[str, Any]) -> bool:
    own = state["external_identifiers"]
    return all(
        name in own and url in (None, own[name]) for name, url in named.items()
    )


def _list(state: State, named: dict[str, Any]) -> None:
    own = state["external_identifiers"]
    state["external_identifiers"] = {
        **own,
        **{
            n: own.get(n, "") if url is None else url
            for n, url in named.items()
        },
    }


# Mappings: likewise


def _mapping_parted(text: str) -> dict[str, str]:
    relation, _, target = text.partition(":")
    return {"relation": relation, "target_accession": target.strip()}


def _mapped_to(cell: Any, coder: str) -> dict[str, Any]:
    if _holds_objects(cell):
        entries = objects(cell)
    else:
        entries = [
            _mapping_parted(text_from(one)) for one in several(cell, LOOSE)
        ]
    return dict(mapping_from(entry, coder) for entry in entries)


def _maps(state: State, named: dict[str, Any]) -> bool:
    return all(
        state["mappings"].get(target) == mapping
        for target, mapping in _stated_here(state, named).items()
    )


def _map(state: State, named: dict[str, Any]) -> None:
    state["mappings"] = {**state["mappings"], **_stated_here(state, named)}


def _stated_here(state: State, named: dict[str, Any]) -> dict[str, Any]:
    """Without those that the API lists here, too, though they stand with the other mitigation."""
    return {
        target: {
            name: value for name, value in mapping.items() if name != "source"
        }
        for target, mapping in named.items()
        if mapping["source"] in ("", state["accession"])
    }


# Documents


def documents_by_name() -> Entries:
    """The slugs of documents, by whatever people call them."""
    rows = Document.objects.order_by("slug").values_list(
        "slug",
        "label",
        "title",
        "doi",
        "arxiv_id",
    )
    named = ((slug, _names_of_document(*names)) for slug, *names in rows)
    return Entries("document", named)


def _names_of_document(
    label: str,
    title: str,
    doi: str,
    arxiv_id: str,
) -> list[str]:
    found = [label, title, doi, doi and f"https://doi.org/{doi}"]
    if arxiv_id:
        as_doi = f"10.48550/arXiv.{arxiv_id}"
        address = f"https://arxiv.org/abs/{arxiv_id}"
        found += [
            arxiv_id,
            f"arXiv:{arxiv_id}",
            address,
            as_doi,
            f"https://doi.org/{as_doi}",
        ]
    return list(dict.fromkeys(found))
