"""A record with its parts as plain values: read, written back, compared and merged.

A snapshot is {"fields": {name: value}, "parts": {model name: {id: {name: value}}}}. What it
refers to stands in it by key, and relations to many by sorted lists of keys. A part that is not
in the database yet has a negative id.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models, transaction

from ..fields import plain_value
from ..models import Classification, ExternalIdentifier, Mapping
from .history import PART_MODELS

Snapshot = dict[str, Any]
EMPTY: Snapshot = {"fields": {}, "parts": {}}
#: What makes two new parts the same, so that two people who add the same add it once.
IDENTIFYING_FIELDS: dict[type[models.Model], tuple[str, ...]] = {
    Classification: ("category",),
    ExternalIdentifier: ("scheme", "value"),
    Mapping: (
        "target",
        "provision",
        "framework",
        "framework_version",
        "entry",
    ),
}


@contextmanager
def rolled_back() -> Iterator[None]:
    """What is written within is undone at the end. Nothing that others read sees it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def editable_fields(
    model: type[models.Model],
    foreign_key: str = "",
) -> list[Any]:
    """The fields that curators decide on, those to many last; without the `foreign_key` that a
    part has to its record.
    """
    fields = [*model._meta.concrete_fields, *model._meta.many_to_many]
    return [
        f
        for f in fields
        if f.editable and not f.primary_key and f.name != foreign_key
    ]


def part_models(model: type[models.Model]) -> dict[str, tuple[Any, str]]:
    """The models of its parts, each with its key to the record, by name."""
    return {
        str(part._meta.model_name): (part, key)
        for part, key in PART_MODELS.get(model, [])
    }


def snapshot(record: models.Model) -> Snapshot:
    """The record as the database has it now, in a fixed number of queries."""
    row = type(record)._base_manager.get(pk=record.pk)
    parts = {}
    for name, (model, key) in part_models(type(record)).items():
        rows = model._base_manager.filter(**{key: row}).order_by("pk")
        parts[name] = {str(part.pk): _field_values(part, key) for part in rows}
    return {"fields": _field_values(row), "parts": parts}


def _field_values(row: Any, foreign_key: str = "") -> dict[str, Any]:
    values = {}
    for field in editable_fields(type(row), foreign_key):
        value = getattr(row, field.attname)
        if field.many_to_many:
            value = sorted(value.values_list("pk", flat=True))
        elif isinstance(value, str):
            # As files store line ends: those of a browser's form are no change.
            value = value.replace("\r\n", "\n")
        values[field.name] = plain_value(value)
    return values


def with_new_ids(written: Snapshot, opened: Snapshot) -> Snapshot:
    """A snapshot of what was rolled back: parts that `opened` has not get negative ids, since
    their own are not theirs yet.
    """
    parts = {}
    for name, rows in written["parts"].items():
        known = opened["parts"].get(name, {})
        lowest = min([0, *map(int, known)])
        parts[name] = {}
        for key, values in rows.items():
            if key not in known:
                lowest -= 1
                key = str(lowest)
            parts[name][key] = values
    return {**written, "parts": parts}


# Writing


@transaction.atomic
def apply(
    record: Any,
    wanted: Snapshot,
    *,
    reason: str = "",
    by: Any = None,
    keeps_new_ids: bool = False,
) -> Any:
    """Makes the record what `wanted` says, and writes only what differs; `by` stands in the
    history as who did it. New parts get ids of their own unless it `keeps_new_ids`.

    Returns the row as it was written. Raises ValidationError in words where `wanted` does not
    fit with what is there.
    """
    row = type(record)._base_manager.select_for_update().get(pk=record.pk)
    before = snapshot(row)
    marks = {"_change_reason": reason or None}
    if by:
        marks["_history_user"] = by
    models_of_parts = part_models(type(record))
    for name, (model, _) in models_of_parts.items():
        deleted = (
            before["parts"][name].keys() - wanted["parts"].get(name, {}).keys()
        )
        for part in model._base_manager.filter(pk__in=deleted):
            _with_attributes(part, marks).delete()
    if changed := _changed_values(before["fields"], wanted["fields"]):
        _save_values(_with_attributes(row, marks), changed)
    for name, (model, foreign_key) in models_of_parts.items():
        parts = wanted["parts"].get(name, {})
        # What stops being primary is written before what becomes it: the database allows one at
        # any moment.
        for key in sorted(
            parts,
            key=lambda key: bool(parts[key].get("is_primary")),
        ):
            existing = before["parts"][name].get(key)
            changed = _changed_values(existing or {}, parts[key])
            if not changed:
                continue
            if existing:
                part = model._base_manager.get(pk=key)
            else:
                part = model(**{foreign_key: row})
                if int(key) > 0 or keeps_new_ids:
                    part.pk = int(key)
            _save_values(_with_attributes(part, marks), changed)
    return row


def _changed_values(
    before: dict[str, Any],
    after: dict[str, Any],
) -> dict[str, Any]:
    missing = object()
    return {
        n: value
        for n, value in after.items()
        if before.get(n, missing) != value
    }


def _with_attributes(row: Any, attributes: dict[str, Any]) -> Any:
    for name, value in attributes.items():
        setattr(row, name, value)
    return row


def _save_values(row: Any, values: dict[str, Any]) -> None:
    to_many = {field.name for field in row._meta.many_to_many}
    for name, value in values.items():
        if name not in to_many:
            setattr(row, row._meta.get_field(name).attname, value)
    try:
        # First, since it fills what follows from other fields, such as a category's taxonomy.
        row.clean()
        row.full_clean(exclude=["path"])
    except ValidationError as error:
        raise ValidationError(_messages_with_labels(row, error)) from error
    row.save()
    for name in to_many & values.keys():
        getattr(row, name).set(values[name])


def _messages_with_labels(row: Any, error: ValidationError) -> list[str]:
    """Such as “Classification, rationale: This field is required.”"""
    messages = []
    for name, texts in error.message_dict.items():
        label = row._meta.verbose_name.capitalize()
        if name != "__all__":
            label = f"{label}, {row._meta.get_field(name).verbose_name}"
        messages += [f"{label}: {text}" for text in texts]
    return messages


# On their way through a form


#: What a sealed value is for: one cannot be sent in the place of the other.
OPENED = "opened"
CHOSEN = "chosen"


def sealed(value: Any, record: models.Model, purpose: str = OPENED) -> str:
    """For a hidden field in a form of `record`: nobody else can have written what `unsealed`
    reads.
    """
    return signing.dumps(value, salt=_salt(record, purpose), compress=True)


def unsealed(text: str, record: models.Model, purpose: str = OPENED) -> Any:
    """Raises signing.BadSignature where it is not what `sealed` gave for this record, and to
    this purpose.
    """
    return signing.loads(text, salt=_salt(record, purpose))


def _salt(record: models.Model, purpose: str) -> str:
    return f"catalogue.snapshots.{purpose}.{record._meta.label}.{record.pk}"
