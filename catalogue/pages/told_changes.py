"""What changed between two releases, in words: records by the names that readers know, and values as
pages say them. Files have the keys and values as they are.
"""

import datetime
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.formats import date_format

from ..models import (
    Document,
    Instrument,
    Mapping,
    Mitigation,
    NotCovered,
    Provision,
)
from ..models.mapping import ASKED_AS
from ..record.asking import verb_of
from ..releases.canonical import Key
from ..releases.differences import Change, Difference, FieldChange, What

#: Whose fields have the labels and choices of what differs.
MODELS: dict[str, type[models.Model]] = {
    "mitigation": Mitigation,
    "document": Document,
    "instrument": Instrument,
    "provision": Provision,
    "not-covered": NotCovered,
    "mapping": Mapping,
}
#: What follows from another member, and is not told beside it.
FOLLOWS_FROM = {"begins_on": "applies_from"}
#: What fields are called whose own labels say nothing outside a form.
LABELS = {
    ("provision", "parent"): "part of",
    ("provision", "applies_from_note"): "noted on that day",
    ("mapping", "source"): "measure",
    ("mapping", "target"): "other measure",
    ("mapping", "force"): "what it does",
    ("mapping", "note"): "why",
    ("mapping", "asserted_by"): "who says so",
}
#: What a mapping says, in the order in which it is read.
OF_MAPPING = (
    "source",
    "target",
    "provision",
    "framework",
    "framework_version",
    "entry",
    "entry_name",
    "force",
    "relation",
    "note",
    "asserted_by",
    "confidence",
)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}$", re.ASCII)
EMPTY = "empty"


