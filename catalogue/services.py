"""Writes that span several records."""

from dataclasses import dataclass, field

from django.db import models

from . import revision
from .models import Mitigation


@dataclass
class BulkEdit:
    """What to change on many mitigations at once. None: leave as it is."""

    add: dict[str, list[models.Model]] = field(default_factory=dict)
    remove: dict[str, list[models.Model]] = field(default_factory=dict)
    is_preliminary: bool | None = None
    status: str | None = None

    def values(self) -> dict[str, object]:
        asked = {"is_preliminary": self.is_preliminary, "status": self.status}
        return {name: value for name, value in asked.items() if value is not None}


@dataclass
class BulkResult:
    changed: list[Mitigation] = field(default_factory=list)
    unchanged: int = 0


@revision.writing()
def edit_in_bulk(
    *, mitigations: models.QuerySet[Mitigation], edit: BulkEdit, reason: str, dry_run: bool = False
) -> BulkResult:
    """Applies `edit` to each of `mitigations`, with `reason` in the history of those that it changes.

    A dry run writes nothing and says what would change. A phase that is both added and removed is added.
    """
    result = BulkResult()
    rows = mitigations.select_for_update(of=("self",)) if not dry_run else mitigations
    for mitigation in rows.prefetch_related("phases", "actors", "functions"):
        wanted = _wanted(mitigation, edit)
        values = {name: value for name, value in edit.values().items() if getattr(mitigation, name) != value}
        if not wanted and not values:
            result.unchanged += 1
            continue
        result.changed.append(mitigation)
        if not dry_run:
            _apply(mitigation, wanted, values, reason)
    return result


def _wanted(mitigation: Mitigation, edit: BulkEdit) -> dict[str, set[models.Model]]:
    """The relations that would differ, each with the terms that it would have."""
    wanted = {}
    for name in edit.add.keys() | edit.remove.keys():
        before = set(getattr(mitigation, name).all())
        after = (before - _set(edit.remove, name)) | _set(edit.add, name)
        if after != before:
            wanted[name] = after
    return wanted


def _set(terms: dict[str, list[models.Model]], name: str) -> set[models.Model]:
    return set(terms.get(name, []))


def _apply(
    mitigation: Mitigation, relations: dict[str, set[models.Model]], values: dict[str, object], reason: str
) -> None:
    mitigation._change_reason = reason  # type: ignore[attr-defined]
    for name, terms in relations.items():
        getattr(mitigation, name).set(terms)
    for name, value in values.items():
        setattr(mitigation, name, value)
    if values:
        mitigation.save(update_fields=[*values, "updated_at"])
