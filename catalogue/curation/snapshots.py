"""A record with its parts as plain values: taken, put back, compared and merged.

A snapshot is {"fields": {name: value}, "parts": {model name: {id: {name: value}}}}. What it
refers to stands in it by key, and relations to many by sorted lists of keys. A part that is not
in the database yet has a negative id.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models, transaction

from ..models import Classification, ExternalIdentifier, Mapping
from .history import PARTS

Snapshot = dict[str, Any]
EMPTY: Snapshot = {"fields": {}, "parts": {}}
#: What makes two new parts the same, so that two people who add the same add it once.
SAME: dict[type[models.Model], tuple[str, ...]] = {
    Classification: ("category",),
    ExternalIdentifier: ("scheme", "value"),
    Mapping: ("target", "framework", "framework_version", "entry"),
}


@contextmanager
def rehearsed() -> Iterator[None]:
    """What is written within is undone at the end. Nothing that others read sees it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def fields_of(model: type[models.Model], but: str = "") -> list[Any]:
    """The fields that curators decide on, those to many last; without the key that a part has
    to its record.
    """
    own = [
        f
        for f in model._meta.concrete_fields
        if f.editable and not f.primary_key and f.name != but
    ]
    return [*own, *model._meta.many_to_many]


def parts_of(model: type[models.Model]) -> dict[str, tuple[Any, str]]:
    """The models of its parts, each with its key to the record, by name."""
    return {part._meta.model_name: (part, key) for part, key in PARTS.get(model, [])}  # type: ignore[misc]


def take(record: models.Model) -> Snapshot:
    """The record as the database has it now, in a fixed number of queries."""
    row = type(record)._base_manager.get(pk=record.pk)
    parts = {
        name: {
            str(part.pk): _values(part, key)
            for part in model._base_manager.filter(**{key: row}).order_by("pk")
        }
        for name, (model, key) in parts_of(type(record)).items()
    }
    return {"fields": _values(row), "parts": parts}


def _values(row: Any, but: str = "") -> dict[str, Any]:
    return {
        field.name: sorted(getattr(row, field.name).values_list("pk", flat=True))
        if field.many_to_many
        else _plain(getattr(row, field.attname))
        for field in fields_of(type(row), but)
    }


def _plain(value: Any) -> Any:
    """With line ends as they are stored by files: those of a browser's form are no change."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def with_new_ids(taken: Snapshot, opened: Snapshot) -> Snapshot:
    """A snapshot of what was only rehearsed: parts that `opened` has not get negative ids,
    since their own are not theirs yet.
    """
    parts = {}
    for name, rows in taken["parts"].items():
        known = opened["parts"].get(name, {})
        lowest = min([0, *(int(key) for key in known)])
        new = {
            key: str(lowest - place)
            for place, key in enumerate((k for k in rows if k not in known), start=1)
        }
        parts[name] = {new.get(key, key): values for key, values in rows.items()}
    return {**taken, "parts": parts}


@transaction.atomic
def put(
    record: Any,
    wanted: Snapshot,
    *,
    reason: str = "",
    by: Any = None,
    keeps_new_ids: bool = False,
) -> Any:
    """Makes the record what `wanted` says, and writes only what differs; `by` stands in the
    history as who did it.

    Raises ValidationError in words where that does not fit with what is there.
    """
    row = type(record)._base_manager.select_for_update().get(pk=record.pk)
    now, marks = (
        take(row),
        {"_change_reason": reason or None, **({"_history_user": by} if by else {})},
    )
    for name, (model, _) in parts_of(type(record)).items():
        gone = now["parts"][name].keys() - wanted["parts"].get(name, {}).keys()
        for part in model._base_manager.filter(pk__in=gone):
            _marked(part, marks).delete()
    changed = _changed(now["fields"], wanted["fields"])
    if changed:
        _write(_marked(row, marks), changed)
    for name, (model, key) in parts_of(type(record)).items():
        before, after = now["parts"][name], wanted["parts"].get(name, {})
        # What stops being primary is written before what becomes it: the database allows one at
        # any moment.
        for id_, values in sorted(
            after.items(), key=lambda each: bool(each[1].get("is_primary"))
        ):
            difference = _changed(before.get(id_, {}), values)
            if difference:
                part = model(
                    **{key: row},
                    **({"pk": int(id_)} if int(id_) > 0 or keeps_new_ids else {}),
                )
                part = model._base_manager.get(pk=id_) if id_ in before else part
                _write(_marked(part, marks), difference)
    return row


def _changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in after.items()
        if name not in before or before[name] != value
    }


def _marked(row: Any, marks: dict[str, Any]) -> Any:
    for name, value in marks.items():
        setattr(row, name, value)
    return row


def _write(row: Any, values: dict[str, Any]) -> None:
    many = {field.name for field in row._meta.many_to_many}
    for name, value in values.items():
        if name not in many:
            setattr(row, row._meta.get_field(name).attname, value)
    try:
        row.clean()  # first, since it fills what follows from other fields, such as a category's taxonomy
        row.full_clean(exclude=["path"])
    except ValidationError as error:
        raise ValidationError(
            [_told(row, name, text) for name, text in _each(error)]
        ) from error
    row.save()
    for name in many & values.keys():
        getattr(row, name).set(values[name])


def _each(error: ValidationError) -> Iterable[tuple[str, str]]:
    return [
        (name, text) for name, texts in error.message_dict.items() for text in texts
    ]


def _told(row: Any, name: str, text: str) -> str:
    kind = row._meta.verbose_name.capitalize()
    return (
        f"{kind}: {text}"
        if name == "__all__"
        else f"{kind}, {row._meta.get_field(name).verbose_name}: {text}"
    )


# On their way through a form


#: What a sealed value is for: one cannot be sent in the place of the other.
OPENED, CHOSEN = "opened", "chosen"


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
