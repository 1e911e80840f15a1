"""The history of a record as its curators read it: every change to it and to its parts, and how
to go back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from simple_history.template_utils import HistoricalRecordContextHelper

from .. import revision
from ..models import (
    Author,
    Classification,
    Document,
    ExternalIdentifier,
    Mapping,
    Mitigation,
    Proposal,
)

#: What belongs to a record and is edited with it: the model, and its key to the record.
PARTS: dict[type[models.Model], list[tuple[type[models.Model], str]]] = {
    Mitigation: [
        (Classification, "mitigation"),
        (ExternalIdentifier, "mitigation"),
        (Mapping, "source"),
    ],
    Document: [(Author, "document")],
}
#: By relation and historical record.
Terms = dict[str, dict[Any, list[models.Model]]]

#: More signs than any text has: the library would leave out the middle of a longer one, which
#: may be what was changed.
WHOLE = 10**6

VERBS = {"+": "added", "~": "changed", "-": "removed"}


@dataclass
class Entry:
    """One change. `changes` has a field's label, old and new value each; `is_now` where nothing
    came after it.
    """

    record: Any
    what: str
    verb: str
    changes: list[dict[str, str]]
    is_now: bool
    #: The proposal that was approved with it, if it came by one.
    proposal: Any = None

    @property
    def kind(self) -> str:
        return self.record.instance_type._meta.model_name


def timeline(obj: models.Model) -> list[Entry]:
    """Every change to `obj` and its parts, the newest first. Takes a fixed number of queries
    for each kind of part.
    """
    entries = list(_entries(type(obj), "pk", obj.pk))
    for part, key in PARTS.get(type(obj), []):
        entries += _entries(part, key, obj.pk)
    approved = _approvals(obj)
    for entry in entries:
        entry.proposal = approved.get((entry.kind, entry.record.history_id))
    return sorted(
        entries,
        key=lambda entry: (entry.record.history_date, entry.record.history_id),
        reverse=True,
    )


def _approvals(obj: models.Model) -> dict[tuple[str, int], Proposal]:
    """Which approved proposal wrote which entry."""
    rows = (
        Proposal.objects.about(obj)
        .filter(state=Proposal.State.APPROVED)
        .select_related("author", "reviewer")
    )
    return {
        (kind, id_): proposal for proposal in rows for kind, id_ in proposal.entries
    }


def _entries(model: Any, key: str, value: Any) -> Iterator[Entry]:
    column = model._meta.pk.attname if key == "pk" else f"{key}_id"
    rows = model.history.filter(**{column: value}).select_related("history_user")
    rows = rows._select_related_history_tracked_objs().order_by(
        "history_date", "history_id"
    )
    terms = _terms_at(model, rows)
    last: dict[Any, Any] = {}
    found: list[Entry] = []
    for row in rows:
        changes = _changes(model, last.get(row.id), row, terms)
        last[row.id] = row
        # A save in which nothing changed says nothing, unless it gives a reason.
        if row.history_type == "~" and not changes and not row.history_change_reason:
            continue
        found.append(
            Entry(row, _named(model, row), VERBS[row.history_type], changes, False)
        )
    newest = {row.history_id for row in last.values()}
    for entry in found:
        entry.is_now = entry.record.history_id in newest
    yield from found


def _named(model: Any, row: Any) -> str:
    """Such as “classification 2.3.1 Deployment Management”; names no key, even where what it
    names is gone.
    """
    try:
        text = str(row.instance)
    except models.ObjectDoesNotExist:
        text = "(what it refers to is gone)"
    return f"{model._meta.verbose_name} {text}"


def _changes(model: Any, before: Any, after: Any, terms: Terms) -> list[dict[str, str]]:
    if before is None or after.history_type == "-":
        return []
    relations = _many_to_many(model)
    # The library would ask the database again for each record's relations.
    apart = [
        "updated_at",
        "path",
        "sort_name",
        "taxonomy",
        *(m2m.name for m2m in relations),
    ]
    delta = after.diff_against(
        before, foreign_keys_are_objs=True, excluded_fields=apart
    )
    changes = HistoricalRecordContextHelper(
        model, after, max_displayed_delta_change_chars=WHOLE
    ).context_for_delta_changes(delta)
    for m2m in relations:
        old, new = (
            ", ".join(map(str, terms[m2m.name].get(record.pk, [])))
            for record in (before, after)
        )
        if old != new:
            changes.append(
                {"field": m2m.verbose_name.capitalize(), "old": old, "new": new}
            )
    return changes


def _many_to_many(model: Any) -> Sequence[Any]:
    return getattr(model.history.model, "_history_m2m_fields", ())


def _terms_at(model: Any, records: Any) -> Terms:
    """The terms that each of the historical `records` had, of those that still exist; a query
    for each relation.
    """
    found: Terms = {}
    for m2m in _many_to_many(model):
        links = getattr(records.model, m2m.name).model.objects.filter(
            history__in=records.values("history_id").order_by()
        )
        term = m2m.related_model._meta.model_name
        found[m2m.name] = {}
        for link in links.select_related(term).order_by(
            f"{term}__is_special", f"{term}__position"
        ):
            if getattr(link, term, None):
                found[m2m.name].setdefault(link.history_id, []).append(
                    getattr(link, term)
                )
    return found


def version(obj: models.Model) -> str:
    """Changes with every change to `obj` or its parts: for telling that somebody else has saved
    meanwhile.
    """
    kinds = [(type(obj), "pk"), *PARTS.get(type(obj), [])]
    newest = []
    for model, key in kinds:
        column = model._meta.pk.attname if key == "pk" else f"{key}_id"  # type: ignore[union-attr]
        rows = model.history.filter(**{column: obj.pk})  # type: ignore[attr-defined]
        newest.append(rows.aggregate(newest=models.Max("history_id"))["newest"] or 0)
    return ".".join(map(str, newest))


@revision.writing()
def restore(record: Any, *, reason: str) -> models.Model:
    """Makes the row what it was at `record`, its many-to-many relations too, as a new change.
    Brings back what is gone.

    Raises ValidationError where that no longer fits, such as a category that has a new primary
    classification.
    """
    row = record.instance
    row._state.adding = not type(row)._base_manager.filter(pk=row.pk).exists()
    row._change_reason = reason
    row.full_clean(exclude=["path"])
    row.save()
    then = _terms_at(type(row), type(record).objects.filter(pk=record.pk))
    for name, terms in then.items():
        getattr(row, name).set(terms.get(record.pk, []))
    return row
