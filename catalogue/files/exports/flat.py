"""Records of the API as rows, by one rule for every list.

A member that is an object becomes a column for each of its own members, with an underscore
between the names; a list of texts becomes one cell; a list of objects, and an object whose
members have no fixed names, becomes JSON in one cell.
"""

from collections.abc import Callable, Iterator
from typing import Any, get_type_hints

import orjson
from rest_framework import serializers
from rest_framework.fields import Field

from .columns import Column, Type

TYPES: list[tuple[type[Field], Type]] = [
    (serializers.BooleanField, Type.BOOLEAN),
    (serializers.IntegerField, Type.INTEGER),
    (serializers.FloatField, Type.NUMBER),
    (serializers.DateTimeField, Type.MOMENT),
    (serializers.ListField, Type.LIST),
    (serializers.ListSerializer, Type.OBJECTS),
]
RETURNED = {int: Type.INTEGER, float: Type.NUMBER, bool: Type.BOOLEAN}

#: Of members that have no help text of their own.
DESCRIPTIONS = {
    "accession": "Its public id. Given once, never changed, never used again.",
    "slug": "Its identifier, as it stands in addresses.",
    "name": "Its name.",
    "title": "Its title.",
    "label": "Short form for lists.",
    "definition": "What it means.",
    "page_url": "Its page.",
    "kind": "What kind it is of.",
    "publisher": "Who publishes it.",
    "version": "Its version, as its publisher gives it.",
    "url": "Where it is published.",
    "year": "When it was published.",
    "taxonomy": "Slug of the taxonomy.",
    "parent": "Code of what stands above it. Empty: it stands at the top.",
    "code": "Its code, numbers joined by dots; of a provision, its id in its law, code or standard.",
    "authors": "Its authors, in order, each with family, given or organisation.",
    "document": "Slug of the document.",
    "doi": "Its DOI.",
    "arxiv_id": "Its id at arXiv.",
    "licence": "Its licence.",
    "preliminary_notice": "What is to be shown with what is taken from it. Empty: nothing of it is preliminary.",
    "entry": "The entry's id in the framework. Empty: the target is a mitigation or a provision here.",
    "issuer": "Who made it.",
    "instrument": "Slug of the law, code or standard.",
    "provision_instrument": "Slug of the law, code or standard. Empty: it is not mapped to a provision.",
    "provision_code": "Id of the provision there. Empty: it is not mapped to a provision.",
    "provision_name": "Name of the provision. Empty: it is not mapped to a provision.",
    "replaced_by": "Slug of what took its place. Empty: nothing did.",
    "replaces": "What it took the place of in an earlier instrument, as instrument:id. Empty: nothing.",
    "further_links": "Its parts and amendments, each with url and name.",
    "note": "Why.",
    "framework": "The outside framework. Empty: the target is a mitigation or a provision here.",
    "framework_version": "The framework's version.",
    "entry_name": "What the framework calls the entry.",
    "relation": "A relation of SKOS: exactMatch, closeMatch, broadMatch, narrowMatch or relatedMatch.",
    "source_accession": "The mitigation that is mapped.",
    "source_name": "Its name.",
    "source_page_url": "Its page.",
    "target_accession": "The mitigation that it is mapped to. Empty: it is mapped to a provision or to an entry of a framework.",
    "target_name": "The target's name.",
    "target_page_url": "The target's page.",
    "preliminary": "Whether it may still change.",
    "study": "Slug of the study.",
    "mitigation": "Accession of the mitigation.",
    "stance": "supports, mixed, doubts or neutral.",
    "risk_area": "Slug of the risk area. Empty: for all.",
}


def columns_of(serializer: serializers.BaseSerializer) -> list[Column]:
    """The columns of a list whose records a serializer makes."""
    return list(_columns(serializer, ()))


def _columns(serializer: Any, above: tuple[str, ...]) -> Iterator[Column]:
    for name, field in serializer.fields.items():
        path = (*above, name)
        if isinstance(field, serializers.Serializer):
            yield from _columns(field, path)
        else:
            kind = _type(field)
            read = _reader(path[1:], kind is Type.OBJECTS)
            yield Column(
                "_".join(path),
                kind,
                _description(field, path),
                path[0],
                read,
                _empty(field),
            )


def _reader(path: tuple[str, ...], as_json: bool) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        for name in path:
            value = value.get(name) if value is not None else None
        if as_json and value is not None:
            return orjson.dumps(value).decode()
        return value

    return read


def _type(field: Field) -> Type:
    if isinstance(field, serializers.SerializerMethodField):
        hint = get_type_hints(
            getattr(field.parent, f"get_{field.field_name}"),
        ).get("return")
        return RETURNED.get(
            hint,  # type: ignore[arg-type]
            Type.OBJECTS
            if str(hint).startswith(("list[dict", "dict["))
            else Type.TEXT,
        )
    return next(
        (found for kind, found in TYPES if isinstance(field, kind)),
        Type.TEXT,
    )


def _description(field: Field, path: tuple[str, ...]) -> str:
    return str(
        DESCRIPTIONS.get("_".join(path))
        or field.help_text
        or DESCRIPTIONS.get(path[-1], ""),
    )


def _empty(field: Field) -> str:
    """What an empty cell means, where the description does not say it."""
    says = (
        "mpty:" in str(field.help_text)
        or "null:" in str(field.help_text)
        or "mpty:" in DESCRIPTIONS.get(field.field_name or "", "")
    )
    if getattr(field, "allow_null", False) and not says:
        return "not reported"
    return ""
