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

from ..models import Document, Instrument, Mapping, Mitigation, Provision
from ..models.mapping import ASKED_AS
from ..releases.canonical import Key
from ..releases.differences import Change, Difference, FieldChange, What

#: Whose fields have the labels and choices of what differs.
MODELS: dict[str, type[models.Model]] = {
    "mitigation": Mitigation,
    "document": Document,
    "instrument": Instrument,
    "provision": Provision,
    "mapping": Mapping,
}
#: What follows from another member, and is not told beside it.
FOLLOWS_FROM = {"begins_on": "applies_from"}
#: What fields are called whose own labels say nothing outside a form.
LABELS = {
    ("provision", "parent"): "part of",
    ("provision", "applies_from_note"): "noted on that day",
}
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


class Names:
    """What the records of some changes are called, and those that they refer to: as they are in
    the later of the two states. What it does not have is named by its key.
    """

    def __init__(self, found: Difference, changes: Iterable[Change]):
        self.state = found.new
        self.changes = list(changes)

    def _members(self, keys: Iterable[Key], member: str) -> dict[str, str]:
        """Of each of these records, by its own name, what it says as `member`."""
        bodies = self.state.bodies(keys)
        return {
            key.name: json.loads(body)[member] for key, body in bodies.items()
        }

    @cached_property
    def _titles(self) -> dict[str, str]:
        """Short titles of laws, codes and standards."""
        keys = self.state.digests()
        instruments = [key for key in keys if key.kind == "instrument"]
        return self._members(instruments, "short_title")

    @cached_property
    def _mitigations(self) -> dict[str, str]:
        keys = set()
        for change in self.changes:
            if change.key.kind != "mapping":
                continue
            for end in ("source", "target"):
                if accession := change.record.get(end):
                    keys.add(Key("mitigation", accession))
        return self._members(keys, "name")

    def of(self, change: Change) -> str:
        record = change.record
        match change.key.kind:
            case "instrument":
                return record.get("short_title") or change.name
            case "provision":
                return self.provision(change.key.name, record.get("name", ""))
            case "mapping":
                return f"{self._mitigation(record['source'])} and {self._other_end(record)}"
        return change.name

    def provision(self, key: str, name: str = "") -> str:
        """“EU AI Act, Article 9: Risk management system”."""
        slug, _, code = key.partition(":")
        text = f"{self.instrument(slug)}, {code}"
        return f"{text}: {name}" if name else text

    def instrument(self, slug: str) -> str:
        return self._titles.get(slug, slug)

    def _mitigation(self, accession: str) -> str:
        name = self._mitigations.get(accession)
        return f"{name} ({accession})" if name else accession

    def _other_end(self, record: dict[str, Any]) -> str:
        if target := record.get("target"):
            return self._mitigation(target)
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
    paths = {one.path for one in change.shown}
    values = []
    for one in change.shown:
        cause = FOLLOWS_FROM.get(one.path[-1])
        if cause is None or (cause,) not in paths:
            values.append(_told_value(change, one, names))
    return ToldChange(change, name, key, values)


def _told_value(change: Change, value: FieldChange, names: Names) -> ToldValue:
    field = _field_of(change.key.kind, value)
    label = value.label
    if field is not None:
        label = str(getattr(field, "verbose_name", label))
        label = LABELS.get((change.key.kind, field.name), label)
    if value.path == ("relation",) and change.record.get("provision"):
        # What a provision asks for, as pages of laws say it.
        asked = {one.value: text for one, text in ASKED_AS.items()}
        return ToldValue(
            "what is asked for",
            asked.get(value.old, EMPTY),
            asked.get(value.new, EMPTY),
        )
    return ToldValue(
        label,
        _value_text(value.old, field, names),
        _value_text(value.new, field, names),
    )


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