@dataclass(frozen=True)
class ToldValue:
    """A value before and after, in words."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class ToldChange:
    """A change as pages tell it. `key`: by which files name the record; empty where that says
    nothing beside its name.
    """

    change: Change
    name: str
    key: str
    values: list[ToldValue]

    @property
    def has_both(self) -> bool:
        """Whether there was something before and is something after."""
        return self.change.old is not None and self.change.new is not None


class Names:
    """What the records of some changes are called, and those that they refer to: as they are in
    the later of the two states. What it does not have is named by its key.
    """

    def __init__(self, found: Difference, changes: Iterable[Change]):
        self.state = found.new
        self.changes = list(changes)

    def _records(self, keys: Iterable[Key]) -> dict[str, dict[str, Any]]:
        """Each of these records, by its own name."""
        bodies = self.state.bodies(keys)
        return {key.name: json.loads(body) for key, body in bodies.items()}

    @cached_property
    def _instruments(self) -> dict[str, dict[str, Any]]:
        keys = self.state.digests()
        return self._records(key for key in keys if key.kind == "instrument")

    def _mapped(self, kind: str, *ends: str) -> dict[str, dict[str, Any]]:
        """The records of a kind to which mappings lead by one of these ends."""
        keys = set()
        for change in self.changes:
            if change.key.kind != "mapping":
                continue
            for end in ends:
                if name := change.record.get(end):
                    keys.add(Key(kind, name))
        return self._records(keys)

    @cached_property
    def _mitigations(self) -> dict[str, dict[str, Any]]:
        return self._mapped("mitigation", "source", "target")

    @cached_property
    def _provisions(self) -> dict[str, dict[str, Any]]:
        return self._mapped("provision", "provision")

    def of(self, change: Change) -> str:
        record = change.record
        match change.key.kind:
            case "instrument":
                return record.get("short_title") or change.name
            case "provision":
                return self.provision(change.key.name, record.get("name"))
            case "mapping":
                return f"{self.mitigation(record['source'])} and {self._other_end(record)}"
        return change.name

    def provision(self, key: str, name: str | None = None) -> str:
        """“EU AI Act, Article 9: Risk management system”."""
        slug, _, code = key.partition(":")
        text = f"{self.instrument(slug)}, {code}"
        return f"{text}: {name}" if name else text

    def instrument(self, slug: str) -> str:
        found = self._instruments.get(slug)
        return found["short_title"] if found else slug

    def mitigation(self, accession: str) -> str:
        found = self._mitigations.get(accession)
        return f"{found['name']} ({accession})" if found else accession

    def mapped_provision(self, key: str) -> str:
        """One to which a mapping leads, with its own name."""
        return self.provision(key, self._provisions.get(key, {}).get("name"))

    def force(self, value: str, provision: str) -> str:
        """What the provision does about a measure, as pages say it of its kind of instrument."""
        found = self._instruments.get(provision.partition(":")[0])
        if found is None or value == Mapping.Force.EXAMPLE:
            return str(Mapping.Force(value).label)
        return verb_of(found["kind"], value)

    def _other_end(self, record: dict[str, Any]) -> str:
        if target := record.get("target"):
            return self.mitigation(target)
        if provision := record.get("provision"):
            return self.provision(provision)
        members = ("framework", "framework_version", "entry", "entry_name")
        return " ".join(filter(None, map(record.get, members)))


def told_kinds(
    found: Difference,
    most: int,
) -> list[tuple[str, str, list[tuple[What, int, list[ToldChange]]]]]:
    """(kind, its name, (what happened, to how many, the first of them)), for reading."""
    kinds = list(found.of_kinds())
    shown = []
    for _, _, groups in kinds:
        for _, changes in groups:
            shown += changes[:most]
    names = Names(found, shown)
    told = []
    for kind, name, groups in kinds:
        of_kind = []
        for what, changes in groups:
            first = [_told(one, names) for one in changes[:most]]
            of_kind.append((what, len(changes), first))
        told.append((kind, name, of_kind))
    return told


def _told(change: Change, names: Names) -> ToldChange:
    name = names.of(change)
    key = change.key.name
    if change.key.kind in MODELS or key == change.name:
        key = ""
    paths = {one.path for one in change.in_full}
    values = []
    for one in _in_order(change):
        cause = FOLLOWS_FROM.get(one.path[-1])
        if cause is None or (cause,) not in paths:
            values.append(_told_value(change, one, names))
    return ToldChange(change, name, key, values)


def _in_order(change: Change) -> list[FieldChange]:
    if change.key.kind != "mapping":
        return change.in_full
    places = {name: place for place, name in enumerate(OF_MAPPING)}
    return sorted(
        change.in_full,
        key=lambda one: places.get(one.path[0], len(places)),
    )


def _told_value(change: Change, value: FieldChange, names: Names) -> ToldValue:
    field = _field_of(change.key.kind, value)
    label = value.label
    if field is not None:
        label = str(getattr(field, "verbose_name", label))
        label = LABELS.get((change.key.kind, field.name), label)
    of_mapping = change.key.kind == "mapping"
    provision = change.record.get("provision", "")
    if of_mapping and provision and value.path == ("relation",):
        label = "what is asked for"

    def text(said: Any) -> str:
        if of_mapping and said is not None:
            words = _in_mapping(value.path[0], said, provision, names)
            if words:
                return words
        return _value_text(said, field, names)

    return ToldValue(label, text(value.old), text(value.new))


def _in_mapping(name: str, value: str, provision: str, names: Names) -> str:
    """A value of a mapping as pages of measures and laws say it; empty: as any other value is
    said. `provision`: the key of that to which it leads, if it leads to one.
    """
    match name:
        case "source" | "target":
            return names.mitigation(value)
        case "provision":
            return names.mapped_provision(value)
        case "relation" if provision:
            return ASKED_AS[Mapping.Relation(value)]
        case "force" if provision:
            return names.force(value, provision)
    return ""


def _field_of(kind: str, change: FieldChange) -> Any:
    """The field of the model that a value is of; None: it is of none, or of a part."""
    model = MODELS.get(kind)
    if model is None or len(change.path) > 1:
        return None
    try:
        return model._meta.get_field(change.path[0])
    except FieldDoesNotExist:
        return None


def _value_text(value: Any, field: Any, names: Names) -> str:
    if value is None:
        return EMPTY
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(_value_text(one, None, names) for one in value)
    if isinstance(value, dict):
        parts = [_value_text(one, None, names) for one in value.values()]
        return ", ".join(parts)
    text = str(value)
    if getattr(field, "related_model", None) is Instrument:
        return names.instrument(text)
    choices = dict(getattr(field, "choices", None) or ())
    if text in choices:
        return str(choices[text])
    return _day_in_words(text) or text


def _day_in_words(text: str) -> str:
    """Empty where it is no day."""
    if not DAY.match(text):
        return ""
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        return ""
    return date_format(day, "j F Y")
