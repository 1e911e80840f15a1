"""Writes that span several records."""

from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction

from . import snapshots, workflow
from .models import Mitigation

#: What a bulk edit may make of many. Withdrawing needs a note for each.
BULK_STATUSES = (Mitigation.Status.DRAFT, Mitigation.Status.IN_REVIEW, Mitigation.Status.PUBLISHED)


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
    #: Those whose change waits for a reviewer, and those that may not change so, each with the reason.
    proposed: list[Mitigation] = field(default_factory=list)
    refused: list[tuple[Mitigation, str]] = field(default_factory=list)
    unchanged: int = 0


@transaction.atomic
def edit_in_bulk(
    *, mitigations: models.QuerySet[Mitigation], edit: BulkEdit, reason: str, dry_run: bool = False, by: Any = None
) -> BulkResult:
    """Applies `edit` to each of `mitigations`, with `reason` in the history of those that it changes.

    What `by` may not write at once is proposed, as in the form of a single one; without `by` everything is written. A dry run
    writes nothing and says what would change. A phase that is both added and removed is added.
    """
    result = BulkResult()
    rows = mitigations.select_for_update(of=("self",)) if not dry_run else mitigations
    for mitigation in rows.prefetch_related("phases", "actors", "functions"):
        wanted = _wanted(mitigation, edit)
        values = {name: value for name, value in edit.values().items() if getattr(mitigation, name) != value}
        if not wanted and not values:
            result.unchanged += 1
            continue
        refusal = _refusal(mitigation, values, by)
        if refusal:
            result.refused.append((mitigation, refusal))
            continue
        waits = by is not None and not workflow.decides_alone(by) and _is_for_readers(mitigation, values)
        (result.proposed if waits else result.changed).append(mitigation)
        if not dry_run:
            _write(mitigation, wanted, values, reason, by, waits)
    return result


def _is_for_readers(mitigation: Mitigation, values: dict[str, Any]) -> bool:
    return workflow.is_or_was_public(mitigation) or values.get("status") in (
        Mitigation.Status.IN_REVIEW, Mitigation.Status.PUBLISHED,
    )  # fmt: skip


def _refusal(mitigation: Mitigation, values: dict[str, Any], by: Any) -> str:
    """Why its status cannot become what is asked for. Empty: it can."""
    status = values.get("status")
    if status is None:
        return ""
    if mitigation.status == Mitigation.Status.WITHDRAWN:
        return "It is withdrawn: publish it again on its own page."
    if mitigation.status == Mitigation.Status.PUBLISHED:
        return "It is public, and does not become a draft again: withdraw it on its own page, and say why."
    return ""


def _write(
    mitigation: Mitigation,
    wanted: dict[str, set[models.Model]],
    values: dict[str, Any],
    reason: str,
    by: Any,
    waits: bool,
) -> None:
    status = values.pop("status", None)
    if workflow.is_or_was_public(mitigation) and waits:
        base = snapshots.take(mitigation)
        with snapshots.rehearsed():
            _apply(mitigation, wanted, values, reason)
            proposed = snapshots.take(mitigation)
        workflow.propose(record=mitigation, author=by, base=base, values=proposed, reason=reason)
        return
    _apply(mitigation, wanted, values, reason)
    if status is None:
        return
    if status == Mitigation.Status.DRAFT:
        workflow.take_back_submission(record=mitigation, user=by)
    elif waits or status == Mitigation.Status.IN_REVIEW:
        workflow.submit(record=mitigation, author=by, reason=reason)
    else:
        workflow.publish(record=mitigation, user=by, reason=reason)


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
